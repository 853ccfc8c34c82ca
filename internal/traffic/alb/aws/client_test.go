package aws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/internal/traffic/alb/aws"
)

// controller is an environment with an AWS identity, in which the service lives at an address.
func controller(t *testing.T, address, region string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": region, "AWS_DEFAULT_REGION": "", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cret-access-key", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_MAX_ATTEMPTS": "1",
		"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": address,
	} {
		t.Setenv(name, value)
	}
}

// service speaks the query protocol of Elastic Load Balancing: a form in, XML out. Answers are by action and by what tells its questions apart.
func service(t *testing.T, answers map[string]string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("reading the question: %v", err)
		}
		auth := r.Header.Get("Authorization")
		if r.Form.Get("Version") != "2015-12-01" || !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-west-1/elasticloadbalancing/aws4_request") {
			t.Errorf("asked %v with %q", r.Form, auth)
		}
		action := r.Form.Get("Action")
		answer, ok := answers[question(r.Form)]
		if !ok {
			refuse(w, http.StatusBadRequest, "ValidationError", "nobody expected "+question(r.Form))
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<%[1]sResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, action, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// refuse answers as AWS does where it does not want to.
func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Code>%s</Code><Message>%s</Message></Error><RequestId>r-%d</RequestId></ErrorResponse>`,
		code, text, time.Now().UnixNano())
}

// question is the action, what it is about, and the page.
func question(form url.Values) string {
	words := []string{form.Get("Action")}
	for _, key := range []string{"LoadBalancerArn", "ListenerArn", "ResourceArns.member.1", "Marker"} {
		if value := form.Get(key); value != "" {
			words = append(words, value)
		}
	}
	return strings.Join(words, " ")
}

func list(name string, members ...string) string {
	var b strings.Builder
	for _, member := range members {
		b.WriteString("<member>" + member + "</member>")
	}
	return "<" + name + ">" + b.String() + "</" + name + ">"
}

func loadBalancer(name string) string {
	return fmt.Sprintf("<LoadBalancerName>%[1]s</LoadBalancerName><LoadBalancerArn>lb-%[1]s</LoadBalancerArn><DNSName>%[1]s.ELB.example</DNSName>", name)
}

func targetGroup(i int) string {
	return fmt.Sprintf("<TargetGroupName>g%[1]d</TargetGroupName><TargetGroupArn>tg-%[1]d</TargetGroupArn>", i)
}

func tagged(i int, key string) string {
	return fmt.Sprintf("<ResourceArn>tg-%d</ResourceArn><Tags><member><Key>other</Key><Value>x</Value></member><member><Key>%s</Key><Value>r%d</Value></member></Tags>", i, key, i)
}

func rule(weights ...string) string {
	return "<Actions><member><Type>forward</Type><ForwardConfig>" + list("TargetGroups", weights...) + "</ForwardConfig></member></Actions>"
}

func weight(group string, weight int) string {
	return fmt.Sprintf("<TargetGroupArn>%s</TargetGroupArn><Weight>%d</Weight>", group, weight)
}

// TestFind walks over pages of everything, and asks for the tags of 20 target groups at a time.
func TestFind(t *testing.T) {
	var groups, tags []string
	want := &aws.Balancer{Name: "web", ARN: "lb-web"}
	for i := range 21 {
		groups, tags = append(groups, targetGroup(i)), append(tags, tagged(i, "kanari/resource"))
		want.Groups = append(want.Groups, aws.Group{Name: fmt.Sprint("g", i), ARN: fmt.Sprint("tg-", i), Resource: fmt.Sprint("r", i)})
	}
	want.Forwards = []aws.Forward{{"tg-0": 20, "tg-1": 80}, {"tg-0": 100}, {"tg-1": 1}}
	controller(t, service(t, map[string]string{
		"DescribeLoadBalancers":         list("LoadBalancers", loadBalancer("other")) + "<NextMarker>2</NextMarker>",
		"DescribeLoadBalancers 2":       list("LoadBalancers", loadBalancer("more"), loadBalancer("web")) + "<NextMarker>3</NextMarker>",
		"DescribeTargetGroups lb-web":   list("TargetGroups", groups[:11]...) + "<NextMarker>2</NextMarker>",
		"DescribeTargetGroups lb-web 2": list("TargetGroups", groups[11:]...),
		"DescribeTags tg-0":             list("TagDescriptions", append(tags[:20:20], tagged(77, "kanari/resource"))...),
		"DescribeTags tg-20":            list("TagDescriptions", tags[20:]...),
		"DescribeListeners lb-web":      list("Listeners", "<ListenerArn>http</ListenerArn>") + "<NextMarker>2</NextMarker>",
		"DescribeListeners lb-web 2":    list("Listeners", "<ListenerArn>https</ListenerArn>"),
		"DescribeRules http":            list("Rules", rule(weight("tg-0", 20), weight("tg-1", 80)), "<Actions><member><Type>redirect</Type></member></Actions>") + "<NextMarker>2</NextMarker>",
		"DescribeRules http 2":          list("Rules", rule(weight("tg-0", 100))),
		"DescribeRules https":           list("Rules", rule(weight("tg-1", 1))),
	}), "eu-west-1")
	client, err := aws.NewClient(t.Context(), "kanari/resource")
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Find(t.Context(), "web.elb.example")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got) %s", err, diff)
	}
}

func TestFindNothing(t *testing.T) {
	controller(t, service(t, map[string]string{"DescribeLoadBalancers": list("LoadBalancers", loadBalancer("other"))}), "eu-west-1")
	client, err := aws.NewClient(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.Find(t.Context(), "web.elb.example"); got != nil || err != nil {
		t.Errorf("%v, error %v", got, err)
	}
}

// TestFindRefused names the question that was refused, at each of them.
func TestFindRefused(t *testing.T) {
	answers := map[string]string{}
	for _, next := range []struct{ question, answer, doing string }{
		{"DescribeLoadBalancers", list("LoadBalancers", loadBalancer("web")), "listing load balancers"},
		{"DescribeTargetGroups lb-web", list("TargetGroups", targetGroup(0)), "listing target groups"},
		{"DescribeTags tg-0", list("TagDescriptions", tagged(0, aws.DefaultTagKey)), "reading the tags of target groups"},
		{"DescribeListeners lb-web", list("Listeners", "<ListenerArn>http</ListenerArn>"), "listing listeners"},
		{"DescribeRules http", list("Rules", rule()), "listing rules"},
	} {
		t.Run(next.doing, func(t *testing.T) {
			controller(t, service(t, answers), "eu-west-1")
			client, err := aws.NewClient(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Find(t.Context(), "web.elb.example")
			if err == nil || !strings.HasPrefix(err.Error(), next.doing+": ") || !strings.Contains(err.Error(), "nobody expected "+next.question) {
				t.Errorf("error %v", err)
			}
		})
		answers[next.question] = next.answer
	}
}

// handled is a client of a service that does as it likes.
func handled(t *testing.T, handler http.HandlerFunc) *aws.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	controller(t, server.URL, "eu-west-1")
	client, err := aws.NewClient(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestFindDenied says which right is missing, and nothing that changes from question to question.
func TestFindDenied(t *testing.T) {
	client := handled(t, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "AccessDenied", "User: kanari is not authorized to perform: elasticloadbalancing:DescribeLoadBalancers")
	})
	const want = "listing load balancers: AccessDenied: User: kanari is not authorized to perform: elasticloadbalancing:DescribeLoadBalancers; " +
		"let the controller's AWS identity use elasticloadbalancing:Describe*"
	for range 2 {
		if _, err := client.Find(t.Context(), "web.elb.example"); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestFindThrottled asks again where AWS has too many callers, and says so where that does not help.
func TestFindThrottled(t *testing.T) {
	var asked atomic.Int32
	throttled := func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		refuse(w, http.StatusBadRequest, "Throttling", "Rate exceeded")
	}
	client := handled(t, throttled)
	if _, err := client.Find(t.Context(), "web.elb.example"); err == nil || err.Error() != "listing load balancers: Throttling: Rate exceeded" {
		t.Errorf("error %v", err)
	}
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	asked.Store(0)
	again, err := aws.NewClient(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Find(t.Context(), "web.elb.example"); err == nil || asked.Load() != 2 {
		t.Errorf("asked %d times, error %v", asked.Load(), err)
	}
}

// TestFindSlow gives up with its context: a service that never answers holds nobody.
func TestFindSlow(t *testing.T) {
	client := handled(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that its caller has gone
		<-r.Context().Done()
	})
	within, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Find(within, "web.elb.example"); !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "listing load balancers: ") {
		t.Errorf("error %v", err)
	}
}

func TestWithoutRegion(t *testing.T) {
	controller(t, "http://127.0.0.1:1", "")
	if _, err := aws.NewClient(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("error %v", err)
	}
}

package aws_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/alb/aws"
)

const arns = "arn:aws:elasticloadbalancing:eu-west-1:1:"

func rollout(ingresses ...string) *v1alpha1.Rollout {
	ro := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}}
	ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{CanaryService: "canary", StableService: "stable", TrafficRouting: &v1alpha1.RolloutTrafficRouting{
		ALB: &v1alpha1.ALBTrafficRouting{ServicePort: 80, Ingresses: ingresses},
	}}
	return ro
}

func ingress(name string, hostnames ...string) *unstructured.Unstructured {
	var balancers []any
	for _, hostname := range hostnames {
		balancers = append(balancers, map[string]any{"hostname": hostname})
	}
	status := map[string]any{"loadBalancer": map[string]any{"ingress": balancers}}
	metadata := map[string]any{"name": name, "namespace": "shop"}
	backend := map[string]any{"service": map[string]any{"name": "stable", "port": map[string]any{"name": "use-annotation"}}}
	spec := map[string]any{"rules": []any{map[string]any{"http": map[string]any{"paths": []any{map[string]any{"backend": backend}}}}}}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec, "status": status}}
}

// checked is the question about Ingresses into which a Routing has been written.
func checked(t *testing.T, want traffic.Routing, ingresses ...*unstructured.Unstructured) aws.Check {
	t.Helper()
	var names []string
	for _, i := range ingresses {
		names = append(names, i.GetName())
	}
	ro := rollout(names...)
	written, err := alb.Renderer{}.Render(ro, ingresses, want)
	if err != nil {
		t.Fatal(err)
	}
	return aws.Check{Rollout: ro, Found: written}
}

func routing(canary int32, experiments ...int32) traffic.Routing {
	want := traffic.Routing{Total: 100, Canary: traffic.Destination{Weight: canary}, Stable: traffic.Destination{Weight: 100 - canary}}
	for _, weight := range experiments {
		want.Additional = append(want.Additional, traffic.Destination{Service: "exp", Weight: weight})
		want.Stable.Weight -= weight
	}
	return want
}

func arn(name string) string { return arns + "targetgroup/" + name + "/0f" }

// balancer has a target group for each of those Services behind Ingress web, and the rules given.
func balancer(services []string, forwards ...aws.Forward) *aws.Balancer {
	b := &aws.Balancer{Name: "k8s-shop", ARN: arns + "loadbalancer/app/k8s-shop/50dc", Forwards: forwards}
	for _, name := range services {
		b.Groups = append(b.Groups, aws.Group{Name: name, ARN: arn(name), Resource: "shop/web-" + name + ":80"})
	}
	return b
}

func forward(weights map[string]int32) aws.Forward {
	f := aws.Forward{}
	for name, weight := range weights {
		f[arn(name)] = weight
	}
	return f
}

func TestJudge(t *testing.T) {
	both := []string{"canary", "stable"}
	cases := map[string]struct {
		want     traffic.Routing
		balancer *aws.Balancer
		pending  string
	}{
		"as wanted": {want: routing(20), balancer: balancer(both, forward(map[string]int32{"canary": 20, "stable": 80}))},
		"as wanted, beside other rules": {want: routing(20), balancer: balancer(both,
			forward(map[string]int32{"other": 1}), forward(map[string]int32{"canary": 100}), forward(map[string]int32{"canary": 20, "stable": 80}))},
		"an old weight": {
			routing(20), balancer(both, forward(map[string]int32{"canary": 10, "stable": 90})),
			`load balancer "k8s-shop" gives 10 to target group "canary" (desired weight: 20)`,
		},
		"an old weight on one of two listeners": {
			routing(20), balancer(both, forward(map[string]int32{"canary": 20, "stable": 80}), forward(map[string]int32{"canary": 20, "stable": 100})),
			`load balancer "k8s-shop" gives 100 to target group "stable" (desired weight: 80)`,
		},
		"a header route alone": {
			routing(20), balancer(both, forward(map[string]int32{"canary": 100})),
			`load balancer "k8s-shop" has no rule yet that divides requests between target groups "canary" and "stable"`,
		},
		"no target group of the canary": {
			routing(20), balancer([]string{"stable"}, forward(map[string]int32{"stable": 100})),
			`load balancer "k8s-shop" has no target group for shop/web-canary:80 yet`,
		},
		"an experiment": {want: routing(20, 5), balancer: balancer([]string{"canary", "stable", "exp"}, forward(map[string]int32{"canary": 20, "exp": 5, "stable": 75}))},
		"an experiment without a share": {
			routing(20, 5), balancer([]string{"canary", "stable", "exp"}, forward(map[string]int32{"canary": 20, "stable": 75})),
			`load balancer "k8s-shop" gives 0 to target group "exp" (desired weight: 5)`,
		},
		"an experiment without a target group": {
			routing(20, 5), balancer(both, forward(map[string]int32{"canary": 20, "stable": 75})),
			`load balancer "k8s-shop" has no target group for shop/web-exp:80 yet`,
		},
		"no load balancer of that name": {
			routing(20), nil, `load balancer with DNS name "a.elb" of Ingress shop/web was not found in this AWS account and region`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := checked(t, c.want, ingress("web", "a.elb")).Judge(map[string]*aws.Balancer{"a.elb": c.balancer})
			if got.Pending != c.pending {
				t.Errorf("pending %q, want %q", got.Pending, c.pending)
			}
		})
	}
}

func TestJudgeNotesWhoTheyAre(t *testing.T) {
	got := checked(t, routing(20), ingress("web", "a.elb"), ingress("new")).Judge(map[string]*aws.Balancer{"a.elb": balancer([]string{"canary", "stable"}, forward(map[string]int32{"canary": 20, "stable": 80}))})
	want := aws.Answer{
		Pending: "Ingress shop/new has no load balancer yet",
		ALBs: []v1alpha1.ALBStatus{{
			Ingress:           "web",
			LoadBalancer:      v1alpha1.AwsResourceRef{Name: "k8s-shop", ARN: arns + "loadbalancer/app/k8s-shop/50dc", FullName: "k8s-shop/50dc"},
			CanaryTargetGroup: v1alpha1.AwsResourceRef{Name: "canary", ARN: arn("canary"), FullName: "canary/0f"},
			StableTargetGroup: v1alpha1.AwsResourceRef{Name: "stable", ARN: arn("stable"), FullName: "stable/0f"},
		}, {Ingress: "new"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got) %s", diff)
	}
}

// account holds load balancers by hostname, and what went wrong when one was asked for.
type account struct {
	balancers map[string]*aws.Balancer
	down      string
	asked     []string
}

var errDown = errors.New("throttled")

func (a *account) Find(_ context.Context, hostname string) (*aws.Balancer, error) {
	a.asked = append(a.asked, hostname)
	if hostname == a.down {
		return nil, errDown
	}
	return a.balancers[hostname], nil
}

func TestAsk(t *testing.T) {
	check := checked(t, routing(20), ingress("web", "b.elb", "a.elb", "b.elb"), ingress("new"))
	all := &account{balancers: map[string]*aws.Balancer{"a.elb": {Name: "a"}, "b.elb": {Name: "b"}}}
	got, err := check.Ask(t.Context(), all)
	if diff := cmp.Diff(all.balancers, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got) %s", err, diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all.balancers)), all.asked); diff != "" {
		t.Errorf("each is asked once (-want +got) %s", diff)
	}
	all.down = "b.elb"
	if _, err := check.Ask(t.Context(), all); !errors.Is(err, errDown) {
		t.Errorf("an account that does not answer: %v", err)
	}
}

// TestJudgeBeforeAnythingIsWritten: an Ingress without our annotation, or with one that somebody changed, has nothing to be compared with.
func TestJudgeBeforeAnythingIsWritten(t *testing.T) {
	for name, text := range map[string]string{"none": "", "no JSON": "forward", "no weights": `{"ForwardConfig":{"TargetGroups":[{"ServiceName":"canary"},{"ServiceName":"stable"}]}}`} {
		t.Run(name, func(t *testing.T) {
			object := ingress("web", "a.elb")
			object.SetAnnotations(map[string]string{"alb.ingress.kubernetes.io/actions.stable": text})
			check := aws.Check{Rollout: rollout("web"), Found: []*unstructured.Unstructured{object}}
			if got := check.Judge(nil).Pending; got != "the action annotation of Ingress shop/web has not been written yet" {
				t.Errorf("pending %q", got)
			}
		})
	}
}

// TestConfirmed: what the status says was taken need not be asked again, what differs from it in anything must be.
func TestConfirmed(t *testing.T) {
	confirmed := func() *v1alpha1.TrafficWeights {
		return &v1alpha1.TrafficWeights{
			Canary:     v1alpha1.WeightDestination{ServiceName: "canary", Weight: 20},
			Stable:     v1alpha1.WeightDestination{ServiceName: "stable", Weight: 75},
			Additional: []v1alpha1.WeightDestination{{ServiceName: "exp", Weight: 5}},
			Verified:   new(true),
		}
	}
	cases := map[string]struct {
		change func(*v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights
		want   bool
	}{
		"the same":             {func(w *v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { return w }, true},
		"nothing written yet":  {func(*v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { return nil }, false},
		"never verified":       {func(w *v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { w.Verified = nil; return w }, false},
		"not verified":         {func(w *v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { w.Verified = new(false); return w }, false},
		"another weight":       {func(w *v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { w.Canary.Weight = 10; return w }, false},
		"another Service":      {func(w *v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { w.Stable.ServiceName = "old"; return w }, false},
		"an experiment's gone": {func(w *v1alpha1.TrafficWeights) *v1alpha1.TrafficWeights { w.Additional = nil; return w }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			check := checked(t, routing(20, 5), ingress("web", "a.elb"), ingress("too"))
			check.Rollout.Status.Canary.Weights = c.change(confirmed())
			if got := check.Confirmed(); got != c.want {
				t.Errorf("confirmed %v", got)
			}
		})
	}
}

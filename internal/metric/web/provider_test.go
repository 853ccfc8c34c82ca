package web_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/web"
)

func question(spec v1alpha1.WebMetric) metric.Query {
	return metric.Query{Secrets: []string{"argum3nt"}, Metric: v1alpha1.Metric{Name: "m", Provider: v1alpha1.MetricProvider{Web: &spec}}}
}

func measure(t *testing.T, pool *call.Pool, spec v1alpha1.WebMetric) (metric.Measurement, error) {
	t.Helper()
	return web.Provider{Pool: pool}.Measure(t.Context(), question(spec), nil)
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer, path string
		want         metric.Measurement
		err          string
	}{
		"all of it, as nobody says otherwise": {answer: `{"ok":true}`, want: metric.Measurement{Value: map[string]any{"ok": true}, Text: `{"ok":true}`}},
		"a number":                            {answer: `{"data":{"rate":0.95}}`, path: "{$.data.rate}", want: metric.Measurement{Value: 0.95, Text: "0.95"}},
		"a string keeps its quotes":           {answer: `{"state":"fine"}`, path: "{$.state}", want: metric.Measurement{Value: "fine", Text: `"fine"`}},
		"the first of several hits":           {answer: `{"items":[{"n":3},{"n":4}]}`, path: "{$.items[*].n}", want: metric.Measurement{Value: 3.0, Text: "3"}},
		"a list":                              {answer: `[1,2]`, want: metric.Measurement{Value: []any{1.0, 2.0}, Text: "[1,2]"}},
		"null":                                {answer: `null`, want: metric.Measurement{Text: "null"}},
		"a text that is no JSON":              {answer: `all fine`, want: metric.Measurement{Value: "all fine", Text: "all fine"}},
		"a path into what is no JSON":         {answer: `<html>`, path: "{$.a}", err: `jsonPath "{$.a}" needs JSON, and the answer is none`},
		"a path that leads nowhere":           {answer: `{"a":1}`, path: "{$.b}", err: `b is not found; it answered {"a":1}`},
		"a path without hits":                 {answer: `{"items":[]}`, path: "{$.items[*]}", err: "produced no value"},
		"a path that is none":                 {answer: `{}`, path: "{$.a", err: "unclosed action"},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := calltest.Answers(t, "application/json", test.answer)
			got, err := measure(t, call.NewPool(nil), v1alpha1.WebMetric{URL: address, JSONPath: test.path})
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("measurement (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	header := []v1alpha1.WebMetricHeader{{Key: "Content-Type", Value: "text/plain"}, {Key: "X-Team", Value: "shop"}}
	for name, test := range map[string]struct {
		spec                      v1alpha1.WebMetric
		method, contentType, body string
	}{
		"GET with headers": {spec: v1alpha1.WebMetric{Headers: header}, method: "GET", contentType: "text/plain"},
		"POST with a body": {spec: v1alpha1.WebMetric{Method: "POST", Headers: header, Body: "a=b"}, method: "POST", contentType: "text/plain", body: "a=b"},
		"PUT with JSON":    {spec: v1alpha1.WebMetric{Method: "PUT", Headers: header, JSONBody: json.RawMessage(`{"a":1}`)}, method: "PUT", contentType: "application/json", body: `{"a":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			address, heard := calltest.Answers(t, "application/json", "1")
			test.spec.URL = address + "/v1/rate?service=shop"
			if _, err := measure(t, call.NewPool(nil), test.spec); err != nil {
				t.Fatal(err)
			}
			got := []string{heard.Method, heard.Path, heard.Query["service"][0], heard.Header.Get("X-Team"), heard.Header.Get("Content-Type"), heard.Body}
			if diff := cmp.Diff([]string{test.method, "/v1/rate", "shop", "shop", test.contentType, test.body}, got); diff != "" {
				t.Errorf("heard (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpecsThatAreNotAsked(t *testing.T) {
	for name, test := range map[string]struct {
		spec v1alpha1.WebMetric
		want string
	}{
		"both bodies":      {v1alpha1.WebMetric{Method: "POST", Body: "a", JSONBody: json.RawMessage("1")}, "keep one"},
		"GET with a body":  {v1alpha1.WebMetric{Body: "a"}, "set method to POST or PUT"},
		"GET with JSON":    {v1alpha1.WebMetric{JSONBody: json.RawMessage("1")}, "set method to POST or PUT"},
		"another method":   {v1alpha1.WebMetric{Method: "DELETE"}, `provider.web.method "DELETE" is none of GET, POST, PUT`},
		"no URL":           {v1alpha1.WebMetric{URL: "shop:8080/x"}, "no URL such as https://host:port"},
		"half of OAuth2":   {v1alpha1.WebMetric{URL: "http://x", Authentication: v1alpha1.Authentication{OAuth2: v1alpha1.OAuth2Config{TokenURL: "http://y"}}}, "needs clientId and clientSecret"},
		"a scheme unheard": {v1alpha1.WebMetric{URL: "file:///etc/passwd"}, "no URL such as https://host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := measure(t, call.NewPool(nil), test.spec); err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "web: ") {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "1") // the client's side is under test
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := server.Client().Transport.(*http.Transport).Clone()
	trusting.TLSClientConfig.RootCAs = roots
	for name, test := range map[string]struct {
		pool *call.Pool
		spec v1alpha1.WebMetric
	}{
		"insecure takes any":    {call.NewPool(nil), v1alpha1.WebMetric{URL: server.URL, Insecure: true}},
		"a root that is known":  {call.NewPool(trusting), v1alpha1.WebMetric{URL: server.URL}},
		"insecure changes none": {call.NewPool(trusting), v1alpha1.WebMetric{URL: server.URL}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := measure(t, test.pool, test.spec); err != nil || got.Text != "1" {
				t.Errorf("got %q, %v", got.Text, err)
			}
		})
	}
}

// tokenServer is asked by client with 5ecret-of-client, in a header or, once that was refused, in the form.
func tokenServer(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, ok := r.BasicAuth()
		if !ok {
			id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		if id != "client" || secret != "5ecret-of-client" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "read write" {
			t.Errorf("asked for a token with %v %v", r.Header, r.Form)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func flow(server *httptest.Server) v1alpha1.Authentication {
	return v1alpha1.Authentication{OAuth2: v1alpha1.OAuth2Config{
		TokenURL: server.URL + "/token", ClientID: "client", ClientSecret: "5ecret-of-client", Scopes: []string{"read", "write"},
	}}
}

func TestOAuth2(t *testing.T) {
	tokens := tokenServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"t0ken-of-the-day","token_type":"Bearer","expires_in":60}`) // the client's side is under test
	})
	address, heard := calltest.Answers(t, "application/json", `{"rate":1,"you":"Bearer t0ken-of-the-day","t0ken-of-the-day":"5ecret-of-client"}`)
	got, err := measure(t, call.NewPool(nil), v1alpha1.WebMetric{URL: address, Authentication: flow(tokens)})
	if err != nil {
		t.Fatal(err)
	}
	if auth := heard.Header.Get("Authorization"); auth != "Bearer t0ken-of-the-day" {
		t.Errorf("Authorization %q", auth)
	}
	want := map[string]any{"rate": 1.0, "you": "*****", "*****": "*****"}
	if text := fmt.Sprint(got); strings.Contains(text, "t0ken") || strings.Contains(text, "5ecret") {
		t.Errorf("a secret shows: %s", text)
	}
	if diff := cmp.Diff(want, got.Value); diff != "" {
		t.Errorf("value (-want +got):\n%s", diff)
	}
}

func TestTokenServersThatRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   string
	}{
		"a wrong secret, repeated": {
			func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = fmt.Fprint(w, r.Header, "5ecret-of-client") // the client's side is under test
			}, "401 Unauthorized from http://",
		},
		"an answer without a token": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"token":"t0ken-of-the-day"}`) // the client's side is under test
			}, "missing access_token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tokens := tokenServer(t, test.answer)
			address, _ := calltest.Answers(t, "application/json", "1")
			_, err := measure(t, call.NewPool(nil), v1alpha1.WebMetric{URL: address, Authentication: flow(tokens)})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "web at "+address) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "t0ken") || strings.Contains(err.Error(), "5ecret") || strings.Contains(err.Error(), "Y2xpZW50") {
				t.Errorf("a secret shows: %v", err)
			}
		})
	}
}

func TestALongAnswerIsStoredInPart(t *testing.T) {
	long := strings.Repeat("가", 5000)
	address, _ := calltest.Answers(t, "text/plain", long)
	got, err := measure(t, call.NewPool(nil), v1alpha1.WebMetric{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	if got.Value != long || len(got.Text) > 4<<10+3 || !strings.HasSuffix(got.Text, "가…") {
		t.Errorf("judged %d bytes, stored %d", len(got.Value.(string)), len(got.Text))
	}
}

func TestARedirectWithoutCredentialsIsFollowed(t *testing.T) {
	address, _ := calltest.Answers(t, "application/json", "7")
	first := httptest.NewServer(http.RedirectHandler(strings.Replace(address, "127.0.0.1", "localhost", 1), http.StatusFound))
	t.Cleanup(first.Close)
	got, err := web.Provider{Pool: call.NewPool(nil)}.Measure(t.Context(), metric.Query{Metric: v1alpha1.Metric{
		Provider: v1alpha1.MetricProvider{Web: &v1alpha1.WebMetric{URL: first.URL}},
	}}, nil)
	if err != nil || got.Text != "7" {
		t.Errorf("got %q, %v", got.Text, err)
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "web", Timeout: 20 * time.Second, Secrets: []string{"argum3nt", "k3y-of-the-api", "s1gned-by-us"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			return web.Provider{Pool: pool}.Measure(ctx, question(v1alpha1.WebMetric{
				URL: address + "?sig=s1gned-by-us", Method: "POST", JSONBody: json.RawMessage(`{"token":"argum3nt"}`), JSONPath: "{$.rate}", TimeoutSeconds: 20,
				Headers: []v1alpha1.WebMetricHeader{{Key: "X-Api-Key", Value: "k3y-of-the-api"}},
			}), nil)
		},
	})
}

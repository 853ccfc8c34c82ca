package call_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
)

func target(address string) call.Target {
	return call.Target{Provider: "test", Address: address, Timeout: time.Minute, Secrets: []string{"argum3nt"}}
}

// get asks for all of an answer as JSON.
func get(ctx context.Context, line *call.Line) (metric.Measurement, error) {
	var value any
	err := line.Get(ctx, "", nil, &value)
	return metric.Measurement{Value: value, Text: fmt.Sprint(value), Message: fmt.Sprint(value), About: map[string]string{"a": fmt.Sprint(value)}}, err
}

func TestSecretsInEverySpellingAreMasked(t *testing.T) {
	const secret = "p/ss wörd&\"<x>\"\n"
	trimmed := strings.TrimSpace(secret)
	for name, shown := range map[string]string{
		"as it is":       trimmed,
		"in a query":     url.QueryEscape(trimmed),
		"in a path":      url.PathEscape(trimmed),
		"quoted in JSON": `p/ss wörd\u0026\"\u003cx\u003e\"`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := call.Mask("before "+shown+" after", []string{secret}); got != "before ***** after" {
				t.Errorf("shows %q", got)
			}
		})
	}
}

func TestOneSecretWithinAnother(t *testing.T) {
	if got := call.Mask("token-1 token", []string{"token", "token-1", "", " "}); got != "***** *****" {
		t.Errorf("shows %q", got)
	}
}

func TestSecretsAreTakenOutOfAnswers(t *testing.T) {
	address, _ := calltest.Answers(t, "application/json", `{"argum3nt":["argum3nt",{"n":1,"ok":true,"none":null}]}`)
	got, err := call.NewPool(nil).Ask(t.Context(), target(address), get)
	if err != nil {
		t.Fatal(err)
	}
	text := "map[*****:[***** map[n:1 none:<nil> ok:true]]]"
	want := metric.Measurement{
		Value: map[string]any{"*****": []any{"*****", map[string]any{"n": 1.0, "ok": true, "none": nil}}},
		Text:  text, Message: text, About: map[string]string{"a": text},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("measurement (-want +got):\n%s", diff)
	}
}

func TestATenantsNumberDoesNotMaskAnEqualMeasurement(t *testing.T) {
	address, _ := calltest.Answers(t, "application/json", `1000`)
	tenant := target(address)
	tenant.Headers = []v1alpha1.WebMetricHeader{{Key: "X-Scope-OrgID", Value: "1000"}}
	got, err := call.NewPool(nil).Ask(t.Context(), tenant, get)
	if err != nil || got.Text != "1000" {
		t.Errorf("text %q, %v", got.Text, err)
	}
}

// A secret that lies across the end of the excerpt must not leave its first half.
func TestExcerptsDoNotCutSecrets(t *testing.T) {
	for before := 230; before < 260; before++ {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, strings.Repeat("x", before)+"argum3nt and more") // the client's side is under test
		}))
		_, err := call.NewPool(nil).Ask(t.Context(), target(server.URL), get)
		server.Close()
		if err == nil || strings.Contains(err.Error(), "xa") {
			t.Fatalf("after %d bytes: %v", before, err)
		}
	}
}

func TestAnswersWithoutEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := strings.Repeat("x", 1<<20); ; {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	_, err := call.NewPool(nil).Ask(t.Context(), target(server.URL), get)
	if err == nil || !strings.HasSuffix(err.Error(), "the answer is longer than 10 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestBytesThatAreNoTextAreNotRepeated(t *testing.T) {
	address, _ := calltest.Answers(t, "image/png", "\x89PNG\xff")
	_, err := call.NewPool(nil).Ask(t.Context(), target(address), get)
	if err == nil || !strings.HasSuffix(err.Error(), "it answered 5 bytes that are no text") {
		t.Errorf("error %v", err)
	}
}

func TestErrorsBeforeAnythingIsSent(t *testing.T) {
	_, err := call.NewPool(nil).Ask(t.Context(), target("http://reader:0pen@host/path?key=argum3nt"), func(context.Context, *call.Line) (metric.Measurement, error) {
		return metric.Measurement{}, errors.New("no argum3nt for http://reader:0pen@host")
	})
	if err == nil || err.Error() != "test at http://host/path: no ***** for http://*****:*****@host" {
		t.Errorf("error %v", err)
	}
}

func TestRedirectsOutOfTLSAreRefused(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("credentials left TLS: %v", r.Header)
	}))
	t.Cleanup(plain.Close)
	server := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(server.Close)
	secret := target(server.URL)
	secret.Insecure, secret.Headers = true, []v1alpha1.WebMetricHeader{{Key: "Authorization", Value: "Bearer t0ken"}}
	_, err := call.NewPool(nil).Ask(t.Context(), secret, get)
	if err == nil || !strings.Contains(err.Error(), "it redirects to another place") {
		t.Errorf("error %v", err)
	}
}

func TestRedirectsWithoutEndAreLeft(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	_, err := call.NewPool(nil).Ask(t.Context(), target(server.URL), get)
	if err == nil || !strings.Contains(err.Error(), "302 Found") {
		t.Errorf("error %v", err)
	}
}

func TestStopSettlesWhatWasLeftRunning(t *testing.T) {
	for given, want := range map[v1alpha1.AnalysisPhase]v1alpha1.AnalysisPhase{
		v1alpha1.AnalysisPhaseRunning:    v1alpha1.AnalysisPhaseInconclusive,
		v1alpha1.AnalysisPhaseSuccessful: v1alpha1.AnalysisPhaseSuccessful,
	} {
		got, err := call.AtOnce{}.Stop(t.Context(), metric.Query{}, metric.Measurement{Phase: given})
		if err != nil || got.Phase != want {
			t.Errorf("%s became %s, %v", given, got.Phase, err)
		}
	}
}

package compare_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/comparison"
	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/metric/call"
	"github.com/kanari-dev/kanari/internal/metric/call/calltest"
	"github.com/kanari-dev/kanari/internal/metric/compare"
	"github.com/kanari-dev/kanari/internal/metric/prometheus"
)

func TestVerdicts(t *testing.T) {
	good := steady(counts(100, 1), counts(900, 9))
	for name, test := range map[string]struct {
		traffic  func(int) (judge.Counts, judge.Counts)
		settings map[string]any
		phase    v1alpha1.AnalysisPhase
		says     string
		within   time.Duration
	}{
		"five times as bad": {
			traffic: steady(counts(100, 5), counts(900, 9)), phase: v1alpha1.AnalysisPhaseFailed,
			says: "canary 5% bad", within: 15 * time.Minute,
		},
		"as good": {traffic: good, phase: v1alpha1.AnalysisPhaseSuccessful, says: "surely less than 2 times as many", within: time.Hour},
		"an outage of both": {
			traffic: func(minute int) (judge.Counts, judge.Counts) {
				if minute >= 3 && minute < 10 {
					return counts(100, 30), counts(900, 270)
				}
				return good(minute)
			},
			phase: v1alpha1.AnalysisPhaseSuccessful, says: "surely less than 2 times as many", within: time.Hour,
		},
		"a router that sends too much": {
			traffic: steady(counts(300, 3), counts(700, 7)), settings: map[string]any{"weight": "10"}, phase: v1alpha1.AnalysisPhaseInconclusive,
			says: "the canary gets 30% of the requests where the weight says 10%: the router does not keep the split", within: 5 * time.Minute,
		},
		"a router that keeps the weight": {
			traffic: good, settings: map[string]any{"weight": 10}, phase: v1alpha1.AnalysisPhaseSuccessful, says: "surely less", within: time.Hour,
		},
		"too little until the deadline": {
			traffic: steady(counts(5, 0), counts(45, 1)), settings: map[string]any{"judge": map[string]any{"deadline": "10m"}},
			phase: v1alpha1.AnalysisPhaseInconclusive, says: "not decided within 10m: canary 0% bad (0 of 50), stable", within: 11 * time.Minute,
		},
		"nothing that counts": {
			traffic: steady(counts(0, 0), counts(0, 0)), settings: map[string]any{"judge": map[string]any{"deadline": "10m"}},
			phase: v1alpha1.AnalysisPhaseInconclusive, says: "no requests were counted: if there were some, the queries in this metric's metadata select none of them", within: 11 * time.Minute,
		},
		"above a limit": {
			traffic: steady(counts(100, 20), counts(900, 180)), settings: map[string]any{"judge": map[string]any{"limit": 0.05}},
			phase: v1alpha1.AnalysisPhaseFailed, says: "surely above the limit of 5%", within: 10 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.traffic)
			got, at := run(t, asking(w.address, test.settings), noon, nil, noon.Add(2*time.Hour))
			if got.Phase != test.phase || !strings.Contains(got.Message, test.says) {
				t.Errorf("%s: %q, want %s: %q", got.Phase, got.Message, test.phase, test.says)
			}
			if took := at.Sub(noon); took > test.within {
				t.Errorf("took %s, more than %s", took, test.within)
			}
			if _, kept := got.Metadata["state"]; kept {
				t.Error("a measurement that has ended keeps the state")
			}
		})
	}
}

func TestAMeasurementThatRunsCanBeRead(t *testing.T) {
	w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
	settings := map[string]any{"weight": "10", "judge": map[string]any{"limit": 0.2}}
	got, _ := run(t, asking(w.address, settings), noon.Add(700*time.Millisecond), nil, noon.Add(4*time.Minute))
	want := map[string]string{
		"verdict": "Continue", "until": "2026-05-04T12:03:00Z", "intervals": "3", "canaryRequests": "300", "canaryBad": "3",
		"stableRequests": "2700", "stableBad": "27", "ratio": "1", "failAt": "100", "passAt": "20", "bursts": "1", "share": "10", "weight": "10",
		"needsFor": "Pass",
	}
	for key, value := range want {
		if got.Metadata[key] != value {
			t.Errorf("%s: %q, want %q", key, got.Metadata[key], value)
		}
	}
	for _, key := range []string{"e", "eGood", "eLimit", "eSplit", "low", "high", "needs", "needsTime", "state"} {
		if got.Metadata[key] == "" {
			t.Errorf("%s is missing", key)
		}
	}
	if size := len(got.Metadata["state"]); size > 5000 {
		t.Errorf("the state has %d bytes", size)
	}
	if !strings.HasPrefix(got.Text, "canary 1% bad (3 of 300), stable 1% bad (27 of 2700), ratio 1 (") {
		t.Errorf("value %q", got.Text)
	}
	if !strings.Contains(got.Message, "more canary requests to pass, about ") {
		t.Errorf("message %q", got.Message)
	}
	if want := noon.Add(4*time.Minute + 15*time.Second); !got.ResumeAt.Equal(want) {
		t.Errorf("resumes at %s, want %s", got.ResumeAt, want)
	}
	about := map[string]string{
		"canaryRequests": "all_new[60s]", "canaryBad": "bad_new[60s]", "stableRequests": "all_old[60s]", "stableBad": "bad_old[60s]",
	}
	if diff := cmp.Diff(about, got.About); diff != "" {
		t.Errorf("about (-want +got):\n%s", diff)
	}
}

func TestEachIntervalIsAskedForOnce(t *testing.T) {
	w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
	run(t, asking(w.address, map[string]any{"past": 5}), noon.Add(300*time.Millisecond), nil, noon.Add(3*time.Minute))
	want := []string{
		"all_old -5 to -1 each 60", "bad_old -5 to -1 each 60",
		"all_new 1", "bad_new 1", "all_old 1", "bad_old 1", "all_new 2", "bad_new 2", "all_old 2", "bad_old 2",
	}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// A controller that was away has the same figures and the same verdict in the end, whether or not its last answer was written.
func TestMissedIntervalsAreCaughtUp(t *testing.T) {
	for name, traffic := range map[string]func(int) (judge.Counts, judge.Counts){
		"to a pass": steady(counts(100, 1), counts(900, 9)),
		"to a fail": func(minute int) (judge.Counts, judge.Counts) {
			if minute < 20 {
				return counts(30, float64(minute%2)), counts(270, 3)
			}
			return counts(30, 4), counts(270, 3)
		},
		"to the deadline": steady(counts(5, 0), counts(45, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, traffic)
			m := asking(w.address, nil)
			want, _ := run(t, m, noon, nil, noon.Add(3*time.Hour))
			for _, last := range []int{1, 2, 5} {
				half, _ := run(t, m, noon, nil, noon.Add(time.Duration(last)*time.Minute+20*time.Second))
				w.asked = nil
				got, _ := run(t, m, noon.Add(2*time.Hour), &half, noon.Add(3*time.Hour))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("away from minute %d on (-never away +away):\n%s", last, diff)
				}
				if doubled := len(w.asked) - len(slices.Compact(slices.Sorted(slices.Values(w.asked)))); doubled > 0 {
					t.Errorf("%d questions were asked twice", doubled)
				}
			}
		})
	}
}

func TestOneQuestionCatchesUpSoMuchOnly(t *testing.T) {
	w := newWorld(t, steady(counts(5, 0), counts(45, 1)))
	m := asking(w.address, nil)
	began, err := provider().Measure(t.Context(), question(m, noon), nil)
	if err != nil {
		t.Fatal(err)
	}
	late := noon.Add(40 * time.Minute)
	got, err := provider().Measure(t.Context(), question(m, late), &began)
	if err != nil || got.Metadata["until"] != "2026-05-04T12:15:00Z" || got.ResumeAt.After(late) {
		t.Errorf("until %s, goes on at %s, error %v", got.Metadata["until"], got.ResumeAt, err)
	}
}

func TestAServerThatIsAwayForAWhile(t *testing.T) {
	for name, away := range map[string]func(query string, minute int) bool{
		"from the beginning": func(string, int) bool { return true },
		"later":              func(_ string, minute int) bool { return minute == 3 },
		"between two questions of an interval": func(query string, minute int) bool {
			return minute == 3 && strings.HasPrefix(query, "all_old")
		},
	} {
		t.Run(name, func(t *testing.T) {
			traffic := steady(counts(100, 5), counts(900, 9))
			still := newWorld(t, traffic)
			want, _ := run(t, asking(still.address, nil), noon, nil, noon.Add(time.Hour))

			failed := 0
			w := newWorld(t, traffic)
			w.answer = func(query string, minute int) (string, bool) {
				if failed >= 3 || !away(query, minute) {
					return "", false
				}
				failed++
				return "503", true
			}
			m := asking(w.address, nil)
			got, _ := run(t, m, noon, nil, noon.Add(time.Hour))
			if failed != 3 {
				t.Fatalf("the server failed %d times: nothing is tested", failed)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-never away +away):\n%s", diff)
			}
		})
	}
}

// The newest samples may still be on their way: whoever asks before, gets no answer.
func TestAnIntervalIsNotAskedForTooEarly(t *testing.T) {
	w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
	m := asking(w.address, map[string]any{"delay": "20s", "past": 0})
	began, err := provider().Measure(t.Context(), question(m, noon), nil)
	if err != nil {
		t.Fatal(err)
	}
	early, err := provider().Measure(t.Context(), question(m, noon.Add(79*time.Second)), &began)
	if diff := cmp.Diff(began, early); diff != "" || err != nil || len(w.asked) > 0 {
		t.Errorf("asked %v, error %v (-at the beginning +too early):\n%s", w.asked, err, diff)
	}
	if want := noon.Add(80 * time.Second); !early.ResumeAt.Equal(want) {
		t.Errorf("resumes at %s, want %s", early.ResumeAt, want)
	}
}

func TestHowLongAServerIsLeftAlone(t *testing.T) {
	for interval, want := range map[string][]time.Duration{
		"1m": {15 * time.Second, 30 * time.Second, time.Minute, time.Minute},
		"5s": {15 * time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second},
	} {
		w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
		w.answer = func(string, int) (string, bool) { return "500", true }
		m := asking(w.address, map[string]any{"interval": interval})
		var waits []time.Duration
		var prior *metric.Measurement
		for range want {
			got, err := provider().Measure(t.Context(), question(m, noon), prior)
			if err != nil {
				t.Fatal(err)
			}
			waits, prior = append(waits, got.ResumeAt.Sub(noon)), &got
		}
		if diff := cmp.Diff(want, waits); diff != "" {
			t.Errorf("at intervals of %s (-want +got):\n%s", interval, diff)
		}
		if _, err := provider().Measure(t.Context(), question(m, noon), prior); err == nil {
			t.Error("the fifth failure in a row is borne")
		}
	}
}

func TestAFailureIsSaidAndForgottenOnlyInTheEnd(t *testing.T) {
	w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
	m := asking(w.address, nil)
	m.ConsecutiveErrorLimit = new(intstr.FromInt32(2))
	good, _ := run(t, m, noon, nil, noon.Add(2*time.Minute))
	w.answer = func(string, int) (string, bool) { return "500", true }

	at := noon.Add(2*time.Minute + 15*time.Second)
	first, err := provider().Measure(t.Context(), question(m, at), &good)
	if err != nil {
		t.Fatal(err)
	}
	want := "compare: prometheus at " + w.address + ": received non 2xx response code: 500 Internal Server Error: nothing; " +
		"failure 1 of 2 that are borne in a row, asked again at 2026-05-04T12:02:30Z"
	if first.Message != want || first.Phase != v1alpha1.AnalysisPhaseRunning || !first.ResumeAt.Equal(at.Add(15*time.Second)) {
		t.Errorf("%s until %s: %q, want %q", first.Phase, first.ResumeAt, first.Message, want)
	}
	figures := maps.Clone(first.Metadata)
	delete(figures, "errors")
	delete(figures, "state")
	delete(good.Metadata, "state")
	if diff := cmp.Diff(good.Metadata, figures); diff != "" || first.Text != good.Text || first.Metadata["errors"] != "1" {
		t.Errorf("the figures are gone (-before +after):\n%s", diff)
	}
	second, err := provider().Measure(t.Context(), question(m, first.ResumeAt), &first)
	if err != nil || !second.ResumeAt.Equal(first.ResumeAt.Add(30*time.Second)) {
		t.Errorf("resumes at %s, error %v", second.ResumeAt, err)
	}
	_, err = provider().Measure(t.Context(), question(m, second.ResumeAt), &second)
	if err == nil || !strings.HasPrefix(err.Error(), "compare: prometheus at "+w.address+": received non 2xx response code: 500") {
		t.Errorf("error %v", err)
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		err    string
	}{
		"several series":         {vector("1", "2"), "counting the canary: 2 series came back where one number is expected: put sum() around bad_new[60s]"},
		"more bad than requests": {vector("500"), "canary counts more bad requests (500) than requests (100): let both queries select the same series"},
		"a negative number":      {vector("-3"), "canary counts 100 requests and -3 bad ones: both must be finite and not negative"},
		"without end":            {vector("+Inf"), "canary counts 100 requests and +Inf bad ones: both must be finite and not negative"},
		"a matrix":               {`{"status":"success","data":{"resultType":"matrix","result":[]}}`, "counting the canary: a matrix came back where one number is expected: bad_new[60s]"},
		"an error with status 200": {
			`{"status":"error","errorType":"bad_data","error":"parse error"}`, "counting the canary: bad_data: parse error",
		},
		"not JSON": {"<html>", "it answered <html>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
			w.answer = func(query string, _ int) (string, bool) { return test.answer, strings.HasPrefix(query, "bad_new") }
			m := asking(w.address, nil)
			m.ConsecutiveErrorLimit = new(intstr.FromInt32(0))
			began, err := provider().Measure(t.Context(), question(m, noon), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = provider().Measure(t.Context(), question(m, noon.Add(75*time.Second)), &began)
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func TestAnswersThatAreNothing(t *testing.T) {
	for name, answer := range map[string]string{
		"no series":              vector(),
		"no number":              vector("NaN"),
		"a scalar":               `{"status":"success","data":{"resultType":"scalar","result":[1,"0"]}}`,
		"with a warning besides": `{"status":"success","warnings":["a store is gone"],"data":{"resultType":"vector","result":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
			w.answer = func(query string, _ int) (string, bool) { return answer, strings.HasPrefix(query, "bad_new") }
			got, _ := run(t, asking(w.address, nil), noon, nil, noon.Add(2*time.Minute))
			if got.Metadata["canaryRequests"] != "100" || got.Metadata["canaryBad"] != "0" {
				t.Errorf("%s bad of %s", got.Metadata["canaryBad"], got.Metadata["canaryRequests"])
			}
			if warned := strings.Contains(got.Metadata["warnings"], "a store is gone"); warned != strings.Contains(answer, "warnings") {
				t.Errorf("warnings %q", got.Metadata["warnings"])
			}
		})
	}
}

func TestSlowRequests(t *testing.T) {
	for name, test := range map[string]struct {
		bucket string
		bad    string
		says   string
	}{
		"the rest of a bucket":  {vector("90"), "10", "not decided yet"},
		"more than all":         {vector("100.5"), "0", "not decided yet"},
		"no such bucket":        {vector(), "0", `there are requests, and no bucket of the histogram: let slowerThan be one of its upper bounds`},
		"a bucket that is zero": {vector("0"), "100", "not decided yet"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, steady(counts(0, 0), counts(0, 0)))
			w.answer = func(query string, minute int) (string, bool) {
				if strings.Contains(query, "_bucket{") {
					return test.bucket, minute > 0
				}
				return vector("100"), minute > 0
			}
			m := asking(w.address, map[string]any{"requests": nil, "bad": nil, "source": "pods", "slowerThan": 0.5})
			got, _ := run(t, m, noon, nil, noon.Add(2*time.Minute))
			if got.Metadata["canaryBad"] != test.bad || !strings.Contains(got.Message, test.says) {
				t.Errorf("%q bad: %q, want %q: %q", got.Metadata["canaryBad"], got.Message, test.bad, test.says)
			}
		})
	}
}

func TestAStateThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct{ state, says string }{
		"somebody wrote into it": {"{", `compare: the comparison cannot go on: reading the "state" that is stored in its metadata`},
		"a short secret":         {`{"errors":*****}`, "a Secret among the arguments is so short that it was taken for one of the figures"},
	} {
		t.Run(name, func(t *testing.T) {
			prior := metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, Metadata: map[string]string{"state": test.state}}
			_, err := provider().Measure(t.Context(), question(asking("http://127.0.0.1:1", nil), noon), &prior)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want %q", err, test.says)
			}
		})
	}
}

func TestStop(t *testing.T) {
	running := metric.Measurement{Phase: v1alpha1.AnalysisPhaseRunning, ResumeAt: noon, Metadata: map[string]string{"state": "{}", "e": "3"}}
	got, err := provider().Stop(t.Context(), metric.Query{}, running)
	want := metric.Measurement{Phase: v1alpha1.AnalysisPhaseInconclusive, Metadata: map[string]string{"e": "3"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || running.Metadata["state"] == "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}

func TestFailures(t *testing.T) {
	calltest.Failures(t, calltest.Contract{
		Provider: "compare: prometheus", Timeout: 7 * time.Second, Secrets: []string{"argum3nt", "k3y-of-the-proxy", "cHJvbTpwYS85KzFzcw"},
		Ask: func(ctx context.Context, pool *call.Pool, address string) (metric.Measurement, error) {
			m := asking(address, map[string]any{
				"bad": `bad{token="argum3nt",v="$version"}[$interval]`, "requests": `all{token="argum3nt",v="$version"}[$interval]`,
				"prometheus": map[string]any{
					"address": address, "timeout": 7, "headers": []any{map[string]any{"key": "X-Api-Key", "value": "k3y-of-the-proxy"}},
					"authentication": map[string]any{"basicAuth": map[string]any{"username": "prom", "password": "pa/9+1ss"}},
				},
			})
			m.ConsecutiveErrorLimit = new(intstr.FromInt32(0))
			q := question(m, noon)
			q.Secrets = []string{"argum3nt"}
			return compare.Provider{Prometheus: prometheus.Provider{Pool: pool, Env: calltest.Env(nil)}}.Measure(ctx, q, nil)
		},
	})
}

// While the measurement goes on, after a failure or with a warning, it shows no secret either.
func TestSecretsInWhatIsStored(t *testing.T) {
	for name, answer := range map[string]string{
		"a failure": vector("1", "argum3nt"),
		"a warning": `{"status":"success","warnings":["argum3nt is gone"],"data":{"resultType":"vector","result":[]}}`,
	} {
		t.Run(name, func(t *testing.T) { noSecretIsStored(t, answer) })
	}
}

func noSecretIsStored(t *testing.T, answer string) {
	t.Helper()
	w := newWorld(t, steady(counts(100, 1), counts(900, 9)))
	w.answer = func(_ string, minute int) (string, bool) { return answer, minute > 0 }
	m := asking(w.address, map[string]any{"bad": `bad{token="argum3nt",v="$version"}[$interval]`})
	q := question(m, noon)
	q.Secrets = []string{"argum3nt"}
	began, err := provider().Measure(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Now = noon.Add(75 * time.Second)
	got, err := provider().Measure(t.Context(), q, &began)
	all, marshalErr := json.Marshal(got)
	if err != nil || marshalErr != nil || strings.Contains(string(all), "argum3nt") || !strings.Contains(got.About["canaryBad"], "*****") {
		t.Errorf("errors %v, %v: %s", err, marshalErr, all)
	}
}

func TestASecretInABadConfig(t *testing.T) {
	q := question(asking("", map[string]any{"canary": "argum3nt!"}), noon)
	q.Secrets = []string{"argum3nt!"}
	_, err := provider().Measure(t.Context(), q, nil)
	if err == nil || !strings.Contains(err.Error(), `"*****" is no hash`) {
		t.Errorf("error %v", err)
	}
}

// A bad Config is no failure of the server: it is said at once.
func TestABadConfigIsNotRepeated(t *testing.T) {
	for stable, want := range map[string]string{
		"new": `.canary: it is "new", as stable is: there is nothing to compare`,
		"":    `.stable: it is empty: there is no such version`,
		"a b": `.stable: "a b" is no hash and no name of a Service`,
	} {
		_, err := provider().Measure(t.Context(), question(asking("", map[string]any{"stable": stable}), noon), nil)
		if err == nil || err.Error() != comparison.Place+want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A server that lost its data shows every series as new. What the processes ever counted must not count for the interval.
func TestAServerThatBeganAnew(t *testing.T) {
	w := newWorld(t, steady(counts(0, 0), counts(0, 0)))
	w.answer = func(query string, minute int) (string, bool) {
		canary := strings.Contains(query, "new")
		switch {
		case minute <= 0:
			return "", false
		case strings.HasPrefix(query, "count("):
			lost := minute == 3 || minute == 4 && canary // it finds the canary an interval later
			first := minute == 1 && canary
			if lost || first {
				return vector(), true
			}
			return vector("2"), true
		case strings.Contains(query, "5.."):
			return vector("0"), true
		case minute == 3 || minute == 4 && canary:
			return vector("100000"), true
		}
		return vector("100"), true
	}
	m := asking(w.address, map[string]any{"requests": nil, "bad": nil, "source": "pods"})
	got, _ := run(t, m, noon, nil, noon.Add(6*time.Minute+30*time.Second))
	if got.Metadata["canaryRequests"] != "400" || got.Metadata["stableRequests"] != "400" {
		t.Errorf("counted are %s of the canary and %s of stable, want 400 and 400: %s", got.Metadata["canaryRequests"], got.Metadata["stableRequests"], got.Message)
	}
}

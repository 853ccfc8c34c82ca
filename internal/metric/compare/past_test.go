package compare_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/metric"
)

// began is the measurement before the first interval, and its bursts.
func began(t *testing.T, m v1alpha1.Metric) (metric.Measurement, string) {
	t.Helper()
	got, err := provider().Measure(t.Context(), question(m, noon), nil)
	if err != nil {
		t.Fatal(err)
	}
	return got, got.Metadata["bursts"]
}

// bursty has twenty bad requests of a hundred in every other minute.
func bursty(minute int) (canary, stable judge.Counts) {
	return judge.Counts{}, counts(100, float64(20*(minute&1)))
}

func TestThePastTeachesBursts(t *testing.T) {
	calm := newWorld(t, func(int) (judge.Counts, judge.Counts) { return judge.Counts{}, counts(100, 10) })
	if _, got := began(t, asking(calm.address, nil)); got != "1" {
		t.Errorf("a calm past has bursts of %s", got)
	}
	if _, got := began(t, asking(calm.address, map[string]any{"past": 0})); got != "5" {
		t.Errorf("without a past bursts are %s", got)
	}
	_, text := began(t, asking(newWorld(t, bursty).address, nil))
	if got, err := strconv.ParseFloat(text, 64); err != nil || got <= 5 {
		t.Errorf("a bursty past has bursts of %s", text)
	}
}

func TestWhatTeachesNothing(t *testing.T) {
	calm := newWorld(t, func(int) (judge.Counts, judge.Counts) { return judge.Counts{}, counts(100, 10) })
	_, want := began(t, asking(calm.address, map[string]any{"past": 20}))
	for name, odd := range map[string]judge.Counts{"nothing": {}, "bad requests alone": counts(0, 5), "more bad ones than all": counts(100, 500)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(minute int) (judge.Counts, judge.Counts) {
				if minute >= -10 {
					return judge.Counts{}, odd
				}
				return judge.Counts{}, counts(100, 10)
			})
			if _, got := began(t, asking(w.address, nil)); got != want {
				t.Errorf("bursts of %s, want %s", got, want)
			}
		})
	}
}

func TestThePastOfSlowRequests(t *testing.T) {
	_, want := began(t, asking(newWorld(t, bursty).address, nil))
	w := newWorld(t, func(minute int) (judge.Counts, judge.Counts) {
		_, all := bursty(minute)
		return judge.Counts{}, all
	})
	w.answer = func(query string, _ int) (string, bool) {
		var values []string
		for m := -30; m <= -1; m++ {
			_, all := bursty(m)
			n := all.Requests
			if strings.Contains(query, "_bucket{") {
				n -= all.Bad
			}
			values = append(values, fmt.Sprintf(`[%d,"%v"]`, noon.Add(time.Duration(m)*time.Minute).Unix(), n))
		}
		return matrix(`{"metric":{},"values":[` + strings.Join(values, ",") + `]}`), true
	}
	_, got := began(t, asking(w.address, map[string]any{"requests": nil, "bad": nil, "source": "pods", "slowerThan": 0.5}))
	if got != want {
		t.Errorf("bursts of %s, want %s as those of failures are", got, want)
	}
}

func TestAPastThatCannotBeRead(t *testing.T) {
	one := `{"metric":{"n":"%d"},"values":[[1777896000,"1"]]}`
	for name, test := range map[string]struct{ answer, says string }{
		"several series": {matrix(fmt.Sprintf(one, 1), fmt.Sprintf(one, 2)), "counting the stable version's past: 2 series came back where one number is expected: put sum() around all_old[60s]"},
		"a vector":       {vector("1"), "counting the stable version's past: no series over time came back where one is expected: all_old[60s]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, bursty)
			w.answer = func(string, int) (string, bool) { return test.answer, true }
			got, _ := began(t, asking(w.address, nil))
			if got.Phase != v1alpha1.AnalysisPhaseRunning || !strings.Contains(got.Message, test.says) {
				t.Errorf("%s: %q, want %q", got.Phase, got.Message, test.says)
			}
		})
	}
}

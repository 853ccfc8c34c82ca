package judge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/internal/judge"
)

// even is a run of intervals that are all the same.
func even(minutes int, canary, stable judge.Counts, weight float64) (run []judge.Interval) {
	for n := range minutes {
		run = append(run, judge.Interval{Canary: canary, Stable: stable, Weight: weight, At: noon.Add(time.Duration(n+1) * time.Minute)})
	}
	return run
}

// calm is a past without bursts.
var calm = even(60, judge.Counts{}, of(270, 3), 0)

func of(requests, bad float64) judge.Counts { return judge.Counts{Requests: requests, Bad: bad} }

func with(change func(*judge.Settings)) judge.Settings {
	s := judge.Defaults()
	change(&s)
	return s
}

func TestVerdictsInWords(t *testing.T) {
	for name, c := range map[string]struct {
		run      []judge.Interval
		settings judge.Settings
		outcome  judge.Outcome
		message  string
	}{
		"nothing was counted": {
			nil, judge.Defaults(), judge.Continue,
			"not decided yet: no requests were counted",
		},
		"the canary gets nothing, as its weight of 0 says": {
			even(5, of(0, 0), of(900, 9), 0), judge.Defaults(), judge.Continue,
			"not decided yet: the canary had no requests",
		},
		"there is nothing to compare with": {
			even(5, of(900, 9), of(0, 0), 100), judge.Defaults(), judge.Continue,
			"not decided yet: the stable version had no requests to compare with",
		},
		"too little to say": {
			even(3, of(30, 1), of(270, 3), 10), judge.Defaults(), judge.Continue,
			"not decided yet: canary 3.3% bad (3 of 90), stable 1.1% bad (9 of 810); needs about 370 more canary requests to fail, about 13m at this weight",
		},
		"a bad canary": {
			even(10, of(30, 3), of(270, 3), 10), judge.Defaults(), judge.Fail,
			"canary 10% bad (30 of 300), stable 1.1% bad (30 of 2700): 9 times as many, surely 3.6 times or more",
		},
		"a bad canary, but in one burst only": {
			append(even(1, of(30, 30), of(270, 3), 10), even(10, of(30, 0), of(270, 3), 10)[1:]...), judge.Defaults(), judge.Continue,
			"not decided yet: canary 10% bad (30 of 300), stable 1.1% bad (30 of 2700); needs about 110 more canary requests to fail, about 4m at this weight",
		},
		"as good as stable": {
			even(10, of(300, 3), of(2700, 27), 10), judge.Defaults(), judge.Pass,
			"canary 1% bad (30 of 3000), stable 1% bad (270 of 27000): surely less than 2 times as many",
		},
		"nothing bad on either side": {
			even(30, of(300, 0), of(2700, 0), 10), judge.Defaults(), judge.Pass,
			"canary 0% bad (0 of 9000), stable 0% bad (0 of 81000): good by all the evidence",
		},
		"both above the limit": {
			even(10, of(300, 60), of(2700, 540), 10), with(func(s *judge.Settings) { s.Limit = 0.05 }), judge.Fail,
			"canary 20% bad (600 of 3000): surely above the limit of 5%",
		},
		"the router sends three times as much": {
			even(3, of(900, 9), of(2100, 21), 10), judge.Defaults(), judge.RouterFault,
			"the canary gets 30% of the requests where the weight says 10%: the router does not keep the split, so the versions are not compared",
		},
		"the hour is over": {
			even(60, of(2, 0), of(18, 0), 10), judge.Defaults(), judge.Inconclusive,
			"not decided within 1h: canary 0% bad (0 of 120), stable 0% bad (0 of 1080); needs about 5300 more canary requests to pass, about 44h32m at this weight",
		},
		"a difference that nobody minds": {
			even(60, of(100000, 1050), of(900000, 9000), 10), judge.Defaults(), judge.Pass,
			"canary 1.1% bad (63000 of 6000000), stable 1% bad (540000 of 54000000): surely less than 2 times as many",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := judge.Judge(noon, calm, c.run, c.settings)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{c.outcome, c.message}, []any{v.Outcome, v.Message}); diff != "" {
				t.Errorf("verdict (-want +got):\n%s\n%+v", diff, v.Evidence)
			}
		})
	}
}

func TestTheForecastComesTrue(t *testing.T) {
	for name, c := range map[string]struct {
		canary, stable judge.Counts
		seen           int
		want           judge.Outcome
	}{
		"a good canary":                      {of(30, 0.3), of(270, 2.7), 10, judge.Pass},
		"a good canary of half the traffic":  {of(30, 0.3), of(30, 0.3), 10, judge.Pass},
		"a canary without any bad request":   {of(30, 0), of(270, 0), 10, judge.Pass},
		"a bad canary":                       {of(30, 0.3), of(270, 0.54), 10, judge.Fail},
		"a bad canary, when little was seen": {of(30, 0.3), of(270, 0.54), 4, judge.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			weight := 100 * c.canary.Requests / (c.canary.Requests + c.stable.Requests)
			run := even(500, c.canary, c.stable, weight)
			settings := with(func(s *judge.Settings) { s.Deadline = 0 })
			state := add(t, begin(t, calm, settings), run[:c.seen]...)
			need := state.Verdict(run[c.seen-1].At).Need
			if need == nil || need.For != c.want {
				t.Fatalf("needs %v, want a forecast of %s", need, c.want)
			}
			took := 0
			for state.Outcome(noon) == judge.Continue && c.seen+took < len(run) {
				state = add(t, state, run[c.seen+took])
				took++
			}
			if got := state.Outcome(noon); got != c.want {
				t.Fatalf("ended as %s", got)
			}
			if off := math.Abs(need.Time.Minutes() - float64(took)); off > 1+float64(took)/10 {
				t.Errorf("forecast %s, took %d minutes", need, took)
			}
			if minutes := need.Requests / c.canary.Requests; math.Abs(minutes-need.Time.Minutes()) > 0.1 {
				t.Errorf("%v requests at %v a minute are not %s", need.Requests, c.canary.Requests, need.Time)
			}
		})
	}
}

func TestWarmUpIsLeftOut(t *testing.T) {
	cold := even(2, of(30, 30), of(270, 3), 10)
	warm := even(10, of(30, 0), of(270, 3), 10)[2:]
	settings := with(func(s *judge.Settings) { s.WarmUp = 2 * time.Minute })
	v, err := judge.Judge(noon, nil, append(cold, warm...), settings)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(of(240, 0), v.Evidence.Canary); diff != "" {
		t.Errorf("canary (-want +got):\n%s", diff)
	}
}

func TestABurstyPastOrNoneMakesTheJudgeSlower(t *testing.T) {
	run := even(8, of(30, 2), of(270, 3), 10)
	bursty := even(60, of(0, 0), of(270, 0), 0)
	for n := range bursty {
		bursty[n].Stable.Bad = float64(n%3/2) * 9
	}
	var e [3]float64
	for n, past := range [][]judge.Interval{calm, bursty, nil} {
		v, err := judge.Judge(noon, past, run, judge.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		e[n] = v.Evidence.E
	}
	if e[1] > e[0]/10 || e[2] > e[0]/10 {
		t.Errorf("E is %v after a calm past, %v after bursts, %v without a past: want the others less than a tenth of the first", e[0], e[1], e[2])
	}
}

func TestMetricsShareAlpha(t *testing.T) {
	v, err := judge.Judge(noon, nil, nil, with(func(s *judge.Settings) { s.Metrics = 4 }))
	if err != nil {
		t.Fatal(err)
	}
	if got := math.Round(v.Evidence.FailAt); got != 400 {
		t.Errorf("fails at %v, want 400", got)
	}
}

func TestCountsThatCannotBeAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		interval judge.Interval
		says     string
	}{
		"negative":         {judge.Interval{Canary: of(-1, 0)}, "canary counts -1 requests"},
		"not a number":     {judge.Interval{Stable: of(math.NaN(), 0)}, "stable counts NaN requests"},
		"infinite":         {judge.Interval{Stable: of(1, math.Inf(1))}, "must be finite"},
		"more bad":         {judge.Interval{Canary: of(10, 20)}, "more bad requests (20) than requests (10)"},
		"a strange weight": {judge.Interval{Weight: 120}, "weight is 120"},
	} {
		t.Run(name, func(t *testing.T) {
			before := begin(t, nil, judge.Defaults())
			after, err := before.Add(c.interval)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("state changed:\n%s", diff)
			}
			if _, err := judge.Begin(noon, []judge.Interval{c.interval}, judge.Defaults()); err == nil {
				t.Error("the past takes it")
			}
		})
	}
}

func TestSamplingMayCountAFewMoreBadRequestsThanRequests(t *testing.T) {
	s := add(t, begin(t, nil, judge.Defaults()), even(1, of(100, 104), of(900, 9), 10)...)
	if diff := cmp.Diff(of(100, 100), s.Canary); diff != "" {
		t.Errorf("canary (-want +got):\n%s", diff)
	}
}

func TestSettingsThatMakeNoSenseAreNamed(t *testing.T) {
	if err := judge.Defaults().Check(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	for field, change := range map[string]func(*judge.Settings){
		"tolerated":      func(s *judge.Settings) { s.Tolerated = 0 },
		"minEffect":      func(s *judge.Settings) { s.MinEffect = 0.5 },
		"worse":          func(s *judge.Settings) { s.Worse = 1 },
		"less than 50":   func(s *judge.Settings) { s.Worse = 60 },
		"negligible":     func(s *judge.Settings) { s.Negligible = 1 },
		"limit":          func(s *judge.Settings) { s.Limit = 0.0001 },
		"alpha":          func(s *judge.Settings) { s.Alpha = math.NaN() },
		"beta":           func(s *judge.Settings) { s.Beta = 0 },
		"metrics":        func(s *judge.Settings) { s.Metrics = 0 },
		"minBad":         func(s *judge.Settings) { s.MinBad = 0 },
		"minIntervals":   func(s *judge.Settings) { s.MinIntervals = 0 },
		"splitTolerance": func(s *judge.Settings) { s.SplitTolerance = 1 },
		"warmUp":         func(s *judge.Settings) { s.WarmUp = -1 },
		"deadline":       func(s *judge.Settings) { s.Deadline, s.WarmUp = time.Minute, time.Hour },
	} {
		t.Run(field, func(t *testing.T) {
			err := with(change).Check()
			if err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("error %v, want one that names %s", err, field)
			}
		})
	}
}

func TestThePageTellsTheDefaults(t *testing.T) {
	page, err := os.ReadFile("../../docs/judge.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(judge.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]float64
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for field, value := range fields {
		said := strconv.FormatFloat(value, 'f', -1, 64)
		if field == "deadline" {
			said = fmt.Sprintf("%gh", time.Duration(value).Hours())
		}
		if row := fmt.Sprintf("| `%s` | %s", field, said); !strings.Contains(string(page), row+" ") {
			t.Errorf("docs/judge.md has no row that begins with %q", row)
		}
	}
}

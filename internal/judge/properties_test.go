package judge_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/internal/judge"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func drawCounts(rt *rapid.T, name string) judge.Counts {
	requests := rapid.IntRange(0, 2000).Draw(rt, name+" requests")
	bad := rapid.IntRange(0, min(requests, rapid.SampledFrom([]int{2, 20, 2000}).Draw(rt, name+" scale"))).Draw(rt, name+" bad")
	return judge.Counts{Requests: float64(requests), Bad: float64(bad)}
}

func drawRun(rt *rapid.T, name string) []judge.Interval {
	run := make([]judge.Interval, rapid.IntRange(0, 25).Draw(rt, name))
	for n := range run {
		run[n] = judge.Interval{
			Canary: drawCounts(rt, "canary"), Stable: drawCounts(rt, "stable"),
			Weight: rapid.SampledFrom([]float64{0, 5, 25, 50, 100}).Draw(rt, "weight"),
			At:     noon.Add(time.Duration(n+1) * time.Minute),
		}
	}
	return run
}

func drawSettings(rt *rapid.T) judge.Settings {
	s := judge.Defaults()
	s.Limit = rapid.SampledFrom([]float64{0, 0.1}).Draw(rt, "limit")
	s.Negligible = rapid.SampledFrom([]float64{0, 0.001}).Draw(rt, "negligible")
	s.Tolerated = rapid.SampledFrom([]float64{1, 1.1}).Draw(rt, "tolerated")
	s.WarmUp = rapid.SampledFrom([]time.Duration{0, 2 * time.Minute}).Draw(rt, "warm-up")
	return s
}

type fataler interface{ Fatal(...any) }

func begin(t fataler, past []judge.Interval, settings judge.Settings) judge.State {
	s, err := judge.Begin(noon, past, settings)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t fataler, s judge.State, run ...judge.Interval) judge.State {
	for _, interval := range run {
		var err error
		if s, err = s.Add(interval); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAStoredStateGoesOnAsIfNothingHadHappened(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		past, run, settings := drawRun(rt, "past"), drawRun(rt, "run"), drawSettings(rt)
		stored := begin(rt, past, settings)
		for _, interval := range run {
			text, err := json.Marshal(add(rt, stored, interval))
			if err != nil {
				rt.Fatal(err)
			}
			stored = judge.State{}
			if err := json.Unmarshal(text, &stored); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(add(rt, begin(rt, past, settings), run...), stored); diff != "" {
			rt.Errorf("state (-at once +stored after each interval):\n%s", diff)
		}
		if len(run) == 0 {
			return
		}
		atOnce, err := judge.Judge(noon, past, run, settings)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(atOnce, stored.Verdict(run[len(run)-1].At)); diff != "" {
			rt.Errorf("verdict (-at once +stored after each interval):\n%s", diff)
		}
	})
}

func TestTheOrderWithinAnIntervalChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := drawRun(rt, "run")
		// The same requests, counted pod by pod in two orders.
		other := make([]judge.Interval, len(run))
		for n, interval := range run {
			pods := make([]judge.Counts, rapid.IntRange(1, 5).Draw(rt, "pods"))
			for p := range pods {
				pods[p] = drawCounts(rt, "pod")
			}
			run[n].Canary, run[n].Stable = sum(pods), interval.Stable
			other[n] = interval
			other[n].Canary = sum(rapid.Permutation(pods).Draw(rt, "order"))
		}
		settings := drawSettings(rt)
		if diff := cmp.Diff(add(rt, begin(rt, nil, settings), run...), add(rt, begin(rt, nil, settings), other...)); diff != "" {
			rt.Error(diff)
		}
	})
}

func sum(parts []judge.Counts) (total judge.Counts) {
	for _, part := range parts {
		total = total.Plus(part)
	}
	return total
}

func TestMoreBadCanaryRequestsNeverSpeakForTheCanary(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		past, run, settings := drawRun(rt, "past"), drawRun(rt, "run"), drawSettings(rt)
		if len(run) == 0 {
			return
		}
		before := add(rt, begin(rt, past, settings), run...).Verdict(noon).Evidence
		hit := rapid.IntRange(0, len(run)-1).Draw(rt, "hit")
		room := int(run[hit].Canary.Requests - run[hit].Canary.Bad)
		run[hit].Canary.Bad += float64(rapid.IntRange(0, room).Draw(rt, "more bad"))
		after := add(rt, begin(rt, past, settings), run...).Verdict(noon).Evidence

		const rounding = 1e-9
		if after.E < before.E*(1-rounding) {
			rt.Errorf("E fell from %v to %v", before.E, after.E)
		}
		if after.ELimit < before.ELimit*(1-rounding) {
			rt.Errorf("ELimit fell from %v to %v", before.ELimit, after.ELimit)
		}
		if after.EGood > before.EGood*(1+rounding) {
			rt.Errorf("EGood rose from %v to %v", before.EGood, after.EGood)
		}
	})
}

func TestWhatSaysNothingChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := drawRun(rt, "run")
		state := add(rt, begin(rt, nil, drawSettings(rt)), run...)
		silent := judge.Interval{Weight: 25, At: noon.Add(time.Hour)}
		if diff := cmp.Diff(state, add(rt, state, silent)); diff != "" {
			rt.Errorf("an interval without requests:\n%s", diff)
		}
		if diff := cmp.Diff(state, add(rt, state, run...)); diff != "" {
			rt.Errorf("intervals that were counted before:\n%s", diff)
		}
	})
}

func TestAddLeavesTheStateBeforeAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		state := begin(rt, nil, drawSettings(rt))
		for _, interval := range drawRun(rt, "run") {
			before, err := json.Marshal(state)
			if err != nil {
				rt.Fatal(err)
			}
			next := add(rt, state, interval)
			after, err := json.Marshal(state)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(string(before), string(after)); diff != "" {
				rt.Fatalf("adding an interval wrote into the state before:\n%s", diff)
			}
			state = next
		}
	})
}

func TestEvidenceIsAlwaysFitToBeStored(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		run := drawRun(rt, "run")
		verdict := add(rt, begin(rt, nil, drawSettings(rt)), run...).Verdict(noon.Add(time.Minute))
		if _, err := json.Marshal(verdict); err != nil {
			rt.Fatal(err)
		}
		e := verdict.Evidence
		if e.Low < 0.02 || e.High > 50 || e.Low > e.High {
			rt.Errorf("ratio %v from %v to %v", e.Ratio, e.Low, e.High)
		}
		if verdict.Message == "" {
			rt.Error("no message")
		}
	})
}

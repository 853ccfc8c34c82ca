package show

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// moment is one with so much weight for green.
func moment(ms, green int) Moment {
	return Moment{
		At: at(ms), Phase: "Progressing", Message: "more replicas need to be updated", Step: "1/7 weight 10",
		Routes: []Route{{Weight: 100 - green, Version: "blue"}, {Weight: green, Version: "green"}},
		Pods:   []Pods{{"blue", 3, 3}, {"green", 0, 1}},
	}
}

func TestAStretchLastsWhileTheWeightsStand(t *testing.T) {
	story := Story{Version: "green", Began: at(0), Ledger: &Ledger{}}
	send(story.Ledger, 1, "blue", "blue", "green", "blue", "green")
	for _, m := range []Moment{moment(5, 0), moment(15, 0), moment(20, 10), moment(35, 10), moment(40, 30)} {
		story.See(m)
	}
	story.Cut(at(50))

	type stretch struct {
		Asked, Blue, Green int
		AfterMS            int64
	}
	var got []stretch
	for _, row := range story.Rows(at(1000)) {
		got = append(got, stretch{row.Asked, row.Answers["blue"].Requests, row.Answers["green"].Requests, row.After.Milliseconds()})
	}
	want := []stretch{{0, 2, 0, 0}, {10, 1, 1, 20}, {30, 0, 1, 40}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if story.PodsPeak != 4 {
		t.Errorf("got a peak of %d pods, want 4", story.PodsPeak)
	}
}

func TestASwitchOfTheServiceIsAStretchToo(t *testing.T) {
	story := Story{Version: "green", Began: at(0), Ledger: &Ledger{}}
	promoted := moment(20, 0)
	promoted.Routes = []Route{{Weight: 100, Version: "green"}, {Weight: 0, Version: "green"}}
	story.See(moment(10, 0))
	story.See(promoted)
	if rows := story.Rows(at(30)); len(rows) != 2 || rows[1].Asked != 100 {
		t.Errorf("got %+v, want a second stretch that asks for 100 %%", rows)
	}
}

func TestARowIsRipeOnceItsAnswersMustBeIn(t *testing.T) {
	story := Story{Version: "green", Began: at(0), Ledger: &Ledger{}}
	story.See(moment(0, 0))
	story.See(moment(1000, 10))
	counts := func(ms int) [2]int { return [2]int{len(story.Ripe(at(ms))), len(story.Open(at(ms)))} }
	for _, c := range []struct {
		ms         int
		ripe, open int
	}{{1100, 0, 2}, {1300, 1, 1}, {1400, 0, 1}} {
		if got := counts(c.ms); got != [2]int{c.ripe, c.open} {
			t.Errorf("at %d ms: got %d ripe and %d open, want %d and %d", c.ms, got[0], got[1], c.ripe, c.open)
		}
	}
}

func TestAnEndedStretchIsNamedAfterItsLongestStep(t *testing.T) {
	story := Story{Version: "green", Began: at(0), Ledger: &Ledger{}}
	pausing, moving := moment(10, 10), moment(4010, 10)
	pausing.Step, moving.Step = "2/7 pause 4s", "3/7 weight 30"
	story.See(pausing)
	story.See(moving)
	if got := story.Rows(at(4020))[0].Step; got != moving.Step {
		t.Errorf("got %q while it lasts, want the step at work", got)
	}
	story.See(moment(4030, 30))
	if got := story.Rows(at(4040))[0].Step; got != pausing.Step {
		t.Errorf("got %q once it is over, want the longest step", got)
	}
}

func TestACutGivesEverythingAwayOnce(t *testing.T) {
	story := Story{Version: "green", Began: at(0), Ledger: &Ledger{}}
	story.See(moment(0, 10))
	if got := len(story.Cut(at(100))); got != 1 {
		t.Errorf("got %d rows, want the present one", got)
	}
	story.See(moment(120, 10)) // the same weights, and yet a stretch of its own
	if rows := story.Rows(at(200)); len(rows) != 2 || !rows[1].From.Equal(at(100)) {
		t.Errorf("got %+v, want a second row from the cut on", rows)
	}
	if got := len(story.Ripe(at(1000))); got != 0 {
		t.Errorf("got %d rows again", got)
	}
}

package main

import (
	"testing"

	"github.com/kanari-dev/kanari/demo/show"
)

func TestWhatThePlayDoesNotWaitFor(t *testing.T) {
	said := func(outcome string) *show.Judgement { return &show.Judgement{Outcome: outcome, Message: "a sentence"} }
	cases := map[string]struct {
		moment show.Moment
		want   string
	}{
		"nothing is judged yet":      {show.Moment{Current: good, Stable: first}, ""},
		"the judge is at work":       {show.Moment{Current: good, Stable: first, Judged: said(show.Continues)}, ""},
		"the bad one is taken back":  {show.Moment{Current: bad, Stable: good, Aborted: true, Judged: said(show.Failed)}, ""},
		"the judge gives up":         {show.Moment{Current: bad, Stable: good, Judged: said("RouterFault")}, "the judge leaves it to people: a sentence"},
		"the good one is taken back": {show.Moment{Current: good, Stable: first, Aborted: true, Message: "no data"}, "green was taken back: no data"},
		"the bad one is stable":      {show.Moment{Current: bad, Stable: bad, Judged: said(show.Passed)}, "red went through"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := stuck(c.moment); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

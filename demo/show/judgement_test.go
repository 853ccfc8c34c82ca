package show

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// judgement is one that is not made yet, and leans to a fail.
func judgement(ms int) Judgement {
	return Judgement{
		At: at(ms), Run: "web-1", Until: at(ms).String(), Outcome: "Continue", Message: "the judge's sentence", Canary: "red", Stable: "green",
		CanaryCount: Count{Requests: 1301, Errors: 13}, StableCount: Count{Requests: 1708, Errors: 1},
		Worse: 99.9, FailAt: 100, Good: 0.29, PassAt: 20, Low: 1.24, Needs: 1549, NeedsFor: Failed,
	}
}

func TestWhatAJudgementSays(t *testing.T) {
	cases := map[string]struct {
		change func(*Judgement)
		want   string
	}{
		"leaning to a fail":  {func(*Judgement) {}, "judge  red 13/1,301 bad, green 1/1,708; E 99 of 100 to fail; ~1,500 more requests"},
		"leaning to a pass":  {func(j *Judgement) { j.NeedsFor, j.Needs = Passed, 6.2 }, "judge  red 13/1,301 bad, green 1/1,708; E 0.2 of 20 to pass; ~6 more requests"},
		"without a forecast": {func(j *Judgement) { j.Needs = 0 }, "judge  red 13/1,301 bad, green 1/1,708; this traffic cannot decide it"},
		"Prometheus has not found the canary": {
			func(j *Judgement) { j.CanaryCount, j.NeedsFor = Count{}, Passed },
			"judge  red: nothing counted yet; E 0.2 of 20 to pass; ~1,500 more requests",
		},
		"a fail":             {func(j *Judgement) { j.Outcome, j.Worse = Failed, 1234 }, "FAIL   red 13/1,301 bad, green 1/1,708; E 1,234 of 100: at least 1.2 times as bad"},
		"a fail by a limit":  {func(j *Judgement) { j.Outcome, j.Low = Failed, 0.9 }, "FAIL   red 13/1,301 bad, green 1/1,708; E 99 of 100: too many of its own"},
		"a pass":             {func(j *Judgement) { j.Outcome, j.Good = Passed, 20.5 }, "PASS   red 13/1,301 bad, green 1/1,708; E 20 of 20: good by all the evidence"},
		"no verdict at last": {func(j *Judgement) { j.Outcome = "Inconclusive" }, "judge  the judge's sentence"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j := judgement(0)
			c.change(&j)
			if diff := cmp.Diff("    1.2 s  "+c.want, Paint{}.Judged(j, 1200*time.Millisecond)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAStoryKeepsWhatTheJudgeSaid(t *testing.T) {
	story := Story{Version: "green", Began: at(0), Ledger: &Ledger{}}
	before, one, two, verdict := judgement(0), judgement(20), judgement(30), judgement(30)
	before.Run, verdict.Outcome = "web-0", Failed
	see := func(ms, weight int, j *Judgement) {
		m := moment(ms, weight)
		m.Judged = j
		story.See(m)
	}
	see(5, 0, &before) // it is about an attempt before
	see(10, 20, nil)
	see(22, 20, &one)
	see(25, 20, &one)
	see(32, 20, &two)
	see(40, 0, &verdict) // the weights went with it
	see(50, 0, &verdict)
	var got []string
	for i, row := range story.Rows(at(60)) {
		for _, j := range row.Judged {
			got = append(got, strings.Repeat(" ", i)+j.Outcome+j.At.Sub(at(0)).String())
		}
	}
	if diff := cmp.Diff([]string{" Continue22ms", " Continue32ms", " Fail40ms"}, got); diff != "" {
		t.Error(diff)
	}
	if j := story.Judged(Judgement.Decided); j == nil || !j.At.Equal(at(40)) {
		t.Errorf("got %+v for the verdict", j)
	}
	if j := story.Judged(func(Judgement) bool { return false }); j != nil {
		t.Errorf("got %+v where nothing holds", j)
	}
}

func TestFew(t *testing.T) {
	all := []Judgement{{Run: "a"}, {Run: "b"}, {Run: "c"}, {Run: "d"}, {Run: "e"}}
	cases := map[string]struct {
		of, most int
		want     string
	}{
		"all of them":        {5, 5, "abcde"},
		"the ends are there": {5, 2, "ae"},
		"evenly":             {5, 3, "ace"},
		"none":               {0, 3, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, j := range few(all[:c.of], c.most) {
				got.WriteString(j.Run)
			}
			if got.String() != c.want {
				t.Errorf("got %q, want %q", got.String(), c.want)
			}
		})
	}
}

package show

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fine is the summary of a demo that went well.
func fine() Summary {
	return Summary{
		Good:     Told{Version: "green", Rows: []Row{row("green", 10, 96, 0), row("green", 30, 298, 0), row("green", 100, 1000, 0)}, PodsPeak: 6},
		Bad:      Told{Version: "red", Rows: []Row{row("red", 10, 103, 25), row("red", 30, 305, 75)}, PodsPeak: 4},
		Totals:   Tally{"blue": {9000, 0}, "green": {12345, 0}, "red": {408, 100}},
		Back:     Return{Noticed: at(0), Decided: at(4000), Back: at(4031), Last: at(4043)},
		Took:     61 * time.Second,
		Replicas: 3,
	}
}

func TestSummary(t *testing.T) {
	bad := fine()
	bad.Totals, bad.Back.Last = Tally{"blue": {10, 2}, "red": {20, 5}, "": {7, 7}}, at(3990)
	for name, c := range map[string]struct {
		paint   Paint
		summary Summary
	}{"fine": {Paint{}, fine()}, "painted": {Paint{On: true}, fine()}, "lossy": {Paint{}, bad}} {
		t.Run(name, func(t *testing.T) { golden(t, "summary."+name+".golden", c.paint.Summary(c.summary)) })
		for _, line := range (Paint{}).Summary(c.summary) {
			if got := len([]rune(line)); got > 99 {
				t.Errorf("%s: %d columns:\n%s", name, got, line)
			}
		}
	}
}

func TestComplaints(t *testing.T) {
	cases := map[string]struct {
		spoil func(*Summary)
		want  []string
	}{
		"all went well": {func(*Summary) {}, nil},
		"a share is far off": {
			func(s *Summary) { s.Good.Rows[1] = row("green", 30, 412, 0) },
			[]string{"green was asked to get 30 % and got 41.2 % of 1000 requests"},
		},
		"requests were lost":         {func(s *Summary) { s.Totals[""] = Count{2, 2} }, []string{"2 requests were answered by nobody"}},
		"the stable version failed":  {func(s *Summary) { s.Totals["blue"] = Count{9000, 4} }, []string{"blue answered 4 requests with an error"}},
		"nobody noticed the bad one": {func(s *Summary) { s.Totals["red"] = Count{400, 0} }, []string{"red is broken, but no request has felt it"}},
		"it took its time": {func(s *Summary) { s.Back.Back, s.Back.Last = at(5100), at(5200) }, []string{
			"the last request reached red only 1200 ms after the verdict", "the weights were back only 1100 ms after the verdict",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := fine()
			c.spoil(&s)
			if diff := cmp.Diff(c.want, s.Complaints()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

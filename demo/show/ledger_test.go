package show

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at is a moment of the tests' day.
func at(ms int) time.Time {
	return time.Unix(1_800_000_000, 0).Add(time.Duration(ms) * time.Millisecond)
}

// send enters a batch of one request every ten milliseconds from ms on: one version after the other, none for lost ones.
func send(l *Ledger, ms int, versions ...string) {
	for i, version := range versions {
		when, count := at(ms+10*i), Count{Requests: 1}
		if version == "" {
			count.Errors = 1
		}
		l.Add(Batch{At: when, Tally: Tally{version: count}, Last: map[string]time.Time{version: when.Add(-time.Millisecond)}})
	}
}

func TestLedgerCountsByTime(t *testing.T) {
	var l Ledger
	send(&l, 100, "blue", "green", "blue", "")
	l.Add(Batch{At: at(150), Tally: Tally{"blue": {5, 0}, "green": {3, 2}}})
	cases := map[string]struct {
		from, to int
		want     Tally
	}{
		"everything":                      {0, 1000, Tally{"blue": {7, 0}, "green": {4, 2}, "": {1, 1}}},
		"the start is out, the end is in": {100, 120, Tally{"blue": {1, 0}, "green": {1, 0}}},
		"nothing was answered in between": {101, 109, Tally{}},
		"nothing was answered ever since": {151, 900, Tally{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, l.Between(at(c.from), at(c.to))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLedgerKnowsTheLastRequestOfAVersion(t *testing.T) {
	var l Ledger
	send(&l, 0, "red", "red", "blue")
	if got := l.Last("red"); !got.Equal(at(9)) {
		t.Errorf("got %s, want %s", got, at(9))
	}
	if got := l.Last("green"); !got.IsZero() {
		t.Errorf("got %s for a version that nobody reached, want zero", got)
	}
}

func TestShares(t *testing.T) {
	cases := map[string]struct {
		tally   Tally
		share   float64
		failing float64
		known   bool
	}{
		"three of ten":              {Tally{"green": {30, 3}, "blue": {70, 0}}, 30, 10, true},
		"the unanswered count, too": {Tally{"green": {30, 0}, "": {30, 30}}, 50, 0, true},
		"too few to tell":           {Tally{"green": {3, 0}, "blue": {4, 0}}, 0, 0, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			share, known := c.tally.Share("green")
			failing, _ := c.tally.Failing("green")
			if share != c.share || failing != c.failing || known != c.known {
				t.Errorf("got %g %%, %g %% failing, known %t; want %g, %g, %t", share, failing, known, c.share, c.failing, c.known)
			}
		})
	}
}

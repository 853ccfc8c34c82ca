package e2e

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// fleetSize is what make bench-abort raises to 200; a small fleet shows in every run of the tests that the same code works.
var fleetSize = flag.Int("rollouts", 10, "number of Rollouts among which aborts are measured")

// phase is what is measured together.
type phase struct {
	name string
	goal time.Duration // of the slowest of a hundred
	took []time.Duration
	log  Log
}

// TestHowFastAnAbortIs prints the time from the answer to an abort to the answer to the write that gives its canary no more requests, both by
// the API server's own clock in its audit log, to the microsecond and without the way to this process. An answer comes a little later than
// the moment at which the write stands; that is so for both ends, and a controller that is told of the abort before its sender is may even be done earlier. It is the same for every abort which write that is: the only one of that
// VirtualService since, after which its canary has weight 0.
func TestHowFastAnAbortIs(t *testing.T) {
	f := NewFleet(t, *fleetSize)
	single, some := len(f.shops)/5, len(f.shops)/4
	alone, crowd, last := f.shops[:single], f.shops[single:single+some], f.shops[len(f.shops)-some:]
	phases := []phase{
		f.measure(phase{name: "one at a time", goal: 50 * time.Millisecond}, alone, func() {
			for _, shop := range alone {
				f.takeBack([]string{shop})
			}
		}),
		f.measure(phase{name: fmt.Sprintf("%d at once", some), goal: 300 * time.Millisecond}, crowd, func() { f.takeBack(crowd) }),
	}
	others := f.shops[:len(f.shops)-some]
	began := time.Now()
	phases = append(phases, f.measure(phase{name: fmt.Sprintf("%d at once, %d others get a new image", some, len(others)), goal: 500 * time.Millisecond}, last, func() {
		f.takeBack(last, f.ship("kanari.dev/demo:red", others)...)
	}))
	f.awaitPauses(others)
	all := time.Since(began)
	lines := []string{"ABORTS\tp50\tp90\tp99\tlongest\tgoal of p99\tPATCH p50\tp99"}
	for _, p := range phases {
		lines = append(lines, p.line())
	}
	waited := f.waited(others, f.since(began))
	lines = append(lines, "of these, others begin after"+quantiles(waited, 0.5, 0.9, 0.99, 1), fmt.Sprintf("and all of them have a canary after\t\t\t\t%s", all.Round(time.Millisecond)))
	report(t, reported{fmt.Sprintf("from an abort to no request for the canary, %d Rollouts", len(f.shops)), "aborts.txt", lines})
}

// measure takes the times of aborts that are carried out in do.
func (f *Fleet) measure(p phase, shops []string, do func()) phase {
	f.Helper()
	begin := time.Now()
	do()
	p.log = f.since(begin)
	for _, shop := range shops {
		asked, _ := p.log.first(func(r Request) bool {
			return r.Verb == "patch" && r.What() == "rollouts/status" && r.Object.Name == shop && r.ofUser()
		})
		written := slices.DeleteFunc(slices.Clone(p.log), func(r Request) bool {
			return !r.Writes() || r.Object.Resource != "virtualservices" || r.Object.Name != shop
		})
		if asked.Answered.IsZero() || len(written) != 1 {
			f.Errorf("%s: the abort is %s, the writes of the VirtualService are %v", shop, asked, written)
			continue
		}
		p.took = append(p.took, written[0].Answered.Sub(asked.Answered))
	}
	return p
}

// waited says how long turns wait that nobody is in a hurry for: from the answer to a new image to the answer to the controller's first write
// because of it. It is what an abort would take if it stood in line.
func (f *Fleet) waited(shops []string, log Log) []time.Duration {
	f.Helper()
	var took []time.Duration
	for _, shop := range shops {
		asked, _ := log.first(func(r Request) bool {
			return r.Verb == "patch" && r.What() == "rollouts" && r.Object.Name == shop && r.ofUser()
		})
		acted, ok := log.first(func(r Request) bool {
			return r.Writes() && r.about(shop) && r.Impersonated.Name == f.controller.User && r.Received.After(asked.Received)
		})
		if !ok {
			f.Errorf("nothing was done for %s", shop)
			continue
		}
		took = append(took, acted.Answered.Sub(asked.Answered))
	}
	return took
}

// line is a phase in a table: its aborts, their goal, and what a PATCH took the API server itself in the meantime, whoever sent it.
func (p phase) line() string {
	var patches []time.Duration
	for _, r := range p.log {
		if r.Verb == "patch" {
			patches = append(patches, r.Answered.Sub(r.Received))
		}
	}
	return p.name + quantiles(p.took, 0.5, 0.9, 0.99, 1) + "\t" + p.goal.String() + quantiles(patches, 0.5, 0.99)
}

// quantiles are columns of a table.
func quantiles(took []time.Duration, shares ...float64) string {
	if len(took) == 0 {
		return "\tnone"
	}
	slices.Sort(took)
	var text strings.Builder
	for _, share := range shares {
		at := int(math.Ceil(share*float64(len(took)))) - 1 // the smallest that so many are not above
		fmt.Fprintf(&text, "\t%s", took[max(at, 0)].Round(100*time.Microsecond))
	}
	return text.String()
}

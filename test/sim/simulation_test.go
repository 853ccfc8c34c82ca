package sim

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	seeds = flag.Int("seeds", 60, "how many worlds TestSimulation draws")
	first = flag.Int("first", 1, "the number of the first of them")
	only  = flag.Int("seed", 0, "draw only the world of this number, and shrink it if a law is broken in it")
)

// admitted are broken laws that are known and wait for somebody to mend the code, by their gist. They are counted, and fail nothing.
var admitted = []string{}

func isAdmitted(err error) bool {
	return slices.ContainsFunc(admitted, func(known string) bool { return strings.Contains(gist(err), known) })
}

// TestSimulation lets people, pods, machines and networks do anything at any moment, and looks whether every law holds and the world still
// comes to a good end. The same number always draws the same world.
func TestSimulation(t *testing.T) {
	if *only > 0 {
		shrink(t, *only)
		return
	}
	sum := simulate(*first, *seeds)
	fmt.Print(sum)
	for _, seed := range slices.Sorted(maps.Keys(sum.violations)) {
		if !isAdmitted(sum.violations[seed]) {
			shrink(t, seed)
		}
	}
}

// simulate tells the tales of n seeds, as many at a time as there are processors.
func simulate(from, n int) *tally {
	sum := newTally()
	began := time.Now()
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			mine := newTally()
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				seed := from + i - 1
				if err := tales.Example(seed).holds(mine, io.Discard); err != nil {
					mine.violations[seed] = err
				}
			}
			sum.add(mine)
		})
	}
	wait.Wait()
	sum.seeds, sum.took = n, time.Since(began)
	return sum
}

// shrink tells the tale of one seed; if a law is broken in it, the shortest that breaks the same one is printed as a scenario.
func shrink(t *testing.T, seed int) {
	for name, value := range map[string]string{"rapid.seed": strconv.Itoa(seed), "rapid.checks": "1", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	broken := ""
	rapid.Check(t, func(rt *rapid.T) {
		told := tales.Draw(rt, "tale")
		var story strings.Builder
		err := told.holds(newTally(), &story)
		if err == nil || (broken != "" && gist(err) != broken) {
			return
		}
		broken = gist(err)
		rt.Fatalf("seed %d\n%s\n%v", seed, told.scenario(gist(err), story.String()), err)
	})
}

// gist is an error without its numbers, by which shrinking recognises it.
func gist(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return regexp.MustCompile(`[0-9]+`).ReplaceAllString(line, "N")
}

// GoString keeps rapid from printing what the scenario says better.
func (t tale) GoString() string { return fmt.Sprintf("%d lines", len(t.Lines)) }

// holds tells a tale and says which law it breaks.
func (t tale) holds(sum *tally, story io.Writer) error {
	w, err := t.tell(t.script(true), sum, story)
	if err != nil {
		return err
	}
	if !t.Patient {
		return endsWell(w, story)
	}
	calm, err := t.tell(t.script(false), newTally(), io.Discard)
	if err != nil {
		return fmt.Errorf("without faults: %w", err)
	}
	if diff := cmp.Diff(calm.End(), w.End()); diff != "" {
		return fmt.Errorf("with faults it ends otherwise (- without, + with):\n%s", diff)
	}
	return nil
}

// tell tells a script, and lets nothing fail any more then.
func (t tale) tell(script []string, sum *tally, told io.Writer) (*World, error) {
	objects, err := Manifests(t.Manifests)
	if err != nil {
		return nil, err
	}
	w := New("web")
	w.Doubt, w.broken = 10, t.broken
	w.start()
	story := &Story{Out: told, World: w}
	w.Seen = func(turn Turn) {
		sum.see(w, turn)
		if told != io.Discard {
			story.Turn(turn)
		}
	}
	s := &Script{World: w, Objects: objects}
	defer sum.count(w)
	if err := doAll(s, story, script); err != nil {
		return w, err
	}
	w.Spare()
	return w, doAll(s, story, []string{"wait 1h"})
}

func doAll(s *Script, story *Story, script []string) error {
	for _, text := range script {
		story.Line(text)
		if err := s.Do(text); err != nil {
			return fmt.Errorf("%s: %s", text, s.World.named(err.Error()))
		}
	}
	return nil
}

// endsWell tells whether a world can still be brought to the end that everybody wants.
func endsWell(w *World, told io.Writer) error {
	s, story := &Script{World: w}, &Story{Out: told, World: w}
	err := doAll(s, story, []string{
		"pods start 3s", "pods ready", mended, "measured success-rate [0.99]",
		"set spec.minReadySeconds 0", "set spec.replicas 3", "resume", "retry", "set-image final", "wait 10s", "promote full", "wait 10m",
	})
	if err != nil {
		return err
	}
	if ro := w.Rollout(); ro.Status.Phase != "Healthy" || ro.Status.AvailableReplicas != 3 || ro.Status.StableRS != ro.Status.CurrentPodHash {
		return fmt.Errorf("it does not end well: %s", w.End())
	}
	return nil
}

// tally is what a simulation came upon.
type tally struct {
	mutex         sync.Mutex
	seeds         int
	turns, writes int
	faults        map[string]int
	states        map[string]bool
	violations    map[int]error // by seed
	took          time.Duration
}

func newTally() *tally {
	return &tally{faults: map[string]int{}, states: map[string]bool{}, violations: map[int]error{}}
}

func (s *tally) see(w *World, turn Turn) {
	if !turn.Idle() {
		s.states[strings.Join(w.summary(), " ")] = true
	}
	s.turns++
}

func (s *tally) count(w *World) {
	s.writes += w.Writes()
	for kind, n := range w.Struck {
		s.faults[kind] += n
	}
}

func (s *tally) add(other *tally) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.turns, s.writes = s.turns+other.turns, s.writes+other.writes
	for kind, n := range other.faults {
		s.faults[kind] += n
	}
	maps.Copy(s.states, other.states)
	maps.Copy(s.violations, other.violations)
}

func (s *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %d turns, %d writes, %d states, %d violations, %s\n", s.seeds, s.turns, s.writes, len(s.states), len(s.violations), s.took.Round(100*time.Millisecond))
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(s.faults)) {
		fmt.Fprintf(&b, "  %7d %s\n", s.faults[kind], kind)
		total += s.faults[kind]
	}
	fmt.Fprintf(&b, "  %7d faults\n", total)
	for _, seed := range slices.Sorted(maps.Keys(s.violations)) {
		fmt.Fprintf(&b, "  seed %d: %s\n", seed, gist(s.violations[seed])+map[bool]string{true: " (admitted)"}[isAdmitted(s.violations[seed])])
	}
	return b.String()
}

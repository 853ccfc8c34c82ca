package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/internal/revision"
)

// Script does what people write down, one command a line. Objects are the manifests that "apply" creates.
type Script struct {
	World   *World
	Objects []*unstructured.Unstructured
}

// commands by their first word. Each gets the words after it, of which the last may hold spaces.
func commands() map[string]func(*Script, string) error {
	return map[string]func(*Script, string) error{
		"apply":     (*Script).apply,  // apply | apply KIND NAME
		"delete":    (*Script).delete, // delete KIND NAME
		"edit":      (*Script).edit,   // edit KIND NAME PATH [VALUE]
		"insert":    (*Script).insert, // insert KIND NAME PATH VALUE: in front of a list, unless an entry of that name is there
		"set":       (*Script).set,    // set PATH [VALUE], where "steps" is short for the path to the steps
		"set-image": func(s *Script, tag string) error { return s.World.SetImage(tag) },
		"scale":     func(s *Script, n string) error { return s.World.Set("spec.replicas", n) },
		"pause":     func(s *Script, _ string) error { return s.World.Set("spec.paused", "true") },
		"resume":    func(s *Script, _ string) error { return s.World.Set("spec.paused", "false") },
		"abort":     func(s *Script, _ string) error { return s.World.SetStatus("abort", true) },
		"retry":     func(s *Script, _ string) error { return s.World.SetStatus("abort", false) },
		"promote":   (*Script).promote,    // promote | promote full
		"undo":      (*Script).undo,       // undo | undo REVISION
		"pods":      (*Script).pods,       // pods ready|crash|pending|evict [N] [new|stable|old|vN] | pods vanish node|zone N | pods start DURATION|by-hand | pods go DURATION
		"measured":  (*Script).answers,    // measured METRIC VALUE | measured METRIC error TEXT | measured METRIC nothing
		"endpoints": (*Script).lag,        // endpoints lag DURATION
		"gateway":   (*Script).gatewayLag, // gateway lag DURATION
		"wait":      (*Script).wait,       // wait DURATION
		"crash":     (*Script).crash,      // crash controller before|after write N
		"refuse":    (*Script).refuse,     // refuse write N [conflict|timeout|error]
		"lose":      (*Script).lose,       // lose answer N
		"at":        (*Script).at,         // at write N COMMAND
		"stall":     (*Script).stall,      // stall KIND DURATION
		"jump":      (*Script).jump,       // jump DURATION, which may be negative
		"overtake":  (*Script).overtake,   // overtake DURATION
	}
}

// Do runs one line and lets the world come to rest. People are slow: a second has passed since the line before. A law that was broken
// in that second does not keep the line from being carried out; the first broken law is the answer.
func (s *Script) Do(line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	command := commands()[word]
	if command == nil {
		return fmt.Errorf("no such command: %q", word)
	}
	broken := s.World.Wait(time.Second)
	for _, next := range []func() error{func() error { return command(s, strings.TrimSpace(rest)) }, s.World.Settle} {
		if err := next(); broken == nil {
			broken = err
		}
	}
	return broken
}

func (s *Script) apply(rest string) error {
	kind, name, _ := strings.Cut(rest, " ")
	for _, object := range s.Objects {
		if rest == "" || (strings.EqualFold(object.GetKind(), kind) && object.GetName() == name) {
			s.World.Apply(object)
		}
	}
	return nil
}

func (s *Script) delete(rest string) error {
	kind, name, _ := strings.Cut(rest, " ")
	return s.World.Remove(kind, s.World.unnamed(name))
}

func (s *Script) edit(rest string) error {
	words := append(strings.SplitN(rest, " ", 4), "", "", "")
	return s.World.Change(words[0], s.World.unnamed(words[1]), words[2], words[3])
}

func (s *Script) insert(rest string) error {
	words := append(strings.SplitN(rest, " ", 4), "", "", "")
	return s.World.Insert(words[0], s.World.unnamed(words[1]), words[2], words[3])
}

func (s *Script) set(rest string) error {
	path, value, _ := strings.Cut(rest, " ")
	if path == "steps" {
		path = "spec.strategy.canary.steps"
	}
	return s.World.Set(path, value)
}

func (s *Script) promote(rest string) error {
	if rest == "full" {
		return s.World.PromoteFull()
	}
	return s.World.Promote()
}

func (s *Script) undo(rest string) error {
	if rest == "" {
		return s.World.Undo(0)
	}
	number, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		return err
	}
	return s.World.Undo(number)
}

func (s *Script) wait(rest string) error {
	d, err := time.ParseDuration(rest)
	if err != nil {
		return err
	}
	return s.World.Wait(d)
}

func (s *Script) pods(rest string) error {
	words := strings.Fields(rest)
	switch {
	case len(words) == 2 && words[0] == "start" && words[1] == "by-hand":
		s.World.Start = nil
		return nil
	case len(words) == 2 && words[0] == "start":
		d, err := time.ParseDuration(words[1])
		s.World.Start = &d
		return err
	case len(words) == 3 && words[0] == "vanish":
		return s.vanish(words[1], words[2])
	case len(words) == 2 && words[0] == "go":
		d, err := time.ParseDuration(words[1])
		s.World.Grace = d
		return err
	default:
		return s.setPods(words)
	}
}

func (s *Script) lag(rest string) error {
	how, d, _ := strings.Cut(rest, " ")
	if how != "lag" {
		return errors.New("endpoints: lag?")
	}
	var err error
	s.World.SliceLag, err = time.ParseDuration(d)
	s.World.Struck["endpoints lag"]++
	return err
}

func (s *Script) gatewayLag(rest string) error {
	how, d, _ := strings.Cut(rest, " ")
	if how != "lag" {
		return errors.New("gateway: lag?")
	}
	var err error
	s.World.GatewayLag, err = time.ParseDuration(d)
	s.World.Struck["gateway lags"]++
	return err
}

func (s *Script) vanish(what, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	s.World.Struck[what+" vanishes"]++
	s.World.Vanish(func(p *Pod) bool { return (what == "node" && p.Node() == n) || (what == "zone" && p.Zone() == n) })
	return nil
}

func (s *Script) setPods(words []string) error {
	states := map[string]PodState{"ready": Ready, "crash": Crashed, "pending": Pending, "evict": Terminating}
	if len(words) == 0 || states[words[0]] == "" {
		return errors.New("pods: ready, crash, pending, evict, vanish, start or go?")
	}
	count, which := -1, ""
	for _, word := range words[1:] {
		if n, err := strconv.Atoi(word); err == nil {
			count = n
			continue
		}
		which = word
	}
	sets, err := s.World.sets(which)
	if err != nil {
		return err
	}
	s.World.Struck["pods "+words[0]]++
	s.World.SetPods(states[words[0]], count, sets)
	return nil
}

// sets names the ReplicaSets of a role or of a version; all of them for no role.
func (w *World) sets(role string) ([]string, error) {
	ro := w.Rollout()
	var names []string
	for _, rs := range w.ReplicaSets() {
		hash := revision.HashOf(rs)
		fits := map[string]bool{
			"":            true,
			"new":         hash == ro.Status.CurrentPodHash,
			"stable":      hash == ro.Status.StableRS,
			"old":         hash != ro.Status.CurrentPodHash && hash != ro.Status.StableRS,
			w.Label(hash): true,
		}
		if fits[role] {
			names = append(names, rs.Name)
		}
	}
	if len(names) == 0 && !slices.Contains([]string{"", "new", "stable", "old"}, role) {
		return nil, fmt.Errorf("no version %q", role)
	}
	return names, nil
}

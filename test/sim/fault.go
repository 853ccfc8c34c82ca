package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// fault is something that happens at one write of the controller, before it arrives or before its answer does. An error refuses the
// write, or loses the answer.
type fault struct {
	kind   string // in a word or two, to count it; empty for one that counts itself
	write  int    // its number
	after  bool
	strike func(Write) error
}

// refusals are the ways in which the API server may refuse a write, and lose its answer.
var refusals = map[string]func(Write) error{
	"":         func(w Write) error { return fmt.Errorf("%s: somebody says no", w) },
	"conflict": func(w Write) error { return conflict(id{kind: schema.GroupKind{Kind: w.Kind}}, "somebody was faster") },
	"timeout":  func(Write) error { return apierrors.NewTimeoutError("the API server did not answer", 0) },
	"error":    func(Write) error { return apierrors.NewInternalError(errors.New("the API server is unwell")) },
}

// struck lets the faults happen that are due at a write.
func (w *World) struck(write Write, after bool) error {
	if w.dead {
		return errDied
	}
	var failed error
	for _, f := range w.faults {
		if f.write != write.Number || f.after != after {
			continue
		}
		if f.kind != "" {
			w.Struck[f.kind]++
		}
		if err := f.strike(write); failed == nil {
			failed = err
		}
		if w.dead {
			return errDied
		}
	}
	return failed
}

// plant prepares a fault at the n-th write from now, counted from 1.
func (w *World) plant(n int, f fault) {
	f.write = w.Server.writes + n
	w.faults = append(w.faults, f)
}

// DieAt ends the controller's process before or after its n-th write from now, counted from 1.
func (w *World) DieAt(n int, after bool) {
	w.plant(n, fault{kind: "process dies", after: after, strike: func(Write) error { return w.Die() }})
}

// Spare lets every write succeed from now on, and every watch bring what there is.
func (w *World) Spare() {
	w.faults, w.SliceLag, w.GatewayLag = nil, 0, 0
	for kind, stalled := range w.stalls {
		w.stalls[kind] = stall{stalled.version, w.Clock}
	}
	w.thaw()
}

// Jump sets the controller's clock forward or back. What others do takes as long as before, and so do the timers that run already.
func (w *World) Jump(d time.Duration) {
	w.Clock, w.jumped = w.Clock.Add(d), w.jumped+d
	for _, p := range w.Pods {
		p.Since = p.Since.Add(d)
	}
	for kind, stalled := range w.stalls {
		w.stalls[kind] = stall{stalled.version, stalled.until.Add(d)}
	}
	if !w.wake.IsZero() {
		w.wake = w.wake.Add(d)
	}
	w.drifted = true
}

// The commands below are those of Script that begin a fault.

func (s *Script) crash(rest string) error {
	words := strings.Fields(rest)
	if len(words) != 4 || words[0] != "controller" || words[2] != "write" {
		return errors.New("crash controller before|after write N")
	}
	n, err := strconv.Atoi(words[3])
	if err != nil {
		return err
	}
	s.World.DieAt(n, words[1] == "after")
	return nil
}

func (s *Script) refuse(rest string) error { return s.fail(strings.TrimPrefix(rest, "write "), false) }

func (s *Script) lose(rest string) error { return s.fail(strings.TrimPrefix(rest, "answer "), true) }

// fail refuses a write, or loses its answer: "N", or "N conflict|timeout|error".
func (s *Script) fail(rest string, after bool) error {
	number, how, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	if after && how == "" {
		how = "timeout"
	}
	refusal := refusals[how]
	if refusal == nil {
		return fmt.Errorf("there is no refusal %q", how)
	}
	kind := strings.TrimSpace("refused " + how)
	if after {
		kind = "answer lost"
	}
	s.World.plant(n, fault{kind: kind, after: after, strike: refusal})
	return nil
}

// at carries out a command right before a write: "at write N COMMAND". The turn goes on as if nothing had happened.
func (s *Script) at(rest string) error {
	words := strings.SplitN(rest, " ", 3)
	if len(words) < 3 || words[0] != "write" {
		return errors.New("at write N COMMAND")
	}
	n, err := strconv.Atoi(words[1])
	if err != nil {
		return err
	}
	word, arguments, _ := strings.Cut(words[2], " ")
	command := commands()[word]
	if command == nil || word == "wait" {
		return fmt.Errorf("no command for the middle of a turn: %q (time passes there by overtake)", word)
	}
	kind := "mid-turn: " + word
	if word == "stall" || word == "overtake" || word == "pods" {
		kind = ""
	}
	s.World.plant(n, fault{kind: kind, strike: func(Write) error {
		s.World.Laws.note(command(s, arguments))
		return nil
	}})
	return nil
}

func (s *Script) stall(rest string) error {
	kind, duration, _ := strings.Cut(rest, " ")
	d, err := time.ParseDuration(duration)
	if err != nil {
		return err
	}
	s.World.Struck["cache stalls"]++
	return s.World.Stall(kind, d)
}

func (s *Script) jump(rest string) error {
	d, err := time.ParseDuration(rest)
	if err != nil {
		return err
	}
	s.World.Struck["clock jumps"]++
	s.World.Jump(d)
	return nil
}

func (s *Script) overtake(rest string) error {
	d, err := time.ParseDuration(rest)
	if err != nil {
		return err
	}
	s.World.Struck["two controllers"]++
	return s.World.Overtake(d)
}

package sim

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// Story writes down turns for people to read:
//
//	00:00:02  Progressing: more replicas need to be updated · step 1/4 · weight 10 · v1 10/10 · v2 0/1
//	          create web-v2 replicas=1
//	          update rollout revision=2
//	          status
//	          events: NewReplicaSetCreated, ScalingReplicaSet
//	          waits:  Waiting for pods of the new version: 0 of 1 available.
//
// The first line is how things stand after the turn: phase and message, the step index, the weight of the canary, and by version the
// pods that are ready of those that are asked for. Below it stand the writes in their order, "status" last, then what people are told.
// Versions are counted in the order in which their ReplicaSets were created.
type Story struct {
	Out   io.Writer
	World *World
	waits string
}

// Line writes a command before its consequences.
func (s *Story) Line(command string) { fmt.Fprintf(s.Out, "> %s\n", command) }

// Turn writes one turn, unless it did nothing.
func (s *Story) Turn(t Turn) {
	if t.Idle() {
		return
	}
	fmt.Fprintf(s.Out, "%s  %s\n", t.At.Format(time.TimeOnly), strings.Join(s.World.summary(), " · "))
	s.writes(t)
	if len(t.Told) > 0 {
		reasons := make([]string, len(t.Told))
		for i, event := range t.Told {
			reasons[i] = event.Reason
		}
		s.say("events: " + strings.Join(reasons, ", "))
	}
	if why := t.Plan.Why.Sentence; why != s.waits {
		s.waits = why
		s.say("waits:  " + why)
	}
}

// writes are the actions; of a turn that ended early what came of them.
func (s *Story) writes(t Turn) {
	if !t.Died && t.Err == nil {
		for _, action := range t.Plan.Actions {
			s.say(action.String())
		}
		if t.Wrote {
			s.say("status")
		}
		return
	}
	for _, write := range t.Done {
		s.say("done:   " + write.String())
	}
	if t.Died {
		s.say("the controller dies")
		return
	}
	s.say("interrupted: " + t.Err.Error())
}

func (s *Story) say(text string) { fmt.Fprintf(s.Out, "          %s\n", s.World.named(text)) }

// summary is the state of the world in a few words.
func (w *World) summary() []string {
	ro := w.Rollout()
	if ro == nil {
		return []string{"no rollout"}
	}
	phase := string(ro.Status.Phase)
	if ro.Status.Message != "" {
		phase += ": " + ro.Status.Message
	}
	words := []string{w.named(phase)}
	if ro.Status.StepText != "" {
		words = append(words, "step "+ro.Status.StepText)
	}
	if active := ro.Status.BlueGreen.ActiveSelector; active != "" {
		words = append(words, "active "+w.Label(active))
	}
	if preview := ro.Status.BlueGreen.PreviewSelector; preview != "" {
		words = append(words, "preview "+w.Label(preview))
	}
	if weights := ro.Status.Canary.Weights; weights != nil {
		words = append(words, fmt.Sprintf("weight %d", weights.Canary.Weight))
	}
	for _, hash := range w.births {
		words = append(words, w.staffed(hash)...)
	}
	for _, run := range []struct {
		role string
		kept *v1alpha1.RolloutAnalysisRunStatus
	}{
		{"step", ro.Status.Canary.CurrentStepAnalysisRunStatus},
		{"background", ro.Status.Canary.CurrentBackgroundAnalysisRunStatus},
		{"pre-promotion", ro.Status.BlueGreen.PrePromotionAnalysisRunStatus},
		{"post-promotion", ro.Status.BlueGreen.PostPromotionAnalysisRunStatus},
	} {
		if run.kept != nil {
			words = append(words, fmt.Sprintf("%s analysis %s", run.role, run.kept.Status))
		}
	}
	return words
}

// staffed is the pods of one revision, such as "v1 9/10, 1 going"; nothing for one that has none.
func (w *World) staffed(hash string) []string {
	for _, rs := range w.ReplicaSets() {
		if revision.HashOf(rs) != hash {
			continue
		}
		going := w.count(rs.Name, Terminating)
		if revision.Replicas(rs) == 0 && len(w.living(rs.Name)) == 0 && going == 0 {
			return nil
		}
		words := fmt.Sprintf("%s %d/%d", w.Label(hash), w.count(rs.Name, Ready), revision.Replicas(rs))
		if going > 0 {
			words += fmt.Sprintf(" (%d going)", going)
		}
		return []string{words}
	}
	return nil
}

// Label is the short name of a revision: v1 for the one that was created first.
func (w *World) Label(hash string) string {
	for i, known := range w.births {
		if known == hash {
			return fmt.Sprintf("v%d", i+1)
		}
	}
	return hash
}

// named is a text with hashes replaced by labels.
func (w *World) named(text string) string {
	for _, hash := range w.births {
		text = strings.ReplaceAll(text, hash, w.Label(hash))
	}
	return text
}

// unnamed is a name with labels replaced by hashes.
func (w *World) unnamed(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words {
		for _, hash := range w.births {
			if word == w.Label(hash) {
				words[i] = hash
			}
		}
	}
	return strings.Join(words, "-")
}

// noteBirth remembers the order of revisions.
func (w *World) noteBirth(hash string) {
	if hash != "" && w.Label(hash) == hash {
		w.births = append(w.births, hash)
	}
}

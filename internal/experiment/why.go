package experiment

import (
	"fmt"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// explain says what the Experiment waits for and what comes next. The first case that holds is told.
func (t *turn) explain() {
	pods, verdicts := t.podWaits(), t.verdictWaits()
	end, limited := t.finish()
	person := plan.Wait{Kind: plan.WaitPerson, Object: "Experiment " + t.ex.Name, Detail: "spec.terminate ends it"}
	switch {
	case t.status.Phase.Completed():
		t.why = t.whyEnded()
	case t.ending():
		t.why = plan.Why{Sentence: "Ending. Waiting for analyses to stop.", WaitingFor: verdicts}
	case len(pods) > 0:
		t.why = plan.Why{
			Sentence: "Waiting: " + details(pods) + ".", Next: "The analyses begin, and the duration counts, when all groups run.", WaitingFor: pods,
		}
		if t.status.AvailableAt != nil {
			t.why.Next = "It fails if that takes too long."
		}
	case limited && !t.elapsed():
		t.why = plan.Why{
			Sentence: fmt.Sprintf("Running until %s.", end.UTC().Format(time.TimeOnly)), Next: t.whatEndsIt(),
			WaitingFor: append([]plan.Wait{{Kind: plan.WaitClock, Until: end}}, verdicts...),
		}
	case len(verdicts) > 0:
		t.why = plan.Why{Sentence: "Waiting for the verdict of " + objects(verdicts) + ".", Next: t.whatEndsIt(), WaitingFor: append(verdicts, person)}
	default:
		t.why = plan.Why{Sentence: "Running until somebody ends it.", Next: t.whatEndsIt(), WaitingFor: []plan.Wait{person}}
	}
}

// whyEnded says what is left after the end.
func (t *turn) whyEnded() plan.Why {
	why := plan.Why{Sentence: explained(string(t.status.Phase), strings.TrimSuffix(t.status.Message, ".")) + "."}
	for _, rs := range t.own() {
		at, noted := revision.Deadline(rs)
		object := "ReplicaSet " + rs.Name
		switch {
		case revision.Replicas(rs) > 0 && noted && t.now.Before(at):
			why.WaitingFor = append(why.WaitingFor, plan.Wait{Kind: plan.WaitClock, Object: object, Until: at})
		case revision.Created(rs) > 0:
			why.WaitingFor = append(why.WaitingFor, plan.Wait{Kind: plan.WaitPods, Object: object})
		}
	}
	if len(why.WaitingFor) > 0 {
		why.Next = "Its pods go."
	}
	return why
}

// podWaits are the groups that are not as they are wanted.
func (t *turn) podWaits() []plan.Wait {
	var waits []plan.Wait
	for _, g := range t.groups {
		if g.status.Status != v1alpha1.TemplateStatusProgressing {
			continue
		}
		until, _ := g.deadline(t.ex)
		if g.rival != nil {
			waits = append(waits, plan.Wait{Kind: plan.WaitService, Object: "Service " + g.rival.Name, Detail: g.status.Message, Until: until})
		}
		if have := g.status.AvailableReplicas; have != g.wanted() || g.rival == nil {
			detail := fmt.Sprintf("%d of %d available in %s", have, g.wanted(), g.name)
			waits = append(waits, plan.Wait{Kind: plan.WaitPods, Object: "ReplicaSet " + g.present().Name, Detail: detail, Until: until})
		}
	}
	return waits
}

// verdictWaits are the analyses that the end waits for: those on whose success it depends, or, when it has come, all that still measure.
func (t *turn) verdictWaits() []plan.Wait {
	var waits []plan.Wait
	for _, a := range t.ex.Spec.Analyses {
		run, begun := t.found(a.Name)
		if run.Phase.Completed() || (t.ending() && !begun) || (!t.ending() && !a.RequiredForCompletion) {
			continue
		}
		name := run.AnalysisRun
		if name == "" {
			name = t.ex.Name + "-" + a.Name
		}
		waits = append(waits, plan.Wait{Kind: plan.WaitVerdict, Object: "AnalysisRun " + name})
	}
	return waits
}

// whatEndsIt names what ends it besides what it waits for.
func (t *turn) whatEndsIt() string {
	switch {
	case len(t.ex.Spec.Analyses) == 0:
		return "It fails if its pods stay away too long."
	case t.requires():
		return "It succeeds with the required analyses, and ends with the first bad verdict."
	}
	return "It ends with the first bad verdict."
}

// wakeForGroups looks again when the duration is over, and when a group that makes no progress runs out of time.
func (t *turn) wakeForGroups() {
	if t.ending() || t.status.Phase.Completed() {
		return
	}
	if end, limited := t.finish(); limited {
		t.wakeAt(end)
	}
	for _, g := range t.groups {
		if end, set := g.deadline(t.ex); set && g.status.Status == v1alpha1.TemplateStatusProgressing {
			t.wakeAt(end.Add(time.Second)) // stored times have whole seconds
		}
	}
}

func details(waits []plan.Wait) string {
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = w.Detail
	}
	return strings.Join(texts, ", ")
}

func objects(waits []plan.Wait) string {
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = w.Object
	}
	return strings.Join(texts, ", ")
}

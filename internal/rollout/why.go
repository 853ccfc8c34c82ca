package rollout

import (
	"fmt"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// explain says what the Rollout waits for and what comes next, and what its limit of pods costs meanwhile.
func (t *turn) explain() {
	t.explainWait()
	if t.budgeted() {
		t.why.Capacity = t.capacity()
	}
}

// capacity is how many of the pods that the user asks for serve now.
func (t *turn) capacity() string {
	serving := revision.Available(t.revisions.New) + revision.Available(t.revisions.Stable)
	if t.replicas() == 1 && t.budget() > 1 {
		return fmt.Sprintf("%d of 1 pod serves: a single replica cannot hold two versions, so there is one pod more for as long as both are there.", serving)
	}
	return fmt.Sprintf("%d of %d pods serve: both versions together never have more than %d.", serving, t.replicas(), t.budget())
}

// explainWait tells the first case that holds.
func (t *turn) explainWait() {
	if t.starved() && !t.was(v1alpha1.InvalidSpec) {
		t.why = plan.Why{
			Sentence:   "No pod of the new version is ready, so it gets no requests.",
			Next:       fmt.Sprintf("Its share returns to %d%% with its pods; abort takes it back.", t.heldWeight()),
			WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet " + t.newName()}},
		}
		return
	}
	if t.givesWay() {
		t.why = plan.Why{
			Sentence:   "The pods of the new version are about to be restarted, and there are no others, so it gets no requests.",
			Next:       fmt.Sprintf("Its share returns to %d%% with the new pods.", t.heldWeight()),
			WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet " + t.newName()}},
		}
		return
	}
	switch t.status.Phase {
	case v1alpha1.RolloutPhaseHealthy:
		t.why = plan.Why{Sentence: "Nothing to do: the stable version is the one that is asked for."}
	case v1alpha1.RolloutPhaseDegraded:
		t.why = t.whyDegraded()
	case v1alpha1.RolloutPhasePaused:
		t.why = t.whyPaused()
		if t.turning {
			t.why = t.whyProgressing() // the pause is over but for a Service
		}
	default:
		t.why = t.whyProgressing()
	}
}

// starved tells whether the new version should get requests and has nobody to answer them.
func (t *turn) starved() bool {
	return t.underway() && t.replicas() > 0 && !t.allNew() && t.canary.TrafficRouting != nil && t.heldWeight() > 0 && revision.Available(t.revisions.New) == 0
}

func (t *turn) whyDegraded() plan.Why {
	person := func(sentence, next string) plan.Why {
		return plan.Why{Sentence: sentence, Next: next, WaitingFor: []plan.Wait{{Kind: plan.WaitPerson}}}
	}
	trouble := t.trouble()
	switch {
	case trouble.Type == v1alpha1.InvalidSpec:
		return person(trouble.Message, "Nothing changes until the spec, or what it refers to, is mended.")
	case t.status.Abort && t.carried() > 0:
		return plan.Why{
			Sentence:   fmt.Sprintf("Aborted. %d%% of the requests still go to the canary until more stable pods are ready.", t.carried()),
			WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet " + stableName(t)}},
		}
	case t.status.Abort:
		return person("Aborted: all requests go to the stable version.", "Retry, or change the template.")
	default:
		return person(trouble.Message, "It goes on by itself once the pods become available; abort takes it back.")
	}
}

func (t *turn) whyPaused() plan.Why {
	if t.ro.Spec.Paused {
		return plan.Why{Sentence: "Paused by spec.paused.", Next: "Nothing changes until it is resumed.", WaitingFor: []plan.Wait{{Kind: plan.WaitPerson}}}
	}
	step := fmt.Sprintf("step %d/%d", t.index()+1, t.stepCount())
	if t.blueGreen != nil {
		step = "the preview"
	}
	if t.pausedFor(v1alpha1.PauseReasonInconclusiveAnalysis) {
		return plan.Why{
			Sentence:   fmt.Sprintf("Waiting for a person at %s: %s.", step, t.doubt()),
			Next:       "Nothing changes until promote or abort.",
			WaitingFor: []plan.Wait{{Kind: plan.WaitPerson}},
		}
	}
	if end, limited := t.previewTime(); limited && !t.now.Before(end) {
		return t.whyProgressing()
	} else if limited {
		return plan.Why{
			Sentence:   fmt.Sprintf("Showing the preview until %s.", end.UTC().Format(time.TimeOnly)),
			Next:       "Then the active Service turns to it.",
			WaitingFor: []plan.Wait{{Kind: plan.WaitClock, Until: end}},
		}
	}
	if t.pausedFor(v1alpha1.PauseReasonInconclusiveExperiment) {
		return plan.Why{
			Sentence:   fmt.Sprintf("Waiting for a person at %s: Experiment %s is inconclusive.", step, t.status.Canary.CurrentExperiment),
			Next:       "Nothing changes until promote or abort.",
			WaitingFor: []plan.Wait{{Kind: plan.WaitPerson}},
		}
	}
	if t.step() != nil && t.step().Pause != nil {
		if end, limited := t.pauseEnd(); limited {
			return plan.Why{
				Sentence:   fmt.Sprintf("Pausing at %s until %s.", step, end.UTC().Format(time.TimeOnly)),
				Next:       t.nextStep(),
				WaitingFor: []plan.Wait{{Kind: plan.WaitClock, Until: end}},
			}
		}
	}
	return plan.Why{
		Sentence:   fmt.Sprintf("Waiting for a person at %s.", step),
		Next:       "Nothing changes until promote or abort.",
		WaitingFor: []plan.Wait{{Kind: plan.WaitPerson}},
	}
}

// doubt says which run came to no verdict.
func (t *turn) doubt() string {
	for _, kept := range t.keptRuns() {
		if run := kept.status(); run != nil && run.Status == v1alpha1.AnalysisPhaseInconclusive {
			return strings.TrimSuffix(fmt.Sprintf("AnalysisRun %s is inconclusive: %s", run.Name, run.Message), ": ")
		}
	}
	return "an analysis was inconclusive"
}

func (t *turn) nextStep() string {
	if t.blueGreen != nil {
		return "Then the new version becomes the stable one."
	}
	if t.index()+1 >= t.stepCount() {
		return "Then the new version becomes the stable one."
	}
	return "Then " + t.canary.Steps[t.index()+1].Text() + "."
}

func (t *turn) whyProgressing() plan.Why {
	if run := t.awaitedRun(); run != nil {
		return t.whyAnalysing(run)
	}
	if name := t.status.Canary.CurrentExperiment; name != "" {
		return plan.Why{
			Sentence:   fmt.Sprintf("Waiting for the end of Experiment %s.", name),
			Next:       t.nextStep(),
			WaitingFor: []plan.Wait{{Kind: plan.WaitVerdict, Object: "Experiment " + name}},
		}
	}
	fresh := t.revisions.New
	want := t.sizes.New
	if have := revision.Available(fresh); have < want {
		return plan.Why{
			Sentence:   fmt.Sprintf("Waiting for pods of the new version: %d of %d available.", have, want),
			WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet " + t.newName()}},
		}
	}
	if stable := t.revisions.Stable; !t.allNew() && revision.Available(stable) < t.sizes.Stable {
		return plan.Why{
			Sentence:   fmt.Sprintf("Waiting for pods of the stable version: %d of %d available.", revision.Available(stable), t.sizes.Stable),
			WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet " + stable.Name}},
		}
	}
	for _, rs := range t.revisions.All() {
		if going := occupied(rs) - revision.Replicas(rs); going > 0 {
			return plan.Why{
				Sentence:   fmt.Sprintf("Waiting for pods to go: %d of ReplicaSet %s.", going, rs.Name),
				WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet " + rs.Name}},
			}
		}
	}
	if why := t.whyRouting(); why != nil {
		return *why
	}
	return plan.Why{Sentence: "Moving on to the pods of the present step.", WaitingFor: []plan.Wait{{Kind: plan.WaitPods}}}
}

// whyRouting tells what requests wait for, nil for nothing.
func (t *turn) whyRouting() *plan.Why {
	if t.canary.TrafficRouting == nil {
		return nil
	}
	canary, stable := t.services()
	side, service, rs := "new", canary, t.revisions.New
	switch {
	case t.turning:
		service = t.nextStableService()
	case t.allNew(), t.status.Abort:
		side, service, rs = "stable", stable, t.revisions.Stable
	}
	switch {
	case !t.leads(service, rs):
		return &plan.Why{
			Sentence:   fmt.Sprintf("Waiting for Service %s to lead to the pods of the %s version: %d of %d.", service, side, t.reached(service, rs), revision.Available(rs)),
			WaitingFor: []plan.Wait{{Kind: plan.WaitRouter, Object: "Service " + service}},
		}
	case t.untaken != "":
		return &plan.Why{Sentence: "Waiting for the router: " + t.untaken + ".", WaitingFor: []plan.Wait{{Kind: plan.WaitRouter, Detail: t.untaken}}}
	}
	return nil
}

func stableName(t *turn) string {
	if t.revisions.Stable == nil {
		return t.status.StableRS
	}
	return t.revisions.Stable.Name
}

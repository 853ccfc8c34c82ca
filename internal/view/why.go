package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

// why says what the Rollout waits for, from the most to the least urgent thing to know.
func why(ro *v1alpha1.Rollout, v RolloutView, now time.Time) plan.Why {
	switch {
	case ro.Status.ObservedGeneration == 0 && ro.Status.Phase == "":
		return plan.Why{Sentence: "The controller has not looked at this Rollout yet; is it running?"}
	case !observed(ro) || !workloadObserved(ro):
		return plan.Why{Sentence: "The controller has not seen the latest change of the spec yet."}
	case aborting(ro):
		return plan.Why{Sentence: "The controller has not seen the abort yet."}
	case retried(ro):
		return plan.Why{Sentence: "The controller has not seen the retry yet."}
	}
	switch v1alpha1.RolloutPhase(v.Phase) {
	case v1alpha1.RolloutPhaseDegraded:
		return whyDegraded(v)
	case v1alpha1.RolloutPhasePaused:
		return whyPaused(ro, now)
	case v1alpha1.RolloutPhaseHealthy:
		return plan.Why{Sentence: fmt.Sprintf("%d of %d pods are available; nothing is under way.", v.Replicas.Available, v.Replicas.Desired)}
	}
	return whyProgressing(ro, v)
}

func whyDegraded(v RolloutView) plan.Why {
	reason, detail, _ := strings.Cut(v.Message, ": ")
	switch reason {
	case reasonAborted:
		return plan.Why{
			Sentence:   "Aborted: the traffic goes to the stable version. Nothing else happens until retry or a new template.",
			Next:       "retry starts again from the first step",
			WaitingFor: []plan.Wait{{Kind: plan.WaitPerson, Detail: detail}},
		}
	case string(v1alpha1.InvalidSpec):
		return plan.Why{
			Sentence:   "The spec is refused: " + strings.TrimSuffix(detail, ".") + ". Nothing changes until it is mended.",
			WaitingFor: []plan.Wait{{Kind: plan.WaitPerson, Detail: "mend the spec"}},
		}
	case reasonDeadline:
		return whyLate(v)
	}
	return plan.Why{Sentence: "Degraded: " + v.Message}
}

// whyLate explains a missed deadline by the first pod that cannot run, when there is one.
func whyLate(v RolloutView) plan.Why {
	if len(v.Findings) == 0 {
		return plan.Why{
			Sentence:   "No progress within the deadline. It goes on by itself once pods become ready.",
			WaitingFor: []plan.Wait{{Kind: plan.WaitPods}},
		}
	}
	culprit := v.Findings[0]
	return plan.Why{
		Sentence:   fmt.Sprintf("No progress within the deadline: %s is in %s. Mend the template, or abort.", culprit.Object, strings.TrimSuffix(culprit.Message, ".")),
		WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: culprit.Object, Detail: culprit.Message}},
	}
}

func whyPaused(ro *v1alpha1.Rollout, now time.Time) plan.Why {
	if ro.Spec.Paused {
		return forPerson("Paused by hand (spec.paused). Nothing changes until promote or abort.", nextStepText(ro))
	}
	if len(ro.Status.PauseConditions) == 0 {
		return plan.Why{Sentence: "Paused: " + ro.Status.Message}
	}
	pause := ro.Status.PauseConditions[0]
	switch pause.Reason {
	case v1alpha1.PauseReasonCanaryPauseStep:
		return whyPauseStep(ro, pause, now)
	case v1alpha1.PauseReasonBlueGreenPause:
		return whyPreview(ro, pause, now)
	case v1alpha1.PauseReasonInconclusiveAnalysis:
		return forPerson("Waiting for a person: the analysis was inconclusive. Nothing changes until promote or abort.", nextStepText(ro))
	case v1alpha1.PauseReasonInconclusiveExperiment:
		return forPerson("Waiting for a person: the experiment was inconclusive. Nothing changes until promote or abort.", nextStepText(ro))
	}
	return forPerson(fmt.Sprintf("Waiting for a person: %s. Nothing changes until promote or abort.", pause.Reason), nextStepText(ro))
}

func forPerson(sentence, next string) plan.Why {
	return plan.Why{Sentence: sentence, Next: next, WaitingFor: []plan.Wait{{Kind: plan.WaitPerson, Detail: "promote or abort"}}}
}

func whyPauseStep(ro *v1alpha1.Rollout, pause v1alpha1.PauseCondition, now time.Time) plan.Why {
	name := stepName(ro, stepIndex(ro))
	if step := currentStep(ro); step != nil {
		if duration, limited := v1alpha1.PauseDuration(step.Pause); limited {
			return forClock(name, pause.StartTime.Add(duration), now, nextStepText(ro))
		}
	}
	return forPerson(fmt.Sprintf("Waiting for a person: %s. Nothing changes until promote or abort.", name), nextStepText(ro))
}

func whyPreview(ro *v1alpha1.Rollout, pause v1alpha1.PauseCondition, now time.Time) plan.Why {
	const next = "the active Service switches to the new version"
	seconds := int32(0)
	if strategy := ro.Spec.Strategy.BlueGreen; strategy != nil {
		seconds = strategy.AutoPromotionSeconds
	}
	if seconds <= 0 {
		return forPerson("Waiting for a person: the preview is up. Nothing changes until promote or abort.", next)
	}
	return forClock("preview before promotion", pause.StartTime.Add(time.Duration(seconds)*time.Second), now, next)
}

// forClock names the instant, not the time that is left, so that the sentence stays the same while the clock runs.
func forClock(what string, until, now time.Time, next string) plan.Why {
	until = until.UTC()
	sentence := fmt.Sprintf("Pausing at %s until %s.", what, until.Format("15:04:05 UTC"))
	if !until.After(now) {
		sentence = fmt.Sprintf("The pause at %s is over; the controller will go on.", what)
	}
	return plan.Why{Sentence: sentence, Next: next, WaitingFor: []plan.Wait{{Kind: plan.WaitClock, Until: until}}}
}

func whyProgressing(ro *v1alpha1.Rollout, v RolloutView) plan.Why {
	next := nextStepText(ro)
	if v.Message == "rollout is restarting" {
		return plan.Why{Sentence: "Restarting the pods one after the other.", WaitingFor: []plan.Wait{{Kind: plan.WaitPods}}}
	}
	if set, ok := incoming(v); ok && set.Available < set.Desired {
		return whyStarting(v, set, next)
	}
	step := currentStep(ro)
	switch {
	case step != nil && (step.Analysis != nil || step.Experiment != nil):
		return plan.Why{Sentence: fmt.Sprintf("Waiting for the result of %s.", stepName(ro, stepIndex(ro))), Next: next}
	case step != nil:
		return plan.Why{Sentence: fmt.Sprintf("Working on %s.", stepName(ro, stepIndex(ro))), Next: next}
	case v.Message == "":
		return plan.Why{Sentence: "The rollout is under way."}
	}
	return plan.Why{Sentence: "The rollout is under way: " + v.Message + "."}
}

// incoming is the ReplicaSet that the rollout brings up.
func incoming(v RolloutView) (ReplicaSet, bool) {
	for _, revision := range v.Revisions {
		for _, role := range []Role{Canary, Preview, Stable} {
			if set, ok := withRole(revision.ReplicaSets, role); ok {
				return set, true
			}
		}
	}
	return ReplicaSet{}, false
}

func whyStarting(v RolloutView, set ReplicaSet, next string) plan.Why {
	sentence := fmt.Sprintf("Waiting for pods of ReplicaSet %s: %d of %d are available.", set.Name, set.Available, set.Desired)
	wait := plan.Wait{Kind: plan.WaitPods, Object: "ReplicaSet " + set.Name}
	if len(v.Findings) > 0 {
		wait.Detail = v.Findings[0].Object + ": " + v.Findings[0].Message
		sentence = strings.TrimSuffix(sentence, ".") + "; " + v.Findings[0].Object + " is in " + strings.TrimSuffix(v.Findings[0].Message, ".") + "."
	}
	return plan.Why{Sentence: sentence, Next: next, WaitingFor: []plan.Wait{wait}}
}

// stepName counts from one, as people do: "step 6/8 `pause: {}`".
func stepName(ro *v1alpha1.Rollout, index int32) string {
	step := stepAt(ro, index)
	if step == nil {
		return "the last step"
	}
	return fmt.Sprintf("step %d/%d `%s`", index+1, len(steps(ro)), StepText(*step))
}

// nextStepText is empty when there are no steps.
func nextStepText(ro *v1alpha1.Rollout) string {
	if len(steps(ro)) == 0 {
		return ""
	}
	if stepAt(ro, stepIndex(ro)+1) == nil {
		return "full promotion"
	}
	return stepName(ro, stepIndex(ro)+1)
}

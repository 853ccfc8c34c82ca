package view

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// underWay is a canary of two pods, one of them available, at the step of that index.
func underWay(index int32) Objects {
	ro := settled()
	ro.UID = "ro"
	ro.Status.CurrentStepIndex, ro.Status.StableRS, ro.Status.Phase = &index, "old", "Progressing"
	ro.Status.Message = "more replicas need to be updated"
	replicas := int32(2)
	set := appsv1.ReplicaSet{ObjectMeta: owned("web-new", "ro")}
	set.Labels = map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: "new"}
	set.Annotations = map[string]string{v1alpha1.RevisionAnnotation: "2"}
	set.UID, set.Spec.Replicas, set.Status.AvailableReplicas = "rs", &replicas, 1
	return Objects{Rollout: ro, ReplicaSets: []appsv1.ReplicaSet{set}}
}

func owned(name, owner string) metav1.ObjectMeta {
	yes := true
	return metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{{UID: types.UID(owner), Controller: &yes}}}
}

func pausedAt(objects Objects, reason v1alpha1.PauseReason, since time.Time) Objects {
	objects.Rollout.Status.Phase, objects.Rollout.Status.Message = "Paused", string(reason)
	objects.Rollout.Status.PauseConditions = []v1alpha1.PauseCondition{{Reason: reason, StartTime: metav1.NewTime(since)}}
	return objects
}

func degraded(message string) Objects {
	objects := underWay(0)
	objects.Rollout.Status.Phase, objects.Rollout.Status.Message, objects.Rollout.Status.Abort = "Degraded", message, true
	return objects
}

func withStep(objects Objects, step v1alpha1.CanaryStep) Objects {
	objects.Rollout.Spec.Strategy.Canary.Steps[1] = step
	objects.ReplicaSets = nil
	return objects
}

func withPod(objects Objects) Objects {
	pod := corev1.Pod{ObjectMeta: owned("web-new-x", "rs")}
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{
		Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such image."},
	}}}
	objects.Pods = []corev1.Pod{pod}
	return objects
}

func person(sentence, next, detail string) plan.Why {
	return plan.Why{Sentence: sentence, Next: next, WaitingFor: []plan.Wait{{Kind: plan.WaitPerson, Detail: detail}}}
}

func TestWhy(t *testing.T) {
	tenSeconds := intstr.FromString("10s")
	pause := v1alpha1.CanaryStep{Pause: &v1alpha1.RolloutPause{Duration: &tenSeconds}}
	const either = "promote or abort"
	tests := map[string]struct {
		objects Objects
		want    plan.Why
	}{
		"done": {Objects{Rollout: settled()}, plan.Why{Sentence: "4 of 4 pods are available; nothing is under way."}},
		"never looked at": {
			Objects{Rollout: &v1alpha1.Rollout{}},
			plan.Why{Sentence: "The controller has not looked at this Rollout yet; is it running?"},
		},
		"a pause without end": {
			pausedAt(underWay(1), v1alpha1.PauseReasonCanaryPauseStep, noon),
			person("Waiting for a person: step 2/2 `pause: {}`. Nothing changes until promote or abort.", "full promotion", either),
		},
		"a pause with an end": {
			pausedAt(withStep(underWay(1), pause), v1alpha1.PauseReasonCanaryPauseStep, noon.Add(-4*time.Second)),
			plan.Why{
				Sentence:   "Pausing at step 2/2 `pause: 10s` until 12:00:06 UTC.",
				Next:       "full promotion",
				WaitingFor: []plan.Wait{{Kind: plan.WaitClock, Until: noon.Add(6 * time.Second)}},
			},
		},
		"a pause that is over": {
			pausedAt(withStep(underWay(1), pause), v1alpha1.PauseReasonCanaryPauseStep, noon.Add(-time.Minute)),
			plan.Why{
				Sentence:   "The pause at step 2/2 `pause: 10s` is over; the controller will go on.",
				Next:       "full promotion",
				WaitingFor: []plan.Wait{{Kind: plan.WaitClock, Until: noon.Add(-50 * time.Second)}},
			},
		},
		"an inconclusive analysis": {
			pausedAt(underWay(0), v1alpha1.PauseReasonInconclusiveAnalysis, noon),
			person("Waiting for a person: the analysis was inconclusive. Nothing changes until promote or abort.", "step 2/2 `pause: {}`", either),
		},
		"an abort": {
			degraded("RolloutAborted: Rollout aborted update to revision 2"),
			person("Aborted: the traffic goes to the stable version. Nothing else happens until retry or a new template.",
				"retry starts again from the first step", "Rollout aborted update to revision 2"),
		},
		"an abort that was taken back": {
			func() Objects {
				objects := degraded("RolloutAborted: Rollout aborted update to revision 2")
				objects.Rollout.Status.Abort = false
				return objects
			}(),
			plan.Why{Sentence: "The controller has not seen the retry yet."},
		},
		"a refused spec": {
			degraded(`InvalidSpec: The Rollout "web" is invalid: spec.replicas: must not be negative`),
			person(`The spec is refused: The Rollout "web" is invalid: spec.replicas: must not be negative. Nothing changes until it is mended.`,
				"", "mend the spec"),
		},
		"a missed deadline, and the pod that missed it": {
			withPod(degraded(`ProgressDeadlineExceeded: ReplicaSet "web-new" has timed out progressing.`)),
			plan.Why{
				Sentence:   "No progress within the deadline: Pod web-new-x is in ErrImagePull: no such image. Mend the template, or abort.",
				WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "Pod web-new-x", Detail: "ErrImagePull: no such image."}},
			},
		},
		"pods that start": {
			underWay(0),
			plan.Why{
				Sentence:   "Waiting for pods of ReplicaSet web-new: 1 of 2 are available.",
				Next:       "step 2/2 `pause: {}`",
				WaitingFor: []plan.Wait{{Kind: plan.WaitPods, Object: "ReplicaSet web-new"}},
			},
		},
		"an analysis": {
			withStep(underWay(1), v1alpha1.CanaryStep{Analysis: &v1alpha1.RolloutAnalysis{}}),
			plan.Why{Sentence: "Waiting for the result of step 2/2 `analysis`.", Next: "full promotion"},
		},
		"nothing to name": {
			Objects{Rollout: func() *v1alpha1.Rollout {
				ro := settled()
				ro.Status.Phase, ro.Status.Message = "Progressing", "waiting for all steps to complete"
				return ro
			}()},
			plan.Why{Sentence: "The rollout is under way: waiting for all steps to complete.", Next: ""},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Rollout(test.objects, noon).Why); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPreviewPause(t *testing.T) {
	ro := settled()
	asBlueGreen(ro)
	objects := pausedAt(Objects{Rollout: ro}, v1alpha1.PauseReasonBlueGreenPause, noon)
	if got := Rollout(objects, noon).Sentence; got != "Waiting for a person: the preview is up. Nothing changes until promote or abort." {
		t.Error(got)
	}
	ro.Spec.Strategy.BlueGreen.AutoPromotionSeconds = 30
	if got := Rollout(objects, noon).Sentence; got != "Pausing at preview before promotion until 12:00:30 UTC." {
		t.Error(got)
	}
}

package controller

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestWhatIsUrgent(t *testing.T) {
	rollout := func(abort bool) *v1alpha1.Rollout {
		return &v1alpha1.Rollout{Status: v1alpha1.RolloutStatus{Abort: abort}}
	}
	run := func(phase v1alpha1.AnalysisPhase) *v1alpha1.AnalysisRun {
		return &v1alpha1.AnalysisRun{Status: v1alpha1.AnalysisRunStatus{Phase: phase}}
	}
	set := func(available, wanted int32) *appsv1.ReplicaSet {
		return &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: &wanted}, Status: appsv1.ReplicaSetStatus{AvailableReplicas: available}}
	}
	for name, test := range map[string]struct {
		before, after client.Object
		want          bool
	}{
		"somebody aborts":              {rollout(false), rollout(true), true},
		"an abort that is carried out": {rollout(true), rollout(true), false},
		"a retry":                      {rollout(true), rollout(false), false},
		"a run fails":                  {run(v1alpha1.AnalysisPhaseRunning), run(v1alpha1.AnalysisPhaseFailed), true},
		"a run that cannot measure":    {run(v1alpha1.AnalysisPhaseRunning), run(v1alpha1.AnalysisPhaseError), true},
		"a run that failed before":     {run(v1alpha1.AnalysisPhaseFailed), run(v1alpha1.AnalysisPhaseFailed), false},
		"a run succeeds":               {run(v1alpha1.AnalysisPhaseRunning), run(v1alpha1.AnalysisPhaseSuccessful), false},
		"pods are lost":                {set(3, 3), set(2, 3), true},
		"fewer pods are wanted":        {set(3, 2), set(2, 2), false},
		"pods come":                    {set(2, 3), set(3, 3), false},
	} {
		if got := urgent(test.before, test.after); got != test.want {
			t.Errorf("%s: urgent is %t, want %t", name, got, test.want)
		}
	}
}

// TestUrgentChangesOvertake puts an abort into a queue in which others wait already.
func TestUrgentChangesOvertake(t *testing.T) {
	queue := priorityqueue.New[reconcile.Request]("test")
	defer queue.ShutDown()
	events := overtaking{&handler.EnqueueRequestForObject{}}
	for _, name := range []string{"a", "b", "c"} {
		before, after := namedRollout(name), namedRollout(name)
		after.ResourceVersion = "2"
		after.Status.Abort = name == "c"
		events.Update(t.Context(), event.UpdateEvent{ObjectOld: before, ObjectNew: after}, queue)
	}
	var order []string
	for range 3 {
		request, _ := queue.Get()
		order = append(order, request.Name)
		queue.Done(request)
	}
	if order[0] != "c" {
		t.Errorf("turns are taken in the order %v, want c first", order)
	}
}

func namedRollout(name string) *v1alpha1.Rollout {
	return &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "1"}}
}

package controller

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// urgency is the priority of a turn that users wait for, in the sense that requests fail until it is taken. All others have 0 or less.
const urgency = 100

// urgent tells whether a change asks for such a turn: somebody aborts, a measurement says that a version is bad, pods that may get
// requests are lost.
func urgent(before, after client.Object) bool {
	switch now := after.(type) {
	case *v1alpha1.Rollout:
		return now.Status.Abort && !before.(*v1alpha1.Rollout).Status.Abort
	case *v1alpha1.AnalysisRun:
		return failed(now.Status.Phase) && before.(*v1alpha1.AnalysisRun).Status.Phase != now.Status.Phase
	case *v1alpha1.Experiment:
		return failed(now.Status.Phase) && before.(*v1alpha1.Experiment).Status.Phase != now.Status.Phase
	case *appsv1.ReplicaSet:
		fewer := now.Status.AvailableReplicas < before.(*appsv1.ReplicaSet).Status.AvailableReplicas
		return fewer && now.Status.AvailableReplicas < revision.Replicas(now) // and not because fewer are wanted
	}
	return false
}

func failed(phase v1alpha1.AnalysisPhase) bool {
	return phase == v1alpha1.AnalysisPhaseFailed || phase == v1alpha1.AnalysisPhaseError
}

// overtaking has urgent changes overtake everything that waits for its turn.
type overtaking struct{ handler.EventHandler }

// Update implements handler.EventHandler.
func (o overtaking) Update(ctx context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	if ranked, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request]); ok && urgent(e.ObjectOld, e.ObjectNew) {
		queue = front{ranked}
	}
	o.EventHandler.Update(ctx, e, queue)
}

// front is the front of a queue.
type front struct {
	priorityqueue.PriorityQueue[reconcile.Request]
}

// Add implements workqueue.TypedInterface.
func (f front) Add(request reconcile.Request) { f.AddWithOpts(priorityqueue.AddOpts{}, request) }

// AddWithOpts implements priorityqueue.PriorityQueue.
func (f front) AddWithOpts(o priorityqueue.AddOpts, requests ...reconcile.Request) {
	o.Priority = new(urgency)
	f.PriorityQueue.AddWithOpts(o, requests...)
}

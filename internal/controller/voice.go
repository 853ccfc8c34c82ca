package controller

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/kanari-dev/kanari/internal/plan"
)

// voice tells events. It has a client and a queue of its own, so that nothing waits for it: a full queue loses events, never time.
type voice struct {
	recorder record.EventRecorder
	all      bool // milestones and warnings only, if false
}

// The recorder drops what one object says too much of. An update tells about fifteen events, and a fleet is updated several times
// an hour, so the allowance is wider than the library's.
const (
	eventBurst = 250
	eventRate  = 1.0 / 10 // a second, once the burst is spent
)

func newVoice(mgr manager.Manager, all bool) (*voice, error) {
	clients, err := kubernetes.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("preparing the event client: %w", err)
	}
	broadcaster := record.NewBroadcaster(record.WithCorrelatorOptions(record.CorrelatorOptions{BurstSize: eventBurst, QPS: eventRate, MaxEvents: eventBurst}))
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: clients.CoreV1().Events("")})
	return &voice{recorder: broadcaster.NewRecorder(mgr.GetScheme(), corev1.EventSource{Component: Name}), all: all}, nil
}

func (v *voice) tell(about runtime.Object, event plan.Event) {
	if !v.all && !event.Milestone && !event.Warning {
		return
	}
	kind := corev1.EventTypeNormal
	if event.Warning {
		kind = corev1.EventTypeWarning
	}
	v.recorder.Event(about, kind, event.Reason, event.Message)
}

package sim

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/ambassador"
	"github.com/kanari-dev/kanari/internal/traffic/apisix"
	"github.com/kanari-dev/kanari/internal/traffic/appmesh"
	"github.com/kanari-dev/kanari/internal/traffic/gatewayapi"
	"github.com/kanari-dev/kanari/internal/traffic/istio"
	"github.com/kanari-dev/kanari/internal/traffic/nginx"
	"github.com/kanari-dev/kanari/internal/traffic/smi"
	"github.com/kanari-dev/kanari/internal/traffic/traefik"
)

// behindRetry is when a controller looks again whose caches are behind its own writes.
const behindRetry = 500 * time.Millisecond

var errDied = errors.New("the controller died")

// process is one run of a controller. What it knows beside the API server's objects goes with it.
type process struct {
	eye       *observe.Eye
	hand      *act.Hand
	told      []plan.Event
	stirred   bool      // something changed that it has not looked at
	wake      time.Time // when it looks again by itself
	dead      bool
	stalls    map[schema.GroupKind]stall
	reborn    bool         // another one was here before
	own       map[id]int64 // what it wrote, and knows that it did, by version
	successor *process     // who goes on when its turn is over, as somebody took its place
}

// start begins a controller process, which knows nothing.
func (w *World) start() {
	p := &process{reborn: w.process != nil && w.Server.writes > 0, stirred: true, stalls: map[schema.GroupKind]stall{}, own: map[id]int64{}}
	renderers := []traffic.Renderer{istio.Renderer{}, nginx.Renderer{}, gatewayapi.Renderer{}, alb.Renderer{}, ambassador.Renderer{}, apisix.Renderer{}, appmesh.Renderer{}, smi.Renderer{}, traefik.Renderer{}}
	utilruntime.Must(observe.Indexes(context.Background(), w.Server, renderers))
	// Durations are measured by a clock that never jumps.
	freshness := &observe.Freshness{Scheme: w.Server.scheme, Now: func() time.Time { return w.Clock.Add(-w.jumped) }}
	p.eye = &observe.Eye{Reader: cache{w.Server, p.stalls}, Live: w.Server, Renderers: renderers, Freshness: freshness}
	p.hand = &act.Hand{
		Client: w.Server, Live: w.Server, Renderers: renderers, Find: p.eye.Find, Wrote: freshness.Wrote,
		Tell: func(_ runtime.Object, event plan.Event) { p.told = append(p.told, event) },
	}
	w.process, w.idle = p, nil
	if w.broken.process != nil {
		w.broken.process(p)
	}
}

// Die ends the controller's process: nothing that it does from now on arrives, and a new process begins at the next step.
// A hook returns its error.
func (w *World) Die() error {
	w.dead = true
	return errDied
}

// Overtake lets another controller take over for a while, as one does when its predecessor is slow to renew its lease. In the middle of
// a turn the former one wakes up then, and writes what is left of that turn before it notices.
func (w *World) Overtake(d time.Duration) error {
	late, view, judged, done := w.process, w.Laws.view, w.Server.wrote, w.Server.done
	w.start()
	err := w.Wait(d)
	if judged == nil { // between two turns there is nothing left to write
		return err
	}
	late.successor, w.process = w.process, late
	w.Server.done = done
	w.Laws.judge(w, view)
	return err
}

// succeed hands over to the controller that overtook this one.
func (w *World) succeed() {
	if next := w.successor; next != nil {
		w.process, next.stirred = next, true
	}
}

// face is what the controller makes of the end of a turn.
func (w *World) face(ro *v1alpha1.Rollout, err error) error {
	switch {
	case w.dead && w.successor == nil:
		w.start()
	case w.successor != nil:
		w.succeed()
	case errors.Is(err, act.ErrCollision):
		w.stirred = true
		return w.hand.CountCollision(context.Background(), ro)
	case err != nil && len(w.stalls) > 0: // it looks again, and before its caches have caught up it sees the same
		w.wake = w.Clock.Add(behindRetry)
	case err != nil:
		w.stirred = true
	}
	return nil
}

package sim

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/rollout"
)

// Namespace is where everything lives that names none.
const Namespace = "shop"

// turnsAtMost is how many turns in a row a world may take without time passing. The longest way of a sound rollout is shorter.
const turnsAtMost = 60

// World is a cluster with one Rollout that a controller looks after.
type World struct {
	Clock  time.Time
	Server *Server
	Pods   []*Pod
	// Start is how long pods take to become ready; nil: until somebody makes them so.
	Start *time.Duration
	// Grace is how long a pod takes to go.
	Grace time.Duration
	// SliceLag is how long EndpointSlices take to follow.
	SliceLag time.Duration
	// GatewayLag is how long gateways take to serve a route as it is.
	GatewayLag time.Duration
	// Backends are what is measured, by the name of the metric.
	Backends map[string]Backend
	// Laws are what must hold.
	Laws *Laws
	// Seen is told of every turn.
	Seen func(Turn)

	// Struck counts the faults that happened, by their kind.
	Struck map[string]int
	// Doubt is how many turns share one second opinion: every Doubt-th time Decide is asked twice and must say the same.
	Doubt int

	*process      // the controller that leads
	name          string
	born          int
	births        []string            // hashes in the order in which their ReplicaSets were created
	stripped      map[string]bool     // Services that lost their hash to somebody else
	reached       map[string]reach    // by Service
	served        map[string]served   // by HTTPRoute
	seenEndpoints map[string][]string // what the controller read before its last turn
	faults        []fault             // that are to come
	jumped        time.Duration       // how far the clock has been set
	drifted       bool                // and the controller has not looked since
	idle          *verdict            // what the last look at the world came to, if that was nothing, and nothing has changed since
	decisions     int
	measureAt     time.Time // when the next measurement is due
	broken        sabotage
}

// sabotage breaks the code from outside, to see whether a law notices.
type sabotage struct {
	process func(*process)                           // what it works with
	sight   func(*rollout.World)                     // what it sees
	reborn  func(*rollout.World)                     // what it sees, when it is not the first
	plan    func(*plan.Plan[v1alpha1.RolloutStatus]) // what it decides
}

// Turn is one turn as it happened.
type Turn struct {
	At     time.Time
	Before rollout.World
	Plan   plan.Plan[v1alpha1.RolloutStatus]
	Told   []plan.Event // events that were handed on
	Wrote  bool         // the status was written
	Err    error        // why it ended early
	Died   bool         // the controller's process ended in it
	Done   []Write      // what was written, for a turn that ended early
}

// verdict is what was decided about what was seen, at a moment.
type verdict struct {
	at   time.Time
	seen rollout.World
	plan plan.Plan[v1alpha1.RolloutStatus]
}

// Idle tells whether a turn did nothing.
func (t Turn) Idle() bool { return len(t.Plan.Actions) == 0 && !t.Wrote && t.Err == nil && !t.Died }

// New makes an empty world in which the Rollout of that name will be looked after.
func New(name string) *World {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, appsv1.AddToScheme, corev1.AddToScheme, discoveryv1.AddToScheme} {
		utilruntime.Must(add(scheme))
	}
	w := &World{
		Clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Laws: &Laws{}, Seen: func(Turn) {}, Doubt: 1,
		name: name, stripped: map[string]bool{}, reached: map[string]reach{}, served: map[string]served{}, Backends: map[string]Backend{}, Struck: map[string]int{},
	}
	w.Server = newServer(scheme, func() time.Time { return w.Clock })
	w.Server.Changed = func(kind schema.GroupKind) {
		w.idle = nil
		if _, stalled := w.stalls[kind]; !stalled {
			w.stirred = true
		}
	}
	w.Server.answered = func(which id) { w.own[which] = w.Server.version }
	w.Server.Before = func(write Write) error { return w.struck(write, false) }
	w.Server.After = func(write Write) error { return w.struck(write, true) }
	w.start()
	return w
}

// Step is one turn: the cluster catches up, then the controller looks, decides and acts.
func (w *World) Step() (Turn, error) {
	w.Kubernetes()
	w.stirred, w.wake, w.told, w.drifted = false, time.Time{}, nil, false
	t := Turn{At: w.Clock}
	seen, err := w.look()
	switch {
	case apierrors.IsNotFound(err):
		w.eye.Freshness.Forget(w.key(w.name))
		return t, nil
	case errors.Is(err, observe.ErrBehind):
		w.wake = w.Clock.Add(behindRetry)
		return t, nil
	case err != nil:
		return t, fmt.Errorf("observing: %w", err)
	}
	t.Before, w.seenEndpoints = seen, seen.Endpoints
	if t.Plan, err = w.decide(seen); err != nil {
		return t, err
	}
	for _, action := range t.Plan.Actions {
		if create, ok := action.(plan.CreateReplicaSet); ok {
			w.noteBirth(revision.HashOf(create.ReplicaSet))
		}
	}
	w.Server.done = nil
	w.Laws.begin(w, seen)
	t.Err = w.hand.Carry(context.Background(), seen.Rollout, t.Plan)
	t.Told, t.Wrote = w.told, t.Err == nil && !equal(seen.Rollout.Status, t.Plan.Status)
	t.Died, t.Done = w.dead, w.Server.done
	w.wake = t.Plan.Wake
	if err := w.face(seen.Rollout, t.Err); err != nil {
		return t, err
	}
	broken := w.Laws.after(w)
	if t.Idle() {
		w.idle = &verdict{w.Clock, seen, t.Plan}
	}
	w.Seen(t)
	return t, broken
}

// look reads what the controller sees now.
func (w *World) look() (rollout.World, error) {
	return w.eye.Rollout(context.Background(), w.key(w.name))
}

// decide also holds Decide to its word: it changes nothing that it was given, and says the same when asked again.
func (w *World) decide(seen rollout.World) (plan.Plan[v1alpha1.RolloutStatus], error) {
	if w.broken.sight != nil {
		w.broken.sight(&seen)
	}
	if w.broken.reborn != nil && w.reborn {
		w.broken.reborn(&seen)
	}
	w.decisions++
	if w.decisions%w.Doubt > 0 {
		return w.meddled(rollout.Decide(seen, w.Clock)), nil
	}
	before := seen.Rollout.DeepCopy()
	p := rollout.Decide(seen, w.Clock)
	if again := rollout.Decide(seen, w.Clock); !reflect.DeepEqual(p, again) {
		return p, errors.New("asked twice, Decide does not say the same")
	}
	if !equal(before, seen.Rollout) {
		return p, errors.New("what Decide reads, it changes")
	}
	return w.meddled(p), nil
}

func (w *World) meddled(p plan.Plan[v1alpha1.RolloutStatus]) plan.Plan[v1alpha1.RolloutStatus] {
	if w.broken.plan != nil {
		w.broken.plan(&p)
	}
	return p
}

// Settle takes turns until nothing is left to do at this moment. An error tells of a broken law or a controller that never rests.
func (w *World) Settle() error {
	for range turnsAtMost {
		w.thaw()
		w.Kubernetes()
		if !w.stirred && (w.wake.IsZero() || w.wake.After(w.Clock)) {
			return w.Laws.atRest(w)
		}
		t, err := w.Step()
		if err != nil {
			return err
		}
		if t.Idle() && !w.wake.IsZero() && !w.wake.After(w.Clock) {
			return fmt.Errorf("hot loop: nothing to do, and yet it wakes at once, at %s", w.wake.Format(time.TimeOnly))
		}
	}
	return fmt.Errorf("hot loop: %d turns without an end", turnsAtMost)
}

// Wait lets time pass, from one moment at which something happens to the next.
func (w *World) Wait(d time.Duration) error {
	end := w.Clock.Add(d)
	if err := w.Settle(); err != nil {
		return err
	}
	for {
		next := w.next()
		if next.IsZero() || next.After(end) {
			w.reach(end)
			return w.Settle()
		}
		w.reach(next)
		if err := w.Settle(); err != nil {
			return err
		}
	}
}

// reach lets time pass until a moment that may have come already.
func (w *World) reach(moment time.Time) {
	if w.Clock.Before(moment) {
		w.Clock = moment
	}
}

// next is when something happens by itself; zero for never.
func (w *World) next() time.Time {
	return plan.Sooner(plan.Sooner(w.measureAt, w.thaws()), plan.Sooner(plan.Sooner(w.wake, w.stirs()), plan.Sooner(w.published(), w.serves())))
}

// Rollout is the one that is looked after, not to be changed; nil when there is none.
func (w *World) Rollout() *v1alpha1.Rollout {
	ro, _ := w.known(id{rolloutKind, w.key(w.name)}, &v1alpha1.Rollout{}).(*v1alpha1.Rollout)
	return ro
}

// ReplicaSets are all of them by name, not to be changed.
func (w *World) ReplicaSets() []*appsv1.ReplicaSet {
	var found []*appsv1.ReplicaSet
	for _, which := range w.Server.of(replicaSetKind) {
		found = append(found, w.known(which, &appsv1.ReplicaSet{}).(*appsv1.ReplicaSet))
	}
	return found
}

// Service is the one of that name, not to be changed; nil when there is none.
func (w *World) Service(name string) *corev1.Service {
	service, _ := w.known(id{serviceKind, w.key(name)}, &corev1.Service{}).(*corev1.Service)
	return service
}

func (w *World) known(which id, like client.Object) client.Object {
	if w.Server.objects[which] == nil {
		return nil
	}
	object, err := w.Server.typed(which, like)
	utilruntime.Must(err)
	return object
}

func (w *World) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: Namespace, Name: name}
}

var serviceKind = schema.GroupKind{Kind: "Service"}

var rolloutKind = schema.GroupKind{Group: v1alpha1.GroupName, Kind: v1alpha1.RolloutKind}

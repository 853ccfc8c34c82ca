package kubelet

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// worker looks after one pod, from its first sight on a node to its removal.
type worker struct {
	kubelet *Kubelet
	node    *node
	wake    chan struct{}

	mu       sync.Mutex // guards what others tell
	pod      *corev1.Pod
	removed  bool // no longer at the API server
	crashes  int  // asked for, not carried out yet
	heldBack bool // not ready by command

	happenings []happening // not noted yet

	// of the worker's own goroutine
	uid      types.UID
	life     *life
	began    time.Time
	address  netip.Addr
	servers  map[string]server // by container
	wrote    corev1.PodStatus
	stopping time.Time // when the deletion was seen
}

func newWorker(k *Kubelet, n *node, pod *corev1.Pod) *worker {
	return &worker{kubelet: k, node: n, pod: pod, wake: make(chan struct{}, 1), servers: map[string]server{}, uid: pod.UID}
}

// tell changes what the worker knows and wakes it.
func (w *worker) tell(change func()) {
	w.mu.Lock()
	change()
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// orders is what the worker has been told, at one moment.
type orders struct {
	pod      *corev1.Pod
	removed  bool
	crashes  int
	heldBack bool
	nodeDown bool

	happenings []happening
}

func (w *worker) orders() orders {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := orders{pod: w.pod, removed: w.removed, crashes: w.crashes, heldBack: w.heldBack, nodeDown: w.node.down.Load()}
	o.happenings = w.happenings
	w.crashes, w.happenings = 0, nil
	return o
}

func (w *worker) run(ctx context.Context) {
	address, err := w.kubelet.pool.Take()
	if err != nil {
		klog.ErrorS(err, "starting a pod", "pod", klog.KObj(w.pod))
		return
	}
	defer w.kubelet.pool.Free(address)
	defer w.leave()
	w.address, w.began = address, time.Now()
	w.life = newLife(w.pod, w.kubelet.settings, w.began)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-timer.C:
		}
		now := time.Now()
		next, over := w.step(ctx, w.orders(), now)
		if over {
			return
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

// leave ends what still runs and takes the pod's files away.
func (w *worker) leave() {
	w.breakServers()
	if w.kubelet.settings.Dir == "" {
		return
	}
	if err := os.RemoveAll(w.dir()); err != nil {
		klog.ErrorS(err, "removing the files of a pod", "uid", w.uid)
	}
}

// retryAfter is the time to the next try of a write that did not work.
const retryAfter = 200 * time.Millisecond

// step brings the pod to where it should be at now. It returns when to look again, zero for never, and whether the
// pod has come to its end.
func (w *worker) step(ctx context.Context, o orders, now time.Time) (time.Time, bool) {
	if o.removed {
		return time.Time{}, true
	}
	if o.nodeDown {
		w.breakServers()
		return w.report(ctx, o, now), false
	}
	if o.pod.DeletionTimestamp != nil {
		if end := w.endsAt(o.pod, now); end.After(now) {
			w.life.advance(now)
			return sooner(end, w.life.next(now)), false
		}
		return w.finish(ctx, o, now)
	}
	w.life.advance(now)
	for range o.crashes {
		w.life.crash(now)
	}
	for _, h := range o.happenings {
		w.life.happened(h, now)
	}
	if err := w.adjustServers(ctx, o.pod); err != nil {
		klog.ErrorS(err, "starting a server", "pod", klog.KObj(o.pod))
		return now.Add(retryAfter), false
	}
	return w.report(ctx, o, now), false
}

// endsAt is when a pod that is being deleted has ended: its own time, at most its grace period.
func (w *worker) endsAt(pod *corev1.Pod, now time.Time) time.Time {
	if w.stopping.IsZero() {
		w.stopping = now
	}
	if phase := w.life.phase(); phase == corev1.PodSucceeded || phase == corev1.PodFailed || phase == corev1.PodPending {
		return w.stopping
	}
	return w.stopping.Add(min(w.life.stopAfter, grace(pod)))
}

// finish ends the containers, says so, and takes the pod away.
func (w *worker) finish(ctx context.Context, o orders, now time.Time) (time.Time, bool) {
	for name, s := range w.servers {
		s.Stop()
		delete(w.servers, name)
	}
	w.life.terminate(now)
	if retry := w.report(ctx, o, now); retry.After(now) {
		return retry, false
	}
	if err := w.kubelet.remove(ctx, o.pod); err != nil {
		klog.ErrorS(err, "removing a pod", "pod", klog.KObj(o.pod))
		return now.Add(retryAfter), false
	}
	return time.Time{}, false // until the API server says that it is gone: a finalizer may hold it
}

// report writes the status if it differs from the one written last, and returns when to look again.
func (w *worker) report(ctx context.Context, o orders, now time.Time) time.Time {
	r := report{pod: o.pod, life: w.life, began: w.began, ip: w.address.String(), host: w.node.address, last: w.wrote.Conditions}
	switch {
	case o.nodeDown:
		r.unready = "NodeLost"
	case o.heldBack:
		r.unready = "HeldBackByLab"
	}
	status := r.status(now)
	if !equality.Semantic.DeepEqual(status, w.wrote) {
		if err := w.kubelet.write(ctx, o.pod, status); err != nil {
			klog.ErrorS(err, "writing the status of a pod", "pod", klog.KObj(o.pod))
			return now.Add(retryAfter)
		}
		w.wrote = status
	}
	if o.nodeDown {
		return time.Time{}
	}
	return w.life.next(now)
}

func sooner(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

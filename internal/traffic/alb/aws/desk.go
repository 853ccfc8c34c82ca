package aws

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Desk keeps what AWS was asked about Rollouts and what it said. AWS takes seconds and counts its callers, so nobody waits for it and nobody asks
// twice: a question is put when the annotations have changed, and again only as long as a load balancer has not taken them.
type Desk struct {
	Balancers Balancers
	// Ring wakes a Rollout about which AWS has said something. It must not block.
	Ring func(ro types.NamespacedName)
	// Again is the time between two questions about one Rollout, Longest how long AWS may take to answer one.
	Again, Longest time.Duration

	mutex sync.Mutex
	files map[types.NamespacedName]*file
}

var errTooLate = errors.New("no answer in time")

// Reply is what AWS has said.
type Reply struct {
	// Given is false while nothing has come yet.
	Given bool
	Found map[string]*Balancer
	// Problem is why AWS did not say more.
	Problem error
}

// file is what lies on the desk for one Rollout.
type file struct {
	check  Check
	about  string
	cancel context.CancelFunc // nil: nothing is outstanding
	due    bool               // it is time to ask again
	seen   bool               // somebody looked since the reply came
	reply  Reply
}

func (f *file) taken() bool {
	return f.reply.Given && f.reply.Problem == nil && f.check.Judge(f.reply.Found).Pending == ""
}

// Look returns what AWS has said to a check, and asks where that is not known. The context is that of the process's life.
func (d *Desk) Look(ctx context.Context, check Check) Reply {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	key := types.NamespacedName{Namespace: check.Rollout.Namespace, Name: check.Rollout.Name}
	if check.Confirmed() {
		d.drop(key)
		return Reply{}
	}
	f := d.files[key]
	if about := check.About(); f == nil || f.about != about {
		d.drop(key)
		f = &file{check: check, about: about, due: true}
		d.keep(key, f)
	}
	f.seen = true
	if f.due {
		f.due = false
		var within context.Context
		within, f.cancel = context.WithTimeoutCause(ctx, d.Longest, errTooLate)
		go d.pursue(within, key, f)
	}
	return f.reply
}

func (d *Desk) keep(key types.NamespacedName, f *file) {
	if d.files == nil {
		d.files = map[types.NamespacedName]*file{}
	}
	d.files[key] = f
}

func (d *Desk) drop(key types.NamespacedName) {
	if f := d.files[key]; f != nil && f.cancel != nil {
		f.cancel()
	}
	delete(d.files, key)
}

// pursue sees a question through. A reply that nobody wants any more is dropped.
func (d *Desk) pursue(ctx context.Context, key types.NamespacedName, f *file) {
	defer f.cancel()
	found, err := f.check.Ask(ctx, d.Balancers)
	if err != nil && errors.Is(context.Cause(ctx), errTooLate) {
		err = fmt.Errorf("AWS has not answered within %s", d.Longest)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.files[key] != f {
		return
	}
	f.reply, f.seen = Reply{Given: true, Found: found, Problem: err}, false
	time.AfterFunc(d.Again, func() { d.remind(key, f) })
	d.Ring(key)
}

// remind wakes the Rollout so that it asks again. One that did not look since the reply came is gone, or needs none.
func (d *Desk) remind(key types.NamespacedName, f *file) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.files[key] != f {
		return
	}
	if f.taken() {
		return
	}
	if !f.seen {
		delete(d.files, key)
		return
	}
	f.due = true
	d.Ring(key)
}

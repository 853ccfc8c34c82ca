package asking

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/metric"
)

// Backends are what questions go to.
type Backends interface {
	// For is the backend of a metric.
	For(m v1alpha1.Metric) (metric.Provider, error)
	// Retain deletes what a backend keeps of old measurements beyond limit.
	Retain(ctx context.Context, q metric.Query, limit int) error
}

// Desk keeps what runs have asked and what was answered. Its contexts are those of the process's life: a question outlives the turn that
// asked it, and ends with the process or its leadership.
type Desk struct {
	Backends Backends
	// Ring wakes a run whose answer has come. It must not block.
	Ring func(run types.NamespacedName)
	// Now is the clock.
	Now func() time.Time
	// Longest bounds a question, whatever its backend thinks, and Errand whatever else a backend does.
	Longest, Errand time.Duration

	mutex sync.Mutex
	files map[types.NamespacedName]*file
}

// file is what lies on the desk for one run.
type file struct {
	uid  types.UID
	open map[string]*question // by metric
	told []*told              // in the order in which they came
}

// question is one that is still to be answered.
type question struct {
	number int
	cancel context.CancelFunc
}

// told is an answer, and whether a turn has seen it.
type told struct {
	analysis.Answer
	seen bool
}

// Look is what a turn may know: the metrics whose answer is outstanding, and the answers that came.
func (d *Desk) Look(run types.NamespacedName, uid types.UID) (asked map[string]bool, answers []analysis.Answer) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	f := d.files[run]
	if f == nil {
		return nil, nil
	}
	if f.uid != uid {
		d.clear(run) // a former run of that name asked
		return nil, nil
	}
	asked = map[string]bool{}
	for name := range f.open {
		asked[name] = true
	}
	for _, t := range f.told {
		t.seen = true
		answers = append(answers, t.Answer)
	}
	return asked, answers
}

// Settle drops the answers that the last Look showed: what they mean is stored.
func (d *Desk) Settle(run types.NamespacedName) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	f := d.files[run]
	if f == nil {
		return
	}
	f.told = slices.DeleteFunc(f.told, func(t *told) bool { return t.seen })
	if len(f.told) == 0 && len(f.open) == 0 {
		delete(d.files, run)
	}
}

// Forget drops everything of a run that is gone.
func (d *Desk) Forget(run types.NamespacedName) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.clear(run)
}

func (d *Desk) clear(run types.NamespacedName) {
	if f := d.files[run]; f != nil {
		for open := range maps.Values(f.open) {
			open.cancel()
		}
	}
	delete(d.files, run)
}

// Ask puts a question, or goes on with prior. One that is outstanding under that number already stands.
func (d *Desk) Ask(ctx context.Context, q metric.Query, prior *metric.Measurement) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	f := d.fileOf(q)
	if open := f.open[q.Metric.Name]; open != nil {
		if open.number == q.Number {
			return
		}
		open.cancel()
	}
	within, cancel := context.WithTimeoutCause(ctx, d.Longest, errTooLate)
	asked := &question{number: q.Number, cancel: cancel}
	f.open[q.Metric.Name] = asked
	go d.pursue(within, asked, q, prior)
}

func (d *Desk) fileOf(q metric.Query) *file {
	if f := d.files[q.Run]; f != nil && f.uid == q.UID {
		return f
	}
	d.clear(q.Run)
	if d.files == nil {
		d.files = map[types.NamespacedName]*file{}
	}
	f := &file{uid: q.UID, open: map[string]*question{}}
	d.files[q.Run] = f
	return f
}

// pursue sees a question through. A backend that does not even heed its deadline gets no more time: its answer is that none came.
func (d *Desk) pursue(ctx context.Context, asked *question, q metric.Query, prior *metric.Measurement) {
	defer asked.cancel()
	giveUp := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), errTooLate) {
			d.answer(ctx, asked, q, d.tooLate(q))
		}
	})
	defer giveUp()
	a := d.measure(ctx, q, prior)
	if a.Problem != "" && errors.Is(context.Cause(ctx), errTooLate) {
		a = d.tooLate(q)
	}
	if !d.answer(ctx, asked, q, a) && a.Problem == "" && a.Measurement.Phase == v1alpha1.AnalysisPhaseRunning {
		d.end(context.WithoutCancel(ctx), q, a.Measurement)
	}
}

// answer lays an answer on the desk; false: nobody wants it any more.
func (d *Desk) answer(ctx context.Context, asked *question, q metric.Query, a analysis.Answer) (wanted bool) {
	d.mutex.Lock()
	f := d.files[q.Run]
	if f == nil || f.open[q.Metric.Name] != asked {
		d.mutex.Unlock()
		return false
	}
	delete(f.open, q.Metric.Name)
	ends := errors.Is(ctx.Err(), context.Canceled) // a question that nobody gave up ends so with the process only
	if !ends {
		f.told = append(f.told, &told{Answer: a})
	}
	d.mutex.Unlock()
	if !ends {
		d.Ring(q.Run)
	}
	return true
}

// Stop gives up on an answer. What the backend has under way, as prior or an answer that no turn has seen knows it, is ended in the
// background.
func (d *Desk) Stop(ctx context.Context, q metric.Query, prior *metric.Measurement) {
	for _, m := range d.hangUp(q) {
		go d.end(ctx, q, m)
	}
	if prior != nil {
		go d.end(ctx, q, *prior)
	}
}

// hangUp withdraws a question, and returns what a backend has said in the meantime to have under way.
func (d *Desk) hangUp(q metric.Query) []metric.Measurement {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	f := d.files[q.Run]
	if f == nil || f.uid != q.UID {
		return nil
	}
	if open := f.open[q.Metric.Name]; open != nil {
		open.cancel()
		delete(f.open, q.Metric.Name)
	}
	var underway []metric.Measurement
	f.told = slices.DeleteFunc(f.told, func(t *told) bool {
		if t.seen || t.Metric != q.Metric.Name {
			return false
		}
		if t.Problem == "" && t.Measurement.Phase == v1alpha1.AnalysisPhaseRunning {
			underway = append(underway, t.Measurement)
		}
		return true
	})
	return underway
}

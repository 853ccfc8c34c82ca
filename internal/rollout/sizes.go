package rollout

import (
	"math"
	"slices"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// sizes are the numbers of pods that the present step wants.
type sizes struct{ New, Stable int32 }

// wantedSizes is the heart of scaling: how many pods each side gets for the present step.
func (t *turn) wantedSizes() sizes {
	switch {
	case t.canary.TrafficRouting == nil:
		return t.basicSizes()
	case t.limited():
		return t.budgetSizes()
	case t.allNew():
		return sizes{New: t.replicas()}
	case t.status.Abort:
		return sizes{New: t.abortedSize(), Stable: t.replicas()}
	default:
		return sizes{New: t.stepSize(t.stepWeight()), Stable: t.replicas()}
	}
}

// allNew tells whether the new revision is the only one that matters: nothing is stable yet, or it is stable itself.
func (t *turn) allNew() bool {
	return t.status.StableRS == "" || t.revisions.Stable == nil || t.fullyPromoted()
}

// basicSizes lets the number of pods stand for the share of requests.
func (t *turn) basicSizes() sizes {
	b := t.basic()
	fresh, stable := b.counts()
	if !b.StableExists {
		return sizes{New: fresh}
	}
	return sizes{New: fresh, Stable: stable}
}

func (t *turn) basic() basicScale {
	weight := t.stepWeight()
	if t.status.PromoteFull || t.allNew() {
		weight = t.total()
	}
	b := basicScale{
		Replicas: t.replicas(), Surge: surge(t.ro), Unavailable: unavailable(t.ro), Weight: weight, MaxWeight: t.total(),
		New:       size{Spec: revision.Replicas(t.revisions.New), Available: revision.Available(t.revisions.New)},
		NewExists: t.revisions.New != nil,
	}
	if !t.allNew() {
		b.StableExists = true
		b.Stable = size{Spec: revision.Replicas(t.revisions.Stable), Available: revision.Available(t.revisions.Stable)}
	}
	for _, rs := range t.revisions.Old {
		b.OldSpec += revision.Replicas(rs)
	}
	return b
}

// stepSize is the number of new pods for a weight with traffic routing, unless a step says a number of its own.
func (t *turn) stepSize(weight int32) int32 {
	if scale := t.canaryScale(); scale != nil {
		if scale.Replicas != nil {
			return *scale.Replicas
		}
		if scale.Weight != nil {
			weight = *scale.Weight
		}
	}
	if t.status.PromoteFull {
		weight = t.total()
	}
	return t.atLeastMinimum(share(weight, t.replicas(), t.total()))
}

// canaryScale is the setCanaryScale step in force: the last one at or before the present step. An abort ends it, unless canary pods
// are to be kept for ever.
func (t *turn) canaryScale() *v1alpha1.SetCanaryScale {
	if t.canary.TrafficRouting == nil || t.step() == nil || t.status.PromoteFull {
		return nil
	}
	if _, delayed := t.abortDelay(); t.status.Abort && delayed {
		return nil
	}
	for _, step := range slices.Backward(t.canary.Steps[:t.index()+1]) {
		if step.SetCanaryScale == nil {
			continue
		}
		if step.SetCanaryScale.MatchTrafficWeight {
			return nil
		}
		return step.SetCanaryScale
	}
	return nil
}

// atLeastMinimum raises a number of pods to minPodsPerReplicaSet; none stays none.
func (t *turn) atLeastMinimum(pods int32) int32 {
	if pods == 0 || t.canary.MinPodsPerReplicaSet == nil {
		return pods
	}
	return max(pods, min(*t.canary.MinPodsPerReplicaSet, t.replicas()))
}

// share is the number of pods, rounded up, that stand for a weight.
func share(weight, replicas, total int32) int32 {
	return int32(math.Ceil(float64(weight) * float64(replicas) / float64(total)))
}

// atDesiredCounts tells whether the pods for the present step are there: asked for, created and available.
func (t *turn) atDesiredCounts() bool {
	fresh, stable := t.revisions.New, t.revisions.Stable
	if fresh == nil || !t.newAt(t.sizes.New) {
		return false
	}
	if t.budgeted() {
		return t.budgetSettled()
	}
	if t.allNew() {
		return true
	}
	if revision.Replicas(stable) != t.sizes.Stable || revision.Created(stable) != t.sizes.Stable {
		return false
	}
	return t.canary.TrafficRouting != nil || t.oldAvailable() == 0
}

// newAt tells whether the new revision has the pods it should; replicaProgressThreshold lets fewer pass.
func (t *turn) newAt(want int32) bool {
	fresh := t.revisions.New
	if t.threshold() != nil {
		return t.enough(revision.Available(fresh), want)
	}
	return revision.Replicas(fresh) == want && revision.Available(fresh) == want
}

// enough tells whether as many pods are available as wanted, or as replicaProgressThreshold demands of that.
func (t *turn) enough(available, want int32) bool {
	threshold := t.threshold()
	switch {
	case threshold == nil:
		return available >= want
	case threshold.Type != v1alpha1.ProgressTypePercentage:
		return available >= threshold.Value
	default:
		return want == 0 || float64(available)/float64(want)*100 >= float64(threshold.Value)-1e-10
	}
}

func (t *turn) threshold() *v1alpha1.ReplicaProgressThreshold {
	threshold := t.canary.ReplicaProgressThreshold
	if threshold == nil || threshold.Value < 0 {
		return nil
	}
	return threshold
}

func (t *turn) oldAvailable() int32 {
	sum := int32(0)
	for _, rs := range t.revisions.Old {
		sum += revision.Available(rs)
	}
	return sum
}

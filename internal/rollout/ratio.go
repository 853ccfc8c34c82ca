package rollout

import (
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// quarter is what maxSurge and maxUnavailable are when the user sets neither.
var quarter = intstr.FromString("25%")

// surge is the number of pods that a rollout may hold above spec.replicas. Blue-green doubles its pods by design and
// has no such number: it answers 0.
func surge(ro *v1alpha1.Rollout) int32 {
	canary := ro.Spec.Strategy.Canary
	if canary == nil {
		return 0
	}
	return resolve(canary.MaxSurge, wantedPods(ro), math.Ceil)
}

// unavailable is the number of pods that may be missing from spec.replicas at any time: at most all of them, and at
// least one where no surge is allowed either, for then nothing could ever be replaced.
func unavailable(ro *v1alpha1.Rollout) int32 {
	replicas, strategy := wantedPods(ro), ro.Spec.Strategy
	if replicas == 0 {
		return 0
	}
	var value *intstr.IntOrString
	switch {
	case strategy.Canary != nil:
		value = strategy.Canary.MaxUnavailable
	case strategy.BlueGreen != nil:
		value = strategy.BlueGreen.MaxUnavailable
	default:
		return 0
	}
	missing := resolve(value, replicas, math.Floor)
	if missing == 0 && surge(ro) == 0 {
		return 1
	}
	return min(missing, replicas)
}

// wantedPods is spec.replicas, 1 when it is not set.
func wantedPods(ro *v1alpha1.Rollout) int32 {
	if ro.Spec.Replicas == nil {
		return 1
	}
	return *ro.Spec.Replicas
}

// resolve turns a number or a share of replicas into pods; nil is 25 percent and what nobody can read is 0.
func resolve(value *intstr.IntOrString, replicas int32, round func(float64) float64) int32 {
	if value == nil {
		value = &quarter
	}
	if value.Type == intstr.Int {
		return max(0, value.IntVal)
	}
	// Compat: a string is a percentage with or without its sign, "25" is a quarter and not 25 pods.
	percent, err := strconv.Atoi(strings.TrimSuffix(value.StrVal, "%"))
	if err != nil {
		return 0
	}
	return max(0, int32(round(float64(percent)*float64(replicas)/100)))
}

// ratio splits replicas into canary and stable pods so that the canary's share comes closest to weight/maxWeight, for
// rollouts whose traffic follows the number of pods. One pod above replicas may be used when surge allows it.
// Between the ends (0 < weight < maxWeight, at least two replicas) neither side is ever without a pod.
func ratio(replicas, weight, maxWeight, surge int32) (canary, stable int32) {
	if replicas <= 0 {
		return 0, 0
	}
	best := shares{replicas, weight, maxWeight, surge}.closest()
	return best.canary, best.total - best.canary
}

// shares is the question that ratio answers.
type shares struct{ replicas, weight, maxWeight, surge int32 }

// split is one way to share total pods.
type split struct{ canary, total int32 }

// closest is the split whose share of the canary is nearest to the weight; of two that are equally near the earlier.
func (s shares) closest() split {
	// Whole numbers nearest to a weight can leave a side empty; then the next best that leaves none is right.
	best, distance := split{s.replicas - 1, s.replicas}, math.Inf(1)
	for _, o := range s.options() {
		if d := math.Abs(float64(o.canary)*float64(s.maxWeight)/float64(o.total) - float64(s.weight)); d < distance {
			best, distance = o, d
		}
	}
	return best
}

// options lists the splits worth comparing, the preferred first.
func (s shares) options() []split {
	exact := float64(s.replicas) * float64(s.weight) / float64(s.maxWeight)
	up, down := int32(math.Ceil(exact)), int32(math.Floor(exact))
	mayEmpty := s.mayEmpty()

	var found []split
	if up < s.replicas || mayEmpty {
		found = append(found, split{up, s.replicas})
	}
	if !s.tied() && (down != 0 || mayEmpty) {
		found = append(found, split{down, s.replicas})
	}
	if s.surge <= 0 {
		return found
	}
	found = append(found, split{up, s.replicas + 1})
	if down != 0 || mayEmpty {
		found = append(found, split{down, s.replicas + 1})
	}
	return found
}

// mayEmpty is true where one side may end up without pods: at either end, or with a single pod that has no company.
func (s shares) mayEmpty() bool {
	return s.weight == s.maxWeight || s.weight == 0 || (s.replicas == 1 && s.surge == 0)
}

// tied is true when the exact number of canary pods lies halfway between two whole ones; the larger is then preferred.
// Compat: the share is divided first, so that the same weights count as halves as they always did.
func (s shares) tied() bool {
	_, fraction := math.Modf(float64(s.replicas) * (float64(s.weight) / float64(s.maxWeight)))
	return fraction == 0.5
}

// size is what is known of one ReplicaSet: the pods that it was told to have, and those that serve.
type size struct{ Spec, Available int32 }

// basicScale is the state from which the next pod counts of a canary without traffic routing follow.
type basicScale struct {
	Replicas, Surge, Unavailable int32 // pods
	Weight, MaxWeight            int32
	New, Stable                  size // zero when there is none
	NewExists                    bool
	StableExists                 bool  // false also when the stable ReplicaSet is the new one
	OldSpec                      int32 // pods that all other ReplicaSets were told to have
}

// counts is what the new and the stable ReplicaSet should be told to have now. It is one safe move towards the wanted
// ratio: first up within the surge, then, once older ReplicaSets are gone, down as far as enough pods stay available.
func (b basicScale) counts() (canary, stable int32) {
	wantCanary, wantStable := b.wanted()
	canary, stable = b.grow(wantCanary, wantStable)
	if b.OldSpec > 0 {
		return canary, stable
	}
	growing := !b.NewExists || wantCanary >= b.New.Spec
	spare := b.serving(growing) - b.minAvailable()
	if spare <= 0 {
		return canary, stable
	}
	if !growing {
		canary = max(wantCanary, b.New.Spec-spare)
		return b.fit(draining{b.New, canary}, keeping{b.Stable, stable, b.StableExists})
	}
	if !b.StableExists {
		return canary, stable
	}
	if b.Stable.Spec > wantStable {
		stable = max(wantStable, b.Stable.Spec-spare)
	}
	stable, canary = b.fit(draining{b.Stable, stable}, keeping{b.New, canary, b.NewExists})
	return canary, stable
}

// wanted is the ratio at the end of the way.
func (b basicScale) wanted() (canary, stable int32) {
	if !b.StableExists {
		return b.Replicas, 0
	}
	return ratio(b.Replicas, b.Weight, b.MaxWeight, b.Surge)
}

func (b basicScale) ceiling() int32 { return b.Replicas + b.Surge }

func (b basicScale) minAvailable() int32 { return b.Replicas - b.Unavailable }

// grow raises both sides as far as the surge allows, stable first: it is the side that is known to work.
func (b basicScale) grow(wantCanary, wantStable int32) (canary, stable int32) {
	canary, stable = b.New.Spec, b.Stable.Spec
	room := b.ceiling() - b.OldSpec - canary - stable
	if stable < wantStable && room > 0 {
		more := min(room, wantStable-stable)
		stable, room = stable+more, room-more
	}
	if canary < wantCanary && room > 0 {
		canary = min(canary+room, wantCanary)
	}
	return canary, stable
}

// serving counts the pods to rely on. The side that is about to shrink counts with all its pods: those that do not
// serve are the first to go and cost nothing.
func (b basicScale) serving(growing bool) int32 {
	var total int32
	if b.NewExists {
		total += b.New.count(!growing)
	}
	if b.StableExists {
		total += b.Stable.count(growing)
	}
	return total
}

func (s size) count(shrinking bool) int32 {
	if shrinking {
		return s.Spec
	}
	return min(s.Spec, s.Available)
}

// draining and keeping are the two sides of a move: the one that shrinks, and the one that takes over.
type draining struct {
	now  size
	next int32
}

type keeping struct {
	now    size
	next   int32
	exists bool
}

// fit brings a move below the ceiling. The keeping side gives way first, for its newest pods serve nobody yet; but
// those of its pods that are needed to stay available it keeps, and the draining side pays for them.
func (b basicScale) fit(drain draining, keep keeping) (drained, kept int32) {
	over := max(0, keep.next+drain.next-b.ceiling())
	available := min(drain.now.Available, drain.next)
	if keep.exists {
		keep.next -= over
		available += min(keep.now.Available, keep.next)
		lost := max(0, keep.now.Available-keep.next)
		keep.next += min(lost, max(0, b.minAvailable()-available))
	}
	over = max(0, keep.next+drain.next-b.ceiling())
	return drain.next - over, keep.next
}

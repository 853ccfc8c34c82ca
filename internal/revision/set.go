package revision

import (
	"cmp"
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Set is the ReplicaSets of a Rollout by role.
type Set struct {
	New    *appsv1.ReplicaSet   // runs the present template; nil until it is created
	Stable *appsv1.ReplicaSet   // was promoted last; nil until the first promotion, the same as New when nothing is under way
	Old    []*appsv1.ReplicaSet // all others, oldest first
}

// Classify gives the ReplicaSets that belong to a Rollout their roles.
func Classify(ro *v1alpha1.Rollout, owned []*appsv1.ReplicaSet) Set {
	sorted := slices.SortedStableFunc(slices.Values(owned), older)
	set := Set{New: newest(ro, sorted), Stable: labelled(sorted, ro.Status.StableRS)}
	for _, rs := range sorted {
		if rs != set.New && rs != set.Stable {
			set.Old = append(set.Old, rs)
		}
	}
	return set
}

// older orders by birth; of twins the first name comes first.
func older(a, b *appsv1.ReplicaSet) int {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
}

// newest finds the ReplicaSet that runs the present template, oldest first. The order of the rules matters: a name says
// what it was made from, while equal templates may differ in what others wrote into them later.
func newest(ro *v1alpha1.Rollout, sorted []*appsv1.ReplicaSet) *appsv1.ReplicaSet {
	template, count := &ro.Spec.Template, ro.Status.CollisionCount
	// A ReplicaSet that another version of the controller named must be found under that name. If it were not, taking
	// over a running cluster would replace every pod in it, hence the earlier forms of the hash.
	for _, hash := range []func() string{
		func() string { return Hash(template, count) },
		func() string { return earlierHash(template, count) },
		func() string { return LegacyHash(template, count) },
	} {
		if rs := labelled(sorted, hash()); rs != nil {
			return rs
		}
	}
	same := func(rs *appsv1.ReplicaSet) bool { return SameTemplate(Written(rs), template) }
	if i := slices.IndexFunc(sorted, same); i >= 0 {
		return sorted[i]
	}
	return nil
}

// labelled is the first ReplicaSet of that hash; nothing has the empty one.
func labelled(sets []*appsv1.ReplicaSet, hash string) *appsv1.ReplicaSet {
	if hash == "" {
		return nil
	}
	i := slices.IndexFunc(sets, func(rs *appsv1.ReplicaSet) bool { return HashOf(rs) == hash })
	if i < 0 {
		return nil
	}
	return sets[i]
}

// All is every ReplicaSet once: new, stable, then the old ones, oldest first.
func (s Set) All() []*appsv1.ReplicaSet {
	var all []*appsv1.ReplicaSet
	if s.New != nil {
		all = append(all, s.New)
	}
	if s.Stable != nil && s.Stable != s.New {
		all = append(all, s.Stable)
	}
	return append(all, s.Old...)
}

// ByHash is the ReplicaSet with that hash, nil if there is none.
func (s Set) ByHash(hash string) *appsv1.ReplicaSet { return labelled(s.All(), hash) }

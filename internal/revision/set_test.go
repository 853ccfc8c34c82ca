package revision

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

var birth = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// shop is a Rollout of one container with the image web:2.
func shop(t *testing.T) *v1alpha1.Rollout {
	t.Helper()
	ro := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "web-uid"}}
	ro.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	ro.Spec.Template = *containing(t, `{"name":"web","image":"web:2"}`)
	ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{}
	return ro
}

// aged is a ReplicaSet of the Rollout with that hash, born some minutes after the first.
func aged(ro *v1alpha1.Rollout, hash, image string, minutes int) *appsv1.ReplicaSet {
	rs := Make(ro, hash, 1)
	rs.Spec.Template.Spec.Containers[0].Image = image
	rs.CreationTimestamp = metav1.NewTime(birth.Add(time.Duration(minutes) * time.Minute))
	return rs
}

func TestClassify(t *testing.T) {
	type roles struct {
		New, Stable string
		Old         []string
	}
	ro := shop(t)
	template := &ro.Spec.Template
	hash, earlier, legacy := Hash(template, nil), earlierHash(template, nil), LegacyHash(template, nil)
	clashed := Hash(template, new(int32(1)))
	explicit := aged(ro, "other", "web:2", 1)
	fillIn(&explicit.Spec.Template.Spec)

	cases := map[string]struct {
		stable     string
		collisions *int32
		owned      []*appsv1.ReplicaSet
		want       roles
	}{
		"nothing yet": {want: roles{}},
		"the hash names it": {
			owned: []*appsv1.ReplicaSet{aged(ro, hash, "web:2", 0)},
			want:  roles{New: "web-" + hash},
		},
		"a new one beside the stable one": {
			stable: "old", owned: []*appsv1.ReplicaSet{aged(ro, "old", "web:1", 0), aged(ro, hash, "web:2", 1)},
			want: roles{New: "web-" + hash, Stable: "web-old"},
		},
		"the new one is the stable one": {
			stable: hash, owned: []*appsv1.ReplicaSet{aged(ro, "old", "web:1", 0), aged(ro, hash, "web:2", 1)},
			want: roles{New: "web-" + hash, Stable: "web-" + hash, Old: []string{"web-old"}},
		},
		"the new one is not there yet": {
			stable: "b", owned: []*appsv1.ReplicaSet{aged(ro, "c", "web:0", 3), aged(ro, "b", "web:1", 2), aged(ro, "a", "web:0", 1)},
			want: roles{Stable: "web-b", Old: []string{"web-a", "web-c"}},
		},
		"twins are told apart by name": {
			owned: []*appsv1.ReplicaSet{aged(ro, "b", "web:0", 1), aged(ro, "a", "web:0", 1)},
			want:  roles{Old: []string{"web-a", "web-b"}},
		},
		"the hash wins over a template that is equal too": {
			owned: []*appsv1.ReplicaSet{aged(ro, "a", "web:2", 0), aged(ro, hash, "web:2", 1)},
			want:  roles{New: "web-" + hash, Old: []string{"web-a"}},
		},
		"the hash wins over the pods that somebody changed": {
			owned: []*appsv1.ReplicaSet{aged(ro, hash, "patched", 0)},
			want:  roles{New: "web-" + hash},
		},
		"a hash with null timestamps is recognised": {
			owned: []*appsv1.ReplicaSet{aged(ro, earlier, "patched", 0), aged(ro, "a", "web:2", 0)},
			want:  roles{New: "web-" + earlier, Old: []string{"web-a"}},
		},
		"the Deployment's hash is recognised": {
			owned: []*appsv1.ReplicaSet{aged(ro, legacy, "patched", 0)},
			want:  roles{New: "web-" + legacy},
		},
		"an equal template is recognised, the oldest first": {
			owned: []*appsv1.ReplicaSet{aged(ro, "a", "web:2", 2), aged(ro, "b", "web:2", 1)},
			want:  roles{New: "web-b", Old: []string{"web-a"}},
		},
		"defaults that the server wrote make no difference": {
			owned: []*appsv1.ReplicaSet{explicit},
			want:  roles{New: "web-other"},
		},
		"after a clash of names the next hash counts": {
			collisions: new(int32(1)), owned: []*appsv1.ReplicaSet{aged(ro, hash, "web:2", 0), aged(ro, clashed, "web:2", 1)},
			want: roles{New: "web-" + clashed, Old: []string{"web-" + hash}},
		},
		"a stable revision that is gone": {
			stable: "gone", owned: []*appsv1.ReplicaSet{aged(ro, hash, "web:2", 0)},
			want: roles{New: "web-" + hash},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ro := ro.DeepCopy()
			ro.Status.StableRS, ro.Status.CollisionCount = c.stable, c.collisions
			set := Classify(ro, c.owned)
			got := roles{New: nameOf(set.New), Stable: nameOf(set.Stable), Old: names(set.Old)}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("roles (-want +got):\n%s", diff)
			}
			if len(set.All()) != len(c.owned) {
				t.Errorf("All() = %v, want each of the %d once", names(set.All()), len(c.owned))
			}
		})
	}
}

// Equivalent forms of the present template must not start a rollout.
func TestClassifyKnowsEquivalentForms(t *testing.T) {
	cases := map[string][2]string{
		"quantities":                {`{"resources":{"limits":{"cpu":"1000m","memory":"1024Mi"}}}`, `{"resources":{"limits":{"cpu":1,"memory":"1Gi"}}}`},
		"a port without a protocol": {`{"ports":[{"containerPort":80}]}`, `{"ports":[{"containerPort":80,"protocol":"TCP"}]}`},
		"empty maps and lists":      {`{"args":[],"resources":{}}`, `{}`},
		"a probe with its defaults": {`{"livenessProbe":{"httpGet":{"port":80}}}`, `{"livenessProbe":{"httpGet":{"port":80,"path":"/"},"periodSeconds":10}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for i := range c {
				ro := shop(t)
				ro.Spec.Template = *containing(t, c[i])
				rs := Make(ro, Hash(&ro.Spec.Template, nil), 1)
				fillIn(&rs.Spec.Template.Spec)
				ro.Spec.Template = *containing(t, c[1-i])
				if set := Classify(ro, []*appsv1.ReplicaSet{rs}); set.New != rs {
					t.Errorf("%s is not recognised in %s", c[1-i], c[i])
				}
			}
		})
	}
}

func TestSetByHash(t *testing.T) {
	ro := shop(t)
	set := Set{New: aged(ro, "n", "web:3", 3), Stable: aged(ro, "s", "web:2", 2), Old: []*appsv1.ReplicaSet{aged(ro, "o", "web:1", 1)}}
	for hash, want := range map[string]string{"n": "web-n", "s": "web-s", "o": "web-o", "x": "", "": ""} {
		if got := nameOf(set.ByHash(hash)); got != want {
			t.Errorf("ByHash(%q) = %q, want %q", hash, got, want)
		}
	}
	if diff := cmp.Diff([]string{"web-n", "web-s", "web-o"}, names(set.All())); diff != "" {
		t.Errorf("All() (-want +got):\n%s", diff)
	}
	if all := (Set{}).All(); all != nil {
		t.Errorf("All() of an empty set = %v, want none", names(all))
	}
}

func TestClaim(t *testing.T) {
	type claim struct{ Owned, Adopt, Release []string }
	ro := shop(t)
	ours := func(edit func(*appsv1.ReplicaSet)) *appsv1.ReplicaSet {
		rs := aged(ro, "a", "web:1", 0)
		edit(rs)
		return rs
	}
	orphan := func(rs *appsv1.ReplicaSet) { rs.OwnerReferences = nil }
	mismatch := func(rs *appsv1.ReplicaSet) { rs.Labels["app"] = "api" }
	deleting := func(rs *appsv1.ReplicaSet) { rs.DeletionTimestamp = &metav1.Time{Time: birth} }
	both := func(edits ...func(*appsv1.ReplicaSet)) func(*appsv1.ReplicaSet) {
		return func(rs *appsv1.ReplicaSet) {
			for _, edit := range edits {
				edit(rs)
			}
		}
	}
	it := []string{"web-a"}
	plain := func(*v1alpha1.Rollout) {}

	cases := map[string]struct {
		ro   func(*v1alpha1.Rollout)
		rs   func(*appsv1.ReplicaSet)
		want claim
	}{
		"ours and selected":                          {plain, func(*appsv1.ReplicaSet) {}, claim{Owned: it}},
		"ours while it is deleted":                   {plain, deleting, claim{Owned: it}},
		"ours, but no longer selected":               {plain, mismatch, claim{Release: it}},
		"nobody's and selected":                      {plain, orphan, claim{Adopt: it}},
		"nobody's and not selected":                  {plain, both(orphan, mismatch), claim{}},
		"nobody's, but on its way out":               {plain, both(orphan, deleting), claim{}},
		"somebody else's":                            {plain, func(rs *appsv1.ReplicaSet) { rs.OwnerReferences[0].UID = "other" }, claim{}},
		"owned, but controlled by nobody":            {plain, func(rs *appsv1.ReplicaSet) { rs.OwnerReferences[0].Controller = nil }, claim{Adopt: it}},
		"without a hash":                             {plain, func(rs *appsv1.ReplicaSet) { delete(rs.Labels, v1alpha1.DefaultRolloutUniqueLabelKey) }, claim{}},
		"in another namespace":                       {plain, func(rs *appsv1.ReplicaSet) { rs.Namespace = "elsewhere" }, claim{}},
		"a Rollout on its way out adopts nothing":    {func(ro *v1alpha1.Rollout) { ro.DeletionTimestamp = &metav1.Time{Time: birth} }, orphan, claim{}},
		"and lets nothing go":                        {func(ro *v1alpha1.Rollout) { ro.DeletionTimestamp = &metav1.Time{Time: birth} }, mismatch, claim{Owned: it}},
		"an empty selector adopts nothing":           {func(ro *v1alpha1.Rollout) { ro.Spec.Selector = &metav1.LabelSelector{} }, orphan, claim{}},
		"an empty selector lets nothing go":          {func(ro *v1alpha1.Rollout) { ro.Spec.Selector = &metav1.LabelSelector{} }, mismatch, claim{Owned: it}},
		"a selector not yet taken from the workload": {func(ro *v1alpha1.Rollout) { ro.Spec.Selector = nil }, func(*appsv1.ReplicaSet) {}, claim{Owned: it}},
		"a selector that nobody can read": {func(ro *v1alpha1.Rollout) {
			ro.Spec.Selector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "app", Operator: "Perhaps"}}
		}, mismatch, claim{Owned: it}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ro := ro.DeepCopy()
			c.ro(ro)
			owned, adopt, release := Claim(ro, []*appsv1.ReplicaSet{ours(c.rs)})
			if diff := cmp.Diff(c.want, claim{names(owned), names(adopt), names(release)}); diff != "" {
				t.Errorf("claim (-want +got):\n%s", diff)
			}
		})
	}
}

func nameOf(rs *appsv1.ReplicaSet) string {
	if rs == nil {
		return ""
	}
	return rs.Name
}

func names(sets []*appsv1.ReplicaSet) []string {
	var all []string
	for _, rs := range sets {
		all = append(all, rs.Name)
	}
	return all
}

package revision

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

func TestMake(t *testing.T) {
	ro := shop(t)
	ro.Spec.Replicas, ro.Spec.MinReadySeconds = new(int32(5)), 10
	ro.Annotations = map[string]string{
		"team":                                "a",
		corev1.LastAppliedConfigAnnotation:    "{}",
		v1alpha1.RevisionAnnotation:           "9",
		v1alpha1.NotifiedAnnotation:           "{}",
		v1alpha1.WorkloadGenerationAnnotation: "3",
	}
	ro.Spec.Template.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] = "pasted from elsewhere"
	before := ro.DeepCopy()
	labels := map[string]string{"app": "web", "rollouts-pod-template-hash": "abc"}
	want := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: "web-abc", Namespace: "shop", Labels: labels,
			Annotations: map[string]string{
				"team":                                 "a",
				"rollout.argoproj.io/revision":         "4",
				"rollout.argoproj.io/desired-replicas": "5",
			},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "argoproj.io/v1alpha1", Kind: "Rollout", Name: "web", UID: "web-uid",
				Controller: new(true), BlockOwnerDeletion: new(true),
			}},
		},
		Spec: appsv1.ReplicaSetSpec{
			Replicas:        new(int32(0)),
			MinReadySeconds: 10,
			Selector:        &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:2"}}},
			},
		},
	}
	got := Make(ro, "abc", 4)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReplicaSet (-want +got):\n%s", diff)
	}
	got.Spec.Selector.MatchLabels["app"], got.Spec.Template.Spec.Containers[0].Image = "x", "x"
	if diff := cmp.Diff(before, ro); diff != "" {
		t.Errorf("the Rollout shares memory with its ReplicaSet (-before +after):\n%s", diff)
	}
}

func TestMakeDressesForTheFirstRole(t *testing.T) {
	role := func(name string) *v1alpha1.PodTemplateMetadata {
		return &v1alpha1.PodTemplateMetadata{Labels: map[string]string{"role": name}, Annotations: map[string]string{"note": name}}
	}
	canary := v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{CanaryMetadata: role("canary"), StableMetadata: role("stable")}}
	blueGreen := v1alpha1.RolloutStrategy{BlueGreen: &v1alpha1.BlueGreenStrategy{PreviewMetadata: role("preview"), ActiveMetadata: role("active")}}
	cases := map[string]struct {
		strategy v1alpha1.RolloutStrategy
		stable   string
		want     string
	}{
		"the first revision is stable at once": {canary, "", "stable"},
		"any other begins as a canary":         {canary, "old", "canary"},
		"the first revision is active at once": {blueGreen, "", "active"},
		"any other begins as the preview":      {blueGreen, "old", "preview"},
		"no metadata is asked for":             {v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{}}, "old", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ro := shop(t)
			ro.Spec.Strategy, ro.Status.StableRS = c.strategy, c.stable
			rs := Make(ro, "abc", 1)
			template := rs.Spec.Template
			if template.Labels["role"] != c.want || template.Annotations["note"] != c.want {
				t.Errorf("pods wear %v and %v, want %q", template.Labels, template.Annotations, c.want)
			}
			if _, selected := rs.Spec.Selector.MatchLabels["role"]; selected || rs.Labels["role"] != "" {
				t.Error("a role that can be taken off is part of the selector or of the labels")
			}
			if !SameTemplate(&ro.Spec.Template, Written(rs)) {
				t.Errorf("written template (-want +got):\n%s", cmp.Diff(ro.Spec.Template, *Written(rs)))
			}
		})
	}
}

func TestDress(t *testing.T) {
	ro := shop(t)
	ro.Spec.Template.Annotations = map[string]string{"own": "yes"}
	bare := Make(ro, "abc", 1)
	canary := &v1alpha1.PodTemplateMetadata{Labels: map[string]string{"role": "canary"}, Annotations: map[string]string{"trace": "on"}}
	stable := &v1alpha1.PodTemplateMetadata{Labels: map[string]string{"role": "stable"}}

	dressed := Dress(bare, canary)
	if got, want := dressed.Annotations[v1alpha1.EphemeralMetadataAnnotation], `{"labels":{"role":"canary"},"annotations":{"trace":"on"}}`; got != want {
		t.Errorf("remembered %s, want %s", got, want)
	}
	if Dress(dressed, canary) != dressed {
		t.Error("the same metadata again made another ReplicaSet")
	}
	changed := Dress(dressed, stable)
	if diff := cmp.Diff(map[string]string{"app": "web", "rollouts-pod-template-hash": "abc", "role": "stable"}, changed.Spec.Template.Labels); diff != "" {
		t.Errorf("labels of another role (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"own": "yes"}, changed.Spec.Template.Annotations); diff != "" {
		t.Errorf("annotations of another role (-want +got):\n%s", diff)
	}
	for name, nothing := range map[string]*v1alpha1.PodTemplateMetadata{"nil": nil, "empty": {}} {
		if diff := cmp.Diff(bare, Dress(changed, nothing)); diff != "" {
			t.Errorf("undressed by %s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(ro.Spec.Template, *Written(changed)); diff != "" {
		t.Errorf("written template (-want +got):\n%s", diff)
	}
}

func TestMakeKeepsApart(t *testing.T) {
	required := &v1alpha1.AntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &v1alpha1.RequiredDuringSchedulingIgnoredDuringExecution{}}
	preferred := &v1alpha1.AntiAffinity{PreferredDuringSchedulingIgnoredDuringExecution: &v1alpha1.PreferredDuringSchedulingIgnoredDuringExecution{Weight: 7}}
	away := corev1.PodAffinityTerm{
		LabelSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "rollouts-pod-template-hash", Operator: "In", Values: []string{"old"}},
		}},
		Namespaces:  []string{"shop"},
		TopologyKey: "kubernetes.io/hostname",
	}
	demanded := &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{away}}}
	wished := &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{Weight: 7, PodAffinityTerm: away}},
	}}
	canary := func(a *v1alpha1.AntiAffinity) v1alpha1.RolloutStrategy {
		return v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{AntiAffinity: a}}
	}
	cases := map[string]struct {
		strategy v1alpha1.RolloutStrategy
		stable   string
		want     *corev1.Affinity
	}{
		"a demand":                       {canary(required), "old", demanded},
		"a wish":                         {canary(preferred), "old", wished},
		"blue-green asks the same way":   {v1alpha1.RolloutStrategy{BlueGreen: &v1alpha1.BlueGreenStrategy{AntiAffinity: required}}, "old", demanded},
		"nothing is stable yet":          {canary(required), "", nil},
		"the stable revision comes back": {canary(required), "abc", nil},
		"nobody asks":                    {canary(nil), "old", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ro := shop(t)
			ro.Spec.Strategy, ro.Status.StableRS = c.strategy, c.stable
			rs := Make(ro, "abc", 1)
			if diff := cmp.Diff(c.want, rs.Spec.Template.Spec.Affinity); diff != "" {
				t.Errorf("affinity (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(ro.Spec.Template, *Written(rs)); diff != "" {
				t.Errorf("written template (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnnotations(t *testing.T) {
	const revision, history = v1alpha1.RevisionAnnotation, v1alpha1.RevisionHistoryAnnotation
	cases := map[string]struct {
		ro, rs map[string]string
		number int64
		want   map[string]string
	}{
		"all is right":                          {map[string]string{"a": "1"}, map[string]string{"a": "1", revision: "2"}, 2, nil},
		"the first number":                      {nil, nil, 1, map[string]string{revision: "1"}},
		"a number is never lowered":             {nil, map[string]string{revision: "5"}, 2, nil},
		"a revision that comes back":            {nil, map[string]string{revision: "1"}, 3, map[string]string{revision: "3", history: "1"}},
		"a revision that comes back once more":  {nil, map[string]string{revision: "3", history: "1"}, 5, map[string]string{revision: "5", history: "1,3"}},
		"a number that nobody can read":         {nil, map[string]string{revision: "x"}, 2, map[string]string{revision: "2"}},
		"a new annotation enters the history":   {map[string]string{"a": "1"}, map[string]string{revision: "2"}, 2, map[string]string{"a": "1", history: "2"}},
		"an empty annotation is copied too":     {map[string]string{"a": ""}, map[string]string{revision: "2"}, 2, map[string]string{"a": "", history: "2"}},
		"a changed annotation before the first": {map[string]string{"a": "2"}, map[string]string{"a": "1"}, 1, map[string]string{"a": "2", revision: "1"}},
		"what the Rollout lost stays":           {nil, map[string]string{"a": "1", revision: "2"}, 2, nil},
		"annotations of one object only": {map[string]string{
			corev1.LastAppliedConfigAnnotation: "{}", revision: "9", history: "8", v1alpha1.DesiredReplicasAnnotation: "7",
			v1alpha1.NotifiedAnnotation: "x", v1alpha1.ScaleDownDeadlineAnnotation: "x", v1alpha1.EphemeralMetadataAnnotation: "x",
		}, map[string]string{revision: "2"}, 2, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ro, rs := &v1alpha1.Rollout{}, &appsv1.ReplicaSet{}
			ro.Annotations, rs.Annotations = c.ro, c.rs
			var got map[string]string
			for key, value := range Annotations(ro, rs, c.number) {
				got = merged(got, map[string]string{key: *value})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("edits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFacts(t *testing.T) {
	type facts struct {
		Hash                                      string
		Number                                    int64
		Replicas, Available, Created, Terminating int32
		Desired                                   int32
		HasDesired                                bool
		Deadline                                  string
		HasDeadline                               bool
	}
	full := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Labels: map[string]string{"rollouts-pod-template-hash": "abc"},
			Annotations: map[string]string{
				"rollout.argoproj.io/revision": "7", "rollout.argoproj.io/desired-replicas": "0", "scale-down-deadline": "2026-08-01T12:00:30Z",
			},
		},
		Spec:   appsv1.ReplicaSetSpec{Replicas: new(int32(4))},
		Status: appsv1.ReplicaSetStatus{Replicas: 3, AvailableReplicas: 2, TerminatingReplicas: new(int32(1))},
	}
	odd := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{
		"rollout.argoproj.io/revision": "first", "rollout.argoproj.io/desired-replicas": "many", "scale-down-deadline": "soon",
	}}}
	cases := map[string]struct {
		rs   *appsv1.ReplicaSet
		want facts
	}{
		"everything is known": {full, facts{"abc", 7, 4, 2, 3, 1, 0, true, "2026-08-01T12:00:30Z", true}},
		"nothing can be read": {odd, facts{Replicas: 1}},
		"there is none":       {nil, facts{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := facts{Hash: HashOf(c.rs), Number: Number(c.rs), Replicas: Replicas(c.rs), Available: Available(c.rs), Created: Created(c.rs), Terminating: Terminating(c.rs)}
			got.Desired, got.HasDesired = DesiredAnnotation(c.rs)
			deadline, set := Deadline(c.rs)
			if got.HasDeadline = set; set {
				got.Deadline = deadline.Format(time.RFC3339)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNext(t *testing.T) {
	numbered := func(number string) *appsv1.ReplicaSet {
		return &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.RevisionAnnotation: number}}}
	}
	if got := Next(nil); got != 1 {
		t.Errorf("Next of none = %d, want 1", got)
	}
	if got := Next([]*appsv1.ReplicaSet{numbered("2"), numbered("10"), numbered("odd"), nil}); got != 11 {
		t.Errorf("Next after 2, 10 and an odd one = %d, want 11", got)
	}
}

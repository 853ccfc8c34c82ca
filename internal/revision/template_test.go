package revision

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// served reads defaults.json: templates as users write them, and as an API server of Kubernetes 1.36 gave them back
// when they were put into a ReplicaSet.
func served(t *testing.T) map[string]struct{ Written, Served *corev1.PodTemplateSpec } {
	t.Helper()
	text, err := os.ReadFile("testdata/defaults.json")
	if err != nil {
		t.Fatal(err)
	}
	return *parsed[map[string]struct{ Written, Served *corev1.PodTemplateSpec }](t, string(text))
}

func TestDefaultsAreThoseOfTheServer(t *testing.T) {
	for name, c := range served(t) {
		t.Run(name, func(t *testing.T) {
			want := c.Served.DeepCopy()
			want.Spec.DeprecatedServiceAccount = ""
			if diff := cmp.Diff(string(encode(want)), string(encode(plain(c.Written)))); diff != "" {
				t.Errorf("template with defaults (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(string(encode(want)), string(encode(plain(c.Served)))); diff != "" {
				t.Errorf("template of the server (-before +after):\n%s", diff)
			}
		})
	}
}

func TestSameTemplate(t *testing.T) {
	for name, c := range served(t) {
		before := c.Written.DeepCopy()
		if !SameTemplate(c.Served, c.Written) || !SameTemplate(c.Written, c.Served) {
			t.Errorf("%s: what the server made of a template is not the same template", name)
		}
		if diff := cmp.Diff(before, c.Written); diff != "" {
			t.Errorf("%s: comparing changed the template (-before +after)\n%s", name, diff)
		}
	}
}

func TestSameTemplateOfTwo(t *testing.T) {
	const labelled = `{"metadata":{"labels":{"app":"web","rollouts-pod-template-hash":"abc"}},"spec":{"containers":[{"name":"web"}]}}`
	const bare = `{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web"}]}}`
	with := func(spec string) string {
		return `{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web"}],` + spec + `}}`
	}
	const ours = `{"topologyKey":"kubernetes.io/hostname","namespaces":["shop"],"labelSelector":{"matchExpressions":[{"key":"rollouts-pod-template-hash","operator":"In","values":["abc"]}]}}`
	const theirs = `{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"web"}}}`
	cases := map[string]struct {
		a, b string
		want bool
	}{
		"the hash label says nothing about the pods":       {labelled, bare, true},
		"nil and empty labels":                             {`{"metadata":{"labels":{}},"spec":{"containers":[{"name":"web"}]}}`, `{"spec":{"containers":[{"name":"web"}]}}`, true},
		"our anti-affinity is no wish of the user":         {with(`"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[` + ours + `]}}`), bare, true},
		"nor is a preferred one":                           {with(`"affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":` + ours + `}]}}`), bare, true},
		"the user's own beside ours stays":                 {with(`"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[` + theirs + `,` + ours + `]}}`), with(`"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[` + theirs + `]}}`), true},
		"and it counts":                                    {with(`"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[` + theirs + `]}}`), bare, false},
		"another label":                                    {`{"metadata":{"labels":{"app":"web","tier":"b"}},"spec":{"containers":[{"name":"web"}]}}`, bare, false},
		"another image":                                    {`{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"x"}]}}`, bare, false},
		"a second container":                               {`{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web"},{"name":"log"}]}}`, bare, false},
		"a setting that is not the default":                {with(`"dnsPolicy":"Default"`), bare, false},
		"a setting that is the default":                    {with(`"dnsPolicy":"ClusterFirst"`), bare, true},
		"another service account under the old field":      {with(`"serviceAccount":"old"`), bare, false},
		"the same service account under either field":      {with(`"serviceAccount":"sa"`), with(`"serviceAccountName":"sa"`), true},
		"quantities that are equal however they are spelt": {with(`"overhead":{"cpu":"1.050"}`), with(`"overhead":{"cpu":"1050m"}`), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a, b := parsed[corev1.PodTemplateSpec](t, c.a), parsed[corev1.PodTemplateSpec](t, c.b)
			if got := SameTemplate(a, b); got != c.want {
				t.Errorf("SameTemplate(a, b) = %t, want %t", got, c.want)
			}
			if got := SameTemplate(b, a); got != c.want {
				t.Errorf("SameTemplate(b, a) = %t, want %t", got, c.want)
			}
		})
	}
}

func TestWithoutHash(t *testing.T) {
	template := containing(t, `{"name":"web"}`)
	want := template.DeepCopy()
	template.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] = "abc"
	if diff := cmp.Diff(want, WithoutHash(template)); diff != "" {
		t.Errorf("template (-want +got):\n%s", diff)
	}
	if template.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] != "abc" {
		t.Error("the given template lost its hash")
	}
}

// TestAnotherWritersReplicaSet is the last resort of Classify: whatever was drawn up, and whatever name another
// controller gave it, the ReplicaSet that the server made of it is found.
func TestAnotherWritersReplicaSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ro := &v1alpha1.Rollout{}
		ro.Name, ro.Namespace, ro.UID = "web", "shop", "uid"
		ro.Spec.Template = *anyTemplate(t)
		ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
			CanaryMetadata: &v1alpha1.PodTemplateMetadata{Labels: map[string]string{"role": "canary"}},
			AntiAffinity:   &v1alpha1.AntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &v1alpha1.RequiredDuringSchedulingIgnoredDuringExecution{}},
		}
		ro.Status.StableRS = "stable"
		theirs := Make(ro, "theirs", 1)
		fillIn(&theirs.Spec.Template.Spec)
		stranger := theirs.DeepCopy()
		stranger.Name = "web-stranger"
		stranger.Spec.Template.Spec.Containers[0].Image += "x"

		set := Classify(ro, []*appsv1.ReplicaSet{stranger, theirs})
		if set.New != theirs {
			t.Fatalf("New is %v, want %s", set.New, theirs.Name)
		}
	})
}

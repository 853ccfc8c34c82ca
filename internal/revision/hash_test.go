package revision

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// TestHashes compares with hashes.json. Its entries marked "seen" were read off public clusters that ran the getting
// started example; all others come from testdata/hash.py, which works them out without this code.
func TestHashes(t *testing.T) {
	var cases map[string]struct {
		Template       *corev1.PodTemplateSpec
		Steps          []v1alpha1.CanaryStep
		CollisionCount *int32
		Earlier, Seen  bool
		Hash           string
	}
	text, err := os.ReadFile("testdata/hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got string
			switch {
			case c.Template == nil:
				got = StepHash(c.Steps)
			case c.Earlier:
				got = earlierHash(c.Template, c.CollisionCount)
			default:
				got = Hash(c.Template, c.CollisionCount)
			}
			if diff := cmp.Diff(c.Hash, got); diff != "" {
				t.Errorf("hash (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHashesThatMustBeEqual(t *testing.T) {
	cases := map[string][2]string{
		"a cpu in thousandths":     {`{"resources":{"limits":{"cpu":"1000m"}}}`, `{"resources":{"limits":{"cpu":"1"}}}`},
		"a cpu as a number":        {`{"resources":{"limits":{"cpu":1}}}`, `{"resources":{"limits":{"cpu":"1"}}}`},
		"memory in smaller units":  {`{"resources":{"limits":{"memory":"1024Mi"}}}`, `{"resources":{"limits":{"memory":"1Gi"}}}`},
		"empty maps and lists":     {`{"env":[],"resources":{"limits":{}}}`, `{}`},
		"fields that nobody knows": {`{"imgae":"typo"}`, `{}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			first, second := containing(t, c[0]), containing(t, c[1])
			if diff := cmp.Diff(Hash(first, nil), Hash(second, nil)); diff != "" {
				t.Errorf("Hash (-first +second):\n%s", diff)
			}
			if diff := cmp.Diff(LegacyHash(first, nil), LegacyHash(second, nil)); diff != "" {
				t.Errorf("LegacyHash (-first +second):\n%s", diff)
			}
		})
	}
}

func TestHashDoesNotApplyDefaults(t *testing.T) {
	bare, explicit := containing(t, `{"ports":[{"containerPort":80}]}`), containing(t, `{"ports":[{"containerPort":80,"protocol":"TCP"}]}`)
	if Hash(bare, nil) == Hash(explicit, nil) {
		t.Error("the hash of a port without a protocol is that of one with TCP; hashes are taken before defaults")
	}
}

// The Deployment's own hash has no second implementation here; what matters is that it is another one and takes part
// in clashes like the rest.
func TestLegacyHash(t *testing.T) {
	template := containing(t, `{}`)
	seen := map[string]string{}
	for name, hash := range map[string]string{
		"Hash":                   Hash(template, nil),
		"earlierHash":            earlierHash(template, nil),
		"LegacyHash":             LegacyHash(template, nil),
		"LegacyHash, clashed":    LegacyHash(template, new(int32(0))),
		"LegacyHash, once more":  LegacyHash(template, new(int32(1))),
		"LegacyHash, other pods": LegacyHash(containing(t, `{"image":"other"}`), nil),
	} {
		if twin, ok := seen[hash]; ok {
			t.Errorf("%s and %s are both %q", name, twin, hash)
		}
		seen[hash] = name
	}
}

func TestEarlierHashKeepsTimestampsThatAreSet(t *testing.T) {
	template := containing(t, `{}`)
	template.CreationTimestamp = metav1.NewTime(birth)
	if got, want := earlierHash(template, nil), Hash(template, nil); got != want {
		t.Errorf("earlierHash of a template with a timestamp = %s, want that of Hash, %s", got, want)
	}
}

func TestHashLeavesTheTemplateAlone(t *testing.T) {
	template := containing(t, `{"resources":{"limits":{"cpu":"1000m"}},"env":[]}`)
	before := template.DeepCopy()
	Hash(template, nil)
	earlierHash(template, nil)
	LegacyHash(template, nil)
	if diff := cmp.Diff(before, template); diff != "" {
		t.Errorf("template (-before +after):\n%s", diff)
	}
}

func TestHashProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := anyTemplate(t)
		hash := Hash(template, nil)

		var again corev1.PodTemplateSpec
		if err := json.Unmarshal(encode(template), &again); err != nil {
			t.Fatal(err)
		}
		if got := Hash(&again, nil); got != hash {
			t.Fatalf("hash %s became %s when the template was written and read", hash, got)
		}
		if len(hash) == 0 || len(hash) > 10 {
			t.Fatalf("hash %q has %d characters, want 1 to 10", hash, len(hash))
		}
		i := rapid.IntRange(0, len(template.Spec.Containers)-1).Draw(t, "changed container")
		again.Spec.Containers[i].Image += rapid.StringMatching(`[a-z0-9]{1,5}`).Draw(t, "added to the image")
		if Hash(&again, nil) == hash {
			t.Fatalf("another image in container %d did not change hash %s", i, hash)
		}
		if collided := Hash(template, new(rapid.Int32Range(0, 99).Draw(t, "collisions"))); collided == hash {
			t.Fatalf("a clash did not change hash %s", hash)
		}
	})
}

// TestQuantityForms checks that a number of hundredths is the same however it is spelt. (With three places behind the
// point it is not: the Kubernetes library keeps that spelling, and the hash must follow it.)
func TestQuantityForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centi := rapid.Int64Range(0, 100_000).Draw(t, "hundredths")
		forms := []string{
			fmt.Sprintf("%dm", centi*10),
			fmt.Sprintf("%d.%02d", centi/100, centi%100),
			fmt.Sprintf("%du", centi*10_000),
		}
		var hashes []string
		for _, form := range forms {
			template := &corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web"}}}}
			template.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(form)}
			hashes = append(hashes, Hash(template, nil))
		}
		if hashes[0] != hashes[1] || hashes[0] != hashes[2] {
			t.Fatalf("%v hash as %v", forms, hashes)
		}
	})
}

// containing is a template around one container, as a user writes it.
func containing(t *testing.T, container string) *corev1.PodTemplateSpec {
	t.Helper()
	return parsed[corev1.PodTemplateSpec](t, `{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[`+container+`]}}`)
}

func parsed[T any](t *testing.T, text string) *T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("reading %s: %v", text, err)
	}
	return &value
}

// anyTemplate draws a template with the parts that people use.
func anyTemplate(t *rapid.T) *corev1.PodTemplateSpec {
	word := rapid.StringMatching(`[a-z][a-z0-9-]{0,8}`)
	words := rapid.MapOfN(word, rapid.String(), 0, 3)
	quantity := rapid.Custom(func(t *rapid.T) resource.Quantity {
		number := rapid.Int64Range(0, 5000).Draw(t, "number")
		unit := rapid.SampledFrom([]string{"", "m", "u", "k", "M", "Ki", "Mi", "Gi", "e3"}).Draw(t, "unit")
		return resource.MustParse(fmt.Sprintf("%d%s", number, unit))
	})
	resources := rapid.MapOfN(rapid.SampledFrom([]corev1.ResourceName{"cpu", "memory", "ephemeral-storage"}), quantity, 0, 3)
	container := rapid.Custom(func(t *rapid.T) corev1.Container {
		c := corev1.Container{
			Name:  word.Draw(t, "container"),
			Image: word.Draw(t, "image"),
			Args:  rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "args"),
		}
		c.Resources.Limits = resources.Draw(t, "limits")
		c.Resources.Requests = resources.Draw(t, "requests")
		for key, value := range words.Draw(t, "env") {
			c.Env = append(c.Env, corev1.EnvVar{Name: key, Value: value})
		}
		if rapid.Bool().Draw(t, "probed") {
			c.ReadinessProbe = &corev1.Probe{PeriodSeconds: rapid.Int32Range(0, 20).Draw(t, "period")}
			c.ReadinessProbe.HTTPGet = &corev1.HTTPGetAction{Path: rapid.SampledFrom([]string{"", "/", "/ready"}).Draw(t, "path")}
		}
		return c
	})
	return &corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: words.Draw(t, "labels"), Annotations: words.Draw(t, "annotations")},
		Spec:       corev1.PodSpec{Containers: rapid.SliceOfN(container, 1, 3).Draw(t, "containers")},
	}
}

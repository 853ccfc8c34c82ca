package revision

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/dump"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Hash names a pod template. Writing the template gives quantities, empty lists and empty maps their one form, so a
// cpu of "1000m" and one of "1" get the same name of at most ten characters; defaults are not applied. After a clash of
// names collisionCount makes it another one.
func Hash(template *corev1.PodTemplateSpec, collisionCount *int32) string {
	return name(encode(template), collisionCount)
}

// earlierHash is Hash as it was while an unset creationTimestamp was still written as null into a template's metadata.
// ReplicaSets born under such a controller carry it, and so does everything that selects their pods.
func earlierHash(template *corev1.PodTemplateSpec, collisionCount *int32) string {
	// No pod template was created in the second that stands in for null here, so the text below occurs only where
	// this function put it.
	unset := metav1.NewTime(time.Unix(1, 0).UTC())
	marked := template.DeepCopy()
	for _, meta := range metadataOf(marked) {
		if meta.CreationTimestamp.IsZero() {
			meta.CreationTimestamp = unset
		}
	}
	text := strings.ReplaceAll(string(encode(marked)), `"creationTimestamp":`+string(encode(unset)), `"creationTimestamp":null`)
	return name([]byte(text), collisionCount)
}

// metadataOf is every metadata that stands in a template: its own, and that of the volume claims it makes.
func metadataOf(template *corev1.PodTemplateSpec) []*metav1.ObjectMeta {
	found := []*metav1.ObjectMeta{&template.ObjectMeta}
	for _, volume := range template.Spec.Volumes {
		if volume.Ephemeral != nil && volume.Ephemeral.VolumeClaimTemplate != nil {
			found = append(found, &volume.Ephemeral.VolumeClaimTemplate.ObjectMeta)
		}
	}
	return found
}

// LegacyHash names a pod template the way a Deployment names its own. It depends on the version of the Kubernetes
// types that it was built with.
func LegacyHash(template *corev1.PodTemplateSpec, collisionCount *int32) string {
	return name([]byte(dump.ForHash(*reread(template))), collisionCount)
}

// StepHash names a list of canary steps. A Rollout whose steps got another name starts them from the beginning.
func StepHash(steps []v1alpha1.CanaryStep) string {
	if len(steps) == 0 {
		steps = nil // an empty list and none are written differently, but mean the same
	}
	return name(encode(steps), nil)
}

// alphabet has no vowels and no digits that look like letters, so that a name is never a word.
const alphabet = "bcdfghjklmnpqrstvwxz2456789"

// name is the 32-bit FNV-1a sum of text and the collision count, in decimal, spelt in the safe alphabet.
func name(text []byte, collisionCount *int32) string {
	sum := fnv.New32a()
	sum.Write(text)
	if collisionCount != nil {
		// Compat: eight bytes for a number of four, as it has always been.
		var salt [8]byte
		binary.LittleEndian.PutUint32(salt[:], uint32(*collisionCount))
		sum.Write(salt[:])
	}
	digits := []byte(strconv.FormatUint(uint64(sum.Sum32()), 10))
	for i, digit := range digits {
		digits[i] = alphabet[int(digit)%len(alphabet)]
	}
	return string(digits)
}

// reread is a copy of template in which quantities, empty lists and empty maps have their one form in memory too.
func reread(template *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	var fresh corev1.PodTemplateSpec
	if err := json.Unmarshal(encode(template), &fresh); err != nil {
		panic(fmt.Sprintf("reading back a pod template that was just written: %v", err))
	}
	return &fresh
}

// encode writes a value of the API types, which came from JSON and can therefore be written as JSON.
func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("writing %T as JSON: %v", value, err))
	}
	return text
}

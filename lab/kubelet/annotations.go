package kubelet

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Annotations of a pod that steer its life in the lab. Durations are those of time.ParseDuration; one that cannot
// be read counts as absent.
const (
	// ReadyAfter is the time from a container's start until it is ready.
	ReadyAfter = "lab.kanari.dev/ready-after"
	// NeverReady keeps the pod from becoming ready when "true".
	NeverReady = "lab.kanari.dev/never-ready"
	// CrashAfter is the time from each start of the pod's containers until they exit with code 1.
	CrashAfter = "lab.kanari.dev/crash-after"
	// Fail is a waiting reason, such as ErrImagePull, in which the containers stay.
	Fail = "lab.kanari.dev/fail"
	// StopAfter is how long the containers take to end after their preStop hook, instead of the lab's own drain time.
	StopAfter = "lab.kanari.dev/stop-after"
)

func duration(pod *corev1.Pod, annotation string) (time.Duration, bool) {
	d, err := time.ParseDuration(pod.Annotations[annotation])
	return d, err == nil && d >= 0
}

// brokenImage tells whether pulling the image fails: its name or tag is does-not-exist, ends in -argo-error or begins
// with nonexistent-image-, or the image is rollouts-demo:error.
func brokenImage(image string) bool {
	name := image[strings.LastIndex(image, "/")+1:]
	name, tag, _ := strings.Cut(name, ":")
	if name == "rollouts-demo" && tag == "error" {
		return true
	}
	return brokenWord(name) || brokenWord(tag)
}

func brokenWord(s string) bool {
	return s == "does-not-exist" || strings.HasSuffix(s, "-argo-error") || strings.HasPrefix(s, "nonexistent-image-")
}

package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

const seconds = time.Second

// probeDelay is the earliest time after a container's start at which its probes can have found it ready.
func probeDelay(c *corev1.Container) time.Duration {
	var delay time.Duration
	if p := c.StartupProbe; p != nil {
		delay = time.Duration(p.InitialDelaySeconds) * seconds
	}
	p := c.ReadinessProbe
	if p == nil {
		return delay
	}
	further := max(p.SuccessThreshold-1, 0) * max(p.PeriodSeconds, 1)
	return max(delay, time.Duration(p.InitialDelaySeconds+further)*seconds)
}

// hookTime is how long a lifecycle hook takes: its sleep, or that of its command.
func hookTime(h *corev1.LifecycleHandler) time.Duration {
	switch {
	case h == nil:
		return 0
	case h.Sleep != nil:
		return time.Duration(h.Sleep.Seconds) * seconds
	case h.Exec == nil:
		return 0
	}
	p := read(h.Exec.Command)
	if p.known && !p.ends {
		return forever
	}
	return p.after
}

// stopTime is how long a pod's containers take to end when nothing cuts them short.
func stopTime(pod *corev1.Pod, settings Settings) time.Duration {
	drain := settings.Drain
	if d, ok := duration(pod, StopAfter); ok {
		drain = d
	}
	var longest time.Duration
	for i := range pod.Spec.Containers {
		if hooks := pod.Spec.Containers[i].Lifecycle; hooks != nil {
			longest = max(longest, hookTime(hooks.PreStop))
		}
	}
	if longest > forever-drain {
		return forever
	}
	return longest + drain
}

// grace is the time the API server has granted the pod to end.
func grace(pod *corev1.Pod) time.Duration {
	if pod.DeletionGracePeriodSeconds == nil {
		return 30 * seconds
	}
	return time.Duration(*pod.DeletionGracePeriodSeconds) * seconds
}

package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// report is everything a pod's status depends on.
type report struct {
	pod      *corev1.Pod // as last read
	life     *life
	began    time.Time
	ip, host string
	last     []corev1.PodCondition // as this kubelet last wrote them
	unready  string                // reason that keeps the pod from being ready whatever its containers say; empty: none
}

// status is the pod's status at now. Conditions keep the time of their last transition.
func (r report) status(now time.Time) corev1.PodStatus {
	start := metav1.NewTime(r.began)
	s := corev1.PodStatus{
		ObservedGeneration: r.pod.Generation,
		Phase:              r.life.phase(),
		HostIP:             r.host, HostIPs: []corev1.HostIP{{IP: r.host}},
		PodIP: r.ip, PodIPs: []corev1.PodIP{{IP: r.ip}},
		StartTime: &start,
	}
	for _, c := range r.life.inits {
		s.InitContainerStatuses = append(s.InitContainerStatuses, c.status(now))
	}
	for _, c := range r.life.mains {
		cs := c.status(now)
		cs.Ready = cs.Ready && r.unready == ""
		s.ContainerStatuses = append(s.ContainerStatuses, cs)
	}
	s.Conditions = r.conditions(now, s.Phase)
	return s
}

func (r report) conditions(now time.Time, phase corev1.PodPhase) []corev1.PodCondition {
	why := r.notReady(now, phase)
	ready := why
	if why == "" && !r.gatesOpen() {
		ready = "ReadinessGatesNotReady"
	}
	initialized := ""
	if !r.life.began {
		initialized = "ContainersNotInitialized"
	}
	return []corev1.PodCondition{
		r.condition(corev1.PodReadyToStartContainers, "", now),
		r.condition(corev1.PodInitialized, initialized, now),
		r.condition(corev1.ContainersReady, why, now),
		r.condition(corev1.PodReady, ready, now),
	}
}

// notReady is the reason why the containers are not all ready, empty when they are.
func (r report) notReady(now time.Time, phase corev1.PodPhase) string {
	switch {
	case phase == corev1.PodSucceeded, phase == corev1.PodFailed:
		return "PodCompleted"
	case r.unready != "":
		return r.unready
	case !r.life.containersReady(now):
		return "ContainersNotReady"
	}
	return ""
}

// gatesOpen tells whether every readiness gate's condition is True, whoever sets it.
func (r report) gatesOpen() bool {
	for _, gate := range r.pod.Spec.ReadinessGates {
		if c := find(r.pod.Status.Conditions, gate.ConditionType); c == nil || c.Status != corev1.ConditionTrue {
			return false
		}
	}
	return true
}

// condition is True without a reason, else False.
func (r report) condition(kind corev1.PodConditionType, reason string, now time.Time) corev1.PodCondition {
	c := corev1.PodCondition{
		Type: kind, Status: corev1.ConditionTrue, Reason: reason,
		LastTransitionTime: metav1.NewTime(now), ObservedGeneration: r.pod.Generation,
	}
	if reason != "" {
		c.Status = corev1.ConditionFalse
	}
	if old := find(r.last, kind); old != nil && old.Status == c.Status {
		c.LastTransitionTime = old.LastTransitionTime
	}
	return c
}

func find(conditions []corev1.PodCondition, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}

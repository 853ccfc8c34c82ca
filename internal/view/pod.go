package view

import (
	"cmp"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// podsOf are the ReplicaSet's pods, the oldest first.
func podsOf(set *appsv1.ReplicaSet, objects Objects) []Pod {
	var pods []Pod
	for i := range objects.Pods {
		pod := &objects.Pods[i]
		if ownedBy(pod, set.UID) {
			pods = append(pods, podOf(pod, objects.Nodes))
		}
	}
	slices.SortFunc(pods, func(a, b Pod) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Name, b.Name))
	})
	return pods
}

func podOf(pod *corev1.Pod, nodes []corev1.Node) Pod {
	status := podStatus(pod)
	v := Pod{
		Name:       pod.Name,
		Node:       pod.Spec.NodeName,
		Zone:       zoneOf(pod, nodes),
		Status:     status,
		Mark:       markOf(status),
		Reason:     podReason(pod),
		Containers: int32(len(pod.Spec.Containers)),
		CreatedAt:  pod.CreationTimestamp.UTC(),
	}
	for _, container := range pod.Status.ContainerStatuses {
		v.Restarts += container.RestartCount
		if container.Ready && container.State.Running != nil {
			v.Ready++
		}
	}
	return v
}

// zoneOf asks the pod's own label first: newer clusters copy it from the node.
func zoneOf(pod *corev1.Pod, nodes []corev1.Node) string {
	if zone := pod.Labels[corev1.LabelTopologyZone]; zone != "" {
		return zone
	}
	at := slices.IndexFunc(nodes, func(node corev1.Node) bool { return node.Name == pod.Spec.NodeName })
	if at < 0 {
		return ""
	}
	return nodes[at].Labels[corev1.LabelTopologyZone]
}

// podStatus is the word that stands in the STATUS column of kubectl get pods: the most telling one of the pod's reason, its
// init containers and its containers.
func podStatus(pod *corev1.Pod) string {
	if pod.DeletionTimestamp != nil {
		if pod.Status.Reason == "NodeLost" {
			return "Unknown"
		}
		return "Terminating"
	}
	if status := initStatus(pod); status != "" {
		return status
	}
	status := cmp.Or(pod.Status.Reason, string(pod.Status.Phase))
	running := false
	for _, container := range slices.Backward(pod.Status.ContainerStatuses) {
		if word := containerStatus(container.State); word != "" {
			status = word
			continue
		}
		running = running || (container.Ready && container.State.Running != nil)
	}
	if status == "Completed" && running {
		return "Running"
	}
	return status
}

// containerStatus is empty for a container that runs.
func containerStatus(state corev1.ContainerState) string {
	switch {
	case state.Waiting != nil:
		return state.Waiting.Reason
	case state.Terminated == nil:
		return ""
	case state.Terminated.Reason != "":
		return state.Terminated.Reason
	case state.Terminated.Signal != 0:
		return fmt.Sprintf("Signal:%d", state.Terminated.Signal)
	}
	return fmt.Sprintf("ExitCode:%d", state.Terminated.ExitCode)
}

// initStatus tells of the first init container that is not through; empty when all are.
func initStatus(pod *corev1.Pod) string {
	for i, container := range pod.Status.InitContainerStatuses {
		if initDone(pod, container) {
			continue
		}
		word := containerStatus(container.State)
		if word == "" || word == "PodInitializing" {
			return fmt.Sprintf("Init:%d/%d", i, len(pod.Spec.InitContainers))
		}
		return "Init:" + word
	}
	return ""
}

// initDone is true for one that ended well, and for a sidecar that has started.
func initDone(pod *corev1.Pod, status corev1.ContainerStatus) bool {
	if status.State.Terminated != nil {
		return status.State.Terminated.ExitCode == 0
	}
	sidecar := slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == status.Name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
	return sidecar && status.Started != nil && *status.Started
}

// podReason says why a pod does not run: the scheduler's word, or that of the first container in trouble.
func podReason(pod *corev1.Pod) string {
	if pod.Status.Message != "" {
		return pod.Status.Message
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return condition.Message
		}
	}
	for _, container := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if container.State.Waiting != nil && container.State.Waiting.Message != "" {
			return container.State.Waiting.Message
		}
	}
	return ""
}

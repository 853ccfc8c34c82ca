package view

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func waits(reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}
}

func ended(reason string, code, signal int32) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, Signal: signal},
	}}
}

func runs() corev1.ContainerStatus {
	started := true
	return corev1.ContainerStatus{
		Name: "c", Ready: true, Started: &started,
		State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
	}
}

func TestPodStatus(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	deleted := metav1.Now()
	type statuses = []corev1.ContainerStatus
	tests := map[string]struct {
		pod  corev1.Pod
		want string
		mark Mark
	}{
		"waiting for a node":   {corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending}}, "Pending", Moving},
		"evicted has no mark":  {corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted"}}, "Evicted", ""},
		"running":              {corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: statuses{runs()}}}, "Running", Good},
		"pulling in vain":      {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{waits("ErrImagePull")}}}, "ErrImagePull", Warning},
		"crashing":             {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{waits("CrashLoopBackOff")}}}, "CrashLoopBackOff", Bad},
		"the first one counts": {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{waits("ContainerCreating"), waits("CrashLoopBackOff")}}}, "ContainerCreating", Moving},
		"ended by a signal":    {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{ended("", 137, 9)}}}, "Signal:9", ""},
		"ended by itself":      {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{ended("", 3, 0)}}}, "ExitCode:3", ""},
		"out of memory":        {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{ended("OOMKilled", 137, 0)}}}, "OOMKilled", ""},
		"one is through, one still runs": {
			corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{ended("Completed", 0, 0), runs()}}}, "Running", Good,
		},
		"all are through": {corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: statuses{ended("Completed", 0, 0)}}}, "Completed", Good},
		"going away":      {corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &deleted}}, "Terminating", Moving},
		"going away with its node": {
			corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &deleted}, Status: corev1.PodStatus{Reason: "NodeLost"}}, "Unknown", Unsure,
		},
		"the second of two init containers": {
			corev1.Pod{
				Spec:   corev1.PodSpec{InitContainers: make([]corev1.Container, 2)},
				Status: corev1.PodStatus{InitContainerStatuses: statuses{ended("Completed", 0, 0), runs()}},
			}, "Init:1/2", Moving,
		},
		"an init container that crashes": {
			corev1.Pod{Status: corev1.PodStatus{InitContainerStatuses: statuses{waits("CrashLoopBackOff")}}}, "Init:CrashLoopBackOff", Moving,
		},
		"an init container that failed": {
			corev1.Pod{Status: corev1.PodStatus{InitContainerStatuses: statuses{ended("", 2, 0)}}}, "Init:ExitCode:2", Moving,
		},
		"a sidecar that has started does not hold the pod up": {
			corev1.Pod{
				Spec: corev1.PodSpec{InitContainers: []corev1.Container{{Name: "c", RestartPolicy: &always}}},
				Status: corev1.PodStatus{
					Phase: corev1.PodRunning, InitContainerStatuses: statuses{runs()}, ContainerStatuses: statuses{runs()},
				},
			}, "Running", Good,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := podOf(&test.pod, nil)
			if got.Status != test.want || got.Mark != test.mark {
				t.Errorf("got %q %q, want %q %q", got.Status, got.Mark, test.want, test.mark)
			}
		})
	}
}

func TestPodPlaceAndReason(t *testing.T) {
	node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{corev1.LabelTopologyZone: "a"}}}
	pod := corev1.Pod{Spec: corev1.PodSpec{NodeName: "n"}}
	if got := podOf(&pod, []corev1.Node{node}); got.Zone != "a" || got.Node != "n" {
		t.Errorf("zone of the node: got %+v", got)
	}
	pod.Labels = map[string]string{corev1.LabelTopologyZone: "b"}
	if got := podOf(&pod, []corev1.Node{node}); got.Zone != "b" {
		t.Errorf("zone of the pod's own label: got %+v", got)
	}
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: "0/3 nodes are available"},
	}}
	want := []Finding{{Object: "Pod ", Message: "Pending: 0/3 nodes are available"}}
	if diff := cmp.Diff(want, findingsOf([]ReplicaSet{{Pods: []Pod{podOf(&pod, nil)}}})); diff != "" {
		t.Error(diff)
	}
}

package kubelet

import (
	"context"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
)

type node struct {
	Node
	address string
	down    atomic.Bool
}

// register makes the node and takes away the taint that the API server gives every new node until it is ready.
func (k *Kubelet) register(ctx context.Context, n *node) error {
	_, err := k.client.CoreV1().Nodes().Create(ctx, n.object(), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return k.declare(ctx, n)
}

func (n *node) object() *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: map[string]string{
		corev1.LabelHostname:       n.Name,
		corev1.LabelTopologyZone:   n.Zone,
		corev1.LabelTopologyRegion: n.Region,
		corev1.LabelOSStable:       "linux",
		corev1.LabelArchStable:     "amd64",
	}}}
}

// declare writes the node's state, up or down: its condition and taints.
func (k *Kubelet) declare(ctx context.Context, n *node) error {
	nodes := k.client.CoreV1().Nodes()
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := nodes.Get(ctx, n.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Status = n.status(metav1.Now())
		if current, err = nodes.UpdateStatus(ctx, current, metav1.UpdateOptions{}); err != nil {
			return err
		}
		current.Spec.Taints = n.taints()
		_, err = nodes.Update(ctx, current, metav1.UpdateOptions{})
		return err
	})
}

func (n *node) status(now metav1.Time) corev1.NodeStatus {
	room := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourcePods:             resource.MustParse("1000"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
	}
	ready := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "the lab's kubelet is posting ready status"}
	if n.down.Load() {
		ready.Status, ready.Reason, ready.Message = corev1.ConditionUnknown, "NodeStatusUnknown", "the lab has taken the node down"
	}
	ready.LastHeartbeatTime, ready.LastTransitionTime = now, now
	return corev1.NodeStatus{
		Capacity: room, Allocatable: room,
		Conditions: []corev1.NodeCondition{ready},
		Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: n.address}, {Type: corev1.NodeHostName, Address: n.Name}},
		NodeInfo:   corev1.NodeSystemInfo{KubeletVersion: "v1.36.3", OperatingSystem: "linux", Architecture: "amd64", ContainerRuntimeVersion: "lab://1"},
	}
}

func (n *node) taints() []corev1.Taint {
	var taints []corev1.Taint
	for _, t := range n.Taints {
		taints = append(taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	if !n.down.Load() {
		return taints
	}
	return append(taints,
		corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoSchedule},
		corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute})
}

package kubelet

import (
	"context"
	"fmt"
	"slices"
)

// SetNode takes a node down (its pods stop answering and stop being ready) or brings it back.
func (k *Kubelet) SetNode(ctx context.Context, name string, down bool) error {
	n, ok := k.nodes[name]
	if !ok {
		return fmt.Errorf("node %q: there is no such node; there are %v", name, k.nodeNames())
	}
	n.down.Store(down)
	k.each(func(w *worker) bool { return w.node == n }, func(*worker) {})
	return k.declare(ctx, n)
}

// SetZone does to every node of a zone what SetNode does to one.
func (k *Kubelet) SetZone(ctx context.Context, zone string, down bool) error {
	found := false
	for _, name := range k.nodeNames() {
		if k.nodes[name].Zone != zone {
			continue
		}
		found = true
		if err := k.SetNode(ctx, name, down); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("zone %q: no node is in it", zone)
	}
	return nil
}

// CrashPod ends the pod's containers as a kill would; they are started again as its restart policy says.
func (k *Kubelet) CrashPod(namespace, name string) error {
	return k.onPod(namespace, name, func(w *worker) { w.crashes++ })
}

// SetPodReady keeps a pod from being ready, or lets it be ready again.
func (k *Kubelet) SetPodReady(namespace, name string, ready bool) error {
	return k.onPod(namespace, name, func(w *worker) { w.heldBack = !ready })
}

func (k *Kubelet) onPod(namespace, name string, change func(*worker)) error {
	if k.each(func(w *worker) bool { return w.pod.Namespace == namespace && w.pod.Name == name }, change) == 0 {
		return fmt.Errorf("pod %q: there is no such pod on a node", namespace+"/"+name)
	}
	return nil
}

// each changes and wakes every worker that fits and returns how many there were.
func (k *Kubelet) each(fits func(*worker) bool, change func(*worker)) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	count := 0
	for _, w := range k.pods {
		w.mu.Lock()
		match := fits(w)
		w.mu.Unlock()
		if match {
			w.tell(func() { change(w) })
			count++
		}
	}
	return count
}

func (k *Kubelet) nodeNames() []string {
	var names []string
	for name := range k.nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

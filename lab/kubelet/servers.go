package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/lab/serve"
)

// adjustServers makes every running container serve and ends the servers of those that do not run.
func (w *worker) adjustServers(pod *corev1.Pod) error {
	for i, c := range w.life.mains {
		if c.stage != running {
			if s := w.servers[c.name]; s != nil {
				s.Break()
			}
			delete(w.servers, c.name)
			continue
		}
		if _, has := w.servers[c.name]; has {
			continue
		}
		s, err := w.kubelet.servers.Start(w.workload(pod, &pod.Spec.Containers[i]))
		if err != nil {
			return err
		}
		if s != nil {
			w.servers[c.name] = s
		}
	}
	return nil
}

func (w *worker) workload(pod *corev1.Pod, c *corev1.Container) serve.Workload {
	load := serve.Workload{
		Image: c.Image, Namespace: pod.Namespace, Pod: pod.Name,
		Node: w.node.Name, Zone: w.node.Zone, Address: w.address,
	}
	for _, p := range c.Ports {
		if p.Protocol == "" || p.Protocol == corev1.ProtocolTCP {
			load.Ports = append(load.Ports, int(p.ContainerPort))
		}
	}
	return load
}

func (w *worker) breakServers() {
	for name, s := range w.servers {
		s.Break()
		delete(w.servers, name)
	}
}

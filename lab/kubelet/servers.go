package kubelet

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/lab/serve"
)

// server is a pretended server or a real program.
type server interface {
	Stop()
	Break()
}

// adjustServers makes every running container serve and ends the servers of those that do not run.
func (w *worker) adjustServers(ctx context.Context, pod *corev1.Pod) error {
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
		if err := w.startServer(ctx, pod, i); err != nil {
			return err
		}
	}
	return nil
}

// startServer starts what stands for the container's image, if anything does.
func (w *worker) startServer(ctx context.Context, pod *corev1.Pod, i int) error {
	spec, c := &pod.Spec.Containers[i], w.life.mains[i]
	if w.kubelet.settings.Programs.Of(spec.Image) != "" {
		p, err := w.startProgram(ctx, pod, spec, c)
		if err != nil {
			return err
		}
		w.servers[c.name] = p
		return nil
	}
	s, err := w.kubelet.servers.Start(w.workload(pod, spec))
	if s != nil {
		w.servers[c.name] = s
	}
	return err
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

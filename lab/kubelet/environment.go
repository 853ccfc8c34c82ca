package kubelet

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// environment is what a container's program finds in its variables: its own, and where the API server is.
func (w *worker) environment(pod *corev1.Pod, c *corev1.Container) (map[string]string, error) {
	host, port, err := net.SplitHostPort(w.kubelet.settings.APIServer)
	if err != nil {
		return nil, err
	}
	all := map[string]string{"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "HOSTNAME": pod.Name}
	if len(c.EnvFrom) > 0 {
		return nil, errors.New("envFrom: the lab reads only env")
	}
	for _, v := range c.Env {
		text := expansion.Expand(v.Value, expansion.MappingFuncFor(all))
		if v.ValueFrom != nil {
			if text, err = w.field(pod, v.ValueFrom.FieldRef); err != nil {
				return nil, fmt.Errorf("env %q: %w", v.Name, err)
			}
		}
		all[v.Name] = text
	}
	return all, nil
}

// field is a field of the pod as the downward API names it; ref is nil where something else is asked for.
func (w *worker) field(pod *corev1.Pod, ref *corev1.ObjectFieldSelector) (string, error) {
	if ref == nil {
		return "", errors.New("the lab reads only values and fieldRef")
	}
	switch ref.FieldPath {
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP", "status.hostIPs":
		return w.node.address, nil
	case "status.podIP", "status.podIPs":
		return w.address.String(), nil
	}
	return fieldpath.ExtractFieldPathAsString(pod, ref.FieldPath)
}

// arguments of a container's program: what follows the command's first word, which the program stands for, and args.
func arguments(c *corev1.Container, environment map[string]string) []string {
	words := c.Args
	if len(c.Command) > 0 {
		words = slices.Concat(c.Command[1:], c.Args)
	}
	mapping := expansion.MappingFuncFor(environment)
	var all []string
	for _, word := range words {
		all = append(all, expansion.Expand(word, mapping))
	}
	return all
}

func assignments(environment map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		all = append(all, name+"="+environment[name])
	}
	return all
}

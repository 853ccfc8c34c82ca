package experiment

import (
	"fmt"
	"maps"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// newReplicaSet is the ReplicaSet of a template, before it was created, with all of its pods.
func newReplicaSet(ex *v1alpha1.Experiment, spec *v1alpha1.TemplateSpec, collisions *int32) *appsv1.ReplicaSet {
	hash := map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hashOf(ex, spec, collisions)}
	template, selector := spec.Template.DeepCopy(), spec.Selector.DeepCopy()
	if selector == nil {
		selector = &metav1.LabelSelector{} // invalid says so, and nothing is created
	}
	template.Labels, selector.MatchLabels = over(template.Labels, hash), over(selector.MatchLabels, hash)
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name:            ex.Name + "-" + spec.Name + suffix(collisions),
			Namespace:       ex.Namespace,
			Labels:          hash,
			Annotations:     origin(ex, spec.Name),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ex, v1alpha1.ExperimentGVK)},
		},
		Spec: appsv1.ReplicaSetSpec{
			Replicas:        new(v1alpha1.TemplateReplicas(spec)),
			MinReadySeconds: spec.MinReadySeconds,
			Selector:        selector,
			Template:        *template,
		},
	}
}

// hashOf names the pods of a template of this Experiment, and no others: a Service, a route and a query select by it alone, and the
// template may well be that of a Rollout, or of another group that is compared with this one.
func hashOf(ex *v1alpha1.Experiment, spec *v1alpha1.TemplateSpec, collisions *int32) string {
	marked := revision.WithoutHash(&spec.Template)
	marked.Annotations = over(marked.Annotations, origin(ex, spec.Name))
	return revision.Hash(marked, collisions)
}

// origin marks what belongs to a template of an Experiment.
func origin(ex *v1alpha1.Experiment, template string) map[string]string {
	return map[string]string{v1alpha1.ExperimentNameAnnotationKey: ex.Name, v1alpha1.ExperimentTemplateNameAnnotationKey: template}
}

// over is a new map in which what is laid on top wins.
func over(base, top map[string]string) map[string]string {
	both := maps.Clone(base)
	if both == nil {
		both = map[string]string{}
	}
	maps.Copy(both, top)
	return both
}

// serviceFor is the Service that a template asks for, before it was created; nil for none. Compat: pods without a declared port get none.
func (t *turn) serviceFor(spec *v1alpha1.TemplateSpec, set *appsv1.ReplicaSet) *corev1.Service {
	if spec.Service == nil {
		return nil
	}
	ports := portsOf(&set.Spec.Template.Spec)
	if len(ports) == 0 {
		return nil
	}
	name := spec.Service.Name
	if name == "" {
		name = set.Name
	}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name:            name,
			Namespace:       t.ex.Namespace,
			Annotations:     origin(t.ex, spec.Name),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(t.ex, v1alpha1.ExperimentGVK)},
		},
		Spec: corev1.ServiceSpec{Selector: map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: revision.HashOf(set)}, Ports: ports},
	}
}

// portsOf are the ports that containers declare, each number of a protocol once. Where there are several, each has a name of its own, as
// Services need it; a name says nothing that a mesh could read a protocol from, unless its author chose it.
func portsOf(pod *corev1.PodSpec) []corev1.ServicePort {
	var ports []corev1.ServicePort
	names, numbers := map[string]bool{}, map[string]bool{}
	for _, container := range pod.Containers {
		for _, port := range container.Ports {
			number := fmt.Sprintf("port-%d-%s", port.ContainerPort, strings.ToLower(string(protocolOf(port))))
			if numbers[number] {
				continue
			}
			name := port.Name
			if len(ports) > 0 && (name == "" || names[name]) {
				name = number
			}
			names[name], numbers[number] = true, true
			ports = append(ports, corev1.ServicePort{
				Name: name, Protocol: protocolOf(port), Port: port.ContainerPort, TargetPort: intstr.FromInt32(port.ContainerPort),
			})
		}
	}
	if len(ports) > 1 && ports[0].Name == "" {
		ports[0].Name = fmt.Sprintf("port-%d-%s", ports[0].Port, strings.ToLower(string(ports[0].Protocol)))
	}
	return ports
}

func protocolOf(port corev1.ContainerPort) corev1.Protocol {
	if port.Protocol == "" {
		return corev1.ProtocolTCP
	}
	return port.Protocol
}

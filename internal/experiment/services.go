package experiment

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// served gives each group that wants one a Service, and takes it when the pods have gone.
func served(t *turn) outcome {
	for _, g := range t.groups {
		g.status.ServiceName = ""
		if t.alive() && g.service != nil && t.serviceNamed(g.service.Name) == nil {
			t.moves.serve = append(t.moves.serve, plan.CreateService{Service: g.service})
			g.status.ServiceName = g.service.Name
		}
	}
	for _, service := range t.ownServices() {
		g := t.group(service.Annotations[v1alpha1.ExperimentTemplateNameAnnotationKey])
		switch {
		case service.DeletionTimestamp != nil:
		case t.spent(service, g):
			t.moves.retreat = append(t.moves.retreat, plan.DeleteService{Name: service.Name})
		case g != nil:
			g.status.ServiceName = service.Name
		}
	}
	return goOn
}

// spent tells whether a Service of ours stands for nothing any more.
func (t *turn) spent(service *corev1.Service, g *group) bool {
	switch {
	case t.ending():
		return g == nil || (revision.Replicas(g.set) == 0 && revision.Available(g.set) == 0)
	case !t.alive() || (g != nil && g.status.Status.Completed()):
		return false
	case g == nil || g.service == nil:
		return true
	}
	// Another name was asked for, or its pods are others than those it was made for.
	return service.Name != g.service.Name || !maps.Equal(service.Spec.Selector, g.service.Spec.Selector)
}

// ownServices are those that the Experiment controls, by name.
func (t *turn) ownServices() []*corev1.Service {
	own := slices.DeleteFunc(slices.Clone(t.Services), func(s *corev1.Service) bool { return !metav1.IsControlledBy(s, t.ex) })
	slices.SortFunc(own, func(a, b *corev1.Service) int { return strings.Compare(a.Name, b.Name) })
	return own
}

// serviceNamed is the Service of that name, whoever owns it; nil for none.
func (t *turn) serviceNamed(name string) *corev1.Service {
	at := slices.IndexFunc(t.Services, func(s *corev1.Service) bool { return s.Name == name })
	if at < 0 {
		return nil
	}
	return t.Services[at]
}

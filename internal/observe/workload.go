package observe

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/rollout"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// References are all objects of others whose content decides about a Rollout: those of its meshes, and the workload that it takes its
// template from. Their kinds are watched from the first Rollout on that names one.
func References(ro *v1alpha1.Rollout, renderers []traffic.Renderer) []traffic.Ref {
	var all []traffic.Ref
	for _, renderer := range renderers {
		all = append(all, renderer.Objects(ro)...)
	}
	if ref := ro.Spec.WorkloadRef; ref != nil {
		all = append(all, workloadRef(ro))
	}
	return all
}

func workloadRef(ro *v1alpha1.Rollout) traffic.Ref {
	ref := ro.Spec.WorkloadRef
	return traffic.Ref{GroupVersionKind: schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind), Namespace: ro.Namespace, Name: ref.Name}
}

// workload is what spec.workloadRef names; nil where there is none.
func (e *Eye) workload(ctx context.Context, ro *v1alpha1.Rollout) (*rollout.Workload, error) {
	if ro.Spec.WorkloadRef == nil {
		return nil, nil
	}
	found, err := e.Find(ctx, []traffic.Ref{workloadRef(ro)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var loose struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		// A PodTemplate has its template here, the others below spec.
		Template *corev1.PodTemplateSpec `json:"template"`
		Spec     struct {
			Replicas *int32                 `json:"replicas"`
			Selector *metav1.LabelSelector  `json:"selector"`
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found[0].Object, &loose); err != nil {
		return nil, fmt.Errorf("reading the template of %s: %w", workloadRef(ro), err)
	}
	w := &rollout.Workload{Generation: loose.Metadata.Generation, Template: loose.Spec.Template, Selector: loose.Spec.Selector, Replicas: loose.Spec.Replicas}
	if loose.Template != nil {
		w.Template = *loose.Template
	}
	return w, nil
}

package rollout

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/revision"
)

// whole is the Rollout with the template of the workload that it refers to, as if it were its own.
func whole(w World) *v1alpha1.Rollout {
	if w.Rollout.Spec.WorkloadRef == nil || w.Workload == nil {
		return w.Rollout
	}
	ro := *w.Rollout
	ro.Spec.Template = w.Workload.Template
	if ro.Spec.Selector == nil {
		ro.Spec.Selector = w.Workload.Selector
	}
	return &ro
}

// workloadKinds are those that have a pod template.
var workloadKinds = map[string]bool{"apps/v1 Deployment": true, "apps/v1 ReplicaSet": true, "v1 PodTemplate": true}

// badWorkload finds a reference that cannot be followed.
func (t *turn) badWorkload() field.ErrorList {
	ref := t.ro.Spec.WorkloadRef
	path := field.NewPath("spec", "workloadRef")
	switch {
	case ref == nil:
		return nil
	case !workloadKinds[ref.APIVersion+" "+ref.Kind]:
		return field.ErrorList{field.Invalid(path, ref.APIVersion+" "+ref.Kind,
			"workload of this type is not supported: name a Deployment or ReplicaSet of apps/v1, or a PodTemplate of v1")}
	case t.Workload == nil:
		return field.ErrorList{field.Invalid(path.Child("name"), ref.Name, fmt.Sprintf("%s %q not found; create it, or name one that exists", ref.Kind, ref.Name))}
	case t.ro.Spec.Selector == nil:
		return field.ErrorList{field.Required(field.NewPath("spec", "selector"), "a "+ref.Kind+" has no selector that could be taken over: write one")}
	}
	return v1alpha1.ValidatePodTemplate(&t.ro.Spec.Template, t.ro.Spec.Selector, path)
}

// When the workload gives up its own pods.
const (
	scaleDownOnSuccess     = "onsuccess"
	scaleDownProgressively = "progressively"
)

// handedOver has the workload that the template came from give up its own pods while the first revision takes over, and notes which
// generation of it was seen. Later revisions leave it alone: by then its number of replicas is somebody's wish.
func handedOver(t *turn) outcome {
	ref := t.ro.Spec.WorkloadRef
	if ref == nil {
		t.status.WorkloadObservedGeneration = 0
		return goOn
	}
	t.status.WorkloadObservedGeneration = v1alpha1.ObservedGeneration(t.Workload.Generation)
	if ref.Kind != "Deployment" || t.Workload.Replicas == nil || t.number() != 1 {
		return goOn
	}
	keep := *t.Workload.Replicas
	switch available := revision.Available(t.revisions.New); {
	case ref.ScaleDown == scaleDownOnSuccess && available >= t.replicas():
		keep = 0
	case ref.ScaleDown == scaleDownProgressively:
		keep = min(keep, max(t.replicas()-available, 0))
	}
	if keep < *t.Workload.Replicas {
		t.moves.shrink = append(t.moves.shrink, plan.ScaleWorkload{Name: ref.Name, Replicas: keep})
	}
	return goOn
}

// workloadMark is the annotation of the workload's generation; empty without one.
func (t *turn) workloadMark() string {
	if t.ro.Spec.WorkloadRef == nil || t.Workload == nil {
		return ""
	}
	return strconv.FormatInt(t.Workload.Generation, 10)
}

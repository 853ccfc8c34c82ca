package observe

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/rollout"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// claims are the parts of shared objects that a Rollout wants to write.
func claims(ro *v1alpha1.Rollout, renderers []traffic.Renderer) []traffic.Claim {
	var all []traffic.Claim
	for _, name := range v1alpha1.ServiceNames(ro) {
		all = append(all, traffic.Claim{
			Ref:  traffic.Ref{GroupVersionKind: schema.GroupVersionKind{Version: "v1", Kind: "Service"}, Namespace: ro.Namespace, Name: name},
			Part: "selector",
		})
	}
	for _, renderer := range renderers {
		all = append(all, renderer.Claims(ro)...)
	}
	return all
}

// rivals are older Rollouts that claim the same. Age decides, then the name, so that every controller comes to the same answer.
func (e *Eye) rivals(ctx context.Context, ro *v1alpha1.Rollout) ([]rollout.Rival, error) {
	var found []rollout.Rival
	for _, mine := range claims(ro, e.Renderers) {
		others := &v1alpha1.RolloutList{}
		use := client.MatchingFields{ByUse: Used(mine.Ref.Kind, mine.Ref.Namespace, mine.Ref.Name)}
		if err := e.Reader.List(ctx, others, use); err != nil {
			return nil, err
		}
		for i := range others.Items {
			other := &others.Items[i]
			if !older(other, ro) || !e.claims(other, mine) {
				continue
			}
			found = append(found, rollout.Rival{
				Rollout: fmt.Sprintf("%s/%s", other.Namespace, other.Name),
				What:    fmt.Sprintf("%s of %s", mine.Part, mine.Ref),
				Field:   claimField(ro, mine),
			})
		}
	}
	return found, nil
}

func (e *Eye) claims(ro *v1alpha1.Rollout, part traffic.Claim) bool {
	for _, claim := range claims(ro, e.Renderers) {
		if claim.Overlaps(part) {
			return true
		}
	}
	return false
}

// older tells whether a Rollout other than ro was there before it and is going to stay.
func older(other, ro *v1alpha1.Rollout) bool {
	if other.UID == ro.UID || other.DeletionTimestamp != nil {
		return false
	}
	if other.CreationTimestamp.Equal(&ro.CreationTimestamp) {
		return other.Namespace+"/"+other.Name < ro.Namespace+"/"+ro.Name
	}
	return other.CreationTimestamp.Before(&ro.CreationTimestamp)
}

func claimField(ro *v1alpha1.Rollout, claim traffic.Claim) *field.Path {
	strategy := field.NewPath("spec", "strategy")
	if ro.Spec.Strategy.BlueGreen != nil {
		return strategy.Child("blueGreen")
	}
	canary := strategy.Child("canary")
	if claim.Ref.Kind == "Service" {
		return canary
	}
	return canary.Child("trafficRouting")
}

package revision

import (
	"encoding/json"
	"maps"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Dress is a copy of a ReplicaSet whose pod template wears the metadata of its role, and nothing of the role before;
// nil undresses it. It answers rs itself when nothing changes. Pods that live already are not its business.
func Dress(rs *appsv1.ReplicaSet, metadata *v1alpha1.PodTemplateMetadata) *appsv1.ReplicaSet {
	text := ""
	if metadata != nil && len(metadata.Labels)+len(metadata.Annotations) > 0 {
		text = string(encode(metadata))
	}
	if text == annotation(rs, v1alpha1.EphemeralMetadataAnnotation) {
		return rs
	}
	dressed := rs.DeepCopy()
	undress(dressed)
	if text == "" {
		return dressed
	}
	template := &dressed.Spec.Template
	template.Labels = merged(template.Labels, metadata.Labels)
	template.Annotations = merged(template.Annotations, metadata.Annotations)
	dressed.Annotations = merged(dressed.Annotations, map[string]string{v1alpha1.EphemeralMetadataAnnotation: text})
	return dressed
}

// undress takes off what the annotation remembers, and forgets it.
func undress(rs *appsv1.ReplicaSet) {
	worn := wornBy(rs)
	for key := range worn.Labels {
		delete(rs.Spec.Template.Labels, key)
	}
	for key := range worn.Annotations {
		delete(rs.Spec.Template.Annotations, key)
	}
	delete(rs.Annotations, v1alpha1.EphemeralMetadataAnnotation)
}

// wornBy is the metadata of its role that a ReplicaSet's pods wear; empty when it has none, or when what is
// remembered cannot be read.
func wornBy(rs *appsv1.ReplicaSet) v1alpha1.PodTemplateMetadata {
	var worn v1alpha1.PodTemplateMetadata
	if err := json.Unmarshal([]byte(annotation(rs, v1alpha1.EphemeralMetadataAnnotation)), &worn); err != nil {
		return v1alpha1.PodTemplateMetadata{}
	}
	return worn
}

// firstMetadata is worn from birth: the first revision of all is at once what stable ones are.
func firstMetadata(ro *v1alpha1.Rollout) *v1alpha1.PodTemplateMetadata {
	first, strategy := ro.Status.StableRS == "", ro.Spec.Strategy
	switch {
	case strategy.Canary != nil && first:
		return strategy.Canary.StableMetadata
	case strategy.Canary != nil:
		return strategy.Canary.CanaryMetadata
	case strategy.BlueGreen != nil && first:
		return strategy.BlueGreen.ActiveMetadata
	case strategy.BlueGreen != nil:
		return strategy.BlueGreen.PreviewMetadata
	}
	return nil
}

// merged is a new map in which what is laid on top wins.
func merged(base, top map[string]string) map[string]string {
	both := make(map[string]string, len(base)+len(top))
	maps.Copy(both, base)
	maps.Copy(both, top)
	return both
}

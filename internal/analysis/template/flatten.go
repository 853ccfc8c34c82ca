package template

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Lookup finds the spec of a template in the namespace of the Rollout, or of a cluster-wide one; nil for none.
type Lookup func(v1alpha1.AnalysisTemplateRef) *v1alpha1.AnalysisTemplateSpec

// Named is a template under the name by which it was asked for.
type Named struct {
	Ref  v1alpha1.AnalysisTemplateRef
	Spec *v1alpha1.AnalysisTemplateSpec
}

// Kind of the template's object.
func Kind(ref v1alpha1.AnalysisTemplateRef) string {
	if ref.ClusterScope {
		return "ClusterAnalysisTemplate"
	}
	return "AnalysisTemplate"
}

// Flatten lists templates with those that they name in turn, each once: first those of the namespace, then the cluster-wide ones, each
// before its own. The error names the first that does not exist.
func Flatten(refs []v1alpha1.AnalysisTemplateRef, find Lookup) ([]Named, error) {
	f := flattening{find: find, seen: map[v1alpha1.AnalysisTemplateRef]bool{}}
	if err := f.add(refs); err != nil {
		return nil, err
	}
	return append(f.namespaced, f.cluster...), nil
}

type flattening struct {
	find                Lookup
	seen                map[v1alpha1.AnalysisTemplateRef]bool
	namespaced, cluster []Named
}

func (f *flattening) add(refs []v1alpha1.AnalysisTemplateRef) error {
	for _, ref := range refs {
		if f.seen[ref] {
			continue
		}
		f.seen[ref] = true
		spec := f.find(ref)
		if spec == nil {
			return fmt.Errorf("%s '%s' not found", Kind(ref), ref.TemplateName)
		}
		list := &f.namespaced
		if ref.ClusterScope {
			list = &f.cluster
		}
		*list = append(*list, Named{Ref: ref, Spec: spec})
		if err := f.add(spec.Templates); err != nil {
			return err
		}
	}
	return nil
}

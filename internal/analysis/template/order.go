package template

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Order is one AnalysisRun that a Rollout wants.
type Order struct {
	Rollout *v1alpha1.Rollout
	// Block of the Rollout that asks for it.
	Block *v1alpha1.RolloutAnalysis
	// Role is one of the v1alpha1.RolloutType constants. Step counts with the role Step only.
	Role string
	Step int32
	// Revision and Latest are number and hash of the new ReplicaSet, Stable is the hash of the stable one.
	Revision       int64
	Latest, Stable string
	// Find looks templates up.
	Find Lookup
}

// Make is the AnalysisRun, before it was created. An error says what is wrong with the templates or arguments.
func Make(o Order) (*v1alpha1.AnalysisRun, error) {
	spec, err := o.spec()
	if err != nil {
		return nil, err
	}
	return &v1alpha1.AnalysisRun{
		ObjectMeta: metav1.ObjectMeta{
			Name:            o.name(),
			Namespace:       o.Rollout.Namespace,
			Labels:          o.labels(),
			Annotations:     o.annotations(),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(o.Rollout, v1alpha1.RolloutGVK)},
		},
		Spec: spec,
	}, nil
}

func (o Order) spec() (v1alpha1.AnalysisRunSpec, error) {
	templates, err := Flatten(o.Block.Templates, o.Find)
	if err != nil {
		return v1alpha1.AnalysisRunSpec{}, err
	}
	args, err := o.arguments()
	if err != nil {
		return v1alpha1.AnalysisRunSpec{}, err
	}
	return Merge(templates, Overlay{Args: args, DryRun: o.Block.DryRun, MeasurementRetention: o.Block.MeasurementRetention})
}

func (o Order) name() string {
	base := fmt.Sprintf("%s-%s-%d", o.Rollout.Name, o.Latest, o.Revision)
	switch o.Role {
	case v1alpha1.RolloutTypeStepLabel:
		return fmt.Sprintf("%s-%d", base, o.Step)
	case v1alpha1.RolloutTypePrePromotionLabel:
		return base + "-pre"
	case v1alpha1.RolloutTypePostPromotionLabel:
		return base + "-post"
	}
	return base
}

// Made tells whether a name is one that Make and Pick give to the runs of this Order.
func (o Order) Made(name string) bool {
	rest, begins := strings.CutPrefix(name, o.name())
	return begins && (rest == "" || rest[0] == '.')
}

// labels: what the user adds may stand over ours, and the selector's labels over everything.
func (o Order) labels() map[string]string {
	labels := map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: o.Latest, v1alpha1.RolloutTypeLabel: o.Role}
	if o.Role == v1alpha1.RolloutTypeStepLabel {
		labels[v1alpha1.StepIndexLabel] = strconv.Itoa(int(o.Step))
	}
	if id := o.Rollout.Labels[v1alpha1.ControllerInstanceIDLabel]; id != "" {
		labels[v1alpha1.ControllerInstanceIDLabel] = id
	}
	if o.Block.AnalysisRunMetadata != nil {
		maps.Copy(labels, o.Block.AnalysisRunMetadata.Labels)
	}
	if o.Rollout.Spec.Selector != nil {
		maps.Copy(labels, o.Rollout.Spec.Selector.MatchLabels)
	}
	return labels
}

func (o Order) annotations() map[string]string {
	annotations := map[string]string{v1alpha1.RevisionAnnotation: strconv.FormatInt(o.Revision, 10)}
	if o.Block.AnalysisRunMetadata != nil {
		maps.Copy(annotations, o.Block.AnalysisRunMetadata.Annotations)
	}
	return annotations
}

// Pick finds the run that stands for the wanted one: an unfinished one of the same owner and the same spec that nobody has told to stop.
// Where there is none it is the wanted one itself, under the first name that is free, and fresh says so. Taken looks runs up by name, nil
// for none.
func Pick(want *v1alpha1.AnalysisRun, taken func(name string) *v1alpha1.AnalysisRun) (run *v1alpha1.AnalysisRun, fresh bool) {
	name := want.Name
	for i := 1; ; i++ {
		found := taken(name)
		if found == nil {
			run = want.DeepCopy()
			run.Name = name
			return run, true
		}
		if !found.Spec.Terminate && sameErrand(found, want) {
			return found, false
		}
		name = fmt.Sprintf("%s.%d", want.Name, i)
	}
}

func sameErrand(found, want *v1alpha1.AnalysisRun) bool {
	owner, wanted := metav1.GetControllerOf(found), metav1.GetControllerOf(want)
	if found.Status.Phase.Completed() || owner == nil || wanted == nil || owner.UID != wanted.UID {
		return false
	}
	return equal(found.Spec.Metrics, want.Spec.Metrics) && equal(found.Spec.DryRun, want.Spec.DryRun) &&
		equal(found.Spec.MeasurementRetention, want.Spec.MeasurementRetention) && equal(found.Spec.Args, want.Spec.Args)
}

// equal compares lists; none and an empty one are the same.
func equal[T any](a, b []T) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

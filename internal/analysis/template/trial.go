package template

import (
	"fmt"
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Trial is one AnalysisRun that an Experiment wants.
type Trial struct {
	Experiment *v1alpha1.Experiment
	// Analysis of the Experiment that asks for it.
	Analysis *v1alpha1.ExperimentAnalysisTemplateRef
	// Tags are what {{tags}} in the values of arguments stand for, such as templates.canary.podTemplateHash.
	Tags map[string]string
	// Find looks templates up.
	Find Lookup
}

// MakeTrial is the AnalysisRun, before it was created. An error says what is wrong with the templates or arguments.
func MakeTrial(t Trial) (*v1alpha1.AnalysisRun, error) {
	templates, err := Flatten([]v1alpha1.AnalysisTemplateRef{t.Analysis.Ref()}, t.Find)
	if err != nil {
		return nil, err
	}
	args, err := t.arguments()
	if err != nil {
		return nil, err
	}
	spec, err := Merge(templates, Overlay{Args: args, DryRun: t.Experiment.Spec.DryRun, MeasurementRetention: t.Experiment.Spec.MeasurementRetention})
	if err != nil {
		return nil, err
	}
	return &v1alpha1.AnalysisRun{
		ObjectMeta: metav1.ObjectMeta{
			Name:            t.Experiment.Name + "-" + t.Analysis.Name,
			Namespace:       t.Experiment.Namespace,
			Labels:          t.labels(),
			Annotations:     maps.Clone(t.Experiment.Spec.AnalysisRunMetadata.Annotations),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(t.Experiment, v1alpha1.ExperimentGVK)},
		},
		Spec: spec,
	}, nil
}

// labels: what the user adds may stand over ours.
func (t Trial) labels() map[string]string {
	labels := map[string]string{}
	if id := t.Experiment.Labels[v1alpha1.ControllerInstanceIDLabel]; id != "" {
		labels[v1alpha1.ControllerInstanceIDLabel] = id
	}
	maps.Copy(labels, t.Experiment.Spec.AnalysisRunMetadata.Labels)
	return labels
}

// arguments of the analysis. A secret stays a reference: the run reads it.
func (t Trial) arguments() ([]v1alpha1.Argument, error) {
	var filled []v1alpha1.Argument
	for _, arg := range t.Analysis.Args {
		arg := *arg.DeepCopy()
		value, err := t.value(arg)
		if err != nil {
			return nil, fmt.Errorf("args.%s: %w", arg.Name, err)
		}
		if value != nil {
			arg.Value, arg.ValueFrom = value, nil
		}
		filled = append(filled, arg)
	}
	return filled, nil
}

// value of an argument; nil where the run finds it out.
func (t Trial) value(arg v1alpha1.Argument) (*string, error) {
	text := arg.Value
	if from := arg.ValueFrom; from != nil && from.FieldRef != nil {
		value, err := fieldOf(subject{Object: t.Experiment, kind: v1alpha1.ExperimentKind}, from.FieldRef.FieldPath)
		return &value, err
	}
	if text == nil {
		return nil, nil
	}
	filled, err := fillTags(*text, t.Tags)
	return &filled, err
}

// fillTags puts values in the place of {{tags}}. The error names the first that stands for nothing.
func fillTags(text string, tags map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, opened := strings.Cut(text, "{{")
		tag, after, closed := strings.Cut(rest, "}}")
		if !opened || !closed {
			out.WriteString(text)
			return out.String(), nil
		}
		value, known := tags[strings.TrimSpace(tag)]
		if !known {
			return "", fmt.Errorf("failed to resolve {{%s}}", strings.TrimSpace(tag))
		}
		out.WriteString(before + value)
		text = after
	}
}

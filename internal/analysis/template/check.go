package template

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis"
	"github.com/kanari-dev/kanari/internal/comparison"
)

// Check finds what would keep the run of an Order from giving a verdict, before there is a Rollout to be judged: templates that do not
// exist or do not fit together, arguments without value, metrics that cannot be measured, conditions that cannot be compiled, and
// beside steps and promotions a metric that never ends. The error is one line for people.
func Check(o Order) error {
	o.Block = foretold(o.Block)
	templates, err := Flatten(o.Block.Templates, o.Find)
	if err != nil {
		return err
	}
	if o.Role == v1alpha1.RolloutTypeBackgroundRunLabel && o.lacksArguments(templates) {
		return errors.New("missing analysis arguments in rollout spec")
	}
	spec, err := o.spec()
	if err != nil {
		return err
	}
	values := map[string]*string{}
	for _, arg := range spec.Args {
		values[arg.Name] = arg.Value
		if arg.Value == nil {
			// A value that is read later is some text; what it is written into cannot be judged yet.
			values[arg.Name] = new(unknown(arg.Name))
		}
	}
	for _, t := range templates {
		if err := o.checkTemplate(t, values); err != nil {
			return err
		}
	}
	return checkRules(spec)
}

// unknown stands for a value that is read later: the checks let it pass.
func unknown(name string) string { return "{{args." + name + "}}" }

// foretold is a block whose arguments hold nothing that only the status of a Rollout under way can tell.
func foretold(block *v1alpha1.RolloutAnalysis) *v1alpha1.RolloutAnalysis {
	block = block.DeepCopy()
	for i := range block.Args {
		arg := &block.Args[i]
		if from := arg.ValueFrom; from != nil && from.FieldRef != nil && strings.HasPrefix(from.FieldRef.FieldPath, "status") {
			arg.Value, arg.ValueFrom = unknown(arg.Name), nil
		}
	}
	return block
}

// lacksArguments tells whether a template wants a value that nobody gives.
func (o Order) lacksArguments(templates []Named) bool {
	given := map[string]bool{}
	for _, arg := range o.Block.Args {
		given[arg.Name] = true
	}
	for _, t := range templates {
		for _, arg := range t.Spec.Args {
			given[arg.Name] = given[arg.Name] || arg.Value != nil || arg.ValueFrom != nil
		}
	}
	for _, has := range given {
		if !has {
			return true
		}
	}
	return false
}

func (o Order) checkTemplate(t Named, values map[string]*string) error {
	filled := make([]v1alpha1.Metric, len(t.Spec.Metrics))
	for i, m := range t.Spec.Metrics {
		var err error
		if filled[i], err = analysis.Fill(m, values); err != nil {
			return fmt.Errorf("%s %s: metric %s: %w", Kind(t.Ref), t.Ref.TemplateName, m.Name, err)
		}
		if o.Role != v1alpha1.RolloutTypeBackgroundRunLabel && analysis.Endless(filled[i]) {
			return fmt.Errorf("%s %s has metric %s which runs indefinitely. Invalid value for count: %s", Kind(t.Ref), t.Ref.TemplateName, m.Name, filled[i].Count)
		}
	}
	path := field.NewPath("spec", "metrics")
	spec := t.Spec.DeepCopy()
	spec.Metrics = filled
	errs := v1alpha1.ValidateAnalysisTemplateSpec(spec, field.NewPath("spec"))
	errs = append(errs, analysis.CheckConditions(filled, path)...)
	errs = append(errs, checkComparisons(filled, path)...)
	if len(errs) > 0 {
		return fmt.Errorf("%s %s: %s: %s", Kind(t.Ref), t.Ref.TemplateName, errs[0].Field, errs[0].Detail)
	}
	return nil
}

// checkComparisons finds settings of the built-in comparison that cannot be followed.
func checkComparisons(metrics []v1alpha1.Metric, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, m := range metrics {
		settings, asked := m.Provider.Plugin[comparison.Name]
		if !asked {
			continue
		}
		if err := comparison.Check(settings); err != nil {
			errs = append(errs, field.Invalid(path.Index(i), m.Name, err.Error()))
		}
	}
	return errs
}

// checkRules finds rules that match no metric.
func checkRules(spec v1alpha1.AnalysisRunSpec) error {
	for _, err := range v1alpha1.ValidateAnalysisRunSpec(&spec, nil) {
		return fmt.Errorf("%s: %s", err.Field, err.Detail)
	}
	return nil
}

package create

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// order is an AnalysisRun as the flags describe it.
type order struct {
	from, fromFile     string
	global             bool
	arguments          []string
	name, generateName string
	instanceID         string
}

func runCommand(f *cluster.Factory) *cobra.Command {
	var o order
	cmd := &cobra.Command{
		Use:     "analysisrun --from NAME | --from-file FILE",
		Aliases: []string{"ar"},
		Short:   "Make an AnalysisRun from a template",
		Args:    cluster.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "The AnalysisTemplate in the cluster to make it from")
	flags.StringVar(&o.fromFile, "from-file", "", "The file with the template to make it from")
	flags.BoolVar(&o.global, "global", false, "Look for a ClusterAnalysisTemplate")
	flags.StringArrayVarP(&o.arguments, "argument", "a", nil, "A value for an argument of the template, NAME=VALUE. May be given several times")
	flags.StringVar(&o.name, "name", "", "The name of the run")
	flags.StringVar(&o.generateName, "generate-name", "", "The beginning of its name; the default is the template's name and a hyphen")
	flags.StringVar(&o.instanceID, "instance-id", "", "The instance of the controller that is to look after it")
	_ = cmd.MarkFlagFilename("from-file", "yaml", "yml", "json")
	_ = cmd.RegisterFlagCompletionFunc("from", func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if o.global {
			return f.Names(v1alpha1.ClusterAnalysisTemplateGVK)(cmd, args, typed)
		}
		return f.Names(v1alpha1.AnalysisTemplateGVK)(cmd, args, typed)
	})
	return cmd
}

func (o order) run(ctx context.Context, f *cluster.Factory) error {
	if (o.from == "") == (o.fromFile == "") {
		return terminal.Usage("one of --from or --from-file must be specified")
	}
	values, err := o.values()
	if err != nil {
		return err
	}
	c, err := f.Open()
	if err != nil {
		return err
	}
	shelf := &shelf{cluster: c, found: map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec{}}
	root, err := o.template(ctx, f, shelf)
	if err != nil {
		return err
	}
	spec, err := shelf.spec(ctx, root.ref, values)
	if err != nil {
		return err
	}
	object, err := o.object(root.meta, spec)
	if err != nil {
		return err
	}
	object.SetNamespace(c.Namespace)
	if err := c.Create(ctx, object); err != nil {
		return err
	}
	fmt.Fprint(f.IO.Out, f.Voice.Made(v1alpha1.AnalysisRunKind, object.GetName(), "created"))
	return nil
}

// values are the arguments by name.
func (o order) values() (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range o.arguments {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, terminal.Usage("arguments must be in the form NAME=VALUE, and %q is not", pair)
		}
		values[name] = value
	}
	return values, nil
}

// rooted is the template that the run is made from.
type rooted struct {
	ref  v1alpha1.AnalysisTemplateRef
	meta metav1.ObjectMeta
}

func (o order) template(ctx context.Context, f *cluster.Factory, s *shelf) (rooted, error) {
	if o.from != "" {
		ref := v1alpha1.AnalysisTemplateRef{TemplateName: o.from, ClusterScope: o.global}
		found, err := s.cluster.Template(ctx, ref)
		if err != nil {
			return rooted{}, err
		}
		s.found[ref] = &found.Spec
		return rooted{ref, found.ObjectMeta}, nil
	}
	objects, err := manifests{IO: f.IO, namespace: s.cluster.Namespace}.read(o.fromFile)
	if err != nil {
		return rooted{}, err
	}
	kind := objects[0].GetKind()
	if len(objects) > 1 || (kind != v1alpha1.AnalysisTemplateKind && kind != v1alpha1.ClusterAnalysisTemplateKind) {
		return rooted{}, terminal.Fail("%s: a run is made from one AnalysisTemplate or ClusterAnalysisTemplate, and this file holds %s", o.fromFile, listed(objects))
	}
	var found v1alpha1.AnalysisTemplate // both kinds have the same fields
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(objects[0].Object, &found); err != nil {
		return rooted{}, terminal.Fail("%s: %s", o.fromFile, err)
	}
	ref := v1alpha1.AnalysisTemplateRef{TemplateName: found.Name, ClusterScope: kind == v1alpha1.ClusterAnalysisTemplateKind}
	s.found[ref] = &found.Spec
	return rooted{ref, found.ObjectMeta}, nil
}

func listed(objects []*unstructured.Unstructured) string {
	var names []string
	for _, object := range objects {
		names = append(names, object.GetKind()+" "+object.GetName())
	}
	return strings.Join(names, ", ")
}

// object is the run under its name. Labels and annotations of the template go along; an instance-id takes the place of all labels.
func (o order) object(from metav1.ObjectMeta, spec v1alpha1.AnalysisRunSpec) (*unstructured.Unstructured, error) {
	run := &v1alpha1.AnalysisRun{Spec: spec}
	run.Name, run.GenerateName = o.name, o.generateName
	if run.Name == "" && run.GenerateName == "" {
		run.GenerateName = from.Name + "-"
	}
	run.Labels, run.Annotations = from.Labels, maps.Clone(from.Annotations)
	delete(run.Annotations, corev1.LastAppliedConfigAnnotation)
	if o.instanceID != "" {
		run.Labels = map[string]string{v1alpha1.ControllerInstanceIDLabel: o.instanceID}
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(run)
	if err != nil {
		return nil, fmt.Errorf("writing the AnalysisRun: %w", err)
	}
	delete(content, "status")
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(v1alpha1.AnalysisRunGVK)
	unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
	return object, nil
}

// shelf finds templates: the one from the file, and those of the cluster, each read once.
type shelf struct {
	cluster *cluster.Cluster
	found   map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec
	err     error // what kept it from reading a template; it says more than "not found"
}

func (s *shelf) lookup(ctx context.Context) template.Lookup {
	return func(ref v1alpha1.AnalysisTemplateRef) *v1alpha1.AnalysisTemplateSpec {
		if spec, known := s.found[ref]; known {
			return spec
		}
		found, err := s.cluster.Template(ctx, ref)
		if err != nil {
			s.err = err
			return nil
		}
		s.found[ref] = &found.Spec
		return &found.Spec
	}
}

// spec of a run of the template with these values. What would keep the run from giving a verdict is found here.
func (s *shelf) spec(ctx context.Context, ref v1alpha1.AnalysisTemplateRef, values map[string]string) (v1alpha1.AnalysisRunSpec, error) {
	refs, find := []v1alpha1.AnalysisTemplateRef{ref}, s.lookup(ctx)
	templates, err := template.Flatten(refs, find)
	if s.err != nil {
		return v1alpha1.AnalysisRunSpec{}, s.err
	}
	if err != nil {
		return v1alpha1.AnalysisRunSpec{}, err
	}
	over := template.Overlay{}
	block := &v1alpha1.RolloutAnalysis{Templates: refs}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		over.Args = append(over.Args, v1alpha1.Argument{Name: name, Value: new(values[name])})
		block.Args = append(block.Args, v1alpha1.AnalysisRunArgument{Name: name, Value: values[name]})
	}
	if err := declared(templates, values); err != nil {
		return v1alpha1.AnalysisRunSpec{}, err
	}
	spec, err := template.Merge(templates, over)
	if err != nil {
		return v1alpha1.AnalysisRunSpec{}, terminal.Fail("%s: give a value with --argument NAME=VALUE", err)
	}
	// A run in the background is the one that may go on until somebody ends it, as a run made by hand may.
	return spec, template.Check(template.Order{
		Rollout: &v1alpha1.Rollout{}, Block: block, Role: v1alpha1.RolloutTypeBackgroundRunLabel, Find: find,
	})
}

// declared refuses values that no template asks for: the one that was meant would silently keep its default.
func declared(templates []template.Named, values map[string]string) error {
	var names []string
	for _, t := range templates {
		for _, arg := range t.Spec.Args {
			names = append(names, arg.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case slices.Contains(names, name):
		case len(names) == 0:
			return terminal.Usage("--argument %s: the template has no arguments", name)
		default:
			return terminal.Usage("--argument %s: the template has only %s", name, strings.Join(slices.Compact(names), ", "))
		}
	}
	return nil
}

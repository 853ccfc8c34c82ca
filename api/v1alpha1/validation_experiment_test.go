package v1alpha1

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const soundTemplates = `
templates:
- name: one
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
`

// experimentWith is an Experiment with that spec, laid over the sound one.
func experimentWith(t *testing.T, spec string) *Experiment {
	t.Helper()
	ex := &Experiment{}
	ex.Name = "try"
	for _, text := range []string{soundTemplates, spec} {
		if strings.Contains(text, "templates:") {
			ex.Spec.Templates = nil // lists are laid over element by element
		}
		if err := yaml.UnmarshalStrict([]byte(text), &ex.Spec); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	return ex
}

func TestValidateExperiment(t *testing.T) {
	pods := `, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}`
	cases := map[string]struct {
		spec string
		want []string
	}{
		"a sound one has nothing wrong": {spec: "duration: 1h30m"},
		"no templates": {
			spec: "templates: []",
			want: []string{"spec.templates: Required value: an Experiment runs at least one template"},
		},
		"no selector": {
			spec: `templates: [{name: one, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}}]`,
			want: []string{"spec.templates[0].selector: Required value: Experiment has missing field '.spec.templates[0].selector'"},
		},
		"an empty selector": {
			spec: `templates: [{name: one, selector: {}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}}]`,
			want: []string{`spec.templates[0].selector: Invalid value: "{}": This experiment is selecting all pods at index 0. A non-empty selector is required.`},
		},
		"a selector that is none": {
			spec: `templates: [{name: one, selector: {matchLabels: {"a b": c}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}}]`,
			want: []string{`spec.templates[0].selector.matchLabels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`},
		},
		"labels that the selector does not match": {
			spec: `templates: [{name: one, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: web, image: "web:1"}]}}}]`,
			want: []string{"spec.templates[0].template.metadata.labels: Invalid value: \"app=shop\": `selector` does not match template `labels`"},
		},
		"no container": {
			spec: `templates: [{name: one, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}]`,
			want: []string{"spec.templates[0].template.spec.containers: Required value: a pod needs at least one container"},
		},
		"longer to be ready than there is time": {
			spec: "progressDeadlineSeconds: 10\ntemplates: [{name: one, minReadySeconds: 11" + pods + "}]",
			want: []string{"spec.templates[0].minReadySeconds: Invalid value: 11: MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 0"},
		},
		"no name": {
			spec: "templates: [{name: ''" + pods + "}]",
			want: []string{"spec.templates[0].name: Required value: Experiment try has empty template name at index 0"},
		},
		"a name twice": {
			spec: "templates: [{name: one" + pods + "}, {name: one" + pods + "}]",
			want: []string{`spec.templates[1].name: Invalid value: "one": Experiment try has repeated template name 'one' in templates`},
		},
		"a name that no ReplicaSet can have": {
			spec: "templates: [{name: One" + pods + "}]",
			want: []string{`spec.templates[0].name: Invalid value: "One": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`},
		},
		"numbers below zero": {
			spec: "scaleDownDelaySeconds: -1\nprogressDeadlineSeconds: -1\ntemplates: [{name: one, replicas: -1, minReadySeconds: -2" + pods + "}]",
			want: []string{
				"spec.templates[0].replicas: Invalid value: -1: must be greater than or equal to 0",
				"spec.templates[0].minReadySeconds: Invalid value: -2: must be greater than or equal to 0",
				"spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
				"spec.scaleDownDelaySeconds: Invalid value: -1: must be greater than or equal to 0",
			},
		},
		"two templates with one Service": {
			spec: "templates: [{name: one, service: {name: s}" + pods + "}, {name: two, service: {name: s}" + pods + "}]",
			want: []string{`spec.templates[1].service.name: Duplicate value: "s"`},
		},
		"a Service name that is none": {
			spec: "templates: [{name: one, service: {name: 1s}" + pods + "}]",
			want: []string{`spec.templates[0].service.name: Invalid value: "1s": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`},
		},
		"a Service that takes a name which is none": {
			spec: "templates: [{name: one.two, service: {}" + pods + "}]",
			want: []string{`spec.templates[0].service.name: Invalid value: "try-one.two": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`},
		},
		"a selector that still names the ReplicaSet which the template was taken from": {
			spec: `templates: [{name: one, selector: {matchLabels: {app: web, rollouts-pod-template-hash: abc}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}}]`,
		},
		"a Service that takes the name which another one has": {
			spec: "templates: [{name: one, service: {name: try-two}" + pods + "}, {name: two, service: {}" + pods + "}]",
			want: []string{`spec.templates[1].service.name: Duplicate value: "try-two"`},
		},
		"two templates whose Services are named after their ReplicaSets": {
			spec: "templates: [{name: one, service: {}" + pods + "}, {name: two, service: {}" + pods + "}]",
		},
		"a duration that is none": {
			spec: "duration: soon",
			want: []string{`spec.duration: Invalid value: "soon": must be a duration such as 90s, 5m or 1h30m`},
		},
		"a duration below zero": {
			spec: "duration: -1s",
			want: []string{`spec.duration: Invalid value: "-1s": must be a duration such as 90s, 5m or 1h30m`},
		},
		"analyses without a name, with one of another, and without a template": {
			spec: "analyses: [{name: '', templateName: a}, {name: b, templateName: a}, {name: b, templateName: ''}, {name: B b, templateName: a}]",
			want: []string{
				"spec.analyses[0].name: Required value: give it a name",
				`spec.analyses[2].name: Duplicate value: "b"`,
				"spec.analyses[2].templateName: Required value: name the AnalysisTemplate to run",
				`spec.analyses[3].name: Invalid value: "B b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, texts(ValidateExperiment(experimentWith(t, c.spec)))); diff != "" {
				t.Errorf("- want, + got:\n%s", diff)
			}
		})
	}
}

func TestWhatActsWhereAnExperimentIsSilent(t *testing.T) {
	type facts struct {
		Replicas        int32
		Deadline, Delay time.Duration
		Duration        time.Duration
		Limited         bool
		Services        []string
		Refs            []AnalysisTemplateRef
	}
	cases := map[string]struct {
		spec string
		want facts
	}{
		"nothing written": {want: facts{Replicas: 1, Deadline: 600 * time.Second, Delay: 30 * time.Second, Refs: []AnalysisTemplateRef{}}},
		"everything written": {
			spec: `
duration: 5m
progressDeadlineSeconds: 60
scaleDownDelaySeconds: 0
templates: [{name: one, replicas: 3, service: {name: s}, selector: {}, template: {}}, {name: two, service: {}, selector: {}, template: {}}]
analyses: [{name: a, templateName: rate}, {name: b, templateName: rate, clusterScope: true}]`,
			want: facts{
				Replicas: 3, Deadline: time.Minute, Duration: 5 * time.Minute, Limited: true, Services: []string{"s"},
				Refs: []AnalysisTemplateRef{{TemplateName: "rate"}, {TemplateName: "rate", ClusterScope: true}},
			},
		},
		"a duration that is none": {
			spec: "duration: soon",
			want: facts{Replicas: 1, Deadline: 600 * time.Second, Delay: 30 * time.Second, Refs: []AnalysisTemplateRef{}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ex := experimentWith(t, c.spec)
			got := facts{
				Replicas: TemplateReplicas(&ex.Spec.Templates[0]), Deadline: ExperimentProgressDeadline(ex), Delay: ExperimentScaleDownDelay(ex),
				Services: ExperimentServiceNames(ex), Refs: ExperimentTemplateRefs(ex),
			}
			got.Duration, got.Limited = ExperimentDuration(ex)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("- want, + got:\n%s", diff)
			}
		})
	}
}

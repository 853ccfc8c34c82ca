package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
)

const trialText = `
metadata:
  name: try
  namespace: shop
  uid: e-1
  labels: {team: red, argo-rollouts.argoproj.io/controller-instance-id: two}
spec:
  duration: 5m
  templates: []
  dryRun: [{metricName: rate}]
  measurementRetention: [{metricName: rate, limit: 3}]
  analysisRunMetadata: {labels: {mine: "1"}, annotations: {note: here}}
`

const rateText = `
args: [{name: hash}, {name: limit, value: "5"}]
metrics: [{name: rate, provider: {prometheus: {query: "up{hash='{{args.hash}}'}"}}}]
`

func TestTrialMakesTheRun(t *testing.T) {
	run, err := template.MakeTrial(template.Trial{
		Experiment: read[v1alpha1.Experiment](t, trialText),
		Analysis:   read[v1alpha1.ExperimentAnalysisTemplateRef](t, `{name: rate, templateName: rate, args: [{name: hash, value: "<{{ templates.one.podTemplateHash }}>"}]}`),
		Tags:       map[string]string{"templates.one.podTemplateHash": "abc"},
		Find:       shelf(t, map[string]string{"rate": rateText}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := read[v1alpha1.AnalysisRun](t, `
metadata:
  name: try-rate
  namespace: shop
  labels: {mine: "1", argo-rollouts.argoproj.io/controller-instance-id: two}
  annotations: {note: here}
spec:
  args: [{name: hash, value: <abc>}, {name: limit, value: "5"}]
  dryRun: [{metricName: rate}]
  measurementRetention: [{metricName: rate, limit: 3}]
  metrics: [{name: rate, provider: {prometheus: {query: "up{hash='{{args.hash}}'}"}}}]
`)
	want.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "argoproj.io/v1alpha1", Kind: "Experiment", Name: "try", UID: "e-1", Controller: new(true), BlockOwnerDeletion: new(true),
	}}
	if diff := cmp.Diff(want, run); diff != "" {
		t.Errorf("- want, + got:\n%s", diff)
	}
}

func TestTrialArguments(t *testing.T) {
	cases := map[string]struct {
		args, want, err string
	}{
		"a value as written":            {args: `[{name: hash, value: x}]`, want: `{name: hash, value: x}`},
		"a value with two tags":         {args: `[{name: hash, value: "{{a.b}}-{{a.c}}!"}]`, want: `{name: hash, value: 1-2!}`},
		"a tag that is not closed":      {args: `[{name: hash, value: "{{a.b"}]`, want: `{name: hash, value: "{{a.b"}`},
		"a tag that stands for nothing": {args: `[{name: hash, value: "{{ a.d }}"}]`, err: "args.hash: failed to resolve {{a.d}}"},
		"a secret, which the run reads": {
			args: `[{name: hash, valueFrom: {secretKeyRef: {name: s, key: k}}}]`, want: `{name: hash, valueFrom: {secretKeyRef: {name: s, key: k}}}`,
		},
		"a field of the Experiment":        {args: `[{name: hash, valueFrom: {fieldRef: {fieldPath: spec.duration}}}]`, want: `{name: hash, value: 5m}`},
		"a label of the Experiment":        {args: `[{name: hash, valueFrom: {fieldRef: {fieldPath: "metadata.labels['team']"}}}]`, want: `{name: hash, value: red}`},
		"a field that is not there":        {args: `[{name: hash, valueFrom: {fieldRef: {fieldPath: spec.nothing}}}]`, err: `args.hash: field "spec.nothing" of the Experiment: there is no "nothing"`},
		"a field that is no plain value":   {args: `[{name: hash, valueFrom: {fieldRef: {fieldPath: spec.dryRun}}}]`, err: `args.hash: field "spec.dryRun" of the Experiment is no plain value`},
		"an argument that is not supplied": {args: `[]`, err: "args.hash was not resolved"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run, err := template.MakeTrial(template.Trial{
				Experiment: read[v1alpha1.Experiment](t, trialText),
				Analysis:   read[v1alpha1.ExperimentAnalysisTemplateRef](t, `{name: rate, templateName: rate, args: `+c.args+`}`),
				Tags:       map[string]string{"a.b": "1", "a.c": "2"},
				Find:       shelf(t, map[string]string{"rate": rateText}),
			})
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("want %q, got %v", c.err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read[v1alpha1.Argument](t, c.want), &run.Spec.Args[0]); diff != "" {
				t.Errorf("- want, + got:\n%s", diff)
			}
		})
	}
}

func TestTrialNamesAMissingTemplate(t *testing.T) {
	_, err := template.MakeTrial(template.Trial{
		Experiment: read[v1alpha1.Experiment](t, trialText),
		Analysis:   read[v1alpha1.ExperimentAnalysisTemplateRef](t, `{name: rate, templateName: gone, clusterScope: true}`),
		Find:       shelf(t, nil),
	})
	if err == nil || err.Error() != "ClusterAnalysisTemplate 'gone' not found" {
		t.Errorf("got %v", err)
	}
}

func TestPickPassesOverARunThatWasToldToStop(t *testing.T) {
	want := read[v1alpha1.AnalysisRun](t, `{metadata: {name: try-rate}}`)
	want.OwnerReferences = []metav1.OwnerReference{{UID: "e-1", Controller: new(true)}}
	stopped, live := want.DeepCopy(), want.DeepCopy()
	stopped.Spec.Terminate, live.Name = true, "try-rate.1"
	cases := map[string]struct {
		runs  map[string]*v1alpha1.AnalysisRun
		name  string
		fresh bool
	}{
		"none there":                         {name: "try-rate", fresh: true},
		"one that was told to stop":          {runs: map[string]*v1alpha1.AnalysisRun{"try-rate": stopped}, name: "try-rate.1", fresh: true},
		"one that was not":                   {runs: map[string]*v1alpha1.AnalysisRun{"try-rate": want}, name: "try-rate"},
		"one that was not, behind the other": {runs: map[string]*v1alpha1.AnalysisRun{"try-rate": stopped, "try-rate.1": live}, name: "try-rate.1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run, fresh := template.Pick(want, func(name string) *v1alpha1.AnalysisRun { return c.runs[name] })
			if run.Name != c.name || fresh != c.fresh {
				t.Errorf("got %s, fresh %v", run.Name, fresh)
			}
		})
	}
}

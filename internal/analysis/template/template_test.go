package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/analysis/template"
)

const rolloutText = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
  namespace: shop
  uid: u-1
  labels: {team: red, argo-rollouts.argoproj.io/controller-instance-id: two}
  annotations: {note: "a \"b\"", owner: ann}
spec:
  replicas: 3
  paused: true
  selector: {matchLabels: {app: web, team: blue}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:v2", env: [{name: A, value: one}]}
status:
  stableRS: "7d9f"
`

func rollout(t *testing.T) *v1alpha1.Rollout {
	t.Helper()
	return read[v1alpha1.Rollout](t, rolloutText)
}

func read[T any](t *testing.T, text string) *T {
	t.Helper()
	value := new(T)
	if err := yaml.UnmarshalStrict([]byte(text), value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return value
}

// shelf is what there is to be found: name → spec; a cluster-wide one has a / before its name.
func shelf(t *testing.T, texts map[string]string) template.Lookup {
	t.Helper()
	specs := map[string]*v1alpha1.AnalysisTemplateSpec{}
	for name, text := range texts {
		specs[name] = read[v1alpha1.AnalysisTemplateSpec](t, text)
	}
	return func(ref v1alpha1.AnalysisTemplateRef) *v1alpha1.AnalysisTemplateSpec {
		if ref.ClusterScope {
			return specs["/"+ref.TemplateName]
		}
		return specs[ref.TemplateName]
	}
}

func order(t *testing.T, block string, find template.Lookup) template.Order {
	t.Helper()
	return template.Order{
		Rollout: rollout(t), Block: read[v1alpha1.RolloutAnalysis](t, block), Role: v1alpha1.RolloutTypeStepLabel, Step: 2,
		Revision: 7, Latest: "5b8f", Stable: "7d9f", Find: find,
	}
}

func TestMake(t *testing.T) {
	o := order(t, `
templates: [{templateName: success}, {templateName: latency, clusterScope: true}]
args: [{name: service, value: web}, {name: hash, valueFrom: {podTemplateHashValue: Latest}}, {name: unknown, value: x}]
dryRun: [{metricName: latency}]
measurementRetention: [{metricName: .*, limit: 20}]
analysisRunMetadata: {labels: {team: green, rollout-type: Mine}, annotations: {why: tests}}
`, shelf(t, map[string]string{
		"success": `
metrics: [{name: success, provider: {prometheus: {address: "http://p", query: "up{{args.service}}"}}}]
args: [{name: service}, {name: hash}, {name: token, valueFrom: {secretKeyRef: {name: s, key: k}}}]
dryRun: [{metricName: success}]`,
		"/latency": `
metrics: [{name: latency, provider: {prometheus: {address: "http://p", query: slow}}}]
args: [{name: service, value: default}, {name: least, value: "0.9"}]
measurementRetention: [{metricName: latency, limit: 3}]`,
	}))
	got, err := template.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	want := read[v1alpha1.AnalysisRun](t, `
metadata:
  name: web-5b8f-7-2
  namespace: shop
  labels: {rollouts-pod-template-hash: 5b8f, rollout-type: Mine, step-index: "2", argo-rollouts.argoproj.io/controller-instance-id: two, app: web, team: blue}
  annotations: {rollout.argoproj.io/revision: "7", why: tests}
  ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web, uid: u-1, controller: true, blockOwnerDeletion: true}]
spec:
  metrics:
  - {name: success, provider: {prometheus: {address: "http://p", query: "up{{args.service}}"}}}
  - {name: latency, provider: {prometheus: {address: "http://p", query: slow}}}
  args:
  - {name: service, value: web}
  - {name: hash, value: 5b8f}
  - {name: token, valueFrom: {secretKeyRef: {name: s, key: k}}}
  - {name: least, value: "0.9"}
  dryRun: [{metricName: latency}, {metricName: success}]
  measurementRetention: [{metricName: .*, limit: 20}, {metricName: latency, limit: 3}]
`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamesAndRoles(t *testing.T) {
	find := shelf(t, map[string]string{"a": "metrics: []"})
	for role, want := range map[string]struct{ name, step string }{
		v1alpha1.RolloutTypeStepLabel:          {"web-5b8f-7-2", "2"},
		v1alpha1.RolloutTypeBackgroundRunLabel: {"web-5b8f-7", ""},
		v1alpha1.RolloutTypePrePromotionLabel:  {"web-5b8f-7-pre", ""},
		v1alpha1.RolloutTypePostPromotionLabel: {"web-5b8f-7-post", ""},
	} {
		o := order(t, "templates: [{templateName: a}]", find)
		o.Role = role
		run, err := template.Make(o)
		if err != nil {
			t.Fatal(err)
		}
		if run.Name != want.name || run.Labels[v1alpha1.RolloutTypeLabel] != role || run.Labels[v1alpha1.StepIndexLabel] != want.step {
			t.Errorf("%s: %s %v", role, run.Name, run.Labels)
		}
	}
}

func TestFlatten(t *testing.T) {
	find := shelf(t, map[string]string{
		"a":  "templates: [{templateName: b}, {templateName: x, clusterScope: true}]",
		"b":  "templates: [{templateName: a}, {templateName: c}]",
		"c":  "metrics: []",
		"/x": "templates: [{templateName: c}, {templateName: q, clusterScope: true}]",
		"/q": "metrics: []",
		"/a": "metrics: []",
		"d":  "templates: [{templateName: gone}]",
		"e":  "templates: [{templateName: gone, clusterScope: true}]",
	})
	for name, test := range map[string]struct {
		block string
		want  []string
		err   string
	}{
		"one":                                   {"[{templateName: c}]", []string{"c"}, ""},
		"none":                                  {"[]", nil, ""},
		"those of the namespace first":          {"[{templateName: q, clusterScope: true}, {templateName: c}]", []string{"c", "/q"}, ""},
		"nested, in a circle, each once":        {"[{templateName: a}, {templateName: c}]", []string{"a", "b", "c", "/x", "/q"}, ""},
		"one name of two kinds":                 {"[{templateName: a, clusterScope: true}, {templateName: c}]", []string{"c", "/a"}, ""},
		"one that is missing":                   {"[{templateName: nope}]", nil, "AnalysisTemplate 'nope' not found"},
		"one of the other kind":                 {"[{templateName: q}]", nil, "AnalysisTemplate 'q' not found"},
		"one that is missing in the cluster":    {"[{templateName: c, clusterScope: true}]", nil, "ClusterAnalysisTemplate 'c' not found"},
		"a nested one that is missing":          {"[{templateName: d}]", nil, "AnalysisTemplate 'gone' not found"},
		"a nested one missing in the cluster":   {"[{templateName: e}]", nil, "ClusterAnalysisTemplate 'gone' not found"},
		"twice in one list":                     {"[{templateName: c}, {templateName: c}]", []string{"c"}, ""},
		"a cluster-wide one names a namespaced": {"[{templateName: x, clusterScope: true}]", []string{"c", "/x", "/q"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			flat, err := template.Flatten(*read[[]v1alpha1.AnalysisTemplateRef](t, test.block), find)
			var got []string
			for _, f := range flat {
				got = append(got, map[bool]string{true: "/"}[f.Ref.ClusterScope]+f.Ref.TemplateName)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || message(err) != test.err {
				t.Errorf("%s%v", diff, err)
			}
		})
	}
}

func TestMergeArguments(t *testing.T) {
	for name, test := range map[string]struct{ first, second, given, want, err string }{
		"as declared":                         {first: "[{name: a, value: x}]", want: "[{name: a, value: x}]"},
		"given over declared":                 {first: "[{name: a, value: x}]", given: "[{name: a, value: v}]", want: "[{name: a, value: v}]"},
		"an empty value is a value":           {first: "[{name: a}]", given: "[{name: a, value: \"\"}]", want: "[{name: a, value: \"\"}]"},
		"given and unknown":                   {first: "[]", given: "[{name: a, value: v}]", want: "[]"},
		"no value":                            {first: "[{name: a}]", err: "args.a was not resolved"},
		"the second template has the value":   {first: "[{name: a}]", second: "[{name: a, value: z}]", want: "[{name: a, value: z}]"},
		"the first value stays":               {first: "[{name: a, value: x}]", second: "[{name: a}]", want: "[{name: a, value: x}]"},
		"the same value twice":                {first: "[{name: a, value: x}]", second: "[{name: a, value: x}]", want: "[{name: a, value: x}]"},
		"two values":                          {first: "[{name: a, value: x}]", second: "[{name: a, value: v}]", err: "Argument `a` specified multiple times with different values: 'x', 'v'"},
		"two values, though a third is given": {first: "[{name: a, value: x}]", second: "[{name: a, value: v}]", given: "[{name: a, value: z}]", err: "Argument `a` specified multiple times with different values: 'x', 'v'"},
		"a secret":                            {first: "[{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]", want: "[{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]"},
		"a value over a secret":               {first: "[{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]", given: "[{name: a, value: x}]", want: "[{name: a, value: x}]"},
		"a secret in the second":              {first: "[{name: a}]", second: "[{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]", want: "[{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]"},
	} {
		t.Run(name, func(t *testing.T) {
			templates := []template.Named{
				{Spec: &v1alpha1.AnalysisTemplateSpec{Args: *read[[]v1alpha1.Argument](t, test.first)}},
				{Spec: &v1alpha1.AnalysisTemplateSpec{Args: *read[[]v1alpha1.Argument](t, test.second)}},
			}
			spec, err := template.Merge(templates, template.Overlay{Args: *read[[]v1alpha1.Argument](t, test.given)})
			if message(err) != test.err {
				t.Fatalf("got error %v, want %q", err, test.err)
			}
			if want := *read[[]v1alpha1.Argument](t, test.want); err == nil && (len(want) > 0 || len(spec.Args) > 0) {
				if diff := cmp.Diff(want, spec.Args); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestWhatIsThereTwice(t *testing.T) {
	for name, test := range map[string]struct{ first, second, over, err string }{
		"two metrics":                    {`{metrics: [{name: m, provider: {}}]}`, `{metrics: [{name: m, provider: {}}]}`, `{}`, "two metrics have the same name 'm'"},
		"two metrics of one template":    {`{metrics: [{name: m, provider: {}}, {name: m, provider: {}}]}`, `{}`, `{}`, "two metrics have the same name 'm'"},
		"two dry runs":                   {`{dryRun: [{metricName: m}]}`, `{dryRun: [{metricName: m}]}`, `{}`, "two Dry-Run metric rules have the same name 'm'"},
		"a dry run of the Rollout too":   {`{dryRun: [{metricName: m}]}`, `{}`, `{dryRun: [{metricName: m}]}`, "two Dry-Run metric rules have the same name 'm'"},
		"two retentions":                 {`{measurementRetention: [{metricName: m, limit: 1}]}`, `{measurementRetention: [{metricName: m, limit: 2}]}`, `{}`, "two Measurement Retention metric rules have the same name 'm'"},
		"a retention of the Rollout too": {`{measurementRetention: [{metricName: m, limit: 1}]}`, `{}`, `{measurementRetention: [{metricName: m, limit: 1}]}`, "two Measurement Retention metric rules have the same name 'm'"},
		"different names":                {`{metrics: [{name: m, provider: {}}], dryRun: [{metricName: m}]}`, `{metrics: [{name: n, provider: {}}]}`, `{dryRun: [{metricName: n}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			block := read[v1alpha1.RolloutAnalysis](t, test.over)
			_, err := template.Merge([]template.Named{
				{Spec: read[v1alpha1.AnalysisTemplateSpec](t, test.first)}, {Spec: read[v1alpha1.AnalysisTemplateSpec](t, test.second)},
			}, template.Overlay{DryRun: block.DryRun, MeasurementRetention: block.MeasurementRetention})
			if message(err) != test.err {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestFieldOf(t *testing.T) {
	for path, test := range map[string]struct{ want, err string }{
		"metadata.name":                                 {want: "web"},
		"metadata.namespace":                            {want: "shop"},
		"metadata.uid":                                  {want: "u-1"},
		"metadata.labels['team']":                       {want: "red"},
		"metadata.labels['none']":                       {want: ""},
		"metadata.annotations['note']":                  {want: `a "b"`},
		"metadata.annotations":                          {want: "note=\"a \\\"b\\\"\"\nowner=\"ann\""},
		"metadata.labels":                               {want: "argo-rollouts.argoproj.io/controller-instance-id=\"two\"\nteam=\"red\""},
		"metadata.colour":                               {err: "unsupported fieldPath: metadata.colour"},
		"metadata.labels['team'":                        {err: "unsupported fieldPath: metadata.labels['team'"},
		"spec.replicas":                                 {want: "3"},
		"spec.paused":                                   {want: "true"},
		"status.stableRS":                               {want: "7d9f"},
		"spec.template.spec.containers[0].image":        {want: "web:v2"},
		"spec.template.spec.containers[0].env[0].value": {want: "one"},
		"spec.template.spec.containers[1].image":        {err: `field "spec.template.spec.containers[1].image" of the Rollout: index 1 is outside of a list of 1`},
		"spec.template.spec.containers.web":             {err: `field "spec.template.spec.containers.web" of the Rollout: "web" is no index of a list`},
		"spec.nothing":                                  {err: `field "spec.nothing" of the Rollout: there is no "nothing"`},
		"spec.replicas.deeper":                          {err: `field "spec.replicas.deeper" of the Rollout: there is nothing below a plain value: "deeper"`},
		"spec.template":                                 {err: `field "spec.template" of the Rollout is no plain value`},
		"":                                              {err: `field "" of the Rollout is no plain value`},
	} {
		got, err := template.FieldOf(rollout(t), path)
		if got != test.want || message(err) != test.err {
			t.Errorf("%s: got %q, %v; want %q, %q", path, got, err, test.want, test.err)
		}
	}
}

func TestArguments(t *testing.T) {
	block := read[v1alpha1.RolloutAnalysis](t, `
args:
- {name: plain, value: x}
- {name: latest, valueFrom: {podTemplateHashValue: Latest}}
- {name: stable, value: loses, valueFrom: {podTemplateHashValue: Stable}}
- {name: image, valueFrom: {fieldRef: {fieldPath: "spec.template.spec.containers[0].image"}}}
- {name: nothing}
- {name: none, value: v, valueFrom: {}}
`)
	o := template.Order{Rollout: rollout(t), Latest: "5b8f", Stable: "7d9f"}
	got, err := template.Arguments(block.Args, o)
	if err != nil {
		t.Fatal(err)
	}
	want := read[[]v1alpha1.Argument](t, `[{name: plain, value: x}, {name: latest, value: 5b8f}, {name: stable, value: 7d9f}, {name: image, value: "web:v2"}, {name: nothing, value: ""}, {name: none, value: v}]`)
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Error(diff)
	}
	_, err = template.Arguments([]v1alpha1.AnalysisRunArgument{{Name: "a", ValueFrom: &v1alpha1.ArgumentValueFrom{FieldRef: &v1alpha1.FieldRef{FieldPath: "spec.x"}}}}, o)
	if message(err) != `args.a: field "spec.x" of the Rollout: there is no "x"` {
		t.Error(err)
	}
}

func TestPick(t *testing.T) {
	made := func(edit func(*v1alpha1.AnalysisRun)) *v1alpha1.AnalysisRun {
		run := &v1alpha1.AnalysisRun{
			ObjectMeta: metav1.ObjectMeta{Name: "web-1", OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rollout(t), v1alpha1.RolloutGVK)}},
			Spec:       v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{{Name: "m"}}, Args: []v1alpha1.Argument{{Name: "a", Value: new("x")}}},
		}
		edit(run)
		return run
	}
	same := func(*v1alpha1.AnalysisRun) {}
	for name, test := range map[string]struct {
		taken []*v1alpha1.AnalysisRun
		want  string
		fresh bool
	}{
		"none yet":                   {nil, "web-1", true},
		"the same, running":          {[]*v1alpha1.AnalysisRun{made(same)}, "web-1", false},
		"the same, terminated":       {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.Spec.Terminate = true })}, "web-1.1", true},
		"the same, with no list":     {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.Spec.DryRun = []v1alpha1.DryRun{} })}, "web-1", false},
		"the same, but it has ended": {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.Status.Phase = "Failed" })}, "web-1.1", true},
		"of another owner":           {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.OwnerReferences[0].UID = "other" })}, "web-1.1", true},
		"of nobody":                  {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.OwnerReferences = nil })}, "web-1.1", true},
		"with other arguments":       {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.Spec.Args[0].Value = new("y") })}, "web-1.1", true},
		"with other metrics":         {[]*v1alpha1.AnalysisRun{made(func(r *v1alpha1.AnalysisRun) { r.Spec.Metrics[0].Name = "n" })}, "web-1.1", true},
		"two that have ended":        {[]*v1alpha1.AnalysisRun{ended(made(same), "web-1"), ended(made(same), "web-1.1")}, "web-1.2", true},
		"the second one is running":  {[]*v1alpha1.AnalysisRun{ended(made(same), "web-1"), made(func(r *v1alpha1.AnalysisRun) { r.Name = "web-1.1" })}, "web-1.1", false},
	} {
		t.Run(name, func(t *testing.T) {
			run, fresh := template.Pick(made(same), func(name string) *v1alpha1.AnalysisRun {
				for _, r := range test.taken {
					if r.Name == name {
						return r
					}
				}
				return nil
			})
			if run.Name != test.want || fresh != test.fresh {
				t.Errorf("got %s, fresh %v", run.Name, fresh)
			}
		})
	}
}

func ended(run *v1alpha1.AnalysisRun, name string) *v1alpha1.AnalysisRun {
	run.Name, run.Status.Phase = name, v1alpha1.AnalysisPhaseInconclusive
	return run
}

func TestCheck(t *testing.T) {
	good := `{name: m, interval: 60s, count: 5, successCondition: "result > 0.9", provider: {prometheus: {query: up}}}`
	for name, test := range map[string]struct{ spec, block, role, err string }{
		"all is well":                           {spec: "metrics: [" + good + "]"},
		"endless, in the background":            {spec: `metrics: [{name: m, interval: 60s, provider: {prometheus: {query: up}}}]`, role: v1alpha1.RolloutTypeBackgroundRunLabel},
		"endless, in a step":                    {spec: `metrics: [{name: m, interval: 60s, provider: {prometheus: {query: up}}}]`, err: "AnalysisTemplate a has metric m which runs indefinitely. Invalid value for count: <nil>"},
		"count 0, in a step":                    {spec: `metrics: [{name: m, interval: 60s, count: 0, provider: {prometheus: {query: up}}}]`, err: "AnalysisTemplate a has metric m which runs indefinitely. Invalid value for count: 0"},
		"the count is an argument":              {spec: "{metrics: [{name: m, interval: 60s, count: \"{{args.num}}\", provider: {prometheus: {query: up}}}], args: [{name: num, value: \"3\"}]}"},
		"a template that is missing":            {spec: "metrics: [" + good + "]", block: "templates: [{templateName: b}]", err: "AnalysisTemplate 'b' not found"},
		"no value, in the background":           {spec: "{metrics: [" + good + "], args: [{name: x}]}", role: v1alpha1.RolloutTypeBackgroundRunLabel, err: "missing analysis arguments in rollout spec"},
		"no value, in a step":                   {spec: "{metrics: [" + good + "], args: [{name: x}]}", err: "args.x was not resolved"},
		"an argument that nobody knows":         {spec: `metrics: [{name: m, provider: {prometheus: {query: "{{args.y}}"}}}]`, err: "AnalysisTemplate a: metric m: failed to resolve {{args.y}}"},
		"a condition without an end":            {spec: `metrics: [{name: m, successCondition: "result >", provider: {prometheus: {query: up}}}]`, err: "AnalysisTemplate a: spec.metrics[0].successCondition: unexpected token EOF (1:8)"},
		"no provider":                           {spec: `metrics: [{name: m, provider: {}}]`, err: "AnalysisTemplate a: spec.metrics[0].provider: no provider specified"},
		"no metric at all":                      {spec: `metrics: []`, err: "AnalysisTemplate a: spec.metrics: no metrics specified"},
		"a rule that matches nothing":           {spec: "metrics: [" + good + "]", block: "{templates: [{templateName: a}], dryRun: [{metricName: x}]}", err: "dryRun[0]: Rule didn't match any metric name(s)"},
		"a field that is not there":             {spec: "metrics: [" + good + "]", block: "{templates: [{templateName: a}], args: [{name: x, valueFrom: {fieldRef: {fieldPath: spec.x}}}]}", err: `args.x: field "spec.x" of the Rollout: there is no "x"`},
		"a secret in a condition":               {spec: "{metrics: [{name: m, successCondition: \"result > {{args.s}}\", provider: {prometheus: {query: up}}}], args: [{name: s, valueFrom: {secretKeyRef: {name: s, key: k}}}]}"},
		"a number that an argument gives wrong": {spec: "{metrics: [{name: m, interval: 1m, count: 2, failureLimit: \"{{args.num}}\", provider: {prometheus: {query: up}}}], args: [{name: num, value: many}]}", err: "AnalysisTemplate a: spec.metrics[0].failureLimit: must be a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			block, role := test.block, test.role
			if block == "" {
				block = "templates: [{templateName: a}]"
			}
			if role == "" {
				role = v1alpha1.RolloutTypeStepLabel
			}
			o := order(t, block, shelf(t, map[string]string{"a": test.spec}))
			o.Role = role
			if err := template.Check(o); message(err) != test.err {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

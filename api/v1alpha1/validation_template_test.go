package v1alpha1

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

func TestValidatePodTemplate(t *testing.T) {
	const first = "spec.containers[0]"
	dns := "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
	for name, c := range map[string]struct {
		spec string
		want []string
	}{
		"the least that runs":          {"containers: [{name: a, image: i}]", nil},
		"no container":                 {"{}", []string{"spec.containers: Required value: a pod needs at least one container"}},
		"no name":                      {"containers: [{image: i}]", []string{first + ".name: Required value: give it a name"}},
		"a name with capitals":         {"containers: [{name: A, image: i}]", []string{first + `.name: Invalid value: "A": ` + dns}},
		"two containers of one name":   {"{containers: [{name: a, image: i}], initContainers: [{name: a, image: i}]}", []string{`spec.initContainers[0].name: Duplicate value: "a"`}},
		"no image":                     {"containers: [{name: a}]", []string{first + ".image: Required value: name the image to run"}},
		"an image with a blank":        {`containers: [{name: a, image: "i "}]`, []string{first + `.image: Invalid value: "i ": must not have leading or trailing whitespace`}},
		"pods that do not restart":     {"{restartPolicy: Never, containers: [{name: a, image: i}]}", []string{`spec.restartPolicy: Unsupported value: "Never": supported values: "Always"`}},
		"pods that end by themselves":  {"{activeDeadlineSeconds: 5, containers: [{name: a, image: i}]}", []string{"spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"}},
		"one port number twice":        {"containers: [{name: a, image: i, ports: [{containerPort: 80, name: x}, {containerPort: 80, name: y}]}]", nil},
		"one port name twice":          {"containers: [{name: a, image: i, ports: [{containerPort: 80, name: x}, {containerPort: 81, name: x}]}]", []string{first + `.ports[1].name: Duplicate value: "x"`}},
		"a port out of range":          {"containers: [{name: a, image: i, ports: [{containerPort: 65536}]}]", []string{first + ".ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"}},
		"a host port taken":            {"containers: [{name: a, image: i, ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80, protocol: TCP}]}]", []string{first + `.ports[1].hostPort: Duplicate value: "TCP//80"`}},
		"one variable twice":           {"containers: [{name: a, image: i, env: [{name: X, value: a}, {name: X, value: b}]}]", nil},
		"a variable from two places":   {"containers: [{name: a, image: i, env: [{name: X, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]", []string{first + ".env[0].valueFrom: Invalid value: \"X\": may not be specified when `value` is not empty"}},
		"a mount without its volume":   {"containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}]}]", []string{first + `.volumeMounts[0].name: Not found: "v"`}},
		"one place mounted twice":      {"{volumes: [{name: v}], containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /v}]}]}", []string{first + `.volumeMounts[1].mountPath: Invalid value: "/v": must be unique`}},
		"two volumes of one name":      {"{volumes: [{name: v}, {name: v}], containers: [{name: a, image: i}]}", []string{`spec.volumes[1].name: Duplicate value: "v"`}},
		"a request above its limit":    {"containers: [{name: a, image: i, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]", []string{first + `.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`}},
		"a limit below nothing":        {`containers: [{name: a, image: i, resources: {limits: {cpu: "-1"}}}]`, []string{first + `.resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`}},
		"a probe of nothing":           {"containers: [{name: a, image: i, readinessProbe: {}}]", []string{first + ".readinessProbe: Required value: must specify a handler type"}},
		"a probe of two things":        {"containers: [{name: a, image: i, readinessProbe: {exec: {}, tcpSocket: {port: 80}}}]", []string{first + ".readinessProbe: Forbidden: may not specify more than 1 handler type"}},
		"a liveness of two successes":  {"containers: [{name: a, image: i, livenessProbe: {successThreshold: 2, tcpSocket: {port: 80}}}]", []string{first + ".livenessProbe.successThreshold: Invalid value: 2: must be 1"}},
		"a probe that waits backwards": {"containers: [{name: a, image: i, startupProbe: {periodSeconds: -1, tcpSocket: {port: 80}}}]", []string{first + ".startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"}},
		"a probe of port nought":       {"containers: [{name: a, image: i, readinessProbe: {httpGet: {port: 0}}}]", []string{first + ".readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive"}},
		"a spread without skew": {
			"{topologySpreadConstraints: [{topologyKey: z, whenUnsatisfiable: DoNotSchedule}], containers: [{name: a, image: i}]}",
			[]string{"spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"},
		},
		"one spread twice": {
			"{topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule}], containers: [{name: a, image: i}]}",
			[]string{`spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var template corev1.PodTemplateSpec
			if err := yaml.UnmarshalStrict([]byte(c.spec), &template.Spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, texts(ValidatePodTemplate(&template, nil, nil))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidatePodTemplateLabels(t *testing.T) {
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "no blanks"}}}
	template.Spec.Containers = []corev1.Container{{Name: "a", Image: "i"}}
	errs := ValidatePodTemplate(&template, nil, field.NewPath("spec", "template"))
	if len(errs) != 1 || errs[0].Field != "spec.template.metadata.labels" {
		t.Errorf("got %v", errs)
	}
}

func TestValidateMetrics(t *testing.T) {
	const web = "provider: {web: {url: u}}"
	for name, c := range map[string]struct {
		metrics string
		want    []string
	}{
		"none":                          {"[]", []string{"metrics: no metrics specified"}},
		"one":                           {"[{name: a, " + web + "}]", nil},
		"two of one name":               {"[{name: a, " + web + "}, {name: a, " + web + "}]", []string{"metrics[1]: duplicate name 'a'"}},
		"no provider":                   {"[{name: a, provider: {}}]", []string{"metrics[0].provider: no provider specified"}},
		"two providers":                 {"[{name: a, provider: {web: {url: u}, plugin: {x: {}}}}]", []string{"metrics[0].provider: multiple providers specified"}},
		"two plugins":                   {"[{name: a, provider: {plugin: {x: {}, y: {}}}}]", []string{"metrics[0].provider: multiple providers specified"}},
		"several without an interval":   {"[{name: a, count: 2, " + web + "}]", []string{"metrics[0].interval: interval must be specified when count > 1"}},
		"an interval of no unit":        {`[{name: a, interval: "5", ` + web + "}]", []string{"metrics[0].interval: must be a duration such as 30s, 5m or 1h"}},
		"arguments still to be filled":  {`[{name: a, interval: "{{args.i}}", count: "{{ args.c }}", failureLimit: "{{args.f}}", ` + web + "}]", nil},
		"a count that is no number":     {"[{name: a, count: many, " + web + "}]", []string{"metrics[0].count: must be a whole number"}},
		"fewer looks than failures":     {"[{name: a, interval: 5s, count: 2, failureLimit: 3, " + web + "}]", []string{"metrics[0].count: must be >= failureLimit + consecutiveSuccessLimit, which is 3"}},
		"fewer looks than successes":    {"[{name: a, interval: 5s, count: 2, failureLimit: -1, consecutiveSuccessLimit: 3, " + web + "}]", []string{"metrics[0].count: must be >= failureLimit + consecutiveSuccessLimit, which is 3"}},
		"fewer looks than inconclusive": {"[{name: a, interval: 5s, count: 2, inconclusiveLimit: 3, " + web + "}]", []string{"metrics[0].count: must be >= inconclusiveLimit"}},
		"a limit below its least":       {"[{name: a, failureLimit: -2, consecutiveErrorLimit: -1, " + web + "}]", []string{"metrics[0].failureLimit: must be >= -1", "metrics[0].consecutiveErrorLimit: must be >= 0"}},
		"no result would count":         {"[{name: a, failureLimit: -1, " + web + "}]", []string{"metrics[0]: failureLimit -1 needs a consecutiveSuccessLimit: with both disabled no result would ever count"}},
	} {
		t.Run(name, func(t *testing.T) {
			var metrics []Metric
			if err := yaml.UnmarshalStrict([]byte(c.metrics), &metrics); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, sentences(ValidateMetrics(metrics, field.NewPath("metrics")))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateAnalysisRules(t *testing.T) {
	var spec AnalysisRunSpec
	if err := yaml.UnmarshalStrict([]byte(`
metrics: [{name: error-rate, provider: {web: {url: u}}}]
dryRun: [{metricName: latency}, {metricName: "error-.*"}, {metricName: "("}]
measurementRetention: [{metricName: latency, limit: 5}]
`), &spec); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"dryRun[0]: Rule didn't match any metric name(s)",
		"dryRun[2]: metricName is not a regular expression: error parsing regexp: missing closing ): `(`",
		"measurementRetention[0]: Rule didn't match any metric name(s)",
	}
	if diff := cmp.Diff(want, sentences(ValidateAnalysisRunSpec(&spec, nil))); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateOfTemplatesNeedsNoMetrics(t *testing.T) {
	spec := &AnalysisTemplateSpec{Templates: []AnalysisTemplateRef{{TemplateName: "other"}}}
	if errs := ValidateAnalysisTemplateSpec(spec, nil); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
	if errs := ValidateAnalysisTemplateSpec(&AnalysisTemplateSpec{}, nil); len(errs) != 1 {
		t.Errorf("an empty template: %v", errs)
	}
}

// sentences are the errors as the message of a run shows them.
func sentences(errs field.ErrorList) []string {
	var out []string
	for _, err := range errs {
		out = append(out, err.Field+": "+err.Detail)
	}
	return out
}

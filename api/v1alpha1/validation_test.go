package v1alpha1

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// rolloutWith is a sound Rollout whose strategy is the given YAML.
func rolloutWith(t *testing.T, strategy string) *Rollout {
	t.Helper()
	var ro Rollout
	if err := yaml.UnmarshalStrict([]byte(`
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
`), &ro); err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict([]byte(strategy), &ro.Spec.Strategy); err != nil {
		t.Fatal(err)
	}
	return &ro
}

func texts(errs field.ErrorList) []string {
	var out []string
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return out
}

const routed = "trafficRouting: {istio: {virtualService: {name: v}, destinationRule: {name: d}}}"

func TestValidateStrategy(t *testing.T) {
	for name, c := range map[string]struct {
		strategy string
		want     []string
	}{
		"a canary without settings":              {"canary: {}", nil},
		"blue-green with one Service":            {"blueGreen: {activeService: a}", nil},
		"subsets do without Services and names":  {"canary: {" + routed + ", dynamicStableScale: true}", nil},
		"a strategy is needed":                   {"{}", []string{"spec.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"}},
		"only one strategy":                      {"{canary: {}, blueGreen: {activeService: a}}", []string{`spec.strategy: Invalid value: "blueGreen, canary": Multiple Strategies can not be listed`}},
		"active and preview differ":              {"blueGreen: {activeService: a, previewService: a}", []string{`spec.strategy.blueGreen.activeService: Invalid value: "a": This rollout uses the same service for the active and preview services, but two different services are required.`}},
		"the delay limit is within the history":  {"blueGreen: {activeService: a, scaleDownDelayRevisionLimit: 11}", []string{`spec.strategy.blueGreen.scaleDownDelayRevisionLimit: Invalid value: 11: This rollout's revision history limit can not be smaller than the rollout's scale down limit`}},
		"stable and canary differ":               {"canary: {stableService: a, canaryService: a}", []string{`spec.strategy.canary.stableService: Invalid value: "a": This rollout uses the same service for the stable and canary services, but two different services are required.`}},
		"one anti-affinity":                      {"canary: {antiAffinity: {}}", []string{`spec.strategy.canary.antiAffinity: Invalid value: "{}": AntiAffinity must have exactly one strategy listed`}},
		"anti-affinity weight has bounds":        {"blueGreen: {activeService: a, antiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: {weight: 101}}}", []string{`spec.strategy.blueGreen.antiAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight: Invalid value: 101: AntiAffinity weight must be between 1-100`}},
		"surge and unavailable zero":             {`canary: {maxSurge: "0%", maxUnavailable: 0}`, []string{`spec.strategy.canary.maxSurge: Invalid value: "0%": MaxSurge and MaxUnavailable both can not be zero`}},
		"surge zero with the default left":       {"canary: {maxSurge: 0}", nil},
		"nginx needs both Services":              {"canary: {trafficRouting: {nginx: {stableIngress: i}}}", []string{`spec.strategy.canary.canaryService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing`, `spec.strategy.canary.stableService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing`}},
		"Istio by host needs both Services":      {"canary: {stableService: s, trafficRouting: {istio: {virtualService: {name: v}}}}", []string{`spec.strategy.canary.canaryService: Invalid value: "": Canary service and Stable service must to be set to use Traffic Routing`}},
		"ping-pong does without those":           {"canary: {pingPong: {pingService: a, pongService: b}, trafficRouting: {istio: {virtualService: {name: v}}}}", nil},
		"ping-pong needs a router":               {"canary: {pingPong: {pingService: a, pongService: b}}", []string{`spec.strategy.canary.pingPong: Invalid value: "a, b": Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only`}},
		"ping and pong differ":                   {"canary: {pingPong: {pingService: a, pongService: a}, trafficRouting: {istio: {virtualService: {name: v}}}}", []string{`spec.strategy.canary.pingPong.pingService: Invalid value: "a": This rollout uses the same service for the ping and pong services, but two different services are required.`}},
		"ping-pong with ALB needs a root":        {"canary: {pingPong: {pingService: a, pongService: b}, trafficRouting: {alb: {ingress: i, servicePort: 80}}}", []string{`spec.strategy.canary.trafficRouting.alb.rootService: Invalid value: "": Root service field is required for the configuration with ALB and ping-pong feature enabled`}},
		"a delay needs routing":                  {"canary: {scaleDownDelaySeconds: 1}", []string{`spec.strategy.canary.scaleDownDelaySeconds: Invalid value: 1: Canary scaleDownDelaySeconds can only be used with traffic routing`}},
		"dynamic stable scale needs routing":     {"canary: {dynamicStableScale: true}", []string{`spec.strategy.canary.dynamicStableScale: Invalid value: true: Canary dynamicStableScale can only be used with traffic routing`}},
		"dynamic stable scale has no delay":      {"canary: {dynamicStableScale: true, scaleDownDelaySeconds: 1, " + routed + "}", []string{`spec.strategy.canary.dynamicStableScale: Invalid value: true: Canary dynamicStableScale cannot be used with scaleDownDelaySeconds`}},
		"the greatest weight is nginx's":         {"canary: {trafficRouting: {maxTrafficWeight: 1000, istio: {virtualService: {name: v}, destinationRule: {name: d}}}}", []string{`spec.strategy.canary.trafficRouting.maxTrafficWeight: Invalid value: 1000: Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins`}},
		"one way of naming Ingresses, none":      {"canary: {stableService: s, canaryService: c, trafficRouting: {nginx: {}}}", []string{`spec.strategy.canary.trafficRouting.nginx.stableIngress: Required value: Either StableIngress or StableIngresses must be configured. Neither are configured.`}},
		"one way of naming Ingresses, both":      {"canary: {stableService: s, canaryService: c, trafficRouting: {alb: {servicePort: 1, ingress: i, ingresses: [j]}}}", []string{`spec.strategy.canary.trafficRouting.alb.ingress: Invalid value: "i": Either Ingress or Ingresses must be configured. Both are configured.`}},
		"one way of naming VirtualServices":      {"canary: {trafficRouting: {istio: {destinationRule: {name: d}}}}", []string{`spec.strategy.canary.trafficRouting.istio.virtualService: Required value: either VirtualService or VirtualServices must be configured`}},
		"two subsets":                            {"canary: {trafficRouting: {istio: {virtualService: {name: v}, destinationRule: {name: d, canarySubsetName: stable}}}}", []string{`spec.strategy.canary.trafficRouting.istio.destinationRule.canarySubsetName: Invalid value: "stable": must differ from stableSubsetName; give each version a subset of its own`}},
		"Ambassador needs a mapping":             {"canary: {stableService: s, canaryService: c, trafficRouting: {ambassador: {mappings: []}}}", []string{`spec.strategy.canary.trafficRouting.ambassador.mappings: Required value: must provide at least one mapping`}},
		"App Mesh needs a virtual service":       {"canary: {stableService: s, canaryService: c, trafficRouting: {appMesh: {}}}", []string{`spec.strategy.canary.trafficRouting.appMesh.virtualService: Required value: must provide virtual-service`}},
		"a plugin router needs no Service":       {"canary: {trafficRouting: {plugins: {x/y: {a: 1}}, maxTrafficWeight: 10}}", nil},
		"every mistake is found, in their order": {"canary: {scaleDownDelaySeconds: 1, stableService: a, canaryService: a}", []string{`spec.strategy.canary.stableService: Invalid value: "a": This rollout uses the same service for the stable and canary services, but two different services are required.`, `spec.strategy.canary.scaleDownDelaySeconds: Invalid value: 1: Canary scaleDownDelaySeconds can only be used with traffic routing`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, texts(ValidateRollout(rolloutWith(t, c.strategy)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateSteps(t *testing.T) {
	const (
		step    = "spec.strategy.canary.steps[0]"
		oneKind = "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause"
	)
	managed := "trafficRouting: {managedRoutes: [{name: r}], istio: {virtualService: {name: v}, destinationRule: {name: d}}}"
	for name, c := range map[string]struct {
		canary string
		step   string
		want   []string
	}{
		"a weight":                       {"", "setWeight: 100", nil},
		"a weight too great":             {"", "setWeight: 101", []string{step + ".setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100"}},
		"a weight below nothing":         {"", "setWeight: -1", []string{step + ".setWeight: Invalid value: -1: SetWeight needs to be between 0 and 100"}},
		"a weight of a greater whole":    {"stableService: s, canaryService: c, trafficRouting: {maxTrafficWeight: 1000, nginx: {stableIngress: i}}", "setWeight: 1000", nil},
		"nothing to do":                  {"", "{}", []string{step + `: Invalid value: "{}": ` + oneKind}},
		"two things at once":             {"", "{setWeight: 1, pause: {}}", []string{step + `: Invalid value: "{pause, setWeight}": ` + oneKind}},
		"scale beside weight stands":     {routed, "{setWeight: 1, setCanaryScale: {weight: 2}}", nil},
		"a pause of no time":             {"", "pause: {duration: 0}", nil},
		"a pause in digits":              {"", `pause: {duration: "30"}`, nil},
		"a pause that cannot be read":    {"", "pause: {duration: soon}", []string{step + `.pause.duration: Invalid value: "soon": Duration needs to be greater than 0`}},
		"a pause into the past":          {"", "pause: {duration: -1}", []string{step + `.pause.duration: Invalid value: "-1": Duration needs to be greater than 0`}},
		"canary scale without routing":   {"", "setCanaryScale: {weight: 1}", []string{`spec.strategy.canary.trafficRouting: Invalid value: "": SetCanaryScale requires TrafficRouting to be set`}},
		"a header route":                 {managed, "setHeaderRoute: {name: r, match: [{headerName: h, headerValue: {exact: x}}]}", nil},
		"a header route without routing": {"", "setHeaderRoute: {name: r}", []string{step + `.setHeaderRoute: Invalid value: "r": SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix`}},
		"a header route nobody manages":  {routed, "setHeaderRoute: {name: r}", []string{`spec.strategy.canary.trafficRouting.managedRoutes: Required value: Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'`}},
		"a header route of another name": {managed, "setHeaderRoute: {name: q}", []string{`spec.strategy.canary.trafficRouting.managedRoutes: Invalid value: "q": Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes`}},
		"a header matched in two ways":   {managed, "setHeaderRoute: {name: r, match: [{headerName: h, headerValue: {exact: x, regex: y}}]}", []string{step + `.setHeaderRoute.match[0].headerValue: Invalid value: "{exact, regex}": StringMatch match value must have exactly one of the following: exact, regex, prefix`}},
		"a header matched in no way":     {managed, "setHeaderRoute: {name: r, match: [{headerName: h, headerValue: {}}]}", []string{step + `.setHeaderRoute.match[0].headerValue: Invalid value: "{}": StringMatch value missed, match value must have one of the following: exact, regex, prefix`}},
		"ALB compares whole headers only": {
			"stableService: s, canaryService: c, trafficRouting: {managedRoutes: [{name: r}], alb: {ingress: i, servicePort: 1}}",
			"setHeaderRoute: {name: r, match: [{headerName: h, headerValue: {prefix: x}}]}",
			[]string{step + `.setHeaderRoute.match[0].headerValue: Invalid value: "{prefix}": SetHeaderRoute match value invalid. ALB supports 'exact' value only`},
		},
		"a mirror route": {managed, "setMirrorRoute: {name: r, percentage: 5, match: [{method: {exact: GET}, path: {prefix: /}, headers: {h: {}}}]}", nil},
		"a mirror route without Istio": {
			"stableService: s, canaryService: c, trafficRouting: {managedRoutes: [{name: r}], nginx: {stableIngress: i}}",
			"setMirrorRoute: {name: r}",
			[]string{step + `.setMirrorRoute: Invalid value: "r": SetMirrorRoute requires TrafficRouting, supports Istio and Plugins`},
		},
		"a mirrored path and header matched wrongly": {managed, "setMirrorRoute: {name: r, match: [{path: {}, headers: {h: {exact: x, prefix: y}}}]}", []string{
			step + `.setMirrorRoute.match[0].path: Invalid value: "{}": StringMatch value missed, match value must have one of the following: exact, regex, prefix`,
			step + `.setMirrorRoute.match[0].headers[h]: Invalid value: "{exact, prefix}": StringMatch match value must have exactly one of the following: exact, regex, prefix`,
		}},
		"more mirrored than there is":           {managed, "setMirrorRoute: {name: r, percentage: 101}", []string{step + `.setMirrorRoute.percentage: Invalid value: 101: must be between 0 and 100`}},
		"an experiment's weight without router": {"", "experiment: {templates: [{name: t, specRef: canary, weight: 5}]}", []string{step + `.experiment.templates[0].weight: Invalid value: 5: Experiment template weight cannot be set unless TrafficRouting is enabled`}},
		"an experiment's weight with nginx": {
			"stableService: s, canaryService: c, trafficRouting: {nginx: {stableIngress: i}}",
			"experiment: {templates: [{name: t, specRef: canary, weight: 5}]}",
			[]string{step + `.experiment.templates[0].weight: Invalid value: 5: Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time`},
		},
		"arguments from metadata and elsewhere": {"", `analysis: {args: [{name: a, valueFrom: {fieldRef: {fieldPath: "metadata.labels['x']"}}}, {name: b, valueFrom: {fieldRef: {fieldPath: spec.replicas}}}]}`, nil},
		"an argument from unknown metadata":     {"", "analysis: {args: [{name: a, valueFrom: {fieldRef: {fieldPath: metadata.colour}}}]}", []string{step + `.analyses: Invalid value: "metadata.colour": Analyses arguments must refer to valid object metadata supported by downwardAPI`}},
	} {
		t.Run(name, func(t *testing.T) {
			ro := rolloutWith(t, "canary: {"+c.canary+"}")
			ro.Spec.Strategy.Canary.Steps = make([]CanaryStep, 1)
			if err := yaml.UnmarshalStrict([]byte(c.step), &ro.Spec.Strategy.Canary.Steps[0]); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, texts(ValidateRollout(ro))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateTop(t *testing.T) {
	for name, c := range map[string]struct {
		patch string
		want  []string
	}{
		"as it is":                     {"{}", nil},
		"replicas below nothing":       {"replicas: -1", []string{`spec.replicas: Invalid value: -1: must be greater than or equal to 0`}},
		"history below nothing":        {"revisionHistoryLimit: -1", []string{`spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0`}},
		"the deadline leaves no time":  {"{minReadySeconds: 10, progressDeadlineSeconds: 10}", []string{`spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds`}},
		"the default deadline as well": {"minReadySeconds: 600", []string{`spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds`}},
		"no selector":                  {"selector: null", []string{`spec.selector: Required value: Rollout has missing field '.spec.selector'`}},
		"an empty selector":            {"selector: {matchLabels: null}", []string{`spec.selector: Invalid value: "{}": empty selector is invalid for deployment`}},
		"a selector of other pods": {
			"selector: {matchLabels: {app: api}}",
			[]string{"spec.template.metadata.labels: Invalid value: \"app=web\": `selector` does not match template `labels`"},
		},
		"a workload beside a template": {"workloadRef: {kind: Deployment, name: d}", []string{`spec.template: Internal error: template must be empty for workload reference rollout`}},
		"a workload alone":             {"{workloadRef: {kind: Deployment, name: d}, template: {metadata: {labels: null}, spec: {containers: null}}, selector: null}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			ro := rolloutWith(t, "canary: {}")
			if err := yaml.UnmarshalStrict([]byte(c.patch), &ro.Spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, texts(ValidateRollout(ro))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

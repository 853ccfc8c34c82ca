package sim_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kanari-dev/kanari/test/sim"
)

// TestLawsHold lets people do anything at any moment, and looks whether every law holds and the world still comes to a good end.
func TestLawsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run(t, drawManifests(t), drawScript(t), nil)
	})
}

// TestLawsHoldWhenTheControllerDies does the same while controllers die before or after some of their writes.
func TestLawsHoldWhenTheControllerDies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		manifests, script := drawManifests(t), drawScript(t)
		deaths := rapid.SliceOfN(rapid.IntRange(1, 12), 1, 5).Draw(t, "deaths")
		after := rapid.Bool().Draw(t, "after")
		run(t, manifests, script, func(w *sim.World) {
			if len(deaths) > 0 {
				w.DieAt(deaths[0], after)
				deaths = deaths[1:]
			}
		})
	})
}

// run tells the story of a script and of the good end that must still be possible. Before is called before each of its lines.
func run(t *rapid.T, manifests string, script []string, before func(*sim.World)) {
	objects, err := sim.Manifests(manifests)
	if err != nil {
		t.Fatal(err)
	}
	world := sim.New("web")
	var told strings.Builder
	story := &sim.Story{Out: &told, World: world}
	world.Seen = story.Turn
	s := &sim.Script{World: world, Objects: objects}
	for _, line := range script {
		story.Line(line)
		if before != nil {
			before(world)
		}
		if err := s.Do(line); err != nil {
			t.Fatalf("%s\n%s\n%s: %v", manifests, told.String(), line, err)
		}
	}
	world.Spare()
	for _, line := range []string{
		"pods start 3s", "pods ready", mended, "measured success-rate [0.99]",
		"set spec.minReadySeconds 0", "set spec.replicas 3", "resume", "retry", "set-image final", "wait 10s", "promote full", "wait 10m",
	} {
		story.Line(line)
		if err := s.Do(line); err != nil {
			t.Fatalf("%s\n%s\n%s: %v", manifests, told.String(), line, err)
		}
	}
	if ro := world.Rollout(); ro.Status.Phase != "Healthy" || ro.Status.AvailableReplicas != 3 || ro.Status.StableRS != ro.Status.CurrentPodHash {
		t.Fatalf("%s\n%s\nit does not end well: %s", manifests, told.String(), world.End())
	}
}

// drawScript begins with a first version that works.
func drawScript(t *rapid.T) []string {
	verbs := []string{
		"set-image v2", "set-image v2", "set-image v3", "set-image v4", "set-image v1", "undo", "undo 1",
		"promote", "promote", "promote full", "abort", "abort", "retry", "pause", "resume",
		"wait 2s", "wait 10s", "wait 10s", "wait 45s", "wait 11m",
		"pods crash new", "pods crash 1 new", "pods crash 1 stable", "pods crash stable", "pods ready", "pods ready", "pods ready 1 new",
		"pods start by-hand", "pods start 3s", "pods go 0s", "pods go 5s",
		"scale 1", "scale 3", "scale 7", "scale 0", "scale 12",
		"set spec.minReadySeconds 5", "set spec.minReadySeconds -1", "set spec.minReadySeconds 0",
		"measured success-rate [0.99]", "measured success-rate [0.7]", "measured success-rate [0.1]", "measured success-rate []", "measured success-rate nothing",
		"edit AnalysisTemplate success-rate spec.metrics.0.successCondition result[0] >=", mended,
		"set steps [{setWeight: 30}, {pause: {}}, {setWeight: 60}]", "set steps [{setWeight: 30}, {analysis: {templates: [{templateName: success-rate}]}}, {setWeight: 60}]",
		"set steps [{setWeight: 20}, {setWeight: 80}, {pause: {duration: 20s}}]",
	}
	script := []string{"pods start 3s", "measured success-rate [0.99]", "apply", "wait 10s"}
	return append(script, rapid.SliceOfN(rapid.SampledFrom(verbs), 1, 25).Draw(t, "script")...)
}

// drawManifests makes a Rollout of some kind.
func drawManifests(t *rapid.T) string {
	kinds := map[string]string{"basic": "", "basic with Services": services, "hosts": services + hosts, "subsets": services + subsets, "constant": services + subsets, "nginx": services + ingress}
	kind := rapid.SampledFrom([]string{"basic", "basic with Services", "hosts", "subsets", "constant", "nginx"}).Draw(t, "kind")
	strategy := map[string]string{
		"basic":               "",
		"basic with Services": "      canaryService: web-canary\n      stableService: web-stable\n",
		"hosts":               "      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}]}}\n",
		"subsets":             "      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}], destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}}}\n",
		"constant":            "      dynamicStableScale: true\n      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}], destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}}}\n",
		"nginx":               "      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting: {nginx: {stableIngress: web}}\n",
	}[kind]
	steps := rapid.SampledFrom([]string{
		"[{setWeight: 10}, {pause: {}}, {setWeight: 50}, {pause: {duration: 10s}}, {setWeight: 100}]",
		"[{setWeight: 20}, {pause: {duration: 5s}}, {setWeight: 75}]",
		"[{setWeight: 100}, {pause: {}}]",
		"[{pause: {}}, {setWeight: 1}, {pause: {}}]",
		"[{setWeight: 20}, {analysis: {templates: [{templateName: success-rate}]}}, {setWeight: 60}, {pause: {duration: 10s}}]",
		"[{analysis: {templates: [{templateName: success-rate}]}}, {setWeight: 50}, {analysis: {templates: [{templateName: success-rate}]}}]",
		"[]",
	}).Draw(t, "steps")
	background := rapid.SampledFrom([]string{"", "", "      analysis: {templates: [{templateName: success-rate}], startingStep: 1}\n"}).Draw(t, "background")
	replicas := rapid.SampledFrom([]int{1, 2, 3, 5, 10}).Draw(t, "replicas")
	return fmt.Sprintf(rollout, replicas, strategy+background, steps) + template + kinds[kind]
}

const rollout = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:v1"}]}
  strategy:
    canary:
%s      steps: %s
`

const mended = "edit AnalysisTemplate success-rate spec.metrics.0.successCondition result[0] >= 0.95"

const template = `---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success-rate}
spec:
  metrics:
  - name: success-rate
    interval: 3s
    count: 3
    successCondition: result[0] >= 0.95
    failureCondition: result[0] < 0.5
    failureLimit: 1
    provider:
      prometheus: {address: "http://prometheus.monitoring:9090", query: up}
`

const services = `---
apiVersion: v1
kind: Service
metadata: {name: web-stable}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-canary}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

const hosts = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - name: primary
    route:
    - {destination: {host: web-stable}, weight: 100}
    - {destination: {host: web-canary}, weight: 0}
`

const subsets = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - name: primary
    route:
    - {destination: {host: web, subset: stable}, weight: 100}
    - {destination: {host: web, subset: canary}, weight: 0}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec:
  host: web
  subsets:
  - {name: stable, labels: {app: web}}
  - {name: canary, labels: {app: web}}
`

const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web-stable, port: {number: 80}}}}]}
`

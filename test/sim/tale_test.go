package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// tale is a world, what happens in it, and how it comes to rest. Patient people act only upon a world at rest, and nothing but machines
// fails while it moves: then the end may not depend on what failed.
type tale struct {
	Manifests string
	Lines     []line
	Patient   bool
	broken    sabotage
}

// line is a command of Script. A fault is one that is left out where the same tale is told without faults.
type line struct {
	Text  string
	Fault bool
}

// script is the tale's lines with its faults or without.
func (t tale) script(faults bool) []string {
	var lines []string
	for _, l := range t.Lines {
		if faults || !l.Fault {
			lines = append(lines, l.Text)
		}
	}
	return lines
}

// scenario is the tale as a file that could lie among the scenarios.
func (t tale) scenario(sentence, golden string) string {
	return Scenario{Sentence: sentence + "\n", Manifests: t.Manifests, Script: strings.Join(t.script(true), "\n") + "\n", Golden: golden}.String()
}

var tales = rapid.Custom(drawTale)

func drawTale(t *rapid.T) tale {
	told := drawLines(t)
	told.Lines = slices.DeleteFunc(told.Lines, func(l line) bool {
		if strings.Contains(l.Text, "set steps") && strings.Contains(told.Manifests, "blueGreen:") {
			return true // there are none
		}
		_, rest, inserts := strings.Cut(l.Text, "insert ")
		kind, _, _ := strings.Cut(rest, " ")
		return inserts && !strings.Contains(told.Manifests, "kind: "+kind+"\n")
	})
	return told
}

func drawLines(t *rapid.T) tale {
	told := tale{Manifests: drawManifests(t), Patient: rapid.IntRange(0, 2).Draw(t, "patience") == 0}
	told.Lines = []line{{Text: "pods start 3s"}, {Text: "measured success-rate [0.99]"}, {Text: "apply"}, {Text: "wait 10s"}}
	if told.Patient {
		told.Lines = append(told.Lines, slices.Concat(rapid.SliceOfN(rapid.Custom(drawChapter), 1, 4).Draw(t, "chapters")...)...)
		return told
	}
	told.Lines = append(told.Lines, line{Text: "set-image v2"})
	told.Lines = append(told.Lines, rapid.SliceOfN(rapid.Custom(drawLine), 1, 25).Draw(t, "lines")...)
	return told
}

// drawLine is anything that may happen.
func drawLine(t *rapid.T) line {
	switch rapid.IntRange(0, 10).Draw(t, "who") {
	case 0, 1, 2, 3:
		return line{Text: drawDeed(t)}
	case 10:
		return line{Text: "at write " + drawWrite(t) + " " + drawNewcomer(t)}
	case 4, 5:
		return line{Text: drawMishap(t)}
	case 6:
		what := rapid.SampledFrom([]func(*rapid.T) string{drawDeed, drawMishap}).Draw(t, "what")(t)
		if strings.HasPrefix(what, "wait") {
			return line{Text: what}
		}
		return line{Text: "at write " + drawWrite(t) + " " + what}
	default:
		return line{Text: drawFault(t), Fault: true}
	}
}

// drawChapter is a deed of patient people, what fails meanwhile, and the rest that it comes to.
func drawChapter(t *rapid.T) []line {
	chapter := []line{}
	for range rapid.IntRange(0, 4).Draw(t, "before") {
		chapter = append(chapter, line{Text: drawFault(t), Fault: true})
	}
	chapter = append(chapter, line{Text: rapid.SampledFrom(calmDeeds).Draw(t, "deed")})
	for range rapid.IntRange(0, 4).Draw(t, "after") {
		chapter = append(chapter, line{Text: drawFault(t), Fault: true}, line{Text: rapid.SampledFrom([]string{"wait 1s", "wait 4s", "wait 20s"}).Draw(t, "pace"), Fault: true})
	}
	return append(chapter, line{Text: "wait 1h"})
}

var calmDeeds = []string{
	"set-image v2", "set-image v2", "set-image v3", "promote", "promote", "promote full", "abort", "retry", "pause", "resume", "undo",
	"scale 1", "scale 4", "scale 9", "measured success-rate [0.99]", "measured success-rate [0.1]", "set spec.minReadySeconds 5",
	"set steps [{setWeight: 30}, {pause: {}}, {setWeight: 60}]", "set steps [{setWeight: 20}, {setWeight: 80}, {pause: {duration: 20s}}]",
}

// drawDeed is what people do, at any moment.
func drawDeed(t *rapid.T) string {
	return rapid.SampledFrom(slices.Concat(calmDeeds, []string{
		"set-image v4", "set-image v1", "undo 1", "promote", "promote full", "abort", "wait 2s", "wait 10s", "wait 10s", "wait 45s", "wait 11m",
		"scale 0", "scale 12", "set spec.minReadySeconds -1", "set spec.minReadySeconds 0",
		"measured success-rate [0.7]", "measured success-rate []", "measured success-rate nothing",
		"edit AnalysisTemplate success-rate spec.metrics.0.successCondition result[0] >=", mended,
		"set steps [{setWeight: 30}, {analysis: {templates: [{templateName: success-rate}]}}, {setWeight: 60}]",
	})).Draw(t, "deed")
}

// drawNewcomer is somebody else who uses what we use.
func drawNewcomer(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"insert VirtualService web spec.http {name: newcomer, route: [{destination: {host: elsewhere}, weight: 100}]}",
		"insert DestinationRule web spec.subsets {name: newcomer, labels: {app: other}}",
	}).Draw(t, "newcomer")
}

// drawMishap is what befalls pods.
func drawMishap(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"pods crash new", "pods crash 1 new", "pods crash 1 stable", "pods crash stable", "pods ready", "pods ready", "pods ready 1 new",
		"pods start by-hand", "pods start 3s", "pods start 3s", "pods go 0s", "pods go 5s",
		"pods evict 1 new", "pods evict 1 stable", "pods evict stable", "pods evict",
		"pods vanish node 0", "pods vanish node 1", "pods vanish zone 0", "pods vanish zone 1", "pods vanish zone 2",
	}).Draw(t, "mishap")
}

// drawFault is a failure of the controller, the API server, or what lies between.
func drawFault(t *rapid.T) string {
	n := drawWrite(t)
	switch rapid.IntRange(0, 11).Draw(t, "fault") {
	case 0:
		return "crash controller before write " + n
	case 1:
		return "crash controller after write " + n
	case 2:
		return "refuse write " + n + rapid.SampledFrom([]string{" conflict", " timeout", " error"}).Draw(t, "how")
	case 3:
		return "lose answer " + n
	case 4, 5:
		return drawStall(t)
	case 6:
		return "at write " + n + " " + drawStall(t)
	case 7:
		return "at write " + n + " overtake " + rapid.SampledFrom([]string{"0s", "2s", "15s"}).Draw(t, "lease")
	case 8:
		return "at write " + n + " pods evict 1"
	case 9:
		return "endpoints lag " + rapid.SampledFrom([]string{"0s", "1s", "4s", "30s"}).Draw(t, "lag")
	case 10:
		return "gateway lag " + rapid.SampledFrom([]string{"0s", "1s", "10s", "2m"}).Draw(t, "lag")
	default:
		return "jump " + rapid.SampledFrom([]string{"-3s", "-1s", "2s", "30s", "1h"}).Draw(t, "jump")
	}
}

// drawStall holds the changes of one kind back, but not for as long as it takes until the controller believes a cache again.
func drawStall(t *rapid.T) string {
	kind := rapid.SampledFrom([]string{"Rollout", "ReplicaSet", "ReplicaSet", "Service", "EndpointSlice", "HTTPRoute", "VirtualService", "DestinationRule", "AnalysisRun"}).Draw(t, "kind")
	return "stall " + kind + " " + rapid.SampledFrom([]string{"1s", "4s"}).Draw(t, "age")
}

func drawWrite(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(1, 12).Draw(t, "write")) }

// drawManifests makes a Rollout of some kind.
func drawManifests(t *rapid.T) string {
	kinds := map[string]string{"basic": "", "basic with Services": servicesYAML, "hosts": servicesYAML + hostsYAML, "subsets": servicesYAML + subsetsYAML, "constant": servicesYAML + subsetsYAML, "nginx": servicesYAML + ingressYAML, "surge": servicesYAML + hostsYAML, "ping-pong": servicesYAML + hostsYAML, "gateway": servicesYAML + httpRouteYAML, "gateway, constant": servicesYAML + httpRouteYAML}
	kind := rapid.SampledFrom([]string{"basic", "basic with Services", "hosts", "subsets", "constant", "nginx", "surge", "ping-pong", "gateway", "gateway, constant", "blue-green"}).Draw(t, "kind")
	replicas := rapid.SampledFrom([]int{1, 2, 3, 5, 10}).Draw(t, "replicas")
	if kind == "blue-green" {
		return fmt.Sprintf(rolloutYAML, replicas, drawBlueGreen(t)) + templateYAML + servicesYAML
	}
	strategy := map[string]string{
		"basic":               "",
		"basic with Services": "      canaryService: web-canary\n      stableService: web-stable\n",
		"hosts":               "      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}]}}\n",
		"subsets":             "      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}], destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}}}\n",
		"constant":            "      dynamicStableScale: true\n      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}], destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}}}\n",
		"surge":               "      maxSurge: 1\n      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}]}}\n",
		"ping-pong":           "      pingPong: {pingService: web-canary, pongService: web-stable}\n      trafficRouting: {istio: {virtualServices: [{name: web, routes: [primary]}]}}\n",
		"gateway":             "      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting: {gatewayAPI: {httpRoute: web}}\n",
		"gateway, constant":   "      dynamicStableScale: true\n      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting: {gatewayAPI: {httpRoute: web}}\n",
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
	canary := fmt.Sprintf("    canary:\n%s      steps: %s\n", strategy+background, steps)
	return fmt.Sprintf(rolloutYAML, replicas, canary) + templateYAML + kinds[kind]
}

// drawBlueGreen is a blue-green strategy with some of its settings.
func drawBlueGreen(t *rapid.T) string {
	text := strings.Builder{}
	text.WriteString("    blueGreen:\n      activeService: web-stable\n")
	for _, setting := range []string{
		"previewService: web-canary", "autoPromotionEnabled: false", "autoPromotionSeconds: 10", "previewReplicaCount: 1", "scaleDownDelaySeconds: 0", "abortScaleDownDelaySeconds: 5",
		"prePromotionAnalysis: {templates: [{templateName: success-rate}]}", "postPromotionAnalysis: {templates: [{templateName: success-rate}]}",
	} {
		if rapid.Bool().Draw(t, setting) {
			text.WriteString("      " + setting + "\n")
		}
	}
	return text.String()
}

const rolloutYAML = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:v1"}]}
  strategy:
%s`

const mended = "edit AnalysisTemplate success-rate spec.metrics.0.successCondition result[0] >= 0.95"

const templateYAML = `---
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

const servicesYAML = `---
apiVersion: v1
kind: Service
metadata: {name: web-stable, labels: {owner: shop}}
spec: {selector: {app: web}, sessionAffinity: ClientIP, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-canary}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

const hostsYAML = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - name: theirs
    match: [{uri: {prefix: /theirs}}]
    route:
    - {destination: {host: elsewhere}, weight: 70}
    - {destination: {host: elsewhere, port: {number: 81}}, weight: 30}
  - name: primary
    route:
    - {destination: {host: web-stable}, weight: 100}
    - {destination: {host: web-canary}, weight: 0}
`

const subsetsYAML = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - name: theirs
    match: [{uri: {prefix: /theirs}}]
    route:
    - {destination: {host: elsewhere}, weight: 70}
    - {destination: {host: elsewhere, port: {number: 81}}, weight: 30}
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
  - {name: theirs, labels: {app: web, tier: gold}, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
  - {name: stable, labels: {app: web}}
  - {name: canary, labels: {app: web}}
`

const httpRouteYAML = `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public}
spec: {gatewayClassName: simple, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: public}]
  rules:
  - name: theirs
    matches: [{path: {type: PathPrefix, value: /theirs}}]
    backendRefs: [{name: elsewhere, port: 80, weight: 70}, {name: elsewhere, port: 81, weight: 30}]
  - name: primary
    backendRefs: [{name: web-stable, port: 80, weight: 100}, {name: web-canary, port: 80, weight: 0}]
`

const ingressYAML = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web-stable, port: {number: 80}}}}]}
`

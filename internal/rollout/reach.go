package rollout

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// A ReplicaSet that says its pods are available is not yet a Service that leads to them: EndpointSlices follow by themselves, and proxies
// follow those. A share that rises before is a share of requests that find nobody, and pods that go before lose the requests that
// still find them. So both wait for what can be read back: the EndpointSlices, and what a mesh reports on its objects.

// reached is how many available pods of a revision get what is sent to a Service. Where no Service stands for the revision, or nobody
// looked, they all do.
func (t *turn) reached(service string, rs *appsv1.ReplicaSet) int32 {
	available := revision.Available(rs)
	if t.Endpoints == nil || !t.has(service) {
		return available
	}
	return min(available, t.behind(service, rs))
}

// behind is how many ready pods of a revision a Service leads to, without those of which it is known that they were told to go.
func (t *turn) behind(service string, rs *appsv1.ReplicaSet) int32 {
	count := int32(0)
	for _, pod := range t.Endpoints[service] {
		if revision.Bears(rs, pod) && !t.going(pod) {
			count++
		}
	}
	return count
}

// going tells whether a pod was told to go, where pods are looked at.
func (t *turn) going(name string) bool {
	return slices.ContainsFunc(t.Pods, func(pod *metav1.PartialObjectMetadata) bool {
		return pod.Name == name && pod.DeletionTimestamp != nil
	})
}

// stillFound tells whether a Service seems to lead to a pod that was told to go: what was read of it is from before.
func (t *turn) stillFound() bool {
	for _, pods := range t.Endpoints {
		if slices.ContainsFunc(pods, t.going) {
			return true
		}
	}
	return false
}

// leads tells whether a Service leads to every available pod of a revision.
func (t *turn) leads(service string, rs *appsv1.ReplicaSet) bool {
	return t.reached(service, rs) >= revision.Available(rs)
}

// receives tells whether any of our Services still leads to a revision.
func (t *turn) receives(rs *appsv1.ReplicaSet) bool {
	for service := range t.Endpoints {
		if t.behind(service, rs) > 0 {
			return true
		}
	}
	return false
}

// verifies tells whether a mesh of this Rollout reports what it has taken.
func (t *turn) verifies() bool {
	for _, route := range t.Routes {
		if route.Verifies() {
			return true
		}
	}
	return false
}

// unconfirmed tells whether weights have been written that a mesh was not seen to have taken.
func unconfirmed(weights *v1alpha1.TrafficWeights) bool {
	return weights != nil && weights.Verified != nil && !*weights.Verified
}

// confirm notes whether the meshes have taken the routing. What this turn writes, none of them has.
func (t *turn) confirm(wrote bool) {
	if !t.verifies() {
		return
	}
	t.untaken = ""
	if wrote {
		t.untaken = "it is being told"
	}
	for _, route := range t.Routes {
		if pending := route.Pending(t.ro); pending != "" && t.untaken == "" {
			t.untaken = pending
		}
	}
	t.status.Canary.Weights.Verified = new(t.untaken == "")
}

// footing is the least number of pods that a revision keeps as long as a mesh has not confirmed that their requests have left. Elsewhere the
// order of writes has to do.
func (t *turn) footing(rs *appsv1.ReplicaSet) int32 {
	before := t.ro.Status.Canary.Weights
	if before == nil || !t.verifies() {
		return 0
	}
	switch hash := revision.HashOf(rs); {
	case unconfirmed(before):
		return t.needed(t.total())
	case hash == before.Canary.PodTemplateHash && hash == before.Stable.PodTemplateHash:
		return t.needed(t.total())
	case hash == before.Canary.PodTemplateHash:
		return t.needed(before.Canary.Weight)
	case hash == before.Stable.PodTemplateHash:
		return t.needed(before.Stable.Weight)
	}
	return 0
}

// blocking is the first finding about the settings around our routes that forbids to go on.
func (t *turn) blocking() *traffic.Finding {
	for _, route := range t.Routes {
		for _, finding := range route.Findings(t.ro) {
			if finding.Blocks {
				return &finding
			}
		}
	}
	return nil
}

// warnOfRoutes tells of the other findings when a delivery begins.
func (t *turn) warnOfRoutes() {
	for _, route := range t.Routes {
		for _, finding := range route.Findings(t.ro) {
			if !finding.Blocks {
				t.tell(warning("RouteFinding", finding.String()))
			}
		}
	}
}

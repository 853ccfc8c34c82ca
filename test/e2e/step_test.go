package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// An Experiment as a step: its groups get their shares once their pods are ready, and lose them before their pods go.
func TestExperimentStepWithShares(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 20}, {experiment: {duration: 1s, scaleDownDelaySeconds: 1, templates: [
        {name: baseline, specRef: stable, weight: 5, metadata: {labels: {group: baseline}}}, {name: canary, specRef: canary, weight: 10, replicas: 2}]}}, {pause: {}}]`})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	begun := s.Trace().Version()
	s.SetImage("web", green)
	now := s.AwaitPause("web", 2)
	name := "web-" + hashOf(now, 2) + "-2-1"
	ex := now.experiment(name)
	if ex == nil || ex.Status.Phase != v1alpha1.AnalysisPhaseSuccessful || !metav1.IsControlledBy(ex, now.rollout("web")) {
		t.Fatalf("the Experiment under the expected name is %+v", ex)
	}
	s.Await("its pods and Services to be gone", func(now *State) bool {
		return now.pods("web") == 3 && len(now.all("Service")) == 2
	})
	baseline, canary := name+"-baseline", name+"-canary"
	want := []string{"stable 100 canary 0", "stable 80 canary 20", fmt.Sprintf("stable 65 canary 20 %s 5 %s 10", baseline, canary), "stable 80 canary 20"}
	if diff := cmp.Diff(want, s.Trace().divisions(begun, baseline, canary)); diff != "" {
		t.Errorf("who got the requests (-want +got):\n%s", diff)
	}
	for entry, state := range s.Trace().After(begun) {
		for host, pods := range map[string]int32{baseline: 1, canary: 2} {
			rs := state.hashed(state.selected(host))
			if shares(route(state.object("VirtualService", "web"), "web"), "host")[host] > 0 && (rs == nil || rs.Status.AvailableReplicas < pods) {
				t.Fatalf("%s gets requests with %+v, want %d pods (after %s)", host, rs, pods, entry)
			}
		}
	}
	s.Safe()
}

// An abort takes the groups' shares back with the canary's: every request goes to the stable version.
func TestAbortInAnExperimentStep(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 20}, {experiment: {duration: 1h, scaleDownDelaySeconds: 1, templates: [
        {name: canary, specRef: canary, weight: 10}]}}]`, More: []string{"abortScaleDownDelaySeconds: 1"}})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", green)
	group := ""
	s.Await("the share of the group", func(now *State) bool {
		group = "web-" + hashOf(now, 2) + "-2-1-canary"
		return shares(route(now.object("VirtualService", "web"), "web"), "host")[group] == 10
	})
	begun := s.Trace().Version()
	s.Abort("web")
	s.awaitSentence("0/2 Degraded 0% r1:2/2 stable=r1 canary=r1")
	s.Await("pods and Services of the group to be gone", func(now *State) bool { return now.pods("web") == 2 && len(now.all("Service")) == 2 })
	if diff := cmp.Diff([]string{"stable 70 canary 20 " + group + " 10", "stable 100 canary 0"}, s.Trace().divisions(begun, group)); diff != "" {
		t.Errorf("who got the requests (-want +got):\n%s", diff)
	}
	s.Safe()
}

// divisions are the shares of the route of the Shop web, each told once: those of its two Services, and of others where they have one.
func (tr Trace) divisions(since uint64, others ...string) []string {
	return runs(func(yield func(string) bool) {
		for _, state := range tr.After(since) {
			found := shares(route(state.object("VirtualService", "web"), "web"), "host")
			words := []string{fmt.Sprintf("stable %d canary %d", found["web-stable"], found["web-canary"])}
			for _, host := range others {
				if weight, listed := found[host]; listed {
					words = append(words, fmt.Sprintf("%s %d", host, weight))
				}
			}
			if !yield(strings.Join(words, " ")) {
				return
			}
		}
	})
}

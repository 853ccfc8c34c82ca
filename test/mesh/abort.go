package mesh

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Aborts takes the canary back at each of its shares, so many rounds as a median needs, and compares that with the same change by hand. Calls
// with the header are sent all the while: they may be answered by either version, but answered they must be.
func (s *Shop) Aborts(rounds int) {
	s.Helper()
	defer s.explain()
	s.OpenCanary("")
	load, headers := s.Load(), s.headers()
	s.Deliver(green, 0)
	lag := &traffic.Lag{}
	for range rounds {
		for _, share := range shares {
			s.Go(share)
			load.AwaitAnswer(green)
			s.abort(load, lag)
			s.Retry("web")
		}
	}
	s.Go(50)
	all := s.whole(load, "")
	s.whole(headers, "header x-canary, during the aborts")
	lag.ByHand = s.dividedByHand(len(shares) * rounds)
	s.add(traffic.Row{What: "aborts at 10, 50, 90 and 100 %", Requests: all.Calls(), Failed: all.Failed(), Lag: lag})
	s.judge(lag)
}

// abort notes how long the canary goes on answering.
func (s *Shop) abort(load *Load, lag *traffic.Lag) {
	s.Helper()
	sent := time.Now()
	s.Abort("web")
	answered := time.Now()
	lag.Ordered = append(lag.Ordered, max(load.AwaitSilence(green).Sub(sent), 0))
	s.AwaitPhase("web", v1alpha1.RolloutPhaseDegraded)
	// It may have heard of the order before the test had the answer.
	lag.Control = append(lag.Control, max(s.wrote(sent).Sub(answered), 0))
}

// wrote is when the API server had answered the controller's first write of shares after a moment.
func (s *Shop) wrote(after time.Time) time.Time {
	s.Helper()
	requests, err := s.bench.Lab.Requests(s.bench.Controller.User)
	if err != nil {
		s.Fatal(err)
	}
	for _, r := range requests {
		if r.Writes() && r.Object.Namespace == s.Namespace && r.Object.Resource == routes.Resource && r.Answered.After(after) {
			return r.Answered
		}
	}
	s.Fatal("the controller has written no shares after the abort")
	return time.Time{}
}

// dividedByHand divides another host between the same pods, and measures what istiod and the clients need for themselves.
func (s *Shop) dividedByHand(times int) []time.Duration {
	s.Helper()
	stable, canary := s.hashes()
	place := Place{Host: "hand", Gateways: s.way.Gateways, Pinned: s.way.Pinned, Stable: stable, Canary: canary}
	s.CreateYAML(s.service(place.Host))
	s.createAll(s.router.Objects(place)...)
	return s.turns(times, func(gets string) time.Time {
		place.Share = map[string]int{blue: 0, green: 100}[gets]
		texts := s.router.Objects(place)
		return s.merge(routes, place.Host, map[string]any{"spec": s.read(texts[len(texts)-1])["spec"]})
	})
}

func (s *Shop) read(text string) map[string]any {
	s.Helper()
	object := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		s.Fatal(err)
	}
	return object
}

// turns sends as many calls as a Rollout gets to the Service hand, where blue answers, gives everything to the other version by turns, and
// measures how long the one that loses goes on answering.
func (s *Shop) turns(times int, give func(gets string) time.Time) []time.Duration {
	s.Helper()
	load := s.send(s.plan("hand"))
	load.AwaitSilence(green) // a proxy may hear of the Service before it hears of its route
	loses, gets := blue, green
	var lags []time.Duration
	for range times {
		load.AwaitAnswer(loses)
		given := give(gets)
		load.AwaitAnswer(gets)
		lags = append(lags, max(load.AwaitSilence(loses).Sub(given), 0))
		loses, gets = gets, loses
	}
	s.whole(load, "")
	return lags
}

// merge patches an object, and returns when the patch was sent.
func (s *Shop) merge(resource schema.GroupVersionResource, name string, patch map[string]any) time.Time {
	s.Helper()
	body, err := json.Marshal(patch)
	if err != nil {
		s.Fatal(err)
	}
	sent := time.Now()
	client := s.bench.Lab.Dynamic.Resource(resource).Namespace(s.Namespace)
	if _, err := client.Patch(s.Context(), name, types.MergePatchType, body, metav1.PatchOptions{}); err != nil {
		s.Fatalf("patching %s: %v", name, err)
	}
	return sent
}

// hashes are those of the Rollout's versions.
func (s *Shop) hashes() (stable, current string) {
	s.Helper()
	object, err := s.bench.Lab.Dynamic.Resource(rollouts).Namespace(s.Namespace).Get(s.Context(), "web", metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	stable, _, _ = unstructured.NestedString(object.Object, "status", "stableRS")
	current, _, _ = unstructured.NestedString(object.Object, "status", "currentPodHash")
	return stable, current
}

// judge demands what is generous on a busy machine: the table has the figures. The controller's part is to be 50 ms, and is compared with
// what the machine takes for anything: the median that the mesh needs for a change by hand.
func (s *Shop) judge(lag *traffic.Lag) {
	s.Helper()
	const allowed = 50 * time.Millisecond
	s.Logf("control %v; ordered %v; by hand %v", lag.Control, lag.Ordered, lag.ByHand)
	if most, got := max(allowed, 2*traffic.Quantile(lag.ByHand, 0.5)), traffic.Quantile(lag.Control, 0.99); got > most {
		s.Errorf("the controller took up to %s to write an abort's shares, want at most %s", got, most)
	}
	if most, got := traffic.Quantile(lag.ByHand, 1)+4*allowed, traffic.Quantile(lag.Ordered, 0.5); got > most {
		s.Errorf("half of the aborts took %s or more, the slowest change by hand and some time for control %s", got, most)
	}
}

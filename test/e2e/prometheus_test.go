package e2e

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// TestAnalysisExample follows examples/02-analysis as its README does. Its queries name a Service and no namespace, so the versions come one
// after the other, the bad one last; it is forgotten after five minutes, and the same lab can do it again. Only the host differs: other examples are under way, and the lab has one gateway.
func TestAnalysisExample(t *testing.T) {
	t.Parallel()
	SharedPrometheus(t)
	s := NewScene(t, lab)
	host := s.Namespace + ".example.com"
	for _, file := range []string{"services", "success-rate", "virtualservice", "workload"} {
		s.ApplyFile(filepath.Join(analysisExample, file+".yaml"), onHosts(host))
	}
	s.AwaitPhase("myapp-rollout", v1alpha1.RolloutPhaseHealthy)
	s.Send(Plan{Host: host, Rate: 100})
	for _, step := range []struct {
		name string
		do   func(s *Scene)
	}{
		{"the template word for word", exampleMeasures},
		{"a good version goes on", exampleGoesOn},
		{"a bad version is taken back", exampleIsTakenBack},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.do(s.Apart(t)) }) {
			return
		}
	}
	s.Safe()
}

func onHosts(host string) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) {
		if object.GetKind() == "VirtualService" {
			object.Object["spec"].(map[string]any)["hosts"] = []any{host}
		}
	}
}

// exampleRun is the AnalysisRun of a revision of the example, under the name that it is expected to have.
func exampleRun(now *State, revision int) *v1alpha1.AnalysisRun {
	rs := now.revision("myapp-rollout", revision)
	if rs == nil {
		return nil
	}
	return now.run(fmt.Sprintf("myapp-rollout-%s-%d-1", rs.Labels[v1alpha1.DefaultRolloutUniqueLabelKey], revision))
}

// exampleMeasures waits for the first measurement alone: the other two come a minute later each.
func exampleMeasures(s *Scene) {
	s.SetImage("myapp-rollout", "kanari.dev/demo:green")
	now := s.Await("a first share of good requests", func(now *State) bool {
		_, found := firstRate(exampleRun(now, 2))
		return found
	})
	run := exampleRun(now, 2)
	if rate, _ := firstRate(run); rate < 0.9 || rate > 1 {
		s.Errorf("%v of the requests succeeded, want nearly all", rate)
	}
	if run.Status.Phase != v1alpha1.AnalysisPhaseRunning {
		s.Errorf("the run is %s: %s", run.Status.Phase, run.Status.Message)
	}
	want := strings.ReplaceAll(s.query("success-rate.yaml"), "{{args.service-name}}", "myapp-canary-svc")
	if diff := cmp.Diff(want, run.Status.MetricResults[0].Metadata["ResolvedPrometheusQuery"]); diff != "" {
		s.Errorf("what Prometheus was asked (-want +got):\n%s", diff)
	}
}

// firstRate is the first measurement that is a number: before the first two scrapes of a canary there is no data, and before its first
// request the share is NaN.
func firstRate(run *v1alpha1.AnalysisRun) (float64, bool) {
	if run == nil || len(run.Status.MetricResults) == 0 {
		return 0, false
	}
	for _, m := range run.Status.MetricResults[0].Measurements {
		rate, err := strconv.ParseFloat(strings.Trim(m.Value, "[]"), 64)
		if err == nil && !math.IsNaN(rate) {
			return rate, true
		}
	}
	return 0, false
}

// query is that of the one metric of a template of the example.
func (s *Scene) query(file string) string {
	s.Helper()
	metrics, _, _ := unstructured.NestedSlice(s.manifests(filepath.Join(analysisExample, file))[0].Object, "spec", "metrics")
	query, found, err := unstructured.NestedString(metrics[0].(map[string]any), "provider", "prometheus", "query")
	if err != nil || !found {
		s.Fatalf("%s has no query (%v)", file, err)
	}
	return query
}

// exampleGoesOn puts the quick template in the other's place.
func exampleGoesOn(s *Scene) {
	quick := s.manifests(filepath.Join(analysisExample, "quick", "success-rate.yaml"))[0]
	s.Merge(&v1alpha1.AnalysisTemplate{}, quick.GetName(), map[string]any{"spec": quick.Object["spec"]})
	before := s.Trace().Version()
	s.SetImage("myapp-rollout", "kanari.dev/demo:yellow")
	now := s.AwaitPause("myapp-rollout", 3)
	run := exampleRun(now, 3)
	if run == nil || run.Status.Phase != v1alpha1.AnalysisPhaseSuccessful || run.Status.MetricResults[0].Successful < 2 {
		s.Fatalf("the run of the good version is %+v", run)
	}
	s.Promote("myapp-rollout")
	s.Await("the good version to be the stable one", func(now *State) bool {
		return now.phase("myapp-rollout") == v1alpha1.RolloutPhaseHealthy && now.rollout("myapp-rollout").Status.StableRS == run.Labels[v1alpha1.DefaultRolloutUniqueLabelKey]
	})
	if weights := s.Trace().Weights("myapp-rollout", before); !slices.Equal(weights[len(weights)-4:], []int64{20, 50, 100, 0}) {
		s.Errorf("weights %v, want 20, 50, 100 and 0 at the end", weights)
	}
}

func exampleIsTakenBack(s *Scene) {
	s.CatchUp()
	before := s.Trace().Version()
	s.Fail("kanari.dev/demo:red", 0.3)
	s.SetImage("myapp-rollout", "kanari.dev/demo:red")
	now := s.AwaitPhase("myapp-rollout", v1alpha1.RolloutPhaseDegraded)
	if said := now.rollout("myapp-rollout").Status.Message; !strings.Contains(said, `Metric "success-rate" assessed Failed due to failed (2) > failureLimit (1)`) {
		s.Errorf("the message is %q", said)
	}
	if run := exampleRun(now, 4); run == nil || run.Status.Phase != v1alpha1.AnalysisPhaseFailed {
		s.Errorf("the run of the bad version is %+v", run)
	}
	s.Await("all requests at the stable version", func(now *State) bool { return now.weight("myapp-rollout") == 0 })
	if diff := cmp.Diff([]int64{0, 20, 0}, s.Trace().Weights("myapp-rollout", before)); diff != "" {
		s.Errorf("weights (-want +got):\n%s", diff)
	}
}

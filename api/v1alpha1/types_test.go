package v1alpha1

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestObservedGeneration(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want ObservedGeneration
		out  string
	}{
		"a number stays a number":            {`{"observedGeneration":7}`, 7, `7`},
		"a string becomes a number":          {`{"observedGeneration":"7"}`, 7, `7`},
		"a large string keeps every digit":   {`{"observedGeneration":"9007199254740993"}`, 9007199254740993, `9007199254740993`},
		"the empty string has seen nothing":  {`{"observedGeneration":""}`, 0, ``},
		"a hash of old times counts as none": {`{"observedGeneration":"6f9cd8b5c"}`, 0, ``},
		"null has seen nothing":              {`{"observedGeneration":null}`, 0, ``},
		"absent has seen nothing":            {`{}`, 0, ``},
	} {
		t.Run(name, func(t *testing.T) {
			var status RolloutStatus
			if err := json.Unmarshal([]byte(c.in), &status); err != nil {
				t.Fatal(err)
			}
			if status.ObservedGeneration != c.want {
				t.Fatalf("read %d, want %d", status.ObservedGeneration, c.want)
			}
			raw, err := json.Marshal(status)
			if err != nil {
				t.Fatal(err)
			}
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(raw, &fields); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.out, string(fields["observedGeneration"])); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStringGenerations(t *testing.T) {
	status, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&RolloutStatus{
		ObservedGeneration: 12, WorkloadObservedGeneration: 3,
		Conditions: []RolloutCondition{{Type: RolloutReady, ObservedGeneration: 12}},
	})
	if err != nil {
		t.Fatal(err)
	}
	StringGenerations(status)
	if diff := cmp.Diff([]any{"12", "3"}, []any{status["observedGeneration"], status["workloadObservedGeneration"]}); diff != "" {
		t.Error(diff)
	}
	condition := status["conditions"].([]any)[0].(map[string]any)
	if diff := cmp.Diff(any(int64(12)), condition["observedGeneration"]); diff != "" {
		t.Errorf("conditions keep their numbers: %s", diff)
	}
	var back RolloutStatus
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(status, &back); err != nil {
		t.Fatal(err)
	}
	if back.ObservedGeneration != 12 || back.WorkloadObservedGeneration != 3 {
		t.Errorf("read back %d and %d", back.ObservedGeneration, back.WorkloadObservedGeneration)
	}
}

// The step hash is taken over this text: order and omission are a contract with Rollouts that are under way.
func TestStepsAsHashed(t *testing.T) {
	weight, percent := int32(10), int32(20)
	duration := intstr.FromString("30s")
	steps := []CanaryStep{
		{SetWeight: &weight},
		{Pause: &RolloutPause{}},
		{Pause: &RolloutPause{Duration: &duration}},
		{SetCanaryScale: &SetCanaryScale{Weight: &percent, Replicas: &weight, MatchTrafficWeight: true}},
		{SetHeaderRoute: &SetHeaderRoute{Name: "h", Match: []HeaderRoutingMatch{{HeaderName: "x", HeaderValue: &StringMatch{Exact: "y"}}}}},
		{SetMirrorRoute: &SetMirrorRoute{Match: []RouteMatch{{Method: &StringMatch{Exact: "GET"}}}, Percentage: &percent}},
		{Plugin: &PluginStep{Name: "p", Config: json.RawMessage(`{"z":1,"a":"b"}`)}},
		{Analysis: &RolloutAnalysis{Templates: []AnalysisTemplateRef{{}}, Args: []AnalysisRunArgument{{Name: "a", Value: "b"}}}},
		{Experiment: &RolloutExperimentStep{Templates: []RolloutExperimentTemplate{{Name: "t", SpecRef: StableSpecRef}}, Duration: "5m"}},
	}
	raw, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"setWeight":10},{"pause":{}},{"pause":{"duration":"30s"}},` +
		`{"setCanaryScale":{"weight":20,"replicas":10,"matchTrafficWeight":true}},` +
		`{"setHeaderRoute":{"name":"h","match":[{"headerName":"x","headerValue":{"exact":"y"}}]}},` +
		`{"setMirrorRoute":{"name":"","match":[{"method":{"exact":"GET"}}],"percentage":20}},` +
		`{"plugin":{"name":"p","config":{"z":1,"a":"b"}}},` +
		`{"analysis":{"templates":[{"templateName":""}],"args":[{"name":"a","value":"b"}]}},` +
		`{"experiment":{"templates":[{"name":"t","specRef":"stable","metadata":{}}],"duration":"5m","analysisRunMetadata":{}}}]`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyRolloutAsWritten(t *testing.T) {
	raw, err := json.Marshal(Rollout{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"metadata":{},"spec":{"strategy":{}},"status":{"canary":{},"blueGreen":{}}}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Error(diff)
	}
}

func TestSchemeKnowsEveryKind(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{RolloutKind, AnalysisTemplateKind, ClusterAnalysisTemplateKind, AnalysisRunKind, ExperimentKind} {
		for _, name := range []string{kind, kind + "List"} {
			if !scheme.Recognizes(GroupVersion.WithKind(name)) {
				t.Errorf("%s is not registered", name)
			}
		}
	}
}

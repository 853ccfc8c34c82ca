package act_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/plan"
)

// office is an Analyst with everything that leaves its hands.
type office struct {
	act.Analyst
	stored  *v1alpha1.AnalysisRun // as the API server has it
	sent    []map[string]any      // bodies of patches
	deleted []types.UID           // demanded of the run that is deleted
	trimmed []int
	told    []string
	wrote   []string // resourceVersions
}

func (o *office) Ask(context.Context, metric.Query, *metric.Measurement)  {}
func (o *office) Stop(context.Context, metric.Query, *metric.Measurement) {}
func (o *office) Trim(_ context.Context, _ metric.Query, limit int) {
	o.trimmed = append(o.trimmed, limit)
}

func newOffice(t *testing.T) *office {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	run := &v1alpha1.AnalysisRun{Spec: v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{{Name: "rate"}}}}
	run.Namespace, run.Name, run.UID = "shop", "checkout", "one"
	run.Status = v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisPhasePending, Message: "waits"}
	o := &office{stored: &v1alpha1.AnalysisRun{}}
	server := fake.NewClientBuilder().WithScheme(scheme).WithObjects(run).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			raw, err := patch.Data(object)
			body := map[string]any{}
			if err = errors.Join(err, json.Unmarshal(raw, &body)); err != nil {
				return err
			}
			o.sent = append(o.sent, body)
			return c.Patch(ctx, object, patch, options...)
		},
		Delete: func(_ context.Context, _ client.WithWatch, _ client.Object, options ...client.DeleteOption) error {
			asked := (&client.DeleteOptions{}).ApplyOptions(options)
			o.deleted = append(o.deleted, *asked.Preconditions.UID)
			return apierrors.NewNotFound(v1alpha1.SchemeGroupVersion.WithResource("analysisruns").GroupResource(), "checkout")
		},
	}).Build()
	if err := server.Get(t.Context(), client.ObjectKeyFromObject(run), o.stored); err != nil {
		t.Fatal(err)
	}
	o.Analyst = act.Analyst{
		Client: server, Desk: o,
		Tell:  func(_ runtime.Object, e plan.Event) { o.told = append(o.told, e.Reason) },
		Wrote: func(_ client.ObjectKey, object client.Object) { o.wrote = append(o.wrote, object.GetResourceVersion()) },
	}
	return o
}

type analysisPlan = plan.Plan[v1alpha1.AnalysisRunStatus]

func TestOnlyWhatTheStatusDiffersInIsSent(t *testing.T) {
	o := newOffice(t)
	read := o.stored.DeepCopy()
	p := analysisPlan{Status: v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisPhaseRunning}, Events: []plan.Event{{Reason: "Begun"}}}
	if err := o.Carry(t.Context(), o.stored, p); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"metadata": map[string]any{"resourceVersion": read.ResourceVersion},
		"status":   map[string]any{"phase": "Running", "message": nil},
	}}
	if diff := cmp.Diff(want, o.sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(read, o.stored); diff != "" {
		t.Errorf("the run as it was read has changed (-before +after):\n%s", diff)
	}
	if len(o.wrote) != 1 || o.wrote[0] == read.ResourceVersion {
		t.Errorf("noted as written %v, want the version of the answer, not %s", o.wrote, read.ResourceVersion)
	}
	if diff := cmp.Diff([]string{"Begun"}, o.told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAStatusThatIsTheSameIsNotSent(t *testing.T) {
	o := newOffice(t)
	if err := o.Carry(t.Context(), o.stored, analysisPlan{Status: *o.stored.Status.DeepCopy()}); err != nil || len(o.sent) > 0 {
		t.Errorf("it sent %v and ended with %v, want nothing", o.sent, err)
	}
}

func TestAForeignWriteIsNoticed(t *testing.T) {
	o := newOffice(t)
	theirs := o.stored.DeepCopy()
	theirs.Spec.Terminate = true
	if err := o.Client.Update(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	p := analysisPlan{Status: v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisPhaseRunning}, Events: []plan.Event{{Reason: "Begun"}}}
	if err := o.Carry(t.Context(), o.stored, p); !apierrors.IsConflict(err) {
		t.Errorf("a write upon an old version ends with %v, want a conflict", err)
	}
	if len(o.told) > 0 {
		t.Errorf("told %v of a status that does not stand", o.told)
	}
}

func TestBackendsKeepAsManyAsTheStatusDoes(t *testing.T) {
	o := newOffice(t)
	query := metric.Query{Metric: v1alpha1.Metric{Name: "rate"}}
	p := analysisPlan{Actions: []plan.Action{plan.TrimMeasurements{Query: query}}}
	p.Status.MetricResults = []v1alpha1.MetricResult{{Name: "other"}, {Name: "rate", Measurements: make([]v1alpha1.Measurement, 3)}}
	if err := o.Carry(t.Context(), o.stored, p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{3}, o.trimmed); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestTheVeryRunThatWasReadIsDeleted(t *testing.T) {
	o := newOffice(t)
	p := analysisPlan{Actions: []plan.Action{plan.DeleteRun{Name: "checkout"}}, Status: o.stored.Status}
	if err := o.Carry(t.Context(), o.stored, p); err != nil {
		t.Errorf("deleting what is gone already ends with %v", err)
	}
	if diff := cmp.Diff([]types.UID{"one"}, o.deleted); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
}

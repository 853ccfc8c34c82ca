package act_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/plan"
)

type experimentPlan = plan.Plan[v1alpha1.ExperimentStatus]

// bench is a Hand at work on one Experiment, with everything that leaves it.
type bench struct {
	act.Hand
	stored *v1alpha1.Experiment // as the API server has it
	sent   []map[string]any     // bodies of patches
	told   []string
	wrote  []string // names
}

func newBench(t *testing.T, others ...client.Object) *bench {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	b := &bench{stored: &v1alpha1.Experiment{}}
	server := fake.NewClientBuilder().WithScheme(scheme).WithObjects(try()).WithObjects(others...).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			raw, err := patch.Data(object)
			body := map[string]any{}
			if err = errors.Join(err, json.Unmarshal(raw, &body)); err != nil {
				return err
			}
			b.sent = append(b.sent, body)
			return c.Patch(ctx, object, patch, options...)
		},
	}).Build()
	if err := server.Get(t.Context(), client.ObjectKeyFromObject(try()), b.stored); err != nil {
		t.Fatal(err)
	}
	b.Hand = act.Hand{
		Client: server, Live: server,
		Tell:  func(_ runtime.Object, e plan.Event) { b.told = append(b.told, e.Reason) },
		Wrote: func(_ client.ObjectKey, object client.Object) { b.wrote = append(b.wrote, object.GetName()) },
	}
	return b
}

func try() *v1alpha1.Experiment {
	ex := &v1alpha1.Experiment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "try", UID: "e-1"}}
	ex.Status = v1alpha1.ExperimentStatus{Phase: v1alpha1.AnalysisPhasePending, Message: "waits"}
	return ex
}

// meta is the metadata of what belongs to the template "one", controlled by the Experiment of that UID.
func meta(name, owner string) metav1.ObjectMeta {
	ex := try()
	ex.UID = types.UID(owner)
	return metav1.ObjectMeta{
		Namespace: "shop", Name: name, Annotations: map[string]string{v1alpha1.ExperimentTemplateNameAnnotationKey: "one"},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ex, v1alpha1.ExperimentGVK)},
	}
}

func TestOnlyWhatAnExperimentsStatusDiffersInIsSent(t *testing.T) {
	b := newBench(t)
	read := b.stored.DeepCopy()
	p := experimentPlan{Status: v1alpha1.ExperimentStatus{Phase: v1alpha1.AnalysisPhaseRunning}, Events: []plan.Event{{Reason: "Begun"}}}
	if err := b.CarryExperiment(t.Context(), b.stored, p); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{
		"metadata": map[string]any{"resourceVersion": read.ResourceVersion},
		"status":   map[string]any{"phase": "Running", "message": nil},
	}}
	for what, diff := range map[string]string{
		"what was sent":                cmp.Diff(want, b.sent),
		"the Experiment as it was":     cmp.Diff(read, b.stored),
		"what was noted as written":    cmp.Diff([]string{"try"}, b.wrote),
		"what was told":                cmp.Diff([]string{"Begun"}, b.told),
		"what a second writer is told": cmp.Diff(true, apierrors.IsConflict(b.CarryExperiment(t.Context(), read, p))),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestAnExperimentThatStaysAsItIsCostsNothing(t *testing.T) {
	b := newBench(t)
	if err := b.CarryExperiment(t.Context(), b.stored, experimentPlan{Status: *b.stored.Status.DeepCopy()}); err != nil || len(b.sent) > 0 {
		t.Errorf("it sent %v and ended with %v, want nothing", b.sent, err)
	}
}

// A name that is taken is counted for its group alone, and nothing of the plan is told.
func TestTakenNamesAreCounted(t *testing.T) {
	b := newBench(t, &appsv1.ReplicaSet{ObjectMeta: meta("try-one", "e-2")})
	p := experimentPlan{
		Actions: []plan.Action{plan.CreateReplicaSet{ReplicaSet: &appsv1.ReplicaSet{ObjectMeta: meta("try-one", "e-1")}}},
		Status:  v1alpha1.ExperimentStatus{Phase: v1alpha1.AnalysisPhaseRunning}, Events: []plan.Event{{Reason: "Begun"}},
	}
	for count := int32(1); count <= 2; count++ {
		if err := b.CarryExperiment(t.Context(), b.stored, p); !errors.Is(err, act.ErrCollision) {
			t.Fatalf("it ended with %v, want a collision", err)
		}
		if err := b.Client.Get(t.Context(), client.ObjectKeyFromObject(b.stored), b.stored); err != nil {
			t.Fatal(err)
		}
		want := try().Status
		want.TemplateStatuses = []v1alpha1.TemplateStatus{{Name: "one", CollisionCount: &count}}
		if diff := cmp.Diff(want, b.stored.Status); diff != "" {
			t.Errorf("the status (-want +got):\n%s", diff)
		}
	}
	if len(b.told) > 0 {
		t.Errorf("told %v of what was not done", b.told)
	}
}

func TestServicesOfExperiments(t *testing.T) {
	tests := map[string]struct {
		there  []client.Object
		action plan.Action
		left   string // the UID of the owner of what bears the name afterwards; empty for nothing
		fails  string
	}{
		"one is created": {action: plan.CreateService{Service: &corev1.Service{ObjectMeta: meta("front", "e-1")}}, left: "e-1"},
		"one that an earlier attempt created is as good": {
			there:  []client.Object{&corev1.Service{ObjectMeta: meta("front", "e-1")}},
			action: plan.CreateService{Service: &corev1.Service{ObjectMeta: meta("front", "e-1")}}, left: "e-1",
		},
		"one of somebody else is left to the next turn": {
			there:  []client.Object{&corev1.Service{ObjectMeta: meta("front", "e-2")}},
			action: plan.CreateService{Service: &corev1.Service{ObjectMeta: meta("front", "e-1")}}, left: "e-2",
			fails: `creating Service "front": somebody else's has that name`,
		},
		"one is deleted": {
			there: []client.Object{&corev1.Service{ObjectMeta: meta("front", "e-1")}}, action: plan.DeleteService{Name: "front"},
		},
		"one that is gone is what was wanted": {action: plan.DeleteService{Name: "front"}},
		"one that took the name of ours is left alone": {
			there: []client.Object{&corev1.Service{ObjectMeta: meta("front", "e-2")}}, action: plan.DeleteService{Name: "front"}, left: "e-2",
		},
		"nobody can do what is done to Rollouts": {action: plan.PointService{Name: "front"}, fails: "no hand knows how"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, test.there...)
			err := b.CarryExperiment(t.Context(), b.stored, experimentPlan{Actions: []plan.Action{test.action}, Status: b.stored.Status})
			if (err == nil) != (test.fails == "") || (err != nil && !strings.Contains(err.Error(), test.fails)) {
				t.Errorf("it ended with %v, want %q", err, test.fails)
			}
			left := ""
			found := &corev1.Service{}
			if b.Client.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "front"}, found) == nil {
				left = string(metav1.GetControllerOf(found).UID)
			}
			if left != test.left {
				t.Errorf("afterwards the name belongs to %q, want %q", left, test.left)
			}
		})
	}
}

func TestErrandsOfExperiments(t *testing.T) {
	b := newBench(t)
	run := &v1alpha1.AnalysisRun{ObjectMeta: meta("try-rate", "e-1")}
	for _, actions := range [][]plan.Action{
		{plan.CreateRun{Run: run}},
		{plan.CreateRun{Run: run}, plan.StopRun{Name: "try-rate"}, plan.StopRun{Name: "gone"}},
	} {
		if err := b.CarryExperiment(t.Context(), b.stored, experimentPlan{Actions: actions, Status: b.stored.Status}); err != nil {
			t.Fatal(err)
		}
	}
	found := &v1alpha1.AnalysisRun{}
	if err := b.Client.Get(t.Context(), client.ObjectKeyFromObject(run), found); err != nil || !found.Spec.Terminate {
		t.Errorf("the run is %+v (%v), want it told to stop", found.Spec, err)
	}
	if diff := cmp.Diff([]string{"try-rate", "try-rate", "try-rate"}, b.wrote); diff != "" {
		t.Errorf("noted as written (-want +got):\n%s", diff)
	}
}

package controller

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/plan"
)

// ground is a controller of Experiments and an API server that may refuse.
type ground struct {
	*Experiments
	server client.Client
	writes []string
	told   []string // each event with the kind of what it is about
	refuse error    // what patches are answered
	hidden string   // a ReplicaSet that no list shows
}

// indexer gives the indexes of the caches to a fake API server.
type indexer struct{ *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, kind client.Object, name string, values client.IndexerFunc) error {
	i.WithIndex(kind, name, values)
	return nil
}

func newGround(t *testing.T, objects ...client.Object) *ground {
	t.Helper()
	scheme := runtime.NewScheme()
	builder := fake.NewClientBuilder().WithScheme(scheme)
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme), observe.Indexes(t.Context(), indexer{builder}, nil)); err != nil {
		t.Fatal(err)
	}
	g := &ground{}
	g.server = builder.WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
			g.writes = append(g.writes, "create "+o.GetName())
			return c.Create(ctx, o, options...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, options ...client.PatchOption) error {
			g.writes = append(g.writes, "patch "+o.GetName())
			if g.refuse != nil {
				return g.refuse
			}
			return c.Patch(ctx, o, p, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			err := c.List(ctx, list, options...)
			if sets, ok := list.(*appsv1.ReplicaSetList); ok {
				sets.Items = without(sets.Items, g.hidden)
			}
			return err
		},
	}).Build()
	freshness := &observe.Freshness{Scheme: scheme, Now: time.Now}
	g.Experiments = &Experiments{
		Eye:  &observe.Eye{Reader: g.server, Live: g.server, Freshness: freshness},
		Hand: &act.Hand{Client: g.server, Live: g.server, Tell: g.tell, Wrote: freshness.Wrote},
		Now:  time.Now,
	}
	return g
}

func (g *ground) tell(about runtime.Object, e plan.Event) {
	g.told = append(g.told, fmt.Sprintf("%T %s", about, e.Reason))
}

func without(sets []appsv1.ReplicaSet, name string) []appsv1.ReplicaSet {
	var rest []appsv1.ReplicaSet
	for _, rs := range sets {
		if rs.Name != name {
			rest = append(rest, rs)
		}
	}
	return rest
}

func (g *ground) turn(t *testing.T) ctrl.Result {
	t.Helper()
	result, err := g.Reconcile(t.Context(), ctrl.Request{NamespacedName: checkout})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func oneGroup() *v1alpha1.Experiment {
	labels := map[string]string{"app": "checkout"}
	return &v1alpha1.Experiment{
		ObjectMeta: metav1.ObjectMeta{Namespace: checkout.Namespace, Name: checkout.Name, UID: "one"},
		Spec: v1alpha1.ExperimentSpec{Templates: []v1alpha1.TemplateSpec{{
			Name: "canary", Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:2"}}}},
		}}},
	}
}

func TestAnExperimentBegins(t *testing.T) {
	g := newGround(t, oneGroup())
	if wake := g.turn(t).RequeueAfter; wake < 9*time.Minute || wake > 11*time.Minute {
		t.Errorf("it looks again after %s, want the deadline of progress", wake)
	}
	g.turn(t)
	if diff := cmp.Diff([]string{"create checkout-canary", "patch checkout"}, g.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestAnExperimentThatEndedIsLeftAlone(t *testing.T) {
	ex := oneGroup()
	ex.Status = v1alpha1.ExperimentStatus{Phase: v1alpha1.AnalysisPhaseSuccessful, TemplateStatuses: []v1alpha1.TemplateStatus{{Name: "canary", Status: v1alpha1.TemplateStatusSuccessful}}}
	ex.Status.Conditions = []v1alpha1.ExperimentCondition{{Type: v1alpha1.ExperimentProgressing, Status: corev1.ConditionFalse, Reason: "ExperimentCompleted"}}
	g := newGround(t, ex)
	if last := g.turn(t); len(g.writes) > 0 || !last.IsZero() {
		t.Errorf("it wrote %v and then %+v, want nothing", g.writes, last)
	}
}

func TestAnExperimentLooksAgainWhenSomebodyWasFaster(t *testing.T) {
	g := newGround(t, oneGroup())
	g.refuse = apierrors.NewConflict(v1alpha1.SchemeGroupVersion.WithResource("experiments").GroupResource(), checkout.Name, errors.New("changed"))
	if again := g.turn(t).RequeueAfter; again == 0 || again > time.Second {
		t.Errorf("after a conflict it looks again after %s, want soon", again)
	}
}

// A ReplicaSet without our label is in no cache.
func TestAnExperimentFindsAnotherNameForItsReplicaSet(t *testing.T) {
	foreign := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: checkout.Namespace, Name: "checkout-canary"}}
	g := newGround(t, oneGroup(), foreign)
	g.hidden = foreign.Name
	if again := g.turn(t).RequeueAfter; again == 0 || again > time.Second {
		t.Errorf("after a collision it looks again after %s, want soon", again)
	}
	g.turn(t)
	if diff := cmp.Diff([]string{"create checkout-canary", "patch checkout", "create checkout-canary-1", "patch checkout"}, g.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestAnExperimentThatIsGoneIsForgotten(t *testing.T) {
	g := newGround(t)
	missing := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: checkout.Namespace, Name: "checkout-canary", ResourceVersion: "7"}}
	g.Eye.Freshness.Wrote(checkout, missing)
	if again := g.turn(t).RequeueAfter; again != behindRetry {
		t.Errorf("before the caches show its last write it looks again after %s, want %s", again, behindRetry)
	}
	later := time.Now().Add(time.Minute)
	g.Eye.Freshness.Now = func() time.Time { return later }
	if last := g.turn(t); !last.IsZero() {
		t.Errorf("it comes back: %+v", last)
	}
}

// A Rollout whose step the Experiment is hears of its runs from the Experiment's phase.
func TestEventsOfExperiments(t *testing.T) {
	ro := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Namespace: checkout.Namespace, Name: "shop", UID: "two"}}
	ex := oneGroup()
	ex.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(ro, v1alpha1.SchemeGroupVersion.WithKind("Rollout"))}
	ex.Spec.Analyses = []v1alpha1.ExperimentAnalysisTemplateRef{{Name: "rate", TemplateName: "rate"}}
	ex.Status.AnalysisRuns = []v1alpha1.ExperimentAnalysisRunStatus{{Name: "rate", AnalysisRun: "checkout-rate", Phase: v1alpha1.AnalysisPhaseRunning}}
	run := oneMetric()
	run.Namespace, run.Name = checkout.Namespace, "checkout-rate"
	run.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(ex, v1alpha1.ExperimentGVK)}
	run.Status.Phase = v1alpha1.AnalysisPhaseFailed
	g := newGround(t, ro, ex, run)
	g.turn(t)
	want := []string{"*v1alpha1.Experiment AnalysisRunFailed", "*v1alpha1.Experiment TemplateProgressing", "*v1alpha1.Experiment ExperimentFailed"}
	if diff := cmp.Diff(want, g.told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

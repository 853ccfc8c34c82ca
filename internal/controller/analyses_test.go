package controller

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/act"
	"github.com/kanari-dev/kanari/internal/asking"
	"github.com/kanari-dev/kanari/internal/metric"
	"github.com/kanari-dev/kanari/internal/observe"
	"github.com/kanari-dev/kanari/internal/plan"
)

// stage is a controller of AnalysisRuns, an API server with whims, and a backend that answers 1.
type stage struct {
	*Analyses
	server client.Client

	asked  int
	events []string
	writes int
	// whim has a say in each write: it may carry it out or not, and answer what it likes.
	whim func(write func() error) error
	// secrets answers reads of Secrets; nil: there are none.
	secrets error
}

func (s *stage) For(v1alpha1.Metric) (metric.Provider, error)    { return s, nil }
func (s *stage) Retain(context.Context, metric.Query, int) error { return nil }
func (s *stage) Stop(_ context.Context, _ metric.Query, m metric.Measurement) (metric.Measurement, error) {
	return m, nil
}

func (s *stage) Measure(context.Context, metric.Query, *metric.Measurement) (metric.Measurement, error) {
	s.asked++
	return metric.Measurement{Value: 1.0, Text: "1"}, nil
}

var checkout = types.NamespacedName{Namespace: "shop", Name: "checkout"}

func newStage(t *testing.T, run *v1alpha1.AnalysisRun) *stage {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	run.Namespace, run.Name, run.UID = checkout.Namespace, checkout.Name, "one"
	s := &stage{whim: func(write func() error) error { return write() }}
	s.server = fake.NewClientBuilder().WithScheme(scheme).WithObjects(run).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, options ...client.PatchOption) error {
			s.writes++
			return s.whim(func() error { return c.Patch(ctx, o, p, options...) })
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if _, secret := o.(*corev1.Secret); secret && s.secrets != nil {
				return s.secrets
			}
			return c.Get(ctx, key, o, options...)
		},
	}).Build()
	s.start()
	return s
}

// start is what the start of a process is: a desk and a memory that are empty.
func (s *stage) start() {
	desk := &asking.Desk{Backends: s, Ring: func(types.NamespacedName) {}, Now: time.Now, Longest: time.Minute, Errand: time.Minute}
	freshness := &observe.Freshness{Scheme: s.server.Scheme(), Now: time.Now}
	s.Analyses = &Analyses{
		Eye: &observe.RunEye{Reader: s.server, Secrets: observe.Vault{Live: s.server}, Questions: desk, Freshness: freshness},
		Hand: &act.Analyst{
			Client: s.server, Desk: desk, Wrote: freshness.Wrote,
			Tell: func(_ runtime.Object, e plan.Event) { s.events = append(s.events, e.Reason) },
		},
		Desk: desk, Now: time.Now,
	}
}

// turn takes a turn and lets the backend answer.
func (s *stage) turn(t *testing.T) (ctrl.Result, error) {
	t.Helper()
	result, err := s.Reconcile(t.Context(), ctrl.Request{NamespacedName: checkout})
	synctest.Wait()
	return result, err
}

// turns takes some that must go well.
func (s *stage) turns(t *testing.T, count int) (last ctrl.Result) {
	t.Helper()
	for range count {
		var err error
		if last, err = s.turn(t); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

func (s *stage) status(t *testing.T) v1alpha1.AnalysisRunStatus {
	t.Helper()
	run := &v1alpha1.AnalysisRun{}
	if err := s.server.Get(t.Context(), checkout, run); err != nil {
		t.Fatal(err)
	}
	return run.Status
}

// measuredOnce demands one question, one measurement and one verdict.
func (s *stage) measuredOnce(t *testing.T, events ...string) {
	t.Helper()
	status := s.status(t)
	if status.Phase != v1alpha1.AnalysisPhaseSuccessful || len(status.MetricResults) != 1 || status.MetricResults[0].Count != 1 {
		t.Errorf("the status is %+v, want one measurement and success", status)
	}
	if s.asked != 1 {
		t.Errorf("the backend was asked %d times, want once", s.asked)
	}
	if diff := cmp.Diff(events, s.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func oneMetric() *v1alpha1.AnalysisRun {
	web := &v1alpha1.WebMetric{URL: "http://127.0.0.1"}
	return &v1alpha1.AnalysisRun{Spec: v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{{
		Name: "rate", SuccessCondition: "result == 1", Provider: v1alpha1.MetricProvider{Web: web},
	}}}}
}

func onStage(t *testing.T, run *v1alpha1.AnalysisRun, story func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { story(t, newStage(t, run)) })
}

var verdict = []string{"MetricSuccessful", "AnalysisRunSuccessful"}

func TestARunIsMeasuredInTwoTurns(t *testing.T) {
	onStage(t, oneMetric(), func(t *testing.T, s *stage) {
		s.turns(t, 2)
		s.measuredOnce(t, verdict...)
		if last := s.turns(t, 3); s.writes != 2 || !last.IsZero() {
			t.Errorf("%d writes and then %+v, want two and no further turn", s.writes, last)
		}
		if _, answers := s.Desk.Look(checkout, "one"); len(answers) > 0 {
			t.Errorf("answers that are stored still lie on the desk: %v", answers)
		}
	})
}

func TestAnAnswerOutlastsAConflict(t *testing.T) {
	onStage(t, oneMetric(), func(t *testing.T, s *stage) {
		s.turns(t, 1)
		usual := s.whim
		s.whim = func(func() error) error {
			return apierrors.NewConflict(v1alpha1.SchemeGroupVersion.WithResource("analysisruns").GroupResource(), "checkout", errors.New("changed"))
		}
		if again := s.turns(t, 2); again.RequeueAfter == 0 || again.RequeueAfter > time.Second {
			t.Errorf("after a conflict it looks again after %s, want soon", again.RequeueAfter)
		}
		if len(s.events) > 0 {
			t.Errorf("told %v of what is not stored", s.events)
		}
		s.whim = usual
		s.turns(t, 3)
		s.measuredOnce(t, verdict...)
	})
}

func TestAnAnswerCountsOnceThoughItsWriteIsNotConfirmed(t *testing.T) {
	onStage(t, oneMetric(), func(t *testing.T, s *stage) {
		s.turns(t, 1)
		usual := s.whim
		s.whim = func(write func() error) error {
			return errors.Join(write(), errors.New("the connection is lost"))
		}
		if _, err := s.turn(t); err == nil {
			t.Error("a write of unknown end went well")
		}
		s.whim = usual
		s.turns(t, 3)
		s.measuredOnce(t)
	})
}

func TestAnotherProcessAsksAgainUnderTheSameNumber(t *testing.T) {
	onStage(t, oneMetric(), func(t *testing.T, s *stage) {
		s.turns(t, 1)
		s.start()
		s.turns(t, 3)
		s.asked--
		s.measuredOnce(t, verdict...)
	})
}

func TestARunThatEndedIsLeftAlone(t *testing.T) {
	run := oneMetric()
	run.Status.Phase = v1alpha1.AnalysisPhaseFailed
	onStage(t, run, func(t *testing.T, s *stage) {
		if last := s.turns(t, 2); s.writes+s.asked > 0 || !last.IsZero() {
			t.Errorf("%d writes, %d questions, then %+v, want nothing", s.writes, s.asked, last)
		}
	})
}

func TestARunThatIsGoneIsForgotten(t *testing.T) {
	onStage(t, oneMetric(), func(t *testing.T, s *stage) {
		s.turns(t, 1)
		if err := s.server.Delete(t.Context(), oneOf(checkout)); err != nil {
			t.Fatal(err)
		}
		for range 20 { // a cache might be behind our own write, and is believed after a while
			time.Sleep(s.turns(t, 1).RequeueAfter)
		}
		if asked, answers := s.Desk.Look(checkout, "one"); len(asked)+len(answers) > 0 {
			t.Errorf("of a run that is gone %v and %v are left", asked, answers)
		}
	})
}

func oneOf(key types.NamespacedName) *v1alpha1.AnalysisRun {
	run := &v1alpha1.AnalysisRun{}
	run.Namespace, run.Name = key.Namespace, key.Name
	return run
}

func TestASecretThatCannotBeReadIsNotAbsent(t *testing.T) {
	run := oneMetric()
	run.Spec.Args = []v1alpha1.Argument{{Name: "token", ValueFrom: &v1alpha1.ValueFrom{SecretKeyRef: &v1alpha1.SecretKeyRef{Name: "keys", Key: "token"}}}}
	onStage(t, run, func(t *testing.T, s *stage) {
		s.secrets = errors.New("the API server is not well")
		if _, err := s.turn(t); !errors.Is(err, s.secrets) || s.writes > 0 {
			t.Errorf("the turn ends with %v and %d writes, want the error and none", err, s.writes)
		}
		s.secrets = nil
		s.turns(t, 2)
		want := "Unable to resolve metric arguments: key 'token' does not exist in secret 'keys'"
		if got := s.status(t); got.Phase != v1alpha1.AnalysisPhaseError || got.Message != want {
			t.Errorf("the run is %s: %s, want Error: %s", got.Phase, got.Message, want)
		}
		if !slices.Equal(s.events, []string{"AnalysisRunError"}) {
			t.Errorf("told %v", s.events)
		}
	})
}

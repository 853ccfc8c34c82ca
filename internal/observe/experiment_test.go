package observe

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// indexer gives the indexes of the caches to a fake API server.
type indexer struct{ *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, kind client.Object, name string, values client.IndexerFunc) error {
	i.WithIndex(kind, name, values)
	return nil
}

func reader(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	builder := fake.NewClientBuilder().WithScheme(scheme)
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme), Indexes(t.Context(), indexer{builder}, nil)); err != nil {
		t.Fatal(err)
	}
	return builder.WithObjects(objects...).Build()
}

func trial(name string, phase v1alpha1.AnalysisPhase) *v1alpha1.Experiment {
	ex := named(&v1alpha1.Experiment{}, name)
	ex.UID = types.UID(name)
	ex.Spec.Templates = []v1alpha1.TemplateSpec{{Name: "one", Service: &v1alpha1.TemplateService{Name: "front"}}, {Name: "two", Service: &v1alpha1.TemplateService{}}}
	ex.Spec.Analyses = []v1alpha1.ExperimentAnalysisTemplateRef{{Name: "rate", TemplateName: "gone"}, {Name: "rate", TemplateName: "rate"}}
	ex.Status.Phase = phase
	return ex
}

func named[T client.Object](object T, name string) T {
	object.SetNamespace("shop")
	object.SetName(name)
	return object
}

func owned[T client.Object](object T, name string, ex *v1alpha1.Experiment) T {
	object.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(ex, v1alpha1.ExperimentGVK)})
	return named(object, name)
}

// cluster holds an Experiment "try" in a phase, what is its own, what takes a name, and what is none of its business.
func cluster(t *testing.T, phase v1alpha1.AnalysisPhase) client.Client {
	ex := trial("try", phase)
	rate := named(&v1alpha1.AnalysisTemplate{}, "rate")
	rate.Spec.Templates = []v1alpha1.AnalysisTemplateRef{{TemplateName: "further"}}
	elsewhere := named(&appsv1.ReplicaSet{}, "try-two")
	elsewhere.Namespace = "elsewhere"
	return reader(t, ex, rate, named(&v1alpha1.AnalysisTemplate{}, "further"), named(&v1alpha1.AnalysisTemplate{}, "other"),
		owned(&appsv1.ReplicaSet{}, "try-one", ex), owned(&appsv1.ReplicaSet{}, "renamed", ex), named(&appsv1.ReplicaSet{}, "try-two"),
		named(&appsv1.ReplicaSet{}, "tryout-one"), elsewhere,
		owned(&corev1.Service{}, "former", ex), named(&corev1.Service{}, "front"), named(&corev1.Service{}, "try-two"), named(&corev1.Service{}, "back"),
		owned(&v1alpha1.AnalysisRun{}, "try-rate", ex), named(&v1alpha1.AnalysisRun{}, "try-rate.1"), named(&v1alpha1.AnalysisRun{}, "tryout-rate"),
	)
}

func TestWorldOfAnExperiment(t *testing.T) {
	tests := map[string]struct {
		phase     v1alpha1.AnalysisPhase
		templates map[string]bool
	}{
		"while it runs":             {v1alpha1.AnalysisPhaseRunning, map[string]bool{"rate": true, "further": true}},
		"no template after its end": {v1alpha1.AnalysisPhaseFailed, map[string]bool{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := cluster(t, test.phase)
			eye := &Eye{Reader: server, Live: server, Freshness: &Freshness{Scheme: server.Scheme(), Now: time.Now}}
			w, err := eye.Experiment(t.Context(), types.NamespacedName{Namespace: "shop", Name: "try"})
			if err != nil {
				t.Fatal(err)
			}
			templates := map[string]bool{}
			for ref := range w.Templates {
				templates[ref.TemplateName] = true
			}
			for what, diff := range map[string]string{
				"ReplicaSets": cmp.Diff([]string{"renamed", "try-one", "try-two"}, names(w.ReplicaSets)),
				"Services":    cmp.Diff([]string{"former", "front", "try-two"}, names(w.Services)),
				"Runs":        cmp.Diff([]string{"try-rate", "try-rate.1"}, names(w.Runs)),
				"Templates":   cmp.Diff(test.templates, templates),
			} {
				if diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}

func names[T client.Object](objects []T) []string {
	all := make([]string, len(objects))
	for i, object := range objects {
		all[i] = object.GetName()
	}
	return all
}

func TestAnExperimentIsNotReadBeforeTheCachesShowItsOwnWrite(t *testing.T) {
	server := cluster(t, v1alpha1.AnalysisPhaseRunning)
	eye := &Eye{Reader: server, Live: server, Freshness: &Freshness{Scheme: server.Scheme(), Now: time.Now}}
	key := types.NamespacedName{Namespace: "shop", Name: "try"}
	written := named(&appsv1.ReplicaSet{}, "try-three")
	written.ResourceVersion = "7"
	eye.Freshness.Wrote(key, written)
	if _, err := eye.Experiment(t.Context(), key); !errors.Is(err, ErrBehind) {
		t.Errorf("it was read with %v, want ErrBehind", err)
	}
}

func TestExperimentsToWhichAServiceMatters(t *testing.T) {
	server := reader(t, trial("try", v1alpha1.AnalysisPhasePending), trial("over", v1alpha1.AnalysisPhaseSuccessful), trial("second-try", ""))
	tests := map[string]struct {
		service string
		want    []string
	}{
		"all that name it and have not ended": {"front", []string{"second-try", "try"}},
		"one whose ReplicaSet has its name":   {"try-two", []string{"try"}},
		"one with a hyphen in its name":       {"second-try-two", []string{"second-try"}},
		"none that has ended":                 {"over-two", []string{}},
		"none that it has nothing to do with": {"back", []string{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := ExperimentsOf(t.Context(), server, named(&corev1.Service{}, test.service))
			if err != nil {
				t.Fatal(err)
			}
			got := make([]string, len(found))
			for i, key := range found {
				got[i] = key.Name
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Experiments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExperimentsToWhichTemplatesMatter(t *testing.T) {
	plain := trial("plain", "")
	plain.Spec.Analyses = nil
	server := reader(t, trial("try", v1alpha1.AnalysisPhasePending), trial("over", v1alpha1.AnalysisPhaseSuccessful), plain)
	for _, use := range []string{Used("AnalysisTemplate", "shop", traffic.Any), Used("ClusterAnalysisTemplate", "", traffic.Any)} {
		found, err := ExperimentsUsing(t.Context(), server, use)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]types.NamespacedName{{Namespace: "shop", Name: "try"}}, found); diff != "" {
			t.Errorf("Experiments that use %s (-want +got):\n%s", use, diff)
		}
	}
}

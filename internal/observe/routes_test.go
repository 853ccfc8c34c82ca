package observe

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// mute is a mesh of ConfigMaps that says nothing about what it has taken.
type mute struct{}

func (mute) Objects(ro *v1alpha1.Rollout) []traffic.Ref {
	return []traffic.Ref{{GroupVersionKind: schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, Namespace: ro.Namespace, Name: "routes"}}
}

func (mute) Claims(*v1alpha1.Rollout) []traffic.Claim { return nil }

func (mute) Render(*v1alpha1.Rollout, []*unstructured.Unstructured, traffic.Routing) ([]*unstructured.Unstructured, error) {
	return nil, nil
}

// asked is the same mesh with somebody who answers.
type asked struct{ mute }

// told is what he answered.
type told struct {
	mute
	about int // objects
}

func (asked) Ask(_ context.Context, _ *v1alpha1.Rollout, found []*unstructured.Unstructured) traffic.Renderer {
	return told{about: len(found)}
}

func (t told) Verify(*v1alpha1.Rollout, []*unstructured.Unstructured) string { return "not yet" }

func TestAMeshThatAnswersIsAsked(t *testing.T) {
	client := reader(t, named(&corev1.ConfigMap{}, "routes"))
	eye := &Eye{Reader: client, Live: client, Renderers: []traffic.Renderer{mute{}, asked{}}}
	ro := named(&v1alpha1.Rollout{}, "web")
	routes, err := eye.routes(t.Context(), ro)
	if err != nil || len(routes) != 2 {
		t.Fatalf("%d routes, error %v", len(routes), err)
	}
	if routes[0].Verifies() || routes[0].Pending(ro) != "" {
		t.Error("a mesh that says nothing has nothing to verify")
	}
	if got, ok := routes[1].Renderer.(told); !ok || got.about != 1 || routes[1].Pending(ro) != "not yet" {
		t.Errorf("the answer is %#v, pending %q", routes[1].Renderer, routes[1].Pending(ro))
	}
}

package nginx_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/nginx"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

func TestRender(t *testing.T) { rendertest.Run(t, nginx.Renderer{}, "testdata", 18) }

func TestObjects(t *testing.T) {
	ro := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"}}
	if refs := (nginx.Renderer{}).Objects(ro); refs != nil {
		t.Errorf("without nginx: %v", refs)
	}
	long := strings.Repeat("i", 250)
	spec := &v1alpha1.NginxTrafficRouting{StableIngresses: []string{"web", long}}
	ro.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{TrafficRouting: &v1alpha1.RolloutTrafficRouting{Nginx: spec}}
	refs := nginx.Renderer{}.Objects(ro)
	want := []struct {
		name string
		ours bool
	}{{"web", false}, {"web-web-canary", true}, {long, false}, {("web-" + long)[:246] + "-canary", true}, {traffic.Any, false}}
	if len(refs) != len(want) {
		t.Fatalf("got %d objects: %v", len(refs), refs)
	}
	for i, ref := range refs {
		if ref.Name != want[i].name || ref.Ours != want[i].ours || ref.Namespace != "shop" || len(ref.Name) > 253 {
			t.Errorf("object %d is %v, ours %v; it should be %v", i, ref, ref.Ours, want[i])
		}
	}
	if claims := (nginx.Renderer{}).Claims(ro); len(claims) != 2 || claims[0].Ref.Name != "web-web-canary" {
		t.Errorf("claims: %v", claims)
	}
}

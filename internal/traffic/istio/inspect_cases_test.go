package istio_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/traffic/istio"
	"github.com/kanari-dev/kanari/internal/traffic/rendertest"
)

// What is found in the cases of the renderer, which are objects as people have them: these lines and no other.
func TestInspectTheCasesOfTheRenderer(t *testing.T) {
	rendertest.Inspected(t, istio.Renderer{}, "testdata", map[string][]string{
		"host-level-walk": {"myapp-rollout: told KAN-IST12 spec.hosts"},
		"weight-absent":   {"web: told KAN-IST05 spec.http[0].route"},
	})
}

package traffic

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// TestNginxExample carries out the example as it is, but a person ends every pause.
func TestNginxExample(t *testing.T) {
	const (
		rollout = "myapp-rollout"
		host    = "myapp.example.com"
	)
	router := Nginx()
	router.Name = "examples/03-nginx-canary"
	s := NewShop(t, lab, traefik, router)
	defer s.explain()
	s.Apply(filepath.Join(root, "examples", "03-nginx-canary"))
	s.AwaitPhase(rollout, v1alpha1.RolloutPhaseHealthy)
	s.awaitRoute(host)
	load := Send(t, lab, Plan{Host: host, Rate: rate, Through: traefik.Address})
	load.AwaitAnswer(blue)

	s.SetImage(rollout, "kanari.dev/demo:"+green)
	for _, rest := range []struct {
		step  int32
		share int
	}{{1, 10}, {3, 30}, {5, 60}} {
		s.AwaitPause(rollout, rest.step)
		s.measure(load, fmt.Sprintf("canary, paused at %d %%", rest.share), rest.share)
		s.Promote(rollout)
	}
	s.AwaitPhase(rollout, v1alpha1.RolloutPhaseHealthy)
	s.measure(load, "canary, promoted", 100)
	s.whole(load, "a whole canary, first to last")
}

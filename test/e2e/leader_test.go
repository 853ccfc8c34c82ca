package e2e

import (
	"net"
	"net/http"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// takeoverBound is far below the life of a lease, which is what a standby would have to wait for if the leader kept it. Standbys ask for
// the lease every two to four and a half seconds.
const takeoverBound = 6 * time.Second

// A leader that is asked to end gives its lease back; the standby, whose caches are warm, goes on with the very canary.
func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	s := NewScene(t, lab)
	leases := SceneOf(t, lab, "kanari-system")
	flags := []string{"--instance-id=" + s.Namespace, "--namespace=" + s.Namespace, "--leader-election-namespace=" + leases.Namespace}
	first := start(t, "first", flags...)
	holder := func(now *State) string {
		lease := read[coordinationv1.Lease](now.object("Lease", "kanari-controller-"+s.Namespace))
		if lease == nil || lease.Spec.HolderIdentity == nil {
			return ""
		}
		return *lease.Spec.HolderIdentity
	}
	leader := holder(leases.Await("a leader", func(now *State) bool { return holder(now) != "" }))
	s.Open(Shop{Name: "web", Replicas: 2, Steps: `[{setWeight: 20}, {pause: {}}]`, Labels: "{argo-rollouts.argoproj.io/controller-instance-id: " + s.Namespace + "}"})
	s.AwaitPhase("web", v1alpha1.RolloutPhaseHealthy)
	s.SetImage("web", "kanari.dev/demo:green")
	s.AwaitPause("web", 1)

	address := freeAddress(t)
	start(t, "second", append(flags, "--health-address="+address)...)
	awaitReady(t, "http://"+address+"/readyz")
	s.Abort("web")
	s.Await("the abort by the leader", func(now *State) bool { return now.phase("web") == v1alpha1.RolloutPhaseDegraded })

	if err := first.Stop(); err != nil {
		t.Fatalf("the leader ended badly: %v", err)
	}
	released := time.Now()
	s.Retry("web")
	s.AwaitPause("web", 1)
	took := time.Since(released)
	leases.Await("a new leader", func(now *State) bool { return holder(now) != "" && holder(now) != leader })
	t.Logf("from the leader's end to the standby's whole turn: %s", took.Round(time.Millisecond))
	if took > takeoverBound {
		t.Errorf("the standby needed %s, promised are at most %s", took, takeoverBound)
	}
	s.Safe()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// awaitReady asks an endpoint until it agrees. There is nothing to watch.
func awaitReady(t *testing.T, url string) {
	t.Helper()
	again, late := time.NewTicker(20*time.Millisecond), time.NewTimer(patience)
	defer again.Stop()
	defer late.Stop()
	for {
		answer, err := http.Get(url)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("%s does not get ready: %v", url, err)
		}
	}
}

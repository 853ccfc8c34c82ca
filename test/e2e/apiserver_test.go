package e2e

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// actsAgainWithin is far above what it takes, and far below what people would wait for: watches begin anew after growing pauses.
const actsAgainWithin = 30 * time.Second

// TestTheAPIServerRestartsInTheMiddle takes the API server away from three deliveries at once, and from the controller its lease. It goes on
// by itself, the same process, to the same ends. The lab is one of its own: watches of other tests would not survive.
func TestTheAPIServerRestartsInTheMiddle(t *testing.T) {
	own, controller := ownLab(t)
	before, after, found := map[string]*Scene{}, map[string]*Scene{}, map[string]uint64{}
	for name, d := range deliveries() {
		before[name] = NewScene(t, own)
		d.open(before[name], "{}")
	}
	paused := NewScene(t, own)
	deliveries()["an abort"].open(paused, "{}")
	for name, d := range deliveries() {
		d.begin(before[name])
	}
	before["a canary"].Await("the first share", func(now *State) bool { return now.weight("web") == 20 })
	for name, d := range deliveries() {
		s := before[name]
		s.Safe()
		if s.CatchUp(); d.over(s.state) {
			t.Errorf("%s is over already", name)
		}
	}

	began := time.Now()
	answer, err := http.Post(own.Control+"/apiserver/restart", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the restart: %s", answer.Status)
	}
	back := time.Now()

	// Nothing was written without an API server, so a new record has all but what the controller did before it stood.
	for name := range before {
		after[name] = SceneOf(t, own, before[name].Namespace)
		found[name] = after[name].Trace().Version()
	}
	waiting := SceneOf(t, own, paused.Namespace)
	waiting.AwaitPause("web", 1)
	waiting.Abort("web")
	waiting.Await("no request for the canary", func(now *State) bool { return now.weight("web") == 0 })
	acted := time.Since(back)
	t.Logf("the API server was away for %s; an abort right after that took %s", back.Sub(began).Round(time.Millisecond), acted.Round(time.Millisecond))
	if acted > actsAgainWithin {
		t.Errorf("the controller acted after %s, at most %s are in order", acted, actsAgainWithin)
	}
	for name, d := range deliveries() {
		after[name].Await("the end of "+name, d.over)
		for _, fault := range after[name].Trace().UnsafeAfter(found[name]) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	t.Logf("all deliveries were over %s after the restart", time.Since(back).Round(time.Millisecond))
	if err := controller.Stop(); err != nil {
		t.Errorf("the controller did not live through it: %v", err)
	}
}

// ownLab starts another lab with a controller that holds a lease, for one test.
func ownLab(t *testing.T) (*Lab, *Controller) {
	t.Helper()
	own, err := StartLab(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			tell(own.LogOf("own"))
		}
		if err := own.Stop(); err != nil {
			t.Errorf("the lab ended badly: %v", err)
		}
	})
	if err := own.BuildController(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := own.Grant(context.Background()); err != nil {
		t.Fatal(err)
	}
	controller, err := own.StartController("own", "--leader-election-namespace=kanari-system")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(controller.Kill)
	return own, controller
}

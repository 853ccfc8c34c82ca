package traffic

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/e2e"
)

// TestMishaps lets things happen to a canary that gets half of the requests.
func TestMishaps(t *testing.T) {
	each(t, func(s *Shop) {
		launch := func() *e2e.Controller {
			controller, err := lab.StartController(s.Namespace, "--leader-elect=false", "--instance-id="+s.Namespace, "--namespace="+s.Namespace)
			if err != nil {
				s.Fatal(err)
			}
			return controller
		}
		controller := launch()
		s.Cleanup(func() { controller.Kill() })
		s.OpenCanary(s.Namespace)
		load := s.Load()
		s.Deliver(green)
		s.Go(10)
		load.AwaitShare(green, 10)
		s.restart()
		s.whole(load, "at 10 %, all pods restarted, the only one of the canary too")

		load = s.Load()
		s.Promote("web")
		s.Rest(50)
		s.resize(8)
		s.resize(4)
		s.whole(load, "at 50 %, scaled to twice the pods and back")

		load = s.Load()
		controller.Kill()
		s.Promote("web")
		controller = launch()
		s.Rest(90)
		s.measure(load, "at 90 %, after the controller died and came back", 90)
		s.Abort("web")
		load.AwaitSilence(green)
		s.whole(load, "the controller's death, and an abort")

		s.Retry("web")
		s.Go(50)
		s.crash()
	})
}

// resize sets how many pods there are, and waits for them: at 50 % each version has half as many.
func (s *Shop) resize(replicas int) {
	s.Helper()
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"replicas": replicas}})
	s.AwaitPods(replicas + replicas/2)
}

// restart replaces every pod, as it is asked for in the Rollout.
func (s *Shop) restart() {
	s.Helper()
	at := metav1.NewTime(time.Now().Add(time.Second)).Rfc3339Copy() // ages are written down in whole seconds
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"restartAt": at}})
	err := Await(s.Context(), lab, Watched{rollouts, s.Namespace, ""}, "the restart", func(all []*unstructured.Unstructured) bool {
		ro := read[v1alpha1.Rollout](all[0])
		return ro.Status.RestartedAt != nil && ro.Status.RestartedAt.Equal(&at)
	})
	if err != nil {
		s.Fatal(err)
	}
	s.AwaitPods(5)
}

// crash kills all pods of the canary at once while it gets half of the requests. Until the proxy has heard of it, what they would have answered
// is lost; nobody can mend that but a proxy that asks another pod. So no more than the canary's share may fail, and nothing once its pods are back.
func (s *Shop) crash() {
	s.Helper()
	load := s.Load()
	load.AwaitShare(green, 50)
	began := time.Now()
	s.awaitRestarted(s.Crash(s.Hash("web-canary")))
	load.Settle()
	back := time.Now()
	s.measure(load, "at 50 %, after all canary pods crashed and came back", 50)
	s.Abort("web")
	load.AwaitSilence(green)
	all := load.End()

	meanwhile := load.Between(began, back)
	table.Add(Row{
		Proxy: byTraefik, Router: s.router.Name, What: "all canary pods crash at 50 %", Requests: all.Requests, Failed: all.Failed(), Excused: meanwhile.Failed(),
		Why: "Canary pods that crash at 50 % take with them what was sent to them until the proxy has heard of it, and on Gateway API their share until they are back.",
	})
	if _, most := Bound(meanwhile.Requests, 0.5); meanwhile.Failed() > most {
		s.Errorf("%d of %d requests failed while half of them went to pods that had crashed: %v", meanwhile.Failed(), meanwhile.Requests, meanwhile.Failures)
	}
	if elsewhere := all.Failed() - meanwhile.Failed(); elsewhere != 0 {
		s.Errorf("%d requests failed while no pod had crashed\n%s", elsewhere, s.Story(load))
	}
}

// awaitRestarted waits until pods that have crashed are ready once more.
func (s *Shop) awaitRestarted(names []string) {
	s.Helper()
	err := Await(s.Context(), lab, Watched{pods, s.Namespace, "app=web"}, "the crashed pods to be back", func(all []*unstructured.Unstructured) bool {
		back := 0
		for _, object := range all {
			pod := read[corev1.Pod](object)
			restarted := slices.ContainsFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.RestartCount > 0 })
			if slices.Contains(names, pod.Name) && Ready(pod) && restarted {
				back++
			}
		}
		return back == len(names)
	})
	if err != nil {
		s.Fatal(err)
	}
}

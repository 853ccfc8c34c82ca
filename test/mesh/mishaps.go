package mesh

import (
	"context"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/test/e2e"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Mishaps lets things happen to a canary that gets half of the calls.
func (s *Shop) Mishaps() {
	s.Helper()
	defer s.explain()
	controller := s.launch()
	s.Cleanup(func() { controller.Kill() })
	s.OpenCanary(s.Namespace)
	load := s.Load()
	s.Deliver(green, 0)
	s.Go(50)

	s.resize(8)
	s.resize(4)
	s.whole(load, "at 50 %, scaled to twice the pods and back")

	load = s.Load()
	s.restart()
	s.measure(load, "at 50 %, after all pods were restarted", 50)
	s.whole(load, "at 50 %, a restart of all pods")

	load = s.Load()
	controller.Kill()
	s.Promote("web")
	controller = s.launch()
	s.Rest(90)
	s.measure(load, "at 90 %, after the controller died and came back", 90)
	s.Abort("web")
	load.AwaitSilence(green)
	s.whole(load, "the controller's death, and an abort")

	s.Retry("web")
	s.Go(50)
	s.AwaitPods(6) // those of the abort have gone
	s.crashes()
}

// launch starts a controller of this namespace only.
func (s *Shop) launch() *e2e.Controller {
	s.Helper()
	controller, err := s.bench.Lab.StartController(s.Namespace, "--leader-elect=false", "--instance-id="+s.Namespace, "--namespace="+s.Namespace)
	if err != nil {
		s.Fatal(err)
	}
	return controller
}

// resize sets how many pods there are, and waits for them: at 50 % each version has half as many.
func (s *Shop) resize(replicas int) {
	s.Helper()
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"replicas": replicas}})
	s.AwaitPods(replicas + replicas/2)
}

// restart asks for new pods in the place of all, and waits for them.
func (s *Shop) restart() {
	s.Helper()
	moment := metav1.Now()
	s.Merge(&v1alpha1.Rollout{}, "web", map[string]any{"spec": map[string]any{"restartAt": moment.UTC().Format(time.RFC3339)}})
	s.awaitPods("app=web", "new pods in the place of all", func(all []*unstructured.Unstructured) bool {
		for _, pod := range all {
			if !ready(pod) || pod.GetCreationTimestamp().Time.Before(moment.Truncate(time.Second)) {
				return false
			}
		}
		return len(all) == 6
	})
}

// crashes kills all pods of the canary at once while it gets half of the calls. Until the mesh has heard of it, what they would have answered is
// lost. So no more than the canary's share may fail, and nothing once its pods are back.
func (s *Shop) crashes() {
	s.Helper()
	load := s.Load()
	load.Count(1)
	began := time.Now()
	_, hash := s.hashes()
	s.awaitRestarted(hash, s.crash(hash, 2))
	load.Count(1) // lets the mesh hear of it
	back := time.Now()
	s.measure(load, "at 50 %, after all canary pods crashed and came back", 50)
	s.Abort("web")
	load.AwaitSilence(green)
	all := load.End()

	meanwhile := load.Between(began, back)
	s.add(traffic.Row{
		What: "all canary pods crash at 50 %", Requests: all.Calls(), Failed: all.Failed(), Excused: meanwhile.Failed(),
		Why: "Canary pods that crash at 50 % take with them what was sent to them until the mesh has heard of it.",
	})
	if _, most := traffic.Bound(meanwhile.Calls(), 0.5); meanwhile.Failed() > most {
		s.Errorf("%d of %d calls failed while half of them went to pods that had crashed: %v", meanwhile.Failed(), meanwhile.Calls(), meanwhile.Errors)
	}
	if elsewhere := all.Failed() - meanwhile.Failed(); elsewhere != 0 {
		s.Errorf("%d calls failed while no pod had crashed\n%s", elsewhere, s.Story(load))
	}
}

// crash has the containers of so many pods of a hash end at once, as a kill would, and returns how many they were.
func (s *Shop) crash(hash string, count int) int {
	s.Helper()
	list, err := s.bench.Lab.Dynamic.Resource(pods).Namespace(s.Namespace).List(s.Context(), metav1.ListOptions{LabelSelector: hashLabel(hash)})
	if err != nil {
		s.Fatal(err)
	}
	if len(list.Items) < count {
		s.Fatalf("%d pods have the hash %s, want %d", len(list.Items), hash, count)
	}
	for _, pod := range list.Items[:count] {
		url := s.bench.Lab.Control + "/pods/" + s.Namespace + "/" + pod.GetName() + "/crash"
		request, err := http.NewRequestWithContext(context.WithoutCancel(s.Context()), http.MethodPost, url, nil)
		if err != nil {
			s.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			s.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
			s.Fatalf("the lab answered %s (%v)", response.Status, err)
		}
	}
	return count
}

func hashLabel(hash string) string { return v1alpha1.DefaultRolloutUniqueLabelKey + "=" + hash }

// awaitRestarted waits until the crashed pods are ready once more.
func (s *Shop) awaitRestarted(hash string, count int) {
	s.Helper()
	s.awaitPods(hashLabel(hash), "the crashed pods to be back", func(all []*unstructured.Unstructured) bool {
		back := 0
		for _, object := range all {
			pod := &corev1.Pod{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, pod); err != nil {
				s.Fatal(err)
			}
			if traffic.Ready(pod) && len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].RestartCount > 0 {
				back++
			}
		}
		return back == count
	})
}

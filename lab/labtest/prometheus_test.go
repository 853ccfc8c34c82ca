package labtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// prometheus is a lab in which pods of the image prom/prometheus are real.
func prometheus(t *testing.T) *lab {
	t.Helper()
	build := exec.Command("../../scripts/lab-build", "prometheus")
	build.Stderr = os.Stderr
	path, err := build.Output()
	if err != nil {
		t.Fatal(err)
	}
	l := up(t, "--network=private", "--program=prom/prometheus="+strings.TrimSpace(string(path)))
	l.create("../../examples/02-analysis/prometheus.yaml")
	return l
}

// TestPrometheus lets it find two versions behind two Services, and asks it as a controller outside the lab's network does.
func TestPrometheus(t *testing.T) {
	l := prometheus(t)
	l.serveVersions()
	t.Run("scrapes count for no requests", l.testScrapes)
	t.Run("counters carry the labels of their targets", l.testLabels)
	t.Run("the success rate of one Service follows its version", l.testSuccessRate)
	t.Run("it starts again after a crash", l.testCrash)
	t.Run("the gateway is a proxy for HTTP alone", l.testTunnel)
}

// serveVersions starts two pods of red and one of blue behind web, with blue behind web-canary as well.
func (l *lab) serveVersions() {
	l.t.Helper()
	ctx := context.Background()
	for color, replicas := range map[string]int32{"red": 2, "blue": 1} {
		d := deployment(color, replicas)
		d.Spec.Template.Annotations = map[string]string{"prometheus.io/scrape": "true"}
		d.Spec.Template.Labels["rollouts-pod-template-hash"] = "hash-" + color
		if _, err := l.kube.AppsV1().Deployments("default").Create(ctx, d, metav1.CreateOptions{}); err != nil {
			l.t.Fatal(err)
		}
	}
	for name, labels := range map[string]map[string]string{"web": {"app": "web"}, "web-canary": {"color": "blue"}} {
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Port: 80}}}}
		if _, err := l.kube.CoreV1().Services("default").Create(ctx, s, metav1.CreateOptions{}); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *lab) testScrapes(t *testing.T) {
	l.asksFor("three scrapes of three pods, one of them twice", `count(count_over_time(http_requests_total{status="200"}[1m]) >= 3)`, func(v float64) bool { return v == 4 })
	if got, err := l.query(`sum(http_requests_total)`); err != nil || len(got) != 1 || got[0].value != 0 {
		t.Errorf("requests before the first one: %v, %v", got, err)
	}
}

func (l *lab) testLabels(t *testing.T) {
	got, err := l.query(`count by (service, namespace, rollouts_pod_template_hash) (http_requests_total{status="200", pod=~"red-.+|blue-.+", node=~"node-[123]"})`)
	if err != nil {
		t.Fatal(err)
	}
	pods := map[string]float64{}
	for _, s := range got {
		pods[s.labels["namespace"]+"/"+s.labels["service"]+" "+s.labels["rollouts_pod_template_hash"]] = s.value
	}
	want := map[string]float64{"default/web hash-red": 2, "default/web hash-blue": 1, "default/web-canary hash-blue": 1}
	if diff := cmp.Diff(want, pods); diff != "" {
		t.Errorf("pods by Service and version (-want +got):\n%s", diff)
	}
}

func (l *lab) testSuccessRate(t *testing.T) {
	l.t = t
	start(t, l.binary, "load", "--dir", l.Dir, "--host=web.default", "--rate=100", "--duration=10m")
	rate := func(service string) string {
		return fmt.Sprintf(`sum(rate(http_requests_total{status=~"2.*", service=%q}[5s])) / sum(rate(http_requests_total{service=%q}[5s]))`, service, service)
	}
	l.asksFor("a good version", rate("web-canary"), func(v float64) bool { return v == 1 })
	l.run("version-set", "kanari.dev/demo:blue", "--error-rate=0.5")
	l.asksFor("half of blue's requests fail", rate("web-canary"), func(v float64) bool { return v > 0.35 && v < 0.65 })
	l.asksFor("a sixth of all requests fail", rate("web"), func(v float64) bool { return v > 0.75 && v < 0.9 })
	l.run("version-set", "kanari.dev/demo:blue", "--error-rate=0", "--latency=30ms")
	l.asksFor("blue is well again", rate("web-canary"), func(v float64) bool { return v == 1 })
	slow := `1 - sum(rate(http_request_duration_seconds_bucket{service="web-canary", le="0.025"}[5s])) / sum(rate(http_request_duration_seconds_count{service="web-canary"}[5s]))`
	l.asksFor("blue is slower than 25 ms", slow, func(v float64) bool { return v > 0.99 })
}

func (l *lab) testCrash(t *testing.T) {
	l.t = t
	pods := l.kube.CoreV1().Pods("monitoring")
	list, err := pods.List(context.Background(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%d pods, %v", len(list.Items), err)
	}
	l.run("chaos", "pod-crash", "monitoring/"+list.Items[0].Name)
	l.eventually("it is ready again", func(ctx context.Context) error {
		p, err := pods.Get(ctx, list.Items[0].Name, metav1.GetOptions{})
		if err == nil && (p.Status.ContainerStatuses[0].RestartCount != 1 || !ready(*p)) {
			err = fmt.Errorf("not yet: %+v", p.Status.ContainerStatuses[0])
		}
		return err
	})
	if _, err := l.query("up"); err != nil {
		t.Error(err)
	}
}

func (l *lab) testTunnel(t *testing.T) {
	response, err := l.outside().Get("https://prometheus.monitoring:9090/api/v1/query?query=up")
	if err == nil {
		_ = response.Body.Close()
		t.Fatal("a tunnel was dug")
	}
	if !strings.Contains(err.Error(), "Method Not Allowed") {
		t.Error(err)
	}
}

// TestKillWithProgram kills the lab in two ways; the real program of a pod must not outlive it.
func TestKillWithProgram(t *testing.T) {
	for name, both := range map[string]bool{"the process that the caller knows": false, "both processes at once": true} {
		t.Run(name, func(t *testing.T) {
			l := prometheus(t)
			t.Cleanup(func() { _ = os.RemoveAll(l.Dir) })
			l.asksFor("a Prometheus that answers", "vector(1)", func(v float64) bool { return v == 1 })
			inner := children(t, l.PID)
			if len(inner) != 1 {
				t.Fatalf("the lab has the children %v, want one", inner)
			}
			programs := children(t, inner[0])
			if len(programs) != 1 {
				t.Fatalf("the lab's inner process has the children %v, want one", programs)
			}
			for _, pid := range append([]int{l.PID}, inner...) {
				if pid == l.PID || both {
					if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
						t.Fatal(err)
					}
				}
			}
			l.gone("/proc/" + strconv.Itoa(programs[0]))
			l.gone("/proc/" + strconv.Itoa(inner[0]))
			if !both {
				l.gone(l.Dir)
			}
		})
	}
}

// children of a process, whichever thread started them.
func children(t *testing.T, pid int) []int {
	t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		for word := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, child)
		}
	}
	return all
}

// TestMappedNetworkRunsNoPrograms: their addresses would reach nobody.
func TestMappedNetworkRunsNoPrograms(t *testing.T) {
	l := up(t, "--network=mapped", "--program=prom/prometheus="+binary(t))
	l.create("../../examples/02-analysis/prometheus.yaml")
	l.eventually("the pod says why it does not start", func(ctx context.Context) error {
		list, err := l.kube.CoreV1().Pods("monitoring").List(ctx, metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 || len(list.Items[0].Status.ContainerStatuses) != 1 {
			return errors.Join(errors.New("no status"), err)
		}
		if w := list.Items[0].Status.ContainerStatuses[0].State.Waiting; w == nil || w.Reason != "CreateContainerError" {
			return fmt.Errorf("the container waits for %v", w)
		}
		return nil
	})
}

// create makes the objects of a file, in their order.
func (l *lab) create(path string) {
	l.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		l.t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(l.kube.Discovery())
	if err != nil {
		l.t.Fatal(err)
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &u.Object); err != nil {
			l.t.Fatal(err)
		}
		kind := u.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			l.t.Fatal(err)
		}
		if _, err := l.any.Resource(mapping.Resource).Namespace(u.GetNamespace()).Create(context.Background(), u, metav1.CreateOptions{}); err != nil {
			l.t.Fatalf("%s: %v", path, err)
		}
	}
}

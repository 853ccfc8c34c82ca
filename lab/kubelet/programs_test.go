package kubelet

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/lab/programs"
)

const prometheusPod = `{nodeName: node-1, containers: [{
  name: c, image: "prom/prometheus:v1", command: [/bin/prometheus], args: ["--listen=$(POD_IP):$(PORT)", "--of=$(POD_IP", "--pod=$(POD)", "$$(PORT)", "$(NONE)"],
  env: [{name: PORT, value: "9090"}, {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}],
  ports: [{name: web, containerPort: 9090}], readinessProbe: {initialDelaySeconds: 2, httpGet: {path: /-/ready, port: web}}}]}`

// TestLifeOfAProgram: what the life of a real program hears of it, and what becomes of the pod.
func TestLifeOfAProgram(t *testing.T) {
	began := time.Unix(1000, 0)
	table := programs.New(map[string]string{"prom/prometheus": "/bin/true"})
	pod := readPod(t, "", prometheusPod)
	r := report{pod: pod, life: newLife(pod, Settings{Programs: table}, began), began: began}
	for _, step := range []struct {
		seconds int
		told    []happening
		want    string
	}{
		{0, nil, "Running ContainersNotReady [running]"},
		{60, nil, "Running ContainersNotReady [running]"},
		{61, []happening{{container: "other", ready: true}}, "Running ContainersNotReady [running]"},
		{62, []happening{{container: "c", ready: true}}, "Running ready [running]"},
		{70, []happening{{container: "c", code: 2}}, "Running ContainersNotReady [waiting CrashLoopBackOff] next 71"},
		{71, nil, "Running ContainersNotReady [running, 1 restarts]"},
		{80, []happening{{container: "c", ready: true}, {container: "c", code: 2}}, "Running ContainersNotReady [running, 1 restarts]"}, // too late: from the run before
		{81, []happening{{container: "c", run: 1, ready: true}}, "Running ready [running, 1 restarts]"},
	} {
		now := began.Add(time.Duration(step.seconds) * time.Second)
		r.life.advance(now)
		for _, h := range step.told {
			r.life.happened(h, now)
		}
		if got := describe(r, now); got != step.want {
			t.Errorf("after %d s: %q, want %q", step.seconds, got, step.want)
		}
	}
	r.life = newLife(pod, Settings{Programs: table, NoPrograms: true}, began)
	if got, want := describe(r, began), "Pending ContainersNotReady [waiting CreateContainerError]"; got != want {
		t.Errorf("without a network: %q, want %q", got, want)
	}
}

func TestEnvironmentAndArguments(t *testing.T) {
	pod := readPod(t, "", prometheusPod)
	pod.Name = "prometheus-1"
	w := &worker{kubelet: &Kubelet{settings: Settings{APIServer: "127.0.0.1:6443"}}, address: netip.MustParseAddr("10.88.1.1")}
	environment, err := w.environment(pod, &pod.Spec.Containers[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"HOSTNAME=prometheus-1", "KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=6443", "POD=prometheus-1", "POD_IP=10.88.1.1", "PORT=9090"}
	if diff := cmp.Diff(want, assignments(environment)); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	want = []string{"--listen=10.88.1.1:9090", "--of=$(POD_IP", "--pod=prometheus-1", "$(PORT)", "$(NONE)"}
	if diff := cmp.Diff(want, arguments(&pod.Spec.Containers[0], environment)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if got := w.probeURL(&pod.Spec.Containers[0]); got != "http://10.88.1.1:9090/-/ready" {
		t.Errorf("the probe asks %s", got)
	}
}

func TestRefusesWhatItCannotRead(t *testing.T) {
	for name, test := range map[string]struct{ spec, want string }{
		"a key of a Secret":         {`containers: [{name: c, env: [{name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]`, `env "KEY": the lab reads only values and fieldRef`},
		"variables by the dozen":    {`containers: [{name: c, envFrom: [{secretRef: {name: s}}]}]`, "envFrom: the lab reads only env"},
		"a field that is not there": {`containers: [{name: c, env: [{name: KEY, valueFrom: {fieldRef: {fieldPath: spec.nothing}}}]}]`, `env "KEY": unsupported fieldPath: spec.nothing`},
	} {
		pod := readPod(t, "", test.spec)
		w := &worker{kubelet: &Kubelet{settings: Settings{APIServer: "127.0.0.1:6443"}}}
		if _, err := w.environment(pod, &pod.Spec.Containers[0]); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	w := &worker{}
	_, err := w.volumeFiles(context.Background(), &corev1.Pod{}, &corev1.Volume{VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}})
	if err == nil || !strings.Contains(err.Error(), "configMap, emptyDir and projected") {
		t.Errorf("a host's folder as a volume: %v", err)
	}
}

func TestAskStopsAfterTheFirstGoodAnswer(t *testing.T) {
	answers := []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusOK}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[asked])
		asked++
	}))
	defer server.Close()
	told := 0
	ask(t.Context(), server.URL, func() { told++ })
	if asked != 3 || told != 1 {
		t.Errorf("asked %d times, told %d times", asked, told)
	}
}

package labtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/lab/folder"
	"github.com/kanari-dev/kanari/lab/load"
)

// binary is the lab under test: KANARI_LAB, or one that scripts/lab-build makes.
func binary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("KANARI_LAB"); path != "" {
		return path
	}
	build := exec.Command("../../scripts/lab-build")
	build.Stderr = os.Stderr
	path, err := build.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(path))
}

// lab is one that runs for a test.
type lab struct {
	folder.State
	t      *testing.T
	binary string
	cmd    *exec.Cmd
	kube   kubernetes.Interface
	any    dynamic.Interface
}

const patience = 3 * time.Minute // the machine may be doing much else

func up(t *testing.T, flags ...string) *lab {
	t.Helper()
	l := &lab{t: t, binary: binary(t)}
	l.cmd = exec.Command(l.binary, append([]string{"up"}, flags...)...)
	l.cmd.Stderr = os.Stderr
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.stop)
	path, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the lab printed no path: %v", err)
	}
	path = strings.TrimSpace(path)
	if l.State, err = folder.Find(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	l.kube, l.any = kubernetes.NewForConfigOrDie(cfg), dynamic.NewForConfigOrDie(cfg)
	return l
}

func (l *lab) stop() {
	_ = l.cmd.Process.Signal(syscall.SIGTERM) // it may have ended in the test
	_ = l.cmd.Wait()
}

func (l *lab) run(args ...string) string {
	l.t.Helper()
	cmd := exec.Command(l.binary, args...)
	cmd.Env = append(os.Environ(), "KANARI_LAB_DIR="+l.Dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("kanari-lab %v: %v", args, err)
	}
	return string(out)
}

// eventually asks again until there is nothing to complain about.
func (l *lab) eventually(what string, complain func(context.Context) error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := complain(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			l.t.Fatalf("%s: %v", what, err)
		case <-tick.C:
		}
	}
}

func deployment(color string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": "web", "color": color}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: color, Namespace: "default"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name: "web", Image: "kanari.dev/demo:" + color, Ports: []corev1.ContainerPort{{ContainerPort: 80}},
				}}},
			},
		},
	}
}

const routes = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec: {host: web, subsets: [{name: red, labels: {color: red}}, {name: blue, labels: {color: blue}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web.example.com]
  http:
  - match: [{headers: {x-canary: {exact: "true"}}}]
    route: [{destination: {host: web, subset: blue}}]
  - route:
    - {destination: {host: web, subset: red}, weight: 75}
    - {destination: {host: web, subset: blue}, weight: 25}
`

func (l *lab) apply(text string) {
	l.t.Helper()
	resources := map[string]string{"VirtualService": "virtualservices", "DestinationRule": "destinationrules"}
	for document := range strings.SplitSeq(text, "---") {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &u.Object); err != nil {
			l.t.Fatal(err)
		}
		kind := schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: resources[u.GetKind()]}
		if _, err := l.any.Resource(kind).Namespace("default").Create(context.Background(), u, metav1.CreateOptions{}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// serveWeb starts two pods each of red and blue behind a Service and a VirtualService.
func (l *lab) serveWeb() {
	l.t.Helper()
	ctx := context.Background()
	for _, color := range []string{"red", "blue"} {
		if _, err := l.kube.AppsV1().Deployments("default").Create(ctx, deployment(color, 2), metav1.CreateOptions{}); err != nil {
			l.t.Fatal(err)
		}
	}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}},
	}}
	if _, err := l.kube.CoreV1().Services("default").Create(ctx, service, metav1.CreateOptions{}); err != nil {
		l.t.Fatal(err)
	}
	l.apply(routes)
	l.eventually("all four pods are behind the Service", func(ctx context.Context) error {
		slices, err := l.kube.DiscoveryV1().EndpointSlices("default").List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=web"})
		if err != nil || len(slices.Items) != 1 || len(slices.Items[0].Endpoints) != 4 {
			return fmt.Errorf("endpoints: %+v, %w", slices, err)
		}
		for _, e := range slices.Items[0].Endpoints {
			if !*e.Conditions.Ready {
				return errors.New("an endpoint is not ready")
			}
		}
		return nil
	})
}

func (l *lab) load(flags ...string) load.Report {
	l.t.Helper()
	var last load.Report
	lines := strings.Split(strings.TrimSpace(l.run(append([]string{"load", "--host=web.example.com", "--rate=200", "--duration=1s"}, flags...)...)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || !last.Done {
		l.t.Fatalf("the last report is %+v, %v", last, err)
	}
	return last
}

func (l *lab) pods(ctx context.Context) ([]corev1.Pod, error) {
	list, err := l.kube.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

func ready(p corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

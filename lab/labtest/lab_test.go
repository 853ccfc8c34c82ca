package labtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func TestLab(t *testing.T) {
	for _, network := range []string{"auto", "mapped"} {
		t.Run(network, func(t *testing.T) {
			audit := filepath.Join(t.TempDir(), "audit.jsonl")
			l := up(t, "--network="+network, "--user=kanari:team", "--audit="+audit, "--taint=node-3=dedicated=x:NoSchedule")
			l.serveWeb()
			t.Run("traffic follows weights and headers", l.testTraffic)
			t.Run("versions behave as told", l.testVersions)
			t.Run("a lost node's pods are out of service until it is back", l.testNodeLoss)
			t.Run("a held back pod is not ready", l.testHoldBack)
			t.Run("Jobs end as their commands say", l.testJobs)
			t.Run("a pod takes its preStop time to end", l.testPreStop)
			t.Run("users have the rights that RBAC gives them", l.testUsers)
			t.Run("the audit log has a line for each write", func(t *testing.T) { l.testAudit(t, audit) })
			t.Run("another API server takes over the data", l.testRestart)
			t.Run("nothing is left behind", l.testStop)
		})
	}
}

func (l *lab) testTraffic(t *testing.T) {
	if report := l.load("--header=x-canary=true"); report.Errors > 0 || len(report.Versions) != 1 || report.Versions["blue"].Requests != report.Requests {
		t.Errorf("with the header: %+v", report)
	}
	report := l.load("--duration=3s")
	if share := report.Versions["blue"].Share; report.Errors > 0 || share < 0.15 || share > 0.35 {
		t.Errorf("blue has a share of %.3f with weight 25: %+v", share, report)
	}
	service, err := l.kube.CoreV1().Services("default").Get(context.Background(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"web.default", service.Spec.ClusterIP} {
		request, err := http.NewRequest(http.MethodGet, l.Gateway, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", host, response.Status)
		}
	}
}

func (l *lab) testVersions(t *testing.T) {
	l.run("version-set", "kanari.dev/demo:blue", "--error-rate=1", "--latency=5ms")
	report := l.load()
	if blue, red := report.Versions["blue"], report.Versions["red"]; blue.Errors != blue.Requests || red.Errors > 0 {
		t.Errorf("only blue was to fail: %+v", report)
	}
	l.run("version-set", "kanari.dev/demo:blue", "--error-rate=0")
	if report := l.load(); report.Errors > 0 {
		t.Errorf("blue still fails: %+v", report)
	}
}

func (l *lab) testNodeLoss(t *testing.T) {
	if pods, err := l.pods(context.Background()); err != nil || len(pods) != 4 {
		t.Fatalf("%d pods, %v", len(pods), err)
	} else {
		for _, p := range pods {
			if p.Spec.NodeName == "node-3" {
				t.Errorf("pod %s is on the tainted node", p.Name)
			}
		}
	}
	for _, step := range []struct {
		command string
		down    bool
	}{{"node-down", true}, {"node-up", false}} {
		l.run("chaos", step.command, "node-1")
		l.eventually(step.command, func(ctx context.Context) error {
			pods, err := l.pods(ctx)
			for _, p := range pods {
				if lost := step.down && p.Spec.NodeName == "node-1"; ready(p) == lost {
					return fmt.Errorf("pod %s on %s: ready is %t", p.Name, p.Spec.NodeName, ready(p))
				}
			}
			return err
		})
	}
}

func (l *lab) testHoldBack(t *testing.T) {
	pods, err := l.pods(context.Background())
	if err != nil || len(pods) == 0 {
		t.Fatalf("%d pods, %v", len(pods), err)
	}
	for _, want := range []bool{false, true} {
		l.run("chaos", "pod-ready", pods[0].Name, strconv.FormatBool(want))
		l.eventually("pod-ready", func(ctx context.Context) error {
			p, err := l.kube.CoreV1().Pods("default").Get(ctx, pods[0].Name, metav1.GetOptions{})
			if err == nil && ready(*p) != want {
				err = fmt.Errorf("ready is %t", ready(*p))
			}
			return err
		})
	}
	l.run("chaos", "pod-crash", pods[0].Name)
	l.eventually("pod-crash", func(ctx context.Context) error {
		p, err := l.kube.CoreV1().Pods("default").Get(ctx, pods[0].Name, metav1.GetOptions{})
		if err == nil && (p.Status.ContainerStatuses[0].RestartCount != 1 || !ready(*p)) {
			err = fmt.Errorf("not yet back: %+v", p.Status.ContainerStatuses[0])
		}
		return err
	})
}

func (l *lab) testJobs(t *testing.T) {
	never := int32(0)
	for name, want := range map[string]batchv1.JobConditionType{"true": batchv1.JobComplete, "false": batchv1.JobFailed} {
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "job-" + name}, Spec: batchv1.JobSpec{
			BackoffLimit: &never,
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
				RestartPolicy: corev1.RestartPolicyNever,
				Containers:    []corev1.Container{{Name: "c", Image: "busybox", Command: []string{"sh", "-c", "sleep 0.2 && " + name}}},
			}},
		}}
		if _, err := l.kube.BatchV1().Jobs("default").Create(context.Background(), job, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		l.eventually("the end of a Job", func(ctx context.Context) error {
			got, err := l.kube.BatchV1().Jobs("default").Get(ctx, job.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			for _, c := range got.Status.Conditions {
				if c.Type == want && c.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return fmt.Errorf("%s: conditions %+v", job.Name, got.Status.Conditions)
		})
	}
}

func (l *lab) testPreStop(t *testing.T) {
	ctx, name := context.Background(), "slow"
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "c", Image: "x", Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 1}}},
	}}}}
	if _, err := l.kube.CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	l.eventually("a ready pod", func(ctx context.Context) error {
		p, err := l.kube.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		if err == nil && !ready(*p) {
			err = errors.New("not ready")
		}
		return err
	})
	began := time.Now()
	if err := l.kube.CoreV1().Pods("default").Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	l.eventually("the end of the pod", func(ctx context.Context) error {
		_, err := l.kube.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errors.New("still there"), err)
	})
	if took := time.Since(began); took < time.Second {
		t.Errorf("it took %s, less than its preStop hook", took)
	}
}

func (l *lab) testUsers(t *testing.T) {
	cfg, err := clientcmd.BuildConfigFromFlags("", filepath.Join(l.Dir, "kubeconfig-kanari"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = kubernetes.NewForConfigOrDie(cfg).CoreV1().Pods("default").List(context.Background(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `User "kanari"`) {
		t.Errorf("want a refusal that names the user, got: %v", err)
	}
	text := l.run("kubeconfig", "default/default")
	account, err := clientcmd.RESTConfigFromKubeConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = kubernetes.NewForConfigOrDie(account).CoreV1().Pods("default").List(context.Background(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:default:default") {
		t.Errorf("want a refusal that names the account, got: %v", err)
	}
}

func (l *lab) testAudit(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writes := map[string]int{}
	for line := range bytes.SplitSeq(bytes.TrimSpace(text), []byte("\n")) {
		var e struct {
			Verb, UserAgent, Stage string
			ObjectRef              struct{ Resource string }
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if e.Verb == "create" && e.Stage == "ResponseComplete" && strings.HasPrefix(e.UserAgent, "labtest.test") {
			writes[e.ObjectRef.Resource]++
		}
	}
	if writes["deployments"] != 2 || writes["services"] != 1 || writes["virtualservices"] != 1 {
		t.Errorf("the test's own creations in the log: %v", writes)
	}
}

// testRestart sees that watches end, that nothing is lost, and that the controllers and the nodes go on by themselves.
func (l *lab) testRestart(t *testing.T) {
	ctx := context.Background()
	before, err := l.kube.AppsV1().Deployments("default").Get(ctx, "red", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := l.kube.AppsV1().Deployments("default").Watch(ctx, metav1.ListOptions{ResourceVersion: before.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	defer events.Stop()
	began := time.Now()
	l.run("chaos", "apiserver-restart")
	t.Logf("the restart took %s", time.Since(began).Round(time.Millisecond))
	for range events.ResultChan() { // to its end
	}
	after, err := l.kube.AppsV1().Deployments("default").Get(ctx, "red", metav1.GetOptions{})
	if err != nil || after.UID != before.UID {
		t.Fatalf("the Deployment was %s, is %+v, %v", before.UID, after, err)
	}
	if _, err := l.kube.AppsV1().Deployments("default").Create(ctx, deployment("green", 1), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	l.eventually("a pod of a new Deployment", func(ctx context.Context) error {
		green, err := l.kube.AppsV1().Deployments("default").Get(ctx, "green", metav1.GetOptions{})
		if err == nil && green.Status.ReadyReplicas != 1 {
			err = fmt.Errorf("not yet: %+v", green.Status)
		}
		return err
	})
}

func (l *lab) testStop(t *testing.T) {
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Wait(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if _, err := os.Stat(l.Dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(l.API, "https://")); err == nil {
		_ = c.Close()
		t.Error("something still listens on the API server's port")
	}
}

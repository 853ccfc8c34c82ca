package kubelet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestLife follows pods through time. Each line of want is SECONDS: PHASE READY [CONTAINER-STATE] and, if the pod will
// change by itself, when.
func TestLife(t *testing.T) {
	tests := map[string]struct {
		annotations, spec string
		at                []float64
		want              string
	}{
		"a server is ready at once and stays so": {
			spec: `containers: [{name: c, image: "kanari.dev/demo:red"}]`,
			at:   []float64{0, 100},
			want: `
0: Running ready [running]
100: Running ready [running]`,
		},
		"a probe's initial delay and success threshold hold it back": {
			spec: `containers: [{name: c, image: x, readinessProbe: {initialDelaySeconds: 2, successThreshold: 3, periodSeconds: 4}}]`,
			at:   []float64{0, 9.9, 10},
			want: `
0: Running ContainersNotReady [running] next 10
9.9: Running ContainersNotReady [running] next 10
10: Running ready [running]`,
		},
		"a startup probe's delay counts too": {
			spec: `containers: [{name: c, image: x, startupProbe: {initialDelaySeconds: 5}, readinessProbe: {initialDelaySeconds: 2}}]`,
			at:   []float64{4, 5},
			want: `
4: Running ContainersNotReady [running] next 5
5: Running ready [running]`,
		},
		"the annotation for readiness": {
			annotations: `{lab.kanari.dev/ready-after: 3s}`,
			spec:        `containers: [{name: c, image: x}]`,
			at:          []float64{0, 3},
			want: `
0: Running ContainersNotReady [running] next 3
3: Running ready [running]`,
		},
		"never ready": {
			annotations: `{lab.kanari.dev/never-ready: "true"}`,
			spec:        `containers: [{name: c, image: x}]`,
			at:          []float64{60},
			want: `
60: Running ContainersNotReady [running]`,
		},
		"a postStart hook delays the start": {
			spec: `containers: [{name: c, image: x, lifecycle: {postStart: {exec: {command: [sleep, "4"]}}}}]`,
			at:   []float64{0, 4},
			want: `
0: Pending ContainersNotReady [waiting ContainerCreating] next 4
4: Running ready [running]`,
		},
		"an image that is not there": {
			spec: `containers: [{name: c, image: "nginx:does-not-exist"}]`,
			at:   []float64{0, 100},
			want: `
0: Pending ContainersNotReady [waiting ErrImagePull]
100: Pending ContainersNotReady [waiting ErrImagePull]`,
		},
		"a waiting reason by annotation": {
			annotations: `{lab.kanari.dev/fail: ImagePullBackOff}`,
			spec:        `containers: [{name: c, image: x}]`,
			at:          []float64{0},
			want: `
0: Pending ContainersNotReady [waiting ImagePullBackOff]`,
		},
		"a command that cannot start": {
			spec: `containers: [{name: c, image: x, command: [/bad-command]}]`,
			at:   []float64{0, 100},
			want: `
0: Running ContainersNotReady [waiting CrashLoopBackOff]
100: Running ContainersNotReady [waiting CrashLoopBackOff]`,
		},
		"a crash by annotation comes back after a pause that grows": {
			annotations: `{lab.kanari.dev/crash-after: 3s}`,
			spec:        `containers: [{name: c, image: x}]`,
			at:          []float64{0, 3, 4, 7, 8.9, 9},
			want: `
0: Running ready [running] next 3
3: Running ContainersNotReady [waiting CrashLoopBackOff] next 4
4: Running ready [running, 1 restarts] next 7
7: Running ContainersNotReady [waiting CrashLoopBackOff, 1 restarts] next 9
8.9: Running ContainersNotReady [waiting CrashLoopBackOff, 1 restarts] next 9
9: Running ready [running, 2 restarts] next 12`,
		},
		"a Job that fails": {
			spec: `{restartPolicy: Never, containers: [{name: c, image: x, command: [sh, -c, "sleep 2 && exit 3"]}]}`,
			at:   []float64{0, 2},
			want: `
0: Running ready [running] next 2
2: Failed PodCompleted [terminated 3]`,
		},
		"a Job that the lab cannot read succeeds": {
			spec: `{restartPolicy: Never, containers: [{name: c, image: perl, command: [perl, -e, "print 1"]}]}`,
			at:   []float64{0},
			want: `
0: Succeeded PodCompleted [terminated 0]`,
		},
		"a Job that runs for long": {
			spec: `{restartPolicy: OnFailure, containers: [{name: c, image: x, args: [sleep, "6000"]}]}`,
			at:   []float64{5999, 6000},
			want: `
5999: Running ready [running] next 6000
6000: Succeeded PodCompleted [terminated 0]`,
		},
		"a failing Job that is started again": {
			spec: `{restartPolicy: OnFailure, containers: [{name: c, image: x, command: [exit, "1"]}]}`,
			at:   []float64{0, 1},
			want: `
0: Running ContainersNotReady [waiting CrashLoopBackOff] next 1
1: Running ContainersNotReady [waiting CrashLoopBackOff, 1 restarts] next 3`,
		},
		"init containers go one after the other": {
			spec: `{initContainers: [{name: i, image: x, command: [sleep, "1"]}, {name: j, image: x, command: [sleep, "2"]}], containers: [{name: c, image: x}]}`,
			at:   []float64{0, 1, 3},
			want: `
0: Pending ContainersNotReady [running] [waiting ContainerCreating] [waiting ContainerCreating] next 1
1: Pending ContainersNotReady [terminated 0] [running] [waiting ContainerCreating] next 3
3: Running ready [terminated 0] [terminated 0] [running]`,
		},
		"a sidecar goes on beside the others": {
			spec: `{initContainers: [{name: i, image: x, restartPolicy: Always}], containers: [{name: c, image: x}]}`,
			at:   []float64{0},
			want: `
0: Running ready [running] [running]`,
		},
		"a readiness gate nobody has opened": {
			spec: `{readinessGates: [{conditionType: example.com/open}], containers: [{name: c, image: x}]}`,
			at:   []float64{0},
			want: `
0: Running ReadinessGatesNotReady [running]`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			began := time.Unix(1000, 0)
			pod := readPod(t, test.annotations, test.spec)
			l := newLife(pod, Settings{}, began)
			var got strings.Builder
			for _, seconds := range test.at {
				now := began.Add(time.Duration(seconds * float64(time.Second)))
				l.advance(now)
				fmt.Fprintf(&got, "\n%v: %s", seconds, describe(report{pod: pod, life: l, began: began}, now))
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func readPod(t *testing.T, annotations, spec string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	for text, into := range map[string]any{annotations: &pod.Annotations, spec: &pod.Spec} {
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if pod.Spec.RestartPolicy == "" {
		pod.Spec.RestartPolicy = corev1.RestartPolicyAlways // as the API server does
	}
	return pod
}

func describe(r report, now time.Time) string {
	s := r.status(now)
	ready := find(s.Conditions, corev1.PodReady)
	words := []string{string(s.Phase), map[bool]string{true: "ready", false: ready.Reason}[ready.Status == corev1.ConditionTrue]}
	for _, c := range append(s.InitContainerStatuses, s.ContainerStatuses...) {
		words = append(words, "["+describeContainer(c)+"]")
	}
	if next := r.life.next(now); !next.IsZero() {
		words = append(words, fmt.Sprintf("next %v", next.Sub(r.began).Seconds()))
	}
	return strings.Join(words, " ")
}

func describeContainer(c corev1.ContainerStatus) string {
	state := "running"
	switch {
	case c.State.Waiting != nil:
		state = "waiting " + c.State.Waiting.Reason
	case c.State.Terminated != nil:
		state = fmt.Sprintf("terminated %d", c.State.Terminated.ExitCode)
	}
	if c.RestartCount > 0 {
		state += fmt.Sprintf(", %d restarts", c.RestartCount)
	}
	return state
}

func TestGateOpens(t *testing.T) {
	began := time.Unix(1000, 0)
	pod := readPod(t, "", `{readinessGates: [{conditionType: example.com/open}], containers: [{name: c, image: x}]}`)
	pod.Status.Conditions = []corev1.PodCondition{{Type: "example.com/open", Status: corev1.ConditionTrue}}
	r := report{pod: pod, life: newLife(pod, Settings{}, began), began: began}
	r.life.advance(began)
	if got, want := describe(r, began), "Running ready [running]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConditionKeepsItsTime(t *testing.T) {
	began := time.Unix(1000, 0)
	pod := readPod(t, `{lab.kanari.dev/ready-after: 10s}`, `containers: [{name: c, image: x}]`)
	r := report{pod: pod, life: newLife(pod, Settings{}, began), began: began}
	for _, step := range []struct{ seconds, initialized, ready int }{{0, 0, 0}, {5, 0, 0}, {10, 0, 10}, {20, 0, 10}} {
		now := began.Add(time.Duration(step.seconds) * time.Second)
		r.life.advance(now)
		r.last = r.status(now).Conditions
		got := []int{since(r.last, corev1.PodInitialized, began), since(r.last, corev1.PodReady, began)}
		if diff := cmp.Diff([]int{step.initialized, step.ready}, got); diff != "" {
			t.Errorf("after %d s, transitions of Initialized and Ready: %s", step.seconds, diff)
		}
	}
}

func since(conditions []corev1.PodCondition, kind corev1.PodConditionType, began time.Time) int {
	return int(find(conditions, kind).LastTransitionTime.Sub(began).Seconds())
}

func TestStopTime(t *testing.T) {
	const drain = 300 * time.Millisecond
	tests := map[string]struct {
		annotations, spec string
		want              time.Duration
	}{
		"only the lab's drain":                   {"", `containers: [{name: c}]`, drain},
		"a preStop command":                      {"", `containers: [{name: c, lifecycle: {preStop: {exec: {command: [sh, -c, "sleep 5"]}}}}]`, 5*time.Second + drain},
		"a preStop sleep":                        {"", `containers: [{name: c, lifecycle: {preStop: {sleep: {seconds: 7}}}}]`, 7*time.Second + drain},
		"the longest hook counts":                {"", `containers: [{name: c, lifecycle: {preStop: {sleep: {seconds: 2}}}}, {name: d, lifecycle: {preStop: {sleep: {seconds: 3}}}}]`, 3*time.Second + drain},
		"a hook without end":                     {"", `containers: [{name: c, lifecycle: {preStop: {exec: {command: [sleep, infinity]}}}}]`, forever},
		"the annotation takes the drain's place": {`{lab.kanari.dev/stop-after: 2s}`, `containers: [{name: c}]`, 2 * time.Second},
	}
	for name, test := range tests {
		if got := stopTime(readPod(t, test.annotations, test.spec), Settings{Drain: drain}); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestEndsAtIsBoundByTheGracePeriod(t *testing.T) {
	now, grace := time.Unix(1000, 0), int64(1)
	pod := readPod(t, "", `containers: [{name: c, lifecycle: {preStop: {sleep: {seconds: 5}}}}]`)
	pod.DeletionGracePeriodSeconds = &grace
	w := &worker{life: newLife(pod, Settings{}, now)}
	w.life.advance(now)
	if got := w.endsAt(pod, now).Sub(now); got != time.Second {
		t.Errorf("a pod with a preStop of 5 s and a grace period of 1 s ends after %s", got)
	}
}

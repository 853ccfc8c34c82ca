package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// life is a pod's behaviour and how far it has come.
type life struct {
	inits []*container
	mains []*container
	began bool // the main containers have had their turn

	stopAfter time.Duration // from the deletion of the pod to the end of its containers, before the grace period is applied
}

// newLife reads what a pod will do; its first container has its turn at now.
func newLife(pod *corev1.Pod, settings Settings, now time.Time) *life {
	l := &life{stopAfter: stopTime(pod, settings)}
	for i := range pod.Spec.InitContainers {
		l.inits = append(l.inits, newInit(pod, &pod.Spec.InitContainers[i]))
	}
	for i := range pod.Spec.Containers {
		l.mains = append(l.mains, newMain(pod, &pod.Spec.Containers[i], settings))
	}
	l.begin(now)
	return l
}

// newInit is an init container: it must succeed before the next one starts, unless it is a sidecar.
func newInit(pod *corev1.Pod, spec *corev1.Container) *container {
	c := newContainer(pod, spec)
	c.init = true
	if spec.RestartPolicy != nil && *spec.RestartPolicy == corev1.ContainerRestartPolicyAlways {
		c.sidecar, c.restart = true, corev1.RestartPolicyAlways
		return c
	}
	if c.restart == corev1.RestartPolicyAlways {
		c.restart = corev1.RestartPolicyOnFailure
	}
	if !c.program.known {
		c.program.ends = true
	}
	return c
}

func newMain(pod *corev1.Pod, spec *corev1.Container, settings Settings) *container {
	c := newContainer(pod, spec)
	if !c.program.known && pod.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		c.program.ends = true // a Job's command that the lab cannot read succeeds
	}
	if after, ok := duration(pod, CrashAfter); ok {
		c.program = program{known: true, ends: true, after: after, code: 1}
	}
	c.readyAfter = max(settings.ReadyAfter, probeDelay(spec))
	if after, ok := duration(pod, ReadyAfter); ok {
		c.readyAfter = max(after, probeDelay(spec))
	}
	c.neverReady = pod.Annotations[NeverReady] == "true"
	if settings.Programs.Of(spec.Image) != "" {
		c.program = program{} // the words are for the program
		c.asks = asks(spec)
		if settings.NoPrograms {
			c.failing = "CreateContainerError"
		}
	}
	if reason := pod.Annotations[Fail]; reason != "" {
		c.failing = reason
	}
	return c
}

func newContainer(pod *corev1.Pod, spec *corev1.Container) *container {
	words := append(append([]string{}, spec.Command...), spec.Args...)
	if len(spec.Command) == 0 && len(spec.Args) > 0 && !read(words).known {
		words = nil // arguments of the image's own program
	}
	c := &container{name: spec.Name, image: spec.Image, program: read(words), restart: pod.Spec.RestartPolicy}
	if spec.Lifecycle != nil {
		c.startAfter = hookTime(spec.Lifecycle.PostStart)
	}
	if brokenImage(spec.Image) {
		c.failing = "ErrImagePull"
	}
	return c
}

// advance moves every container on to now.
func (l *life) advance(now time.Time) {
	for _, c := range l.all() {
		if !c.since.IsZero() {
			c.advance(now)
		}
	}
	if !l.began {
		l.begin(now)
	}
}

// begin gives the next containers their turn, the main ones once every init container has passed.
func (l *life) begin(now time.Time) {
	for _, c := range l.inits {
		c.turn(now)
		if !c.passed(now) {
			return
		}
	}
	l.began = true
	for _, c := range l.mains {
		c.turn(now)
	}
}

// next is the earliest time at which anything changes by itself; zero: never.
func (l *life) next(now time.Time) time.Time {
	var first time.Time
	sooner := func(at time.Time, ok bool) {
		if ok && !at.IsZero() && at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for _, c := range l.all() {
		if c.since.IsZero() {
			continue
		}
		sooner(c.next())
		_, at := c.ready(now)
		sooner(at, true)
	}
	return first
}

func (l *life) all() []*container {
	return append(append([]*container{}, l.inits...), l.mains...)
}

// crash ends every running main container with the code of a process that was killed.
func (l *life) crash(now time.Time) {
	for _, c := range l.mains {
		if c.stage == running {
			c.exit(now, 137)
		}
	}
}

// happened takes note of what a real program did, unless it was in an earlier run.
func (l *life) happened(h happening, now time.Time) {
	for _, c := range l.mains {
		if c.name != h.container || c.restarts != h.run || c.stage != running {
			continue
		}
		if h.ready {
			c.answered = true
			continue
		}
		c.exit(now, h.code)
	}
}

// terminate ends for good whatever still runs: code 0 for servers that stop when asked, 143 for commands cut short.
func (l *life) terminate(now time.Time) {
	for _, c := range l.all() {
		if c.stage == ended {
			continue
		}
		code := int32(0)
		if c.program.known || c.stage != running {
			code = 143
		}
		c.restart = corev1.RestartPolicyNever
		c.exit(now, code)
	}
}

func (l *life) containersReady(now time.Time) bool {
	if !l.began {
		return false
	}
	for _, c := range l.mains {
		if ok, _ := c.ready(now); !ok {
			return false
		}
	}
	return true
}

// phase of the pod as the containers stand.
func (l *life) phase() corev1.PodPhase {
	if !l.began {
		for _, c := range l.inits {
			if c.stage == ended && c.last.ExitCode != 0 {
				return corev1.PodFailed
			}
		}
		return corev1.PodPending
	}
	over, failed, waiting := 0, false, 0
	for _, c := range l.mains {
		switch c.stage {
		case creating:
			waiting++
		case ended:
			over++
			failed = failed || c.last.ExitCode != 0
		}
	}
	switch {
	case over == len(l.mains) && failed:
		return corev1.PodFailed
	case over == len(l.mains):
		return corev1.PodSucceeded
	case waiting > 0:
		return corev1.PodPending
	}
	return corev1.PodRunning
}

package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stage is where a container stands.
type stage int

const (
	creating stage = iota // not started yet: init containers before it, its postStart hook
	running
	backingOff // ended, to be started again
	ended      // for good
)

// container is one container on its way through its stages.
type container struct {
	name, image string
	failing     string        // waiting reason that never ends
	startAfter  time.Duration // from its turn to running
	readyAfter  time.Duration // from running to ready
	neverReady  bool
	asks        bool // a real program, ready only when it says so
	program     program
	restart     corev1.RestartPolicy
	init        bool // runs before the main containers
	sidecar     bool // an init container that goes on beside the others

	stage    stage
	since    time.Time // when it entered the stage
	answered bool      // what it asks for has come in this run
	restarts int32
	last     *corev1.ContainerStateTerminated
}

const (
	firstBackOff = time.Second
	longBackOff  = 30 * time.Second
	noEnd        = time.Duration(-1)
)

// runsFor is the length of one run, noEnd if only the kubelet ends it.
func (c *container) runsFor() time.Duration {
	if c.program.ends {
		return c.program.after
	}
	return noEnd
}

func (c *container) backOff() time.Duration {
	return min(longBackOff, firstBackOff<<min(c.restarts, 10))
}

// next is when the container leaves its stage by itself; false: never.
func (c *container) next() (time.Time, bool) {
	switch {
	case c.stage == creating && c.failing == "":
		return c.since.Add(c.startAfter), true
	case c.stage == running && c.runsFor() != noEnd:
		return c.since.Add(c.runsFor()), true
	case c.stage == backingOff && !c.program.startFails:
		return c.since.Add(c.backOff()), true
	}
	return time.Time{}, false
}

// turn lets the container begin at now, unless it has begun before.
func (c *container) turn(now time.Time) {
	if c.since.IsZero() {
		c.since = now
		c.advance(now)
	}
}

// advance moves the container through every stage whose time has come.
func (c *container) advance(now time.Time) {
	for {
		at, moves := c.next()
		if !moves || at.After(now) {
			return
		}
		switch c.stage {
		case creating:
			c.start(at)
		case running:
			c.exit(at, int32(c.program.code))
		case backingOff:
			c.restarts++
			c.stage, c.since, c.answered = running, at, false
		}
	}
}

func (c *container) start(at time.Time) {
	c.stage, c.since = running, at
	if c.program.startFails {
		c.exit(at, 128)
	}
}

// exit ends the run; the restart policy says what follows.
func (c *container) exit(at time.Time, code int32) {
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	if c.program.startFails {
		reason = "StartError"
	}
	c.last = &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, StartedAt: metav1.NewTime(c.since), FinishedAt: metav1.NewTime(at),
	}
	c.since = at
	c.stage = ended
	if c.restart == corev1.RestartPolicyAlways || c.restart == corev1.RestartPolicyOnFailure && code != 0 {
		c.stage = backingOff
	}
}

// ready tells whether the container itself is ready, and when it will be if only time is missing.
func (c *container) ready(now time.Time) (bool, time.Time) {
	if c.stage != running || c.neverReady || c.asks && !c.answered {
		return false, time.Time{}
	}
	at := c.since.Add(c.readyAfter)
	if at.After(now) {
		return false, at
	}
	return true, time.Time{}
}

// passed tells of an init container that the next one need not wait for.
func (c *container) passed(now time.Time) bool {
	if c.sidecar {
		ok, _ := c.ready(now)
		return ok
	}
	return c.stage == ended && c.last.ExitCode == 0
}

func (c *container) status(now time.Time) corev1.ContainerStatus {
	ready, _ := c.ready(now)
	started := c.stage == running
	s := corev1.ContainerStatus{
		Name: c.name, Image: c.image, Ready: ready || c.init && c.passed(now),
		Started: &started, RestartCount: c.restarts,
	}
	switch c.stage {
	case creating:
		s.State.Waiting = &corev1.ContainerStateWaiting{Reason: c.waitingReason()}
		return s
	case running:
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.since)}
		s.LastTerminationState.Terminated = c.last
	case backingOff:
		s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "the container ended; the lab waits before it starts it again"}
		s.LastTerminationState.Terminated = c.last
	case ended:
		s.State.Terminated = c.last
	}
	s.ImageID, s.ContainerID = "lab://"+c.image, "lab://"+c.name
	return s
}

func (c *container) waitingReason() string {
	if c.failing != "" && !c.since.IsZero() {
		return c.failing
	}
	return "ContainerCreating"
}

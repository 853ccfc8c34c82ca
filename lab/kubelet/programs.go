package kubelet

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/lab/programs"
)

// happening is what a real program did by itself.
type happening struct {
	container string
	run       int32 // restarts before it
	ready     bool  // it answered its readiness probe; else it ended
	code      int32 // with this exit code
}

// startProgram runs the program that stands for a container's image, with the files, variables and arguments that the
// pod's spec gives it.
func (w *worker) startProgram(ctx context.Context, pod *corev1.Pod, spec *corev1.Container, c *container) (server, error) {
	environment, err := w.environment(pod, spec)
	if err != nil {
		return nil, fmt.Errorf("container %q: %w", c.name, err)
	}
	run := programs.Spec{
		Path: w.kubelet.settings.Programs.Of(spec.Image), Args: arguments(spec, environment), Env: assignments(environment),
		Root: filepath.Join(w.dir(), "roots", c.name),
	}
	if err := os.MkdirAll(run.Root, 0o755); err != nil {
		return nil, err
	}
	if run.Mounts, err = w.mounts(ctx, pod, spec); err != nil {
		return nil, err
	}
	count := c.restarts
	tell := func(h happening) {
		h.container, h.run = spec.Name, count
		w.tell(func() { w.happenings = append(w.happenings, h) })
	}
	process, err := w.kubelet.settings.Programs.Start(run, func(code int32) { tell(happening{code: code}) })
	if err != nil {
		return nil, err
	}
	p := &attended{Process: process}
	if url := w.probeURL(spec); url != "" {
		life, stop := context.WithCancel(ctx)
		p.stopProbe = stop
		go ask(life, url, func() { tell(happening{ready: true}) })
	}
	return p, nil
}

// attended is a program and the question whether it is ready.
type attended struct {
	*programs.Process
	stopProbe context.CancelFunc // nil if nobody asks
}

// Stop asks the program to end and waits for it.
func (r *attended) Stop() { r.quiet(); r.Process.Stop() }

// Break kills the program.
func (r *attended) Break() { r.quiet(); r.Process.Break() }

func (r *attended) quiet() {
	if r.stopProbe != nil {
		r.stopProbe()
	}
}

// dir holds the files of the worker's pod, and goes with it.
func (w *worker) dir() string { return filepath.Join(w.kubelet.settings.Dir, string(w.uid)) }

// mounts are the volumes of a container, filled.
func (w *worker) mounts(ctx context.Context, pod *corev1.Pod, c *corev1.Container) ([]programs.Mount, error) {
	var all []programs.Mount
	for _, m := range c.VolumeMounts {
		dir := filepath.Join(w.dir(), "volumes", m.Name)
		for i := range pod.Spec.Volumes {
			if v := &pod.Spec.Volumes[i]; v.Name == m.Name {
				if err := w.fillVolume(ctx, pod, v, dir); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, programs.Mount{Source: filepath.Join(dir, filepath.Join("/", m.SubPath)), Target: m.MountPath})
	}
	return all, nil
}

// probeURL is where the container's readiness probe asks over HTTP; empty if it does not.
func (w *worker) probeURL(c *corev1.Container) string {
	if !asks(c) {
		return ""
	}
	get := c.ReadinessProbe.HTTPGet
	port := get.Port.IntValue()
	for _, p := range c.Ports {
		if get.Port.Type == intstr.String && p.Name == get.Port.StrVal {
			port = int(p.ContainerPort)
		}
	}
	return "http://" + net.JoinHostPort(w.address.String(), strconv.Itoa(port)) + get.Path
}

func asks(c *corev1.Container) bool {
	return c.ReadinessProbe != nil && c.ReadinessProbe.HTTPGet != nil
}

const (
	askEvery  = 100 * time.Millisecond
	askWithin = 2 * time.Second
)

// ask calls ready once after the first good answer. A lab that starts within seconds does not wait for the probe's period.
func ask(ctx context.Context, url string, ready func()) {
	client := &http.Client{Timeout: askWithin}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if good(ctx, client, url) {
			ready()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func good(ctx context.Context, client *http.Client, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 400
}

package try

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

// wish is what the user wants to try.
type wish struct {
	header header
	images []string // as typed; none follows the tags
	until  time.Time
}

// tries bounds how often a write is repeated after a conflict.
const tries = 5

// begin writes the trial into the Rollout, all in one write that fails when somebody else was first, and returns the generation that
// this made.
func begin(ctx context.Context, c *cluster.Cluster, name string, w wish) (t *trial, generation int64, err error) {
	written, err := edit(ctx, c, name, func(raw *unstructured.Unstructured, ro *v1alpha1.Rollout) error {
		if err := suits(raw, ro); err != nil {
			return err
		}
		if _, err := canaryIngresses(ctx, c, ro); err != nil {
			return err // better told now than when the pod is there
		}
		from, to, err := w.swap(raw)
		if err != nil {
			return err
		}
		t = &trial{Header: w.header.name + "=" + w.header.value, Routed: routes(ro), From: from, To: to, Until: w.until}
		return t.write(raw)
	})
	if err != nil {
		return nil, 0, err
	}
	return t, written.GetGeneration(), nil
}

// change alters a Rollout, which it gets in both forms, before it is written; without an alteration nothing is.
type change func(raw *unstructured.Unstructured, ro *v1alpha1.Rollout) error

// edit changes the Rollout as it stands, and again when somebody else wrote in between.
func edit(ctx context.Context, c *cluster.Cluster, name string, alter change) (written *unstructured.Unstructured, err error) {
	for range tries {
		if written, err = editOnce(ctx, c, name, alter); !apierrors.IsConflict(err) {
			break
		}
	}
	return written, err
}

func editOnce(ctx context.Context, c *cluster.Cluster, name string, alter change) (*unstructured.Unstructured, error) {
	raw, err := c.Raw(ctx, v1alpha1.GroupVersion.String(), v1alpha1.RolloutKind, name)
	if err != nil {
		return nil, err
	}
	ro := &v1alpha1.Rollout{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw.Object, ro); err != nil {
		return nil, terminal.Fail("rollout %q cannot be read: %s", name, err)
	}
	before := raw.DeepCopy()
	if err := alter(raw, ro); err != nil {
		return nil, err
	}
	if equal(before, raw) {
		return raw, nil
	}
	return raw, c.Update(ctx, raw)
}

// suits says why the Rollout cannot be tried now.
func suits(raw *unstructured.Unstructured, ro *v1alpha1.Rollout) error {
	if present, err := trialOf(raw); present != nil || err != nil {
		if err != nil {
			return err
		}
		return terminal.Fail("rollout %q is in a trial of %s already: end it with try %s --end", ro.Name, present.images(), ro.Name)
	}
	if err := routable(ro); err != nil {
		return err
	}
	if ref := ro.Spec.WorkloadRef; ref != nil {
		return terminal.Fail("rollout %q takes its template from %s %q, and try changes only Rollouts", ro.Name, ref.Kind, ref.Name)
	}
	phase, message := view.Phase(ro)
	if phase == v1alpha1.RolloutPhaseHealthy && ro.Status.StableRS != "" && ro.Status.StableRS == ro.Status.CurrentPodHash && !ro.Spec.Paused {
		return nil
	}
	if message != "" {
		message = " (" + message + ")"
	}
	return terminal.Fail("rollout %q is %s%s: a trial needs one that is Healthy, with no update under way", ro.Name, phase, message)
}

// routable says why no router of the Rollout can tell requests by a header.
func routable(ro *v1alpha1.Rollout) error {
	canary := ro.Spec.Strategy.Canary
	switch {
	case canary == nil:
		return terminal.Fail("rollout %q is no canary: blue-green has the preview Service to try a version with", ro.Name)
	case canary.TrafficRouting == nil:
		return terminal.Fail("rollout %q has no trafficRouting: without a router every pod gets its share of all requests, whatever their headers", ro.Name)
	case canary.TrafficRouting.Nginx != nil:
		return unclaimed(ro)
	case routes(ro):
		return nil
	}
	return terminal.Fail("the router of rollout %q cannot match headers: Istio, nginx, ALB, APISIX and plugins can", ro.Name)
}

// unclaimed refuses to write over a header that the spec gives the canary Ingress: the controller would write it back.
func unclaimed(ro *v1alpha1.Rollout) error {
	nginx := ro.Spec.Strategy.Canary.TrafficRouting.Nginx
	for _, annotations := range []map[string]string{nginx.AdditionalIngressAnnotations, nginx.CanaryIngressAnnotations} {
		for key := range annotations {
			if strings.Contains(key, byHeader) {
				return terminal.Fail("rollout %q has %s in its trafficRouting.nginx: requests with that header reach every canary already, without try", ro.Name, key)
			}
		}
	}
	return nil
}

// routes tells whether a step can make a header route.
func routes(ro *v1alpha1.Rollout) bool {
	routing := ro.Spec.Strategy.Canary.TrafficRouting
	return routing.Istio != nil || routing.ALB != nil || routing.Apisix != nil || len(routing.Plugins) > 0
}

// swap finds the images that are to change, by container.
func (w wish) swap(ro *unstructured.Unstructured) (from, to map[string]string, err error) {
	from, to = map[string]string{}, map[string]string{}
	present := map[string]string{}
	for _, container := range containers(ro) {
		name, _ := container["name"].(string)
		present[name], _ = container["image"].(string)
	}
	for _, text := range w.images {
		name, image, named := strings.Cut(text, "=")
		if !named {
			name, image = only(ro), text
		}
		if image == "" || name == "" {
			return nil, nil, terminal.Usage("--image=%q: write it as CONTAINER=IMAGE; the containers are %s", text, strings.Join(slices.Sorted(maps.Keys(present)), ", "))
		}
		if _, known := present[name]; !known {
			return nil, nil, terminal.Fail("rollout %q has no container %q: its containers are %s", ro.GetName(), name, strings.Join(slices.Sorted(maps.Keys(present)), ", "))
		}
		to[name] = image
	}
	if len(w.images) == 0 {
		to = counterparts(present)
	}
	if len(to) == 0 {
		return nil, nil, terminal.Usage("say what to try, --image CONTAINER=IMAGE: no image of rollout %q has a tag that ends in latest", ro.GetName())
	}
	for name := range to {
		from[name] = present[name]
	}
	if maps.Equal(from, to) {
		return nil, nil, terminal.Fail("rollout %q runs %s already", ro.GetName(), (&trial{To: to}).images())
	}
	return from, to, nil
}

// only is the name of the one container; empty when there are several.
func only(ro *unstructured.Unstructured) string {
	items, _, _ := unstructured.NestedSlice(ro.Object, "spec", "template", "spec", "containers")
	if len(items) != 1 {
		return ""
	}
	container, _ := items[0].(map[string]any)
	name, _ := container["name"].(string)
	return name
}

// counterparts are the images whose tag ends in latest, with a tag that ends in canary: api:dev-latest becomes api:dev-canary.
func counterparts(present map[string]string) map[string]string {
	found := map[string]string{}
	for name, image := range present {
		at := strings.LastIndexByte(image, ':')
		if at < strings.LastIndexByte(image, '/') || at < 0 || strings.Contains(image, "@") {
			continue
		}
		tag := image[at+1:]
		if rest, ok := strings.CutSuffix(tag, "latest"); ok && (rest == "" || strings.HasSuffix(rest, "-")) {
			found[name] = image[:at+1] + rest + "canary"
		}
	}
	return found
}

package try

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/paint"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

// visit is one run of the command.
type visit struct {
	factory *cluster.Factory
	palette terminal.Palette
	cluster *cluster.Cluster
	name    string
	last    time.Duration
	trial   *trial
	// generation of the Rollout that began the trial; what is older knows nothing of it.
	generation int64

	told     string // the last line about the way there
	marked   error  // why an Ingress still knows the header
	ready    bool
	promoted bool
}

func (v *visit) until() time.Time {
	if v.last == 0 {
		return time.Time{}
	}
	return v.factory.IO.Now().UTC().Add(v.last).Truncate(time.Second)
}

// stay shows what happens until the trial is over, and then puts the Rollout back, also when it was interrupted.
func (v *visit) stay(ctx context.Context, feed *cluster.Feed) error {
	verdict := v.watch(ctx, feed)
	if v.promoted && ctx.Err() != nil {
		v.say("The version goes on without this command. When it is through, take the steps of the trial out: %s try %s --end", v.factory.Voice.Command(), v.name)
		return verdict
	}
	if err := v.leave(context.WithoutCancel(ctx)); err != nil {
		fmt.Fprintf(v.factory.IO.Err, "The trial is not over yet. To end it: %s try %s --end\n", v.factory.Voice.Command(), v.name)
		return err
	}
	return verdict // of an interrupt it is the context's, which prints nothing
}

// watch looks at every change until the time is over, the user has enough, or there is nothing more to wait for. An error says why
// the trial failed.
func (v *visit) watch(ctx context.Context, feed *cluster.Feed) error {
	var over <-chan time.Time
	if v.last > 0 {
		over = time.After(v.last)
	}
	for {
		if err := feed.Err(ctx); err != nil {
			return err
		}
		ro, err := feed.Rollout(v.name)
		if err != nil {
			return err
		}
		if done, err := v.look(ctx, ro); done || err != nil {
			return err
		}
		if v.promoted {
			over = nil
		}
		select {
		case <-ctx.Done():
		case <-over:
			return nil
		case <-feed.Changed:
		}
	}
}

// look tells what is new, and says whether the trial is over.
func (v *visit) look(ctx context.Context, ro *v1alpha1.Rollout) (done bool, err error) {
	seen := view.Rollout(view.Objects{Rollout: ro}, v.factory.IO.Now())
	switch {
	case ro.Generation < v.generation:
		return false, nil
	case ro.Annotations[mark] == "":
		return true, nil // ended from elsewhere
	case !observed(ro):
		return false, nil
	case stable(ro), v.trial.replaced(ro):
		return true, nil // kept, or taken back, or overtaken by another version
	case ro.Status.Abort:
		return true, terminal.Fail("the trial was aborted: %s", seen.Message)
	case seen.Phase == string(v1alpha1.RolloutPhaseDegraded):
		return true, terminal.Fail("the trial failed: %s", seen.Message)
	case v.trial.passed(ro):
		v.promote()
	case v.trial.waits(ro):
		return false, v.arrive(ctx, ro)
	}
	if line := seen.Sentence; line != v.told && !v.ready {
		v.told = line
		v.say("%s %s", paint.Icon(v.palette, seen.Mark), line)
	}
	return false, nil
}

func (v *visit) promote() {
	if !v.promoted {
		v.say("Promoted: the version goes on with the steps of the Rollout.")
	}
	v.promoted, v.ready = true, true
}

// arrive tells once how to reach the new version.
func (v *visit) arrive(ctx context.Context, ro *v1alpha1.Rollout) error {
	if v.ready {
		return nil
	}
	if err := markIngresses(ctx, v.cluster, ro, v.trial.header()); err != nil {
		return err
	}
	v.ready = true
	command := v.factory.Voice.Command()
	v.say("%s Requests with the header %s get the new version, all others the stable one.", paint.Icon(v.palette, view.Good), v.trial.header())
	v.say("%s", addressOf(ctx, v.cluster, ro).curl(v.trial.header()))
	ends := "with Ctrl-C"
	if !v.trial.Until.IsZero() {
		ends = "at " + v.trial.Until.Format("15:04:05 UTC") + ", or with Ctrl-C"
	}
	v.say("It ends %s. To keep the version: %s promote %s", ends, command, v.name)
	v.say("Should this command be killed, the trial stays until: %s try %s --end", command, v.name)
	return nil
}

func (v *visit) say(format string, args ...any) {
	fmt.Fprintf(v.factory.IO.Out, format+"\n", args...)
}

// patience is how long the controller may take to make the stable version alone again.
const patience = 2 * time.Minute

// leave ends the trial, from wherever it was begun: the version first, then, once the routes are gone, the rest.
func (v *visit) leave(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	err := v.withdraw(ctx)
	if err == nil && v.trial != nil {
		v.say("The trial ends: waiting until only the stable version is left.")
		err = v.settle(ctx)
	}
	if err == nil {
		err = v.marked
	}
	if err == nil && v.trial != nil {
		err = v.forget(ctx)
	}
	if ctx.Err() != nil {
		return terminal.Fail("the trial of rollout %q is not quite over: once it is Healthy, take out the rest: %s try %s --end",
			v.name, v.factory.Voice.Command(), v.name)
	}
	return err
}

func (v *visit) withdraw(ctx context.Context) error {
	_, err := edit(ctx, v.cluster, v.name, func(raw *unstructured.Unstructured, ro *v1alpha1.Rollout) error {
		t, err := trialOf(raw)
		if err != nil {
			return err
		}
		if t == nil {
			if v.trial == nil {
				return terminal.Fail("rollout %q is in no trial", v.name)
			}
			v.trial = nil // somebody else has ended it
			return nil
		}
		if err := t.canEnd(ro); err != nil {
			return err
		}
		v.trial = t
		v.marked = unmarkIngresses(ctx, v.cluster, ro, t.header())
		return t.withdraw(raw, observed(ro) && stable(ro) && !t.replaced(ro))
	})
	return err
}

// settle waits until nothing of the trial runs: what managedRoutes no longer names, no controller takes out.
func (v *visit) settle(ctx context.Context) error {
	feed, err := v.cluster.FollowRollout(ctx, v.name)
	for err == nil {
		var ro *v1alpha1.Rollout
		if ro, err = feed.Rollout(v.name); err != nil {
			return err
		}
		if phase, _ := view.Phase(ro); observed(ro) && stable(ro) && phase == v1alpha1.RolloutPhaseHealthy {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-feed.Changed:
		}
		err = feed.Err(ctx)
	}
	return err
}

func (v *visit) forget(ctx context.Context) error {
	_, err := edit(ctx, v.cluster, v.name, func(raw *unstructured.Unstructured, _ *v1alpha1.Rollout) error {
		return v.trial.forget(raw)
	})
	if err != nil {
		return err
	}
	fmt.Fprint(v.factory.IO.Out, v.factory.Voice.Made("rollout", v.name, "is out of its trial"))
	return nil
}

// observed tells whether the status speaks of the present spec.
func observed(ro *v1alpha1.Rollout) bool {
	return int64(ro.Status.ObservedGeneration) >= ro.Generation
}

// stable tells whether no other version than the stable one is asked for.
func stable(ro *v1alpha1.Rollout) bool {
	return ro.Status.StableRS != "" && ro.Status.StableRS == ro.Status.CurrentPodHash
}

// canEnd refuses to take the steps away under an update that is on its way: it would begin again.
func (t *trial) canEnd(ro *v1alpha1.Rollout) error {
	switch {
	case !observed(ro), stable(ro), ro.Status.Abort:
		return nil
	case t.replaced(ro):
		return terminal.Fail("rollout %q is on its way to another version than the one that was tried: abort it first, or wait until it is Healthy", ro.Name)
	case t.passed(ro):
		return terminal.Fail("the trial of rollout %q was promoted and is on its way: abort it first, or wait until it is Healthy", ro.Name)
	}
	return nil
}

// replaced tells whether a container no longer has the image that is tried.
func (t *trial) replaced(ro *v1alpha1.Rollout) bool {
	pod := ro.Spec.Template.Spec
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		if image, ours := t.To[container.Name]; ours && image != container.Image {
			return true
		}
	}
	return false
}

// passed tells whether somebody let the trial go on.
func (t *trial) passed(ro *v1alpha1.Rollout) bool {
	index := ro.Status.CurrentStepIndex
	return ro.Status.PromoteFull || (index != nil && *index > t.pauseAt())
}

// waits tells whether the new version is there and its route made.
func (t *trial) waits(ro *v1alpha1.Rollout) bool {
	index := ro.Status.CurrentStepIndex
	return index != nil && *index == t.pauseAt() && len(ro.Status.PauseConditions) > 0
}

func equal(a, b *unstructured.Unstructured) bool {
	return equality.Semantic.DeepEqual(a.Object, b.Object)
}

package promote

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/cluster"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
)

// options are the flags of the command.
type options struct {
	full, skipStep, skipAll bool
	// expectStep counts from 1; 0 expects nothing.
	expectStep int32
}

// Command is "promote NAME".
func Command(f *cluster.Factory) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:               "promote NAME",
		Short:             "Let a waiting Rollout go on",
		Args:              cluster.OneName,
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), f, args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.full, "full", false, "Skip all that is left: steps, pauses and analysis")
	flags.Int32Var(&o.expectStep, "expect-step", 0, "Do nothing unless this step, counted from 1, is at work")
	flags.BoolVarP(&o.skipStep, "skip-current-step", "c", false, "Skip the step at work")
	flags.BoolVarP(&o.skipAll, "skip-all-steps", "a", false, "Skip all steps")
	_ = flags.MarkHidden("skip-current-step")
	_ = flags.MarkHidden("skip-all-steps")
	return cmd
}

// warn tells of flags that are kept for old scripts only.
func (o options) warn(err io.Writer) {
	if o.skipStep {
		fmt.Fprintln(err, "Flag --skip-current-step has been deprecated, promote without flags goes on from any step")
	}
	if o.skipAll {
		fmt.Fprintln(err, "Flag --skip-all-steps has been deprecated, use --full")
	}
}

// tries bounds how often a guarded promotion looks again after somebody else's write.
const tries = 5

func run(ctx context.Context, f *cluster.Factory, name string, o options) error {
	if o.skipStep && o.skipAll {
		return terminal.Usage("Cannot use skip-current-step and skip-all-steps flags at the same time")
	}
	o.warn(f.IO.Err)
	c, err := f.Open()
	if err != nil {
		return err
	}
	if !f.Voice.Plugin() {
		if err := awaitObserved(ctx, c, name); err != nil {
			return err
		}
	}
	for range tries {
		err = promote(ctx, c, name, o)
		if !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return err
	}
	done := "promoted"
	if o.full {
		done = "fully promoted"
	}
	fmt.Fprint(f.IO.Out, f.Voice.Done(name, done))
	return nil
}

func promote(ctx context.Context, c *cluster.Cluster, name string, o options) error {
	ro, err := c.Rollout(ctx, name)
	if err != nil {
		return err
	}
	if err := o.check(ro); err != nil {
		return err
	}
	p := decide(ro, o)
	if o.expectStep > 0 {
		p = p.guarded(ro.ResourceVersion)
	}
	if p.status != "" {
		if err := c.PatchStatus(ctx, name, p.status, p.whole); err != nil {
			return err
		}
	}
	if p.spec != "" {
		return c.Patch(ctx, name, p.spec)
	}
	return nil
}

// check refuses what makes no sense for the Rollout as it is.
func (o options) check(ro *v1alpha1.Rollout) error {
	steps := stepCount(ro)
	if o.skipStep || o.skipAll {
		switch {
		case ro.Spec.Strategy.BlueGreen != nil:
			return terminal.Fail("Cannot skip steps of a bluegreen rollout. Run without a flags")
		case steps == 0:
			return terminal.Fail("Cannot skip steps of a rollout without steps")
		}
	}
	if o.expectStep == 0 || o.expectStep == stepIndex(ro)+1 {
		return nil
	}
	if steps == 0 {
		return terminal.Fail("rollout %q has no steps, so it cannot be at step %d: nothing was promoted", ro.Name, o.expectStep)
	}
	if stepIndex(ro) >= steps {
		return terminal.Fail("rollout %q is past its last step, not at step %d/%d: nothing was promoted", ro.Name, o.expectStep, steps)
	}
	return terminal.Fail("rollout %q is at step %d/%d, not %d: nothing was promoted", ro.Name, stepIndex(ro)+1, steps, o.expectStep)
}

// patches are what one promotion sends: first the status, then the spec; either may be empty. Where there is no status
// subresource, whole is sent in place of status.
type patches struct {
	status, spec, whole string
}

// guarded makes the first patch fail when the object is no longer the one that was read.
func (p patches) guarded(resourceVersion string) patches {
	guard := func(patch string) string {
		return strings.Replace(patch, "{", fmt.Sprintf(`{"metadata":{"resourceVersion":%q},`, resourceVersion), 1)
	}
	if p.status == "" {
		if p.spec != "" {
			p.spec = guard(p.spec)
		}
		return p
	}
	p.status, p.whole = guard(p.status), guard(p.whole)
	return p
}

const (
	unpause      = `{"spec":{"paused":false}}`
	clearPause   = `{"status":{"pauseConditions":null}}`
	clearWhole   = `{"spec":{"paused":false},"status":{"pauseConditions":null}}`
	toStep       = `{"status":{"currentStepIndex":%d}}`
	fullStatus   = `{"status":{"promoteFull":true}}`
	fullWhole    = `{"spec":{"paused":false},"status":{"promoteFull":true}}`
	nextStep     = `{"status":{"pauseConditions":null, "currentStepIndex":%d}}`
	nextWhole    = `{"spec":{"paused":false},"status":{"pauseConditions":null, "currentStepIndex":%d}}`
	inconclusive = `{"status":{"pauseConditions":null, "controllerPause":false, "currentStepIndex":%d}}`
)

// decide chooses the patches. Compat: the bytes, blanks included, are those that clients have always sent.
func decide(ro *v1alpha1.Rollout, o options) patches {
	status := &ro.Status
	next := min(stepIndex(ro)+1, stepCount(ro))
	p := patches{whole: clearWhole}
	if ro.Spec.Paused {
		p.spec = unpause
	}
	switch {
	case o.skipStep:
		patch := fmt.Sprintf(toStep, next)
		return patches{status: patch, whole: patch}
	case o.skipAll:
		patch := fmt.Sprintf(toStep, stepCount(ro))
		return patches{status: patch, whole: patch}
	case o.full:
		p.whole = fullWhole
		if status.CurrentPodHash != status.StableRS {
			p.status = fullStatus
		}
	case len(status.PauseConditions) > 0 && status.ControllerPause && stepInconclusive(ro):
		p.status = fmt.Sprintf(inconclusive, next)
	case len(status.PauseConditions) > 0:
		p.status = clearPause
	case stepCount(ro) > 0:
		p.status, p.whole = fmt.Sprintf(nextStep, next), fmt.Sprintf(nextWhole, next)
	}
	return p
}

func stepInconclusive(ro *v1alpha1.Rollout) bool {
	run := ro.Status.Canary.CurrentStepAnalysisRunStatus
	return ro.Spec.Strategy.Canary != nil && run != nil && run.Status == v1alpha1.AnalysisPhaseInconclusive
}

func stepCount(ro *v1alpha1.Rollout) int32 {
	if ro.Spec.Strategy.Canary == nil {
		return 0
	}
	return int32(len(ro.Spec.Strategy.Canary.Steps))
}

func stepIndex(ro *v1alpha1.Rollout) int32 {
	if ro.Status.CurrentStepIndex == nil {
		return 0
	}
	return *ro.Status.CurrentStepIndex
}

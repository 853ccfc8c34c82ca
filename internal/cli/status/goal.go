package status

import (
	"slices"
	"strings"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/view"
)

const (
	healthy     = string(v1alpha1.RolloutPhaseHealthy)
	degraded    = string(v1alpha1.RolloutPhaseDegraded)
	paused      = string(v1alpha1.RolloutPhasePaused)
	progressing = string(v1alpha1.RolloutPhaseProgressing)
)

// goal is what --until waits for. The goal without a name is that of a command line without --until.
type goal struct {
	name    string
	reached func(view.RolloutView) bool
}

var goals = []goal{
	{"healthy", func(v view.RolloutView) bool { return v.Phase == healthy }},
	{"progressing", func(v view.RolloutView) bool { return v.Phase == progressing }},
	{"paused", func(v view.RolloutView) bool { return v.Phase == paused }},
	{"promotable", func(v view.RolloutView) bool { return v.Phase == paused && waitsForPerson(v) }},
	{"degraded", func(v view.RolloutView) bool { return v.Phase == degraded }},
	{"completed", completed},
}

// completed is weaker than healthy: the new version is the stable one, whatever its pods do now.
func completed(v view.RolloutView) bool {
	return slices.ContainsFunc(v.Conditions, func(c view.Condition) bool {
		return c.Type == string(v1alpha1.RolloutCompleted) && c.Status == "True"
	}) && v.Phase != degraded
}

func goalList() []string {
	names := make([]string, len(goals))
	for i, g := range goals {
		names[i] = g.name
	}
	return names
}

func goalNames() string { return strings.Join(goalList(), ", ") }

func goalOf(name string) (goal, error) {
	if name == "" {
		return goal{reached: goals[0].reached}, nil
	}
	at := slices.IndexFunc(goals, func(g goal) bool { return g.name == name })
	if at < 0 {
		return goal{}, terminal.Usage("--until=%q: use one of %s", name, goalNames())
	}
	return goals[at], nil
}

func (g goal) explicit() bool { return g.name != "" }

// judge says whether waiting is over, and with which exit.
func (g goal) judge(v view.RolloutView) (done bool, exit error) {
	switch {
	case g.reached(v):
		return true, nil
	case v.Phase == degraded:
		return true, terminal.Fail("The rollout is in a degraded state with message: %s", v.Message)
	case !g.explicit():
		return false, nil
	case v.Phase == healthy:
		return true, terminal.Fail("rollout %q is Healthy with nothing under way: it will not become %s", v.Identity.Name, g.name)
	case v.Phase == paused && waitsForPerson(v):
		return true, &terminal.Exit{Code: terminal.NeedsPerson, Message: "waiting for a person: promote or abort rollout \"" + v.Identity.Name + "\""}
	}
	return false, nil
}

func waitsForPerson(v view.RolloutView) bool {
	return slices.ContainsFunc(v.WaitingFor, func(w plan.Wait) bool { return w.Kind == plan.WaitPerson })
}

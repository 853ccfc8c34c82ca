package plan

import "github.com/kanari-dev/kanari/api/v1alpha1"

type (
	// CreateRun starts an AnalysisRun. One of that name that is ours already counts as done.
	CreateRun struct{ Run *v1alpha1.AnalysisRun }

	// StopRun asks an AnalysisRun to end before its time. It gives its verdict on what was measured so far.
	StopRun struct{ Name string }

	// DeleteRun removes an AnalysisRun whose time is over.
	DeleteRun struct{ Name string }
)

func (CreateRun) action() {}
func (StopRun) action()   {}
func (DeleteRun) action() {}

func (a CreateRun) String() string { return "create run " + a.Run.Name }
func (a StopRun) String() string   { return "stop run " + a.Name }
func (a DeleteRun) String() string { return "delete run " + a.Name }

package plan

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// WaitService is a wait for a Service that bears a name that is wanted to go.
const WaitService WaitKind = "Service"

type (
	// CreateService creates a Service of ours. One of that name that is ours already counts as done.
	CreateService struct{ Service *corev1.Service }

	// DeleteService removes a Service that we created.
	DeleteService struct{ Name string }
)

func (CreateService) action() {}
func (DeleteService) action() {}

func (a CreateService) String() string { return "create service " + a.Service.Name }
func (a DeleteService) String() string { return "delete service " + a.Name }

type (
	// CreateExperiment starts an Experiment. One of that name that is ours already counts as done.
	CreateExperiment struct{ Experiment *v1alpha1.Experiment }

	// StopExperiment asks an Experiment to end before its time.
	StopExperiment struct{ Name string }

	// DeleteExperiment removes an Experiment with all that it made.
	DeleteExperiment struct{ Name string }
)

func (CreateExperiment) action() {}
func (StopExperiment) action()   {}
func (DeleteExperiment) action() {}

func (a CreateExperiment) String() string { return "create experiment " + a.Experiment.Name }
func (a StopExperiment) String() string   { return "stop experiment " + a.Name }
func (a DeleteExperiment) String() string { return "delete experiment " + a.Name }

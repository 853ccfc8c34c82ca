package plan

import corev1 "k8s.io/api/core/v1"

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

package plan

import "fmt"

// ScaleWorkload gives the Deployment that a Rollout takes its template from another number of replicas.
type ScaleWorkload struct {
	Name     string
	Replicas int32
}

func (ScaleWorkload) action() {}

func (a ScaleWorkload) String() string {
	return fmt.Sprintf("scale deployment %s replicas=%d", a.Name, a.Replicas)
}

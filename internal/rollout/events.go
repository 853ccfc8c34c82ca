package rollout

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/plan"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// One constructor an event. The reasons are an interface: people alert on them.

func normal(reason, format string, args ...any) plan.Event {
	return plan.Event{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// milestone is an event that is told even where events are kept few.
func milestone(reason, format string, args ...any) plan.Event {
	e := normal(reason, format, args...)
	e.Milestone = true
	return e
}

func warning(reason, message string) plan.Event {
	return plan.Event{Warning: true, Reason: reason, Message: message}
}

func createdReplicaSet(name string, number int64) plan.Event {
	return normal("NewReplicaSetCreated", "Created ReplicaSet %s (revision %d)", name, number)
}

func updatedRollout(number int64) plan.Event {
	return milestone("RolloutUpdated", "Rollout updated to revision %d", number)
}

func startedUpdate(number int64, hash string) plan.Event {
	return normal("RolloutNotCompleted", "Rollout not completed, started update to revision %d (%s)", number, hash)
}

func completedRollout(number int64, hash, reason string) plan.Event {
	return milestone("RolloutCompleted", "Rollout completed update to revision %d (%s): %s", number, hash, reason)
}

func completedStep(index, count int32, text string) plan.Event {
	return normal("RolloutStepCompleted", "Rollout step %d/%d completed (%s)", index, count, text)
}

func skippedSteps(why string) plan.Event { return normal("SkipSteps", "%s", why) }

func pausedRollout(reason string, forPerson bool) plan.Event {
	e := normal("RolloutPaused", "Rollout is paused (%s)", reason)
	e.Milestone = forPerson
	return e
}

func resumedRollout() plan.Event { return normal("RolloutResumed", "Rollout is resumed") }

func abortedRollout(message string) plan.Event { return warning("RolloutAborted", message) }

func createdExperiment(name string) plan.Event {
	return normal("ExperimentCreated", "Created Experiment '%s'", name)
}

func switchedService(service, from, to string) plan.Event {
	return normal("SwitchService", "Switched selector for service '%s' from '%s' to '%s'", service, from, to)
}

// scaling is a change of a ReplicaSet's size.
type scaling struct {
	Name     string
	Revision int64
	From, To int32
}

func scaledReplicaSet(s scaling) plan.Event {
	direction := "up"
	if s.To < s.From {
		direction = "down"
	}
	return normal("ScalingReplicaSet", "Scaled %s ReplicaSet %s (revision %d) from %d to %d", direction, s.Name, s.Revision, s.From, s.To)
}

func updatedWeight(before *v1alpha1.TrafficWeights, weight int32) plan.Event {
	if before == nil {
		return normal("TrafficWeightUpdated", "Traffic weight updated to %d", weight)
	}
	return normal("TrafficWeightUpdated", "Traffic weight updated from %d to %d", before.Canary.Weight, weight)
}

// updatedRoute says what was written into an object of a mesh.
func updatedRoute(change traffic.Change, weight int32) plan.Event {
	kind, name := change.Object().GetKind(), change.Object().GetName()
	switch {
	case kind == "VirtualService":
		return normal("Updated VirtualService", "VirtualService `%s` set to desiredWeight '%d'", name, weight)
	case kind == "DestinationRule":
		return normal("UpdatedDestinationRule", "DestinationRule %s subset updated", name)
	case kind == "Ingress" && change.Before == nil:
		return normal("CreatingCanaryIngress", "Creating canary ingress `%s` with weight `%d`", name, weight)
	case kind == "Ingress":
		return normal("PatchingCanaryIngress", "Updating Ingress `%s` to desiredWeight '%d'", name, weight)
	case change.Before == nil:
		return normal("CreatedRoute", "Created %s `%s` with weight '%d'", kind, name, weight)
	case change.After == nil:
		return normal("DeletedRoute", "Deleted %s `%s`", kind, name)
	default:
		return normal("UpdatedRoute", "%s `%s` set to weight '%d'", kind, name, weight)
	}
}

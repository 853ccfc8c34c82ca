package v1alpha1

// RolloutConditionType names a condition of a Rollout.
type RolloutConditionType string

// Conditions of a Rollout.
const (
	// RolloutAvailable: as many pods are available as maxUnavailable demands.
	RolloutAvailable RolloutConditionType = "Available"
	// RolloutProgressing: pods are being replaced, or that has ended well.
	RolloutProgressing RolloutConditionType = "Progressing"
	// RolloutPaused: the rollout waits.
	RolloutPaused RolloutConditionType = "Paused"
	// RolloutCompleted: the newest version is the stable one.
	RolloutCompleted RolloutConditionType = "Completed"
	// RolloutHealthy: completed, and every pod is available.
	RolloutHealthy RolloutConditionType = "Healthy"
	// RolloutReplicaFailure: a ReplicaSet could not make a pod.
	RolloutReplicaFailure RolloutConditionType = "ReplicaFailure"
	// InvalidSpec: the spec is refused; the message names the field.
	InvalidSpec RolloutConditionType = "InvalidSpec"
	// RolloutReady: nothing is left to do for this generation. Generic tools wait for it.
	RolloutReady RolloutConditionType = "Ready"
	// RolloutReconciling: work is under way. Generic tools show it as progress.
	RolloutReconciling RolloutConditionType = "Reconciling"
	// RolloutStalled: no further progress without a person. Generic tools show it as failure.
	RolloutStalled RolloutConditionType = "Stalled"
)

package v1alpha1

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RolloutStatus is what the controller knows about a Rollout.
type RolloutStatus struct {
	// Abort takes the traffic back to the stable version. Clients set it, and the controller after a failure.
	// +optional
	Abort bool `json:"abort,omitempty"`
	// PauseConditions say why the rollout waits; a client that clears them resumes it.
	// +optional
	PauseConditions []PauseCondition `json:"pauseConditions,omitempty"`
	// ControllerPause with no pauseConditions left means that a client resumed.
	// +optional
	ControllerPause bool `json:"controllerPause,omitempty"`
	// AbortedAt is when the present abort began.
	// +optional
	AbortedAt *metav1.Time `json:"abortedAt,omitempty"`
	// CurrentPodHash is the hash of spec.template.
	// +optional
	CurrentPodHash string `json:"currentPodHash,omitempty"`
	// CurrentStepHash is the hash of the steps; a change starts them again.
	// +optional
	CurrentStepHash string `json:"currentStepHash,omitempty"`
	// Replicas is the number of pods of all ReplicaSets.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
	// UpdatedReplicas is the number of pods of the newest ReplicaSet.
	// +optional
	UpdatedReplicas int32 `json:"updatedReplicas,omitempty"`
	// ReadyReplicas is the number of ready pods; blue-green counts the active ones.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`
	// AvailableReplicas is the number of available pods; blue-green counts the active ones.
	// +optional
	AvailableReplicas int32 `json:"availableReplicas,omitempty"`
	// CurrentStepIndex is the step at work; the number of steps when all are done; absent without steps.
	// +optional
	CurrentStepIndex *int32 `json:"currentStepIndex,omitempty"`
	// CollisionCount is mixed into the hash after a clash of names.
	// +optional
	CollisionCount *int32 `json:"collisionCount,omitempty"`
	// ObservedGeneration is the generation that this status speaks of.
	// +optional
	ObservedGeneration ObservedGeneration `json:"observedGeneration,omitempty"`
	// Conditions by type.
	// +optional
	Conditions []RolloutCondition `json:"conditions,omitempty"`
	// Canary is the part of the canary strategy.
	// +optional
	Canary CanaryStatus `json:"canary,omitempty"`
	// BlueGreen is the part of the blue-green strategy.
	// +optional
	BlueGreen BlueGreenStatus `json:"blueGreen,omitempty"`
	// HPAReplicas is the number of pods that autoscalers see.
	// +optional
	HPAReplicas int32 `json:"HPAReplicas,omitempty"`
	// Selector is the pods that autoscalers see, as text.
	// +optional
	Selector string `json:"selector,omitempty"`
	// StableRS is the hash of the stable ReplicaSet; empty until the first promotion.
	// +optional
	StableRS string `json:"stableRS,omitempty"`
	// RestartedAt is the spec.restartAt that was carried out last.
	// +optional
	RestartedAt *metav1.Time `json:"restartedAt,omitempty"`
	// PromoteFull skips what is left. Clients set it; the promotion clears it.
	// +optional
	PromoteFull bool `json:"promoteFull,omitempty"`
	// Phase in one word; trustworthy when observedGeneration is that of the object.
	// +optional
	Phase RolloutPhase `json:"phase,omitempty"`
	// Message explains the phase.
	// +optional
	Message string `json:"message,omitempty"`
	// WorkloadObservedGeneration is the generation of the referenced workload; absent without workloadRef.
	// +optional
	WorkloadObservedGeneration ObservedGeneration `json:"workloadObservedGeneration,omitempty"`
	// ALB is the load balancer of the Ingress verified last.
	// +optional
	ALB *ALBStatus `json:"alb,omitempty"`
	// ALBs are the load balancers, one an Ingress and in the same order.
	// +optional
	ALBs []ALBStatus `json:"albs,omitempty"`
	// Duration times the present attempt.
	// +optional
	Duration *RolloutDuration `json:"duration,omitempty"`
	// StepText is the step at work, counted from one, and their number: "3/8". Absent without steps.
	// +optional
	StepText string `json:"stepText,omitempty"`
}

// RolloutPhase is the state of a Rollout in one word.
type RolloutPhase string

// Phases of a Rollout.
const (
	// RolloutPhaseHealthy: the newest version is the stable one and all of it is available.
	RolloutPhaseHealthy RolloutPhase = "Healthy"
	// RolloutPhaseDegraded: aborted, out of time, or invalid.
	RolloutPhaseDegraded RolloutPhase = "Degraded"
	// RolloutPhaseProgressing: moving.
	RolloutPhaseProgressing RolloutPhase = "Progressing"
	// RolloutPhasePaused: waiting for a time or a person.
	RolloutPhasePaused RolloutPhase = "Paused"
)

// PauseReason says why a rollout waits.
type PauseReason string

// Reasons of a PauseCondition.
const (
	PauseReasonInconclusiveAnalysis   PauseReason = "InconclusiveAnalysisRun"
	PauseReasonInconclusiveExperiment PauseReason = "InconclusiveExperiment"
	PauseReasonCanaryPauseStep        PauseReason = "CanaryPauseStep"
	PauseReasonBlueGreenPause         PauseReason = "BlueGreenPause"
)

// PauseCondition is a reason to wait and its beginning.
type PauseCondition struct {
	// Reason for waiting.
	Reason PauseReason `json:"reason"`
	// StartTime of the wait.
	StartTime metav1.Time `json:"startTime"`
}

// RolloutCondition is one aspect of the state.
type RolloutCondition struct {
	// Type of the condition.
	Type RolloutConditionType `json:"type"`
	// Status is True, False or Unknown.
	Status corev1.ConditionStatus `json:"status"`
	// ObservedGeneration is the generation it speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// LastUpdateTime is when it was last written.
	LastUpdateTime metav1.Time `json:"lastUpdateTime"`
	// LastTransitionTime is when status last changed.
	LastTransitionTime metav1.Time `json:"lastTransitionTime"`
	// Reason in one word.
	Reason string `json:"reason"`
	// Message in a sentence.
	Message string `json:"message"`
}

// CanaryStatus is the state of a canary.
type CanaryStatus struct {
	// CurrentStepAnalysisRunStatus is the run of the step at work.
	// +optional
	CurrentStepAnalysisRunStatus *RolloutAnalysisRunStatus `json:"currentStepAnalysisRunStatus,omitempty"`
	// CurrentBackgroundAnalysisRunStatus is the run beside the steps.
	// +optional
	CurrentBackgroundAnalysisRunStatus *RolloutAnalysisRunStatus `json:"currentBackgroundAnalysisRunStatus,omitempty"`
	// CurrentExperiment is the Experiment of the step at work.
	// +optional
	CurrentExperiment string `json:"currentExperiment,omitempty"`
	// Weights last written to the routers; absent without trafficRouting.
	// +optional
	Weights *TrafficWeights `json:"weights,omitempty"`
	// StablePingPong says which Service is stable; absent counts as pong.
	// +optional
	StablePingPong PingPongType `json:"stablePingPong,omitempty"`
	// StepPluginStatuses hold one entry a step and operation.
	// +optional
	StepPluginStatuses []StepPluginStatus `json:"stepPluginStatuses,omitempty"`
}

// TrafficWeights is a split of the traffic.
type TrafficWeights struct {
	// Canary is the new version's share.
	Canary WeightDestination `json:"canary"`
	// Stable is the stable version's share.
	Stable WeightDestination `json:"stable"`
	// Additional are the shares of experiments.
	// +optional
	Additional []WeightDestination `json:"additional,omitempty"`
	// Verified says whether the router confirmed the split; absent where it cannot.
	// +optional
	Verified *bool `json:"verified,omitempty"`
}

// WeightDestination is the share of one version.
type WeightDestination struct {
	// Weight out of maxTrafficWeight.
	Weight int32 `json:"weight"`
	// ServiceName of the version.
	// +optional
	ServiceName string `json:"serviceName,omitempty"`
	// PodTemplateHash of the version.
	// +optional
	PodTemplateHash string `json:"podTemplateHash,omitempty"`
}

// RolloutAnalysisRunStatus is an AnalysisRun in short.
type RolloutAnalysisRunStatus struct {
	// Name of the AnalysisRun.
	Name string `json:"name"`
	// Status is its phase.
	Status AnalysisPhase `json:"status"`
	// Message explains the phase.
	// +optional
	Message string `json:"message,omitempty"`
}

// StepPluginOperation is what a plugin was asked to do.
type StepPluginOperation string

// Operations of a step plugin.
const (
	StepPluginOperationRun       StepPluginOperation = "Run"
	StepPluginOperationTerminate StepPluginOperation = "Terminate"
	StepPluginOperationAbort     StepPluginOperation = "Abort"
)

// StepPluginPhase is how far a plugin's operation is.
type StepPluginPhase string

// Phases of a step plugin's operation.
const (
	StepPluginPhaseRunning    StepPluginPhase = "Running"
	StepPluginPhaseSuccessful StepPluginPhase = "Successful"
	StepPluginPhaseFailed     StepPluginPhase = "Failed"
	StepPluginPhaseError      StepPluginPhase = "Error"
)

// StepPluginStatus is the state of one operation of a plugin step.
type StepPluginStatus struct {
	// Index of the step.
	Index int32 `json:"index"`
	// Name of the plugin.
	Name string `json:"name"`
	// Operation asked for.
	Operation StepPluginOperation `json:"operation"`
	// Phase of the operation.
	// +optional
	Phase StepPluginPhase `json:"phase,omitempty"`
	// Message explains the phase.
	// +optional
	Message string `json:"message,omitempty"`
	// StartedAt is when the operation began.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`
	// UpdatedAt is when the plugin was last called.
	// +optional
	UpdatedAt *metav1.Time `json:"updatedAt,omitempty"`
	// FinishedAt is when the operation ended.
	// +optional
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
	// Backoff is the wait before the next call.
	// +optional
	Backoff DurationString `json:"backoff,omitempty"`
	// Executions is the number of calls.
	// +optional
	Executions int32 `json:"executions,omitempty"`
	// Disabled says that the plugin is switched off.
	// +optional
	Disabled bool `json:"disabled,omitempty"`
	// Status is the plugin's own memory.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Status json.RawMessage `json:"status,omitempty"`
}

// BlueGreenStatus is the state of a blue-green Rollout.
type BlueGreenStatus struct {
	// PreviewSelector is the hash that the preview Service selects.
	// +optional
	PreviewSelector string `json:"previewSelector,omitempty"`
	// ActiveSelector is the hash that the active Service selects.
	// +optional
	ActiveSelector string `json:"activeSelector,omitempty"`
	// ScaleUpPreviewCheckPoint says that the preview passed and is scaled to full size.
	// +optional
	ScaleUpPreviewCheckPoint bool `json:"scaleUpPreviewCheckPoint,omitempty"`
	// PrePromotionAnalysisRunStatus is the run before the switch.
	// +optional
	PrePromotionAnalysisRunStatus *RolloutAnalysisRunStatus `json:"prePromotionAnalysisRunStatus,omitempty"`
	// PostPromotionAnalysisRunStatus is the run after the switch.
	// +optional
	PostPromotionAnalysisRunStatus *RolloutAnalysisRunStatus `json:"postPromotionAnalysisRunStatus,omitempty"`
}

// ALBStatus is a load balancer and its target groups.
type ALBStatus struct {
	// LoadBalancer itself.
	// +optional
	LoadBalancer AwsResourceRef `json:"loadBalancer,omitempty"`
	// CanaryTargetGroup is the new version's.
	// +optional
	CanaryTargetGroup AwsResourceRef `json:"canaryTargetGroup,omitempty"`
	// StableTargetGroup is the stable version's.
	// +optional
	StableTargetGroup AwsResourceRef `json:"stableTargetGroup,omitempty"`
	// Ingress that it stands for.
	// +optional
	Ingress string `json:"ingress,omitempty"`
}

// AwsResourceRef names an AWS resource.
type AwsResourceRef struct {
	// Name of the resource.
	Name string `json:"name"`
	// ARN of the resource.
	ARN string `json:"arn"`
	// FullName is the tail of the ARN.
	// +optional
	FullName string `json:"fullName"`
}

// RolloutDuration times an attempt.
type RolloutDuration struct {
	// RolloutStartedAt is when the new version was first seen.
	// +optional
	RolloutStartedAt *metav1.Time `json:"rolloutStartedAt,omitempty"`
	// ManualPauseStartedAt is when a person's pause began; absent unless there is one.
	// +optional
	ManualPauseStartedAt *metav1.Time `json:"manualPauseStartedAt,omitempty"`
	// TotalManualPauseDurationSeconds adds up the pauses that ended.
	// +optional
	TotalManualPauseDurationSeconds *int64 `json:"totalManualPauseDurationSeconds,omitempty"`
	// FinishedAt is when the attempt ended.
	// +optional
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
	// CompletionStatus is how it ended.
	// +optional
	CompletionStatus *CompletionStatus `json:"completionStatus,omitempty"`
}

// CompletionStatus is how an attempt ended.
type CompletionStatus string

// Ends of an attempt.
const (
	CompletionStatusPromoted       CompletionStatus = "Promoted"
	CompletionStatusFastPromoted   CompletionStatus = "FastPromoted"
	CompletionStatusAborted        CompletionStatus = "Aborted"
	CompletionStatusSuperseded     CompletionStatus = "Superseded"
	CompletionStatusRolledBack     CompletionStatus = "RolledBack"
	CompletionStatusFastRolledBack CompletionStatus = "FastRolledBack"
)

package v1alpha1

// Keys and fixed names found on Rollouts and on the objects they own or steer.
const (
	// DefaultRolloutUniqueLabelKey carries the pod template hash: on ReplicaSets, their pods and selectors, Service
	// selectors, DestinationRule subsets, AnalysisRuns and Experiments.
	DefaultRolloutUniqueLabelKey = "rollouts-pod-template-hash"

	// RevisionAnnotation is the revision number, in decimal.
	RevisionAnnotation = "rollout.argoproj.io/revision"
	// RevisionHistoryAnnotation lists the former revisions of a re-used ReplicaSet, comma separated.
	RevisionHistoryAnnotation = "rollout.argoproj.io/revision-history"
	// DesiredReplicasAnnotation is the spec.replicas that a ReplicaSet was last scaled under.
	DesiredReplicasAnnotation = "rollout.argoproj.io/desired-replicas"
	// EphemeralMetadataAnnotation is the JSON of the pod metadata that a ReplicaSet wears for its present role.
	EphemeralMetadataAnnotation = "rollout.argoproj.io/ephemeral-metadata"
	// WorkloadGenerationAnnotation is the generation of the referenced workload, on the Rollout.
	WorkloadGenerationAnnotation = "rollout.argoproj.io/workload-generation"
	// ScaleDownDeadlineAnnotation is the RFC 3339 UTC instant after which a ReplicaSet may go.
	ScaleDownDeadlineAnnotation = "scale-down-deadline"
	// RestartedAfterAnnotation is declared for ReplicaSets; nothing reads it.
	RestartedAfterAnnotation = "argo-rollouts.argoproj.io/restarted-after"

	// ManagedByRolloutsKey names the owning Rollout on a Service, DestinationRule or VirtualNode.
	ManagedByRolloutsKey = "argo-rollouts.argoproj.io/managed-by-rollouts"
	// ControllerInstanceIDLabel says which controller instance an object belongs to.
	ControllerInstanceIDLabel = "argo-rollouts.argoproj.io/controller-instance-id"
	// ManagedALBAnnotations is a JSON map of Rollout name to annotation keys, on an ALB Ingress.
	ManagedALBAnnotations = "rollouts.argoproj.io/managed-alb-annotations"
	// NotifiedAnnotation is the book-keeping of notifications; it is never copied to ReplicaSets.
	NotifiedAnnotation = "notified.notifications.argoproj.io"

	// RolloutTypeLabel is the role of an AnalysisRun: one of the RolloutType constants.
	RolloutTypeLabel = "rollout-type"
	// StepIndexLabel is the index of the step that an AnalysisRun belongs to, in decimal.
	StepIndexLabel = "step-index"

	// ExperimentNameAnnotationKey names the Experiment that a ReplicaSet or Service belongs to.
	ExperimentNameAnnotationKey = "experiment.argoproj.io/name"
	// ExperimentTemplateNameAnnotationKey names the template of that Experiment.
	ExperimentTemplateNameAnnotationKey = "experiment.argoproj.io/template-name"

	// AnalysisRunUIDLabelKey is the AnalysisRun's UID on a measuring Job and its pods.
	AnalysisRunUIDLabelKey = "analysisrun.argoproj.io/uid"
	// AnalysisRunNameAnnotationKey names the AnalysisRun of a measuring Job.
	AnalysisRunNameAnnotationKey = "analysisrun.argoproj.io/name"
	// AnalysisRunNamespaceAnnotationKey is the namespace of that AnalysisRun.
	AnalysisRunNamespaceAnnotationKey = "analysisrun.argoproj.io/namespace"
	// AnalysisRunMetricAnnotationKey names the metric that the Job measures.
	AnalysisRunMetricAnnotationKey = "analysisrun.argoproj.io/metric-name"
)

// Values of RolloutTypeLabel.
const (
	RolloutTypeStepLabel          = "Step"
	RolloutTypeBackgroundRunLabel = "Background"
	RolloutTypePrePromotionLabel  = "PrePromotion"
	RolloutTypePostPromotionLabel = "PostPromotion"
)

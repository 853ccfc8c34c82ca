package v1alpha1

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// CanaryStrategy moves pods and traffic to the new version in steps.
type CanaryStrategy struct {
	// CanaryService selects the pods of the new version.
	// +optional
	CanaryService string `json:"canaryService,omitempty"`
	// StableService selects the pods of the stable version.
	// +optional
	StableService string `json:"stableService,omitempty"`
	// Steps are gone through in order; none: a plain rolling update.
	// +optional
	Steps []CanaryStep `json:"steps,omitempty"`
	// TrafficRouting splits requests in a router; absent: the share follows the number of pods.
	// +optional
	TrafficRouting *RolloutTrafficRouting `json:"trafficRouting,omitempty"`
	// MaxUnavailable is how many pods may be missing, rounded down; absent: 25%.
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// MaxSurge is how many pods may be too many, rounded up; absent: 25%.
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`
	// Analysis runs beside the steps.
	// +optional
	Analysis *RolloutAnalysisBackground `json:"analysis,omitempty"`
	// AntiAffinity keeps pods of different revisions apart.
	// +optional
	AntiAffinity *AntiAffinity `json:"antiAffinity,omitempty"`
	// CanaryMetadata is worn by pods while they are the canary.
	// +optional
	CanaryMetadata *PodTemplateMetadata `json:"canaryMetadata,omitempty"`
	// StableMetadata is worn by pods while they are stable.
	// +optional
	StableMetadata *PodTemplateMetadata `json:"stableMetadata,omitempty"`
	// ScaleDownDelaySeconds keeps old pods after the promotion; absent: 30. Needs trafficRouting.
	// +optional
	ScaleDownDelaySeconds *int32 `json:"scaleDownDelaySeconds,omitempty"`
	// ScaleDownDelayRevisionLimit is how many old ReplicaSets may wait for their delay; absent: any number.
	// +optional
	ScaleDownDelayRevisionLimit *int32 `json:"scaleDownDelayRevisionLimit,omitempty"`
	// AbortScaleDownDelaySeconds keeps canary pods after an abort; absent: 30, and 0 keeps them for ever.
	// +optional
	AbortScaleDownDelaySeconds *int32 `json:"abortScaleDownDelaySeconds,omitempty"`
	// DynamicStableScale shrinks the stable pods as their share of traffic shrinks. Needs trafficRouting.
	// +optional
	DynamicStableScale bool `json:"dynamicStableScale,omitempty"`
	// PingPong lets two Services take turns as stable and canary.
	// +optional
	PingPong *PingPongSpec `json:"pingPong,omitempty"`
	// MinPodsPerReplicaSet is the least number of pods of a ReplicaSet that has any. Acts with trafficRouting.
	// +optional
	MinPodsPerReplicaSet *int32 `json:"minPodsPerReplicaSet,omitempty"`
	// ReplicaProgressThreshold lets a step pass before every pod is available.
	// +optional
	ReplicaProgressThreshold *ReplicaProgressThreshold `json:"replicaProgressThreshold,omitempty"`
}

// PingPongSpec names the two Services.
type PingPongSpec struct {
	// PingService is one of the two.
	PingService string `json:"pingService"`
	// PongService is the other.
	PongService string `json:"pongService"`
}

// PingPongType says which of the two Services is stable.
type PingPongType string

// The two Services of a PingPongSpec.
const (
	PPPing PingPongType = "ping"
	PPPong PingPongType = "pong"
)

// ProgressType is the unit of a ReplicaProgressThreshold.
type ProgressType string

// Units of a ReplicaProgressThreshold.
const (
	ProgressTypePercentage ProgressType = "Percent"
	ProgressTypePods       ProgressType = "Pods"
)

// ReplicaProgressThreshold is how many available pods are enough.
type ReplicaProgressThreshold struct {
	// Type is Percent or Pods.
	Type ProgressType `json:"type"`
	// Value in that unit; a negative one counts as no threshold.
	Value int32 `json:"value"`
}

// RolloutAnalysisBackground is an analysis beside the steps.
type RolloutAnalysisBackground struct {
	RolloutAnalysis `json:",inline"`
	// StartingStep is the index of the first step it runs beside; absent: 0.
	// +optional
	StartingStep *int32 `json:"startingStep,omitempty"`
}

// CanaryStep does one thing; the field that is set says which.
type CanaryStep struct {
	// SetWeight sends this much of the traffic to the canary, out of maxTrafficWeight.
	// +optional
	SetWeight *int32 `json:"setWeight,omitempty"`
	// Pause waits.
	// +optional
	Pause *RolloutPause `json:"pause,omitempty"`
	// Experiment runs pods for comparison.
	// +optional
	Experiment *RolloutExperimentStep `json:"experiment,omitempty"`
	// Analysis must succeed before the next step.
	// +optional
	Analysis *RolloutAnalysis `json:"analysis,omitempty"`
	// SetCanaryScale sets the number of canary pods apart from the traffic. Needs trafficRouting.
	// +optional
	SetCanaryScale *SetCanaryScale `json:"setCanaryScale,omitempty"`
	// SetHeaderRoute sends requests with given headers to the canary.
	// +optional
	SetHeaderRoute *SetHeaderRoute `json:"setHeaderRoute,omitempty"`
	// SetMirrorRoute copies requests to the canary.
	// +optional
	SetMirrorRoute *SetMirrorRoute `json:"setMirrorRoute,omitempty"`
	// Plugin hands the step to a plugin.
	// +optional
	Plugin *PluginStep `json:"plugin,omitempty"`
}

// RolloutPause waits for a time or for a person.
type RolloutPause struct {
	// Duration in seconds (30 or "30") or with a unit ("5m"); absent: until promoted.
	// +optional
	Duration *intstr.IntOrString `json:"duration,omitempty"`
}

// SetCanaryScale fixes the number of canary pods; the first field set of replicas and weight counts.
type SetCanaryScale struct {
	// Weight in percent of spec.replicas.
	// +optional
	Weight *int32 `json:"weight,omitempty"`
	// Replicas is the number itself.
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`
	// MatchTrafficWeight goes back to following the traffic.
	// +optional
	MatchTrafficWeight bool `json:"matchTrafficWeight,omitempty"`
}

// SetHeaderRoute is a route to the canary by headers.
type SetHeaderRoute struct {
	// Name of the route, listed in managedRoutes.
	// +optional
	Name string `json:"name,omitempty"`
	// Match holds alternatives; absent: the route is removed.
	// +optional
	Match []HeaderRoutingMatch `json:"match,omitempty"`
}

// HeaderRoutingMatch is one header's condition.
type HeaderRoutingMatch struct {
	// HeaderName is the header.
	HeaderName string `json:"headerName"`
	// HeaderValue is what its value must be.
	HeaderValue *StringMatch `json:"headerValue"`
}

// SetMirrorRoute is a route whose requests are copied to the canary.
type SetMirrorRoute struct {
	// Name of the route, listed in managedRoutes.
	Name string `json:"name"`
	// Match holds alternatives; absent: the route is removed.
	// +optional
	Match []RouteMatch `json:"match,omitempty"`
	// Percentage of the matched requests; absent: 100.
	// +optional
	Percentage *int32 `json:"percentage,omitempty"`
}

// RouteMatch is a condition on a request; all parts must hold.
type RouteMatch struct {
	// Method of the request.
	// +optional
	Method *StringMatch `json:"method,omitempty"`
	// Path of the request.
	// +optional
	Path *StringMatch `json:"path,omitempty"`
	// Headers by name.
	// +optional
	Headers map[string]StringMatch `json:"headers,omitempty"`
}

// PluginStep hands a step to a configured plugin.
type PluginStep struct {
	// Name of the plugin in the controller's configuration.
	Name string `json:"name"`
	// Config is passed on unread.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Config json.RawMessage `json:"config,omitempty"`
}

// RolloutExperimentStep starts an Experiment and waits for it.
type RolloutExperimentStep struct {
	// Templates are the pods to run.
	Templates []RolloutExperimentTemplate `json:"templates" patchStrategy:"merge" patchMergeKey:"name"`
	// Duration of the Experiment; absent: until its analyses end.
	// +optional
	Duration DurationString `json:"duration,omitempty"`
	// Analyses run while the Experiment does.
	// +optional
	Analyses []RolloutExperimentStepAnalysisTemplateRef `json:"analyses,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// DryRun names metrics that are measured without a say in the verdict.
	// +optional
	DryRun []DryRun `json:"dryRun,omitempty" patchStrategy:"merge" patchMergeKey:"metricName"`
	// AnalysisRunMetadata is added to the runs.
	// +optional
	AnalysisRunMetadata AnalysisRunMetadata `json:"analysisRunMetadata,omitempty"`
	// ScaleDownDelaySeconds keeps the pods after the Experiment; absent: 30.
	// +optional
	ScaleDownDelaySeconds *int32 `json:"scaleDownDelaySeconds,omitempty"`
}

// RolloutExperimentTemplate is one group of pods of an experiment step.
type RolloutExperimentTemplate struct {
	// Name of the template.
	Name string `json:"name"`
	// SpecRef is the pod template to use: canary or stable.
	SpecRef ReplicaSetSpecRef `json:"specRef"`
	// Replicas is the number of pods; absent: 1.
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`
	// Metadata is added to the pods; its labels also to the selector.
	// +optional
	Metadata PodTemplateMetadata `json:"metadata,omitempty"`
	// Selector replaces that of the chosen ReplicaSet.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// Weight is the share of traffic these pods get from the router.
	// +optional
	Weight *int32 `json:"weight,omitempty"`
	// Service asks for a Service; a weight does so too.
	// +optional
	Service *TemplateService `json:"service,omitempty"`
}

// ReplicaSetSpecRef names a ReplicaSet by its role.
type ReplicaSetSpecRef string

// Roles that an experiment step can take its pods from.
const (
	CanarySpecRef ReplicaSetSpecRef = "canary"
	StableSpecRef ReplicaSetSpecRef = "stable"
)

// RolloutExperimentStepAnalysisTemplateRef is one analysis of an experiment step.
type RolloutExperimentStepAnalysisTemplateRef struct {
	// Name of the analysis.
	Name string `json:"name"`
	// TemplateName is the template's name.
	TemplateName string `json:"templateName"`
	// ClusterScope looks for a ClusterAnalysisTemplate.
	// +optional
	ClusterScope bool `json:"clusterScope,omitempty"`
	// Args are values for the template's arguments.
	// +optional
	Args []AnalysisRunArgument `json:"args,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// RequiredForCompletion lets the Experiment succeed once all such runs have.
	// +optional
	RequiredForCompletion bool `json:"requiredForCompletion,omitempty"`
}

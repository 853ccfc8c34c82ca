// Package v1alpha1 holds the argoproj.io/v1alpha1 API: Rollout, AnalysisTemplate, ClusterAnalysisTemplate,
// AnalysisRun and Experiment, what acts where a field is absent, and which specs are refused.
//
// Read RolloutSpec first, then CanaryStrategy and CanaryStep, then RolloutStatus. The order of fields and their
// omission rules are part of the contract: hashes of steps and pod templates are taken over the encoded form.
//
// Nothing here touches a cluster or a clock. What a Rollout should do is decided elsewhere; rules that need
// other objects (Services, Ingresses, templates that a name points to) are checked where those are read.
//
// +groupName=argoproj.io
// +kubebuilder:object:generate=true
package v1alpha1

//go:generate go tool -modfile=../../tools/go.mod controller-gen object paths=.
//go:generate go -C ../../tools run ./crdgen -C .. -package ./api/v1alpha1 -out config/crd

package v1alpha1

import "time"

// DurationString is a Go duration such as "30s", "5m" or "1h30m".
type DurationString string

// Duration parses the string. The error of an empty or malformed string names the string.
func (d DurationString) Duration() (time.Duration, error) { return time.ParseDuration(string(d)) }

// PodTemplateMetadata is laid on the pods of a ReplicaSet as long as it has a role, and taken off afterwards.
type PodTemplateMetadata struct {
	// Labels to set.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations to set.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// AnalysisRunMetadata is added to AnalysisRuns when they are created.
type AnalysisRunMetadata struct {
	// Labels to add.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations to add.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// TemplateService asks for a Service in front of an Experiment's template.
type TemplateService struct {
	// Name of the Service; absent: the name of the ReplicaSet.
	// +optional
	Name string `json:"name,omitempty"`
}

// StringMatch compares a string. Exactly one of the fields is set.
type StringMatch struct {
	// Exact is the whole string.
	// +optional
	Exact string `json:"exact,omitempty"`
	// Prefix is how the string begins.
	// +optional
	Prefix string `json:"prefix,omitempty"`
	// Regex is a regular expression in the router's own dialect.
	// +optional
	Regex string `json:"regex,omitempty"`
}

// FieldRef points to a field of the object that starts an analysis.
type FieldRef struct {
	// FieldPath is a path below metadata as the downward API spells it, or any other path to a plain value.
	FieldPath string `json:"fieldPath"`
}

// SecretKeyRef points to one key of a Secret in the namespace of the AnalysisRun.
type SecretKeyRef struct {
	// Name of the Secret.
	Name string `json:"name"`
	// Key in the Secret.
	Key string `json:"key"`
}

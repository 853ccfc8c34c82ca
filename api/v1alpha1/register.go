package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of all five kinds.
const GroupName = "argoproj.io"

// Kinds as they stand in manifests and owner references.
const (
	RolloutKind                 = "Rollout"
	AnalysisTemplateKind        = "AnalysisTemplate"
	ClusterAnalysisTemplateKind = "ClusterAnalysisTemplate"
	AnalysisRunKind             = "AnalysisRun"
	ExperimentKind              = "Experiment"
)

var (
	// GroupVersion is argoproj.io/v1alpha1.
	GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}
	// SchemeGroupVersion is GroupVersion under the name that generated clients look for.
	SchemeGroupVersion = GroupVersion

	// RolloutGVK and its siblings name the kinds in full.
	RolloutGVK                 = GroupVersion.WithKind(RolloutKind)
	AnalysisTemplateGVK        = GroupVersion.WithKind(AnalysisTemplateKind)
	ClusterAnalysisTemplateGVK = GroupVersion.WithKind(ClusterAnalysisTemplateKind)
	AnalysisRunGVK             = GroupVersion.WithKind(AnalysisRunKind)
	ExperimentGVK              = GroupVersion.WithKind(ExperimentKind)

	// RolloutGVR and its siblings name the resources as URLs spell them.
	RolloutGVR                 = GroupVersion.WithResource("rollouts")
	AnalysisTemplateGVR        = GroupVersion.WithResource("analysistemplates")
	ClusterAnalysisTemplateGVR = GroupVersion.WithResource("clusteranalysistemplates")
	AnalysisRunGVR             = GroupVersion.WithResource("analysisruns")
	ExperimentGVR              = GroupVersion.WithResource("experiments")

	// SchemeBuilder collects the registration of this group.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)
	// AddToScheme registers the five kinds and their lists.
	AddToScheme = SchemeBuilder.AddToScheme
)

// Kind qualifies a kind with this group.
func Kind(kind string) schema.GroupKind { return GroupVersion.WithKind(kind).GroupKind() }

// Resource qualifies a resource with this group.
func Resource(resource string) schema.GroupResource {
	return GroupVersion.WithResource(resource).GroupResource()
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Rollout{}, &RolloutList{},
		&AnalysisTemplate{}, &AnalysisTemplateList{},
		&ClusterAnalysisTemplate{}, &ClusterAnalysisTemplateList{},
		&AnalysisRun{}, &AnalysisRunList{},
		&Experiment{}, &ExperimentList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}

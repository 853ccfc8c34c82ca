package rollout

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// World is everything Decide may know, read at one moment.
type World struct {
	// Rollout as stored. Its status is also the user's mailbox: abort, promoteFull, pauseConditions and currentStepIndex
	// are written there by the command line.
	Rollout *v1alpha1.Rollout
	// Workload is what spec.workloadRef names; nil where there is none, or where it does not exist.
	Workload *Workload
	// ReplicaSets that the Rollout controls or that match its selector.
	ReplicaSets []*appsv1.ReplicaSet
	// Services that the Rollout names, by name. One that does not exist is absent.
	Services map[string]*corev1.Service
	// Endpoints are the pods that get what is sent to a Service, as its EndpointSlices say: names of ready pods, by Service. nil where nobody
	// looked.
	Endpoints map[string][]string
	// Routes are the meshes that the Rollout uses, in the order in which they are to be written.
	Routes []traffic.Live
	// Runs are the AnalysisRuns whose names begin as those of this Rollout's do: its own ones, and those that merely take a name.
	Runs []*v1alpha1.AnalysisRun
	// Experiments are found like Runs.
	Experiments []*v1alpha1.Experiment
	// Templates that the Rollout's analyses name, with those that they name in turn. One that does not exist is absent.
	Templates map[v1alpha1.AnalysisTemplateRef]*v1alpha1.AnalysisTemplateSpec
	// Pods of the Rollout, only what their metadata says, and only where metadata of roles or a restart ask for them.
	Pods []*metav1.PartialObjectMetadata
	// Rivals are other Rollouts that claim the same entries of shared objects and were there before.
	Rivals []Rival
}

// Workload is an object of another kind that a Rollout takes its pod template from.
type Workload struct {
	Generation int64
	// Template of its pods, and Selector, nil for a kind without.
	Template corev1.PodTemplateSpec
	Selector *metav1.LabelSelector
	// Replicas that it asks for itself; nil for a kind without.
	Replicas *int32
}

// Rival is an older claim of another Rollout on something that this one wants to write.
type Rival struct {
	Rollout string      // namespace/name of the Rollout that was first
	What    string      // such as "http route primary of VirtualService shop/web"
	Field   *field.Path // where our Rollout claims it
}

package view

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// ExperimentKind stands on every ExperimentView.
const ExperimentKind = "ExperimentView"

// ExperimentView is everything worth knowing about one Experiment at one moment.
type ExperimentView struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`

	Identity Identity `json:"identity"`
	// Phase is Pending, Running, Successful, Failed, Error or Inconclusive; Message explains it.
	Phase   string `json:"phase"`
	Message string `json:"message,omitempty"`
	// Mark is the mark of the phase.
	Mark Mark `json:"mark,omitempty"`
	// Duration is how long the pods are to run, in seconds; absent when only an analysis or a person ends the Experiment.
	Duration int64 `json:"durationSeconds,omitempty"`
	// EndsAt is when that time is over; absent before all pods are there, and when the Experiment has ended.
	EndsAt       time.Time     `json:"endsAt,omitzero"`
	Images       []Image       `json:"images,omitempty"`
	ReplicaSets  []ReplicaSet  `json:"replicaSets,omitempty"`
	AnalysisRuns []AnalysisRun `json:"analysisRuns,omitempty"`
	Conditions   []Condition   `json:"conditions,omitempty"`
	// Findings are things that deserve a look, such as pods that cannot start.
	Findings []Finding `json:"findings,omitempty"`
}

// OneExperiment builds the view of an Experiment. Of the objects around it Rollout and Experiments are not read.
func OneExperiment(experiment *v1alpha1.Experiment, around Objects) ExperimentView {
	own := experimentOf(experiment, around)
	v := ExperimentView{
		APIVersion: APIVersion,
		Kind:       ExperimentKind,
		Identity: Identity{
			Namespace:  experiment.Namespace,
			Name:       experiment.Name,
			UID:        string(experiment.UID),
			Generation: experiment.Generation,
			CreatedAt:  experiment.CreationTimestamp.UTC(),
		},
		Phase:        own.Status,
		Message:      own.Message,
		Mark:         own.Mark,
		Images:       experimentImages(nil, experiment, around),
		ReplicaSets:  own.ReplicaSets,
		AnalysisRuns: own.AnalysisRuns,
		Conditions:   experimentConditions(experiment),
		Findings:     findingsOf(own.ReplicaSets),
	}
	v.Duration, v.EndsAt = lifeOf(experiment)
	return v
}

// lifeOf is how long an Experiment lasts in seconds, 0 for no limit, and the instant at which that is over, zero when no clock runs.
func lifeOf(experiment *v1alpha1.Experiment) (seconds int64, end time.Time) {
	duration, err := experiment.Spec.Duration.Duration()
	if err != nil || duration <= 0 {
		return 0, time.Time{}
	}
	status := experiment.Status
	if status.AvailableAt != nil && !status.Phase.Completed() {
		end = status.AvailableAt.UTC().Add(duration)
	}
	return int64(duration.Seconds()), end
}

// experimentImages adds the images that run for an Experiment, each with the templates it runs for.
func experimentImages(images []Image, experiment *v1alpha1.Experiment, around Objects) []Image {
	for i := range around.ReplicaSets {
		set := &around.ReplicaSets[i]
		if !ownedBy(set, experiment.UID) || replicaSetStatus(set) == "ScaledDown" {
			continue
		}
		for _, name := range imagesIn(set.Spec.Template.Spec) {
			images = addImage(images, name, templateRole(set))
		}
	}
	return images
}

func templateRole(set *appsv1.ReplicaSet) []Role {
	template := set.Annotations[v1alpha1.ExperimentTemplateNameAnnotationKey]
	if template == "" {
		return nil
	}
	return []Role{Role("Σ:" + template)}
}

func experimentConditions(experiment *v1alpha1.Experiment) []Condition {
	var conditions []Condition
	for _, c := range experiment.Status.Conditions {
		conditions = append(conditions, Condition{
			Type:    string(c.Type),
			Status:  string(c.Status),
			Reason:  c.Reason,
			Message: c.Message,
			Since:   c.LastTransitionTime.UTC(),
		})
	}
	return conditions
}

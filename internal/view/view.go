package view

import (
	"time"

	"github.com/kanari-dev/kanari/internal/plan"
)

// APIVersion and Kind stand on every RolloutView. Fields are only ever added within a version.
const (
	APIVersion = "view.kanari.dev/v1"
	Kind       = "RolloutView"
)

// RolloutView is everything worth knowing about one Rollout at one moment.
type RolloutView struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`

	Identity Identity `json:"identity"`
	// Phase is Healthy, Progressing, Paused or Degraded; Message explains it in the words that scripts know.
	Phase   string `json:"phase"`
	Message string `json:"message,omitempty"`
	// Mark is the mark of the phase.
	Mark Mark `json:"mark,omitempty"`
	// Why holds sentence, next and waitingFor: the same for people.
	plan.Why `json:",inline"`

	// Strategy is Canary or BlueGreen; empty when the spec names none.
	Strategy string `json:"strategy,omitempty"`
	// Step is absent without steps.
	Step *Step `json:"step,omitempty"`
	// Weights are absent for blue-green.
	Weights  *Weights `json:"weights,omitempty"`
	Images   []Image  `json:"images,omitempty"`
	Replicas Replicas `json:"replicas"`
	// Revisions, the newest first.
	Revisions  []Revision  `json:"revisions,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	// Findings are things that deserve a look, such as pods that cannot start.
	Findings []Finding `json:"findings,omitempty"`
}

// Identity tells which object, and which state of it, a view shows.
type Identity struct {
	Namespace  string    `json:"namespace"`
	Name       string    `json:"name"`
	UID        string    `json:"uid,omitempty"`
	Generation int64     `json:"generation,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
}

// Step is the canary step at work. Index counts from 0 and equals Count when all steps are done; Text is then empty.
type Step struct {
	Index int32  `json:"index"`
	Count int32  `json:"count"`
	Text  string `json:"text,omitempty"`
}

// Weights are shares of the traffic that go to the canary, out of Max.
type Weights struct {
	Desired int32 `json:"desired"`
	Applied int32 `json:"applied"`
	Max     int32 `json:"max"`
}

// Image is a container image that runs now, and in which roles.
type Image struct {
	Name  string `json:"name"`
	Roles []Role `json:"roles,omitempty"`
}

// Replicas counts pods.
type Replicas struct {
	Desired   int32 `json:"desired"`
	Current   int32 `json:"current"`
	Updated   int32 `json:"updated"`
	Ready     int32 `json:"ready"`
	Available int32 `json:"available"`
}

// Revision is everything that one version of the pod template brought along.
type Revision struct {
	Number       int64         `json:"number"`
	ReplicaSets  []ReplicaSet  `json:"replicaSets,omitempty"`
	Experiments  []Experiment  `json:"experiments,omitempty"`
	AnalysisRuns []AnalysisRun `json:"analysisRuns,omitempty"`
}

// Role is the part that a ReplicaSet plays in its strategy.
type Role string

// The roles. An Experiment's template "base" gives its images the role "Σ:base".
const (
	Canary  Role = "canary"
	Stable  Role = "stable"
	Active  Role = "active"
	Preview Role = "preview"
	Ping    Role = "ping"
	Pong    Role = "pong"
)

// ReplicaSet is one ReplicaSet and its pods.
type ReplicaSet struct {
	Name      string    `json:"name"`
	Hash      string    `json:"hash,omitempty"`
	Roles     []Role    `json:"roles,omitempty"`
	Status    string    `json:"status"`
	Mark      Mark      `json:"mark,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// ScaleDownAt is when the pods may go; absent when no deadline runs.
	ScaleDownAt time.Time `json:"scaleDownAt,omitzero"`
	Desired     int32     `json:"desired"`
	Current     int32     `json:"current"`
	Available   int32     `json:"available"`
	Images      []string  `json:"images,omitempty"`
	Pods        []Pod     `json:"pods,omitempty"`
}

// Pod is one pod.
type Pod struct {
	Name string `json:"name"`
	Node string `json:"node,omitempty"`
	Zone string `json:"zone,omitempty"`
	// Status is the one word that kubectl prints, too: Running, ContainerCreating, ImagePullBackOff.
	Status string `json:"status"`
	Mark   Mark   `json:"mark,omitempty"`
	// Reason says why it is not ready, in the cluster's words; empty when there is nothing to say.
	Reason string `json:"reason,omitempty"`
	// Ready and Containers count containers; Restarts is their sum.
	Ready      int32     `json:"ready"`
	Containers int32     `json:"containers"`
	Restarts   int32     `json:"restarts,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
}

// AnalysisRun is one AnalysisRun; the counts are measurements by their phase.
type AnalysisRun struct {
	Name         string    `json:"name"`
	Status       string    `json:"status"`
	Mark         Mark      `json:"mark,omitempty"`
	Message      string    `json:"message,omitempty"`
	CreatedAt    time.Time `json:"createdAt,omitzero"`
	Successful   int32     `json:"successful,omitempty"`
	Failed       int32     `json:"failed,omitempty"`
	Inconclusive int32     `json:"inconclusive,omitempty"`
	Error        int32     `json:"error,omitempty"`
	Jobs         []Job     `json:"jobs,omitempty"`
}

// Job is a Job that an AnalysisRun measured with.
type Job struct {
	Name      string    `json:"name"`
	Status    string    `json:"status"`
	Mark      Mark      `json:"mark,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
}

// Experiment is one Experiment with what it runs.
type Experiment struct {
	Name         string        `json:"name"`
	Status       string        `json:"status"`
	Mark         Mark          `json:"mark,omitempty"`
	Message      string        `json:"message,omitempty"`
	CreatedAt    time.Time     `json:"createdAt,omitzero"`
	ReplicaSets  []ReplicaSet  `json:"replicaSets,omitempty"`
	AnalysisRuns []AnalysisRun `json:"analysisRuns,omitempty"`
}

// Condition is one condition of the Rollout's status.
type Condition struct {
	Type    string    `json:"type"`
	Status  string    `json:"status"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// Finding is one thing that deserves a look.
type Finding struct {
	// Object is kind and name, such as "Pod web-5b8f9c6d77-h4v9z".
	Object  string `json:"object"`
	Message string `json:"message"`
}

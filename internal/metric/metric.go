package metric

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Query is one question to a backend.
type Query struct {
	// Run is the AnalysisRun that asks, UID its identity, Labels those that it bears.
	Run    types.NamespacedName
	UID    types.UID
	Labels map[string]string
	// Metric with all arguments filled in. It may hold secrets.
	Metric v1alpha1.Metric
	// Secrets are the values in Metric that came out of Secrets; nothing that is returned repeats them.
	Secrets []string
	// Number counts the measurements of this metric in this run, from 1; names of things that a backend makes end in it.
	Number int
	// Now is when the question is asked, Started when the run began.
	Now     time.Time
	Started time.Time
}

// Measurement is one answer, or an answer that is still to come.
type Measurement struct {
	// Value is what conditions see as result: a number, a list, whatever JSON holds; nil when no data came.
	Value any
	// Text is the value as it is stored in the AnalysisRun.
	Text string
	// Phase is set by backends that judge by themselves (a Job succeeds or fails) and is Running while the answer is to come. Empty:
	// the conditions of the metric judge Value.
	Phase v1alpha1.AnalysisPhase
	// Message explains the phase.
	Message string
	// Metadata is stored with the measurement; it is all that a backend finds again when it is resumed or stopped.
	Metadata map[string]string
	// About is stored with the metric instead: what was asked, with arguments filled in.
	About map[string]string
	// ResumeAt is when to ask again for an answer that is still to come.
	ResumeAt time.Time
}

// Provider answers queries of one kind of backend.
type Provider interface {
	// Measure asks. With prior it goes on waiting for an answer that was still to come. An error says backend, address and what came
	// back, never a secret; it becomes a measurement of phase Error.
	Measure(ctx context.Context, q Query, prior *Measurement) (Measurement, error)
	// Stop ends what a Running measurement has under way and returns what is to be stored of it.
	Stop(ctx context.Context, q Query, m Measurement) (Measurement, error)
}

package analysis

import (
	"time"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/expression"
	"github.com/kanari-dev/kanari/internal/metric"
)

// World is everything Decide may know, read at one moment.
type World struct {
	// Run as stored.
	Run *v1alpha1.AnalysisRun
	// Answers that came since the status was written, in the order in which they came.
	Answers []Answer
	// Asked names the metrics whose answer is outstanding: asked by this controller, not yet among Answers.
	Asked map[string]bool
	// Secrets that func Secrets names, with their values. What is not here does not exist.
	Secrets map[v1alpha1.SecretKeyRef]string
	// Expressions keeps what conditions compile to; nil keeps nothing.
	Expressions *expression.Cache
}

// Answer is what came of one question.
type Answer struct {
	// Metric and Number are those of the question. An answer to a question that was answered before is not counted twice.
	Metric string
	Number int
	// Measurement is what the backend said; without meaning where there is a Problem.
	Measurement metric.Measurement
	// Problem is the text of an error, empty for none.
	Problem string
	// StartedAt is when it was asked, FinishedAt when the answer came.
	StartedAt, FinishedAt time.Time
}

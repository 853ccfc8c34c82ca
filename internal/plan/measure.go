package plan

import (
	"fmt"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/metric"
)

// WaitAnswer is a wait for a metrics backend: see Wait.Object for the metric.
const WaitAnswer WaitKind = "Answer"

type (
	// Measure asks a metrics backend, without waiting for what it says: the answer is part of a later world. With a Prior it goes on
	// waiting for an answer that was still to come.
	Measure struct {
		Query metric.Query
		Prior *metric.Measurement
	}

	// StopMeasuring gives up on an answer. With a Prior the backend has something under way and ends it; without one a question is on
	// its way, and nobody waits for its answer any more. The run's verdict stands already: a backend that does not
	// answer delays nobody.
	StopMeasuring struct {
		Query metric.Query
		Prior *metric.Measurement
	}

	// TrimMeasurements lets a backend throw away what it keeps of measurements (Jobs) that fell out of a metric's history.
	TrimMeasurements struct {
		Query   metric.Query
		Dropped []v1alpha1.Measurement
	}
)

func (Measure) action()          {}
func (StopMeasuring) action()    {}
func (TrimMeasurements) action() {}

func (a Measure) String() string {
	if a.Prior != nil {
		return "resume " + numbered(a.Query)
	}
	return "measure " + numbered(a.Query)
}

func (a StopMeasuring) String() string { return "stop " + numbered(a.Query) }

func (a TrimMeasurements) String() string {
	return fmt.Sprintf("trim %s dropped=%d", a.Query.Metric.Name, len(a.Dropped))
}

func numbered(q metric.Query) string { return fmt.Sprintf("%s #%d", q.Metric.Name, q.Number) }

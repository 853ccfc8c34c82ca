package compare

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/metric"
)

// stateKey is where a Running measurement keeps its progress.
const stateKey = "state"

// progress is all that a comparison knows between two questions. It changes only together with the measurement that holds it, so
// an interval counts once: if the controller ends before the measurement is written, the same interval is asked for again.
type progress struct {
	// Began is when the comparison did; intervals are counted from there.
	Began time.Time `json:"began"`
	// Asked is the end of the latest interval that was counted.
	Asked time.Time `json:"asked"`
	// Errors is how many questions failed since the last good answer.
	Errors int `json:"errors,omitempty"`
	// Counted says of which versions requests were counted.
	Counted counted `json:"counted,omitzero"`
	// Judge is nil until stable's past is known.
	Judge *judge.State `json:"judge,omitempty"`
}

type counted struct {
	Canary bool `json:"canary,omitempty"`
	Stable bool `json:"stable,omitempty"`
}

// and is what is counted once an interval was.
func (c counted) and(i judge.Interval) counted {
	return counted{Canary: c.Canary || i.Canary.Requests > 0, Stable: c.Stable || i.Stable.Requests > 0}
}

// resume reads the progress of the measurement before, or begins.
func resume(prior *metric.Measurement, now time.Time) (progress, error) {
	if prior == nil || prior.Metadata[stateKey] == "" {
		began := now.UTC().Truncate(time.Second)
		return progress{Began: began, Asked: began}, nil
	}
	var p progress
	stored := prior.Metadata[stateKey]
	err := json.Unmarshal([]byte(stored), &p)
	if err != nil && strings.Contains(stored, "*****") {
		return progress{}, fmt.Errorf("compare: the comparison cannot go on: a Secret among the arguments is so short that it was taken for one of the figures stored: %w", err)
	}
	if err != nil {
		return progress{}, fmt.Errorf("compare: the comparison cannot go on: reading the %q that is stored in its metadata: %w", stateKey, err)
	}
	return p, nil
}

func (p progress) text() (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("compare: writing what was counted: %w", err)
	}
	return string(text), nil
}

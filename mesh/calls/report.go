package calls

import "time"

// Report is what came back since the one before.
type Report struct {
	At time.Time `json:"at"`
	// Done is said by the last one: nothing is under way any more.
	Done bool `json:"done,omitempty"`
	// Versions are those that answered well.
	Versions map[string]Count `json:"versions,omitempty"`
	// Errors counts failed calls by their text.
	Errors map[string]int `json:"errors,omitempty"`
}

// Count is what one version answered.
type Count struct {
	Calls int `json:"calls"`
	// Last is when the last of these calls reached the version, in nanoseconds since 1970.
	Last int64 `json:"last"`
	// Slowest is the longest time to an answer.
	Slowest time.Duration `json:"slowest"`
}

// call is one that is over.
type call struct {
	version  string
	received int64
	took     time.Duration
	err      error
}

func (r *Report) add(c call) {
	if c.err != nil {
		if r.Errors == nil {
			r.Errors = map[string]int{}
		}
		r.Errors[c.err.Error()]++
		return
	}
	if r.Versions == nil {
		r.Versions = map[string]Count{}
	}
	sum := r.Versions[c.version]
	r.Versions[c.version] = Count{Calls: sum.Calls + 1, Last: max(sum.Last, c.received), Slowest: max(sum.Slowest, c.took)}
}

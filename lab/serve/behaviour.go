package serve

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Behaviour says how the servers of an image answer.
type Behaviour struct {
	ErrorRate float64       `json:"errorRate"` // share of requests answered with 500, 0 to 1
	Latency   time.Duration `json:"latency"`   // time before each answer, in nanoseconds
}

// version is what the servers of one image have in common.
type version struct {
	behaviour atomic.Pointer[Behaviour]
	requests  atomic.Int64
	errors    atomic.Int64
}

// Count is what the servers of one image have done since the lab started.
type Count struct {
	Behaviour
	Requests int64 `json:"requests"`
	Errors   int64 `json:"errors"`
}

type versions struct {
	mu      sync.Mutex
	byImage map[string]*version
}

func (v *versions) of(image string) *version {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byImage == nil {
		v.byImage = map[string]*version{}
	}
	if v.byImage[image] == nil {
		fresh := &version{}
		fresh.behaviour.Store(&Behaviour{})
		v.byImage[image] = fresh
	}
	return v.byImage[image]
}

func (v *versions) counts() map[string]Count {
	v.mu.Lock()
	all := maps.Clone(v.byImage)
	v.mu.Unlock()
	counts := map[string]Count{}
	for image, one := range all {
		counts[image] = Count{Behaviour: *one.behaviour.Load(), Requests: one.requests.Load(), Errors: one.errors.Load()}
	}
	return counts
}

package traffic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Routing says who should receive which requests now: complete, never a delta.
type Routing struct {
	// Total is what all weights add up to: 100 unless the router counts finer.
	Total  int32
	Canary Destination
	Stable Destination
	// Additional destinations are those of a running experiment.
	Additional []Destination
	// Former are the Services of earlier experiments: what still leads to one that is not in Additional is to go.
	Former []string
	// Headers and Mirrors come before the weights, in the order of Managed.
	Headers []v1alpha1.SetHeaderRoute
	Mirrors []v1alpha1.SetMirrorRoute
	// Managed names every route that may have been added by a step. One that is neither in Headers nor in Mirrors is to go.
	Managed []string
}

// Destination is one receiver of requests: a revision, the Service that selects it, and its share.
type Destination struct {
	Weight  int32
	Hash    string
	Service string
}

// Experiment tells whether a Service belongs to an experiment, and whether it is to get requests still.
func (r Routing) Experiment(service string) (ours, wanted bool) {
	wanted = slices.ContainsFunc(r.Additional, func(d Destination) bool { return d.Service == service })
	return wanted || slices.Contains(r.Former, service), wanted
}

// String is one short line for goldens and logs.
func (r Routing) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "canary=%d stable=%d", r.Canary.Weight, r.Stable.Weight)
	if r.Total != 100 {
		fmt.Fprintf(&b, " of=%d", r.Total)
	}
	for _, d := range r.Additional {
		fmt.Fprintf(&b, " %s=%d", d.Service, d.Weight)
	}
	for _, h := range r.Headers {
		b.WriteString(" header:" + h.Name)
	}
	for _, m := range r.Mirrors {
		b.WriteString(" mirror:" + m.Name)
	}
	return b.String()
}

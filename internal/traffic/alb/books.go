package alb

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// books is the annotation by which the Rollouts of an Ingress say which other annotations are theirs.
type books struct {
	rollout string
	all     map[string]json.RawMessage // of all Rollouts, others' as they wrote them
	ours    []string
}

// booksOf takes what cannot be read for empty: each Rollout enters its own again at its next turn.
func booksOf(annotations map[string]string, rollout string) books {
	b := books{rollout: rollout, all: map[string]json.RawMessage{}}
	if err := json.Unmarshal([]byte(annotations[v1alpha1.ManagedALBAnnotations]), &b.all); err != nil || b.all == nil {
		b.all = map[string]json.RawMessage{}
	}
	if err := json.Unmarshal(b.all[rollout], &b.ours); err != nil {
		b.ours = nil
	}
	return b
}

// write enters our keys; what says so already stays as it is written.
func (b books) write(annotations map[string]string, keys []string) {
	before, now := slices.Sorted(slices.Values(b.ours)), slices.Sorted(slices.Values(keys))
	if slices.Equal(before, now) {
		return
	}
	b.all[b.rollout] = encoded(keys)
	annotations[v1alpha1.ManagedALBAnnotations] = string(encoded(b.all))
}

func encoded(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // lists of text, and what was read as JSON
	}
	return text
}

// formerRoutes are header routes that the books say are ours, also those that the Rollout has stopped to manage.
func (e edit) formerRoutes(b books) []string {
	var all []string
	for _, key := range b.ours {
		if name, ok := strings.CutPrefix(key, e.key("conditions", "")); ok {
			all = append(all, name)
		}
	}
	return all
}

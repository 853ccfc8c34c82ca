package sim

import (
	"fmt"
	"strings"

	"github.com/kanari-dev/kanari/internal/revision"
)

// Writes is how many writes the controller has sent.
func (w *World) Writes() int { return w.Server.writes }

// End is what a world has come to, in words without times: two deliveries that end alike have the same End.
func (w *World) End() string {
	var b strings.Builder
	ro := w.Rollout()
	if ro == nil {
		return "no rollout"
	}
	s := ro.Status
	fmt.Fprintf(&b, "%s %q, step %s, abort %v, stable %s\n", s.Phase, s.Message, s.StepText, s.Abort, w.Label(s.StableRS))
	for _, rs := range w.ReplicaSets() {
		_, delayed := revision.Deadline(rs)
		fmt.Fprintf(&b, "%s: revision %d, %d of %d ready, delayed %v\n", w.Label(revision.HashOf(rs)), revision.Number(rs), w.count(rs.Name, Ready), revision.Replicas(rs), delayed)
	}
	for _, run := range w.Runs() {
		fmt.Fprintf(&b, "run %s: %s\n", run.Name, run.Status.Phase)
	}
	for _, flow := range w.Flows() {
		for _, hash := range append(w.births, "") {
			if share := flow.Shares[hash]; share > 0 {
				fmt.Fprintf(&b, "%s: %d to %s\n", flow.Place, share, w.Label(hash))
			}
		}
	}
	return w.named(b.String())
}

package controller

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kanari-dev/kanari/internal/plan"
)

// report writes one line for a turn that did something. Actions tell what they do, never a whole question to a backend: that holds secrets.
func report[Status any](ctx context.Context, p plan.Plan[Status], err error, standing ...any) {
	if len(p.Actions) == 0 && len(p.Events) == 0 {
		log.FromContext(ctx).V(1).Info("nothing to do", "waits", p.Why.Sentence)
		return
	}
	actions := make([]string, len(p.Actions))
	for i, action := range p.Actions {
		actions[i] = action.String()
	}
	fields := append(standing, "actions", actions, "waits", p.Why.Sentence)
	if err != nil {
		fields = append(fields, "interrupted", err.Error())
	}
	log.FromContext(ctx).Info("moved", fields...)
}

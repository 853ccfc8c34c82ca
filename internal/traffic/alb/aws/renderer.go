package aws

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/alb"
)

// Renderer is that of package alb, for whoever wants to know what AWS has taken.
type Renderer struct {
	alb.Renderer
	Desk *Desk
}

// Told is that Renderer together with what AWS has said. It asks nobody.
type Told struct {
	alb.Renderer
	Reply Reply
}

var _ traffic.Verifier = Told{}

// Ask returns the Renderer that knows what AWS has said so far. What it has not said yet, it is being asked.
func (r Renderer) Ask(ctx context.Context, ro *v1alpha1.Rollout, found []*unstructured.Unstructured) traffic.Renderer {
	return Told{Renderer: r.Renderer, Reply: r.Desk.Look(ctx, Check{Rollout: ro, Found: found})}
}

// Verify implements traffic.Verifier.
func (t Told) Verify(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) string {
	check := Check{Rollout: ro, Found: found}
	names := check.Hostnames()
	switch {
	case check.Confirmed():
		return ""
	case t.Reply.Problem != nil:
		return t.Reply.Problem.Error()
	case !t.Reply.Given && len(names) > 0:
		return "AWS is being asked about load balancer " + strings.Join(names, ", ")
	}
	return check.Judge(t.Reply.Found).Pending
}

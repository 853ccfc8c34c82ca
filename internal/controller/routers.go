package controller

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/alb/aws"
	"github.com/kanari-dev/kanari/internal/traffic/ambassador"
	"github.com/kanari-dev/kanari/internal/traffic/apisix"
	"github.com/kanari-dev/kanari/internal/traffic/appmesh"
	"github.com/kanari-dev/kanari/internal/traffic/smi"
	"github.com/kanari-dev/kanari/internal/traffic/traefik"
)

const (
	awsAgain   = 10 * time.Second // between two questions to AWS about one Rollout
	awsLongest = time.Minute      // for an answer
)

// Routers are what an operator may set about meshes whose kinds come in several versions, and about AWS. Versions are read as the packages
// below traffic read them.
type Routers struct {
	TrafficSplit, Ambassador, AppMesh string
	TraefikGroup, TraefikVersion      string
	// VerifyTargetGroups asks AWS whether its load balancers have taken the weights; TargetGroupTag is the tag by which target groups are known.
	VerifyTargetGroups bool
	TargetGroupTag     string
}

// renderers are those of the meshes that are told by annotations, or by kinds of their own. Whoever has none of the kinds installed pays nothing.
func (r Routers) renderers(ctx context.Context, awake *bell) ([]traffic.Renderer, error) {
	balancers, err := r.balancers(ctx, awake)
	if err != nil {
		return nil, err
	}
	return []traffic.Renderer{
		balancers,
		smi.Renderer{Version: r.TrafficSplit},
		ambassador.Renderer{APIVersion: r.Ambassador},
		appmesh.Renderer{Version: r.AppMesh},
		traefik.Renderer{Group: r.TraefikGroup, APIVersion: r.TraefikVersion},
		apisix.Renderer{},
	}, nil
}

func (r Routers) balancers(ctx context.Context, awake *bell) (traffic.Renderer, error) {
	if !r.VerifyTargetGroups {
		return alb.Renderer{}, nil
	}
	client, err := aws.NewClient(ctx, r.TargetGroupTag)
	if err != nil {
		return nil, fmt.Errorf("preparing to ask AWS: %w", err)
	}
	return aws.Renderer{Desk: &aws.Desk{Balancers: client, Ring: awake.ring, Again: awsAgain, Longest: awsLongest}}, nil
}

// listen has a controller hear a bell.
func listen(c controller.Controller, awake *bell) error {
	if err := c.Watch(source.Func(awake.hang)); err != nil {
		return fmt.Errorf("listening to answers: %w", err)
	}
	return nil
}

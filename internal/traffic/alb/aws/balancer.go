package aws

import (
	"context"
	"fmt"
	"slices"

	"github.com/kanari-dev/kanari/internal/traffic"
)

// Balancer is a load balancer as AWS describes it.
type Balancer struct {
	Name, ARN string
	Groups    []Group
	// Forwards are the forward actions of all rules of all listeners.
	Forwards []Forward
}

// Group is a target group.
type Group struct {
	Name, ARN string
	// Resource is the value of the tag by which the load balancer controller says what the group stands for: <namespace>/<ingress>-<service>:<port>.
	Resource string
}

// Forward is one forward action: the weights of target groups by their ARN.
type Forward map[string]int32

// Balancers knows load balancers.
type Balancers interface {
	// Find returns the load balancer of a DNS name; nil when there is none.
	Find(ctx context.Context, hostname string) (*Balancer, error)
}

// share is a target group and what it should get.
type share struct {
	group *Group
	traffic.Destination
}

// differs compares the forward actions that divide requests between the first of the shares, the canary's, and the last, the stable version's.
// One that leads to one of the two alone is a header route, or somebody else's.
func (b *Balancer) differs(shares []share) string {
	canary, stable := shares[0].group, shares[len(shares)-1].group
	divided := false
	for _, forward := range b.Forwards {
		_, toCanary := forward[canary.ARN]
		_, toStable := forward[stable.ARN]
		if !toCanary || !toStable {
			continue
		}
		divided = true
		for _, s := range shares {
			if has, there := forward[s.group.ARN]; !there || has != s.Weight {
				return fmt.Sprintf("load balancer %q gives %d to target group %q (desired weight: %d)", b.Name, has, s.group.Name, s.Weight)
			}
		}
	}
	if !divided {
		return fmt.Sprintf("load balancer %q has no rule yet that divides requests between target groups %q and %q", b.Name, canary.Name, stable.Name)
	}
	return ""
}

func (b *Balancer) group(resource string) *Group {
	i := slices.IndexFunc(b.Groups, func(g Group) bool { return g.Resource == resource })
	if i < 0 {
		return nil
	}
	return &b.Groups[i]
}

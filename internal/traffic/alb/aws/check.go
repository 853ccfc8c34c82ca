package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
	"github.com/kanari-dev/kanari/internal/traffic/alb"
	"github.com/kanari-dev/kanari/internal/traffic/entry"
)

// Check is one question: do the load balancers of a Rollout's Ingresses do what the annotations there say?
type Check struct {
	Rollout *v1alpha1.Rollout
	// Found are the Ingresses as they are.
	Found []*unstructured.Unstructured
}

// Answer is what came of a Check.
type Answer struct {
	// Pending is what a load balancer has not taken yet, in one line; empty: all is taken.
	Pending string
	// ALBs has one entry an Ingress, in the order of the spec.
	ALBs []v1alpha1.ALBStatus
}

// Ask finds the load balancers by their DNS names; nil for one that does not exist. An error is that of the first one that cannot be asked.
func (c Check) Ask(ctx context.Context, all Balancers) (map[string]*Balancer, error) {
	found := map[string]*Balancer{}
	for _, hostname := range c.Hostnames() {
		balancer, err := all.Find(ctx, hostname)
		if err != nil {
			return nil, fmt.Errorf("asking for load balancer %q: %w", hostname, err)
		}
		found[hostname] = balancer
	}
	return found, nil
}

// Hostnames are the load balancers to ask about.
func (c Check) Hostnames() []string {
	var all []string
	for _, ref := range c.refs() {
		all = append(all, hostnames(traffic.Find(c.Found, ref.Empty()))...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// About is one line that changes whenever another answer may be due.
func (c Check) About() string {
	var all []string
	for _, ref := range c.refs() {
		ingress := traffic.Find(c.Found, ref.Empty())
		all = append(all, fmt.Sprint(ref, hostnames(ingress), alb.Shares(c.Rollout, ingress)))
	}
	return strings.Join(all, " ")
}

// Confirmed tells whether the status says already that these very shares were seen to be taken. Nobody has to be asked again then, neither
// at every turn nor when a controller starts.
func (c Check) Confirmed() bool {
	weights := c.Rollout.Status.Canary.Weights
	if weights == nil || weights.Verified == nil || !*weights.Verified {
		return false
	}
	said := []v1alpha1.WeightDestination{weights.Canary}
	said = append(append(said, weights.Additional...), weights.Stable)
	return !slices.ContainsFunc(c.refs(), func(ref traffic.Ref) bool {
		return !slices.EqualFunc(alb.Shares(c.Rollout, traffic.Find(c.Found, ref.Empty())), said, func(a traffic.Destination, b v1alpha1.WeightDestination) bool {
			return a.Service == b.ServiceName && a.Weight == b.Weight
		})
	})
}

// Judge compares what was found under each DNS name with the annotations.
func (c Check) Judge(found map[string]*Balancer) Answer {
	var answer Answer
	for _, ref := range c.refs() {
		status, pending := c.ingress(ref, found)
		if answer.Pending == "" {
			answer.Pending = pending
		}
		answer.ALBs = append(answer.ALBs, status)
	}
	return answer
}

// ingress judges the load balancers of one Ingress and notes who they are.
func (c Check) ingress(ref traffic.Ref, found map[string]*Balancer) (status v1alpha1.ALBStatus, pending string) {
	object := traffic.Find(c.Found, ref.Empty())
	status.Ingress = ref.Name
	names, shares := hostnames(object), alb.Shares(c.Rollout, object)
	switch {
	case len(names) == 0:
		return status, fmt.Sprintf("%s has no load balancer yet", ref)
	case shares == nil:
		return status, fmt.Sprintf("the action annotation of %s has not been written yet", ref)
	}
	for _, name := range names {
		problem := fmt.Sprintf("load balancer with DNS name %q of %s was not found in this AWS account and region", name, ref)
		if balancer := found[name]; balancer != nil {
			problem = c.balancer(ref, balancer, shares, &status)
		}
		if pending == "" {
			pending = problem
		}
	}
	return status, pending
}

// balancer judges one load balancer and notes who it is.
func (c Check) balancer(ref traffic.Ref, b *Balancer, shares []traffic.Destination, status *v1alpha1.ALBStatus) (pending string) {
	status.LoadBalancer = named(b.Name, b.ARN, 2)
	var all []share
	for i, to := range shares {
		group := b.group(c.resource(ref, to))
		if group == nil {
			pending = fmt.Sprintf("load balancer %q has no target group for %s yet", b.Name, c.resource(ref, to))
			continue
		}
		all = append(all, share{group, to})
		switch i {
		case 0:
			status.CanaryTargetGroup = named(group.Name, group.ARN, 1)
		case len(shares) - 1:
			status.StableTargetGroup = named(group.Name, group.ARN, 1)
		}
	}
	if pending != "" {
		return pending
	}
	return b.differs(all)
}

// resource is what the load balancer controller calls the target group of a Service behind an Ingress.
func (c Check) resource(ref traffic.Ref, to traffic.Destination) string {
	port := c.Rollout.Spec.Strategy.Canary.TrafficRouting.ALB.ServicePort
	return fmt.Sprintf("%s/%s-%s:%d", ref.Namespace, ref.Name, to.Service, port)
}

func (c Check) refs() []traffic.Ref { return alb.Renderer{}.Objects(c.Rollout) }

// named also gives the full name, which is what follows the first parts of an ARN.
func named(name, arn string, skip int) v1alpha1.AwsResourceRef {
	parts := strings.Split(arn, "/")
	return v1alpha1.AwsResourceRef{Name: name, ARN: arn, FullName: strings.Join(parts[min(skip, len(parts)):], "/")}
}

func hostnames(ingress *unstructured.Unstructured) []string {
	if ingress == nil {
		return nil
	}
	var all []string
	for _, balancer := range entry.Lists(ingress.Object, "status", "loadBalancer", "ingress") {
		if name := entry.Text(balancer, "hostname"); name != "" {
			all = append(all, name)
		}
	}
	return all
}

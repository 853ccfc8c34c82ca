package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
)

const (
	// DefaultTagKey is the tag that the load balancer controller puts on its target groups.
	DefaultTagKey = "ingress.k8s.aws/resource"
	// tagsAtOnce is how many resources AWS lets one ask about.
	tagsAtOnce = 20
)

// Client asks AWS. It needs the rights elasticloadbalancing:DescribeLoadBalancers, DescribeTargetGroups, DescribeTags,
// DescribeListeners and DescribeRules.
type Client struct {
	api    *elb.Client
	tagKey string
}

var _ Balancers = (*Client)(nil)

// NewClient takes its identity and region from the environment, as the AWS SDK does. An empty tag key means DefaultTagKey.
func NewClient(ctx context.Context, tagKey string) (*Client, error) {
	found, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if found.Region == "" {
		return nil, errors.New("no AWS region: set AWS_REGION on the controller, or leave out --aws-verify-target-group")
	}
	if tagKey == "" {
		tagKey = DefaultTagKey
	}
	return &Client{api: elb.NewFromConfig(found), tagKey: tagKey}, nil
}

// Find implements Balancers. It asks again where AWS has too many callers, until its context ends.
func (c *Client) Find(ctx context.Context, hostname string) (*Balancer, error) {
	found, err := c.balancer(ctx, hostname)
	if err != nil || found == nil {
		return nil, err
	}
	balancer := &Balancer{Name: aws.ToString(found.LoadBalancerName), ARN: aws.ToString(found.LoadBalancerArn)}
	if balancer.Groups, err = c.groups(ctx, balancer.ARN); err != nil {
		return nil, err
	}
	if balancer.Forwards, err = c.forwards(ctx, balancer.ARN); err != nil {
		return nil, err
	}
	return balancer, nil
}

// balancer is found by its DNS name, which knows no case; there is no question for one name.
func (c *Client) balancer(ctx context.Context, hostname string) (*types.LoadBalancer, error) {
	pages := elb.NewDescribeLoadBalancersPaginator(c.api, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused("listing load balancers", err)
		}
		for i, balancer := range page.LoadBalancers {
			if strings.EqualFold(aws.ToString(balancer.DNSName), hostname) {
				return &page.LoadBalancers[i], nil
			}
		}
	}
	return nil, nil //nolint:nilnil // there is none: that is an answer
}

func (c *Client) groups(ctx context.Context, balancer string) ([]Group, error) {
	var all []Group
	pages := elb.NewDescribeTargetGroupsPaginator(c.api, &elb.DescribeTargetGroupsInput{LoadBalancerArn: &balancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused("listing target groups", err)
		}
		for _, group := range page.TargetGroups {
			all = append(all, Group{Name: aws.ToString(group.TargetGroupName), ARN: aws.ToString(group.TargetGroupArn)})
		}
	}
	for some := range slices.Chunk(all, tagsAtOnce) {
		if err := c.tag(ctx, some); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// tag fills in what the groups stand for.
func (c *Client) tag(ctx context.Context, groups []Group) error {
	input := &elb.DescribeTagsInput{}
	for _, group := range groups {
		input.ResourceArns = append(input.ResourceArns, group.ARN)
	}
	answer, err := c.api.DescribeTags(ctx, input)
	if err != nil {
		return refused("reading the tags of target groups", err)
	}
	for _, described := range answer.TagDescriptions {
		i := slices.Index(input.ResourceArns, aws.ToString(described.ResourceArn))
		for _, tag := range described.Tags {
			if i >= 0 && aws.ToString(tag.Key) == c.tagKey {
				groups[i].Resource = aws.ToString(tag.Value)
			}
		}
	}
	return nil
}

func (c *Client) forwards(ctx context.Context, balancer string) ([]Forward, error) {
	var all []Forward
	pages := elb.NewDescribeListenersPaginator(c.api, &elb.DescribeListenersInput{LoadBalancerArn: &balancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused("listing listeners", err)
		}
		for _, listener := range page.Listeners {
			some, err := c.rules(ctx, listener.ListenerArn)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	}
	return all, nil
}

func (c *Client) rules(ctx context.Context, listener *string) ([]Forward, error) {
	var all []Forward
	pages := elb.NewDescribeRulesPaginator(c.api, &elb.DescribeRulesInput{ListenerArn: listener})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, refused("listing rules", err)
		}
		for _, rule := range page.Rules {
			for _, action := range rule.Actions {
				if action.ForwardConfig != nil {
					all = append(all, forward(action.ForwardConfig.TargetGroups))
				}
			}
		}
	}
	return all, nil
}

// refused says what AWS refused in its words, without the number of the question: a text that changes each time would be news each time.
func refused(doing string, err error) error {
	var said smithy.APIError
	if !errors.As(err, &said) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if code := said.ErrorCode(); code == "AccessDenied" || code == "UnauthorizedOperation" {
		return fmt.Errorf("%s: %s: %s; let the controller's AWS identity use elasticloadbalancing:Describe*", doing, code, said.ErrorMessage())
	}
	return fmt.Errorf("%s: %s: %s", doing, said.ErrorCode(), said.ErrorMessage())
}

func forward(groups []types.TargetGroupTuple) Forward {
	weights := Forward{}
	for _, group := range groups {
		weights[aws.ToString(group.TargetGroupArn)] = aws.ToInt32(group.Weight)
	}
	return weights
}

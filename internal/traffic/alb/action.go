package alb

import (
	"encoding/json"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// action is the value of an action annotation. The load balancer controller reads its keys in any case.
type action struct {
	Type          string
	ForwardConfig forwardConfig
}

type forwardConfig struct {
	TargetGroups                []targetGroup
	TargetGroupStickinessConfig *stickiness `json:",omitempty"`
}

// targetGroup is a Service with its share. An absent weight does not mean 0.
type targetGroup struct {
	ServiceName string
	ServicePort intstr.IntOrString
	Weight      *int64
}

type stickiness struct {
	Enabled         bool
	DurationSeconds int64
}

// forward divides requests among destinations.
func forward(spec *v1alpha1.ALBTrafficRouting, to ...traffic.Destination) action {
	made := action{Type: "forward"}
	for _, d := range to {
		made.ForwardConfig.TargetGroups = append(made.ForwardConfig.TargetGroups, targetGroup{
			ServiceName: d.Service,
			ServicePort: intstr.FromString(strconv.Itoa(int(spec.ServicePort))),
			Weight:      new(int64(d.Weight)),
		})
	}
	if sticky := spec.StickinessConfig; sticky != nil && sticky.Enabled {
		made.ForwardConfig.TargetGroupStickinessConfig = &stickiness{Enabled: true, DurationSeconds: sticky.DurationSeconds}
	}
	return made
}

// plain brings what means the same into one form: ports as text, no stickiness where it is turned off.
func (a action) plain() action {
	for i, group := range a.ForwardConfig.TargetGroups {
		a.ForwardConfig.TargetGroups[i].ServicePort = intstr.FromString(group.ServicePort.String())
	}
	if sticky := a.ForwardConfig.TargetGroupStickinessConfig; sticky != nil && !sticky.Enabled {
		a.ForwardConfig.TargetGroupStickinessConfig = nil
	}
	return a
}

// condition is one entry of a condition annotation; all of them must hold, each by one of its values.
type condition struct {
	Field            string           `json:"field"`
	HTTPHeaderConfig httpHeaderConfig `json:"httpHeaderConfig"`
}

type httpHeaderConfig struct {
	HTTPHeaderName string   `json:"httpHeaderName"`
	Values         []string `json:"values"`
}

// conditions has one entry a header: the load balancer would let two of one header hold only together. Its names know no case.
func conditions(matches []v1alpha1.HeaderRoutingMatch) []condition {
	var all []condition
	at := map[string]int{}
	for _, match := range matches {
		value := ""
		if match.HeaderValue != nil {
			value = match.HeaderValue.Exact
		}
		name := strings.ToLower(match.HeaderName)
		i, known := at[name]
		if !known {
			i, at[name] = len(all), len(all)
			all = append(all, condition{Field: "http-header", HTTPHeaderConfig: httpHeaderConfig{HTTPHeaderName: match.HeaderName}})
		}
		all[i].HTTPHeaderConfig.Values = append(all[i].HTTPHeaderConfig.Values, value)
	}
	return all
}

// written is the text of a value; before, where that means the same.
func written[T any](before string, value T, plain func(T) T) string {
	var there T
	decoder := json.NewDecoder(strings.NewReader(before))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&there); err == nil && !decoder.More() && equality.Semantic.DeepEqual(plain(there), plain(value)) {
		return before
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // these types hold nothing that JSON cannot say
	}
	return string(text)
}

func asIs[T any](value T) T { return value }

// Shares says what the action annotation of an Ingress gives to whom: the canary, experiments, the stable version, in this order. None where
// it does not say so, because it has not been written yet or somebody changed it.
func Shares(ro *v1alpha1.Rollout, ingress *unstructured.Unstructured) []traffic.Destination {
	var there action
	if ingress == nil || json.Unmarshal([]byte(ingress.GetAnnotations()[actionKey(ro)]), &there) != nil {
		return nil
	}
	var all []traffic.Destination
	for _, group := range there.ForwardConfig.TargetGroups {
		if group.Weight == nil {
			return nil
		}
		all = append(all, traffic.Destination{Service: group.ServiceName, Weight: int32(*group.Weight)})
	}
	if len(all) < 2 {
		return nil
	}
	return all
}

func actionKey(ro *v1alpha1.Rollout) string { return edit{ro: ro}.key("actions", Root(ro)) }

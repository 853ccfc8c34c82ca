package istio

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

// The codes of what Inspect finds. 01 is kept for a route that two Rollouts claim, which is refused elsewhere.
//
// Two of them block: no controller can make such objects work. All others run today in one way or another, and people who move in
// with them would be stopped by a page of theory, so they are told.
const (
	codeDistribute    = "KAN-IST02" // distribute beside failover
	codeUnmatched     = "KAN-IST03" // no route for everybody else
	codeFailoverZone  = "KAN-IST04" // failover between zones
	codeWeights       = "KAN-IST05" // weights that do not add up
	codeUnknownHost   = "KAN-IST06" // a host that is none of ours, and looks as if it should be
	codeNoHash        = "KAN-IST07" // a subset that somebody has stripped
	codeNoPods        = "KAN-IST08" // a subset that selects nothing
	codeIgnoredErrors = "KAN-IST09" // consecutiveErrors
	codeTwins         = "KAN-IST10" // two subsets of one name
	codeOvertakes     = "KAN-IST11" // a header route in front of somebody else's route
	codeElsewhere     = "KAN-IST12" // a VirtualService for a host that nobody here calls
	codeNamespace     = "KAN-IST13" // a host that is a Service of another namespace
)

var _ traffic.Inspector = Renderer{}

// Inspect looks at the routes and subsets that are the Rollout's own, and at what decides about them from outside. Objects that are
// missing, and routes that cannot be chosen, are left to Render.
func (r Renderer) Inspect(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []traffic.Finding {
	spec := routing(ro)
	if spec == nil {
		return nil
	}
	i := inspection{ro: ro, ours: services(ro)}
	if spec.DestinationRule != nil {
		ref := r.destinationRuleRef(ro)
		rule := traffic.Find(found, ref.Empty())
		if rule == nil {
			return nil // without it nobody knows which destinations are ours
		}
		i.ours.bySubset(rule, spec.DestinationRule)
		i.at(ref, istioPath.Child("destinationRule", "name")).rule(rule)
	}
	for _, named := range virtualServices(spec) {
		ref := r.virtualServiceRef(ro, named.Name)
		if object := traffic.Find(found, ref.Empty()); object != nil {
			i.at(ref, named.path.Child("name")).virtualService(named, object)
		}
	}
	return worstFirst(i.findings)
}

func worstFirst(all []traffic.Finding) []traffic.Finding {
	slices.SortStableFunc(all, func(a, b traffic.Finding) int {
		if a.Blocks != b.Blocks {
			return map[bool]int{true: -1, false: 1}[a.Blocks]
		}
		return cmp.Compare(a.Code, b.Code)
	})
	return all
}

// services are the receivers of the Rollout as its spec names them. With ping-pong either may be the canary's.
func services(ro *v1alpha1.Rollout) receivers {
	strategy := ro.Spec.Strategy.Canary
	if both := strategy.PingPong; both != nil {
		return receivers{canary: both.PingService, stable: both.PongService}
	}
	return receivers{canary: strategy.CanaryService, stable: strategy.StableService}
}

// inspection collects what is found in the objects of one Rollout.
type inspection struct {
	ro       *v1alpha1.Rollout
	ours     receivers
	object   traffic.Ref
	field    *field.Path
	findings []traffic.Finding
}

// at turns to the next object and the field that names it.
func (i *inspection) at(object traffic.Ref, field *field.Path) *inspection {
	i.object, i.field = object, field
	return i
}

func (i *inspection) tell(code, path, text string) { i.add(code, path, text, false) }

func (i *inspection) block(code, path, text string) { i.add(code, path, text, true) }

func (i *inspection) add(code, path, text string, blocks bool) {
	i.findings = append(i.findings, traffic.Finding{Code: code, Blocks: blocks, Field: i.field, Object: i.object, Path: path, Text: text})
}

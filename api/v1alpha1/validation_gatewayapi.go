package v1alpha1

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// furtherRule is how the name of a managed rule ends that is not the first of its name.
var furtherRule = regexp.MustCompile(`\.[0-9]+$`)

// mostWeight is the largest that a backend of a route can have.
const mostWeight = 1_000_000

// methods are those that a route can match.
var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

func validateGatewayAPI(ro *Rollout) field.ErrorList {
	g, err := GatewayAPIRouting(ro)
	if err != nil {
		return field.ErrorList{err}
	}
	if g == nil {
		return nil
	}
	routes, path := GatewayAPIRoutes(ro), gatewayAPIPath(ro)
	var errs field.ErrorList
	if len(routes) == 0 {
		errs = append(errs, field.Required(path.Child("httpRoute"), "no route is named: set httpRoute, grpcRoute, tcpRoute or tlsRoute"))
	}
	for _, kind := range g.byKind() {
		if kind.one.Name == "" && kind.one.RuleName != "" {
			errs = append(errs, field.Required(path.Child(kind.field), kind.field+"RuleName picks a rule of it"))
		}
	}
	if whole := MaxTrafficWeight(ro); whole > mostWeight {
		errs = append(errs, field.Invalid(field.NewPath("spec", "strategy", "canary", "trafficRouting", "maxTrafficWeight"), whole,
			fmt.Sprintf("a route of the Gateway API takes weights up to %d: count in coarser parts", mostWeight)))
	}
	errs = append(errs, validateNamed(routes)...)
	errs = append(errs, validateManagedRules(ro)...)
	for i, step := range ro.Spec.Strategy.Canary.Steps {
		errs = append(errs, validateGatewayStep(step, routes, field.NewPath("spec", "strategy", "canary", "steps").Index(i))...)
	}
	return errs
}

func validateNamed(routes []GatewayAPINamed) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]bool{}
	for _, route := range routes {
		key := route.Kind + " " + route.Name
		switch {
		case route.Name == "":
			errs = append(errs, field.Required(route.Path, "name the "+route.Kind))
		case seen[key]:
			errs = append(errs, field.Duplicate(route.Path, route.Name))
		}
		seen[key] = true
	}
	return errs
}

// validateManagedRules wants names that rules can have. A managed route needs a rule for each rule of the user, and all after the first
// get a number, so no name may end like one.
func validateManagedRules(ro *Rollout) field.ErrorList {
	var errs field.ErrorList
	managed := field.NewPath("spec", "strategy", "canary", "trafficRouting", "managedRoutes")
	for i, route := range ro.Spec.Strategy.Canary.TrafficRouting.ManagedRoutes {
		at := managed.Index(i).Child("name")
		for _, problem := range validation.IsDNS1123Subdomain(route.Name) {
			errs = append(errs, field.Invalid(at, route.Name, "cannot be the name of a rule: "+problem))
		}
		if furtherRule.MatchString(route.Name) {
			errs = append(errs, field.Invalid(at, route.Name, "a name that ends in a dot and digits stands for a further rule of the name before it: choose another"))
		}
	}
	return errs
}

func validateGatewayStep(step CanaryStep, routes []GatewayAPINamed, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if header := step.SetHeaderRoute; header != nil && len(header.Match) > 0 && !slices.ContainsFunc(routes, takesHeaders) {
		errs = append(errs, field.Invalid(path.Child("setHeaderRoute"), header.Name,
			"no route takes header routes: set useHeaderRoutes on one of httpRoutes or grpcRoutes"))
	}
	mirror := step.SetMirrorRoute
	if mirror == nil || len(mirror.Match) == 0 {
		return errs
	}
	path = path.Child("setMirrorRoute")
	if !slices.ContainsFunc(routes, matchesRequests) {
		return append(errs, field.Invalid(path, mirror.Name, "no route can mirror requests: name an httpRoute or a grpcRoute"))
	}
	grpc := slices.ContainsFunc(routes, func(r GatewayAPINamed) bool { return r.Kind == "GRPCRoute" })
	for i, match := range mirror.Match {
		errs = append(errs, validateGatewayMatch(match, grpc, path.Child("match").Index(i))...)
	}
	return errs
}

func matchesRequests(r GatewayAPINamed) bool { return r.Kind == "HTTPRoute" || r.Kind == "GRPCRoute" }

func takesHeaders(r GatewayAPINamed) bool { return matchesRequests(r) && r.UseHeaderRoutes }

// validateGatewayMatch checks what an HTTPRoute can say about a method and a path. A GRPCRoute matches services instead, so there only
// conditions stand that every call meets.
func validateGatewayMatch(match RouteMatch, grpc bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if method := match.Method; method != nil && !slices.Contains(methods, method.Exact) {
		errs = append(errs, field.Invalid(path.Child("method"), matchText(method), "needs exact with one of "+strings.Join(methods, ", ")))
	}
	if match.Path != nil && match.Path.Regex == "" && !strings.HasPrefix(match.Path.Exact+match.Path.Prefix, "/") {
		errs = append(errs, field.Invalid(path.Child("path"), match.Path.Exact+match.Path.Prefix, "needs to begin with /"))
	}
	if !grpc {
		return errs
	}
	const alone = "a GRPCRoute cannot match it: match headers, or take the grpcRoute out"
	if match.Method != nil && match.Method.Exact != "POST" {
		errs = append(errs, field.Invalid(path.Child("method"), match.Method.Exact, alone))
	}
	if match.Path != nil && match.Path.Prefix != "/" {
		errs = append(errs, field.Invalid(path.Child("path"), match.Path.Exact+match.Path.Prefix+match.Path.Regex, alone))
	}
	return errs
}

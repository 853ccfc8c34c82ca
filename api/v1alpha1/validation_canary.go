package v1alpha1

import (
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateCanary(ro *Rollout, path *field.Path) field.ErrorList {
	canary := ro.Spec.Strategy.Canary
	errs := validateCanaryServices(canary, path)
	errs = append(errs, validatePingPong(canary, path.Child("pingPong"))...)
	if routing := canary.TrafficRouting; routing != nil && routing.MaxTrafficWeight != nil && routing.Nginx == nil && !routesByGatewayOrPlugin(routing) {
		errs = append(errs, field.Invalid(path.Child("trafficRouting", "maxTrafficWeight"), *routing.MaxTrafficWeight,
			"Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins"))
	}
	surge, missing := MaxSurge(ro), MaxUnavailable(ro)
	if zero(surge) && zero(missing) {
		errs = append(errs, field.Invalid(path.Child("maxSurge"), surge.String(), "MaxSurge and MaxUnavailable both can not be zero"))
	}
	errs = append(errs, validateScaling(canary, path)...)
	for i := range canary.Steps {
		errs = append(errs, validateStep(ro, &canary.Steps[i], path.Child("steps").Index(i))...)
	}
	errs = append(errs, validateAntiAffinity(canary.AntiAffinity, path.Child("antiAffinity"))...)
	errs = append(errs, validateRouters(canary.TrafficRouting, path.Child("trafficRouting"))...)
	return append(errs, validateGatewayAPI(ro)...)
}

func routesByGatewayOrPlugin(routing *RolloutTrafficRouting) bool {
	return routing.GatewayAPI != nil || len(routing.Plugins) > 0
}

// zero tells whether a bound allows nothing. What cannot be read is resolved to nothing later, so it is zero here too.
func zero(bound intstr.IntOrString) bool {
	n, err := intstr.GetScaledValueFromIntOrPercent(&bound, 100, true)
	return err != nil || n == 0
}

func validateCanaryServices(canary *CanaryStrategy, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if canary.StableService != "" && canary.StableService == canary.CanaryService {
		errs = append(errs, field.Invalid(path.Child("stableService"), canary.StableService, sameService("stable", "canary")))
	}
	if !needsServices(canary) {
		return errs
	}
	const missing = "Canary service and Stable service must to be set to use Traffic Routing"
	if canary.CanaryService == "" {
		errs = append(errs, field.Invalid(path.Child("canaryService"), "", missing))
	}
	if canary.StableService == "" {
		errs = append(errs, field.Invalid(path.Child("stableService"), "", missing))
	}
	return errs
}

// needsServices tells whether a router tells the versions apart by Service. Subsets of a DestinationRule and the two
// Services of ping-pong do without.
func needsServices(canary *CanaryStrategy) bool {
	routing := canary.TrafficRouting
	if routing == nil {
		return false
	}
	if routing.SMI != nil || routing.Apisix != nil || routing.Ambassador != nil || routing.Nginx != nil || routing.AppMesh != nil || routing.Traefik != nil {
		return true
	}
	if canary.PingPong != nil {
		return false
	}
	return routing.ALB != nil || usesGatewayAPI(routing) || (routing.Istio != nil && routing.Istio.DestinationRule == nil)
}

func validatePingPong(canary *CanaryStrategy, path *field.Path) field.ErrorList {
	if canary.PingPong == nil {
		return nil
	}
	var errs field.ErrorList
	ping, pong, routing := canary.PingPong.PingService, canary.PingPong.PongService, canary.TrafficRouting
	if routing == nil || (routing.ALB == nil && routing.Istio == nil && !routesByGatewayOrPlugin(routing)) {
		errs = append(errs, field.Invalid(path, ping+", "+pong, "Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only"))
	}
	const missing = "Ping service and Pong service must to be set to use Ping-Pong feature"
	if ping == "" {
		errs = append(errs, field.Invalid(path.Child("pingService"), ping, missing))
	}
	if pong == "" {
		errs = append(errs, field.Invalid(path.Child("pongService"), pong, missing))
	}
	if ping != "" && ping == pong {
		errs = append(errs, field.Invalid(path.Child("pingService"), ping, sameService("ping", "pong")))
	}
	if routing != nil && routing.ALB != nil && routing.ALB.RootService == "" {
		errs = append(errs, field.Invalid(field.NewPath("spec", "strategy", "canary", "trafficRouting", "alb", "rootService"), "",
			"Root service field is required for the configuration with ALB and ping-pong feature enabled"))
	}
	return errs
}

func validateScaling(canary *CanaryStrategy, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if canary.ScaleDownDelaySeconds != nil && canary.TrafficRouting == nil {
		errs = append(errs, field.Invalid(path.Child("scaleDownDelaySeconds"), *canary.ScaleDownDelaySeconds,
			"Canary scaleDownDelaySeconds can only be used with traffic routing"))
	}
	if !canary.DynamicStableScale {
		return errs
	}
	dynamic := path.Child("dynamicStableScale")
	if canary.TrafficRouting == nil {
		errs = append(errs, field.Invalid(dynamic, true, "Canary dynamicStableScale can only be used with traffic routing"))
	}
	if canary.ScaleDownDelaySeconds != nil {
		errs = append(errs, field.Invalid(dynamic, true, "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds"))
	}
	return errs
}

// validateRouters checks what each router's settings need by themselves.
func validateRouters(routing *RolloutTrafficRouting, path *field.Path) field.ErrorList {
	if routing == nil {
		return nil
	}
	var errs field.ErrorList
	if nginx := routing.Nginx; nginx != nil {
		errs = append(errs, eitherOr(path.Child("nginx", "stableIngress"), "StableIngress", "StableIngresses", nginx.StableIngress, nginx.StableIngresses)...)
	}
	if alb := routing.ALB; alb != nil {
		errs = append(errs, eitherOr(path.Child("alb", "ingress"), "Ingress", "Ingresses", alb.Ingress, alb.Ingresses)...)
	}
	if routing.Istio != nil {
		errs = append(errs, validateIstio(routing.Istio, path.Child("istio"))...)
	}
	if routing.Ambassador != nil && len(routing.Ambassador.Mappings) == 0 {
		errs = append(errs, field.Required(path.Child("ambassador", "mappings"), "must provide at least one mapping"))
	}
	if routing.AppMesh != nil && routing.AppMesh.VirtualService == nil {
		errs = append(errs, field.Required(path.Child("appMesh", "virtualService"), "must provide virtual-service"))
	}
	return errs
}

func validateIstio(istio *IstioTrafficRouting, path *field.Path) field.ErrorList {
	const either = "either VirtualService or VirtualServices must be configured"
	var errs field.ErrorList
	switch one, many := istio.VirtualService != nil, len(istio.VirtualServices) > 0; {
	case one && many:
		errs = append(errs, field.Invalid(path.Child("virtualService"), istio.VirtualService.Name, either))
	case !one && !many:
		errs = append(errs, field.Required(path.Child("virtualService"), either))
	}
	// One subset cannot hold two versions: the canary would get the pods of both.
	if rule := istio.DestinationRule; rule != nil && CanarySubset(rule) == StableSubset(rule) {
		errs = append(errs, field.Invalid(path.Child("destinationRule", "canarySubsetName"), CanarySubset(rule),
			"must differ from stableSubsetName; give each version a subset of its own"))
	}
	return errs
}

func eitherOr(path *field.Path, one, many, single string, several []string) field.ErrorList {
	rule := "Either " + one + " or " + many + " must be configured. "
	switch {
	case single != "" && len(several) > 0:
		return field.ErrorList{field.Invalid(path, single, rule+"Both are configured.")}
	case single == "" && len(several) == 0:
		return field.ErrorList{field.Required(path, rule+"Neither are configured.")}
	}
	return nil
}

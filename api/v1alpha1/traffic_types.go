package v1alpha1

import "encoding/json"

// RolloutTrafficRouting names the routers that split requests; several may act together.
type RolloutTrafficRouting struct {
	// Istio writes VirtualServices and DestinationRules.
	// +optional
	Istio *IstioTrafficRouting `json:"istio,omitempty"`
	// Nginx writes a canary Ingress.
	// +optional
	Nginx *NginxTrafficRouting `json:"nginx,omitempty"`
	// ALB writes action annotations for the AWS load balancer controller.
	// +optional
	ALB *ALBTrafficRouting `json:"alb,omitempty"`
	// SMI writes a TrafficSplit.
	// +optional
	SMI *SMITrafficRouting `json:"smi,omitempty"`
	// Ambassador writes canary Mappings.
	// +optional
	Ambassador *AmbassadorTrafficRouting `json:"ambassador,omitempty"`
	// AppMesh writes a VirtualRouter.
	// +optional
	AppMesh *AppMeshTrafficRouting `json:"appMesh,omitempty"`
	// Traefik writes a weighted TraefikService.
	// +optional
	Traefik *TraefikTrafficRouting `json:"traefik,omitempty"`
	// ManagedRoutes lists the header and mirror routes that steps may make, the first going before the others.
	// +optional
	ManagedRoutes []MangedRoutes `json:"managedRoutes,omitempty"`
	// Apisix writes an ApisixRoute.
	// +optional
	Apisix *ApisixTrafficRouting `json:"apisix,omitempty"`
	// Plugins maps a plugin's name to its settings, which are passed on unread.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Plugins map[string]json.RawMessage `json:"plugins,omitempty"`
	// MaxTrafficWeight is the whole of the traffic; absent: 100. Nginx, gatewayAPI and plugins only.
	// +optional
	MaxTrafficWeight *int32 `json:"maxTrafficWeight,omitempty"`
	// GatewayAPI sets the weights in routes of the Gateway API. The plugin block argoproj-labs/gatewayAPI says the same.
	// +optional
	GatewayAPI *GatewayAPITrafficRouting `json:"gatewayAPI,omitempty"`
}

// MangedRoutes names a route that steps may make.
// Compat: the spelling is the one that Go importers of this API know.
type MangedRoutes struct {
	// Name of the route.
	Name string `json:"name"`
}

// IstioTrafficRouting sets one of virtualService and virtualServices.
type IstioTrafficRouting struct {
	// VirtualService whose weights are set.
	// +optional
	VirtualService *IstioVirtualService `json:"virtualService,omitempty"`
	// DestinationRule whose subsets are the two versions; absent: the two Services are.
	// +optional
	DestinationRule *IstioDestinationRule `json:"destinationRule,omitempty"`
	// VirtualServices whose weights are set.
	// +optional
	VirtualServices []IstioVirtualService `json:"virtualServices,omitempty"`
}

// IstioVirtualService names a VirtualService and the routes in it.
type IstioVirtualService struct {
	// Name, or name.namespace.
	Name string `json:"name"`
	// Routes by name; absent: the only route there is.
	// +optional
	Routes []string `json:"routes,omitempty"`
	// TLSRoutes by port and hosts; absent: the only TLS route there is.
	// +optional
	TLSRoutes []TLSRoute `json:"tlsRoutes,omitempty"`
	// TCPRoutes by port; absent: the only TCP route there is.
	// +optional
	TCPRoutes []TCPRoute `json:"tcpRoutes,omitempty"`
}

// TLSRoute picks TLS routes; all that is set must hold.
type TLSRoute struct {
	// Port that the route matches.
	// +optional
	Port int64 `json:"port,omitempty"`
	// SNIHosts is the exact set of hosts that the route matches.
	// +optional
	SNIHosts []string `json:"sniHosts,omitempty"`
}

// TCPRoute picks TCP routes.
type TCPRoute struct {
	// Port that the route matches.
	// +optional
	Port int64 `json:"port,omitempty"`
}

// IstioDestinationRule names a DestinationRule of the Rollout's namespace and its subsets.
type IstioDestinationRule struct {
	// Name of the DestinationRule.
	Name string `json:"name"`
	// CanarySubsetName is the subset of the new version; absent: canary.
	// +optional
	CanarySubsetName string `json:"canarySubsetName,omitempty"`
	// StableSubsetName is the subset of the stable version; absent: stable.
	// +optional
	StableSubsetName string `json:"stableSubsetName,omitempty"`
	// AdditionalSubsetNames are subsets of others whose weights stay as they are.
	// +optional
	AdditionalSubsetNames []string `json:"additionalSubsetNames,omitempty"`
}

// NginxTrafficRouting sets one of stableIngress and stableIngresses.
type NginxTrafficRouting struct {
	// AnnotationPrefix of the ingress controller; absent: nginx.ingress.kubernetes.io.
	// +optional
	AnnotationPrefix string `json:"annotationPrefix,omitempty"`
	// StableIngress is the Ingress that the canary Ingress is made from.
	// +optional
	StableIngress string `json:"stableIngress,omitempty"`
	// AdditionalIngressAnnotations for the canary Ingress; a key without a prefix gets annotationPrefix.
	// +optional
	AdditionalIngressAnnotations map[string]string `json:"additionalIngressAnnotations,omitempty"`
	// StableIngresses are several of them.
	// +optional
	StableIngresses []string `json:"stableIngresses,omitempty"`
	// CanaryIngressAnnotations for the canary Ingress under their full keys; they win over the additional ones.
	// +optional
	CanaryIngressAnnotations map[string]string `json:"canaryIngressAnnotations,omitempty"`
}

// ALBTrafficRouting sets one of ingress and ingresses.
type ALBTrafficRouting struct {
	// Ingress that carries the action.
	// +optional
	Ingress string `json:"ingress,omitempty"`
	// ServicePort of the two Services.
	ServicePort int32 `json:"servicePort"`
	// RootService is the backend in the Ingress; absent: stableService.
	// +optional
	RootService string `json:"rootService,omitempty"`
	// AnnotationPrefix of the load balancer controller; absent: alb.ingress.kubernetes.io.
	// +optional
	AnnotationPrefix string `json:"annotationPrefix,omitempty"`
	// StickinessConfig keeps a client on one version.
	// +optional
	StickinessConfig *StickinessConfig `json:"stickinessConfig,omitempty"`
	// Ingresses are several of them.
	// +optional
	Ingresses []string `json:"ingresses,omitempty"`
}

// StickinessConfig is target group stickiness.
type StickinessConfig struct {
	// Enabled turns it on.
	Enabled bool `json:"enabled"`
	// DurationSeconds from 1 to 604800.
	DurationSeconds int64 `json:"durationSeconds"`
}

// SMITrafficRouting names the TrafficSplit.
type SMITrafficRouting struct {
	// RootService that clients call; absent: stableService.
	// +optional
	RootService string `json:"rootService,omitempty"`
	// TrafficSplitName; absent: the Rollout's name.
	// +optional
	TrafficSplitName string `json:"trafficSplitName,omitempty"`
}

// AmbassadorTrafficRouting names the Mappings.
type AmbassadorTrafficRouting struct {
	// Mappings to copy for the canary; at least one, none with a weight of its own.
	Mappings []string `json:"mappings"`
}

// AppMeshTrafficRouting names the App Mesh objects.
type AppMeshTrafficRouting struct {
	// VirtualService whose router is written.
	// +optional
	VirtualService *AppMeshVirtualService `json:"virtualService,omitempty"`
	// VirtualNodeGroup holds the two versions.
	// +optional
	VirtualNodeGroup *AppMeshVirtualNodeGroup `json:"virtualNodeGroup,omitempty"`
}

// AppMeshVirtualService names a virtual service and routes of its router.
type AppMeshVirtualService struct {
	// Name of the virtual service.
	Name string `json:"name"`
	// Routes by name; absent: every route.
	// +optional
	Routes []string `json:"routes,omitempty"`
}

// AppMeshVirtualNodeGroup holds the virtual nodes of the two versions.
type AppMeshVirtualNodeGroup struct {
	// CanaryVirtualNodeRef is the new version's.
	CanaryVirtualNodeRef *AppMeshVirtualNodeReference `json:"canaryVirtualNodeRef"`
	// StableVirtualNodeRef is the stable version's.
	StableVirtualNodeRef *AppMeshVirtualNodeReference `json:"stableVirtualNodeRef"`
}

// AppMeshVirtualNodeReference names a virtual node.
type AppMeshVirtualNodeReference struct {
	// Name of the virtual node.
	Name string `json:"name"`
}

// TraefikTrafficRouting names the TraefikService.
type TraefikTrafficRouting struct {
	// WeightedTraefikServiceName is the service whose weights are set.
	WeightedTraefikServiceName string `json:"weightedTraefikServiceName"`
}

// ApisixTrafficRouting names the ApisixRoute.
type ApisixTrafficRouting struct {
	// Route to write.
	// +optional
	Route *ApisixRoute `json:"route,omitempty"`
}

// ApisixRoute names an ApisixRoute and rules in it.
type ApisixRoute struct {
	// Name of the ApisixRoute.
	Name string `json:"name"`
	// Rules by name; absent: the rule named like the route.
	// +optional
	Rules []string `json:"rules,omitempty"`
}

// GatewayAPITrafficRouting names routes of the Gateway API, at least one. In each of them the rules that lead to both Services of
// the Rollout are weighed, or the one that a ruleName picks.
type GatewayAPITrafficRouting struct {
	// Namespace of the routes; absent: the Rollout's.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// HTTPRoute whose weights are set; it gets the header routes of steps, too.
	// +optional
	HTTPRoute string `json:"httpRoute,omitempty"`
	// HTTPRouteRuleName picks one rule of httpRoute.
	// +optional
	HTTPRouteRuleName string `json:"httpRouteRuleName,omitempty"`
	// HTTPRoutes are several of them.
	// +optional
	HTTPRoutes []GatewayAPIRoute `json:"httpRoutes,omitempty"`
	// GRPCRoute whose weights are set; it gets the header routes of steps, too.
	// +optional
	GRPCRoute string `json:"grpcRoute,omitempty"`
	// GRPCRouteRuleName picks one rule of grpcRoute.
	// +optional
	GRPCRouteRuleName string `json:"grpcRouteRuleName,omitempty"`
	// GRPCRoutes are several of them.
	// +optional
	GRPCRoutes []GatewayAPIRoute `json:"grpcRoutes,omitempty"`
	// TCPRoute whose weights are set.
	// +optional
	TCPRoute string `json:"tcpRoute,omitempty"`
	// TCPRouteRuleName picks one rule of tcpRoute.
	// +optional
	TCPRouteRuleName string `json:"tcpRouteRuleName,omitempty"`
	// TCPRoutes are several of them.
	// +optional
	TCPRoutes []GatewayAPIRoute `json:"tcpRoutes,omitempty"`
	// TLSRoute whose weights are set.
	// +optional
	TLSRoute string `json:"tlsRoute,omitempty"`
	// TLSRouteRuleName picks one rule of tlsRoute.
	// +optional
	TLSRouteRuleName string `json:"tlsRouteRuleName,omitempty"`
	// TLSRoutes are several of them.
	// +optional
	TLSRoutes []GatewayAPIRoute `json:"tlsRoutes,omitempty"`
}

// GatewayAPIRoute names one route.
type GatewayAPIRoute struct {
	// Name of the route.
	Name string `json:"name"`
	// RuleName picks one rule of the route; absent: all that lead to both Services.
	// +optional
	RuleName string `json:"ruleName,omitempty"`
	// UseHeaderRoutes gives the route the header routes of steps. HTTPRoutes and GRPCRoutes only.
	// +optional
	UseHeaderRoutes bool `json:"useHeaderRoutes,omitempty"`
}

package convert

import (
	"path"
	"slices"
	"strings"
)

// hint says what takes the place of annotations in the Gateway API.
type hint struct {
	keys    string // patterns with *, divided by blanks; those of nginx without their domain, which may be another
	instead string
}

const (
	closed      = "; without it everybody is let in"
	byPolicy    = "a policy of the Gateway's implementation"
	byStep      = "a step setHeaderRoute, with its name under trafficRouting.managedRoutes"
	toHTTPS     = "an HTTPRoute of its own on the HTTP listener (parentRefs[].sectionName) with the filter {type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}"
	likeNothing = "a filter of the rule or " + byPolicy + " that does the same; leave it behind if nothing needs it"
	ofOthers    = "the same annotation on the HTTPRoute, if something reads it there"
)

var hints = []hint{
	{"affinity affinity-* session-cookie-*", "a sessionPersistence of the rule, where the Gateway knows it"},
	{"auth-tls-*", "validation of client certificates on the Gateway (spec.tls.frontend), where it knows that" + closed},
	{"auth-type auth-secret* auth-realm", byPolicy + " for authentication" + closed},
	{"auth-*", "an ExternalAuth filter, where the Gateway knows it, or " + byPolicy + closed},
	{"*list-source-range", byPolicy + closed},
	{"backend-protocol", "a GRPCRoute for GRPC, a BackendTLSPolicy for HTTPS"},
	{"secure-backends proxy-ssl-*", "a BackendTLSPolicy"},
	{"canary-by-cookie", "a header that the client sends; an HTTPRoute cannot tell cookies apart"},
	{"canary-by-header*", byStep},
	{"enable-cors cors-*", "a CORS filter, where the Gateway knows it"},
	{"force-ssl-redirect ssl-redirect", toHTTPS},
	{"from-to-www-redirect", "an HTTPRoute of its own for the other host, with a RequestRedirect filter that sets hostname"},
	{"server-alias", "these names in spec.hostnames"},
	{"proxy-connect-timeout proxy-read-timeout proxy-send-timeout", "timeouts.backendRequest of the rule, which counts the whole answer and not the pauses in it"},
	{"proxy-next-upstream*", "retry of the rule, where the Gateway knows it"},
	{"x-forwarded-prefix connection-proxy-header", "a RequestHeaderModifier filter of the rule"},
	{"custom-headers", "a ResponseHeaderModifier filter of the rule"},
	{"mirror-*", "a RequestMirror filter of the rule"},
	{"ssl-passthrough", "a TLSRoute on a listener of mode Passthrough"},
	{"*-snippet", "filters of the rule or " + byPolicy + " that do what the lines do"},
	{"proxy-* client-body-* limit-* load-balance upstream-hash-by* custom-http-errors default-backend enable-modsecurity enable-owasp-*", byPolicy},
	{"cert-manager.io/* acme.cert-manager.io/*", "the same annotation on the Gateway"},
	{"external-dns.alpha.kubernetes.io/*", "the same annotation on the HTTPRoute or the Gateway, by the sources of your ExternalDNS"},
}

// instead is what takes the place of an annotation; nginx's are those with the prefix.
func instead(key, prefix string) string {
	own, nginx := strings.CutPrefix(key, prefix)
	for _, h := range hints {
		matches := func(pattern string) bool { ok, _ := path.Match(pattern, own); return ok }
		if slices.ContainsFunc(strings.Fields(h.keys), matches) {
			return h.instead
		}
	}
	if nginx {
		return likeNothing
	}
	return ofOthers
}

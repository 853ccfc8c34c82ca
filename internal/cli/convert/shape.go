package convert

import (
	"cmp"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// shape is how a path is matched, and what is put in its place on the way to the Service.
type shape struct {
	match   map[string]any
	rewrite map[string]any // path modifier of a URLRewrite; nil leaves the path alone
}

// captures are paths that nginx users write to cut a beginning off: /api(/|$)(.*) with /$2, and /api/(.*) with /$1.
var captures = []struct {
	path   *regexp.Regexp
	target *regexp.Regexp
}{
	{regexp.MustCompile(`^\^?((?:/[\w.~-]+)*)\(/\|\$\)\(\.\*\)\$?$`), regexp.MustCompile(`^((?:/[\w.~-]+)*)/\$2$`)},
	{regexp.MustCompile(`^\^?((?:/[\w.~-]+)*)/\(\.\*\)\$?$`), regexp.MustCompile(`^((?:/[\w.~-]+)*)/\$1$`)},
}

// shape reads a path as nginx does: rewrite-target and use-regex make every path a regular expression.
func (t *translation) shape(path networkingv1.HTTPIngressPath) shape {
	value := cmp.Or(path.Path, "/")
	target := t.annotation("rewrite-target")
	for _, known := range captures {
		from, to := known.path.FindStringSubmatch(value), known.target.FindStringSubmatch(target)
		if from != nil && to != nil {
			return shape{match("PathPrefix", cmp.Or(from[1], "/")), map[string]any{"type": "ReplacePrefixMatch", "replacePrefixMatch": cmp.Or(to[1], "/")}}
		}
	}
	made := shape{match: t.match(value, path.PathType)}
	switch {
	case target == "":
	case strings.Contains(target, "$"):
		t.note("%srewrite-target %s with path %s is not carried over: an HTTPRoute can replace a prefix or a whole path, and not put together what an expression found. In its place: a filter of the Gateway's implementation, or the path as it comes", t.prefix(), target, value)
	default:
		made.rewrite = map[string]any{"type": "ReplaceFullPath", "replaceFullPath": target}
	}
	return made
}

func (t *translation) match(value string, kind *networkingv1.PathType) map[string]any {
	exact := kind != nil && *kind == networkingv1.PathTypeExact
	prefix := kind != nil && *kind == networkingv1.PathTypePrefix
	expressions := t.annotation("use-regex") == "true" || t.annotation("rewrite-target") != ""
	switch {
	case exact && plain(value):
		return match("Exact", value)
	case !exact && expressions && regexp.QuoteMeta(value) != value && strings.ContainsAny(value, `^$*+?()[]{}|\`):
		t.note("path %s is a regular expression: not every Gateway knows them, their dialects differ, and upper and lower case now do too", value)
		return match("RegularExpression", open(value))
	case !plain(value):
		t.note("path %s is left out: an HTTPRoute takes a path that begins with / and is of letters, digits and -._~!$&'()*+,;=:@ or %%XX. In its place: such a path, or one of type RegularExpression", value)
		return nil
	case !prefix && value != "/":
		t.note("path %s is of pathType ImplementationSpecific: nginx takes it for the beginning of a path (%sx too), PathPrefix for whole elements of it", value, value)
	}
	return match("PathPrefix", value)
}

var letters = regexp.MustCompile(`^/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$`)

// plain tells whether a path may be one of type Exact or PathPrefix.
func plain(value string) bool {
	never := func(part string) bool { return strings.Contains(strings.ToLower(value), part) }
	return letters.MatchString(value) && !slices.ContainsFunc([]string{"//", "/./", "/../", "%2f"}, never) &&
		!strings.HasSuffix(value, "/.") && !strings.HasSuffix(value, "/..")
}

func isHost(name string) bool { return len(validation.IsDNS1123Subdomain(name)) == 0 }

// open adds what nginx does not ask for and others do: anything behind.
func open(expression string) string {
	expression = strings.TrimPrefix(expression, "^")
	if rest, closed := strings.CutSuffix(expression, "$"); closed {
		return rest
	}
	if strings.HasSuffix(expression, ".*") || strings.HasSuffix(expression, "(.*)") {
		return expression
	}
	return expression + ".*"
}

// filters of a rule that leads to a Service.
func (t *translation) filters(s shape) []any {
	rewrite := map[string]any{}
	if s.rewrite != nil {
		rewrite["path"] = s.rewrite
	}
	switch host := t.annotation("upstream-vhost"); {
	case host == "":
	case isHost(host):
		rewrite["hostname"] = host
	default:
		t.note("%supstream-vhost %s is not carried over: an HTTPRoute takes the name of a host alone. In its place: urlRewrite.hostname with one", t.prefix(), host)
	}
	if len(rewrite) == 0 {
		return nil
	}
	return one(map[string]any{"type": "URLRewrite", "urlRewrite": rewrite})
}

// redirect is the filter that answers every request of the Ingress; nil when none does.
func (t *translation) redirect() map[string]any {
	for _, kind := range []struct {
		key  string
		code int64
	}{{"temporal-redirect", 302}, {"permanent-redirect", 301}} {
		target := t.annotation(kind.key)
		if target == "" {
			continue
		}
		to, err := redirectTo(target)
		if err != nil {
			t.note("%s%s %s is not carried over: an HTTPRoute redirects to a fixed address, or to the same path elsewhere. In its place: a RequestRedirect filter with one of the two", t.prefix(), kind.key, target)
			continue
		}
		to["statusCode"] = t.code(kind.key+"-code", kind.code)
		return map[string]any{"type": "RequestRedirect", "requestRedirect": to}
	}
	return nil
}

// code of a redirect: all Gateways know these two.
func (t *translation) code(key string, otherwise int64) int64 {
	text := t.annotation(key)
	code, err := strconv.ParseInt(text, 10, 32)
	if err == nil && slices.Contains([]int64{301, 302}, code) {
		return code
	}
	if text != "" {
		t.note("%s%s %s is not carried over: not every Gateway answers with it; it is %d here. Where yours does, write it into statusCode", t.prefix(), key, text, otherwise)
	}
	return otherwise
}

// redirectTo reads an address; $request_uri at its end means the same path.
func redirectTo(target string) (map[string]any, error) {
	base, samePath := strings.CutSuffix(target, "$request_uri")
	address, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(base, "$") || address.RawQuery != "" || address.Fragment != "" || (samePath && strings.Trim(address.Path, "/") != "") {
		return nil, errors.New("it has variables or a query")
	}
	host := strings.ToLower(address.Hostname())
	if (host != "" && !isHost(host)) || !slices.Contains([]string{"", "http", "https"}, address.Scheme) {
		return nil, errors.New("it is of another scheme, or of no host")
	}
	to := map[string]any{}
	if address.Scheme != "" {
		to["scheme"] = address.Scheme
	}
	if host != "" {
		to["hostname"] = host
	}
	if port, err := strconv.ParseInt(address.Port(), 10, 32); err == nil {
		to["port"] = port
	}
	if !samePath {
		to["path"] = map[string]any{"type": "ReplaceFullPath", "replaceFullPath": cmp.Or(address.Path, "/")}
	}
	return to, nil
}

func toPath(path string) map[string]any {
	to := map[string]any{"path": map[string]any{"type": "ReplaceFullPath", "replaceFullPath": path}, "statusCode": int64(302)}
	return map[string]any{"type": "RequestRedirect", "requestRedirect": to}
}

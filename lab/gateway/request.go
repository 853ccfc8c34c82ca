package gateway

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// SourceHeader carries labels of the pretended caller, KEY=VALUE with commas between, for routes with sourceLabels.
const SourceHeader = "X-Lab-Source"

// request is what routes look at.
type request struct {
	host   string // lower case, without port
	port   string // empty if the Host header has none
	method string
	path   string
	header http.Header
	source map[string]string
}

func newRequest(r *http.Request) request {
	host, port, _ := strings.Cut(strings.ToLower(r.Host), ":")
	q := request{host: host, port: port, method: r.Method, path: r.URL.Path, header: r.Header, source: map[string]string{}}
	if q.path == "" {
		q.path = "/"
	}
	for pair := range strings.SplitSeq(r.Header.Get(SourceHeader), ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			q.source[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return q
}

// test judges one value of a request.
type test func(value string) bool

func exact(want string) test  { return func(v string) bool { return v == want } }
func prefix(want string) test { return func(v string) bool { return strings.HasPrefix(v, want) } }
func present(string) bool     { return true }

// matching tests against the whole value; a pattern that cannot be read matches nothing.
func matching(pattern string) test {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return func(string) bool { return false }
	}
	return re.MatchString
}

// folder tests for a path or anything below it, element by element.
func folder(want string) test {
	want = strings.TrimSuffix(want, "/")
	return func(v string) bool {
		rest, ok := strings.CutPrefix(v, want)
		return ok && (rest == "" || rest[0] == '/')
	}
}

// match is a set of conditions that must all hold; nil tests hold.
type match struct {
	path, method, authority test
	headers                 map[string]test // a header that is absent fails its test
	without                 map[string]test // headers that must fail theirs
	source                  map[string]string
}

func (m match) fits(r request) bool {
	if !holds(m.path, r.path) || !holds(m.method, r.method) || !holds(m.authority, r.host) {
		return false
	}
	for name, t := range m.headers {
		if !hasHeader(r, name, t) {
			return false
		}
	}
	for name, t := range m.without {
		if hasHeader(r, name, t) {
			return false
		}
	}
	for key, want := range m.source {
		if r.source[key] != want {
			return false
		}
	}
	return true
}

func holds(t test, value string) bool { return t == nil || t(value) }

func hasHeader(r request, name string, t test) bool {
	return slices.ContainsFunc(r.header.Values(name), t)
}

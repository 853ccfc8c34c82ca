package clitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Server is an API server in memory. Close it when done.
type Server struct {
	// URL is where it listens, on the loopback interface.
	URL string

	http *httptest.Server
	lack Lacks

	mu      sync.Mutex
	objects map[key]*unstructured.Unstructured
	version int
	events  []event
	changed chan struct{} // closed and replaced at each event
	writes  strings.Builder
	bump    int // writes that meet a conflict before the next succeeds
}

// Lacks is what a Server is told to lack or refuse.
type Lacks struct {
	// CRDs: no argoproj.io resources at all.
	CRDs bool
	// Status: no status subresource, so that status is written with the object.
	Status bool
	// Credentials: every request is unauthorized.
	Credentials bool
	// Permissions are refused requests such as "patch rollouts/status".
	Permissions []string
}

// New starts a Server with the objects of a multi-document YAML file.
func New(manifests []byte, lack Lacks) (*Server, error) {
	s := &Server{lack: lack, objects: map[key]*unstructured.Unstructured{}, version: 100, changed: make(chan struct{})}
	if err := s.load(manifests); err != nil {
		return nil, err
	}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s, nil
}

// Close ends all watches and stops listening.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// HangUp breaks all connections, watches among them; the server goes on listening.
func (s *Server) HangUp() { s.http.CloseClientConnections() }

// Writes returns every write since the last call: method, path and media type on one line, the body as it came on the next.
func (s *Server) Writes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.writes.Reset()
	return s.writes.String()
}

// Conflicts lets somebody else be first at the next n writes.
func (s *Server) Conflicts(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bump = n
}

// request is what a URL says.
type request struct {
	key
	subresource string
	verb        string
	body        []byte
	*http.Request
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", err.Error(), request{})
		return
	}
	q, known := parse(r)
	q.body = body
	switch {
	case s.lack.Credentials:
		refuse(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized", q)
	case !known, s.lack.CRDs && strings.HasPrefix(kinds[q.resource].apiVersion, "argoproj.io"):
		http.NotFound(w, r)
	case slices.Contains(s.lack.Permissions, q.permission()):
		refuse(w, http.StatusForbidden, "Forbidden", "User \"test\" cannot "+q.permission(), q)
	case q.verb == "watch":
		s.watch(w, q)
	default:
		s.answer(w, q)
	}
}

func (q request) permission() string {
	if q.subresource == "" {
		return q.verb + " " + q.resource
	}
	return q.verb + " " + q.resource + "/" + q.subresource
}

// parse reads /api/v1/... and /apis/GROUP/VERSION/..., with namespaces/NS/ or without.
func parse(r *http.Request) (request, bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	skip := map[string]int{"api": 2, "apis": 3}[parts[0]]
	if skip == 0 || len(parts) <= skip {
		return request{Request: r}, false
	}
	apiVersion, parts := strings.Join(parts[1:skip], "/"), parts[skip:]
	q := request{Request: r}
	if parts[0] == "namespaces" && len(parts) > 2 {
		q.namespace, parts = parts[1], parts[2:]
	}
	for i, field := range []*string{&q.resource, &q.name, &q.subresource} {
		if i < len(parts) {
			*field = parts[i]
		}
	}
	q.verb = q.theVerb()
	return q, kinds[q.resource].apiVersion == apiVersion
}

func (q request) theVerb() string {
	switch {
	case q.Method == http.MethodPatch:
		return "patch"
	case q.Method == http.MethodPut:
		return "update"
	case q.Method == http.MethodPost:
		return "create"
	case q.URL.Query().Get("watch") != "":
		return "watch"
	case q.name == "":
		return "list"
	}
	return "get"
}

// answer handles all that is no watch, one request at a time.
func (s *Server) answer(w http.ResponseWriter, q request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.verb == "list" {
		send(w, s.list(q))
		return
	}
	if q.verb == "create" {
		s.create(w, q)
		return
	}
	object, found := s.objects[q.key]
	if !found || (q.subresource == "status" && s.lack.Status) {
		refuse(w, http.StatusNotFound, "NotFound", fmt.Sprintf("%s %q not found", q.resource, q.name), q)
		return
	}
	if q.verb == "get" {
		send(w, object.Object)
		return
	}
	s.write(w, q, object)
}

func (s *Server) list(q request) map[string]any {
	known := kinds[q.resource]
	list := []any{}
	for _, object := range s.matching(q) {
		list = append(list, object.Object)
	}
	return map[string]any{
		"apiVersion": known.apiVersion, "kind": known.kind + "List",
		"metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)},
		"items":    list,
	}
}

// matching are the objects that a list or watch speaks of, by namespace and name.
func (s *Server) matching(q request) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for at, object := range s.objects {
		if at.resource == q.resource && q.selects(object) {
			found = append(found, object)
		}
	}
	slices.SortFunc(found, func(a, b *unstructured.Unstructured) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
	return found
}

func (q request) selects(object *unstructured.Unstructured) bool {
	name, byName := strings.CutPrefix(q.URL.Query().Get("fieldSelector"), "metadata.name=")
	return (q.namespace == "" || q.namespace == object.GetNamespace()) && (!byName || name == object.GetName())
}

func send(w http.ResponseWriter, object any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object) // the client hung up
}

func refuse(w http.ResponseWriter, code int, reason, message string, q request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": "v1", "kind": "Status", "status": "Failure",
		"code": code, "reason": reason, "message": message,
		"details": map[string]any{"name": q.name, "kind": q.resource},
	})
}

package clitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// create stores a new object. A name of which only the beginning is given ends in the object's version.
func (s *Server) create(w http.ResponseWriter, q request) {
	fmt.Fprintf(&s.writes, "%s %s %s\n%s\n", q.Method, q.URL.Path, q.Header.Get("Content-Type"), q.body)
	object, err := fromJSON(q.body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", err.Error(), q)
		return
	}
	if object.GetName() == "" {
		object.SetName(object.GetGenerateName() + strconv.Itoa(s.version+1))
	}
	q.name = object.GetName()
	if _, taken := s.objects[q.key]; taken {
		refuse(w, http.StatusConflict, "AlreadyExists", fmt.Sprintf("%s %q already exists", q.resource, q.name), q)
		return
	}
	object.SetGeneration(1)
	s.put("ADDED", object)
	send(w, object.Object)
}

// write carries out a patch or an update of an object that exists.
func (s *Server) write(w http.ResponseWriter, q request, object *unstructured.Unstructured) {
	fmt.Fprintf(&s.writes, "%s %s %s\n%s\n", q.Method, q.URL.Path, q.Header.Get("Content-Type"), q.body)
	if s.bump > 0 {
		s.bump--
		s.put("MODIFIED", object.DeepCopy())
		object = s.objects[q.key]
	}
	wanted, err := patched(q, object)
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", err.Error(), q)
		return
	}
	if wanted.GetResourceVersion() != object.GetResourceVersion() {
		refuse(w, http.StatusConflict, "Conflict", "the object has been modified", q)
		return
	}
	s.settle(q, object, wanted)
	s.put("MODIFIED", wanted)
	send(w, wanted.Object)
}

func patched(q request, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if q.verb == "update" {
		return fromJSON(q.body)
	}
	if q.Header.Get("Content-Type") == "application/merge-patch+json" {
		return merge(object, q.body)
	}
	raw, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(q.body)
	if err != nil {
		return nil, err
	}
	if raw, err = patch.Apply(raw); err != nil {
		return nil, err
	}
	return fromJSON(raw)
}

func merge(object *unstructured.Unstructured, patch []byte) (*unstructured.Unstructured, error) {
	raw, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	if raw, err = jsonpatch.MergePatch(raw, patch); err != nil {
		return nil, fmt.Errorf("merging %s: %w", patch, err)
	}
	return fromJSON(raw)
}

// settle keeps spec and status apart, and counts generations.
func (s *Server) settle(q request, before, after *unstructured.Unstructured) {
	switch {
	case q.subresource == "status":
		after.Object["spec"] = before.Object["spec"]
	case q.resource == "rollouts" && !s.lack.Status:
		restore(after, "status", before.Object["status"])
	}
	if !reflect.DeepEqual(before.Object["spec"], after.Object["spec"]) {
		after.SetGeneration(before.GetGeneration() + 1)
	}
}

func restore(object *unstructured.Unstructured, field string, value any) {
	if value == nil {
		delete(object.Object, field)
		return
	}
	object.Object[field] = value
}

// watch sends what happened since the resource version asked for, then what happens, until the client hangs up.
func (s *Server) watch(w http.ResponseWriter, q request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	since, _ := strconv.Atoi(q.URL.Query().Get("resourceVersion"))
	if q.URL.Query().Get("sendInitialEvents") == "true" {
		since = s.sendPresent(w, q)
	}
	for {
		s.mu.Lock()
		events, changed := s.events, s.changed
		s.mu.Unlock()
		for _, e := range events {
			if e.version <= since {
				continue
			}
			since = e.version
			if e.resource == q.resource && q.selects(e.object) {
				sendEvent(w, e.kind, e.object)
			}
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-changed:
		case <-q.Context().Done():
			return
		}
	}
}

// sendPresent begins a watch with the objects that there are, and says where they end.
func (s *Server) sendPresent(w http.ResponseWriter, q request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, object := range s.matching(q) {
		sendEvent(w, "ADDED", object)
	}
	end := &unstructured.Unstructured{Object: map[string]any{}}
	end.SetAPIVersion(kinds[q.resource].apiVersion)
	end.SetKind(kinds[q.resource].kind)
	end.SetResourceVersion(strconv.Itoa(s.version))
	end.SetAnnotations(map[string]string{"k8s.io/initial-events-end": "true"})
	sendEvent(w, "BOOKMARK", end)
	return s.version
}

func sendEvent(w http.ResponseWriter, kind string, object *unstructured.Unstructured) {
	_ = json.NewEncoder(w).Encode(map[string]any{"type": kind, "object": object.Object}) // the client hung up
}

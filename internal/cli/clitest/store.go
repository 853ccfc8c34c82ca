package clitest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// event is one change, as a watch tells it.
type event struct {
	version  int
	kind     string // ADDED, MODIFIED, DELETED
	resource string
	object   *unstructured.Unstructured
}

// key finds an object: resource, namespace and name.
type key struct {
	resource, namespace, name string
}

// load adds the objects of a multi-document YAML file.
func (s *Server) load(manifests []byte) error {
	for document := range bytes.SplitSeq(manifests, []byte("\n---\n")) {
		text, err := yaml.YAMLToJSON(document)
		if err != nil {
			return fmt.Errorf("reading a manifest: %w", err)
		}
		object, err := fromJSON(text)
		if err != nil {
			return err
		}
		if object.Object == nil {
			continue
		}
		s.put("ADDED", object)
	}
	return nil
}

// put stores the object under a new resource version and tells the watchers.
func (s *Server) put(kind string, object *unstructured.Unstructured) {
	s.version++
	object.SetResourceVersion(strconv.Itoa(s.version))
	at := key{resourceOf(object.GetKind()), object.GetNamespace(), object.GetName()}
	s.objects[at] = object
	s.tell(kind, at.resource, object)
}

func (s *Server) tell(kind, resource string, object *unstructured.Unstructured) {
	s.events = append(s.events, event{s.version, kind, resource, object.DeepCopy()})
	close(s.changed)
	s.changed = make(chan struct{})
}

func resourceOf(kind string) string {
	for resource, known := range kinds {
		if known.kind == kind {
			return resource
		}
	}
	return strings.ToLower(kind) + "s"
}

// kinds are the resources that the server knows.
var kinds = map[string]struct{ apiVersion, kind string }{
	"rollouts":                 {"argoproj.io/v1alpha1", "Rollout"},
	"analysisruns":             {"argoproj.io/v1alpha1", "AnalysisRun"},
	"experiments":              {"argoproj.io/v1alpha1", "Experiment"},
	"analysistemplates":        {"argoproj.io/v1alpha1", "AnalysisTemplate"},
	"clusteranalysistemplates": {"argoproj.io/v1alpha1", "ClusterAnalysisTemplate"},
	"ingresses":                {"networking.k8s.io/v1", "Ingress"},
	"virtualservices":          {"networking.istio.io/v1", "VirtualService"},
	"gateways":                 {"networking.istio.io/v1", "Gateway"},
	"httproutes":               {"gateway.networking.k8s.io/v1", "HTTPRoute"},
	"replicasets":              {"apps/v1", "ReplicaSet"},
	"deployments":              {"apps/v1", "Deployment"},
	"pods":                     {"v1", "Pod"},
	"services":                 {"v1", "Service"},
	"podtemplates":             {"v1", "PodTemplate"},
	"nodes":                    {"v1", "Node"},
}

// Change merges a patch into an object, status included, as a controller would.
func (s *Server) Change(resource, namespace, name, patch string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[key{resource, namespace, name}]
	if !ok {
		return fmt.Errorf("changing %s %q: there is none in namespace %q", resource, name, namespace)
	}
	changed, err := merge(object, []byte(patch))
	if err != nil {
		return err
	}
	s.put("MODIFIED", changed)
	return nil
}

// Remove deletes an object.
func (s *Server) Remove(resource, namespace, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key{resource, namespace, name}
	object, ok := s.objects[at]
	if !ok {
		return fmt.Errorf("removing %s %q: there is none in namespace %q", resource, name, namespace)
	}
	delete(s.objects, at)
	s.version++
	object.SetResourceVersion(strconv.Itoa(s.version))
	s.tell("DELETED", resource, object)
	return nil
}

// fromJSON keeps whole numbers whole, as a real server does: a generation can be counted on.
func fromJSON(raw []byte) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(raw, &object.Object); err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	return object, nil
}

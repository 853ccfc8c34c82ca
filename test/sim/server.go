package sim

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// Server keeps objects as an API server does: every real change gets a new resourceVersion, a change beside metadata and status a new
// generation, status is written apart, stale writes and failed tests are refused. Reads show the present state; a cache reads the past.
type Server struct {
	client.Client // nil: what is not written below is not used by the controller

	// Before and After see each write of the controller. An error from Before refuses the write; one from After loses its answer.
	Before, After func(Write) error
	// Changed is told of the kind of every object that really changes, whoever changes it.
	Changed func(schema.GroupKind)

	scheme  *runtime.Scheme
	now     func() time.Time
	objects map[id]map[string]any
	past    map[id][]edition     // all that objects were, oldest first
	decoded map[id]client.Object // by the same names, of the same versions
	indexes map[string]client.IndexerFunc
	version int64
	writes  int
	done    []Write // in this turn
	// wrote is told of each write of the controller with the object before and after it; nil for one that is not there.
	wrote func(which id, before, after map[string]any)
	// answered is told of each object that the controller has got an answer about.
	answered func(which id)
}

// edition is an object as it was since a version; nil where it was gone.
type edition struct {
	version int64
	object  map[string]any
}

// Write is one write of the controller, counted from 1.
type Write struct {
	Number     int
	Verb       string // create, update, patch, delete, update status
	Kind, Name string
}

func (w Write) String() string { return fmt.Sprintf("%s %s %s", w.Verb, w.Kind, w.Name) }

// id names an object, whatever version it is read in.
type id struct {
	kind schema.GroupKind
	key  types.NamespacedName
}

func newServer(scheme *runtime.Scheme, now func() time.Time) *Server {
	return &Server{
		Changed: func(schema.GroupKind) {}, scheme: scheme, now: now, indexes: map[string]client.IndexerFunc{},
		objects: map[id]map[string]any{}, past: map[id][]edition{}, decoded: map[id]client.Object{},
	}
}

// Get implements client.Reader.
func (s *Server) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	return cache{Server: s}.Get(ctx, key, object, options...)
}

// List implements client.Reader, for the questions that observe.Indexes prepares.
func (s *Server) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	return cache{Server: s}.List(ctx, list, options...)
}

func (s *Server) answers(kind schema.GroupKind, object client.Object, asked client.ListOptions) bool {
	if asked.FieldSelector == nil {
		return true
	}
	for _, need := range asked.FieldSelector.Requirements() {
		extract := s.indexes[kind.String()+" "+need.Field]
		if extract == nil {
			panic(fmt.Sprintf("nobody prepared an index of %s by %s", kind, need.Field))
		}
		if !slices.Contains(extract(object), need.Value) {
			return false
		}
	}
	return true
}

// IndexField implements client.FieldIndexer.
func (s *Server) IndexField(_ context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	kind, err := apiutil.GVKForObject(object, s.scheme)
	if err != nil {
		return err
	}
	s.indexes[kind.GroupKind().String()+" "+field] = extract
	return nil
}

// of lists the objects of a kind by namespace and name.
func (s *Server) of(kind schema.GroupKind) []id {
	var found []id
	for which := range s.objects {
		if which.kind == kind {
			found = append(found, which)
		}
	}
	slices.SortFunc(found, func(a, b id) int { return compareKeys(a.key, b.key) })
	return found
}

func compareKeys(a, b types.NamespacedName) int {
	switch {
	case a == b:
		return 0
	case a.String() < b.String():
		return -1
	default:
		return 1
	}
}

// put stores an object as its kind's rules say.
func (s *Server) put(which id, before, after map[string]any) {
	object := &unstructured.Unstructured{Object: after}
	if before == nil {
		object.SetUID(types.UID(fmt.Sprintf("uid-%d", s.version+1)))
		if created := object.GetCreationTimestamp(); created.IsZero() {
			object.Object["metadata"].(map[string]any)["creationTimestamp"] = s.now().UTC().Format(time.RFC3339)
		}
		object.SetGeneration(1)
	}
	if before != nil {
		old := &unstructured.Unstructured{Object: before}
		object.SetResourceVersion(old.GetResourceVersion())
		object.SetGeneration(old.GetGeneration())
		if same(before, after) {
			return
		}
		if !same(desired(before), desired(after)) {
			object.SetGeneration(old.GetGeneration() + 1)
		}
	}
	s.version++
	object.SetResourceVersion(strconv.FormatInt(s.version, 10))
	s.objects[which] = after
	s.past[which] = append(s.past[which], edition{s.version, after})
	s.Changed(which.kind)
}

// drop removes an object.
func (s *Server) drop(which id) {
	s.version++
	delete(s.objects, which)
	delete(s.decoded, which)
	s.past[which] = append(s.past[which], edition{version: s.version})
	s.Changed(which.kind)
}

// desired is an object without what does not count for its generation.
func desired(object map[string]any) map[string]any {
	rest := maps.Clone(object)
	delete(rest, "metadata")
	delete(rest, "status")
	return rest
}

// read fills an object that a caller brought with what is stored.
func (s *Server) read(which id, object client.Object) error {
	if loose, ok := object.(*unstructured.Unstructured); ok {
		fillLoose(loose, s.objects[which])
		return nil
	}
	known, err := s.typed(which, object)
	if err != nil {
		return err
	}
	reflect.ValueOf(object).Elem().Set(reflect.ValueOf(known.DeepCopyObject()).Elem())
	return nil
}

func fillLoose(loose *unstructured.Unstructured, stored map[string]any) {
	asked := loose.GroupVersionKind()
	loose.Object = runtime.DeepCopyJSON(stored)
	loose.SetGroupVersionKind(asked)
}

// typed is a stored object in the type of its kind, decoded once a version. It must not be changed.
func (s *Server) typed(which id, like client.Object) (client.Object, error) {
	if known := s.decoded[which]; known != nil && known.GetResourceVersion() == versionOf(s.objects[which]) {
		return known, nil
	}
	fresh := reflect.New(reflect.TypeOf(like).Elem()).Interface().(client.Object)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(s.objects[which], fresh); err != nil {
		return nil, err
	}
	s.decoded[which] = fresh
	return fresh, nil
}

func versionOf(object map[string]any) string {
	return (&unstructured.Unstructured{Object: object}).GetResourceVersion()
}

func notFound(which id) error {
	return apierrors.NewNotFound(schema.GroupResource{Group: which.kind.Group, Resource: which.kind.Kind}, which.key.Name)
}

func conflict(which id, why string) error {
	return apierrors.NewConflict(schema.GroupResource{Group: which.kind.Group, Resource: which.kind.Kind}, which.key.Name, fmt.Errorf("%s", why))
}

package traffic

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Ref names one object that a router reads or writes.
type Ref struct {
	schema.GroupVersionKind
	Namespace string
	// Name of the object; Any stands for all of the kind in the namespace, or in the cluster where Namespace is empty.
	Name string
	// Ours is true for an object that the renderer creates itself, and removes; any other must exist before.
	Ours bool
}

// Any is the name of all objects of a kind. They are only read.
const Any = "*"

// Empty is an object of that kind and name with nothing in it.
func (r Ref) Empty() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(r.GroupVersionKind)
	object.SetNamespace(r.Namespace)
	object.SetName(r.Name)
	return object
}

func (r Ref) String() string { return fmt.Sprintf("%s %s/%s", r.Kind, r.Namespace, r.Name) }

// Claim is a part of a shared object that only one Rollout may write.
type Claim struct {
	Ref  Ref
	Part string // such as "http route primary"; AnyPart overlaps every part
}

// AnyPart is the part claimed by a Rollout that does not say which part is its own.
const AnyPart = "*"

// Overlaps tells whether two Rollouts that hold these claims would write the same entries.
func (c Claim) Overlaps(other Claim) bool {
	same := c.Ref.GroupKind() == other.Ref.GroupKind() && c.Ref.Namespace == other.Ref.Namespace && c.Ref.Name == other.Ref.Name
	return same && (c.Part == other.Part || c.Part == AnyPart || other.Part == AnyPart)
}

// Renderer is the pure half of a mesh: it knows which objects carry a Rollout's routing and how a Routing reads there.
// A Renderer holds no state.
type Renderer interface {
	// Objects names all objects that carry the Rollout's routing, in the order in which they are to be written.
	// None means that the Rollout does not use this mesh.
	Objects(ro *v1alpha1.Rollout) []Ref
	// Claims lists the parts of those objects that the Rollout may write.
	Claims(ro *v1alpha1.Rollout) []Claim
	// Render returns the objects as they should be. It changes none of its arguments, touches only the Rollout's own entries and
	// returns equal objects where nothing is to be done. One that was found under a Ref that is Ours, and is not returned, is to go; it
	// goes after the others are written. An error is a *field.Error that names the object and the way out.
	Render(ro *v1alpha1.Rollout, found []*unstructured.Unstructured, want Routing) ([]*unstructured.Unstructured, error)
}

// Verifier is a Renderer whose mesh reports on its objects what it has taken.
type Verifier interface {
	// Verify says what the mesh has not taken yet of the objects as they are, naming the object and what it reports. Empty: all.
	Verify(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) string
}

// Inspector is a Renderer that knows of settings around the Rollout's own entries which would surprise whoever wrote them.
type Inspector interface {
	// Inspect returns what it finds, the worst first.
	Inspect(ro *v1alpha1.Rollout, found []*unstructured.Unstructured) []Finding
}

// Live is one mesh of one Rollout as it stands in the cluster now.
type Live struct {
	Renderer Renderer
	Found    []*unstructured.Unstructured
}

// Differences returns the writes that make the mesh follow want, in order; none when it does already.
func (l Live) Differences(ro *v1alpha1.Rollout, want Routing) ([]Change, error) {
	after, err := l.Renderer.Render(ro, l.Found, want)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, object := range after {
		if change := NewChange(Find(l.Found, object), object); change != nil {
			changes = append(changes, *change)
		}
	}
	for _, ref := range l.Renderer.Objects(ro) {
		if gone := Find(l.Found, ref.Empty()); ref.Ours && gone != nil && Find(after, gone) == nil {
			changes = append(changes, Change{Before: gone})
		}
	}
	return changes, nil
}

// Pending says what the mesh has not taken yet of the objects as they are; empty where it has, and where a mesh does not report it.
func (l Live) Pending(ro *v1alpha1.Rollout) string {
	if verifier, ok := l.Renderer.(Verifier); ok {
		return verifier.Verify(ro, l.Found)
	}
	return ""
}

// Verifies tells whether the mesh reports what it has taken.
func (l Live) Verifies() bool {
	_, ok := l.Renderer.(Verifier)
	return ok
}

// Findings are what the mesh's Renderer has to say about the settings around the Rollout's entries.
func (l Live) Findings(ro *v1alpha1.Rollout) []Finding {
	if inspector, ok := l.Renderer.(Inspector); ok {
		return inspector.Inspect(ro, l.Found)
	}
	return nil
}

// Find returns the object of the same kind, namespace and name; nil when there is none.
func Find(objects []*unstructured.Unstructured, like *unstructured.Unstructured) *unstructured.Unstructured {
	for _, o := range objects {
		if o.GroupVersionKind().GroupKind() == like.GroupVersionKind().GroupKind() && o.GetNamespace() == like.GetNamespace() && o.GetName() == like.GetName() {
			return o
		}
	}
	return nil
}

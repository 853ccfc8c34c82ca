package sim

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// Manifests reads a stream of YAML documents.
func Manifests(text string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq("\n"+text, "\n---") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			return nil, fmt.Errorf("reading manifests: %w", err)
		}
		if len(object.Object) == 0 {
			continue
		}
		object.Object = whole(object.Object).(map[string]any)
		if object.GetNamespace() == "" && !strings.HasPrefix(object.GetKind(), "Cluster") {
			object.SetNamespace(Namespace)
		}
		if err := known(object); err != nil {
			return nil, err
		}
		all = append(all, object)
	}
	return all, nil
}

// known refuses fields of a Rollout that do not exist, so that a slip in a scenario is not taken for its meaning.
func known(object *unstructured.Unstructured) error {
	if object.GetKind() != v1alpha1.RolloutKind {
		return nil
	}
	var ro v1alpha1.Rollout
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &ro, true); err != nil {
		return fmt.Errorf("reading Rollout %s: %w", object.GetName(), err)
	}
	return nil
}

// Apply creates an object, as somebody with kubectl does; one that exists already gets the manifest's spec back.
func (w *World) Apply(object *unstructured.Unstructured) {
	which := id{object.GroupVersionKind().GroupKind(), types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}}
	after := runtime.DeepCopyJSON(object.Object)
	if before := w.Server.objects[which]; before != nil {
		kept := runtime.DeepCopyJSON(before)
		kept["spec"] = after["spec"]
		w.Server.put(which, before, kept)
		w.forgive()
		return
	}
	w.Server.put(which, nil, after)
}

// Remove deletes an object.
func (w *World) Remove(kind, name string) error {
	which, err := w.find(kind, name)
	if err != nil {
		return err
	}
	w.Server.drop(which)
	w.forgive()
	return nil
}

// forgive notes which Services have no hash because somebody took it from them.
func (w *World) forgive() {
	ro := w.Rollout()
	if ro == nil {
		return
	}
	for _, name := range v1alpha1.ServiceNames(ro) {
		w.stripped[name] = w.selects(name) == ""
	}
}

// find finds an object by its kind, in any case, and name.
func (w *World) find(kind, name string) (id, error) {
	for which := range w.Server.objects {
		if strings.EqualFold(which.kind.Kind, kind) && which.key.Name == name {
			return which, nil
		}
	}
	return id{}, fmt.Errorf("there is no %s %s", kind, name)
}

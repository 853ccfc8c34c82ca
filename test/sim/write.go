package sim

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	jsonpatch "github.com/evanphx/json-patch/v5"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// Create implements client.Writer.
func (s *Server) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	return s.write("create", object, func(which id, before map[string]any) (map[string]any, error) {
		if before != nil {
			return nil, apierrors.NewAlreadyExists(schema.GroupResource{Group: which.kind.Group, Resource: which.kind.Kind}, which.key.Name)
		}
		return s.loose(object)
	})
}

// Delete implements client.Writer.
func (s *Server) Delete(_ context.Context, object client.Object, _ ...client.DeleteOption) error {
	return s.write("delete", object, func(which id, before map[string]any) (map[string]any, error) {
		if before == nil {
			return nil, notFound(which)
		}
		return nil, nil
	})
}

// Patch implements client.Writer.
func (s *Server) Patch(_ context.Context, object client.Object, patch client.Patch, _ ...client.PatchOption) error {
	return s.write("patch", object, func(which id, before map[string]any) (map[string]any, error) {
		if before == nil {
			return nil, notFound(which)
		}
		body, err := patch.Data(object)
		if err != nil {
			return nil, err
		}
		after, err := patched(which, before, patch.Type(), body)
		if err != nil {
			return nil, err
		}
		return after, refresh(which, before, after, "status")
	})
}

// Status implements client.StatusClient.
func (s *Server) Status() client.SubResourceWriter { return statusWriter{server: s} }

type statusWriter struct {
	client.SubResourceWriter
	server *Server
}

// Update implements client.SubResourceWriter: nothing but the status is written.
func (w statusWriter) Update(_ context.Context, object client.Object, _ ...client.SubResourceUpdateOption) error {
	return w.server.write("update status", object, func(which id, before map[string]any) (map[string]any, error) {
		if before == nil {
			return nil, notFound(which)
		}
		sent, err := w.server.loose(object)
		if err != nil {
			return nil, err
		}
		if err := fresh(which, before, sent); err != nil {
			return nil, err
		}
		after := runtime.DeepCopyJSON(before)
		after["status"] = sent["status"]
		return after, nil
	})
}

// write carries out one write of the controller between its two hooks and fills object with the answer.
func (s *Server) write(verb string, object client.Object, change func(which id, before map[string]any) (map[string]any, error)) error {
	kind, err := apiutil.GVKForObject(object, s.scheme)
	if err != nil {
		return err
	}
	which := id{kind.GroupKind(), client.ObjectKeyFromObject(object)}
	s.writes++
	w := Write{Number: s.writes, Verb: verb, Kind: kind.Kind, Name: which.key.Name}
	if err := ask(s.Before, w); err != nil {
		return err
	}
	before := s.objects[which]
	after, err := change(which, before)
	switch {
	case err != nil:
		return err
	case after == nil:
		s.drop(which)
	default:
		s.put(which, before, after)
	}
	s.done = append(s.done, w)
	if s.wrote != nil {
		s.wrote(which, before, s.objects[which])
	}
	if err := ask(s.After, w); err != nil {
		return err
	}
	if after == nil {
		return nil
	}
	if s.answered != nil {
		s.answered(which)
	}
	return s.read(which, object)
}

func ask(hook func(Write) error, w Write) error {
	if hook == nil {
		return nil
	}
	return hook(w)
}

// Edit is a write of somebody else: no hook sees it.
func (s *Server) Edit(which id, change func(object map[string]any)) error {
	before := s.objects[which]
	if before == nil {
		return notFound(which)
	}
	after := runtime.DeepCopyJSON(before)
	change(after)
	s.put(which, before, after)
	return nil
}

// patched applies a patch of one of the three kinds that are sent.
func patched(which id, before map[string]any, kind types.PatchType, body []byte) (map[string]any, error) {
	text, err := json.Marshal(before)
	if err != nil {
		return nil, err
	}
	switch kind {
	case types.MergePatchType:
		text, err = jsonpatch.MergePatch(text, body)
	case types.StrategicMergePatchType:
		text, err = strategicpatch.StrategicMergePatch(text, body, appsv1.ReplicaSet{})
	case types.JSONPatchType:
		text, err = applied(which, text, body)
	default:
		err = fmt.Errorf("no such patch: %s", kind)
	}
	if err != nil {
		return nil, err
	}
	after := map[string]any{}
	return after, json.Unmarshal(text, &after)
}

// applied applies a JSON patch; the API server calls a failed test unprocessable and names no cause.
func applied(which id, text, body []byte) ([]byte, error) {
	patch, err := jsonpatch.DecodePatch(body)
	if err != nil {
		return nil, err
	}
	text, err = patch.Apply(text)
	if err != nil {
		return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
			Message: fmt.Sprintf("patching %s %s: %v", which.kind.Kind, which.key.Name, err),
		}}
	}
	return text, nil
}

// refresh refuses a write based on an old version, and takes over what this write may not change.
func refresh(which id, before, after map[string]any, apart string) error {
	if err := fresh(which, before, after); err != nil {
		return err
	}
	delete(after, apart)
	if kept, ok := before[apart]; ok {
		after[apart] = kept
	}
	return nil
}

func fresh(which id, before, sent map[string]any) error {
	read, have := versionOf(sent), versionOf(before)
	if read != "" && read != have {
		return conflict(which, fmt.Sprintf("version %s was read, it is at %s", read, have))
	}
	return nil
}

// loose is an object as it travels.
func (s *Server) loose(object client.Object) (map[string]any, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	raw := map[string]any{}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	kind, err := apiutil.GVKForObject(object, s.scheme)
	if err != nil {
		return nil, err
	}
	raw["apiVersion"], raw["kind"] = kind.ToAPIVersionAndKind()
	return raw, nil
}

func equal(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }

// same compares values of JSON, of which most of this world is made, many times faster than equal does.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			if other, there := b[key]; !there || !same(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	default:
		return a == b
	}
}

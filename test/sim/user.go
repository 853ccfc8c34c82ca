package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/revision"
)

// The verbs here write what the command line writes, field by field.

// EditRollout changes the Rollout as somebody with rights to all of it can.
func (w *World) EditRollout(change func(object map[string]any)) error {
	if err := w.Server.Edit(id{rolloutKind, w.key(w.name)}, change); err != nil {
		return err
	}
	return known(&unstructured.Unstructured{Object: w.Server.objects[id{rolloutKind, w.key(w.name)}]})
}

// SetImage gives the first container another tag.
func (w *World) SetImage(tag string) error {
	return w.EditRollout(func(object map[string]any) {
		container := lookUp(object, "spec", "template", "spec", "containers").([]any)[0].(map[string]any)
		name, _, _ := strings.Cut(container["image"].(string), ":")
		container["image"] = name + ":" + tag
	})
}

// SetStatus writes one field of the Rollout's status, the user's mailbox; nil removes it.
func (w *World) SetStatus(field string, value any) error {
	return w.EditRollout(func(object map[string]any) {
		status, ok := object["status"].(map[string]any)
		if !ok {
			status = map[string]any{}
			object["status"] = status
		}
		status[field] = value
		if value == nil {
			delete(status, field)
		}
	})
}

// Promote ends a pause, by hand too, or skips the step at work.
func (w *World) Promote() error {
	ro := w.Rollout()
	if err := w.resume(); err != nil {
		return err
	}
	run := ro.Status.Canary.CurrentStepAnalysisRunStatus
	doubt := run != nil && run.Status == v1alpha1.AnalysisPhaseInconclusive
	if len(ro.Status.PauseConditions) > 0 {
		if err := w.SetStatus("pauseConditions", nil); err != nil || !doubt {
			return err
		}
		if err := w.SetStatus("controllerPause", false); err != nil {
			return err
		}
	}
	return w.nextStep()
}

func (w *World) nextStep() error {
	ro := w.Rollout()
	if ro.Spec.Strategy.Canary == nil || len(ro.Spec.Strategy.Canary.Steps) == 0 {
		return nil
	}
	steps, index := int32(len(ro.Spec.Strategy.Canary.Steps)), int32(0)
	if ro.Status.CurrentStepIndex != nil {
		index = *ro.Status.CurrentStepIndex
	}
	return w.SetStatus("currentStepIndex", int64(min(index+1, steps)))
}

// PromoteFull skips everything that is left.
func (w *World) PromoteFull() error {
	ro := w.Rollout()
	if err := w.resume(); err != nil {
		return err
	}
	if ro.Status.CurrentPodHash == ro.Status.StableRS {
		return nil
	}
	return w.SetStatus("promoteFull", true)
}

func (w *World) resume() error {
	if !w.Rollout().Spec.Paused {
		return nil
	}
	return w.Set("spec.paused", "false")
}

// Undo puts a former revision's template back; number 0 is the last but one. A revision that is not there changes nothing.
func (w *World) Undo(number int64) error {
	sets := w.ReplicaSets()
	slices.SortFunc(sets, func(a, b *appsv1.ReplicaSet) int { return cmp.Compare(revision.Number(b), revision.Number(a)) })
	if number == 0 {
		if len(sets) < 2 {
			return nil
		}
		number = revision.Number(sets[1])
	}
	for _, rs := range sets {
		if revision.Number(rs) != number {
			continue
		}
		template, err := runtime.DefaultUnstructuredConverter.ToUnstructured(revision.Written(rs))
		if err != nil {
			return err
		}
		return w.EditRollout(func(object map[string]any) { object["spec"].(map[string]any)["template"] = template })
	}
	return nil
}

// Set sets a field of the Rollout by its path to a YAML value; an empty value removes it.
func (w *World) Set(path, value string) error {
	return w.setIn(id{rolloutKind, w.key(w.name)}, path, value)
}

// Change sets a field of any object by its path to a YAML value; an empty value removes it.
func (w *World) Change(kind, name, path, value string) error {
	which, err := w.find(kind, name)
	if err != nil {
		return err
	}
	defer w.forgive()
	return w.setIn(which, path, value)
}

// Insert puts a YAML value in front of a list in any object, unless the list has an entry of that name.
func (w *World) Insert(kind, name, path, value string) error {
	which, err := w.find(kind, name)
	if err != nil {
		return err
	}
	var entry any
	if err := yaml.Unmarshal([]byte(value), &entry); err != nil {
		return fmt.Errorf("reading %q: %w", value, err)
	}
	fields := strings.Split(path, ".")
	list, _, err := unstructured.NestedSlice(w.Server.objects[which], fields...)
	if err != nil || slices.ContainsFunc(list, func(e any) bool { return text(e, "name") == text(entry, "name") }) {
		return err
	}
	return w.Server.Edit(which, func(object map[string]any) {
		if err := put(object, fields, append([]any{whole(entry)}, list...)); err != nil {
			panic(err) // the list was there a moment ago
		}
	})
}

func (w *World) setIn(which id, path, value string) error {
	var parsed any
	if err := yaml.Unmarshal([]byte(value), &parsed); err != nil {
		return fmt.Errorf("reading %q: %w", value, err)
	}
	parsed = whole(parsed)
	before := w.Server.objects[which]
	if before == nil {
		return notFound(which)
	}
	after := runtime.DeepCopyJSON(before)
	if err := put(after, strings.Split(path, "."), parsed); err != nil {
		return fmt.Errorf("setting %s: %w", path, err)
	}
	if err := known(&unstructured.Unstructured{Object: after}); err != nil {
		return err
	}
	w.Server.put(which, before, after)
	return nil
}

// put sets a value in nested maps and lists; nil removes it.
func put(in any, path []string, value any) error {
	switch at := in.(type) {
	case map[string]any:
		if len(path) > 1 {
			if at[path[0]] == nil {
				at[path[0]] = map[string]any{}
			}
			return put(at[path[0]], path[1:], value)
		}
		at[path[0]] = value
		if value == nil {
			delete(at, path[0])
		}
		return nil
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(at) {
			return fmt.Errorf("there is no entry %q", path[0])
		}
		if len(path) > 1 {
			return put(at[i], path[1:], value)
		}
		at[i] = value
		return nil
	default:
		return fmt.Errorf("there is nothing below %T", in)
	}
}

// whole makes the numbers of YAML the ones that JSON objects hold.
func whole(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = whole(v[key])
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return value
}

func lookUp(object map[string]any, path ...string) any {
	value, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	return value
}

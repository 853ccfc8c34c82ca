package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// arguments of the Rollout with their values.
func (o Order) arguments() ([]v1alpha1.Argument, error) { return Arguments(o.Block.Args, o) }

// Arguments computes the values that a block of a Rollout gives: as written, from the hash of a pod template, or from a field. Of the
// Order it reads the Rollout and the hashes. An error names the argument.
func Arguments(args []v1alpha1.AnalysisRunArgument, o Order) ([]v1alpha1.Argument, error) {
	var computed []v1alpha1.Argument
	for _, arg := range args {
		value, err := o.value(arg)
		if err != nil {
			return nil, fmt.Errorf("args.%s: %w", arg.Name, err)
		}
		computed = append(computed, v1alpha1.Argument{Name: arg.Name, Value: &value})
	}
	return computed, nil
}

func (o Order) value(arg v1alpha1.AnalysisRunArgument) (string, error) {
	from := arg.ValueFrom
	switch {
	case from != nil && from.PodTemplateHashValue != nil:
		if *from.PodTemplateHashValue == v1alpha1.Stable {
			return o.Stable, nil
		}
		return o.Latest, nil
	case from != nil && from.FieldRef != nil:
		return FieldOf(o.Rollout, from.FieldRef.FieldPath)
	}
	return arg.Value, nil
}

// FieldOf reads a plain value of a Rollout: below metadata as the downward API does, elsewhere by walking through its JSON, with "."
// and "[n]" between the parts of the path.
func FieldOf(ro *v1alpha1.Rollout, path string) (string, error) {
	return fieldOf(subject{Object: ro, kind: v1alpha1.RolloutKind}, path)
}

// subject is an object that an argument may read.
type subject struct {
	metav1.Object
	kind string
}

func fieldOf(s subject, path string) (string, error) {
	if strings.HasPrefix(path, "metadata") {
		return metadataOf(s, path)
	}
	text, err := json.Marshal(s.Object)
	if err != nil {
		return "", fmt.Errorf("writing the %s as JSON: %w", s.kind, err)
	}
	var node any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&node); err != nil {
		return "", fmt.Errorf("reading the %s as JSON: %w", s.kind, err)
	}
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if node, err = within(node, part); err != nil {
			return "", fmt.Errorf("field %q of the %s: %w", path, s.kind, err)
		}
	}
	value, ok := plain(node)
	if !ok {
		return "", fmt.Errorf("field %q of the %s is no plain value", path, s.kind)
	}
	return value, nil
}

func within(node any, part string) (any, error) {
	switch n := node.(type) {
	case map[string]any:
		if value, ok := n[part]; ok {
			return value, nil
		}
		return nil, fmt.Errorf("there is no %q", part)
	case []any:
		index, err := strconv.Atoi(part)
		if err != nil {
			return nil, fmt.Errorf("%q is no index of a list", part)
		}
		if index < 0 || index >= len(n) {
			return nil, fmt.Errorf("index %d is outside of a list of %d", index, len(n))
		}
		return n[index], nil
	}
	return nil, fmt.Errorf("there is nothing below a plain value: %q", part)
}

func plain(node any) (value string, ok bool) {
	switch n := node.(type) {
	case string:
		return n, true
	case json.Number:
		return n.String(), true
	case bool:
		return strconv.FormatBool(n), true
	}
	return "", false
}

func metadataOf(s subject, path string) (string, error) {
	switch path {
	case "metadata.name":
		return s.GetName(), nil
	case "metadata.namespace":
		return s.GetNamespace(), nil
	case "metadata.uid":
		return string(s.GetUID()), nil
	case "metadata.labels":
		return listed(s.GetLabels()), nil
	case "metadata.annotations":
		return listed(s.GetAnnotations()), nil
	}
	for prefix, texts := range map[string]map[string]string{"metadata.labels['": s.GetLabels(), "metadata.annotations['": s.GetAnnotations()} {
		key, found := strings.CutPrefix(path, prefix)
		if key, closed := strings.CutSuffix(key, "']"); found && closed && key != "" {
			return texts[key], nil
		}
	}
	return "", fmt.Errorf("unsupported fieldPath: %s", path)
}

// listed writes labels as the downward API does: one key="value" a line, sorted.
func listed(texts map[string]string) string {
	lines := make([]string, 0, len(texts))
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		lines = append(lines, fmt.Sprintf("%s=%q", key, texts[key]))
	}
	return strings.Join(lines, "\n")
}

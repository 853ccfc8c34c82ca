package analysis

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kanari-dev/kanari/api/v1alpha1"
)

// masked stands for a secret wherever people look.
const masked = "*****"

// Fill puts values in the place of each {{args.name}} of a metric. An argument whose value is nil was declared and not supplied. The
// error names the first tag that has no value.
func Fill(m v1alpha1.Metric, values map[string]*string) (v1alpha1.Metric, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("writing metric %q as JSON: %w", m.Name, err)
	}
	if !bytes.Contains(text, []byte("{{")) {
		return *m.DeepCopy(), nil
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return m, fmt.Errorf("reading metric %q as JSON: %w", m.Name, err)
	}
	tree, err = fillTree(tree, values)
	if err != nil {
		return m, err
	}
	if text, err = json.Marshal(tree); err != nil {
		return m, fmt.Errorf("writing metric %q as JSON: %w", m.Name, err)
	}
	var filled v1alpha1.Metric
	if err := json.Unmarshal(text, &filled); err != nil {
		return m, fmt.Errorf("reading metric %q with its arguments filled in: %w", m.Name, err)
	}
	return filled, nil
}

func fillTree(node any, values map[string]*string) (any, error) {
	var err error
	switch n := node.(type) {
	case string:
		return fillText(n, values)
	case []any:
		for i := range n {
			if n[i], err = fillTree(n[i], values); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		filled := make(map[string]any, len(n))
		for _, key := range slices.Sorted(maps.Keys(n)) {
			name, err := fillText(key, values)
			if err != nil {
				return nil, err
			}
			if filled[name], err = fillTree(n[key], values); err != nil {
				return nil, err
			}
		}
		return filled, nil
	}
	return node, nil
}

func fillText(text string, values map[string]*string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		tag, after, closed := strings.Cut(rest, "}}")
		if !found || !closed {
			out.WriteString(text)
			return out.String(), nil
		}
		value, err := valueOf(strings.TrimSpace(tag), values)
		if err != nil {
			return "", err
		}
		out.WriteString(before + value)
		text = after
	}
}

func valueOf(tag string, values map[string]*string) (string, error) {
	name, isArgument := strings.CutPrefix(tag, "args.")
	value, declared := values[name]
	switch {
	case !isArgument || !declared:
		return "", fmt.Errorf("failed to resolve {{%s}}", tag)
	case value == nil:
		return "", fmt.Errorf("argument %q was not supplied", name)
	}
	return *value, nil
}

// Secrets lists what Decide wants to find in World.Secrets, each once; nothing once the run has ended.
func Secrets(run *v1alpha1.AnalysisRun) []v1alpha1.SecretKeyRef {
	if run.Status.Phase.Completed() {
		return nil
	}
	var refs []v1alpha1.SecretKeyRef
	for _, arg := range run.Spec.Args {
		if arg.ValueFrom != nil && arg.ValueFrom.SecretKeyRef != nil && !slices.Contains(refs, *arg.ValueFrom.SecretKeyRef) {
			refs = append(refs, *arg.ValueFrom.SecretKeyRef)
		}
	}
	return refs
}

// values by the name of the argument.
func values(args []v1alpha1.Argument, secrets map[v1alpha1.SecretKeyRef]string) (map[string]*string, error) {
	all := map[string]*string{}
	for _, arg := range args {
		all[arg.Name] = arg.Value
		if arg.Value != nil || arg.ValueFrom == nil || arg.ValueFrom.SecretKeyRef == nil {
			continue
		}
		ref := *arg.ValueFrom.SecretKeyRef
		value, known := secrets[ref]
		if !known {
			return nil, fmt.Errorf("key '%s' does not exist in secret '%s'", ref.Key, ref.Name)
		}
		all[arg.Name] = &value
	}
	return all, nil
}

// fill makes the gauges.
func (t *turn) fill(values map[string]*string) error {
	for _, m := range t.run.Spec.Metrics {
		filled, err := Fill(m, values)
		if err != nil {
			return err
		}
		g := gaugeOf(filled, &t.run.Spec)
		g.veiled = t.holdsSecret(expressions(m))
		t.gauges = append(t.gauges, g)
	}
	return nil
}

// expressions of a metric, all in one text.
func expressions(m v1alpha1.Metric) string {
	all := m.SuccessCondition + m.FailureCondition
	if p := m.Provider.Prometheus; p != nil && p.RangeQuery != nil {
		all += p.RangeQuery.Start + p.RangeQuery.End
	}
	return all
}

// holdsSecret tells whether the value of a secret is to be filled into a text.
func (t *turn) holdsSecret(text string) bool {
	text = strings.ReplaceAll(text, " ", "")
	return slices.ContainsFunc(t.run.Spec.Args, func(arg v1alpha1.Argument) bool {
		return arg.Value == nil && arg.ValueFrom != nil && strings.Contains(text, "{{args."+arg.Name+"}}")
	})
}

// withheld stands for the reason why a condition that holds a secret cannot be evaluated.
const withheld = "the condition holds a secret, so the reason is withheld"

// hidden lists what must not be seen, the longest first, for a secret may be part of another one: the values, and how they read
// within quotes. Empty ones hide nothing.
func hidden(secrets map[v1alpha1.SecretKeyRef]string) []string {
	var list []string
	for _, value := range secrets {
		quoted := strconv.Quote(value)
		list = append(list, value, quoted[1:len(quoted)-1])
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(list)
}

// redacted is a text without secrets.
func (t *turn) redacted(text string) string {
	for _, secret := range t.secrets {
		text = strings.ReplaceAll(text, secret, masked)
	}
	return text
}

func (t *turn) redactedMap(texts map[string]string) map[string]string {
	if len(texts) == 0 || len(t.secrets) == 0 {
		return texts
	}
	clean := make(map[string]string, len(texts))
	for key, text := range texts {
		clean[key] = t.redacted(text)
	}
	return clean
}

package expression

import (
	"errors"
	"reflect"
	"regexp"
	"regexp/syntax"

	"github.com/expr-lang/expr/builtin"
)

// What one evaluation may cost. A loop over the 11,000 points that Prometheus gives at most spends about a hundredth of it.
const (
	allowance = 4_000_000
	memory    = 1_000_000 // elements of lists and maps that the language makes
)

var errSpent = errors.New("stopped: the expression takes too much time or memory; loop over less, and not in loops")

// meter is the allowance of one evaluation.
type meter struct{ left int }

// The names by which the meter is called. No text can name them: a name has no blank.
const (
	tickName      = "meter tick"
	weighName     = "meter weigh"
	weighTextName = "meter weigh text"
	dearName      = "meter dear "
)

// dear are the functions of the language whose cost is not bounded by the sizes of what goes in: each says what it will cost.
func (m *meter) dear() map[string]func(args []any) int {
	return map[string]func(args []any) int{
		"repeat":  func(args []any) int { return times(length(args[0])/textShare+1, length(args[1])) },
		"join":    func(args []any) int { return times(length(args[0]), length(args[len(args)-1])/textShare+1) },
		"replace": func(args []any) int { return times(length(args[0])+1, length(args[2])/textShare+1) },
		"uniq":    func(args []any) int { return times(length(args[0]), m.weight(args[0], 1)) },
		"matches": func(args []any) int { return times(length(args[0])/textShare+1, instructions(args[1])/textShare+1) },
	}
}

// textShare is how many bytes of text, or steps through a pattern, cost as much as one element of a list.
const textShare = 16

// lend adds the meter's functions to the names of one evaluation.
func (m *meter) lend(names map[string]any) {
	names[tickName] = func(any) any { m.pay(1); return nil }
	names[weighName] = func(v any) any { m.pay(m.weight(v, 1)); return v }
	names[weighTextName] = func(v string) string { m.pay(m.weight(v, 1)); return v }
	for name, cost := range m.dear() {
		names[dearName+name] = func(args ...any) (any, error) {
			m.pay(cost(args))
			return call(name, args)
		}
	}
}

func (m *meter) pay(cost int) {
	if cost > m.left {
		m.left = 0
		panic(errSpent)
	}
	m.left -= cost
}

// weight is what one use of a value costs: one for each part that it has, and more the deeper a part lies (to print it takes that
// much). A part that is there twice counts twice, as it does for whoever walks through. It stops where the allowance does.
func (m *meter) weight(value any, depth int) int {
	switch v := value.(type) {
	case nil, bool, int, int64, float64:
		return depth
	case string:
		return depth + len(v)/textShare
	case []any:
		total := depth
		for i := 0; i < len(v) && total <= m.left; i++ {
			total += m.weight(v[i], depth+1)
		}
		return total
	case map[string]any:
		total := depth
		for key, part := range v {
			if total > m.left {
				break
			}
			total += 1 + len(key)/textShare + m.weight(part, depth+1)
		}
		return total
	}
	return m.weightOfOther(reflect.ValueOf(value), depth)
}

func (m *meter) weightOfOther(value reflect.Value, depth int) int {
	total := depth
	switch value.Kind() {
	case reflect.Slice, reflect.Array:
		if kind := value.Type().Elem().Kind(); kind >= reflect.Bool && kind <= reflect.Float64 {
			return depth + value.Len()*(depth+1)
		}
		for i := 0; i < value.Len() && total <= m.left; i++ {
			total += m.weight(value.Index(i).Interface(), depth+1)
		}
	case reflect.Map:
		for keys := value.MapRange(); total <= m.left && keys.Next(); {
			total += m.weight(keys.Key().Interface(), depth+1) + m.weight(keys.Value().Interface(), depth+1)
		}
	}
	return total
}

// call is the function of the language itself.
func call(name string, args []any) (any, error) {
	if name == "matches" {
		return matches(args[0], args[1])
	}
	function := builtin.Builtins[builtin.Index[name]]
	if function.Safe != nil {
		value, _, err := function.Safe(args...)
		return value, err
	}
	return function.Func(args...)
}

func matches(text, pattern any) (any, error) {
	if text == nil || pattern == nil {
		return false, nil
	}
	if bytes, ok := text.([]byte); ok {
		return regexp.Match(pattern.(string), bytes)
	}
	return regexp.MatchString(pattern.(string), text.(string))
}

// instructions is how many steps a pattern compiles to: a short one can be a long program.
func instructions(pattern any) int {
	text, _ := pattern.(string)
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0 // the function itself will say so
	}
	code, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(code.Inst)
}

// length of a text or list, or the number itself; 0 of anything else, which the function refuses anyway.
func length(value any) int {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String, reflect.Slice, reflect.Array:
		return v.Len()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return int(max(v.Int(), 0))
	}
	return 0
}

// times multiplies without running over.
func times(a, b int) int {
	if a > allowance || b > allowance {
		return allowance + 1
	}
	return a * b
}

package expression

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// vocabulary is what conditions may name beside the language's own functions.
func vocabulary(result any, now time.Time) map[string]any {
	names := boundVocabulary(now)
	names["result"] = result
	names["asInt"] = asInt
	names["asFloat"] = asFloat
	// Compat: these two look at the whole result, whatever they are asked about.
	names["isNil"] = func(any) bool { return isNil(result) }
	names["default"] = func(_, instead any) any {
		if isNil(result) {
			return instead
		}
		return result
	}
	return names
}

// boundVocabulary is what the bounds of a range of time may name. The present is handed in: a decision reads no clock.
func boundVocabulary(now time.Time) map[string]any {
	return map[string]any{
		"isNaN": math.IsNaN,
		"isInf": func(f float64) bool { return math.IsInf(f, 0) },
		"now": func(zone ...*time.Location) time.Time {
			if len(zone) > 0 && zone[0] != nil {
				return now.In(zone[0])
			}
			return now
		},
	}
}

func isNil(value any) bool {
	if value == nil {
		return true
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// asInt cuts off what is behind the point. Functions of the language report what is wrong by panicking; it becomes an error of the
// evaluation.
func asInt(value any) int64 {
	switch v := reflect.ValueOf(value); {
	case !v.IsValid():
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint()) //nolint:gosec // a count that large is no count
	case v.CanFloat():
		return int64(v.Float())
	case v.Kind() == reflect.String:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	panic(fmt.Errorf("asInt() not supported on %T %v", value, value))
}

func asFloat(value any) float64 {
	switch v := reflect.ValueOf(value); {
	case !v.IsValid():
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	case v.Kind() == reflect.String:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil {
			panic(err)
		}
		return f
	}
	panic(fmt.Errorf("asFloat() not supported on %T %v", value, value))
}

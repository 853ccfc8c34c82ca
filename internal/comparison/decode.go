package comparison

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

var lengths = reflect.TypeFor[time.Duration]()

// decode fills the fields that raw names and leaves the others as they are. Lengths of time are text such as "1h"; numbers may be text as
// well, as those are that come out of arguments. A number or length that still holds an {{argument}} is left as it is. The error
// begins with the path of the field.
func decode(path string, raw json.RawMessage, into reflect.Value) error {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil
	}
	switch {
	case into.Type() == lengths:
		return decodeLength(path, raw, into)
	case into.Kind() == reflect.Float64 || into.Kind() == reflect.Int:
		return decodeNumber(path, raw, into)
	case into.Kind() == reflect.Struct:
		return decodeStruct(path, raw, into)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into.Addr().Interface()); err != nil {
		return fmt.Errorf("%s: %s: %s is expected, and %s is given", path, problem(err), kind(into.Type()), excerpt(raw))
	}
	return nil
}

func decodeStruct(path string, raw json.RawMessage, into reflect.Value) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return fmt.Errorf("%s: an object with fields is expected, and %s is given", path, excerpt(raw))
	}
	fields := map[string]reflect.Value{}
	for i := range into.NumField() {
		name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = into.Field(i)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		field, known := fields[name]
		if !known {
			return fmt.Errorf("%s: the field %q is not known: there are %s", path, name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if err := decode(path+"."+name, given[name], field); err != nil {
			return err
		}
	}
	return nil
}

func decodeLength(path string, raw json.RawMessage, into reflect.Value) error {
	var text string
	err := json.Unmarshal(raw, &text)
	if open(text) {
		return nil
	}
	length, parseErr := time.ParseDuration(text)
	if err != nil || parseErr != nil {
		return fmt.Errorf("%s: %s is no length of time such as \"90s\" or \"1h\"", path, excerpt(raw))
	}
	into.SetInt(int64(length))
	return nil
}

func decodeNumber(path string, raw json.RawMessage, into reflect.Value) error {
	text := string(raw)
	if quoted := ""; json.Unmarshal(raw, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	if open(text) {
		return nil
	}
	if into.Kind() == reflect.Int {
		whole, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return fmt.Errorf("%s: %s is no whole number", path, excerpt(raw))
		}
		into.SetInt(whole)
		return nil
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%s: %s is no number", path, excerpt(raw))
	}
	into.SetFloat(number)
	return nil
}

// open tells text with an argument that is still to be filled in.
func open(text string) bool {
	_, rest, found := strings.Cut(text, "{{")
	return found && strings.Contains(rest, "}}")
}

// problem is the reason for a refusal, without what was refused.
func problem(err error) string {
	if text, unknown := strings.CutPrefix(err.Error(), "json: "); unknown && strings.HasPrefix(text, "unknown field") {
		return text
	}
	return "not of this form"
}

func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Pointer:
		return kind(t.Elem())
	}
	return "a number"
}

// excerpt shows what was given where it cannot be a secret: a number or a short word. Whatever is longer is not repeated.
func excerpt(raw json.RawMessage) string {
	const longest = 20
	if text := string(bytes.TrimSpace(raw)); len(text) <= longest {
		return text
	}
	return "something else"
}

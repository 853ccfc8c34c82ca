package istio

// Objects come as a user wrote them: nothing about their shape may be taken for granted.

// list returns the list at a path of maps; nil when there is none.
func list(object map[string]any, path ...string) []any {
	var at any = object
	for _, key := range path {
		fields, _ := at.(map[string]any)
		at = fields[key]
	}
	all, _ := at.([]any)
	return all
}

// entries returns that list with nil in the place of everything that is not a map, so that indices stay.
func entries(object map[string]any, path ...string) []map[string]any {
	raw := list(object, path...)
	all := make([]map[string]any, len(raw))
	for i, entry := range raw {
		all[i], _ = entry.(map[string]any)
	}
	return all
}

// find returns the first entry of that name; nil when there is none.
func find(all []map[string]any, name string) map[string]any {
	for _, entry := range all {
		if entry != nil && text(entry, "name") == name {
			return entry
		}
	}
	return nil
}

func text(entry map[string]any, key string) string {
	value, _ := entry[key].(string)
	return value
}

// number reads a JSON number that may have been decoded either way; anything else is 0.
func number(value any) int64 {
	switch n := value.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	case int:
		return int64(n)
	default:
		return 0
	}
}

// fields returns the map at a path of maps; nil when there is none.
func fields(object map[string]any, path ...string) map[string]any {
	for _, key := range path {
		object, _ = object[key].(map[string]any)
	}
	return object
}

package istio

import "github.com/kanari-dev/kanari/internal/traffic/entry"

// find returns the first entry of that name; nil when there is none.
func find(all []map[string]any, name string) map[string]any {
	for _, one := range all {
		if one != nil && entry.Text(one, "name") == name {
			return one
		}
	}
	return nil
}

// fields returns the map at a path of maps; nil when there is none.
func fields(object map[string]any, path ...string) map[string]any {
	found, _ := entry.At(object, path...).(map[string]any)
	return found
}

package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"sigs.k8s.io/yaml"
)

// cases are the renderer's, seen from this folder.
const cases = "../../internal/traffic/istio/testdata"

// turn is one Routing of a case, and all objects as they are after it.
type turn struct {
	name    string
	rollout *rollout
	want    routing
	refused string // the renderer's error: nothing was written
	before  []object
	objects []object
}

type object map[string]any

func (o object) text(path ...string) string {
	text, _ := o.at(path...).(string)
	return text
}

func (o object) at(path ...string) any {
	var at any = map[string]any(o)
	for _, key := range path {
		fields, _ := at.(map[string]any)
		at = fields[key]
	}
	return at
}

// entries of a list; what is no map is left out.
func (o object) entries(path ...string) []object {
	list, _ := o.at(path...).([]any)
	var all []object
	for _, entry := range list {
		if fields, ok := entry.(map[string]any); ok {
			all = append(all, fields)
		}
	}
	return all
}

func (o object) namespace() string { return o.text("metadata", "namespace") }

func (o object) String() string {
	return o.text("kind") + " " + o.namespace() + "/" + o.text("metadata", "name")
}

// rollout is as much of one as matters here.
type rollout struct {
	Metadata struct{ Name, Namespace string }
	Spec     struct{ Strategy struct{ Canary strategy } }
}

type strategy struct {
	CanaryService, StableService string
	TrafficRouting               struct {
		Istio struct {
			VirtualService  *virtualService
			VirtualServices []virtualService
			DestinationRule *struct {
				Name, CanarySubsetName, StableSubsetName string
				AdditionalSubsetNames                    []string
			}
		}
	}
}

type virtualService struct {
	Name   string
	Routes []string
}

// routing is what the case wants of the renderer.
type routing struct {
	For            string
	Canary, Stable destination
	Additional     []destination
	Headers        []headerRoute
	Mirrors        []mirrorRoute
	Managed        []string
}

type destination struct {
	Weight        int
	Hash, Service string
}

type headerRoute struct {
	Name  string
	Match []struct {
		HeaderName  string
		HeaderValue map[string]string
	}
}

type mirrorRoute struct {
	Name       string
	Match      []map[string]any
	Percentage *int
}

// readCase plays a case: its objects before, and the patches of each turn as the API server would apply them.
func readCase(t *testing.T, in string) []turn {
	t.Helper()
	rollouts, wants, objects := readInput(t, in)
	outputs := documents(t, strings.TrimSuffix(in, ".in.yaml")+".out.yaml")
	var turns []turn
	for i, want := range wants {
		played := turn{name: fmt.Sprintf("turn %d", i+1), want: want, rollout: rollouts[0], before: objects}
		for _, ro := range rollouts {
			if ro.Metadata.Name == want.For {
				played.rollout = ro
			}
		}
		objects, played.refused = play(t, objects, outputs[i])
		played.objects = objects
		turns = append(turns, played)
	}
	for i, text := range outputs[len(wants):] {
		if got, want := canonical(t, objects[i]), canonical(t, decode[object](t, text)); got != want {
			t.Errorf("the patches end otherwise than the case says:\n%s\nwant:\n%s", got, want)
		}
	}
	return turns
}

func readInput(t *testing.T, file string) (rollouts []*rollout, wants []routing, objects []object) {
	t.Helper()
	for _, text := range documents(t, file) {
		switch one := decode[object](t, text); one["kind"] {
		case "Rollout":
			rollouts = append(rollouts, new(decode[rollout](t, text)))
		case "Routing":
			wants = append(wants, decode[routing](t, text))
		default:
			objects = append(objects, one)
		}
	}
	return rollouts, wants, objects
}

// play applies what one turn wrote.
func play(t *testing.T, objects []object, text []byte) (after []object, refused string) {
	t.Helper()
	var said struct{ Error, Nothing string }
	if yaml.Unmarshal(text, &said) == nil && said.Error+said.Nothing != "" {
		return objects, said.Error
	}
	after = append(after, objects...)
	for _, write := range decode[[]struct {
		Patch      string
		Operations json.RawMessage
	}](t, text) {
		patch, err := jsonpatch.DecodePatch(write.Operations)
		if err != nil {
			t.Fatal(err)
		}
		for i, before := range after {
			if before.String() == write.Patch {
				after[i] = patched(t, before, patch)
			}
		}
	}
	return after, ""
}

func patched(t *testing.T, before object, patch jsonpatch.Patch) object {
	t.Helper()
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = patch.Apply(text); err != nil {
		t.Fatalf("%s: %v", before, err)
	}
	return decode[object](t, text)
}

func documents(t *testing.T, file string) [][]byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimPrefix(content, []byte("---\n")), []byte("\n---\n"))
}

func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	var value T
	if err := yaml.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return value
}

func canonical(t *testing.T, o object) string {
	t.Helper()
	text, err := yaml.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

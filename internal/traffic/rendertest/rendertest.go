package rendertest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kanari-dev/kanari/api/v1alpha1"
	"github.com/kanari-dev/kanari/internal/traffic"
)

var update = flag.Bool("update", false, "write the .out.yaml files anew")

// Run tests a Renderer with every pair of files in a folder; fewer cases than least is a failure.
func Run(t *testing.T, renderer traffic.Renderer, folder string, least int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.in.yaml"))
	if err != nil || len(files) < least {
		t.Fatalf("%d cases in %s (error %v), there should be %d", len(files), folder, err, least)
	}
	for _, in := range files {
		t.Run(strings.TrimSuffix(filepath.Base(in), ".in.yaml"), func(t *testing.T) {
			got := Read(t, in).play(t, renderer)
			compare(t, strings.TrimSuffix(in, ".in.yaml")+".out.yaml", got)
		})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// Case is one .in.yaml file.
type Case struct {
	Rollouts []*v1alpha1.Rollout
	Wants    []Want
	Cluster  Cluster
}

// Want is one turn of one Rollout; the first when For is empty.
type Want struct {
	For string
	traffic.Routing
}

// Read reads a case. Documents of kind Rollout and Routing are what they say; all others are objects in the cluster.
func Read(tb testing.TB, file string) *Case {
	tb.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	c := &Case{}
	for document := range bytes.SplitSeq(content, []byte("\n---\n")) {
		if err := c.add(document); err != nil {
			tb.Fatalf("%s: %v\n%s", file, err, document)
		}
	}
	return c
}

func (c *Case) add(document []byte) error {
	raw, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	var kind struct{ Kind string }
	if err := json.Unmarshal(raw, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "Rollout":
		ro := &v1alpha1.Rollout{}
		c.Rollouts = append(c.Rollouts, ro)
		return yaml.UnmarshalStrict(document, ro)
	case "Routing":
		want := Want{}
		if err := json.Unmarshal(raw, &want); err != nil {
			return err
		}
		want.Total = cmp.Or(want.Total, 100)
		c.Wants = append(c.Wants, want)
		return nil
	default:
		object := &unstructured.Unstructured{}
		c.Cluster.Objects = append(c.Cluster.Objects, object)
		return object.UnmarshalJSON(raw)
	}
}

// Rollout returns the Rollout of that name; the first when the name is empty.
func (c *Case) Rollout(tb testing.TB, name string) *v1alpha1.Rollout {
	tb.Helper()
	for _, ro := range c.Rollouts {
		if name == "" || ro.Name == name {
			return ro
		}
	}
	tb.Fatalf("no Rollout %q", name)
	return nil
}

func (c *Case) play(t *testing.T, renderer traffic.Renderer) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, want := range c.Wants {
		ro := c.Rollout(t, want.For)
		out.WriteString("---\n# " + ro.Name + ": " + want.String() + "\n")
		out.Write(c.turn(t, renderer, ro, want.Routing))
	}
	for _, object := range c.Cluster.Objects {
		out.WriteString("---\n")
		out.Write(encoded(t, object.Object))
	}
	return out.Bytes()
}

// turn makes the cluster follow one Routing and tells what was written.
func (c *Case) turn(t *testing.T, renderer traffic.Renderer, ro *v1alpha1.Rollout, want traffic.Routing) []byte {
	t.Helper()
	live := traffic.Live{Renderer: renderer, Found: c.Cluster.Read()}
	before := ro.DeepCopy()
	changes, err := live.Differences(ro, want)
	if diff := gocmp.Diff(c.Cluster.Objects, live.Found) + gocmp.Diff(before, ro); diff != "" {
		t.Fatalf("the renderer changed its arguments (-before +after):\n%s", diff)
	}
	if err != nil {
		return encoded(t, map[string]any{"error": err.Error()})
	}
	var out bytes.Buffer
	for _, change := range changes {
		out.Write(c.write(t, change))
	}
	if len(changes) == 0 {
		out.WriteString("nothing: to do\n")
	}
	again, err := traffic.Live{Renderer: renderer, Found: c.Cluster.Read()}.Differences(ro, want)
	if err != nil || len(again) > 0 {
		t.Fatalf("a second look finds %d writes (error %v)", len(again), err)
	}
	return out.Bytes()
}

func (c *Case) write(t *testing.T, change traffic.Change) []byte {
	t.Helper()
	patch, err := c.Cluster.Apply(change)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(change.After, traffic.Find(c.Cluster.Objects, change.Object())); diff != "" {
		t.Fatalf("the patch does not give what was rendered (-rendered +patched):\n%s\n%s", diff, patch)
	}
	name := change.Object().GetKind() + " " + change.Object().GetNamespace() + "/" + change.Object().GetName()
	if change.After == nil {
		return []byte("- delete: " + name + "\n")
	}
	if patch == nil {
		return []byte("- create: " + name + "\n")
	}
	var operations []json.RawMessage
	if err := json.Unmarshal(patch, &operations); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	out.WriteString("- patch: " + name + "\n  operations:\n")
	for _, operation := range operations {
		out.WriteString("  - " + string(operation) + "\n")
	}
	return out.Bytes()
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	out, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

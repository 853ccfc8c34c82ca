package rendertest

import (
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kanari-dev/kanari/internal/traffic"
)

// Inspected demands that a Renderer finds exactly these lines in the cases of a folder, by case: who looks, whether it blocks, the code
// and the path, as in "web: told KAN-IST05 spec.http[0].route". A case that is not in the map has none.
func Inspected(t *testing.T, renderer traffic.Inspector, folder string, want map[string][]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.in.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s (error %v)", folder, err)
	}
	got := map[string][]string{}
	for _, file := range files {
		c, name := Read(t, file), strings.TrimSuffix(filepath.Base(file), ".in.yaml")
		for _, ro := range c.Rollouts {
			for _, f := range renderer.Inspect(ro, c.Cluster.Read()) {
				got[name] = append(got[name], ro.Name+": "+Line(f))
			}
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Line is a finding without its text.
func Line(f traffic.Finding) string {
	return map[bool]string{true: "blocks ", false: "told "}[f.Blocks] + f.Code + " " + f.Path
}

package kanari_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kanari-dev/kanari/"

// mayImport is the house rule: which packages of ours each package may import. A name stands for the folder and all below it;
// "*" stands for any of ours. A package that is missing here has not been given its place yet.
var mayImport = map[string][]string{
	"api":                         {},
	"internal/revision":           {"api"},
	"internal/traffic":            {"api"},
	"internal/traffic/istio":      {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/nginx":      {"api", "internal/traffic"},
	"internal/traffic/gatewayapi": {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/entry":      {"api", "internal/traffic"},
	"internal/traffic/alb":        {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/ambassador": {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/apisix":     {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/appmesh":    {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/smi":        {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/traffic/traefik":    {"api", "internal/traffic", "internal/traffic/entry"},
	"internal/judge":              {},
	"internal/expression":         {"api"},
	"internal/comparison":         {"api", "internal/judge"},
	"internal/analysis":           {"api", "internal/comparison", "internal/expression", "internal/metric", "internal/plan"},
	"internal/metric":             {"api", "internal/comparison", "internal/expression", "internal/judge"},
	"internal/asking":             {"api", "internal/analysis", "internal/metric"},
	"internal/plan":               {"api", "internal/metric", "internal/traffic"},
	"internal/experiment":         {"api", "internal/analysis", "internal/plan", "internal/revision"},
	"internal/rollout":            {"api", "internal/analysis", "internal/plan", "internal/revision", "internal/traffic"},
	"internal/view":               {"api", "internal/plan", "internal/revision"},
	"internal/observe":            {"api", "internal/analysis", "internal/experiment", "internal/expression", "internal/plan", "internal/revision", "internal/rollout", "internal/traffic"},
	"internal/act":                {"api", "internal/metric", "internal/plan", "internal/traffic"},
	"internal/controller": {
		"api", "internal/act", "internal/analysis", "internal/asking", "internal/comparison", "internal/experiment", "internal/expression", "internal/metric",
		"internal/observe", "internal/plan",
		"internal/revision", "internal/rollout", "internal/traffic",
	},
	"internal/cli":          {"api", "internal/analysis", "internal/cli", "internal/plan", "internal/revision", "internal/rollout", "internal/view"},
	"internal/cli/convert":  {"api", "internal/cli/cluster", "internal/cli/terminal"},
	"cmd/kanari-controller": {"internal/controller"},
	"cmd/kubectl-kanari":    {"internal/cli"},
	"demo":                  {"api"},
	"test":                  {"*"},
}

// pure packages decide. They touch nothing, so they need none of these.
var (
	pure     = []string{"api", "internal/plan", "internal/revision", "internal/rollout", "internal/view", "internal/judge", "internal/expression", "internal/comparison", "internal/analysis", "internal/experiment"}
	impurity = []string{"context", "net", "net/http", "os", "os/exec", "log", "log/slog", "math/rand", "math/rand/v2", "k8s.io/client-go", "sigs.k8s.io/controller-runtime"}
)

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func TestEveryPackageKeepsToItsPlace(t *testing.T) {
	for _, pkg := range packages(t) {
		place, allowed := placeOf(pkg.ImportPath)
		if place == "" {
			t.Errorf("%s has no line in mayImport: decide who it may know", pkg.ImportPath)
			continue
		}
		for _, path := range pkg.Imports {
			if own, ok := strings.CutPrefix(path, module); ok && !slices.ContainsFunc(append(allowed, place), covers(own)) {
				t.Errorf("%s imports %s: not in its line of mayImport", pkg.ImportPath, own)
			}
		}
	}
}

func TestDecidersTouchNothing(t *testing.T) {
	for _, pkg := range packages(t) {
		own := strings.TrimPrefix(pkg.ImportPath, module)
		if !slices.ContainsFunc(pure, covers(own)) {
			continue
		}
		for _, path := range pkg.Imports {
			if slices.ContainsFunc(impurity, func(bad string) bool { return path == bad || strings.HasPrefix(path, bad+"/") }) {
				t.Errorf("%s imports %s: a deciding package touches nothing", pkg.ImportPath, path)
			}
		}
	}
}

func TestDecidersReadNoClock(t *testing.T) {
	for _, dir := range pure {
		out, err := exec.CommandContext(t.Context(), "grep", "-rnE", "--include=*.go", "--exclude=*_test.go",
			`\b(time\.(Now|Since|Until|Sleep|After|NewTimer|NewTicker)|metav1\.Now)\(`, dir).Output()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
			t.Fatalf("searching %s: %v", dir, err)
		}
		if len(out) > 0 {
			t.Errorf("a deciding package reads a clock; now is an argument:\n%s", out)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, pkg := range packages(t) {
		if pkg.Doc == "" {
			t.Errorf("%s has no package comment", pkg.ImportPath)
		}
	}
}

func TestTheMapNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for place := range mayImport {
		if !strings.Contains(string(text), place) {
			t.Errorf("docs/architecture.md does not name %s", place)
		}
	}
}

// placeOf is the most particular line of mayImport that speaks of a package.
func placeOf(importPath string) (place string, allowed []string) {
	own := strings.TrimPrefix(importPath, module)
	for candidate, list := range mayImport {
		if covers(own)(candidate) && len(candidate) > len(place) {
			place, allowed = candidate, list
		}
	}
	return place, allowed
}

// covers tells whether a line of mayImport speaks of a package.
func covers(own string) func(string) bool {
	return func(place string) bool { return place == "*" || own == place || strings.HasPrefix(own, place+"/") }
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,Imports", "./...").Output()
	if err != nil {
		t.Fatal(fmt.Errorf("listing packages: %w", err))
	}
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg goPackage
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if pkg.ImportPath != strings.TrimSuffix(module, "/") {
			all = append(all, pkg)
		}
	}
}

package envoy

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kanari-dev/kanari/test/mesh"
)

// root is the repository, seen from this package's folder.
const root = "../.."

var (
	bench  *mesh.Bench
	report = flag.String("report", "", "file that gets the table as Markdown")
	rounds = flag.Int("rounds", 3, "how often the canary is taken back at each of its shares")
)

func TestMain(m *testing.M) {
	flag.Parse()
	ctrllog.SetLogger(logr.Discard())
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "envoy:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	command := exec.CommandContext(ctx, root+"/scripts/traffic-envoy")
	command.Stderr = os.Stderr
	path, err := command.Output()
	if err != nil {
		return 1, fmt.Errorf("fetching Envoy: %w", err)
	}
	if bench, err = mesh.OpenBench(ctx, root, map[string]string{image: strings.TrimSpace(string(path))}); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, errors.Join(bench.Tell(os.Stdout, *report), bench.Close())
}

func TestWholeCanary(t *testing.T) {
	t.Run("sidecar", func(t *testing.T) { mesh.NewShop(t, bench, Sidecar(1), mesh.Subsets()).WholeCanary() })
	t.Run("gateway", func(t *testing.T) { mesh.NewShop(t, bench, Gateway(1), mesh.Hosts()).WholeCanary() })
}

func TestAborts(t *testing.T) {
	t.Run("sidecar", func(t *testing.T) { mesh.NewShop(t, bench, Sidecar(2), mesh.Hosts()).Aborts(*rounds) })
	t.Run("gateway", func(t *testing.T) { mesh.NewShop(t, bench, Gateway(2), mesh.Subsets()).Aborts(*rounds) })
}

func TestBlueGreen(t *testing.T) { mesh.NewShop(t, bench, Sidecar(5), mesh.Switched()).BlueGreen() }

func TestMishaps(t *testing.T) { mesh.NewShop(t, bench, Gateway(6), mesh.Subsets()).Mishaps() }

func TestMirror(t *testing.T) { mesh.NewShop(t, bench, Sidecar(3), mesh.Hosts()).Mirror() }

func TestOutlierDetection(t *testing.T) {
	mesh.NewShop(t, bench, Sidecar(4), mesh.Ejecting()).Outliers()
}

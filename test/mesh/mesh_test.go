package mesh

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

var (
	bench  *Bench
	report = flag.String("report", "", "file that gets the table as Markdown")
	rounds = flag.Int("rounds", 3, "how often the canary is taken back at each of its shares")
)

func TestMain(m *testing.M) {
	flag.Parse()
	ctrllog.SetLogger(logr.Discard())
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mesh:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	if bench, err = OpenBench(ctx, "../..", nil); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, errors.Join(bench.Tell(os.Stdout, *report), bench.Close())
}

// each runs a measurement for both ways to divide, one after the other: what runs beside a measurement is measured as well.
func each(t *testing.T, measure func(s *Shop)) {
	t.Helper()
	for _, router := range []Router{Hosts(), Subsets()} {
		t.Run(router.Name, func(t *testing.T) { measure(NewShop(t, bench, GRPC(), router)) })
	}
}

func TestWholeCanary(t *testing.T) { each(t, (*Shop).WholeCanary) }

func TestAborts(t *testing.T) { each(t, func(s *Shop) { s.Aborts(*rounds) }) }

func TestBlueGreen(t *testing.T) { NewShop(t, bench, GRPC(), Switched()).BlueGreen() }

func TestMishaps(t *testing.T) { each(t, (*Shop).Mishaps) }

package traffic

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kanari-dev/kanari/test/e2e"
)

// What all tests share: one lab, one proxy, one controller, and the table.
var (
	lab     *e2e.Lab
	traefik Proxy
	shared  *e2e.Controller
	table   Table
)

var (
	report = flag.String("report", "", "file that gets the table as Markdown")
	rounds = flag.Int("rounds", 5, "how often the canary is taken back at each of its shares")
)

func TestMain(m *testing.M) {
	flag.Parse()
	ctrllog.SetLogger(logr.Discard())
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	if err := OfferTraefik(ctx); err != nil {
		return 1, err
	}
	if lab, err = e2e.StartLab(ctx); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, lab.Stop()) }()
	if err := errors.Join(lab.BuildController(ctx), lab.Grant(ctx)); err != nil {
		return 1, err
	}
	if traefik, err = DeployTraefik(ctx, lab); err != nil {
		return 1, err
	}
	if shared, err = lab.StartController("shared", "--leader-elect=false"); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, errors.Join(shared.Stop(), tell())
}

// tell prints the table, and keeps it where that is asked for.
func tell() error {
	if err := table.Print(os.Stdout); err != nil || *report == "" {
		return err
	}
	file, err := os.Create(*report)
	if err != nil {
		return err
	}
	return errors.Join(table.Markdown(file), file.Close())
}

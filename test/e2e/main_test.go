package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard())
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if lab, err = StartLab(context.Background()); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, lab.Stop()) }()
	if err := errors.Join(lab.BuildController(context.Background()), lab.Grant(context.Background())); err != nil {
		return 1, err
	}
	shared, err := lab.StartController("shared", "--leader-elect=false", "--events=all")
	if err != nil {
		return 1, err
	}
	code = m.Run()
	if code != 0 {
		tell(lab.LogOf("shared"))
	}
	return code, shared.Stop()
}

// tell copies a controller's log to where people look when a test has failed.
func tell(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	const most = 30_000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	fmt.Fprintf(os.Stderr, "--- %s\n%s", path, text)
}

// start runs a controller for one test and ends it with the test.
func start(t *testing.T, name string, flags ...string) *Controller {
	t.Helper()
	controller, err := lab.StartController(name, flags...)
	if err != nil {
		t.Fatal(err)
	}
	endWith(t, name, controller)
	return controller
}

// endWith ends a controller with the test, and tells its log when the test has failed.
func endWith(t *testing.T, name string, controller *Controller) {
	t.Helper()
	t.Cleanup(func() {
		if err := controller.Stop(); err != nil && !controller.Killed() {
			t.Errorf("the controller ended badly: %v", err)
		}
		if t.Failed() {
			tell(lab.LogOf(name))
		}
	})
}

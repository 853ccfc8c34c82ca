package mesh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kanari-dev/kanari/test/e2e"
	"github.com/kanari-dev/kanari/test/traffic"
)

// Bench is what the measurements of a run share: a lab with istiod, the controller, and the table.
type Bench struct {
	Lab        *e2e.Lab
	Controller *e2e.Controller
	Table      traffic.Table

	root string
}

// OpenBench starts everything. root is the repository, and programs are paths of what else runs in pods, by image.
func OpenBench(ctx context.Context, root string, programs map[string]string) (b *Bench, err error) {
	if err := offer(ctx, root, programs); err != nil {
		return nil, err
	}
	b = &Bench{root: root}
	if b.Lab, err = e2e.StartLab(ctx); err != nil {
		return nil, err
	}
	if err := b.furnish(ctx); err != nil {
		return nil, errors.Join(err, b.Lab.Stop())
	}
	return b, nil
}

func (b *Bench) furnish(ctx context.Context) (err error) {
	if b.Lab.Network != "private" {
		return fmt.Errorf("the lab's network is %s here: a real mesh needs one with real addresses; run as root or allow user namespaces", b.Lab.Network)
	}
	if err := errors.Join(b.Lab.BuildController(ctx), b.Lab.Grant(ctx)); err != nil {
		return err
	}
	if err := b.deployIstiod(ctx); err != nil {
		return err
	}
	b.Controller, err = b.Lab.StartController("shared", "--leader-elect=false")
	return err
}

// Close stops everything.
func (b *Bench) Close() error { return errors.Join(b.Controller.Stop(), b.Lab.Stop()) }

// Tell prints the table, and writes it as Markdown to a file if one is named.
func (b *Bench) Tell(out io.Writer, file string) error {
	if err := b.Table.Print(out); err != nil || file == "" {
		return err
	}
	document, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(b.Table.Markdown(document), document.Close())
}

// podImage is that of the pods that answer and call.
const podImage = "kanari.dev/mesh"

// offer builds istiod and the pods' program, or takes them from the build cache, and has the labs that start after it run them.
func offer(ctx context.Context, root string, programs map[string]string) error {
	var all []string
	for _, p := range []struct{ image, name string }{{"istio/pilot", "istiod"}, {podImage, "mesh-pod"}} {
		path, err := output(exec.CommandContext(ctx, filepath.Join(root, "scripts", "lab-build"), p.name))
		if err != nil {
			return fmt.Errorf("building %s: %w", p.name, err)
		}
		all = append(all, p.image+"="+path)
	}
	for image, path := range programs {
		all = append(all, image+"="+path)
	}
	return os.Setenv("KANARI_LAB_PROGRAMS", strings.Join(all, ","))
}

// output runs a program and returns the last line that it printed.
func output(cmd *exec.Cmd) (string, error) {
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.TrimSpace(lines[len(lines)-1]), nil
}

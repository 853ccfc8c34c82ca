package programs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Enter reads a Spec from standard input and becomes its program; it returns only what went wrong. It must run in a mount
// namespace of its own.
func Enter() error {
	var s Spec
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return fmt.Errorf("reading what to run: %w", err)
	}
	inside := filepath.Join("/bin", filepath.Base(s.Path))
	mounts := append([]Mount{{s.Path, inside}}, s.Mounts...)
	if err := makeRoot(s.Root, mounts); err != nil {
		return fmt.Errorf("making a root directory for %s: %w", s.Path, err)
	}
	return fmt.Errorf("running %s: %w", s.Path, unix.Exec(inside, append([]string{inside}, s.Args...), s.Env))
}

// makeRoot makes root the root directory: an empty one in memory, with an empty /tmp and the mounts.
func makeRoot(root string, mounts []Mount) error {
	// Nothing that is mounted here may show outside.
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("taking / apart: %w", err)
	}
	if err := unix.Mount("tmpfs", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mounting %s: %w", root, err)
	}
	if err := os.Mkdir(filepath.Join(root, "tmp"), 0o1777); err != nil {
		return err
	}
	for _, m := range mounts {
		if err := m.bind(root); err != nil {
			return fmt.Errorf("mounting %s: %w", m.Target, err)
		}
	}
	return enterRoot(root)
}

func (m Mount) bind(root string) error {
	target := filepath.Join(root, filepath.Join("/", m.Target))
	source, err := os.Stat(m.Source)
	if err != nil {
		return err
	}
	dir := target
	if !source.IsDir() {
		dir = filepath.Dir(target)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if !source.IsDir() {
		if err := os.WriteFile(target, nil, 0o600); err != nil {
			return err
		}
	}
	return unix.Mount(m.Source, target, "", unix.MS_BIND|unix.MS_REC, "")
}

// enterRoot puts the old root on top of the new one, and takes it away.
func enterRoot(root string) error {
	if err := unix.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("changing the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the old root: %w", err)
	}
	return unix.Chdir("/")
}

package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	prefix   = "kanari-lab-" // of folders that the lab makes for itself
	lockName = "lock"
)

// ours are the names of what a lab puts into its folder.
var ours = []string{lockName, stateName, "etcd", "tls.crt", "tls.key", "tokens.csv", "audit-policy.yaml", "lab.log", "pods"}

// Folder is a locked folder.
type Folder struct {
	Path string
	Made bool     // the lab made it, so the lab removes it
	Lock *os.File // to be inherited by every process of the lab
}

// Open makes or takes the folder at path and locks it; an empty path makes one among the temporary files. Files that
// an earlier lab left there are removed. A folder with anything else in it is refused.
func Open(path string) (*Folder, error) {
	made := path == ""
	if made {
		var err error
		if path, err = os.MkdirTemp("", prefix); err != nil {
			return nil, err
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		made = true
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("--dir %s: %w", path, plain(err))
	}
	if err := onlyOurs(path); err != nil {
		return nil, err
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path, Made: made, Lock: lock}
	return f, f.clear(lockName)
}

// Inherit is the folder of the process that handed over its lock.
func Inherit(path string, made bool, lock *os.File) *Folder {
	return &Folder{Path: path, Made: made, Lock: lock}
}

// Remove takes away all that the lab put there, and the folder if the lab made it. Doing it twice does no harm.
func (f *Folder) Remove() error {
	if f.Made {
		return os.RemoveAll(f.Path)
	}
	return f.clear()
}

func (f *Folder) clear(except ...string) error {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isOurs(e.Name()) || slices.Contains(except, e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(f.Path, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func isOurs(name string) bool {
	return slices.Contains(ours, name) || strings.HasPrefix(name, "kubeconfig")
}

func onlyOurs(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("--dir %s: %w", path, plain(err))
	}
	for _, e := range entries {
		if !isOurs(e.Name()) {
			return fmt.Errorf("--dir %s: it holds %q, which is not a lab's; name an empty folder or a new one", path, e.Name())
		}
	}
	return nil
}

// takeLock refuses a folder whose lock another process holds. The file may have been removed between opening and
// locking it; then the lock is worth nothing and the next try makes a new one.
func takeLock(path string) (*os.File, error) {
	name := filepath.Join(path, lockName)
	for {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("--dir %s: %w", path, plain(err))
		}
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = file.Close()
			return nil, fmt.Errorf("--dir %s: another lab is running there; stop it or name another folder", path)
		}
		if sameFile(file, name) {
			return file, nil
		}
		_ = file.Close()
	}
}

func sameFile(file *os.File, name string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(name)
	return err == nil && os.SameFile(held, there)
}

// plain takes the operation and the path off an error that is about to name the path itself.
func plain(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

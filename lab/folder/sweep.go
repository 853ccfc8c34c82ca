package folder

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// fresh folders may belong to a lab that has not locked its folder yet.
const fresh = 10 * time.Second

// Sweep removes the folders of labs whose processes were all killed before they could do it themselves.
func Sweep() {
	for _, path := range Running() {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < fresh || held(path) {
			continue
		}
		_ = os.RemoveAll(path) // another user's cannot be removed, and need not be
	}
}

// Running lists the temporary folders of labs, abandoned ones included.
func Running() []string {
	paths, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return nil
	}
	return paths
}

// held tells whether a process has the folder's lock.
func held(path string) bool {
	file, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
	if err != nil {
		return !os.IsNotExist(err)
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

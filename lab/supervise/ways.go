package supervise

import (
	"os"
	"syscall"
)

// way is one kind of network to start the inner process in.
type way struct {
	name    string
	private bool
	flags   uintptr // of clone(2)
}

// ways lists what to try, best first.
func ways(network string) []way {
	var list []way
	if network != "mapped" {
		if os.Geteuid() == 0 {
			list = append(list, way{"a network namespace", true, syscall.CLONE_NEWNET})
		}
		list = append(list, way{"a user and network namespace", true, syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET})
	}
	if network != "private" {
		list = append(list, way{"mapped addresses", false, 0})
	}
	return list
}

// attributes also put the inner process into a session of its own: signals from a terminal reach it only through the
// outer process.
func (w way) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: w.flags, Setsid: true}
	if w.flags&syscall.CLONE_NEWUSER != 0 {
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return a
}

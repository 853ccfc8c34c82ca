package programs

import (
	"runtime"
	"strings"
)

// Table has the images that a program of this machine stands for. A nil one has none.
type Table struct {
	paths  map[string]string // by image without tag and digest
	starts chan func()
}

// New takes absolute paths of statically linked programs by the images they stand for, named without tag.
func New(paths map[string]string) *Table {
	t := &Table{paths: paths, starts: make(chan func())}
	go t.starter()
	return t
}

// Of is the program that stands for an image; empty if there is none.
func (t *Table) Of(image string) string {
	if t == nil {
		return ""
	}
	return t.paths[withoutTag(image)]
}

func withoutTag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		return image[:colon]
	}
	return image
}

// starter starts every program from one thread that lives as long as this process: a program is killed when the thread
// that started it ends, not when the process does.
func (t *Table) starter() {
	runtime.LockOSThread()
	for start := range t.starts {
		start()
	}
}

package terminal

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// IO is the surroundings of one command.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// ReadFile returns the content of a file; relative names are meant from the working directory.
	ReadFile func(name string) ([]byte, error)
	// Getenv looks up a variable of the environment; absent is "".
	Getenv func(name string) string
	// Size tells columns and rows of the terminal behind Out; ok is false when Out is a pipe or a file.
	Size func() (columns, rows int, ok bool)
	Now  func() time.Time
	// Interrupt delivers when the program is to stop: Ctrl-C, a terminal that is closed.
	Interrupt <-chan os.Signal
}

// Standard is the IO of this process.
func Standard() IO {
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		ReadFile:  os.ReadFile,
		Getenv:    os.Getenv,
		Size:      sizeOf(os.Stdout),
		Now:       time.Now,
		Interrupt: interrupt,
	}
}

// IsTerminal tells whether somebody looks at Out on a screen that understands escape sequences.
func (s IO) IsTerminal() bool {
	_, _, ok := s.Size()
	return ok && s.Getenv("TERM") != "dumb"
}

func sizeOf(file *os.File) func() (int, int, bool) {
	return func() (int, int, bool) {
		descriptor := int(file.Fd())
		if !term.IsTerminal(descriptor) {
			return 0, 0, false
		}
		columns, rows, err := term.GetSize(descriptor)
		return columns, rows, err == nil
	}
}

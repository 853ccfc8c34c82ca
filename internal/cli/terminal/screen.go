package terminal

import (
	"context"
	"io"
	"strings"
	"time"
)

// redrawEvery is the shortest time between two frames: faster than anybody reads, slow enough for a busy rollout.
const redrawEvery = 200 * time.Millisecond

const (
	enterAlternate = "\x1b[?1049h\x1b[?25l"
	leaveAlternate = "\x1b[?25h\x1b[?1049l"
	home           = "\x1b[H"
	clearToLineEnd = "\x1b[K"
	clearBelow     = "\x1b[J"
)

// Screen shows one frame after the other. On a terminal it uses the alternate screen, so that the scrollback stays as it
// was; into a pipe it writes each frame that differs from the last, with an empty line between.
type Screen struct {
	io   IO
	last string
	full bool
	gap  string // between frames that are not drawn over one another
}

// Open returns a Screen for the IO; Close must be called when done.
func Open(io IO) *Screen {
	s := &Screen{io: io, full: io.IsTerminal(), gap: "\n"}
	if s.full {
		s.write(enterAlternate)
	}
	return s
}

// Lines returns a Screen that writes one frame after the other with nothing between, terminal or not.
func Lines(io IO) *Screen { return &Screen{io: io} }

// Show puts the frame on the screen, cut to its height; an unchanged frame is not written again.
func (s *Screen) Show(frame string) {
	if s.full {
		frame = s.fit(frame)
	}
	if frame == s.last {
		return
	}
	first := s.last == ""
	s.last = frame
	switch {
	case s.full:
		s.write(home + strings.ReplaceAll(frame, "\n", clearToLineEnd+"\n") + clearBelow)
	case first:
		s.write(frame)
	default:
		s.write(s.gap + frame)
	}
}

// Close leaves the alternate screen and writes the last frame below what was there before.
func (s *Screen) Close() {
	if s.full {
		s.write(leaveAlternate + s.last)
	}
}

// fit cuts the frame to the rows of the screen, so that its top stays in sight.
func (s *Screen) fit(frame string) string {
	_, rows, ok := s.io.Size()
	lines := strings.SplitAfter(strings.TrimSuffix(frame, "\n"), "\n")
	if !ok || rows < 2 || len(lines) < rows {
		return frame
	}
	return strings.Join(lines[:rows-2], "") + "…\n"
}

func (s *Screen) write(text string) {
	_, _ = io.WriteString(s.io.Out, text) // a closed pipe ends the program by itself
}

// Redraw calls draw at once, then after each change, at most every 200 ms, and every refresh if that is not zero.
// It returns nil when the context ends, and the first error of draw.
func Redraw(ctx context.Context, changed <-chan struct{}, refresh time.Duration, draw func() error) error {
	for {
		if err := draw(); err != nil {
			return err
		}
		if !pause(ctx, redrawEvery) {
			return nil
		}
		var tick <-chan time.Time
		if refresh > 0 {
			tick = time.After(refresh - redrawEvery)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-tick:
		}
	}
}

// pause waits; it returns false when the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

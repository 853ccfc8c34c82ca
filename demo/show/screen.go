package show

import (
	"io"
	"strings"
	"unicode/utf8"
)

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	clearBelow = "\x1b[J"
	lineUp     = "\x1b[A"
)

// Screen writes lines that stay and, on a terminal, a few lines below them that are redrawn in place.
type Screen struct {
	Out   io.Writer
	Width int // columns of the terminal; 0 when Out is none: then nothing is redrawn and no line is cut

	live []string
}

// Print writes a line that stays.
func (s *Screen) Print(line string) {
	if s.Width == 0 {
		s.write(line + "\n")
		return
	}
	s.write(s.erase() + line + "\n" + strings.Join(s.live, ""))
}

// Live replaces the lines that are redrawn.
func (s *Screen) Live(lines ...string) {
	if s.Width == 0 {
		return
	}
	erase := s.erase()
	s.live = s.live[:0]
	for _, line := range lines {
		s.live = append(s.live, cut(line, s.Width-1)+"\n")
	}
	s.write(hideCursor + erase + strings.Join(s.live, ""))
}

// Close takes the redrawn lines away and gives the cursor back.
func (s *Screen) Close() {
	if s.Width > 0 {
		s.Live()
		s.write(showCursor)
	}
}

// erase moves to the first redrawn line and clears from there.
func (s *Screen) erase() string { return strings.Repeat(lineUp, len(s.live)) + "\r" + clearBelow }

func (s *Screen) write(text string) {
	_, _ = io.WriteString(s.Out, text) // nobody is left to tell when the terminal is gone
}

// cut shortens a line to a number of columns, so that it never wraps; escape sequences take none.
func cut(line string, columns int) string {
	var out strings.Builder
	used := 0
	for len(line) > 0 {
		if size := escape(line); size > 0 {
			out.WriteString(line[:size])
			line = line[size:]
			continue
		}
		_, size := utf8.DecodeRuneInString(line)
		if used < columns {
			out.WriteString(line[:size])
			used++
		}
		line = line[size:]
	}
	return out.String()
}

// escape is the length of the escape sequence that a text begins with; 0 when it begins with none.
func escape(text string) int {
	if !strings.HasPrefix(text, "\x1b[") {
		return 0
	}
	end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' && r <= '~' })
	return 2 + end + 1
}

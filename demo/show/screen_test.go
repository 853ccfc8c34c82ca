package show

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAPipeGetsOnlyLinesThatStay(t *testing.T) {
	var out strings.Builder
	s := Screen{Out: &out}
	s.Live("moving")
	s.Print("one")
	s.Live("moving on")
	s.Print("two")
	s.Close()
	if diff := cmp.Diff("one\ntwo\n", out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestATerminalRedrawsInPlace(t *testing.T) {
	var out strings.Builder
	s := Screen{Out: &out, Width: 40}
	s.Live("a", "b")
	s.Print("stays")
	s.Live("c")
	s.Close()
	want := strings.Join([]string{
		"\x1b[?25l\r\x1b[Ja\nb\n",              // two lines
		"\x1b[A\x1b[A\r\x1b[Jstays\na\nb\n",    // pushed down by one that stays
		"\x1b[?25l\x1b[A\x1b[A\r\x1b[Jc\n",     // replaced by one line
		"\x1b[?25l\x1b[A\r\x1b[J", "\x1b[?25h", // taken away
	}, "")
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestALiveLineNeverWraps(t *testing.T) {
	cases := map[string]struct {
		line, want string
	}{
		"short":                    {"abc", "abc"},
		"long":                     {"abcdefgh", "abcde"},
		"colours take no room":     {"\x1b[31mab\x1b[0mcdefgh", "\x1b[31mab\x1b[0mcde"},
		"a colour is always ended": {"abcd\x1b[31mefgh\x1b[0m", "abcd\x1b[31me\x1b[0m"},
		"a character is not split": {"░░░░░░░", "░░░░░"},
		"half an escape sequence":  {"ab\x1b[3", "ab\x1b[3"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, cut(c.line, 5)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

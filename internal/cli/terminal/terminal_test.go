package terminal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTableTakesNoRoomForColours(t *testing.T) {
	red := Palette{on: true}.Paint(Red, "✖")
	table := &Table{Widths: []int{6}}
	table.Row("A", "B", "C")
	table.Row(red+" bad", "x", "")
	want := "A       B  C\n" + red + " bad   x\n"
	if got := table.Flush(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	table.Row("longer", "y", "z")
	if got := table.Flush(); got != "longer  y  z\n" {
		t.Errorf("a later row stands below the earlier: %q", got)
	}
}

// screenOf is a terminal of that many rows; none make it a pipe.
func screenOf(out *strings.Builder, rows int) IO {
	return IO{
		Out:    out,
		Getenv: func(string) string { return "" },
		Size:   func() (int, int, bool) { return 80, rows, rows > 0 },
	}
}

func TestScreen(t *testing.T) {
	tests := map[string]struct {
		rows   int
		frames []string
		want   string
	}{
		"a pipe gets what is new, with a gap between": {0, []string{"a\n", "a\n", "b\n"}, "a\n\nb\n"},
		"a terminal is drawn over and left as it was": {
			24,
			[]string{"a\n", "b\n"},
			enterAlternate + home + "a" + clearToLineEnd + "\n" + clearBelow +
				home + "b" + clearToLineEnd + "\n" + clearBelow + leaveAlternate + "b\n",
		},
		"what does not fit is cut at the bottom": {
			4,
			[]string{"1\n2\n3\n4\n5\n"},
			enterAlternate + home + "1" + clearToLineEnd + "\n2" + clearToLineEnd + "\n…" + clearToLineEnd + "\n" + clearBelow +
				leaveAlternate + "1\n2\n…\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			screen := Open(screenOf(&out, test.rows))
			for _, frame := range test.frames {
				screen.Show(frame)
			}
			screen.Close()
			if out.String() != test.want {
				t.Errorf("got %q, want %q", out.String(), test.want)
			}
		})
	}
}

// However fast things change, frames come 200 ms apart; and when nothing changes they come at the refresh.
func TestRedrawHoldsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 3900*time.Millisecond)
		defer stop()
		changed := make(chan struct{}, 1)
		began := time.Now()
		go func() {
			for range 10 {
				time.Sleep(50 * time.Millisecond)
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}()
		var frames []time.Duration
		err := Redraw(ctx, changed, time.Second, func() error {
			frames = append(frames, time.Since(began))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(frames); i++ {
			if frames[i]-frames[i-1] < redrawEvery {
				t.Errorf("frames too close: %v", frames)
			}
		}
		if last := frames[len(frames)-1]; len(frames) != 7 || last != 3600*time.Millisecond {
			t.Errorf("4 frames while it changed, then 3 by refresh: %v", frames)
		}
	})
}

func TestRedrawEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	if err := Redraw(t.Context(), nil, 0, func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

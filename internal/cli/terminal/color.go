package terminal

import "fmt"

// Color is an ANSI foreground colour; the zero value leaves text as it is.
type Color int

// The colours in use: few, so that each means one thing.
const (
	Plain  Color = 0
	Red    Color = 31 // bad
	Green  Color = 32 // good
	Yellow Color = 33 // waiting, or not known
	Blue   Color = 94 // under way
)

// Palette paints text, or leaves it alone. The zero value leaves it alone.
type Palette struct {
	on bool
}

// ColorMode is the value of --color.
type ColorMode string

// The values of --color.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// NewPalette decides whether to paint. An explicit always or never wins; auto paints only for a terminal
// whose owner did not set NO_COLOR (to anything) or TERM=dumb.
func NewPalette(mode ColorMode, io IO) (Palette, error) {
	switch mode {
	case ColorAlways:
		return Palette{on: true}, nil
	case ColorNever:
		return Palette{}, nil
	case ColorAuto, "":
		return Palette{on: io.IsTerminal() && io.Getenv("NO_COLOR") == ""}, nil
	}
	return Palette{}, fmt.Errorf("--color=%q: use auto, always or never", mode)
}

// Paint wraps the text in the colour.
func (p Palette) Paint(color Color, text string) string {
	if !p.on || color == Plain || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", color, text)
}

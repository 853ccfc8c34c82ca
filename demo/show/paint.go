package show

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Paint colours text; the zero value leaves it alone.
type Paint struct{ On bool }

// Style is an ANSI attribute.
type Style int

// The styles in use: few, so that each means one thing.
const (
	Plain Style = 0
	Bold  Style = 1
	Dim   Style = 2
	Red   Style = 31 // errors
	Green Style = 32 // good
	Cyan  Style = 36 // what somebody typed
)

// Of is the style of a version that is named after a colour.
func Of(version string) Style {
	switch version {
	case "blue":
		return 94
	case "green":
		return Green
	case "red":
		return Red
	}
	return Plain
}

// As paints text in a style.
func (p Paint) As(style Style, text string) string {
	if !p.On || style == Plain || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", style, text)
}

// bar draws a share of 100 in ten cells; a share of at least one fills at least one.
func (p Paint) bar(percent float64, style Style) string {
	const cells = 10
	filled := min(cells, int(percent/100*cells+0.5))
	if percent >= 1 {
		filled = max(1, filled)
	}
	return p.As(style, strings.Repeat("█", filled)) + p.As(Dim, strings.Repeat("░", cells-filled))
}

// left and right pad to a width in runes; text must not be painted yet.
func left(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func right(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
}

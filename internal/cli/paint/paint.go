package paint

import (
	"strings"

	"github.com/kanari-dev/kanari/internal/cli/terminal"
	"github.com/kanari-dev/kanari/internal/view"
)

var markColors = map[view.Mark]terminal.Color{
	view.Good: terminal.Green, view.Moving: terminal.Blue, view.Waiting: terminal.Yellow, view.Bad: terminal.Red,
	view.Warning: terminal.Red, view.Unsure: terminal.Yellow, view.Queued: terminal.Yellow,
}

var roleColors = map[view.Role]terminal.Color{
	view.Canary: terminal.Yellow, view.Stable: terminal.Green, view.Active: terminal.Green,
	view.Preview: terminal.Blue, view.Ping: terminal.Blue, view.Pong: terminal.Blue,
}

// Icon is the coloured icon of the mark.
func Icon(p terminal.Palette, mark view.Mark) string {
	return p.Paint(markColors[mark], mark.Icon())
}

// Status is a status word behind its icon.
func Status(p terminal.Palette, mark view.Mark, word string) string {
	return Icon(p, mark) + " " + word
}

// Roles are coloured role names with the separator between.
func Roles(p terminal.Palette, roles []view.Role, separator string) string {
	words := make([]string, len(roles))
	for i, role := range roles {
		words[i] = p.Paint(roleColors[role], string(role))
	}
	return strings.Join(words, separator)
}

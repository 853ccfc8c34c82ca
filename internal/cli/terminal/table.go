package terminal

import (
	"strings"
	"unicode/utf8"
)

const gap = "  " // between columns

// Table aligns rows of cells with two spaces between columns. Escape sequences take no room.
type Table struct {
	// Widths are the least widths of the columns, in characters; they grow with the cells.
	Widths []int
	rows   [][]string
}

// Row adds a row.
func (t *Table) Row(cells ...string) {
	for i, cell := range cells {
		if i == len(t.Widths) {
			t.Widths = append(t.Widths, 0)
		}
		t.Widths[i] = max(t.Widths[i], width(cell))
	}
	t.rows = append(t.rows, cells)
}

// Flush returns the rows added since the last Flush, a line each, without blanks at line ends.
// The widths stay, so that later rows stand below the earlier ones.
func (t *Table) Flush() string {
	var out strings.Builder
	for _, row := range t.rows {
		out.WriteString(t.line(row))
		out.WriteByte('\n')
	}
	t.rows = nil
	return out.String()
}

func (t *Table) line(row []string) string {
	var line strings.Builder
	for i, cell := range row {
		if i > 0 {
			line.WriteString(gap)
		}
		line.WriteString(cell)
		line.WriteString(strings.Repeat(" ", t.Widths[i]-width(cell)))
	}
	return strings.TrimRight(line.String(), " ")
}

// width counts the characters of the text that take room.
func width(text string) int {
	n := 0
	for {
		start := strings.Index(text, "\x1b[")
		if start < 0 {
			return n + utf8.RuneCountInString(text)
		}
		n += utf8.RuneCountInString(text[:start])
		end := strings.IndexByte(text[start:], 'm')
		if end < 0 {
			return n
		}
		text = text[start+end+1:]
	}
}

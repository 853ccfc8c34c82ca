package show

import (
	"fmt"
	"strings"
	"time"
)

const (
	timeWidth     = 7
	stepWidth     = 14
	measuredWidth = 18
	errorsWidth   = 7
	podsWidth     = 27
)

// Heading is the line above the Rows.
func (p Paint) Heading(version string) string {
	return p.As(Dim, "  "+strings.Join([]string{
		right("time", timeWidth), left("step", stepWidth), left("asked for "+version, 16), left("measured", measuredWidth),
		right("errors", errorsWidth), left("pods ready/all", podsWidth), "VirtualService",
	}, "  "))
}

// worth are the requests that a Row needs to have a line that stays, and to be judged.
const worth = 200

// Telling says whether a Row is worth a line that stays: one too short to measure is not.
func (r Row) Telling() bool { return r.Answers.Total().Requests >= worth }

// Line draws a Row below its Heading.
func (p Paint) Line(row Row) string {
	columns := []string{
		right(seconds(row.After), timeWidth),
		left(row.Step, stepWidth),
		p.bar(float64(row.Asked), Of(row.Version)) + right(fmt.Sprintf("%d %%", row.Asked), 6),
		p.measured(row),
		p.failing(row),
		p.pods(row.Last),
		row.Last.routes(),
	}
	return "  " + strings.Join(columns, "  ")
}

func (p Paint) measured(row Row) string {
	share, known := row.Answers.Share(row.Version)
	if !known {
		return left("…", measuredWidth)
	}
	return p.bar(share, Of(row.Version)) + right(fmt.Sprintf("%.1f %%", share), measuredWidth-10)
}

// failing is the part of the new version's answers that were errors.
func (p Paint) failing(row Row) string {
	percent, known := row.Answers.Failing(row.Version)
	switch {
	case !known:
		return right("–", errorsWidth)
	case percent == 0:
		return right("0", errorsWidth)
	}
	return p.As(Red, right(fmt.Sprintf("%.1f %%", percent), errorsWidth))
}

func (p Paint) pods(m Moment) string {
	painted, plain := make([]string, len(m.Pods)), make([]string, len(m.Pods))
	for i, pods := range m.Pods {
		plain[i] = fmt.Sprintf("%s %d/%d", pods.Version, pods.Ready, pods.All)
		painted[i] = p.As(Of(pods.Version), plain[i])
	}
	missing := podsWidth - len(strings.Join(plain, " "))
	return strings.Join(painted, " ") + strings.Repeat(" ", max(0, missing))
}

// Saying is the line below the Row at work: the phase and what it waits for.
func (p Paint) Saying(m Moment, hint string) string {
	words := m.Phase
	if m.Message != "" {
		words += ": " + m.Message
	}
	if hint != "" {
		words += " – " + hint
	}
	return strings.Repeat(" ", timeWidth+4) + p.As(Dim, words)
}

// Command is a command line as somebody would type it.
func (p Paint) Command(line string) string { return "  " + p.As(Dim, "$ ") + p.As(Cyan, line) }

// Chapter is a headline.
func (p Paint) Chapter(text string) string { return "\n" + p.As(Bold, text) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

package show

import (
	"fmt"
	"strings"
	"time"
)

// Together they leave no line wider than 99 columns.
const (
	timeWidth     = 7
	stepWidth     = 14
	askedWidth    = 15
	measuredWidth = 18
	errorsWidth   = 7
)

// Heading is the line above the Rows.
func (p Paint) Heading(version string) string {
	return p.As(Dim, "  "+strings.Join([]string{
		right("time", timeWidth), left("step", stepWidth), left("asked (weights)", askedWidth), left(version+" measured", measuredWidth),
		right("errors", errorsWidth), "pods ready/all",
	}, "  "))
}

// worth are the requests that a Row needs to have a line that stays, and to be judged.
const worth = 200

// Telling says whether a Row is worth a line that stays: one too short to measure is not.
func (r Row) Telling() bool { return r.Answers.Total().Requests >= worth }

// Lines draws a Row below its Heading, and below it what the judge said meanwhile: so many judgements at most.
func (p Paint) Lines(row Row, judgements int) []string {
	lines := []string{"  " + strings.Join([]string{
		right(seconds(row.After), timeWidth),
		left(row.Step, stepWidth),
		left(right(fmt.Sprintf("%d %%", row.Asked), 5)+" ("+row.Last.routes()+")", askedWidth),
		p.measured(row),
		p.failing(row),
		p.pods(row.Last),
	}, "  ")}
	for _, j := range few(row.Judged, judgements) {
		lines = append(lines, p.Judged(j, j.At.Sub(row.From)+row.After))
	}
	return lines
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
	painted := make([]string, len(m.Pods))
	for i, pods := range m.Pods {
		painted[i] = p.As(Of(pods.Version), fmt.Sprintf("%s %d/%d", pods.Version, pods.Ready, pods.All))
	}
	return strings.Join(painted, " ")
}

// Saying is the line below the Row at work: the phase and what it waits for.
func (p Paint) Saying(m Moment) string {
	words := m.Phase
	if m.Message != "" {
		words += ": " + m.Message
	}
	return strings.Repeat(" ", timeWidth+4) + p.As(Dim, words)
}

// Command is a command line as somebody would type it.
func (p Paint) Command(line string) string { return "  " + p.As(Dim, "$ ") + p.As(Cyan, line) }

// Chapter is a headline.
func (p Paint) Chapter(text string) string { return "\n" + p.As(Bold, text) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

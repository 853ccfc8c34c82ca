package show

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Summary is what a demo ends with.
type Summary struct {
	Good, Bad Told   // the rollout that went on and the one that was taken back
	Back      Return // how the bad one was
	Totals    Tally  // every answer of the load
	Took      time.Duration
	Replicas  int // pods that the Rollout asks for
}

// Return is how requests came back to the stable version, by the API server's clock.
type Return struct {
	Noticed time.Time // it got the first measurement with an error
	Decided time.Time // it got the measurement that decided
	Back    time.Time // all requests were the stable version's
	Last    time.Time // the last request reached the bad version
}

// Told is a story that has ended.
type Told struct {
	Version  string
	Rows     []Row
	PodsPeak int
}

// soon is the longest time that it may take once it is decided.
const soon = time.Second

// Complaints are the expectations that were not met, a line each.
func (s Summary) Complaints() []string {
	var all []string
	for _, row := range s.rows() {
		share, known := row.Answers.Share(row.Version)
		if off := math.Abs(share - float64(row.Asked)); known && off > tolerance(row) {
			all = append(all, fmt.Sprintf("%s was asked to get %d %% and got %.1f %% of %d requests", row.Version, row.Asked, share, row.Answers.Total().Requests))
		}
	}
	if lost := s.Totals[""].Requests; lost > 0 {
		all = append(all, fmt.Sprintf("%d requests were answered by nobody", lost))
	}
	for version, count := range s.Totals {
		if version != s.Bad.Version && version != "" && count.Errors > 0 {
			all = append(all, fmt.Sprintf("%s answered %d requests with an error", version, count.Errors))
		}
	}
	if s.Totals[s.Bad.Version].Errors == 0 {
		all = append(all, s.Bad.Version+" is broken, but no request has felt it")
	}
	for what, at := range map[string]time.Time{"the weights were back": s.Back.Back, "the last request reached " + s.Bad.Version: s.Back.Last} {
		if late := at.Sub(s.Back.Decided); late > soon {
			all = append(all, fmt.Sprintf("%s only %d ms after the verdict", what, late.Milliseconds()))
		}
	}
	slices.Sort(all)
	return all
}

// tolerance is how far from the asked share, in percent, a measured one may be: four standard deviations for chance, and the
// requests of a moment for those under way while the weights moved.
func tolerance(row Row) float64 {
	const moment = 50
	asked, requests := float64(row.Asked)/100, float64(row.Answers.Total().Requests)
	return 100*moment/requests + 400*math.Sqrt(asked*(1-asked)/requests)
}

func (s Summary) rows() []Row {
	var rows []Row
	for _, row := range slices.Concat(s.Good.Rows, s.Bad.Rows) {
		if row.Asked > 0 && row.Telling() {
			rows = append(rows, row)
		}
	}
	return rows
}

// Summary draws the table and the sentences below it.
func (p Paint) Summary(s Summary) []string {
	lines := []string{p.As(Dim, "  "+strings.Join([]string{
		left("", 10), right("asked", 7), right("measured", 10), right("requests", 10), right("its errors", 12),
	}, "  "))}
	version := ""
	for _, row := range s.rows() {
		name := left("", 10)
		if row.Version != version {
			name = p.As(Of(row.Version), left(row.Version, 10))
		}
		version = row.Version
		lines = append(lines, "  "+name+"  "+p.figures(row))
	}
	return append(append(lines, ""), p.sentences(s)...)
}

func (p Paint) figures(row Row) string {
	share, _ := row.Answers.Share(row.Version)
	own := row.Answers[row.Version]
	failures := right("0", 12)
	if own.Errors > 0 {
		percent, _ := row.Answers.Failing(row.Version)
		failures = p.As(Red, right(fmt.Sprintf("%d (%.0f %%)", own.Errors, percent), 12))
	}
	return strings.Join([]string{
		right(fmt.Sprintf("%d %%", row.Asked), 7), right(fmt.Sprintf("%.1f %%", share), 10),
		right(thousands(row.Answers.Total().Requests), 10), failures,
	}, "  ")
}

func (p Paint) sentences(s Summary) []string {
	total := s.Totals.Total()
	lost := p.As(Green, "none lost")
	if count := s.Totals[""].Requests; count > 0 {
		lost = p.As(Red, fmt.Sprintf("%d lost", count))
	}
	bad := s.Totals[s.Bad.Version].Errors
	return []string{
		p.sentence("taken back", p.Returned(s.Back)),
		p.sentence(s.Bad.Version, p.Reached(s)),
		p.sentence("requests", thousands(total.Requests)+" sent, "+p.byVersion(s)+"; "+lost),
		p.sentence("errors", fmt.Sprintf("%d of %s's own, %d of others", bad, s.Bad.Version, total.Errors-bad)),
		p.sentence("pods", fmt.Sprintf("%d asked for; with those of old versions, kept for a way back, at most %d at once", s.Replicas, max(s.Good.PodsPeak, s.Bad.PodsPeak))),
		p.sentence("time", fmt.Sprintf("%.0f s", s.Took.Seconds())),
	}
}

// Returned tells how fast the weights were back.
func (p Paint) Returned(r Return) string {
	return fmt.Sprintf("%s after the measurement that decided, %.1f s after the first with an error",
		p.As(Bold, milliseconds(r.Back.Sub(r.Decided))), r.Back.Sub(r.Noticed).Seconds())
}

// Reached tells what the bad version cost.
func (p Paint) Reached(s Summary) string {
	count := s.Totals[s.Bad.Version]
	last := milliseconds(s.Back.Last.Sub(s.Back.Decided)) + " after that measurement"
	if !s.Back.Last.After(s.Back.Decided) {
		last = "before that measurement"
	}
	return fmt.Sprintf("%s requests reached it, the last one %s; %s", thousands(count.Requests), last,
		p.As(Red, fmt.Sprintf("%d saw an error", count.Errors)))
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func (p Paint) sentence(about, text string) string { return "  " + left(about, 10) + "  " + text }

// byVersion lists who answered how many.
func (p Paint) byVersion(s Summary) string {
	var words []string
	for version, count := range s.Totals {
		if version != "" {
			words = append(words, version+" "+thousands(count.Requests))
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// thousands writes a number with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

package traffic

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Row is one measurement.
type Row struct {
	// Proxy is what the requests went through, Router the kind of object that bears the shares, and What happened to it.
	Proxy, Router, What string
	// Requests were sent meanwhile, and Failed of them were answered with an error or by nobody. Excused of the failed ones were lost by the
	// test's own doing, and Why says how.
	Requests, Failed, Excused int
	Why                       string
	// Share is what a version got beside what it should have got; nil where nothing is divided.
	Share *Share
	// Lag is how long the old version went on answering after the order was given.
	Lag *Lag
}

// Share is how many Of requests a version Got; Want is its part of them, 0 to 1. An Exact one is counted out by the proxy, not drawn by lot.
type Share struct {
	Of, Got int
	Want    float64
	Exact   bool
}

// Lag compares an order given to Kanari with the same change written into the object by hand, which is what the proxy needs for itself.
type Lag struct {
	Ordered, ByHand []time.Duration
	// Control is the part of Ordered from the API server's answer to the order until its answer to the write of the shares.
	Control []time.Duration
}

// Table collects Rows.
type Table struct {
	mutex sync.Mutex
	rows  []Row
}

// Add appends a Row.
func (t *Table) Add(row Row) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.rows = append(t.rows, row)
}

// columns of the table. Times are in milliseconds.
var columns = []string{"proxy", "router", "what", "requests", "failed", "share wanted", "measured", "accepted", "lag p50/max ms", "by hand p50/max ms", "control p50/p99 ms"}

// Print writes the table for a terminal.
func (t *Table) Print(out io.Writer) error {
	aligned := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, cells := range t.cells() {
		if _, err := fmt.Fprintln(aligned, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return aligned.Flush()
}

// Markdown writes the table for a document, and below it what the failed requests are excused by.
func (t *Table) Markdown(out io.Writer) error {
	var text strings.Builder
	for i, cells := range t.cells() {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			text.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	for _, excuse := range t.excuses() {
		fmt.Fprintf(&text, "\n%s\n", excuse)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (t *Table) cells() [][]string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	lines := [][]string{columns}
	for _, row := range t.rows {
		lines = append(lines, row.cells())
	}
	return lines
}

// excuses are told once each.
func (t *Table) excuses() []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var told []string
	for _, row := range t.rows {
		if row.Why != "" && !slices.Contains(told, row.Why) {
			told = append(told, row.Why)
		}
	}
	return told
}

func (r Row) cells() []string {
	failed := strconv.Itoa(r.Failed - r.Excused)
	if r.Why != "" {
		failed += fmt.Sprintf(" (and %d of crashed pods)", r.Excused)
	}
	cells := []string{r.Proxy, r.Router, r.What, strconv.Itoa(r.Requests), failed}
	cells = append(cells, r.Share.cells()...)
	return append(cells, r.Lag.cells()...)
}

func (s *Share) cells() []string {
	if s == nil {
		return []string{"", "", ""}
	}
	least, most := s.Accepted()
	return []string{
		fmt.Sprintf("%g %%", s.Want*100),
		fmt.Sprintf("%d of %d", s.Got, s.Of),
		fmt.Sprintf("%d to %d", least, most),
	}
}

func (l *Lag) cells() []string {
	if l == nil {
		return []string{"", "", ""}
	}
	return []string{spread(l.Ordered, 1), spread(l.ByHand, 1), spread(l.Control, 0.99)}
}

// spread is the median beside another quantile, 0 to 1.
func spread(times []time.Duration, other float64) string {
	if len(times) == 0 {
		return ""
	}
	return fmt.Sprintf("%d / %d (n=%d)", Quantile(times, 0.5).Milliseconds(), Quantile(times, other).Milliseconds(), len(times))
}

// Quantile of at least one time: the smallest that is not exceeded by a part of them, 0 to 1.
func Quantile(times []time.Duration, part float64) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	for i, value := range sorted {
		if float64(i+1) >= part*float64(len(sorted)) {
			return value
		}
	}
	return sorted[len(sorted)-1]
}

// Accepted are the counts between which a share is right. Where it is drawn by lot that is Bound. Where it is counted out, requests still
// come and go at the edges of a measurement, and the proxy begins its count anew whenever it reads another configuration.
func (s *Share) Accepted() (least, most int) {
	if !s.Exact || s.Want == 0 || s.Want == 1 {
		return Bound(s.Of, s.Want)
	}
	const few = 5
	want := int(s.Want*float64(s.Of) + 0.5)
	return want - few, want + few
}

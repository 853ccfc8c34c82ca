package show

import (
	"slices"
	"time"
)

// Row is a stretch of a rollout in which nobody moved the weights.
type Row struct {
	From, To time.Time     // To is zero while the stretch lasts
	After    time.Duration // from the rollout's start to the stretch's
	Version  string        // the version being rolled out
	Asked    int           // its share as the routes have it, in percent
	Answers  Tally         // what the load measured during the stretch
	Step     string        // the step at work; the one that took longest once the stretch is over
	Last     Moment        // the newest moment of the stretch
	Judged   []Judgement   // what the judge said during the stretch, in order

	steps map[string]time.Duration
}

// Story cuts one rollout into Rows.
type Story struct {
	Version  string
	Began    time.Time
	Ledger   *Ledger
	PodsPeak int // most pods of all versions at any moment

	rows   []Row
	told   int       // how many rows Ripe has given away
	judged Judgement // the latest one
}

// grace is how long after its sending an answer is in the Ledger, at the latest.
const grace = 300 * time.Millisecond

// See takes a moment of the cluster; one with other weights begins a new stretch.
func (s *Story) See(m Moment) {
	s.PodsPeak = max(s.PodsPeak, m.AllPods())
	s.hear(m)
	began := s.Began
	if len(s.rows) > 0 {
		present := &s.rows[len(s.rows)-1]
		if present.takes(m) {
			return
		}
		present.end(m.At)
		began = present.To
	}
	s.rows = append(s.rows, Row{
		From: began, After: began.Sub(s.Began), Version: s.Version, Asked: m.Asked(s.Version),
		Last: m, steps: map[string]time.Duration{},
	})
}

// hear keeps a judgement that is news. It was made in the stretch so far, also if it is what moved the weights.
func (s *Story) hear(m Moment) {
	if m.Judged == nil || !m.Judged.follows(s.judged) {
		return
	}
	s.judged = *m.Judged
	s.judged.At = m.At
	if len(s.rows) == 0 {
		return // it is from before the story
	}
	present := &s.rows[len(s.rows)-1]
	present.Judged = append(present.Judged, s.judged)
}

// Judged is the first judgement of which something holds; nil when there is none.
func (s *Story) Judged(holds func(Judgement) bool) *Judgement {
	for _, row := range s.rows {
		if at := slices.IndexFunc(row.Judged, holds); at >= 0 {
			return &row.Judged[at]
		}
	}
	return nil
}

// takes adds a moment to the stretch if it belongs there.
func (r *Row) takes(m Moment) bool {
	if !r.To.IsZero() || m.routes() != r.Last.routes() || m.Asked(r.Version) != r.Asked {
		return false
	}
	r.steps[r.Last.Step] += m.At.Sub(r.Last.At)
	r.Last = m
	return true
}

func (r *Row) end(at time.Time) {
	if r.To.IsZero() {
		r.To = at
		r.steps[r.Last.Step] += at.Sub(r.Last.At)
	}
}

// step is the one at work, or the one that was at work for longest.
func (r *Row) step() string {
	if r.To.IsZero() {
		return r.Last.Step
	}
	longest := r.Last.Step
	for step, took := range r.steps {
		if took > r.steps[longest] {
			longest = step
		}
	}
	return longest
}

// Ripe are the ended stretches of which every answer is known; each is given once.
func (s *Story) Ripe(now time.Time) []Row {
	var ripe []Row
	for s.told < len(s.rows) && s.rows[s.told].over(now.Add(-grace)) {
		ripe = append(ripe, s.counted(s.rows[s.told], now))
		s.told++
	}
	return ripe
}

// Cut ends the present stretch, so that what comes next is counted apart, and gives away all that Ripe has not.
func (s *Story) Cut(now time.Time) []Row {
	if len(s.rows) > 0 {
		s.rows[len(s.rows)-1].end(now)
	}
	rest := s.Open(now)
	s.told = len(s.rows)
	return rest
}

// Open are the stretches that Ripe has not given away yet, as they stand now.
func (s *Story) Open(now time.Time) []Row {
	var open []Row
	for _, row := range s.rows[s.told:] {
		open = append(open, s.counted(row, now))
	}
	return open
}

// Rows are all stretches, counted anew.
func (s *Story) Rows(now time.Time) []Row {
	var all []Row
	for _, row := range s.rows {
		all = append(all, s.counted(row, now))
	}
	return all
}

func (s *Story) counted(row Row, now time.Time) Row {
	to := now
	if !row.To.IsZero() {
		to = row.To
	}
	row.Answers, row.Step = s.Ledger.Between(row.From, to), row.step()
	return row
}

func (r Row) over(by time.Time) bool { return !r.To.IsZero() && !r.To.After(by) }

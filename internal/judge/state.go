package judge

import (
	"fmt"
	"math"
	"time"
)

// State is all that a comparison has learnt. It is plain data: stored as JSON after an interval and read again, it goes on as if
// nothing had happened. Begin makes one, Add returns the next, Verdict reads it.
type State struct {
	Settings Settings  `json:"settings"`
	Began    time.Time `json:"began"`
	// Last is the end of the latest interval that counted; before the first, the end of the warm-up.
	Last time.Time `json:"last"`

	// Canary and Stable are the requests of all intervals that counted.
	Canary Counts `json:"canary"`
	Stable Counts `json:"stable"`
	// Intervals is how many counted, BadIntervals those of them with a bad canary request.
	Intervals    int    `json:"intervals"`
	BadIntervals int    `json:"badIntervals"`
	Bursts       Bursts `json:"bursts"`
	Split        Split  `json:"split"`
	// Span is how long the traffic since the last change of the weight took.
	Span time.Duration `json:"span"`

	// Above and Below are the ratio estimate: bad requests of canary and of stable, each scaled by the other side's share of the requests.
	Above float64 `json:"above"`
	Below float64 `json:"below"`
	// Ratios is the log likelihood on the grid of ratios.
	Ratios curve `json:"ratios,omitempty"`
	Bets   Bets  `json:"bets"`
}

// Bets are the running bets, each against the claim behind its name.
type Bets struct {
	NotWorse   purse `json:"notWorse,omitempty"`   // the canary is no worse than tolerated
	Worse      purse `json:"worse,omitempty"`      // the canary is worse by the factor that matters
	Limited    purse `json:"limited,omitempty"`    // the canary keeps below the limit
	Noticeable purse `json:"noticeable,omitempty"` // the canary's bad share is more than negligible
}

// Begin starts a comparison. Past are intervals from before, in order; only stable's side of them is used, to learn its bursts.
func Begin(began time.Time, past []Interval, settings Settings) (State, error) {
	if err := settings.Check(); err != nil {
		return State{}, err
	}
	s := State{Settings: settings, Began: began, Last: began.Add(settings.WarmUp)}
	for n, interval := range past {
		if err := interval.check(); err != nil {
			return State{}, fmt.Errorf("reading past interval %d: %w", n, err)
		}
		s.Bursts = s.Bursts.next(interval.trimmed().Stable)
	}
	return s, nil
}

// Add counts the next interval. One that ends no later than the last has been counted already and changes nothing, nor does one without
// requests, or one within the warm-up. An error means counts that cannot be; the state is then as before.
func (s State) Add(i Interval) (State, error) {
	if err := i.check(); err != nil {
		return s, fmt.Errorf("counting the interval that ended %s: %w", i.At.UTC().Format(time.RFC3339), err)
	}
	i = i.trimmed()
	if i.empty() || !i.At.After(s.Last) {
		return s, nil
	}
	temper := s.Bursts.temper() // what was learnt before this interval, or the bets would look at their own cards
	s.Bets = s.Bets.after(s.Settings, i, temper)
	if bad := badRequests(i, temper); bad.a+bad.b > 0 {
		s.Ratios = s.Ratios.plus(bad)
		all := i.Canary.Requests + i.Stable.Requests
		s.Above += i.Canary.Bad * i.Stable.Requests / all
		s.Below += i.Stable.Bad * i.Canary.Requests / all
	}
	s.Canary, s.Stable = s.Canary.Plus(i.Canary), s.Stable.Plus(i.Stable)
	s.Intervals++
	if i.Canary.Bad > 0 {
		s.BadIntervals++
	}
	s.Bursts = s.Bursts.next(i.Stable)
	if s.Split.Weight != i.Weight {
		s.Span = 0
	}
	s.Split = s.Split.after(s.Settings, i)
	s.Span += i.At.Sub(s.Last)
	s.Last = i.At
	return s, nil
}

// Judge adds all intervals to a new comparison and tells the verdict at the end of the last.
func Judge(began time.Time, past, run []Interval, settings Settings) (Verdict, error) {
	s, err := Begin(began, past, settings)
	if err != nil {
		return Verdict{}, err
	}
	for _, interval := range run {
		if s, err = s.Add(interval); err != nil {
			return Verdict{}, err
		}
	}
	if len(run) == 0 {
		return s.Verdict(began), nil
	}
	return s.Verdict(run[len(run)-1].At), nil
}

// badRequests is the tally of who had the bad requests. An interval in which one version had none at all says nothing about the ratio.
func badRequests(i Interval, temper float64) tally {
	if i.Canary.Requests == 0 || i.Stable.Requests == 0 {
		return tally{}
	}
	return tally{odds: math.Log(i.Canary.Requests / i.Stable.Requests), a: i.Canary.Bad, b: i.Stable.Bad, temper: temper}
}

// badShare is the tally of the canary's own bad requests against a share.
func badShare(canary Counts, share, temper float64) tally {
	return tally{odds: math.Log(share / (1 - share)), a: canary.Bad, b: canary.Requests - canary.Bad, temper: temper}
}

func (b Bets) after(s Settings, i Interval, temper float64) Bets {
	if bad := badRequests(i, temper); bad.a+bad.b > 0 {
		b.NotWorse = s.onWorse().play(b.NotWorse, bad)
		b.Worse = s.onAsGood().play(b.Worse, bad)
	}
	if s.Limit > 0 && i.Canary.Requests > 0 {
		b.Limited = s.onAboveShare().play(b.Limited, badShare(i.Canary, s.Limit, temper))
	}
	if s.Negligible > 0 && i.Canary.Requests > 0 {
		b.Noticeable = s.onBelowShare().play(b.Noticeable, badShare(i.Canary, s.Negligible, temper))
	}
	return b
}

// reachOfRatio is the scale of the stakes, in logs: a fault that matters makes 2 to 10 times as many bad requests.
const reachOfRatio = 1.2

func (s Settings) onWorse() bet {
	return bet{null: math.Log(s.Tolerated), from: math.Log(s.MinEffect), side: +1, reach: reachOfRatio, most: s.failBar() / 2}
}

func (s Settings) onAsGood() bet {
	return bet{null: math.Log(s.Worse), from: math.Log(s.Worse), side: -1, reach: reachOfRatio, most: s.passBar() / 2}
}

func (s Settings) onAboveShare() bet {
	return bet{side: +1, reach: reachOfRatio, most: s.failBar() / 2}
}

func (s Settings) onBelowShare() bet {
	return bet{side: -1, reach: reachOfRatio, most: s.passBar() / 2}
}

// failBar and passBar are the logs of the capital that decides.
func (s Settings) failBar() float64 { return math.Log(float64(s.Metrics) / s.Alpha) }
func (s Settings) passBar() float64 { return math.Log(1 / s.Beta) }

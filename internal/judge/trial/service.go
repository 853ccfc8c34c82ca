package trial

import (
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/kanari-dev/kanari/internal/judge"
)

// Service is made-up traffic, a minute an interval.
type Service struct {
	// Total is how many requests both versions answer in a minute, on average.
	Total float64
	// Weight is the canary's share in percent in each minute of the run, from 0.
	Weight func(minute int) float64
	// Sent is the canary's share in percent that the router really sends; nil for one that keeps the weight.
	Sent func(minute int) float64
	// Bad is the share, 0 to 1, of stable's requests that are bad in each minute; the past has negative minutes.
	Bad func(minute int) float64
	// Ratio is the canary's bad share to stable's: 1 is an innocent one.
	Ratio float64
	// Noise is how the bad requests are spread.
	Noise Noise
	// Past is how many minutes of stable's traffic are known beforehand.
	Past int
}

// Noise makes bad requests vary more than independent ones do.
type Noise struct {
	// Variance is the variance against independent requests; up to 1 is independent.
	Variance float64
	// Moods lets the rate of a whole minute go up and down by itself, on each side apart; else bad requests come in bursts of random length.
	Moods bool
}

// Always is a value that does not change.
func Always(value float64) func(int) float64 { return func(int) float64 { return value } }

// Start is when every run begins.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Run rolls so many minutes of a service: the past of stable, and the intervals of the run.
func (s Service) Run(seed uint64, minutes int) (past, run []judge.Interval) {
	d := &dice{state: seed}
	for minute := -s.Past; minute < 0; minute++ {
		past = append(past, judge.Interval{Stable: s.roll(d, s.Total, s.Bad(minute)), At: at(minute)})
	}
	for minute := range minutes {
		weight, bad := s.Weight(minute), s.Bad(minute)
		sent := weight
		if s.Sent != nil {
			sent = s.Sent(minute)
		}
		run = append(run, judge.Interval{
			Canary: s.roll(d, s.Total*sent/100, bad*s.Ratio),
			Stable: s.roll(d, s.Total*(1-sent/100), bad),
			Weight: weight, At: at(minute),
		})
	}
	return past, run
}

func at(minute int) time.Time { return Start.Add(time.Duration(minute+1) * time.Minute) }

func (s Service) roll(d *dice, requests, bad float64) judge.Counts {
	if requests == 0 {
		return judge.Counts{}
	}
	n := distuv.Poisson{Lambda: requests, Src: d}.Rand()
	return judge.Counts{Requests: n, Bad: min(n, s.Noise.roll(d, n, min(bad, 1)))}
}

func (z Noise) roll(d *dice, n, share float64) float64 {
	due := n * share
	switch {
	case due == 0:
		return 0
	case z.Variance <= 1:
		return distuv.Binomial{N: n, P: share, Src: d}.Rand()
	case z.Moods:
		shape := due / (z.Variance - 1)
		rate := distuv.Gamma{Alpha: shape, Beta: shape / due, Src: d}.Rand()
		return poisson(d, rate)
	}
	// The length of a burst is geometric: with a mean of m its variance makes the sum's variance 2m-1 times its mean.
	mean := (z.Variance + 1) / 2
	var bad float64
	for range int(poisson(d, due/mean)) {
		bad += 1 + geometric(d, 1/mean)
	}
	return bad
}

func poisson(d *dice, mean float64) float64 {
	if mean <= 0 {
		return 0
	}
	return distuv.Poisson{Lambda: mean, Src: d}.Rand()
}

// geometric is how many more follow the first, if each is the last one with a chance of end.
func geometric(d *dice, end float64) (more float64) {
	for d.chance() >= end {
		more++
	}
	return more
}

// dice is the SplitMix64 generator: small, well tested, the same on every machine.
type dice struct{ state uint64 }

// Uint64 rolls.
func (d *dice) Uint64() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *dice) chance() float64 { return float64(d.Uint64()>>11) / (1 << 53) }

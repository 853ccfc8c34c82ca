package judge

import (
	"math"
	"time"
)

// Outcome is the word of a verdict.
type Outcome string

const (
	// Continue: too little was seen to say.
	Continue Outcome = "Continue"
	// Pass: the canary is surely not worse by the factor that matters, or its bad share is surely negligible.
	Pass Outcome = "Pass"
	// Fail: the canary is surely worse than stable, or above the limit.
	Fail Outcome = "Fail"
	// Inconclusive: the deadline came first.
	Inconclusive Outcome = "Inconclusive"
	// RouterFault: the requests are not split as the weight says. It says nothing about the canary; the comparison is void meanwhile.
	RouterFault Outcome = "RouterFault"
)

// Verdict is what the state says at a moment.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Message is one sentence for people, with figures.
	Message  string   `json:"message"`
	Evidence Evidence `json:"evidence"`
	// Need is what is still missing; nil once the outcome is Pass or Fail, and where no amount of the present traffic would decide.
	Need *Need `json:"need,omitempty"`
}

// Evidence are the figures behind a verdict, to be stored beside it.
type Evidence struct {
	Canary    Counts `json:"canary"`
	Stable    Counts `json:"stable"`
	Intervals int    `json:"intervals"`
	// Ratio is how many times the stable version's bad share the canary has, Low and High what it is between at 95 percent, at all looks
	// together. Each is at least 1/50 and at most 50; Ratio is 1 while there were no bad requests.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// E is the evidence that the canary is worse, EGood that it is good, ELimit that it is above the limit (0 without one), ESplit that
	// the router keeps a wrong split: what a stake of 1 against the opposite has become. At most 1e12.
	E      float64 `json:"e"`
	EGood  float64 `json:"eGood"`
	ELimit float64 `json:"eLimit,omitempty"`
	ESplit float64 `json:"eSplit"`
	// FailAt and PassAt are what E (and ELimit) and EGood must reach.
	FailAt float64 `json:"failAt"`
	PassAt float64 `json:"passAt"`
	// Bursts is the variance of stable's bad requests against independent ones, 1 or more.
	Bursts float64 `json:"bursts"`
	// Share and Weight are the canary's part of the requests and what the router was told, in percent, since the weight last changed.
	Share  float64 `json:"share"`
	Weight float64 `json:"weight"`
}

// Verdict tells what follows from all that was added, at the time now.
func (s State) Verdict(now time.Time) Verdict {
	v := Verdict{Outcome: s.Outcome(now), Evidence: s.evidence()}
	if v.Outcome == Continue || v.Outcome == Inconclusive {
		v.Need = s.need()
	}
	v.Message = s.sentence(v)
	return v
}

// Outcome is Verdict's word alone, without the figures and the forecast.
func (s State) Outcome(now time.Time) Outcome {
	for _, rule := range []struct {
		outcome Outcome
		holds   bool
	}{
		{Fail, s.aboveLimit()},         // needs no comparison, so no split either
		{RouterFault, s.Split.wrong()}, // nothing below can be trusted
		{Fail, s.isWorse()},
		{Pass, s.isGood()},
		{Inconclusive, s.Settings.Deadline > 0 && !now.Before(s.Began.Add(s.Settings.Deadline))},
	} {
		if rule.holds {
			return rule.outcome
		}
	}
	return Continue
}

// The two ways to fail share alpha, so that it holds for both together: each capital starts at its half.
func (s State) eWorse() float64 { return s.Bets.NotWorse.capital() - s.handicap() }
func (s State) eLimit() float64 { return s.Bets.Limited.capital() - s.handicap() }

func (s State) handicap() float64 {
	if s.Settings.Limit > 0 {
		return math.Ln2
	}
	return 0
}

// eGood speaks against a canary that is worse by the factor that matters and has a noticeable bad share.
func (s State) eGood() float64 {
	if s.Settings.Negligible == 0 {
		return s.Bets.Worse.capital()
	}
	return halves(s.Bets.Worse.capital(), s.Bets.Noticeable.capital())
}

func (s State) aboveLimit() bool {
	return s.Settings.Limit > 0 && s.eLimit() >= s.Settings.failBar() && s.enoughBad()
}

func (s State) isWorse() bool {
	if s.eWorse() < s.Settings.failBar() || !s.enoughBad() {
		return false
	}
	low, _ := s.Ratios.span()
	return low >= math.Log(s.Settings.MinEffect)
}

func (s State) enoughBad() bool {
	return s.Canary.Bad >= s.Settings.MinBad && s.BadIntervals >= s.Settings.MinIntervals
}

func (s State) isGood() bool { return s.eGood() >= s.Settings.passBar() }

const mostEvidence = 1e12

func stake(log float64) float64 { return min(math.Exp(log), mostEvidence) }

func (s State) evidence() Evidence {
	low, high := s.Ratios.span()
	e := Evidence{
		Canary: s.Canary, Stable: s.Stable, Intervals: s.Intervals,
		Ratio: s.ratio(), Low: onGrid(math.Exp(low)), High: onGrid(math.Exp(high)),
		E: stake(s.eWorse()), EGood: stake(s.eGood()), ESplit: stake(s.Split.capital()),
		FailAt: float64(s.Settings.Metrics) / s.Settings.Alpha, PassAt: 1 / s.Settings.Beta,
		Bursts: s.Bursts.Factor(), Share: 100 * s.Split.share(), Weight: s.Split.Weight,
	}
	if s.Settings.Limit > 0 {
		e.ELimit = stake(s.eLimit())
	}
	return e
}

// ratio is the Mantel-Haenszel estimate: the ratio within each interval, weighed by what the interval can say.
func (s State) ratio() float64 {
	if s.Above == 0 && s.Below == 0 {
		return 1
	}
	return onGrid(s.Above / s.Below)
}

func onGrid(ratio float64) float64 { return min(max(ratio, 1.0/ratioEnd), ratioEnd) }

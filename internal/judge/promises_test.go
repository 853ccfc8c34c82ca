package judge_test

import (
	"testing"

	"github.com/kanari-dev/kanari/internal/judge"
	"github.com/kanari-dev/kanari/internal/judge/trial"
)

// The promises are proven, not merely not refuted: a chance is taken for kept if the exact (Clopper-Pearson) bound of what the runs
// showed, with a doubt of 1 in 100, is on the right side of the promise. The numbers of runs follow from it. To prove "at most 1 %",
// 2000 runs leave room for 9 hits (0.45 %; the judge makes about 0.3 %). To prove "at most 2 %", 1500 runs leave room for 17 (1.1 %; it
// makes about 0.7 %). To prove "at least 90 %", 8000 runs leave room for 91 % (it finds 91.8 %). Seeds are fixed, so a test that holds
// once holds always, until the judge is changed.
const doubt = 0.01

func atMost(t *testing.T, rate trial.Rate, promise float64) {
	t.Helper()
	if bound := rate.AtMost(doubt); bound > promise {
		t.Errorf("%s, so up to %.2f%% for all we know: more than %.2f%%", rate, 100*bound, 100*promise)
	}
	t.Log(rate)
}

func atLeast(t *testing.T, rate trial.Rate, promise float64) {
	t.Helper()
	if bound := rate.AtLeast(doubt); bound < promise {
		t.Errorf("%s, so as few as %.2f%% for all we know: less than %.2f%%", rate, 100*bound, 100*promise)
	}
	t.Log(rate, "median minute", rate.Median())
}

// endless judges for ever: the promises about good canaries hold even for those who go on looking after a pass.
func endless() judge.Settings {
	s := judge.Defaults()
	s.Deadline = 0
	return s
}

func steady(canary, weight, bad, ratio float64) trial.Service {
	return trial.Service{
		Total: canary * 100 / weight, Weight: trial.Always(weight), Bad: trial.Always(bad), Ratio: ratio,
		Noise: trial.Noise{Variance: 1}, Past: 60,
	}
}

func bursty(s trial.Service, variance float64, moods bool) trial.Service {
	s.Noise = trial.Noise{Variance: variance, Moods: moods}
	return s
}

func TestAGoodCanaryFailsOnceInAHundredAtMost(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"hardly any requests":            steady(5, 10, 0.01, 1),
		"few requests":                   steady(30, 10, 0.01, 1),
		"few requests, few bad":          steady(30, 10, 0.002, 1),
		"few requests, half the traffic": steady(30, 50, 0.01, 1),
		"many requests":                  steady(3000, 10, 0.01, 1),
		"many bad":                       steady(30, 10, 0.3, 1),
	} {
		t.Run(name, func(t *testing.T) {
			atMost(t, trial.Fails(trial.Ever(endless(), judge.Fail), s, 1, 2000, 60), 0.01)
		})
	}
}

func TestLookingFourTimesAsOftenFailsNoMoreGoodCanaries(t *testing.T) {
	atMost(t, trial.Fails(trial.Ever(endless(), judge.Fail), steady(30, 10, 0.01, 1), 2, 1600, 240), 0.01)
}

func TestAGoodCanaryOfABurstyServiceFailsTwiceInAHundredAtMost(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"bursts":                        bursty(steady(30, 10, 0.01, 1), 5, false),
		"bursts, half the traffic":      bursty(steady(30, 50, 0.01, 1), 5, false),
		"bursts, many, half":            bursty(steady(300, 50, 0.01, 1), 5, false),
		"bursts, few bad":               bursty(steady(30, 10, 0.002, 1), 5, false),
		"moods":                         bursty(steady(30, 10, 0.01, 1), 5, true),
		"moods, half the traffic":       bursty(steady(30, 50, 0.01, 1), 5, true),
		"moods, many requests":          bursty(steady(300, 10, 0.01, 1), 5, true),
		"variance of 2, where it hides": bursty(steady(300, 50, 0.01, 1), 2, false),
	} {
		t.Run(name, func(t *testing.T) {
			atMost(t, trial.Fails(trial.Ever(endless(), judge.Fail), s, 3, 1500, 60), 0.02)
		})
	}
}

func TestWithoutAPastABurstyServiceIsStillJudgedWithCare(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"bursts": bursty(steady(30, 50, 0.01, 1), 5, false),
		"moods":  bursty(steady(300, 10, 0.01, 1), 5, true),
	} {
		t.Run(name, func(t *testing.T) {
			s.Past = 0
			atMost(t, trial.Fails(trial.Ever(endless(), judge.Fail), s, 12, 800, 60), 0.05)
		})
	}
}

func TestAnOutageOfBothVersionsIsNotHeldAgainstTheCanary(t *testing.T) {
	// Summed over the run, the canary looks worse: most of its requests came at the end, when everything was bad.
	ramp := func(minute int) float64 { return []float64{5, 25, 50}[max(minute, 0)/20] }
	outage := func(minute int) float64 {
		if minute < 40 {
			return 0.01
		}
		return 0.3
	}
	for name, s := range map[string]trial.Service{
		"few requests":  {Total: 300, Noise: trial.Noise{Variance: 1}},
		"many requests": {Total: 3000, Noise: trial.Noise{Variance: 1}},
		"bursts":        {Total: 300, Noise: trial.Noise{Variance: 5}},
		"moods":         {Total: 300, Noise: trial.Noise{Variance: 5, Moods: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s.Weight, s.Bad, s.Ratio, s.Past = ramp, outage, 1, 60
			atMost(t, trial.Fails(trial.Ever(endless(), judge.Fail), s, 4, 1000, 60), 0.02)
		})
	}
}

func TestABadCanaryIsFoundWithinTheHour(t *testing.T) {
	for name, c := range map[string]struct {
		service trial.Service
		runs    int
	}{
		"five times 0.2 %, 30 requests a minute":              {steady(30, 10, 0.002, 5), 8000},
		"five times 1 %, 30 requests a minute":                {steady(30, 10, 0.01, 5), 300},
		"five times 1 %, 300 requests a minute, bursts":       {bursty(steady(300, 10, 0.01, 5), 5, false), 300},
		"five times 1 %, 30 requests a minute, half of all":   {steady(30, 50, 0.01, 5), 500},
		"three times 0.2 %, 3000 requests a minute":           {steady(3000, 10, 0.002, 3), 300},
		"all of few requests are bad, stable has no bad ones": {steady(2, 10, 0.0001, 10000), 300},
	} {
		t.Run(name, func(t *testing.T) {
			atLeast(t, trial.Fails(trial.First(judge.Defaults(), judge.Fail), c.service, 5, c.runs, 60), 0.9)
		})
	}
}

func TestACanaryTwiceAsBadPassesFiveTimesInAHundredAtMost(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"few requests":  steady(30, 10, 0.01, 2),
		"many requests": steady(300, 10, 0.01, 2),
		"bursts":        bursty(steady(300, 10, 0.01, 2), 5, false),
	} {
		t.Run(name, func(t *testing.T) {
			atMost(t, trial.Fails(trial.Ever(endless(), judge.Pass), s, 6, 600, 60), 0.05)
		})
	}
}

func TestAGoodCanaryPassesWithinTheHour(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"1 % bad":            steady(300, 10, 0.01, 1),
		"no bad ones at all": steady(300, 10, 0, 1),
	} {
		t.Run(name, func(t *testing.T) {
			atLeast(t, trial.Fails(trial.First(judge.Defaults(), judge.Pass), s, 7, 500, 60), 0.95)
		})
	}
}

// misrouted sends the canary other requests than the weight says, from a minute on.
func misrouted(s trial.Service, from int, share float64) trial.Service {
	s.Sent = func(minute int) float64 {
		if minute < from {
			return s.Weight(minute)
		}
		return share
	}
	return s
}

func TestARouterThatKeepsTheWeightIsNotBlamed(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"few requests":  steady(5, 10, 0.01, 1),
		"many requests": steady(3000, 10, 0.01, 1),
		"a fifth off":   misrouted(steady(300, 10, 0.01, 1), 0, 12),
	} {
		t.Run(name, func(t *testing.T) {
			atMost(t, trial.Fails(trial.Ever(endless(), judge.RouterFault), s, 8, 500, 60), 0.01)
		})
	}
}

func TestARouterThatBreaksTheWeightIsBlamedBeforeTheCanaryIsJudged(t *testing.T) {
	for name, s := range map[string]trial.Service{
		"three times as much":          misrouted(steady(300, 10, 0.01, 1), 0, 30),
		"nothing arrives":              misrouted(steady(300, 10, 0.01, 1), 0, 0),
		"a third of it":                misrouted(steady(300, 10, 0.01, 1), 0, 3),
		"three times, very many":       misrouted(steady(3000, 10, 0.01, 5), 0, 30),
		"an old rule answers for both": misrouted(steady(300, 10, 0.01, 1), 0, 50),
	} {
		t.Run(name, func(t *testing.T) {
			atLeast(t, trial.Fails(trial.First(judge.Defaults(), judge.RouterFault), s, 9, 500, 60), 0.95)
		})
	}
}

func TestARouterThatBreaksTheWeightLateIsBlamedSoon(t *testing.T) {
	s := misrouted(steady(30, 10, 0.002, 1), 40, 30)
	rate := trial.Fails(trial.Ever(endless(), judge.RouterFault), s, 10, 500, 60)
	atLeast(t, rate, 0.95)
	if late := rate.Median() - 40; late > 5 {
		t.Errorf("half of the runs took more than %d minutes to see it: want 5 at most", late)
	}
}

func TestTheIntervalMissesTheRatioFiveTimesInAHundredAtMost(t *testing.T) {
	for name, c := range map[string]struct {
		service trial.Service
		ratio   float64
	}{
		"as good":        {steady(30, 10, 0.01, 1), 1},
		"a little worse": {steady(3000, 10, 0.01, 1.3), 1.3},
		"five times":     {steady(30, 50, 0.01, 5), 5},
		"bursts":         {bursty(steady(300, 10, 0.01, 1.3), 5, false), 1.3},
	} {
		t.Run(name, func(t *testing.T) {
			misses := func(past, run []judge.Interval) int {
				s := begin(t, past, endless())
				for n, interval := range run {
					s = add(t, s, interval)
					if n%5 > 0 {
						continue // a look every five minutes, for speed
					}
					if e := s.Verdict(interval.At).Evidence; c.ratio < e.Low || c.ratio > e.High {
						return n + 1
					}
				}
				return 0
			}
			atMost(t, trial.Fails(misses, c.service, 11, 300, 60), 0.05)
		})
	}
}

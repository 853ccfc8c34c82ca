package trial

import "github.com/kanari-dev/kanari/internal/judge"

// Ever tells the first minute in which the judge has an outcome, whatever it had before.
func Ever(settings judge.Settings, want judge.Outcome) Referee {
	return compare(settings, func(outcome judge.Outcome) (over bool) { return outcome == want }, want)
}

// First tells when the judge comes to an outcome, if it comes to no other before: as in a rollout, which ends with the first.
func First(settings judge.Settings, want judge.Outcome) Referee {
	return compare(settings, func(outcome judge.Outcome) (over bool) { return outcome != judge.Continue }, want)
}

func compare(settings judge.Settings, over func(judge.Outcome) bool, want judge.Outcome) Referee {
	return func(past, run []judge.Interval) int {
		s, err := judge.Begin(Start, past, settings)
		if err != nil {
			panic(err) // made-up traffic is always sound
		}
		for n, interval := range run {
			if s, err = s.Add(interval); err != nil {
				panic(err)
			}
			outcome := s.Outcome(interval.At)
			if !over(outcome) {
				continue
			}
			if outcome == want {
				return n + 1
			}
			return 0
		}
		return 0
	}
}

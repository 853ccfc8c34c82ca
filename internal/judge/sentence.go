package judge

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// sentence says a verdict to people.
func (s State) sentence(v Verdict) string {
	e := v.Evidence
	switch {
	case v.Outcome == RouterFault:
		return fmt.Sprintf("the canary gets %s of the requests where the weight says %s: the router does not keep the split, so the versions are not compared",
			percent(e.Share/100), percent(e.Weight/100))
	case v.Outcome == Fail && s.aboveLimit():
		return fmt.Sprintf("canary %s: surely above the limit of %s", e.Canary, percent(s.Settings.Limit))
	case v.Outcome == Fail:
		return fmt.Sprintf("canary %s, stable %s: %s as many, surely %s or more", e.Canary, e.Stable, times(e.Ratio), times(e.Low))
	case v.Outcome == Pass && s.Bets.Worse.capital() >= s.Settings.passBar():
		return fmt.Sprintf("canary %s, stable %s: surely less than %s as many", e.Canary, e.Stable, times(s.Settings.Worse))
	case v.Outcome == Pass:
		return fmt.Sprintf("canary %s, stable %s: good by all the evidence", e.Canary, e.Stable)
	case v.Outcome == Inconclusive:
		return fmt.Sprintf("not decided within %s: %s", length(s.Settings.Deadline), s.soFar(v))
	}
	return "not decided yet: " + s.soFar(v)
}

func (s State) soFar(v Verdict) string {
	switch {
	case s.Canary.Requests == 0 && s.Stable.Requests == 0:
		return "no requests were counted"
	case s.Canary.Requests == 0:
		return "the canary had no requests"
	case v.Need == nil && s.Stable.Requests == 0:
		return "the stable version had no requests to compare with"
	}
	return fmt.Sprintf("canary %s, stable %s; %s", s.Canary, s.Stable, v.Need)
}

// String is like "0.4% bad (5 of 1200)".
func (c Counts) String() string {
	if c.Requests == 0 {
		return "without requests"
	}
	return fmt.Sprintf("%s bad (%.0f of %.0f)", percent(c.Share()), c.Bad, c.Requests)
}

// String is like "needs about 900 more canary requests to pass, about 30m at this weight".
func (n *Need) String() string {
	if n == nil {
		return "this traffic cannot decide it"
	}
	verb := map[Outcome]string{Fail: "fail", Pass: "pass"}[n.For]
	text := fmt.Sprintf("needs about %.0f more canary requests to %s", rounded(n.Requests), verb)
	if n.Time == 0 {
		return text
	}
	return text + fmt.Sprintf(", about %s at this weight", length(n.Time))
}

func percent(share float64) string { return figures(100*share) + "%" }

func times(ratio float64) string { return figures(ratio) + " times" }

// figures keeps two of them: 0.034, 1.2, 37.
func figures(x float64) string {
	if x >= 10 || x == 0 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(rounded(x), 'f', -1, 64)
}

// rounded keeps two figures of a number.
func rounded(x float64) float64 {
	if x <= 0 {
		return 0
	}
	text := strconv.FormatFloat(x, 'g', 2, 64)
	short, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.Round(x)
	}
	return short
}

// length is a duration as people say it: 45s, 12m, 2h30m, 3d.
func length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", math.Ceil(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%.0fm", math.Ceil(d.Minutes()))
	case d < 48*time.Hour:
		m := int(math.Ceil(d.Minutes()))
		if m%60 == 0 {
			return fmt.Sprintf("%dh", m/60)
		}
		return fmt.Sprintf("%dh%dm", m/60, m%60)
	}
	return fmt.Sprintf("%.0fd", math.Ceil(d.Hours()/24))
}

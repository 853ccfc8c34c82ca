package compare

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/kanari-dev/kanari/internal/judge"
)

// summary is the value of a measurement: what was counted, and the ratio.
func summary(e judge.Evidence) string {
	return fmt.Sprintf("canary %s, stable %s, ratio %.2g (%.2g to %.2g)", e.Canary, e.Stable, e.Ratio, e.Low, e.High)
}

// stored is a verdict as it is kept in the measurement, each figure by itself.
func stored(v judge.Verdict, until time.Time) map[string]string {
	e := v.Evidence
	all := map[string]string{"verdict": string(v.Outcome), "until": until.UTC().Format(time.RFC3339), "intervals": strconv.Itoa(e.Intervals)}
	maps.Copy(all, map[string]string{
		"canaryRequests": figure(e.Canary.Requests), "canaryBad": figure(e.Canary.Bad),
		"stableRequests": figure(e.Stable.Requests), "stableBad": figure(e.Stable.Bad),
		"ratio": figure(e.Ratio), "low": figure(e.Low), "high": figure(e.High),
		"e": figure(e.E), "failAt": figure(e.FailAt), "eGood": figure(e.EGood), "passAt": figure(e.PassAt), "bursts": figure(e.Bursts),
	})
	if e.ELimit > 0 {
		all["eLimit"] = figure(e.ELimit)
	}
	if e.Weight > 0 {
		maps.Copy(all, map[string]string{"share": figure(e.Share), "weight": figure(e.Weight), "eSplit": figure(e.ESplit)})
	}
	if v.Need != nil {
		maps.Copy(all, map[string]string{"needs": figure(v.Need.Requests), "needsFor": string(v.Need.For), "needsTime": v.Need.Time.String()})
	}
	return all
}

// figure keeps what can be read: whole numbers as they are, others with four figures.
func figure(x float64) string {
	if x >= 1000 || x == float64(int64(x)) {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

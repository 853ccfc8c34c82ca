package judge

import (
	"fmt"
	"math"
	"time"
)

// Counts are requests of one version. They may be fractional, as rates stretched over an interval are.
type Counts struct {
	// Requests is how many requests were answered.
	Requests float64 `json:"requests"`
	// Bad is how many of Requests were bad: failed, or slower than wished. A little more than Requests is taken for all of them.
	Bad float64 `json:"bad"`
}

// Plus adds what another source (a pod, a route) counted of the same version.
func (c Counts) Plus(more Counts) Counts {
	return Counts{Requests: c.Requests + more.Requests, Bad: c.Bad + more.Bad}
}

// Share is the bad part of the requests, 0 to 1; 0 when there were none.
func (c Counts) Share() float64 {
	if c.Requests <= 0 {
		return 0
	}
	return c.Bad / c.Requests
}

// stretch is how many more bad requests than requests are still taken for an accident of sampling: two series of the same requests that
// began at different moments are stretched over an interval differently.
const stretch = 1.25

func (c Counts) trimmed() Counts { return Counts{Requests: c.Requests, Bad: min(c.Bad, c.Requests)} }

func (c Counts) check(version string) error {
	for _, n := range []float64{c.Requests, c.Bad} {
		if math.IsNaN(n) || math.IsInf(n, 0) || n < 0 {
			return fmt.Errorf("%s counts %v requests and %v bad ones: both must be finite and not negative", version, c.Requests, c.Bad)
		}
	}
	if c.Bad > c.Requests*stretch {
		return fmt.Errorf("%s counts more bad requests (%v) than requests (%v): let both queries select the same series", version, c.Bad, c.Requests)
	}
	return nil
}

// Interval is what both versions answered in the same stretch of time, 15 to 60 seconds long.
type Interval struct {
	Canary Counts `json:"canary"`
	Stable Counts `json:"stable"`
	// Weight is the canary's share of the traffic that the router was told to keep throughout, in percent. 0 and 100 mean that there
	// is no split to check: no canary traffic yet, header routes only, or unknown.
	Weight float64 `json:"weight"`
	// At is when the interval ended.
	At time.Time `json:"at"`
}

func (i Interval) check() error {
	if err := i.Canary.check("canary"); err != nil {
		return err
	}
	if err := i.Stable.check("stable"); err != nil {
		return err
	}
	if !(i.Weight >= 0 && i.Weight <= 100) {
		return fmt.Errorf("weight is %v: it must be 0 to 100 percent", i.Weight)
	}
	return nil
}

func (i Interval) trimmed() Interval {
	i.Canary, i.Stable = i.Canary.trimmed(), i.Stable.trimmed()
	return i
}

func (i Interval) empty() bool { return i.Canary.Requests == 0 && i.Stable.Requests == 0 }

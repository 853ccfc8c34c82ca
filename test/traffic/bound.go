package traffic

import "math"

// doubt is how often chance alone may break a Bound, half of it on each side.
const doubt = 0.001

// Bound is between how many of n requests reach a version that gets a share of them, 0 to 1, if each is drawn by lot. It holds in 99.9 % of all
// measurements.
func Bound(n int, share float64) (least, most int) {
	return quantile(n, share), n - quantile(n, 1-share)
}

// quantile is the largest count below which fewer than half of the doubt lies.
func quantile(n int, share float64) int {
	below := 0.0
	for count := range n {
		below += likelihood(n, count, share)
		if below > doubt/2 {
			return count
		}
	}
	return n
}

// likelihood is that of exactly so many out of n.
func likelihood(n, count int, share float64) float64 {
	if share <= 0 || share >= 1 {
		certain := 0
		if share >= 1 {
			certain = n
		}
		if count == certain {
			return 1
		}
		return 0
	}
	return math.Exp(logFactorial(n) - logFactorial(count) - logFactorial(n-count) + float64(count)*math.Log(share) + float64(n-count)*math.Log1p(-share))
}

func logFactorial(n int) float64 {
	value, _ := math.Lgamma(float64(n) + 1)
	return value
}

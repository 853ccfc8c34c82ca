package judge

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// The ratio is followed on a grid of logs, even on both sides of 1; what lies beyond its ends is called its end.
const (
	gridStep  = 0.2
	gridNodes = 41
	gridEnd   = gridStep * (gridNodes - 1) / 2
	ratioEnd  = 50 // below exp(gridEnd), so that settings stay on the grid
	// gridReach is the scale, in logs, of the ratios that are expected beforehand.
	gridReach = 1.2
	// missed is the chance that the interval ever misses the ratio.
	missed = 0.05
)

func gridRatio(node int) float64 { return float64(node)*gridStep - gridEnd }

// expected is the log density that a log ratio has beforehand: a normal one.
func expected(ratio float64) float64 {
	z := ratio / gridReach
	return -z*z/2 - math.Log(gridReach*math.Sqrt(2*math.Pi))
}

// curve is the log likelihood of the ratios on the grid.
type curve []float64

func (c curve) plus(t tally) curve {
	after := make(curve, gridNodes)
	copy(after, c)
	if t.a+t.b == 0 {
		return after
	}
	for i := range after {
		after[i] += t.fit(gridRatio(i))
	}
	return after
}

// span are the log ratios that the data speak too little against: a mixture of all ratios does not beat them by 1/missed. The true
// one lies inside at every look together, but for a chance of missed.
func (c curve) span() (low, high float64) {
	if len(c) == 0 {
		return -gridEnd, gridEnd
	}
	peak := c.peak()
	bar := c.mixture(peak) + math.Log(missed)
	return c.crossing(peak, -gridEnd, bar), c.crossing(peak, gridEnd, bar)
}

// at is the curve between its nodes: a cubic through them, as the curve is much smoother than the grid is coarse.
func (c curve) at(ratio float64) float64 {
	place := (ratio + gridEnd) / gridStep
	i := min(max(int(place), 0), gridNodes-2)
	x := place - float64(i)
	y := 1 - x
	return y*y*(1+2*x)*c[i] + x*x*(1+2*y)*c[i+1] + x*y*(y*c.rise(i)-x*c.rise(i+1))
}

// rise is how steep the curve is at a node, per step.
func (c curve) rise(i int) float64 {
	switch i {
	case 0:
		return c[1] - c[0]
	case gridNodes - 1:
		return c[i] - c[i-1]
	case 1, gridNodes - 2:
		return (c[i+1] - c[i-1]) / 2
	}
	return (8*(c[i+1]-c[i-1]) - (c[i+2] - c[i-2])) / 12
}

// peak is the ratio that the data speak for most.
func (c curve) peak() float64 {
	top := gridRatio(floats.MaxIdx(c))
	low, high := max(top-gridStep, -gridEnd), min(top+gridStep, gridEnd)
	for high-low > 1e-6 {
		third := (high - low) / 3
		if c.at(low+third) < c.at(high-third) {
			low += third
			continue
		}
		high -= third
	}
	return (low + high) / 2
}

// mixture is the log likelihood of all ratios together, each with the chance it had beforehand. It adds up where the likelihood is, within
// eight standard deviations of its peak; what is left out could only make the span wider.
func (c curve) mixture(peak float64) float64 {
	const parts = 200
	reach := 2 * gridEnd
	if bend := 2*c.at(peak) - c.at(peak-gridStep/2) - c.at(peak+gridStep/2); bend > 0 {
		reach = 8 * gridStep / 2 / math.Sqrt(bend)
	}
	low, high := max(peak-reach, -gridEnd), min(peak+reach, gridEnd)
	width := (high - low) / parts
	logs := make([]float64, parts)
	for i := range logs {
		ratio := low + (float64(i)+0.5)*width
		logs[i] = c.at(ratio) + expected(ratio)
	}
	return floats.LogSumExp(logs) + math.Log(width)
}

// crossing is where the curve, on its way from the peak to an end of the grid, falls below the bar.
func (c curve) crossing(peak, end, bar float64) float64 {
	if c.at(end) >= bar {
		return end
	}
	above, below := peak, end
	for math.Abs(above-below) > 1e-4 {
		middle := (above + below) / 2
		if c.at(middle) >= bar {
			above = middle
			continue
		}
		below = middle
	}
	return below
}

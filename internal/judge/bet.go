package judge

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mathext"
)

// tally is one interval's evidence on an odds ratio: of a+b events, a fell on the one side where, all else being equal, the odds of
// falling there are exp(odds). It serves bad requests (canary or stable, odds by their requests), the split (canary or stable, odds by
// weight) and a bad share (bad or not, odds by a limit).
type tally struct {
	odds float64 // log
	a, b float64
	// temper is what a single event weighs, 0 to 1: less than 1 where events come in bursts.
	temper float64
}

// fit is the log likelihood of a log ratio, up to a constant.
func (t tally) fit(ratio float64) float64 {
	if t.a+t.b == 0 {
		return 0
	}
	z := ratio + t.odds
	return t.temper * (t.a*z - (t.a+t.b)*softplus(z))
}

// softplus is log(1+exp(z)). Log1p would be exacter where nothing depends on it, and takes twice as long.
func softplus(z float64) float64 {
	if z > 0 {
		return z + math.Log(1+math.Exp(-z))
	}
	return math.Log(1 + math.Exp(z))
}

// bet is a stake against the claim that the log ratio is null or lies on null's other side. It is spread evenly over stakes ratios on
// this side; if the claim is true, the capital is never expected to grow. That is all the theory there is: whoever bets a unit against a
// truth reaches 1/alpha with a chance of alpha at most, however often the capital is looked at (Ville's inequality).
type bet struct {
	null  float64
	side  float64 // +1: the ratio is higher than null, -1: lower
	from  float64 // where the stakes begin: at null or beyond it
	reach float64 // how far the stakes lie from there: the scale of a half-normal spread, in logs
	most  float64 // the most that one interval may win, in logs
}

const stakes = 16

// purse is what each stake of a bet has become, in logs. An empty one is untouched.
type purse []float64

// quantiles of the half-normal distribution, one in the middle of each of equally likely parts.
var quantiles = func() (q [stakes]float64) {
	for i := range q {
		q[i] = mathext.NormalQuantile((1 + (float64(i)+0.5)/stakes) / 2)
	}
	return q
}()

func (b bet) ratio(stake int) float64 { return b.from + b.side*b.reach*quantiles[stake] }

// win is what the stakes gain by a tally. Cutting a gain off keeps the promise: it can only make the capital smaller.
func (b bet) win(t tally) (gains [stakes]float64) {
	if t.a+t.b == 0 {
		return gains
	}
	null := t.fit(b.null)
	for i := range gains {
		gains[i] = min(t.fit(b.ratio(i))-null, b.most)
	}
	return gains
}

// play returns the purse after a tally.
func (b bet) play(p purse, t tally) purse {
	after := make(purse, stakes)
	copy(after, p)
	gains := b.win(t)
	floats.Add(after, gains[:])
	return after
}

// capital is the log of the e-value: the mean of the stakes.
func (p purse) capital() float64 {
	if len(p) == 0 {
		return 0
	}
	return floats.LogSumExp(p) - math.Log(stakes)
}

// halves is the log of the mean of two e-values, which is an e-value again for the claim that both speak against.
func halves(a, b float64) float64 {
	return floats.LogSumExp([]float64{a, b}) - math.Ln2
}

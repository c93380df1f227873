package chance

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// CRPS returns the continuous ranked probability score of an ensemble for the outcome y, E|X−y| − ½·E|X−X'|, in the outcome's unit;
// lower is better and a sure, right forecast scores 0. The ensemble is ascending (Sorted), so it takes one pass.
func CRPS(sorted []float64, y float64) float64 {
	n := float64(len(sorted))
	var away, spread Sum
	for i, x := range sorted {
		away.Add(math.Abs(x - y))
		spread.Add((2*float64(i+1) - n - 1) * x) // ½·E|X−X'| = Σ(2i−n−1)·x_i / n²
	}
	return away.Value()/n - spread.Value()/(n*n)
}

// CRPSNormal is the score of a normal forecast: σ·(w·(2Φ(w)−1) + 2φ(w) − 1/√π) with w = (y−μ)/σ.
func CRPSNormal(mu, sigma, y float64) float64 {
	w := (y - mu) / sigma
	return sigma * (w*(2*Phi(w)-1) + 2*Density(w) - 1/math.SqrtPi)
}

// PIT is the probability integral transform of an outcome: the forecast's probability below it and up to it. They differ where the
// forecast has mass at the outcome, and the transform is then spread evenly between them.
type PIT struct {
	Below float64 `json:"below"`
	UpTo  float64 `json:"up_to"`
}

// PITOf returns the transform of y under an ascending ensemble.
func PITOf(sorted []float64, y float64) PIT {
	below, upTo := countBelow(sorted, y)
	n := float64(len(sorted))
	return PIT{float64(below) / n, float64(upTo) / n}
}

// Mid returns the middle of the range: the value to print.
func (p PIT) Mid() float64 { return p.Below + (p.UpTo-p.Below)/2 }

// Within reports whether the outcome lay inside the central interval of a coverage such as 0.9.
func (p PIT) Within(coverage float64) bool {
	return p.UpTo >= (1-coverage)/2 && p.Below <= (1+coverage)/2
}

// Calibration is how evenly the transforms of many outcomes lie: flat when the forecasts were honest about their uncertainty.
type Calibration struct {
	N      int       `json:"n"`
	Bins   []float64 `json:"bins"` // outcomes per equal bin of [0,1]; an outcome with ties is shared among the bins that it spans
	ChiSq  float64   `json:"chi_square"`
	ChiP   float64   `json:"chi_square_p"` // probability of a χ² at least as large if calibrated, with bins−1 degrees of freedom
	Kolm   float64   `json:"kolmogorov"`   // largest distance of the transforms' distribution function from the diagonal
	KolmP  float64   `json:"kolmogorov_p"` // its probability, from Kolmogorov's law with Stephens' correction for few outcomes
	Narrow bool      `json:"narrow"`       // more outcomes in the outer bins than a calibrated forecast has: too sure of itself
}

// Calibrate returns the histogram of the transforms in a number of bins and its tests. Both p-values assume independent outcomes and
// are rough below about five outcomes a bin.
func Calibrate(pits []PIT, bins int) Calibration {
	c := Calibration{N: len(pits), Bins: make([]float64, bins)}
	if c.N == 0 {
		c.ChiP, c.KolmP = 1, 1
		return c
	}
	mids := make([]float64, 0, len(pits))
	for _, p := range pits {
		c.share(p)
		mids = append(mids, p.Mid())
	}
	expect := float64(c.N) / float64(bins)
	for _, b := range c.Bins {
		c.ChiSq += (b - expect) * (b - expect) / expect
	}
	c.ChiP = 1
	if bins > 1 {
		c.ChiP = mathext.GammaIncRegComp(float64(bins-1)/2, c.ChiSq/2)
		c.Narrow = c.Bins[0]+c.Bins[bins-1] > 2*expect
	}
	sortedMids := Sorted(mids)
	n := float64(c.N)
	for i, m := range sortedMids {
		c.Kolm = math.Max(c.Kolm, math.Max(float64(i+1)/n-m, m-float64(i)/n))
	}
	root := math.Sqrt(n)
	c.KolmP = kolmogorov((root + 0.12 + 0.11/root) * c.Kolm)
	return c
}

// share spreads one outcome over the bins between its ends.
func (c *Calibration) share(p PIT) {
	n := float64(len(c.Bins))
	if p.UpTo <= p.Below {
		c.Bins[min(int(p.Below*n), len(c.Bins)-1)]++
		return
	}
	for i := range c.Bins {
		lo, hi := math.Max(float64(i)/n, p.Below), math.Min(float64(i+1)/n, p.UpTo)
		if hi > lo {
			c.Bins[i] += (hi - lo) / (p.UpTo - p.Below)
		}
	}
}

// kolmogorov returns P(K > x) = 2·Σ (−1)^(k−1)·e^(−2k²x²).
func kolmogorov(x float64) float64 {
	if x < 0.2 {
		return 1
	}
	p, sign := 0.0, 1.0
	for k := 1.0; k < 101; k++ {
		t := math.Exp(-2 * k * k * x * x)
		p += sign * t
		if t < 1e-17 {
			break
		}
		sign = -sign
	}
	return math.Min(math.Max(2*p, 0), 1)
}

// Coverage is how often outcomes lay inside the central interval that should hold the part Nominal of them.
type Coverage struct {
	Nominal float64  `json:"nominal"`
	Inside  int      `json:"inside"`
	N       int      `json:"n"`
	Rate    float64  `json:"rate"`     // 0 when N is 0
	Range   Interval `json:"interval"` // Wilson, 95 %: of the rate behind it
}

// Cover counts the outcomes inside the central interval of a nominal coverage such as 0.9.
func Cover(pits []PIT, nominal float64) Coverage {
	c := Coverage{Nominal: nominal, N: len(pits)}
	for _, p := range pits {
		if p.Within(nominal) {
			c.Inside++
		}
	}
	if c.N > 0 {
		c.Rate = float64(c.Inside) / float64(c.N)
	}
	c.Range = Wilson(c.Inside, c.N, 0.95)
	return c
}

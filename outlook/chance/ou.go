package chance

import (
	"math"

	"roadbook/fault"
)

// OU is Schwartz's one-factor model of a price's logarithm x: dx = κ(μ−x)dt + σdW. All three are per the same unit of time, which is
// also the unit of every dt and t below. At κ = 0 it is a Brownian motion without drift.
type OU struct {
	Kappa float64 `json:"kappa" yaml:"kappa"` // speed of return; ln 2/κ is the half-life
	Mu    float64 `json:"mu" yaml:"mu"`       // long-run mean of ln price
	Sigma float64 `json:"sigma" yaml:"sigma"` // volatility per √time
}

// Check refuses non-finite parameters, a negative speed or volatility; at is the JSON pointer of the OU.
func (p OU) Check(at string) error {
	for _, f := range []struct {
		name string
		v    float64
		any  bool
	}{{"kappa", p.Kappa, false}, {"mu", p.Mu, true}, {"sigma", p.Sigma, false}} {
		if math.IsNaN(f.v) || math.IsInf(f.v, 0) || !f.any && f.v < 0 {
			return fault.New(fault.Invalid, "ou", "%s must be a finite number%s, not %g", f.name, map[bool]string{false: ", 0 or above"}[f.any], f.v).At(at + "/" + f.name)
		}
	}
	return nil
}

// Step returns the exact step over dt: x' = μ + (x−μ)·decay + sd·Z with Z standard normal.
func (p OU) Step(dt float64) (decay, sd float64) {
	if p.Kappa*dt < 1e-300 {
		return 1, p.Sigma * math.Sqrt(dt)
	}
	return math.Exp(-p.Kappa * dt), p.Sigma * math.Sqrt(-math.Expm1(-2*p.Kappa*dt)/(2*p.Kappa))
}

// Moments returns mean and variance of x at time t, given x0 at time 0.
func (p OU) Moments(x0, t float64) (mean, variance float64) {
	decay, sd := p.Step(t)
	return p.Mu + (x0-p.Mu)*decay, sd * sd
}

// Stationary returns mean and variance of x after a long time: μ and σ²/2κ, which is +∞ at κ = 0.
func (p OU) Stationary() (mean, variance float64) { return p.Mu, p.Sigma * p.Sigma / (2 * p.Kappa) }

// Covariance returns Cov(x_s, x_t) given x at time 0, for s, t ≥ 0.
func (p OU) Covariance(s, t float64) float64 {
	_, v := p.Moments(p.Mu, math.Min(s, t))
	return v * math.Exp(-p.Kappa*math.Abs(t-s))
}

// PriceMean returns E[price at t] = exp(mean + variance/2), given ln price x0 at 0.
func (p OU) PriceMean(x0, t float64) float64 {
	m, v := p.Moments(x0, t)
	return math.Exp(m + v/2)
}

// Column moves a column of x one step: x[i] = μ + (x[i]−μ)·decay + sd·z[i], with decay and sd from Step.
func (p OU) Column(x, z []float64, decay, sd float64) {
	x = x[:len(z)]
	for i, v := range z {
		x[i] = p.Mu + (x[i]-p.Mu)*decay + sd*v
	}
}

// Bridge turns n independent standard normals into the n increments of a Brownian path, also independent and standard normal: the
// first normal decides where the path ends, the second its middle, and so on down to single steps. A low-discrepancy sequence whose
// first coordinates are its best then decides the path's shape with them.
type Bridge struct {
	steps []bridgeStep // step k uses normal k
	n     int
}

// bridgeStep sets W[at] between W[left] and W[right]: a normal with mean wl·W[left] + wr·W[right] and deviation sd.
type bridgeStep struct {
	at, left, right int
	wl, wr, sd      float64
}

// NewBridge plans a bridge over n ≥ 1 equal steps; n may be any number.
func NewBridge(n int) *Bridge {
	b := &Bridge{n: n, steps: make([]bridgeStep, 0, n)}
	b.steps = append(b.steps, bridgeStep{at: n, left: 0, right: 0, sd: math.Sqrt(float64(n))})
	type span struct{ l, r int }
	queue := []span{{0, n}}
	for len(queue) > 0 { // breadth first: the widest gaps first
		s := queue[0]
		queue = queue[1:]
		if s.r-s.l < 2 {
			continue
		}
		m := (s.l + s.r) / 2
		l, r := float64(m-s.l), float64(s.r-m)
		b.steps = append(b.steps, bridgeStep{at: m, left: s.l, right: s.r, wl: r / (l + r), wr: l / (l + r), sd: math.Sqrt(l * r / (l + r))})
		queue = append(queue, span{s.l, m}, span{m, s.r})
	}
	return b
}

// Steps returns n.
func (b *Bridge) Steps() int { return b.n }

// Increments sets dw[t][i] to increment t of path i from the normals z[k][i]; both have n columns of one length, none shared. The map
// is orthogonal: dw are independent standard normals when z are.
func (b *Bridge) Increments(dw, z [][]float64) {
	// dw[t−1] holds W[t] until the end, when neighbours are subtracted.
	end := dw[b.n-1]
	for i, v := range z[0] {
		end[i] = b.steps[0].sd * v
	}
	for k, s := range b.steps[1:] {
		out, right, shock := dw[s.at-1], dw[s.right-1], z[k+1]
		out, right = out[:len(shock)], right[:len(shock)]
		if s.left == 0 {
			for i, v := range shock {
				out[i] = s.wr*right[i] + s.sd*v
			}
			continue
		}
		left := dw[s.left-1][:len(shock)]
		for i, v := range shock {
			out[i] = s.wl*left[i] + s.wr*right[i] + s.sd*v
		}
	}
	for t := b.n - 1; t > 0; t-- {
		out, before := dw[t], dw[t-1]
		before = before[:len(out)]
		for i := range out {
			out[i] -= before[i]
		}
	}
}

package economics

import (
	"fmt"
	"math"

	"roadbook/fault"
)

// MaxPeriods is the most rows of a claims triangle and periods of a lot-sizing or cash-flow problem.
const MaxPeriods = 2000

// Development is a chain ladder: how claims of each cohort will grow to their end, and how far that may be wrong.
type Development struct {
	Factors  []float64 `json:"factors"`  // k: from development period k to k+1
	Sigma2   []float64 `json:"sigma2"`   // Mack's variance parameters, the last extrapolated
	Latest   []float64 `json:"latest"`   // per cohort: claims so far
	Ultimate []float64 `json:"ultimate"` // per cohort
	Reserve  []float64 `json:"reserve"`  // ultimate − latest
	SE       []float64 `json:"se"`       // of each reserve
	Total    float64   `json:"total"`    // reserve
	TotalSE  float64   `json:"total_se"` // with the cohorts' common error of the factors
}

// Mack develops a triangle of cumulative claims, oldest cohort first: row i holds the development periods known, len(rows)−i of them.
// Factors are volume-weighted; standard errors are those of T. Mack, ASTIN Bulletin 23 (1993). It needs 3 cohorts at least, and
// positive sums to develop from. Claims may be any non-negative amounts and fall when some are taken back.
func Mack(triangle [][]float64) (Development, error) {
	n := len(triangle)
	if n < 3 || n > MaxPeriods {
		return Development{}, fault.New(fault.Invalid, "claims", "a triangle has 3 to %d cohorts, not %d", MaxPeriods, n)
	}
	for i, row := range triangle {
		if len(row) != n-i {
			return Development{}, fault.New(fault.Invalid, "claims", "cohort %d has %d development periods, %d are expected of %d cohorts", i, len(row), n-i, n).At(fmt.Sprintf("/%d", i))
		}
		for k, c := range row {
			if !(c >= 0) || math.IsInf(c, 1) {
				return Development{}, fault.New(fault.Invalid, "claims", "cumulative claims are finite and not negative, unlike %g", c).At(fmt.Sprintf("/%d/%d", i, k))
			}
		}
	}
	d := Development{Factors: make([]float64, n-1), Sigma2: make([]float64, n-1)}
	base := make([]float64, n-1) // Σ of the claims that factor k is estimated from
	for k := range d.Factors {
		var grown float64
		for i := range n - 1 - k {
			base[k] += triangle[i][k]
			grown += triangle[i][k+1]
		}
		if base[k] <= 0 || grown <= 0 {
			return Development{}, fault.New(fault.Refused, "claims", "no claims to develop from in development period %d", k).At(fmt.Sprintf("/0/%d", k))
		}
		d.Factors[k] = grown / base[k]
		if k == n-2 {
			break
		}
		for i := range n - 1 - k {
			if c := triangle[i][k]; c > 0 {
				e := triangle[i][k+1]/c - d.Factors[k]
				d.Sigma2[k] += c * e * e / float64(n-2-k)
			}
		}
	}
	d.Sigma2[n-2] = lastSigma2(d.Sigma2)
	d.project(triangle, base)
	return d, nil
}

// lastSigma2 extrapolates the variance of the last factor, which one pair of claims does not show (Mack 1993, section 4).
func lastSigma2(s []float64) float64 {
	last := s[len(s)-2]
	if len(s) < 3 {
		return last
	}
	before := s[len(s)-3]
	out := math.Min(before, last)
	if before > 0 {
		out = math.Min(out, last*last/before)
	}
	return out
}

func (d *Development) project(triangle [][]float64, base []float64) {
	n := len(triangle)
	later := 0.0 // Σ of the ultimates of the cohorts after i
	var variance float64
	d.Latest, d.Ultimate, d.Reserve, d.SE = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		c := triangle[i][n-1-i]
		d.Latest[i] = c
		var own, common float64
		for k := n - 1 - i; k < n-1; k++ {
			r := d.Sigma2[k] / (d.Factors[k] * d.Factors[k])
			if c > 0 {
				own += r * (1/c + 1/base[k])
			}
			common += 2 * r / base[k]
			c *= d.Factors[k]
		}
		d.Ultimate[i], d.Reserve[i] = c, c-d.Latest[i]
		d.SE[i] = c * math.Sqrt(own)
		d.Total += d.Reserve[i]
		variance += c*c*own + c*later*common
		later += c
	}
	d.TotalSE = math.Sqrt(variance)
}

// Movement is one period of a balance that is added to and used up.
type Movement struct {
	Opening float64 `json:"opening"`
	Added   float64 `json:"added"`
	Changed float64 `json:"changed"` // re-estimates, refunds: either sign
	Used    float64 `json:"used"`
	Closing float64 `json:"closing"`
}

// WarrantyReserve rolls a reserve forward: R_t = R_{t−1} + accrual·cars_t − claims_t. A reserve that claims exceed goes negative: it was
// too small, and that is the answer.
func WarrantyReserve(opening, accrual float64, cars, claims []float64) ([]Movement, error) {
	if err := check(finite("opening", opening), atLeast0("accrual", accrual)); err != nil {
		return nil, err
	}
	added := make([]float64, len(cars))
	for t, q := range cars {
		if err := check(atLeast0("cars", q)); err != nil {
			return nil, err
		}
		added[t] = accrual * q
	}
	return roll(opening, added, nil, claims)
}

// Deferred rolls deferred revenue forward: closing = opening + additions ± changes − recognised. More recognised than there was is
// refused: no revenue is earned that was not paid for.
func Deferred(opening float64, additions, changes, recognised []float64) ([]Movement, error) {
	if err := check(atLeast0("opening", opening)); err != nil {
		return nil, err
	}
	out, err := roll(opening, additions, changes, recognised)
	if err != nil {
		return nil, err
	}
	for t, m := range out {
		if m.Closing < -1e-9*(math.Abs(m.Opening)+math.Abs(m.Added)+math.Abs(m.Used)) {
			return nil, fault.New(fault.Refused, "deferred_negative", "period %d recognises %g and only %g was deferred", t, m.Used, m.Opening+m.Added+m.Changed).At(fmt.Sprintf("/recognised/%d", t))
		}
	}
	return out, nil
}

func roll(opening float64, added, changed, used []float64) ([]Movement, error) {
	if len(used) != len(added) || changed != nil && len(changed) != len(added) || len(added) > MaxPeriods {
		return nil, fault.New(fault.Invalid, "economics", "%d periods of additions, %d of use and %d of changes: they must be the same, at most %d", len(added), len(used), len(changed), MaxPeriods)
	}
	out := make([]Movement, len(added))
	for t := range added {
		m := Movement{Opening: opening, Added: added[t], Used: used[t]}
		if changed != nil {
			m.Changed = changed[t]
		}
		if err := check(atLeast0("added", m.Added), atLeast0("used", m.Used), finite("changed", m.Changed)); err != nil {
			return nil, err
		}
		m.Closing = m.Opening + m.Added + m.Changed - m.Used
		opening, out[t] = m.Closing, m
	}
	return out, nil
}

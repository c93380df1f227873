package milp

import "math"

const presolveRounds = 5

// presolve returns an equivalent, tighter problem with the same columns: bounds of integer columns tightened,
// singleton rows turned into bounds, rows that cannot bind dropped, coefficients of 0-1 columns tightened. Feasible
// solutions are the same, so nothing has to be translated back. ok is false when p is proven infeasible.
func presolve(p *Problem) (q *Problem, ok bool) {
	q = p.Clone()
	merge(q)
	for range presolveRounds {
		d := newDomain(q)
		d.all()
		if !d.propagate() {
			return q, false
		}
		for j := range q.Cols {
			if c := &q.Cols[j]; c.Integer {
				c.Lo, c.Hi = d.lo[j], d.hi[j]
			}
		}
		changed := tightenCoefficients(q, d)
		if !dropRows(q, &changed) {
			return q, false
		}
		if !changed {
			break
		}
	}
	return q, true
}

// merge adds up repeated terms and drops zeros.
func merge(p *Problem) {
	a := newMatrix(p)
	for i := range p.Rows {
		ts := p.Rows[i].Terms[:0]
		for e := a.rowStart[i]; e < a.rowStart[i+1]; e++ {
			ts = append(ts, Term{int(a.colIdx[e]), a.rowVal[e]})
		}
		p.Rows[i].Terms = ts
	}
}

// dropRows turns singleton rows into bounds and removes sides and rows that the columns' own bounds already grant.
func dropRows(p *Problem, changed *bool) bool {
	kept := p.Rows[:0]
	for i := range p.Rows {
		r := p.Rows[i]
		if len(r.Terms) == 1 {
			t := r.Terms[0]
			lo, hi := bounds(r.Lo, r.Hi, false)
			lo, hi = lo/t.Coef, hi/t.Coef
			if t.Coef < 0 {
				lo, hi = hi, lo
			}
			c := &p.Cols[t.Col]
			c.Lo, c.Hi = math.Max(c.Lo, lo), math.Min(c.Hi, hi)
			if c.Integer {
				c.Lo, c.Hi = bounds(c.Lo, c.Hi, true)
			}
			if c.Lo > c.Hi {
				if c.Lo > c.Hi+FeasibilityTol*(1+math.Abs(c.Hi)) {
					return false
				}
				c.Lo = c.Hi
			}
			*changed = true
			continue
		}
		lo, hi := 0.0, 0.0
		for _, t := range r.Terms {
			l, h := bounds(p.Cols[t.Col].Lo, p.Cols[t.Col].Hi, false)
			u, w := product(t.Coef, l, h)
			lo += u
			hi += w
		}
		if lo > r.Hi+FeasibilityTol*(1+math.Abs(r.Hi)) || hi < r.Lo-FeasibilityTol*(1+math.Abs(r.Lo)) {
			return false
		}
		if lo >= r.Lo {
			r.Lo = -Inf
		}
		if hi <= r.Hi {
			r.Hi = Inf
		}
		if r.Lo <= -infinite && r.Hi >= infinite {
			*changed = true
			continue
		}
		kept = append(kept, r)
	}
	p.Rows = kept
	return true
}

// tightenCoefficients: where a row with one side cannot bind at one value of a 0-1 column, it is made to bind just
// there, which cuts off fractions only.
func tightenCoefficients(p *Problem, d *domain) (changed bool) {
	for i := range p.Rows {
		r := &p.Rows[i]
		upper := r.Hi < infinite
		if upper == (r.Lo > -infinite) {
			continue
		}
		sign, rhs := 1.0, r.Hi
		if !upper {
			sign, rhs = -1, -r.Lo
		}
		_, top, _, infinities := d.activity(i) // of the row
		if !upper {
			var low float64
			low, _, infinities, _ = d.activity(i)
			top = -low
		}
		if infinities > 0 {
			continue
		}
		for k := range r.Terms {
			t := &r.Terms[k]
			c := &p.Cols[t.Col]
			if !c.Integer || c.Lo != 0 || c.Hi != 1 {
				continue
			}
			a := sign * t.Coef // row: others + a·x ≤ rhs
			const enough = 1e-6
			switch {
			case a > 0 && top-a < rhs-enough*(1+math.Abs(rhs)) && top > rhs: // cannot bind at 0
				slack := rhs - (top - a)
				a -= slack
				rhs -= slack
				top -= slack
			case a < 0 && top+a < rhs-enough*(1+math.Abs(rhs)) && top > rhs: // cannot bind at 1: others + a ≤ top + a
				slack := rhs - (top + a)
				a += slack
			default:
				continue
			}
			t.Coef = sign * a
			changed = true
		}
		if upper {
			r.Hi = rhs
		} else {
			r.Lo = -rhs
		}
	}
	return changed
}

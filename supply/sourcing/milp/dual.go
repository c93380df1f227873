package milp

import (
	"context"
	"math"
)

// candidate is a column that can enter in the dual ratio test.
type candidate struct {
	v     int32
	a     float64 // |alpha|
	d     float64 // |reduced cost|, 0 when it has the wrong sign
	reach float64 // |alpha|·range: how much of the infeasibility a flip takes away
}

// makeDualFeasible flips boxed variables to the side that their reduced cost wants and shifts the costs of the
// others; the shifts are undone after the dual method.
func (l *LP) makeDualFeasible() {
	flipped := false
	for v := range l.size {
		if l.stat[v] == basic || l.wrongSign(v) <= dualTol {
			continue
		}
		if l.stat[v] != atZero && !math.IsInf(l.lo[v], 0) && !math.IsInf(l.hi[v], 0) {
			l.stat[v] = atLower + atUpper - l.stat[v]
			flipped = true
			continue
		}
		l.shift(v)
	}
	if flipped {
		l.computeX()
	}
}

// shift changes the working cost of nonbasic v so that its reduced cost is zero.
func (l *LP) shift(v int) {
	l.work[v] -= l.d[v]
	l.d[v] = 0
	l.shifted = true
}

// perturb moves the working costs a little, to the side that keeps reduced costs feasible, so that ties are rare.
func (l *LP) perturb() {
	l.perturbs++
	by := perturbBase * math.Pow(10, float64(l.perturbs-1))
	for v := range l.size {
		lo, hi := l.lo[v], l.hi[v]
		if lo == hi {
			continue
		}
		e := by * (1 + math.Abs(l.work[v])) * (1 + noise(v+l.perturbs*l.size))
		switch lower, upper := !math.IsInf(lo, 0), !math.IsInf(hi, 0); {
		case lower && !upper:
		case upper && !lower:
			e = -e
		case lower && upper:
			if l.stat[v] == atUpper || l.stat[v] == basic && l.work[v] < 0 {
				e = -e
			}
		default:
			continue
		}
		l.work[v] += e
	}
	l.shifted = true
	l.computeD()
	l.makeDualFeasible()
}

// dual runs the dual simplex with steepest-edge pricing and bound flipping from a dual feasible basis.
func (l *LP) dual(ctx context.Context) outcome {
	refused, stall, retries := 0, 0, 0
	for {
		if n := l.iterations - l.perSolve; l.limit > 0 && n >= l.limit {
			return stopped
		} else if n%checkEvery == 0 && ctx.Err() != nil {
			return stopped
		} else if n%checkEvery == checkEvery-1 && !math.IsInf(l.cutoff, 1) && l.Objective() > l.cutoff && l.Bound() > l.cutoff {
			return beyond
		}
		r := l.leaving()
		if r < 0 {
			if refused > 0 {
				if l.allInfeasibilities(); l.primalInfeasibility() > primalTol {
					return lost
				}
			}
			return done
		}
		p := l.head[r]
		l.pivotRow(r)
		// A weight that is far off misleads: correct it and choose again.
		w := 0.0
		for _, i := range l.rhoIdx {
			w += l.rho[i] * l.rho[i]
		}
		if w > 4*l.dse[r] && retries < 10 {
			l.dse[r] = w
			retries++
			continue
		}
		l.dse[r] = math.Max(w, minWeight)
		retries = 0

		delta := l.x[p] - l.hi[p]
		to := atUpper
		if delta <= 0 {
			delta = l.x[p] - l.lo[p]
			to = atLower
		}
		q := l.entering(delta)
		if q < 0 {
			if l.f.updates > 0 {
				l.refactor()
				l.makeDualFeasible()
				continue
			}
			if l.proveInfeasible(p) {
				l.support(p)
				return impossible
			}
			if refused++; refused > 3 {
				return lost
			}
			l.inf[r] = 0 // looks at the other rows first
			continue
		}
		l.column(q)
		piv := l.col[r]
		if math.Abs(piv-l.alpha[q]) > pivotAgree*(1+math.Abs(piv)) || math.Abs(piv) < pivotSafe {
			if l.f.updates > 0 {
				l.refactor()
				l.makeDualFeasible()
				continue
			}
			if math.Abs(piv) < pivotTol {
				if refused++; refused > 3 {
					return lost
				}
				l.inf[r] = 0
				continue
			}
		}
		l.iterations++
		if l.wrongSign(q) > 0 {
			l.shift(q)
		}
		theta := l.d[q] / l.alpha[q]
		if math.Abs(theta) < 1e-12 {
			stall++
		} else {
			stall = 0
		}
		l.flip()
		l.updateDual(q, p, theta)
		for _, c := range l.cand { // the Harris slack is paid for by shifts
			if v := int(c.v); l.stat[v] != basic && v != q && l.wrongSign(v) > 0 {
				l.shift(v)
			}
		}
		l.updateWeights(r)

		bound := l.hi[p]
		if to == atLower {
			bound = l.lo[p]
		}
		t := (l.x[p] - bound) / piv
		for _, i := range l.colIdx {
			l.x[l.head[i]] -= t * l.col[i]
			l.infeasibility(int(i))
		}
		l.x[q] += t
		l.x[p] = bound
		if l.enter(q, r, to) {
			l.makeDualFeasible()
		} else {
			l.infeasibility(r)
		}
		if stall > stallLimit || l.perturbs == 0 && l.iterations-l.perSolve == stallLimit && stall > 5 {
			stall = 0
			if l.perturbs < 4 {
				l.perturb()
			}
		}
	}
}

// leaving chooses the row with the largest infeasibility for its weight; −1 when all are feasible.
func (l *LP) leaving() int {
	r, best, weight := -1, 0.0, 1.0
	dse := l.dse
	for i, g := range l.inf {
		if g != 0 && g*weight > best*dse[i] {
			r, best, weight = i, g, dse[i]
		}
	}
	return r
}

// entering is the ratio test: the dual objective climbs along delta's row, past variables that can flip to their
// other bound, until its slope is used up. Those to flip are left in l.flips, the candidates looked at in l.cand.
func (l *LP) entering(delta float64) int {
	sign := 1.0
	if delta < 0 {
		sign = -1
	}
	cand := l.cand[:0]
	for _, v := range l.alphaIdx {
		st := l.stat[v]
		if st == basic {
			continue
		}
		a := sign * l.alpha[v]
		d := l.d[v]
		switch {
		case st == atLower && a > pivotTol:
		case st == atUpper && a < -pivotTol:
			a, d = -a, -d
		case st == atZero && math.Abs(a) > pivotTol:
			a, d = math.Abs(a), 0
		default:
			continue
		}
		span := l.hi[v] - l.lo[v]
		if span == 0 {
			continue
		}
		cand = append(cand, candidate{v, a, math.Max(d, 0), a * span})
	}
	l.flips = l.flips[:0]
	l.cand = cand
	if len(cand) == 0 {
		return -1
	}
	// Only the candidates up to where the slope turns negative matter: gather them by growing steps.
	limit := math.Inf(1)
	for _, c := range cand {
		limit = math.Min(limit, (c.d+harrisTol)/c.a)
	}
	limit *= 4
	near := 0
	slope := math.Abs(delta)*(1-1e-9) - primalTol
	for {
		for k := near; k < len(cand); k++ {
			if cand[k].d <= limit*cand[k].a {
				slope -= cand[k].reach
				cand[near], cand[k] = cand[k], cand[near]
				near++
			}
		}
		if slope < 0 || near == len(cand) {
			break
		}
		limit *= 8
	}
	if slope >= 0 {
		return -1 // everything can flip and the row is still violated
	}
	cand = cand[:near]
	l.cand = cand
	// Groups of candidates within the Harris slack of each other.
	slope = math.Abs(delta)*(1-1e-9) - primalTol
	type group struct {
		end  int // candidates before it belong to this group or an earlier one
		best int // largest pivot
	}
	var groups [64]group
	n, at := 0, 0
	top := 0.0
	for at < near && n < len(groups) {
		step := math.Inf(1)
		for k := at; k < near; k++ {
			step = math.Min(step, (cand[k].d+harrisTol)/cand[k].a)
		}
		best := -1
		used := 0.0
		for k := at; k < near; k++ {
			if cand[k].d <= step*cand[k].a {
				used += cand[k].reach
				cand[at], cand[k] = cand[k], cand[at]
				if best < 0 || cand[at].a > cand[best].a || cand[at].a == cand[best].a && cand[at].v < cand[best].v {
					best = at
				}
				at++
			}
		}
		top = math.Max(top, cand[best].a)
		groups[n] = group{at, best}
		n++
		if slope -= used; slope < 0 {
			break
		}
	}
	// The farthest group with a good pivot; all before it flip.
	need := math.Min(0.1*top, 1)
	for g := n - 1; g >= 0; g-- {
		if cand[groups[g].best].a >= need {
			if g > 0 {
				for _, c := range cand[:groups[g-1].end] {
					l.flips = append(l.flips, c.v)
				}
			}
			return int(cand[groups[g].best].v)
		}
	}
	return -1
}

// flip moves the variables of l.flips to their other bound.
func (l *LP) flip() {
	if len(l.flips) == 0 {
		return
	}
	b := l.aux
	for _, v := range l.flips {
		to, x := atUpper, l.hi[v]
		if l.stat[v] == atUpper {
			to, x = atLower, l.lo[v]
		}
		l.addColumn(b, int(v), x-l.x[v])
		l.stat[v], l.x[v] = to, x
	}
	l.f.ftran(b, false)
	for i, v := range b {
		if v != 0 {
			l.x[l.head[i]] -= v
			l.infeasibility(i)
			b[i] = 0
		}
	}
}

// proveInfeasible checks the pivot row of p as a certificate: x_p = −Σ alpha·x over the nonbasic variables cannot
// reach p's bounds whatever the others do.
func (l *LP) proveInfeasible(p int32) bool {
	lo, hi, size := 0.0, 0.0, 0.0
	for _, v := range l.alphaIdx {
		if l.stat[v] == basic {
			continue
		}
		a := -l.alpha[v]
		u, w := a*l.lo[v], a*l.hi[v]
		if a < 0 {
			u, w = w, u
		}
		if math.IsInf(u, 0) || math.IsInf(w, 0) {
			if math.Abs(a) <= pivotTol*1e-2 {
				continue // rounding noise
			}
		}
		if a == 0 {
			continue
		}
		lo += u
		hi += w
		for _, b := range [2]float64{u, w} {
			if !math.IsInf(b, 0) {
				size = math.Max(size, math.Abs(b))
			}
		}
	}
	margin := primalTol + 1e-12*size
	return lo > l.hi[p]+margin || hi < l.lo[p]-margin
}

package milp

import (
	"context"
	"math"
)

// primal runs the primal simplex with Devex pricing from a primal feasible basis; after stallLimit steps on the spot
// it goes on with Bland's rule, which cannot cycle.
func (l *LP) primal(ctx context.Context) outcome {
	if len(l.devex) != l.size {
		l.devex = make([]float64, l.size)
	}
	for v := range l.devex {
		l.devex[v] = 1
	}
	stall := 0
	for {
		if n := l.iterations - l.perSolve; l.limit > 0 && n >= l.limit {
			return stopped
		} else if n%checkEvery == 0 && ctx.Err() != nil {
			return stopped
		}
		bland := stall > stallLimit
		q := l.improving(bland)
		if q < 0 {
			return done
		}
		l.column(q)
		dir := 1.0
		if l.d[q] > 0 {
			dir = -1
		}
		r, step := l.blocking(dir, bland)
		if span := l.hi[q] - l.lo[q]; span <= step { // reaches its own other bound first
			if math.IsInf(span, 1) {
				if l.f.updates > 0 {
					l.refactor()
					continue
				}
				return endless
			}
			l.iterations++
			l.move(q, dir*span)
			if l.stat[q] == atLower {
				l.stat[q], l.x[q] = atUpper, l.hi[q]
			} else {
				l.stat[q], l.x[q] = atLower, l.lo[q]
			}
			stall = 0
			continue
		}
		if r < 0 {
			if l.f.updates > 0 {
				l.refactor()
				continue
			}
			return endless
		}
		piv := l.col[r]
		l.pivotRow(r)
		if math.Abs(piv-l.alpha[q]) > pivotAgree*(1+math.Abs(piv)) && l.f.updates > 0 {
			l.refactor()
			if l.primalInfeasibility() > 10*primalTol {
				return lost
			}
			continue
		}
		if math.Abs(piv) < pivotTol {
			return lost
		}
		l.iterations++
		if step > 1e-12 {
			stall = 0
		} else {
			stall++
		}
		p := l.head[r]
		to, bound := atLower, l.lo[p]
		if piv*dir < 0 {
			to, bound = atUpper, l.hi[p]
		}
		theta := l.d[q] / l.alpha[q]
		l.updateDevex(q, p)
		l.updateDual(q, p, theta)
		l.updateWeights(r)
		l.move(q, dir*step)
		l.x[p] = bound
		if l.lo[p] == l.hi[p] {
			to = atLower
		}
		if l.enter(q, r, to) {
			if l.primalInfeasibility() > 100*primalTol {
				return lost
			}
		} else {
			l.infeasibility(r)
		}
	}
}

// improving chooses a column whose reduced cost promises progress; −1 when none does.
func (l *LP) improving(bland bool) int {
	q, best := -1, 0.0
	for v := range l.size {
		if l.stat[v] == basic {
			continue
		}
		w := l.wrongSign(v)
		if w <= dualTol {
			continue
		}
		if bland {
			return v
		}
		if score := w * w / l.devex[v]; score > best {
			q, best = v, score
		}
	}
	return q
}

// blocking finds the row that stops the entering column first (Harris: among those within the slack the largest
// pivot); step is how far it can go, +Inf with row −1 when nothing stops it.
func (l *LP) blocking(dir float64, bland bool) (row int, step float64) {
	slack := harrisTol
	if bland {
		slack = 0
	}
	limit := math.Inf(1)
	for _, k := range l.colIdx {
		i, c := int(k), l.col[k]
		if math.Abs(c) <= pivotTol {
			continue
		}
		if room := l.room(i, c*dir); !math.IsInf(room, 1) {
			limit = math.Min(limit, (math.Max(room, 0)+slack)/math.Abs(c))
		}
	}
	row = -1
	if math.IsInf(limit, 1) {
		return row, limit
	}
	big := 0.0
	for _, k := range l.colIdx {
		i, c := int(k), l.col[k]
		a := math.Abs(c)
		if a <= pivotTol {
			continue
		}
		room := math.Max(l.room(i, c*dir), 0)
		if room > limit*a {
			continue
		}
		if bland {
			if row < 0 || l.head[i] < l.head[row] {
				row, step = i, room/a
			}
			continue
		}
		if a > big {
			big, row, step = a, i, room/a
		}
	}
	return row, step
}

// room is how far the basic variable of row i may move when it falls (c > 0) or rises (c < 0).
func (l *LP) room(i int, c float64) float64 {
	v := l.head[i]
	if c > 0 {
		return l.x[v] - l.lo[v]
	}
	return l.hi[v] - l.x[v]
}

// move changes entering q by t and the basic variables with it.
func (l *LP) move(q int, t float64) {
	if t == 0 {
		return
	}
	for _, i := range l.colIdx {
		l.x[l.head[i]] -= t * l.col[i]
		l.infeasibility(int(i))
	}
	l.x[q] += t
}

// updateDevex updates the reference weights along the pivot row.
func (l *LP) updateDevex(q int, p int32) {
	wq, aq := l.devex[q], l.alpha[q]
	reset := false
	for _, v := range l.alphaIdx {
		if l.stat[v] == basic {
			continue
		}
		k := l.alpha[v] / aq
		if w := k * k * wq; w > l.devex[v] {
			l.devex[v] = w
			reset = reset || w > 1e9
		}
	}
	l.devex[p] = math.Max(wq/(aq*aq), 1)
	if reset {
		for v := range l.devex {
			l.devex[v] = 1
		}
	}
}

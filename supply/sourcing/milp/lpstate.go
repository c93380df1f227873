package milp

import "math"

// refactor factorises the basis and computes x and d afresh.
func (l *LP) refactor() {
	l.basisBuf = grow(l.basisBuf, l.size)
	for i, v := range l.head {
		l.basisBuf[v] = l.dse[i]
	}
	dropped := l.f.factorise(l.a, l.head)
	for _, v := range dropped {
		l.stat[v] = l.rest(int(v), false)
	}
	for i, v := range l.head {
		if l.stat[v] != basic {
			l.stat[v] = basic
			l.basisBuf[v] = 1
		}
		l.dse[i] = l.basisBuf[v]
	}
	l.factored = true
	l.computeX()
	l.computeD()
}

// computeX puts nonbasic variables on their bounds and solves for the basic ones.
func (l *LP) computeX() {
	b := l.aux
	clear(b)
	for v := range l.size {
		switch l.stat[v] {
		case basic:
			continue
		case atLower:
			l.x[v] = l.lo[v]
		case atUpper:
			l.x[v] = l.hi[v]
		default:
			l.x[v] = 0
		}
		if x := l.x[v]; x != 0 {
			l.addColumn(b, v, -x)
		}
	}
	l.f.ftran(b, false)
	for i, v := range l.head {
		l.x[v] = b[i]
	}
	clear(b)
	l.allInfeasibilities()
}

// addColumn adds by·(column v) to b.
func (l *LP) addColumn(b []float64, v int, by float64) {
	if v >= l.n {
		b[v-l.n] -= by
		return
	}
	s, e := l.a.colStart[v], l.a.colStart[v+1]
	val := l.a.colVal[s:e]
	for q, i := range l.a.rowIdx[s:e] {
		b[i] += val[q] * by
	}
}

// computeD computes the reduced costs of the working costs.
func (l *LP) computeD() {
	y := l.aux
	l.multipliers(y, l.work)
	l.reduced(l.d, y, l.work)
	for _, v := range l.head {
		l.d[v] = 0
	}
	clear(y)
	l.dValid = true
}

// multipliers solves Bᵀ·y = c_B.
func (l *LP) multipliers(y, cost []float64) {
	for i, v := range l.head {
		y[i] = cost[v]
	}
	l.f.btran(y, 0, false)
}

// reduced computes d = cost − Aᵀ·y for all variables.
func (l *LP) reduced(d, y, cost []float64) {
	copy(d, cost)
	for i, v := range y {
		if v == 0 {
			continue
		}
		d[l.n+i] += v
		s, e := l.a.rowStart[i], l.a.rowStart[i+1]
		val := l.a.rowVal[s:e]
		for q, j := range l.a.colIdx[s:e] {
			d[j] -= val[q] * v
		}
	}
}

func (l *LP) allInfeasibilities() {
	for i := range l.m {
		l.infeasibility(i)
	}
}

func (l *LP) infeasibility(i int) {
	v := l.head[i]
	x := l.x[v]
	g := 0.0
	if x < l.lo[v] {
		g = l.lo[v] - x
	} else if x > l.hi[v] {
		g = x - l.hi[v]
	}
	if g > primalTol {
		l.inf[i] = g * g
	} else {
		l.inf[i] = 0
	}
}

func (l *LP) primalInfeasibility() float64 {
	worst := 0.0
	for _, v := range l.inf {
		if v > worst {
			worst = v
		}
	}
	return math.Sqrt(worst)
}

// wrongSign returns by how much nonbasic v's reduced cost has the wrong sign.
func (l *LP) wrongSign(v int) float64 {
	d := l.d[v]
	switch l.stat[v] {
	case atLower:
		if l.lo[v] < l.hi[v] && d < 0 {
			return -d
		}
	case atUpper:
		if l.lo[v] < l.hi[v] && d > 0 {
			return d
		}
	case atZero:
		return math.Abs(d)
	}
	return 0
}

func (l *LP) dualInfeasibility() float64 {
	worst := 0.0
	for v := range l.size {
		if w := l.wrongSign(v); w > worst {
			worst = w
		}
	}
	return worst
}

// residual is the largest miss of a row of the scaled system.
func (l *LP) residual() float64 {
	worst := 0.0
	for i := range l.m {
		x := l.x[l.n+i]
		s, size := -x, 1+math.Abs(x)
		for e := l.a.rowStart[i]; e < l.a.rowStart[i+1]; e++ {
			v := l.a.rowVal[e] * l.x[l.a.colIdx[e]]
			s += v
			if v < 0 {
				v = -v
			}
			if v > size {
				size = v
			}
		}
		if r := math.Abs(s) / size; r > worst || math.IsNaN(r) {
			worst = r
		}
	}
	return worst
}

// unscaledViolation is the worst bound or row violation in the problem's own units, relative as in
// Problem.Violation.
func (l *LP) unscaledViolation() float64 {
	worst := 0.0
	see := func(x, lo, hi, size float64) {
		if g := lo - x; g > 0 {
			worst = math.Max(worst, g/(1+math.Max(size, math.Abs(lo))))
		}
		if g := x - hi; g > 0 {
			worst = math.Max(worst, g/(1+math.Max(size, math.Abs(hi))))
		}
	}
	for j := range l.n {
		see(l.x[j]*l.cs[j], l.lo[j]*l.cs[j], l.hi[j]*l.cs[j], 0)
	}
	for i := range l.m {
		s, size := 0.0, 0.0
		for e := l.a.rowStart[i]; e < l.a.rowStart[i+1]; e++ {
			v := l.a.rowVal[e] * l.x[l.a.colIdx[e]] / l.rs[i]
			s += v
			if v < 0 {
				v = -v
			}
			if v > size {
				size = v
			}
		}
		see(s, l.lo[l.n+i]/l.rs[i], l.hi[l.n+i]/l.rs[i], size)
	}
	return worst
}

// price computes the pivot row alpha = rhoᵀ·A of all variables from rho and its index list.
func (l *LP) price() {
	for _, v := range l.alphaIdx {
		l.alpha[v] = 0
		l.inAlpha[v] = false
	}
	idx := l.alphaIdx[:0]
	alpha, in := l.alpha, l.inAlpha
	for _, i := range l.rhoIdx {
		r := l.rho[i]
		s, e := l.a.rowStart[i], l.a.rowStart[i+1]
		val := l.a.rowVal[s:e]
		for q, j := range l.a.colIdx[s:e] {
			if !in[j] {
				in[j] = true
				idx = append(idx, j)
			}
			alpha[j] += r * val[q]
		}
		v := int32(l.n) + i
		alpha[v] = -r
		in[v] = true
		idx = append(idx, v)
	}
	l.alphaIdx = idx
}

// pivotRow computes rho = B⁻ᵀ·e_r and the pivot row.
func (l *LP) pivotRow(r int) {
	for _, i := range l.rhoIdx {
		l.rho[i] = 0
	}
	l.f.unit(l.rho, int32(r))
	idx := l.rhoIdx[:0]
	for i, v := range l.rho {
		if v != 0 {
			if v < dropTol && v > -dropTol {
				l.rho[i] = 0
				continue
			}
			idx = append(idx, int32(i))
		}
	}
	l.rhoIdx = idx
	l.price()
}

// column computes col = B⁻¹·a_q and its index list.
func (l *LP) column(q int) {
	for _, i := range l.colIdx {
		l.col[i] = 0
	}
	l.addColumn(l.col, q, 1)
	l.f.ftran(l.col, true)
	idx := l.colIdx[:0]
	for i, v := range l.col {
		if v != 0 {
			if v < dropTol && v > -dropTol {
				l.col[i] = 0
				continue
			}
			idx = append(idx, int32(i))
		}
	}
	l.colIdx = idx
}

// enter makes q basic in row r, where p leaves to rest at to; the factorisation follows, afresh when it must.
func (l *LP) enter(q, r int, to int8) (fresh bool) {
	p := l.head[r]
	l.head[r] = int32(q)
	l.stat[q] = basic
	l.stat[p] = to
	ok := l.f.update(int32(r), l.col[r])
	if !ok || l.f.updates >= maxUpdates || len(l.f.rIdx)+len(l.f.ucIdx) > 3*l.f.fill+5*l.m {
		l.refactor()
		return true
	}
	return false
}

// updateDual moves the reduced costs by theta = d_q/alpha_q along the pivot row; p leaves.
func (l *LP) updateDual(q int, p int32, theta float64) {
	if theta != 0 {
		for _, v := range l.alphaIdx {
			if l.stat[v] != basic {
				l.d[v] -= theta * l.alpha[v]
			}
		}
	}
	l.d[q] = 0
	l.d[p] = -theta
}

// updateWeights updates the steepest-edge weights; it needs rho, col and the pivot row r before the basis changes.
func (l *LP) updateWeights(r int) {
	w := 0.0
	for _, i := range l.rhoIdx {
		w += l.rho[i] * l.rho[i]
	}
	copy(l.tau, l.rho)
	l.f.ftran(l.tau, false)
	piv := l.col[r]
	for _, i := range l.colIdx {
		k := l.col[i] / piv
		if v := l.dse[i] - 2*k*l.tau[i] + k*k*w; v > minWeight {
			l.dse[i] = v
		} else {
			l.dse[i] = minWeight
		}
	}
	l.dse[r] = math.Max(w/(piv*piv), minWeight)
}

// noise is a fixed number in [0,1) for i: reproducible, and different for neighbours.
func noise(i int) float64 {
	z := uint64(i+1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

package milp

import "math"

// noiseTol: a reduced cost below this share of the largest term it was summed from is rounding, not a slope.
const noiseTol = 1e-11

// implied are bounds that rows give to columns which have none of their own (scaled).
type implied struct {
	lo, hi []float64
}

// Bound returns a proven lower bound of the objective over the LP's rows and bounds, from the multipliers of the
// present basis by weak duality: whatever y is, no x does better than Σ min y·r + Σ min (c − Aᵀy)·x. A multiplier
// that would make a term infinite is first set to zero, a column without a bound uses the one that the rows imply,
// and failing that all multipliers shrink until its slope has the right sign. −Inf when none of this helps.
// Only slopes at rounding level (noiseTol) of a column without any bound are taken to be zero.
func (l *LP) Bound() float64 {
	if !l.factored {
		l.refactor()
	}
	y := l.aux
	l.multipliers(y, l.cost)
	for i := range y {
		v := l.n + i
		if y[i] > 0 && math.IsInf(l.lo[v], 0) || y[i] < 0 && math.IsInf(l.hi[v], 0) {
			y[i] = 0
		}
	}
	l.tmp = grow(l.tmp, l.size)
	b, shrink := l.weak(y)
	if shrink < 1 {
		for i := range y {
			y[i] *= shrink
		}
		b, _ = l.weak(y)
	}
	clear(y)
	return l.offset + b/l.os
}

// weak is the weak-duality bound of y; shrink < 1 says by how much y must shrink for it to be finite.
func (l *LP) weak(y []float64) (sum, shrink float64) {
	d := l.tmp
	l.reduced(d, y, l.cost)
	shrink = 1
	for v, s := range d {
		if s == 0 {
			continue
		}
		to := l.lo[v]
		if s < 0 {
			to = l.hi[v]
		}
		if math.IsInf(to, 0) {
			if v >= l.n || math.Abs(s) <= noiseTol*(math.Abs(l.cost[v])+l.largest(v, y)) {
				continue // rows: y is at rounding level only where it is zero already
			}
			if to = l.impliedBound(v, s < 0); math.IsInf(to, 0) {
				if c := l.cost[v]; c != 0 && (c > 0) != (s > 0) {
					shrink = math.Min(shrink, c/(c-s)*(1-1e-15))
				} else {
					sum = math.Inf(-1)
				}
				continue
			}
		}
		sum += s * to
	}
	return sum, shrink
}

// largest is the largest term of column v's product with y.
func (l *LP) largest(v int, y []float64) float64 {
	big := 0.0
	for e := l.a.colStart[v]; e < l.a.colStart[v+1]; e++ {
		big = math.Max(big, math.Abs(l.a.colVal[e]*y[l.a.rowIdx[e]]))
	}
	return big
}

const impliedPasses = 6

// impliedBound returns what the rows imply for a column's missing bound, ±Inf when they imply nothing.
func (l *LP) impliedBound(v int, upper bool) float64 {
	if l.implied == nil || l.loLoose {
		l.loLoose = false
		b := &implied{append([]float64(nil), l.lo...), append([]float64(nil), l.hi...)}
		for range impliedPasses {
			if !l.imply(b) {
				break
			}
		}
		l.implied = b
	}
	if upper {
		return l.implied.hi[v]
	}
	return l.implied.lo[v]
}

// imply goes once through the rows; only missing bounds are filled, a hair outwards.
func (l *LP) imply(b *implied) bool {
	found := false
	for i := range l.m {
		s, e := l.a.rowStart[i], l.a.rowStart[i+1]
		lo, hi := 0.0, 0.0 // least and largest activity without the infinite parts
		noLo, noHi := 0, 0
		for q := s; q < e; q++ {
			u, w := product(l.a.rowVal[q], b.lo[l.a.colIdx[q]], b.hi[l.a.colIdx[q]])
			if math.IsInf(u, 0) {
				noLo++
			} else {
				lo += u
			}
			if math.IsInf(w, 0) {
				noHi++
			} else {
				hi += w
			}
		}
		rlo, rhi := l.lo[l.n+i], l.hi[l.n+i]
		for q := s; q < e; q++ {
			j, a := l.a.colIdx[q], l.a.rowVal[q]
			u, w := product(a, b.lo[j], b.hi[j])
			// a·x ≤ rhi − least of the others, a·x ≥ rlo − largest of the others.
			most, least := math.Inf(1), math.Inf(-1)
			if oInf := math.IsInf(u, 0); noLo == 0 || noLo == 1 && oInf {
				most = rhi - lo
				if !oInf {
					most += u
				}
			}
			if oInf := math.IsInf(w, 0); noHi == 0 || noHi == 1 && oInf {
				least = rlo - hi
				if !oInf {
					least += w
				}
			}
			nlo, nhi := least/a, most/a
			if a < 0 {
				nlo, nhi = nhi, nlo
			}
			if math.IsInf(b.hi[j], 0) && nhi < infinite {
				b.hi[j] = nhi + 1e-9*(1+math.Abs(nhi))
				found = true
			}
			if math.IsInf(b.lo[j], 0) && nlo > -infinite {
				b.lo[j] = nlo - 1e-9*(1+math.Abs(nlo))
				found = true
			}
			if found {
				if u2, w2 := product(a, b.lo[j], b.hi[j]); math.IsInf(u, 0) != math.IsInf(u2, 0) || math.IsInf(w, 0) != math.IsInf(w2, 0) {
					break // the sums of this row are stale; the next pass goes on
				}
			}
		}
	}
	return found
}

// product returns the range of a·x for x in [lo, hi].
func product(a, lo, hi float64) (float64, float64) {
	if a < 0 {
		lo, hi = hi, lo
	}
	return a * lo, a * hi
}

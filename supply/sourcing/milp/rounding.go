package milp

import (
	"math"
	"slices"
)

// whole is an integer column measured from its lower bound, or from its upper one when turned.
type whole struct {
	j      int32
	g      float64 // coefficient
	at     float64 // value now, from that bound
	turned bool
}

// round looks for a violated rounding inequality in dir times the aggregated row, read as ≤, and keeps it.
func (s *separator) round(dir float64) bool {
	if !s.substitute(dir) {
		return false
	}
	var deltas []float64
	for _, w := range s.ws {
		if d := math.Abs(w.g); w.at > 1e-6 && len(deltas) < deltaTries && !slices.Contains(deltas, d) {
			deltas = append(deltas, d)
		}
	}
	best, delta := 0.0, 0.0
	for _, d := range deltas {
		if e := s.depth(d); e > best {
			best, delta = e, d
		}
	}
	if best <= 0 {
		return false
	}
	for k, d := 0, delta/2; k < 3; k, d = k+1, d/2 {
		if e := s.depth(d); e > best {
			best, delta = e, d
		}
	}
	s.turn(best, delta)
	return s.build(delta)
}

// substitute writes dir times the row as Σ g·w + Σ coef·t ≤ rhs with w whole and t continuous, all ≥ 0.
func (s *separator) substitute(dir float64) bool {
	for _, j := range s.yIdx {
		s.y[j], s.yIn[j] = 0, false
	}
	s.yIdx, s.ts, s.ws, s.rhs = s.yIdx[:0], s.ts[:0], s.ws[:0], 0
	addY := func(j int32, c float64) {
		if !s.yIn[j] {
			s.yIn[j] = true
			s.yIdx = append(s.yIdx, j)
		}
		s.y[j] += c
	}
	for _, v := range s.idx {
		c := dir * s.coef[v]
		switch {
		case c == 0:
			continue
		case int(v) < s.a.n && s.p.Cols[v].Integer:
			addY(v, c)
			continue
		case s.lo[v] == s.hi[v]:
			s.rhs -= c * s.lo[v]
			continue
		}
		up, okUp := s.nearest(v, true)
		b, okLow := s.nearest(v, false)
		if !okUp && !okLow {
			return false
		}
		if !okLow || okUp && (up.t < b.t-1e-9 || up.t <= b.t+1e-9 && up.y >= 0 && b.y < 0) {
			b = up
		}
		b.coef = c
		if b.upper {
			b.coef = -c
		}
		s.rhs -= c * b.at
		if b.y >= 0 {
			addY(b.y, c*b.by)
		}
		s.ts = append(s.ts, b)
	}
	for _, j := range s.yIdx {
		g := s.y[j]
		if g == 0 {
			continue
		}
		if math.IsInf(s.lo[j], 0) || math.IsInf(s.hi[j], 0) {
			return false
		}
		w := whole{j: j, g: g, at: s.x[j] - s.lo[j]}
		if up := s.hi[j] - s.x[j]; up < w.at {
			w.turned, w.at, w.g = true, up, -g
			s.rhs -= g * s.hi[j]
		} else {
			s.rhs -= g * s.lo[j]
		}
		s.ws = append(s.ws, w)
	}
	return true
}

// depth is by how much the inequality divided by delta and rounded is broken, relative to its length; −Inf when the
// right side is nearly whole.
func (s *separator) depth(delta float64) float64 {
	b := s.rhs / delta
	f := b - math.Floor(b)
	if f < fracLow || f > 1-fracLow {
		return math.Inf(-1)
	}
	lhs, norm := 0.0, 0.0
	for _, w := range s.ws {
		c := roundDown(w.g/delta, f)
		lhs += c * w.at
		norm += c * c
	}
	for k := range s.ts {
		if c := s.ts[k].coef; c < 0 {
			c /= delta * (1 - f)
			lhs += c * s.ts[k].t
			norm += c * c
		}
	}
	return (lhs - math.Floor(b)) / math.Sqrt(math.Max(norm, 1e-12))
}

// turn measures single columns from their other bound where that deepens the cut, those in the middle first.
func (s *separator) turn(best, delta float64) {
	order := make([]int, 0, len(s.ws))
	for k, w := range s.ws {
		if w.at > 1e-6 {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return sign(s.ws[b].at - s.ws[a].at) })
	for _, k := range order[:min(len(order), turnTries)] {
		w := &s.ws[k]
		old, oldRHS := *w, s.rhs
		span := s.hi[w.j] - s.lo[w.j]
		s.rhs -= w.g * span
		w.g, w.at, w.turned = -w.g, span-w.at, !w.turned
		if e := s.depth(delta); e > best {
			best = e
		} else {
			*w, s.rhs = old, oldRHS
		}
	}
}

// build writes the rounded inequality in the problem's columns and keeps it when it is good.
func (s *separator) build(delta float64) bool {
	b := s.rhs / delta
	f := b - math.Floor(b)
	for _, j := range s.cIdx {
		s.cut[j], s.cIn[j] = 0, false
	}
	s.cIdx = s.cIdx[:0]
	right := math.Floor(b)
	for _, w := range s.ws {
		c := roundDown(w.g/delta, f)
		if w.turned {
			right -= c * s.hi[w.j]
			c = -c
		} else {
			right += c * s.lo[w.j]
		}
		s.addCut(w.j, c)
	}
	for k := range s.ts {
		t := &s.ts[k]
		if t.coef >= 0 {
			continue
		}
		c := t.coef / (delta * (1 - f)) // t = ±(v − at − by·y)
		if t.upper {
			c = -c
		}
		right += c * t.at
		if t.y >= 0 {
			s.addCut(t.y, -c*t.by)
		}
		if int(t.v) < s.a.n {
			s.addCut(t.v, c)
			continue
		}
		i := int(t.v) - s.a.n
		for e := s.a.rowStart[i]; e < s.a.rowStart[i+1]; e++ {
			s.addCut(s.a.colIdx[e], c*s.a.rowVal[e])
		}
	}
	return s.keep(right)
}

// roundDown is the rounding function of the inequality for the right side's fraction f.
func roundDown(g, f float64) float64 {
	fl := math.Floor(g)
	if r := g - fl; r > f {
		return fl + (r-f)/(1-f)
	}
	return fl
}

func (s *separator) addCut(j int32, c float64) {
	if !s.cIn[j] {
		s.cIn[j] = true
		s.cIdx = append(s.cIdx, j)
	}
	s.cut[j] += c
}

// keep cleans the cut Σ cut·x ≤ right and stores it when it is deep, short and well scaled.
func (s *separator) keep(right float64) bool {
	big := 0.0
	for _, j := range s.cIdx {
		big = math.Max(big, math.Abs(s.cut[j]))
	}
	if big == 0 {
		return false
	}
	c := cut{}
	slices.Sort(s.cIdx)
	lhs := 0.0
	for _, j := range s.cIdx {
		v := s.cut[j]
		if v == 0 {
			continue
		}
		if math.Abs(v) < big/cutRange { // too small: replaced by the bound that makes the cut weaker
			b := s.lo[j]
			if v < 0 {
				b = s.hi[j]
			}
			if math.IsInf(b, 0) {
				return false
			}
			right -= v * b
			continue
		}
		c.terms = append(c.terms, Term{int(j), v})
		lhs += v * s.x[j]
		c.norm += v * v
	}
	if len(c.terms) == 0 || len(c.terms) > cutDense {
		return false
	}
	c.rhs = right + 1e-9*math.Max(math.Abs(right), big)
	c.norm = math.Sqrt(c.norm)
	c.efficacy = (lhs - c.rhs) / c.norm
	if c.efficacy < cutEfficacy {
		return false
	}
	s.out = append(s.out, c)
	return true
}

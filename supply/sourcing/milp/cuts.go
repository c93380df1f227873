package milp

import (
	"math"
	"slices"
)

const (
	cutRounds    = 25   // rounds of cuts at the root
	cutStall     = 3    // rounds without progress before it ends
	cutProgress  = 5e-4 // relative rise of the bound that counts as progress
	cutEfficacy  = 1e-3 // least distance that a cut takes from the relaxation's solution
	cutParallel  = 0.95 // cosine from which two cuts are taken for the same
	cutRange     = 1e6  // largest ratio of a cut's coefficients
	cutDense     = 400  // longest cut
	aggregations = 6    // rows combined for one cut
	fracLow      = 0.02 // the right side's fraction must be above this, and below 1 − this
	deltaTries   = 12   // divisors tried per row
	turnTries    = 20   // columns tried from their other bound
)

// A cut separator by complemented mixed-integer rounding (Marchand and Wolsey): rows are added up along continuous
// columns (flows through stock), continuous columns are measured from their nearest bound, simple or variable
// (q ≤ cap·o), and the result is rounded. It finds flow-cover and (l, S) inequalities among others.
type separator struct {
	p      *Problem
	a      *matrix
	x      []float64 // solution to cut off: columns, then row activities
	lo, hi []float64 // columns, then rows
	vub    [][]varBound
	vlb    [][]varBound

	coef []float64 // aggregated row over columns and activities, = 0
	idx  []int32
	in   []bool
	used []bool

	y    []float64 // integer part after substitution, by column
	yIdx []int32
	yIn  []bool
	ts   []shifted
	ws   []whole
	rhs  float64
	cut  []float64
	cIdx []int32
	cIn  []bool
	out  []cut
}

// varBound is x ≤ u·y + c (or ≥) with a 0-1 column y.
type varBound struct {
	y    int32
	u, c float64
}

// shifted is a continuous variable measured from a bound: v = at + by·y ± t with t ≥ 0.
type shifted struct {
	v     int32
	upper bool
	y     int32 // −1: a simple bound
	by    float64
	at    float64
	coef  float64 // of t
	t     float64 // its value now
}

type cut struct {
	terms    []Term
	rhs      float64
	efficacy float64
	norm     float64
}

func newSeparator(p *Problem, lo, hi []float64) *separator {
	a := newMatrix(p)
	n := a.n + a.m
	s := &separator{p: p, a: a, x: make([]float64, n), lo: make([]float64, n), hi: make([]float64, n),
		vub: make([][]varBound, a.n), vlb: make([][]varBound, a.n),
		coef: make([]float64, n), in: make([]bool, n), used: make([]bool, a.m),
		y: make([]float64, a.n), yIn: make([]bool, a.n), cut: make([]float64, a.n), cIn: make([]bool, a.n)}
	for j := range p.Cols {
		s.lo[j], s.hi[j] = bounds(p.Cols[j].Lo, p.Cols[j].Hi, false)
		if p.Cols[j].Integer {
			s.lo[j], s.hi[j] = lo[j], hi[j]
		} else { // what the rows imply is a valid bound, too
			s.lo[j], s.hi[j] = math.Max(s.lo[j], lo[j]), math.Min(s.hi[j], hi[j])
		}
	}
	for i := range p.Rows {
		s.lo[a.n+i], s.hi[a.n+i] = bounds(p.Rows[i].Lo, p.Rows[i].Hi, false)
		s.variableBound(i)
	}
	return s
}

// variableBound notes row i when it ties one continuous column to one 0-1 column.
func (s *separator) variableBound(i int) {
	e := s.a.rowStart[i]
	if s.a.rowStart[i+1]-e != 2 {
		return
	}
	x, y, ax, ay := s.a.colIdx[e], s.a.colIdx[e+1], s.a.rowVal[e], s.a.rowVal[e+1]
	if s.p.Cols[x].Integer {
		x, y, ax, ay = y, x, ay, ax
	}
	if s.p.Cols[x].Integer || !s.p.Cols[y].Integer || s.lo[y] != 0 || s.hi[y] != 1 {
		return
	}
	for side, r := range [2]float64{s.lo[s.a.n+i], s.hi[s.a.n+i]} {
		if math.IsInf(r, 0) {
			continue
		}
		b := varBound{y, -ay / ax, r / ax}
		if (side == 1) == (ax > 0) {
			s.vub[x] = append(s.vub[x], b)
		} else {
			s.vlb[x] = append(s.vlb[x], b)
		}
	}
}

// separate returns cuts that x breaks, the deepest first.
func (s *separator) separate(x []float64) []cut {
	copy(s.x, x)
	for i := range s.a.m {
		v := 0.0
		for e := s.a.rowStart[i]; e < s.a.rowStart[i+1]; e++ {
			v += s.a.rowVal[e] * x[s.a.colIdx[e]]
		}
		s.x[s.a.n+i] = v
	}
	s.out = s.out[:0]
	for i := range s.a.m {
		s.from(i)
	}
	slices.SortStableFunc(s.out, func(a, b cut) int { return sign(b.efficacy - a.efficacy) })
	return s.out
}

// from starts at row i and adds rows until a cut is found.
func (s *separator) from(i int) {
	s.clearRow()
	s.addRow(i, 1)
	rows := []int{i}
	for k := 0; ; k++ {
		found := s.round(1)
		found = s.round(-1) || found
		if found || k == aggregations {
			break
		}
		v := s.through()
		if v < 0 {
			break
		}
		r := s.rowWith(v)
		if r < 0 {
			break
		}
		s.addRow(r, -s.coef[v]/s.entry(r, v))
		s.coef[v] = 0
		rows = append(rows, r)
	}
	for _, r := range rows {
		s.used[r] = false
	}
}

func (s *separator) clearRow() {
	for _, v := range s.idx {
		s.coef[v], s.in[v] = 0, false
	}
	s.idx = s.idx[:0]
}

func (s *separator) addRow(i int, by float64) {
	s.used[i] = true
	add := func(v int32, c float64) {
		if !s.in[v] {
			s.in[v] = true
			s.idx = append(s.idx, v)
		}
		s.coef[v] += c
	}
	for e := s.a.rowStart[i]; e < s.a.rowStart[i+1]; e++ {
		add(s.a.colIdx[e], by*s.a.rowVal[e])
	}
	add(int32(s.a.n+i), -by)
}

func (s *separator) entry(i int, v int32) float64 {
	for e := s.a.rowStart[i]; e < s.a.rowStart[i+1]; e++ {
		if s.a.colIdx[e] == v {
			return s.a.rowVal[e]
		}
	}
	return 0
}

// through picks the continuous column of the row that is farthest from its bounds.
func (s *separator) through() int32 {
	best, far := int32(-1), 1e-6
	for _, v := range s.idx {
		if int(v) >= s.a.n || s.p.Cols[v].Integer || math.Abs(s.coef[v]) < 1e-9 {
			continue
		}
		d := math.Inf(1)
		if u, ok := s.nearest(v, true); ok {
			d = math.Min(d, u.t)
		}
		if l, ok := s.nearest(v, false); ok {
			d = math.Min(d, l.t)
		}
		if d > far || d == far && v < best {
			best, far = v, d
		}
	}
	return best
}

// rowWith picks a row through v to add: tight ones first, then short ones.
func (s *separator) rowWith(v int32) int {
	best, score := -1, math.Inf(1)
	for e := s.a.colStart[v]; e < s.a.colStart[v+1]; e++ {
		i := int(s.a.rowIdx[e])
		n := s.a.rowStart[i+1] - s.a.rowStart[i]
		if s.used[i] || n > cutDense || math.Abs(s.a.colVal[e]) < 1e-9 {
			continue
		}
		r := s.a.n + i
		slack := math.Min(s.x[r]-s.lo[r], s.hi[r]-s.x[r])
		c := float64(n) + 1e3*slack/(1+math.Abs(s.x[r]))
		if s.lo[r] != s.hi[r] {
			c += 20
		}
		if c < score {
			best, score = i, c
		}
	}
	return best
}

// nearest is the tightest upper (lower) bound of v at x, variable or simple.
func (s *separator) nearest(v int32, upper bool) (b shifted, ok bool) {
	b = shifted{v: v, upper: upper, y: -1}
	x := s.x[v]
	at, dir := s.lo[v], 1.0
	if upper {
		at, dir = s.hi[v], -1
	}
	if !math.IsInf(at, 0) {
		b.at, b.t, ok = at, math.Max(dir*(x-at), 0), true
	}
	if int(v) >= s.a.n {
		return b, ok
	}
	list := s.vlb[v]
	if upper {
		list = s.vub[v]
	}
	for _, w := range list {
		t := math.Max(dir*(x-w.c-w.u*s.x[w.y]), 0)
		if !ok || t <= b.t+1e-9 {
			b.y, b.by, b.at, b.t, ok = w.y, w.u, w.c, t, true
		}
	}
	return b, ok
}

// parallel is the cosine between two cuts (their terms are sorted by column).
func parallel(a, b *cut) float64 {
	dot := 0.0
	for i, k := 0, 0; i < len(a.terms) && k < len(b.terms); {
		switch x, y := a.terms[i], b.terms[k]; {
		case x.Col < y.Col:
			i++
		case x.Col > y.Col:
			k++
		default:
			dot += x.Coef * y.Coef
			i++
			k++
		}
	}
	return dot / (a.norm * b.norm)
}

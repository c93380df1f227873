package chance

import "math"

// The table of a Map.
const (
	mapReach = 6.5 // the table covers |z| ≤ 6.5, more than any point of a Sobol sequence reaches
	mapCells = 1024
	mapParts = 64 // of a cell that is cut
	mapCut   = 4  // beyond |z| = 4, six values in 100,000, none is cut
)

// MapError bounds the difference between a Map and the law's own Quantile, as a part of the span from the law's 2e-10 to its
// 1−2e-10 quantile or, where larger, of the answer.
const MapError = 1e-8

// Map turns columns of standard normals into columns of one law's values, value = Quantile(Φ(z)), which is what a Gaussian copula
// needs. Normal and lognormal laws are computed directly; Fixed is copied. Others read a table of cubics in z that meet the law's
// quantile in value and slope; NewMap compares each cell with the law, cuts those that miss MapError into finer ones, and leaves
// what still misses it (a step, a kink, a far tail) to Quantile itself. A Map is immutable.
type Map struct {
	law   Dist
	kind  mapKind
	mu    float64
	sigma float64
	cells []cell // mapCells of them, then mapParts for each cell that was cut
}

type mapKind int

const (
	mapTable mapKind = iota
	mapFixed
	mapNormal
	mapLogNormal
)

// cell is a cubic in the fraction of the way through the cell. If c0 is NaN it is none: c1 is then the index of the first of its
// parts, or −1 where the law is asked itself.
type cell struct{ c0, c1, c2, c3 float64 }

// NewMap prepares the map of a law. It takes some milliseconds for all but the direct ones: make it once for a run.
func NewMap(law Dist) *Map {
	switch d := law.(type) {
	case Fixed:
		return &Map{law: law, kind: mapFixed, mu: d.Value}
	case Normal:
		return &Map{law: law, kind: mapNormal, mu: d.Mu, sigma: d.Sigma}
	case LogNormal:
		return &Map{law: law, kind: mapLogNormal, mu: d.Mu, sigma: d.Sigma}
	}
	m := &Map{law: law}
	span := atNormal(law, mapReach, math.NaN()) - atNormal(law, -mapReach, math.NaN())
	const h = 2 * mapReach / mapCells
	m.cells = fit(law, -mapReach, h, mapCells, span)
	for k := range mapCells {
		if z := -mapReach + (float64(k)+0.5)*h; math.IsNaN(m.cells[k].c0) && math.Abs(z) < mapCut {
			parts := fit(law, -mapReach+float64(k)*h, h/mapParts, mapParts, span)
			m.cells[k].c1 = float64(len(m.cells))
			m.cells = append(m.cells, parts...)
		}
	}
	return m
}

// fit returns n cells of width h from z on.
func fit(law Dist, z, h float64, n int, span float64) []cell {
	nodes := make([]node, n+1)
	guess := math.NaN()
	for k := range nodes {
		nodes[k] = nodeAt(law, z+float64(k)*h, h, guess)
		guess = nodes[k].value + nodes[k].slope
	}
	cells := make([]cell, n)
	for k := range cells {
		a, b := nodes[k], nodes[k+1]
		d := b.value - a.value
		c := cell{a.value, a.slope, 3*d - 2*a.slope - b.slope, a.slope + b.slope - 2*d}
		ok := a.slope >= 0 && b.slope >= 0 && c.c1+c.c2+0.75*c.c3 >= 0 // rises at both ends and the middle
		for _, f := range [...]float64{0.25, 0.5, 0.75} {
			if !ok {
				break
			}
			y := c.at(f)
			want := atNormal(law, z+(float64(k)+f)*h, y)
			ok = math.Abs(y-want) <= MapError/4*math.Max(span, math.Abs(want))
		}
		if !ok {
			c = cell{c0: math.NaN(), c1: -1}
		}
		cells[k] = c
	}
	return cells
}

// node is the law's value at a z, and how it rises there over one cell.
type node struct{ value, slope float64 }

// seeker is a law that can start from a guess and knows the slope of its quantile.
type seeker interface {
	seek(u, v, guess float64) float64
	slope(x float64) float64
}

func seeks(law Dist) (seeker, bool) {
	if m, ok := law.(Mixture); ok && !m.isDense() {
		return nil, false
	}
	s, ok := law.(seeker)
	return s, ok
}

func nodeAt(law Dist, z, h, guess float64) node {
	x := atNormal(law, z, guess)
	if s, ok := seeks(law); ok {
		return node{x, s.slope(x) * Density(z) * h}
	}
	d := h / 2 // fourth-order differences
	f := func(k float64) float64 { return atNormal(law, z+k*d, guess) }
	return node{x, (8*(f(1)-f(-1)) - (f(2) - f(-2))) / 6}
}

// atNormal returns the law's quantile at Φ(z).
func atNormal(law Dist, z, guess float64) float64 {
	if s, ok := seeks(law); ok && math.Abs(z) < 37 {
		return s.seek(Phi(z), Phi(-z), guess)
	}
	return law.Quantile(Phi(z))
}

func (c *cell) at(f float64) float64 { return c.c0 + f*(c.c1+f*(c.c2+f*c.c3)) }

// Exact returns the probability with which a value asks the law itself, 0 for laws that need no table: how far the Map is from its
// full speed.
func (m *Map) Exact() float64 {
	var p Sum
	const h = 2 * mapReach / mapCells
	for k := range min(mapCells, len(m.cells)) {
		z, c := -mapReach+float64(k)*h, &m.cells[k]
		switch {
		case !math.IsNaN(c.c0):
		case c.c1 < 0:
			p.Add(Phi(z+h) - Phi(z))
		default:
			for i, part := range m.cells[int(c.c1):][:mapParts] {
				if math.IsNaN(part.c0) {
					p.Add(Phi(z+float64(i+1)*h/mapParts) - Phi(z+float64(i)*h/mapParts))
				}
			}
		}
	}
	return p.Value()
}

// Normal sets dst[i] to the law's value at the standard normal z[i]; dst may be z.
func (m *Map) Normal(dst, z []float64) {
	dst = dst[:len(z)]
	switch m.kind {
	case mapFixed:
		for i := range z {
			dst[i] = m.mu
		}
	case mapNormal:
		for i, v := range z {
			dst[i] = m.mu + m.sigma*v
		}
	case mapLogNormal:
		for i, v := range z {
			dst[i] = m.mu + m.sigma*v
		}
		Exp(dst, dst)
	default:
		m.table(dst, z)
	}
}

func (m *Map) table(dst, z []float64) {
	cells := (*[mapCells]cell)(m.cells)
	for i, v := range z {
		x := (v + mapReach) * (mapCells / (2 * mapReach))
		if !(x >= 0 && x < mapCells) {
			dst[i] = atNormal(m.law, v, math.NaN())
			continue
		}
		k := int(x)
		f := x - float64(k)
		c := &cells[k&(mapCells-1)]
		y := c.at(f)
		if y != y {
			y = m.part(c, f, v)
		}
		dst[i] = y
	}
}

// part answers for a cell without a cubic of its own.
func (m *Map) part(c *cell, f, z float64) float64 {
	if c.c1 >= 0 {
		f *= mapParts
		k := min(int(f), mapParts-1)
		if y := m.cells[int(c.c1)+k].at(f - float64(k)); y == y {
			return y
		}
	}
	return atNormal(m.law, z, math.NaN())
}

// Uniform sets dst[i] to the law's value at the probability u[i], through NormQuantile; dst may be u.
func (m *Map) Uniform(dst, u []float64) {
	NormQuantile(dst, u)
	m.Normal(dst[:len(u)], dst[:len(u)])
}

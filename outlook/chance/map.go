package chance

import "math"

// The table of a Map.
const (
	mapReach = 6.5 // the table covers |z| ≤ 6.5, more than any point of a Sobol sequence reaches
	mapCells = 1024
)

// MapError bounds the difference between a Map and the law's own Quantile, as a part of the span from the law's 2e-10 to its
// 1−2e-10 quantile or, where larger, of the answer.
const MapError = 1e-9

// Map turns columns of standard normals into columns of one law's values, value = Quantile(Φ(z)), which is what a Gaussian copula
// needs. Normal and lognormal laws are computed directly; Fixed is copied. Others read a table of cubics in z that meet the law's
// quantile in value and slope; NewMap compares each cell with the law and leaves those that miss MapError (a kink, a step, a gap)
// to Quantile itself. The result never decreases from one cell to the next by more than MapError. A Map is immutable.
type Map struct {
	law   Dist
	kind  mapKind
	mu    float64
	sigma float64
	cells []cell
}

type mapKind int

const (
	mapTable mapKind = iota
	mapFixed
	mapNormal
	mapLogNormal
)

// cell is a cubic in the fraction of the way through the cell; an exact one has NaN for its constant.
type cell struct{ c0, c1, c2, c3 float64 }

// NewMap prepares the map of a law. It takes some milliseconds for laws whose Quantile is costly: make it once for a run.
func NewMap(law Dist) *Map {
	switch d := law.(type) {
	case Fixed:
		return &Map{law: law, kind: mapFixed, mu: d.Value}
	case Normal:
		return &Map{law: law, kind: mapNormal, mu: d.Mu, sigma: d.Sigma}
	case LogNormal:
		return &Map{law: law, kind: mapLogNormal, mu: d.Mu, sigma: d.Sigma}
	}
	m := &Map{law: law, cells: make([]cell, mapCells)}
	const h = 2 * mapReach / mapCells
	at := func(z float64) float64 { return quantileAtNormal(law, z) }
	// Half-cell nodes: the ends give the values, the middles check the cubic and give the slopes by differences.
	q := make([]float64, 2*mapCells+5) // q[i] is at −reach + (i−2)·h/2
	for i := range q {
		q[i] = at(-mapReach + float64(i-2)*h/2)
	}
	slope := func(i int) float64 { // per cell, to fourth order
		return (8*(q[i+1]-q[i-1]) - (q[i+2] - q[i-2])) / 6
	}
	span := q[len(q)-1] - q[0]
	for k := range m.cells {
		i := 2*k + 2
		a, b, s, t := q[i], q[i+2], slope(i), slope(i+2)
		c := cell{c0: a, c1: s, c2: 3*(b-a) - 2*s - t, c3: 2*(a-b) + s + t}
		ok := true
		for _, f := range []float64{0.21, 0.5, 0.79} {
			want := q[i+1]
			if f != 0.5 {
				want = at(-mapReach + (float64(k)+f)*h)
			}
			if e := math.Abs(c.at(f) - want); !(e <= MapError/4*math.Max(span, math.Abs(want))) {
				ok = false
			}
		}
		if rising := s >= 0 && t >= 0 && c.c1+c.c2+0.75*c.c3 >= 0; !ok || !rising {
			c = cell{c0: math.NaN()}
		}
		m.cells[k] = c
	}
	return m
}

// quantileAtNormal returns the law's quantile at Φ(z), from the upper side through the complement where that law knows it better.
func quantileAtNormal(law Dist, z float64) float64 { return law.Quantile(Phi(z)) }

func (c cell) at(f float64) float64 { return c.c0 + f*(c.c1+f*(c.c2+f*c.c3)) }

// Exact returns the part of the table's cells that ask the law itself, 0 for laws that need no table: how far the Map is from its
// full speed.
func (m *Map) Exact() float64 {
	n := 0
	for _, c := range m.cells {
		if math.IsNaN(c.c0) {
			n++
		}
	}
	return float64(n) / mapCells
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
			dst[i] = quantileAtNormal(m.law, v)
			continue
		}
		k := int(x)
		c := &cells[k&(mapCells-1)]
		if y := c.at(x - float64(k)); y == y {
			dst[i] = y
		} else {
			dst[i] = quantileAtNormal(m.law, v)
		}
	}
}

// Uniform sets dst[i] to the law's value at the probability u[i], through NormQuantile; dst may be u.
func (m *Map) Uniform(dst, u []float64) {
	NormQuantile(dst, u)
	m.Normal(dst[:len(u)], dst[:len(u)])
}

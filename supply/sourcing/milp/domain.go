package milp

import "math"

const (
	propagateSteps = 20   // visits per row and call, on average, before propagation gives up
	worthTol       = 1e-3 // a continuous bound is moved only by this share of its range
)

// change is one bound of one column.
type change struct {
	col   int32
	upper bool
	value float64
}

// domain holds what is known of each column's range under the rows; it is tightened by looking at one row at a time.
// Bounds of continuous columns are for reasoning only and never handed to the simplex.
type domain struct {
	a        *matrix // in the problem's units
	rlo, rhi []float64
	lo, hi   []float64
	integer  []bool
	queue    []int32
	queued   []bool
	made     []change // bounds of integer columns moved since the last reset of made
}

func newDomain(p *Problem) *domain {
	d := &domain{a: newMatrix(p)}
	for j := range p.Cols {
		c := &p.Cols[j]
		lo, hi := bounds(c.Lo, c.Hi, c.Integer)
		d.lo, d.hi, d.integer = append(d.lo, lo), append(d.hi, hi), append(d.integer, c.Integer)
	}
	for i := range p.Rows {
		lo, hi := bounds(p.Rows[i].Lo, p.Rows[i].Hi, false)
		d.rlo, d.rhi = append(d.rlo, lo), append(d.rhi, hi)
	}
	d.queued = make([]bool, d.a.m)
	return d
}

// set moves a bound and queues the column's rows; false means the column has no value left.
func (d *domain) set(c change) bool {
	j := c.col
	if c.upper {
		if c.value >= d.hi[j] {
			return true
		}
		d.hi[j] = c.value
	} else {
		if c.value <= d.lo[j] {
			return true
		}
		d.lo[j] = c.value
	}
	if d.integer[j] {
		d.made = append(d.made, c)
	}
	d.touch(j)
	return d.lo[j] <= d.hi[j]+FeasibilityTol*(1+math.Abs(d.lo[j]))
}

func (d *domain) touch(j int32) {
	for e := d.a.colStart[j]; e < d.a.colStart[j+1]; e++ {
		if i := d.a.rowIdx[e]; !d.queued[i] {
			d.queued[i] = true
			d.queue = append(d.queue, i)
		}
	}
}

// all queues every row.
func (d *domain) all() {
	for i := range d.a.m {
		if !d.queued[i] {
			d.queued[i] = true
			d.queue = append(d.queue, int32(i))
		}
	}
}

// propagate works the queue off; false means: proven infeasible.
func (d *domain) propagate() bool {
	ok := true
	left := propagateSteps * (100 + len(d.queue))
	for h := 0; h < len(d.queue); h++ {
		i := d.queue[h]
		d.queued[i] = false
		if ok && left > 0 {
			left--
			ok = d.row(int(i))
		}
	}
	d.queue = d.queue[:0]
	return ok
}

// activity returns the least and largest value of row i without its infinite terms, and how many those are.
func (d *domain) activity(i int) (lo, hi float64, noLo, noHi int) {
	for e := d.a.rowStart[i]; e < d.a.rowStart[i+1]; e++ {
		j, a := d.a.colIdx[e], d.a.rowVal[e]
		l, h := d.lo[j], d.hi[j]
		if a < 0 {
			l, h = h, l
		}
		if l-l != 0 { // infinite
			noLo++
		} else {
			lo += a * l
		}
		if h-h != 0 {
			noHi++
		} else {
			hi += a * h
		}
	}
	return lo, hi, noLo, noHi
}

func (d *domain) row(i int) bool {
	lo, hi, noLo, noHi := d.activity(i)
	rlo, rhi := d.rlo[i], d.rhi[i]
	if noLo == 0 && lo > rhi+FeasibilityTol*(1+math.Abs(rhi)) || noHi == 0 && hi < rlo-FeasibilityTol*(1+math.Abs(rlo)) {
		return false
	}
	up := noLo <= 1 && rhi < infinite && (noHi > 0 || hi > rhi) // the upper side can move bounds
	down := noHi <= 1 && rlo > -infinite && (noLo > 0 || lo < rlo)
	if !up && !down {
		return true
	}
	for e := d.a.rowStart[i]; e < d.a.rowStart[i+1]; e++ {
		j, a := d.a.colIdx[e], d.a.rowVal[e]
		l, h := d.lo[j], d.hi[j]
		if l == h {
			continue
		}
		mn, mx := a*l, a*h
		if a < 0 {
			mn, mx = mx, mn
		}
		if up {
			if noLo == 0 || mn-mn != 0 {
				room := rhi - lo
				if noLo == 0 {
					room += mn
				}
				if !d.tighten(j, room/a, a > 0) {
					return false
				}
			}
		}
		if down {
			if noHi == 0 || mx-mx != 0 {
				room := rlo - hi
				if noHi == 0 {
					room += mx
				}
				if !d.tighten(j, room/a, a < 0) {
					return false
				}
			}
		}
	}
	return true
}

// tighten proposes a bound for column j.
func (d *domain) tighten(j int32, v float64, upper bool) bool {
	if v >= infinite || v <= -infinite || v != v {
		return true
	}
	if d.integer[j] {
		if upper {
			v = math.Floor(v + IntegerTol)
		} else {
			v = math.Ceil(v - IntegerTol)
		}
		if upper && v >= d.hi[j] || !upper && v <= d.lo[j] {
			return true
		}
		return d.set(change{j, upper, v})
	}
	// A hair outwards, so that rounding cuts nothing off; and only when it is worth it.
	slack := 1e-9 * (1 + math.Abs(v))
	span := d.hi[j] - d.lo[j]
	if upper {
		v += slack
		if v >= d.hi[j]-worthTol*math.Min(span, math.Abs(d.hi[j])+1) {
			return v >= d.lo[j]-FeasibilityTol*(1+math.Abs(d.lo[j]))
		}
		v = math.Max(v, math.Min(d.lo[j], v+FeasibilityTol*(1+math.Abs(v))))
	} else {
		v -= slack
		if v <= d.lo[j]+worthTol*math.Min(span, math.Abs(d.lo[j])+1) {
			return v <= d.hi[j]+FeasibilityTol*(1+math.Abs(d.hi[j]))
		}
		v = math.Min(v, math.Max(d.hi[j], v-FeasibilityTol*(1+math.Abs(v))))
	}
	return d.set(change{j, upper, v})
}

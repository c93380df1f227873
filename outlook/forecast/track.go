package forecast

import (
	"math"

	"roadbook/outlook/chance"
)

// track walks a path quarter by quarter. It is asked for each quarter in turn, beginning with 0.
type track struct {
	p     *trackPlan
	power *column // (1+growth)^years so far
	ratio *column // of one quarter
	slope *column // 1/ramp
	out   *column
	only  bool // out is level·(1+growth)^years and moves by itself
}

// track makes the state of a path; nil for none.
func (f *frame) track(p *trackPlan) *track {
	if p == nil {
		return nil
	}
	t := &track{p: p}
	if p.growth != none {
		t.power, t.ratio = new(column), new(column)
	}
	if p.ramp != none {
		t.slope = new(column)
	}
	if p.growth != none || p.drift != none || p.ramp != none || p.year || len(p.times) > 0 {
		t.out = new(column)
	}
	t.only = p.growth != none && p.ramp == none && !p.year && len(p.times) == 0
	for _, level := range p.levels {
		t.only = t.only && level == p.levels[0]
	}
	f.tracks = append(f.tracks, t)
	return t
}

func (t *track) reset(f *frame) {
	if t.power != nil {
		fill(t.power, 1)
		f.power(t.ratio, f.in[t.p.growth], 0.25)
	}
	if t.slope != nil {
		for i, r := range f.in[t.p.ramp] {
			t.slope[i] = 1 / r
		}
	}
}

// at returns the path's value in quarter q, nil for no path. The column is the track's or an input's: read it before the next call.
func (t *track) at(f *frame, q int) *column {
	if t == nil {
		return nil
	}
	level := f.in[t.p.levels[q]]
	if t.out == nil {
		return level
	}
	if t.only {
		if q == 0 {
			*t.out = *level
		} else if q > max(t.p.from, 0) {
			mul(t.out, t.out, t.ratio)
		}
		return t.out
	}
	if t.power != nil && q > max(t.p.from, 0) {
		mul(t.power, t.power, t.ratio)
	}
	var by [maxTimes + 1]*column // factors
	n := 0
	if t.power != nil {
		by[n], n = t.power, n+1
	}
	for _, r := range t.p.times {
		by[n], n = f.factor(r, q), n+1
	}
	switch n {
	case 0:
		*t.out = *level
	case 1:
		mul(t.out, level, by[0])
	default:
		b, c := by[0], by[1]
		for i := range t.out {
			t.out[i] = level[i] * b[i] * c[i]
		}
		for _, d := range by[2:n] {
			mul(t.out, t.out, d)
		}
	}
	t.rest(f, q)
	return t.out
}

// rest adds what few paths have: drift, a ramp, a yearly level. The drift is added to the level before the factors, as Plain does.
func (t *track) rest(f *frame, q int) {
	if t.p.drift != none {
		years := float64(q-max(t.p.from, 0)) / 4
		drift := f.in[t.p.drift]
		for i := range t.out {
			t.out[i] = f.in[t.p.levels[q]][i] + drift[i]*years
		}
		for _, r := range t.p.times {
			mul(t.out, t.out, f.factor(r, q))
		}
	}
	if t.p.year {
		for i := range t.out {
			t.out[i] *= 0.25
		}
	}
	if t.slope != nil {
		if at := float64(q - t.p.from + 1); at > 0 {
			for i, s := range t.slope {
				t.out[i] *= min(1, at*s)
			}
		}
	}
}

// packState walks the cost of a model's packs.
type packState struct {
	p       *packPlan
	down    *column // log₂(1−learning), below 0
	factor  *column // of the cell's cost: learned so far by the market's growth
	ratio   *column // of one quarter
	built   *column // own packs, so far
	perPack *column // 1/own packs at the start
	out     *column
}

func (f *frame) newPack(p *packPlan) *packState {
	if p == nil {
		return nil
	}
	s := &packState{p: p, out: new(column)}
	if p.learning != none {
		s.down, s.factor = new(column), new(column)
		if p.growth != none {
			s.ratio = new(column)
		} else {
			s.built, s.perPack = new(column), new(column)
		}
	}
	return s
}

func (s *packState) reset(f *frame) {
	if s == nil || s.down == nil {
		return
	}
	for i, lr := range f.in[s.p.learning] {
		s.down[i] = 1 - lr
	}
	chance.Log(s.down[:], s.down[:])
	for i := range s.down {
		s.down[i] *= math.Log2E
	}
	fill(s.factor, 1)
	if s.ratio == nil {
		*s.built = *f.in[s.p.volume]
		for i, v := range s.built {
			s.perPack[i] = 1 / v
		}
		return
	}
	for i, g := range f.in[s.p.growth] {
		s.ratio[i] = 1 + g
	}
	chance.Log(s.ratio[:], s.ratio[:])
	for i := range s.ratio {
		s.ratio[i] *= s.down[i] / 4
	}
	chance.Exp(s.ratio[:], s.ratio[:])
}

// at returns the cost of a pack in quarter t; it is asked for each quarter in turn, and told the cars of the quarter by sold.
func (s *packState) at(f *frame, t int) *column {
	out, kwh, cell := s.out, f.in[s.p.kwh], f.in[s.p.cell]
	if s.down == nil {
		mul(out, kwh, cell)
	} else {
		if s.built != nil {
			mul(s.factor, s.built, s.perPack)
			chance.Log(s.factor[:], s.factor[:])
			mul(s.factor, s.factor, s.down)
			chance.Exp(s.factor[:], s.factor[:])
		} else if t > 0 {
			mul(s.factor, s.factor, s.ratio)
		}
		factor := s.factor
		for i := range out {
			out[i] = kwh[i] * cell[i] * factor[i]
		}
	}
	for _, g := range s.p.contents {
		price := f.in[f.p.processes[g.process].start]
		if at := t - g.lag; at >= 0 {
			price = f.prices[g.process][min(at, f.p.quarters-1)]
		}
		per := f.in[g.perKWh]
		if g.floor != none || g.cap != none {
			f.a = *price
			if g.floor != none {
				for i, v := range f.in[g.floor] {
					f.a[i] = max(f.a[i], v)
				}
			}
			if g.cap != none {
				for i, v := range f.in[g.cap] {
					f.a[i] = min(f.a[i], v)
				}
			}
			price = &f.a
		}
		for i := range out {
			out[i] += kwh[i] * per[i] * price[i]
		}
	}
	return out
}

// sold tells how many packs were built in the quarter.
func (s *packState) sold(q *column) {
	if s != nil && s.built != nil {
		add(s.built, q)
	}
}

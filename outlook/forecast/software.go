package forecast

import (
	"math"

	"roadbook/outlook/chance"
)

// newSurvival tables the living share by age once where it is known.
func (f *frame) newSurvival() {
	ages := f.ages()
	s := f.p.survival
	f.aliveAt = make([]float64, pad+ages)
	for a := range ages {
		f.aliveAt[pad+a] = 1
	}
	switch {
	case s == nil:
	case f.p.maps[s.mean] == nil && f.p.maps[s.shape] == nil:
		shape := f.p.known[s.shape]
		lambda := 4 * f.p.known[s.mean] / math.Gamma(1+1/shape)
		for a := range ages {
			f.aliveAt[pad+a] = math.Exp(-math.Pow(float64(a)/lambda, shape))
		}
	default:
		f.aliveAt, f.alive = nil, make([]column, pad+ages)
	}
}

// ages is the number of ages that can occur.
func (f *frame) ages() int { return quads(max(f.p.quarters+f.p.oldest, LifeQuarters)) }

// survive tables the living share by age for the block where it is uncertain.
func (f *frame) survive() {
	if f.alive == nil {
		return
	}
	shape, mean := f.in[f.p.survival.shape], f.in[f.p.survival.mean]
	var k column // shape·ln λ
	for j := range k {
		k[j] = shape[j] * math.Log(4*mean[j]/math.Gamma(1+1/shape[j]))
	}
	fill(&f.alive[pad], 1)
	for a := 1; a < f.ages(); a++ {
		out, ln := &f.alive[pad+a], math.Log(float64(a))
		for j := range out {
			out[j] = shape[j]*ln - k[j]
		}
		chance.Exp(out[:], out[:])
		for j := range out {
			out[j] = -out[j]
		}
		chance.Exp(out[:], out[:])
	}
}

// lives multiplies a column by the living share at an age.
func (f *frame) lives(out *column, age int) {
	if f.alive != nil {
		mul(out, out, &f.alive[pad+age])
		return
	}
	for j, s := 0, f.aliveAt[pad+age]; j < len(out); j++ {
		out[j] *= s
	}
}

// fleet computes the living cars of all quarters, and of them the users of each product.
func (f *frame) fleet() {
	n := f.p.quarters
	clear(f.fleets)
	if f.alive != nil {
		convolve(f.fleets, f.total, f.alive, n, 0, n)
	} else {
		convolveKnown(f.fleets, f.total, f.aliveAt, n)
	}
	for i, s := range f.p.sold {
		for t := range n {
			f.a = *f.counts[i]
			f.lives(&f.a, t-s.sale)
			add(&f.fleets[t], &f.a)
		}
	}
	for k := range f.soft {
		s := &f.soft[k]
		for t := range n {
			f.factors(t)
			s.sell(f, k, t)
		}
		b := s.p.bundle
		clear(s.bundled)
		clear(s.paying)
		convolve(s.bundled, s.cars, s.early, n, 0, b)
		convolve(s.paying, s.cars, s.late, n, b, n)
		for i, sold := range f.p.sold {
			for t := range n {
				age := t - sold.sale
				to, by := &s.paying[t], &s.late[pad+age]
				if age < b {
					to, by = &s.bundled[t], &s.early[pad+age]
				}
				for j, v := range s.old[i] {
					to[j] += v * by[j]
				}
			}
		}
	}
}

func (f *frame) newSoft(p *productPlan) softTracks {
	n := f.p.quarters
	s := softTracks{p: p, arpu: f.track(p.arpu), inference: f.track(p.inference), attach: f.track(p.attach), cars: make([]column, quads(n)),
		paying: make([]column, quads(n)), bundled: make([]column, quads(n)),
		early: make([]column, pad+f.ages()), late: make([]column, pad+f.ages()), old: pointers(len(f.p.sold)), share: new(column), x: new(column), y: new(column)}
	if p.terms == Prepaid {
		s.whole, s.oldWhole = pointers(n), new(column)
	}
	return s
}

// reset computes the weights by age: living share times active share, and what partner and fees leave.
func (s *softTracks) reset(f *frame) {
	p := s.p
	fill(s.share, 1)
	for _, i := range []int{p.partner, p.paying} {
		if i != none {
			for j, v := range f.in[i] {
				s.share[j] *= 1 - v
			}
		}
	}
	active := &f.a
	fill(active, 1)
	if p.renewal != none {
		*active = *f.in[p.renewal]
	}
	for a := range f.ages() {
		out := &s.early[pad+a]
		if a < p.bundle {
			fill(out, 1)
		} else {
			out = &s.late[pad+a]
			*out = *active
			if p.churn != none {
				churn := f.in[p.churn]
				for j := range active {
					active[j] *= 1 - churn[j]
				}
			}
		}
		f.lives(out, a)
		if r := f.p.survival; r != nil && a >= r.resale {
			mul(out, out, f.in[r.second])
		}
	}
}

// sell computes which of the quarter's cars take the product.
func (s *softTracks) sell(f *frame, product, t int) {
	out := &s.cars[t]
	if s.p.all {
		*out = f.total[t]
	} else {
		*out = column{}
		for i := range f.models {
			if s.p.models[i] {
				add(out, &f.models[i].sold[t])
			}
		}
	}
	share := s.take(f, t)
	f.life.attached(product, t, share)
	mul(out, out, share)
	if t > 0 {
		return
	}
	for i, sold := range f.p.sold { // as the first quarter's, or by the curve
		*s.old[i] = column{}
		if !s.p.models[sold.model] {
			continue
		}
		by := share
		if s.p.adoption != nil {
			by = s.adopt(f, sold.sale)
		}
		mul(s.old[i], f.counts[i], by)
	}
}

// take is the share of the quarter's cars.
func (s *softTracks) take(f *frame, t int) *column {
	if s.attach != nil {
		return s.attach.at(f, t)
	}
	*s.y = *s.adopt(f, t)
	return s.y
}

// adopt is the adoption curve in a quarter, which may lie before the start.
func (s *softTracks) adopt(f *frame, quarter int) *column {
	a, out := s.p.adoption, s.x
	t := float64(quarter - a.launch)
	if t < 0 {
		*out = column{}
		return out
	}
	ceiling := f.in[a.ceiling]
	if a.bass {
		p, q := f.in[a.p], f.in[a.q]
		for j := range out {
			out[j] = -(p[j] + q[j]) * t
		}
		chance.Exp(out[:], out[:])
		for j, x := range out {
			out[j] = ceiling[j] * (1 - x) / (1 + q[j]/p[j]*x)
		}
		return out
	}
	slope, midpoint := f.in[a.slope], f.in[a.midpoint]
	for j := range out {
		out[j] = -slope[j] * (t - midpoint[j])
	}
	chance.Exp(out[:], out[:])
	for j, x := range out {
		out[j] = ceiling[j] / (1 + x)
	}
	return out
}

// software computes what the quarter's fleet pays and costs.
func (f *frame) software(t int) {
	q := &f.quarter
	q.fleet, q.billed, q.recognised, q.net, q.software = f.fleets[t], column{}, column{}, column{}, column{}
	for i := range f.soft {
		f.soft[i].quarter(f, t)
	}
	for j := range q.deferred {
		q.software[j] += q.net[j]
		q.deferred[j] += q.billed[j] - q.recognised[j]
	}
	add(&q.revenue, &q.recognised)
	r := &f.running
	f.b = column{}
	add(&f.b, r.connectivity.at(f, t))
	add(&f.b, r.store.at(f, t))
	if gb, cost := r.gb.at(f, t), r.cost.at(f, t); gb != nil && cost != nil {
		for j := range f.b {
			f.b[j] += gb[j] * cost[j]
		}
	}
	for j := range q.software {
		q.software[j] -= 3 * q.fleet[j] * f.b[j]
	}
}

// quarter adds one product's.
func (s *softTracks) quarter(f *frame, t int) {
	q, p := &f.quarter, s.p
	arpu := s.arpu.at(f, t)
	if s.whole != nil {
		for j := range arpu {
			s.whole[t][j] = s.cars[t][j] * 3 * arpu[j]
		}
		if t == 0 {
			*s.oldWhole = *arpu
			f.open(s)
		}
	}
	paying, bundled := &s.paying[t], &s.bundled[t]
	if infer := s.inference.at(f, t); infer != nil {
		for j := range infer {
			q.software[j] -= 3 * infer[j] * (paying[j] + bundled[j])
		}
	}
	if p.terms == Paid {
		add(paying, bundled)
	}
	share := s.share
	for j := range paying {
		v := 3 * arpu[j] * paying[j]
		q.billed[j] += v
		q.recognised[j] += v
		q.net[j] += v * share[j]
	}
	if s.whole != nil {
		s.prepaid(f, t)
	}
}

// prepaid adds bundles that were paid at the sale and are earned evenly.
func (s *softTracks) prepaid(f *frame, t int) {
	q, b := &f.quarter, s.p.bundle
	if b == 0 {
		return
	}
	earned := &f.a
	*earned = column{}
	for c := max(0, t+1-b); c <= t; c++ {
		add(earned, s.whole[c])
	}
	for i, sold := range f.p.sold {
		if t-sold.sale < b {
			for j := range earned {
				earned[j] += 3 * s.old[i][j] * s.oldWhole[j]
			}
		}
	}
	share, whole := s.share, s.whole[t]
	for j, e := range earned {
		billed := whole[j] * float64(b)
		q.billed[j] += billed
		q.recognised[j] += e
		q.net[j] += e * share[j]
		q.cash[j] += (billed - e) * share[j]
	}
}

// opening forgets the deferred revenue of the block before.
func (f *frame) opening() { f.quarter.deferred = column{} }

// open adds what bundles sold before the start still have to earn.
func (f *frame) open(s *softTracks) {
	for i, sold := range f.p.sold {
		if left := float64(s.p.bundle + sold.sale); left > 0 {
			for j := range f.quarter.deferred {
				f.quarter.deferred[j] += s.old[i][j] * 3 * s.oldWhole[j] * left
			}
		}
	}
}

package forecast

func (f *frame) newModel(p *modelPlan) modelTracks {
	m := modelTracks{p: p, volume: f.track(p.volume), price: f.track(p.price), margin: f.track(p.margin), bom: f.track(p.bom),
		assembly: f.track(p.assembly), logistics: f.track(p.logistics), warranty: f.track(p.warranty), pack: f.newPack(p.pack)}
	m.sold = make([]column, quads(f.p.quarters))
	var accrued []*column
	if len(p.claims) > 0 {
		accrued = pointers(f.p.quarters)
	}
	f.accrued = append(f.accrued, accrued)
	return m
}

func (m *modelTracks) reset(f *frame) { m.pack.reset(f) }

// unit returns price and costs of a car in quarter t; a nil stands for none, and a margin for all costs.
type unit struct{ price, margin, pack, bom, assembly, logistics, warranty *column }

func (m *modelTracks) unit(f *frame, t int) (u unit) {
	u.price = m.price.at(f, t)
	if m.margin != nil {
		u.margin = m.margin.at(f, t)
		return u
	}
	u.bom, u.assembly, u.logistics, u.warranty = m.bom.at(f, t), m.assembly.at(f, t), m.logistics.at(f, t), m.warranty.at(f, t)
	if m.pack != nil {
		u.pack = m.pack.at(f, t)
	}
	return u
}

// or returns a column, or zeros.
func (f *frame) or(c *column) *column {
	if c == nil {
		return &f.zero
	}
	return c
}

// volumes computes how many cars are sold, quarter by quarter: all else follows from them.
func (f *frame) volumes() {
	clear(f.total)
	for t := range f.p.quarters {
		f.factors(t)
		for i := range f.models {
			m := &f.models[i]
			cars, sold := m.volume.at(f, t), &m.sold[t]
			switch {
			case t < m.p.from || t >= m.p.until:
				*sold = column{}
			case f.volume == 1:
				*sold = *cars
			default:
				for j := range sold {
					sold[j] = cars[j] * f.volume
				}
			}
			add(&f.total[t], sold)
		}
	}
}

// hardware computes what the quarter's cars bring, and begins the quarter.
func (f *frame) hardware(t int) {
	q := &f.quarter
	q.deliveries, q.vehicle, q.hardware, q.pack, q.cash = f.total[t], column{}, column{}, column{}, column{}
	for i := range f.models {
		m := &f.models[i]
		sold := &m.sold[t]
		u := m.unit(f, t) // walk also while not on sale
		f.life.born(f, i, t, u)
		if t >= m.p.from && t < m.p.until {
			f.sell(sold, u)
		}
		m.pack.sold(sold)
		if len(m.p.claims) > 0 {
			f.claims(i, t, sold, u)
		}
	}
	q.revenue = q.vehicle
}

func (f *frame) sell(sold *column, u unit) {
	q := &f.quarter
	price := u.price
	if u.margin != nil {
		margin := u.margin
		for j, n := range sold {
			v := n * price[j]
			q.vehicle[j] += v
			q.hardware[j] += v * margin[j]
		}
		return
	}
	pack, bom, assembly, logistics, warranty := f.or(u.pack), f.or(u.bom), f.or(u.assembly), f.or(u.logistics), f.or(u.warranty)
	for j, n := range sold {
		q.vehicle[j] += n * price[j]
		q.pack[j] += n * pack[j]
		q.hardware[j] += n * (price[j] - pack[j] - bom[j] - assembly[j] - logistics[j] - warranty[j])
	}
}

// claims books what was accrued for the quarter's cars and is not paid yet, less what is paid for those of before.
func (f *frame) claims(i, t int, sold *column, u unit) {
	q, accrued, shares := &f.quarter, f.accrued[i], f.models[i].p.claims
	mul(accrued[t], sold, f.or(u.warranty))
	add(&q.cash, accrued[t])
	f.a = column{}
	known(&f.a, accrued[:t+1], shares)
	for j := range q.cash {
		q.cash[j] -= f.a[j]
	}
}

// known adds Σ values[c]·weight[age] to out, age being 0 for the last value; ages beyond the weights weigh nothing.
func known(out *column, values []*column, weight []float64) {
	n := len(values)
	first := max(0, n-len(weight))
	c := first
	for ; c+4 <= n; c += 4 {
		v0, v1, v2, v3 := values[c], values[c+1], values[c+2], values[c+3]
		w0, w1, w2, w3 := weight[n-1-c], weight[n-2-c], weight[n-3-c], weight[n-4-c]
		for j := range out {
			out[j] += v0[j]*w0 + v1[j]*w1 + v2[j]*w2 + v3[j]*w3
		}
	}
	for ; c < n; c++ {
		v, w := values[c], weight[n-1-c]
		for j := range out {
			out[j] += v[j] * w
		}
	}
}

package forecast

// lifeState values a car of each model, sold in its first quarter within the case, over LifeQuarters.
type lifeState struct {
	models  []lifeOf
	arpu    []*track // by product; tracks of its own, for they are walked beyond the horizon
	infer   []*track
	running struct{ connectivity, gb, cost, store *track }
	last    int
}

// lifeOf is a model's: see Life.
type lifeOf struct {
	at                                              int // quarter of the sale
	attach                                          []column
	price, pack, bom, assembly, logistics, warranty column
	revenue, partner, payment, inference            column
	connectivity, ota, store                        column
	discount                                        column
}

// value prepares the frame to value lives too.
func (f *frame) value() {
	l := &lifeState{models: make([]lifeOf, len(f.models))}
	for i := range l.models {
		l.models[i].at = min(max(f.p.models[i].from, 0), f.p.quarters-1)
		l.models[i].attach = make([]column, len(f.soft))
		l.last = max(l.last, l.models[i].at+LifeQuarters-1)
	}
	for i := range f.p.products {
		l.arpu, l.infer = append(l.arpu, f.track(f.p.products[i].arpu)), append(l.infer, f.track(f.p.products[i].inference))
	}
	r := f.p.running
	l.running.connectivity, l.running.gb, l.running.cost, l.running.store = f.track(r.connectivity), f.track(r.gb), f.track(r.cost), f.track(r.store)
	f.life = l
}

// born keeps price and costs of the quarter in which a model's life begins.
func (l *lifeState) born(f *frame, model, t int, u unit) {
	if l == nil || l.models[model].at != t {
		return
	}
	m := &l.models[model]
	m.price, m.pack, m.bom = *u.price, *f.or(u.pack), *f.or(u.bom)
	m.assembly, m.logistics, m.warranty = *f.or(u.assembly), *f.or(u.logistics), *f.or(u.warranty)
	if u.margin != nil {
		for j, v := range u.margin {
			m.bom[j] = m.price[j] * (1 - v)
		}
	}
}

// attached keeps the share of a quarter's cars with a product.
func (l *lifeState) attached(product, t int, share *column) {
	if l == nil {
		return
	}
	for i := range l.models {
		if l.models[i].at == t {
			l.models[i].attach[product] = *share
		}
	}
}

// live walks the lives after the last quarter of the block is done.
func (f *frame) live() {
	l := f.life
	if l == nil {
		return
	}
	for i := range l.models {
		m := &l.models[i]
		m.revenue, m.partner, m.payment, m.inference = column{}, column{}, column{}, column{}
		m.connectivity, m.ota, m.store = column{}, column{}, column{}
		fill(&m.discount, 1)
	}
	for t := range l.last + 1 {
		f.factors(t)
		connectivity, store := l.running.connectivity.at(f, t), l.running.store.at(f, t)
		gb, cost := l.running.gb.at(f, t), l.running.cost.at(f, t)
		for i := range l.models {
			m := &l.models[i]
			age := t - m.at
			if age < 0 || age >= LifeQuarters {
				continue
			}
			f.b = m.discount
			f.lives(&f.b, age)
			for j := range f.b {
				f.b[j] *= 3
			}
			weigh(&m.connectivity, &f.b, connectivity, nil)
			weigh(&m.store, &f.b, store, nil)
			weigh(&m.ota, &f.b, gb, cost)
		}
		for k := range f.soft {
			arpu, infer := l.arpu[k].at(f, t), l.infer[k].at(f, t)
			for i := range l.models {
				if age := t - l.models[i].at; age >= 0 && age < LifeQuarters && f.soft[k].p.models[i] {
					l.models[i].earn(f, &f.soft[k], k, age, arpu, infer)
				}
			}
		}
		for i := range l.models {
			if m := &l.models[i]; t >= m.at && f.p.discount != none {
				mul(&m.discount, &m.discount, &f.step)
			}
		}
	}
}

// weigh adds w·a, or w·a·b, when there is an a.
func weigh(out, w, a, b *column) {
	switch {
	case a == nil:
	case b == nil:
		for j := range out {
			out[j] += w[j] * a[j]
		}
	default:
		for j := range out {
			out[j] += w[j] * a[j] * b[j]
		}
	}
}

// earn adds what a product brings and costs at an age.
func (m *lifeOf) earn(f *frame, s *softTracks, product, age int, arpu, infer *column) {
	by, pays := &s.late[pad+age], true
	if age < s.p.bundle {
		by, pays = &s.early[pad+age], s.p.terms == Paid
	}
	attach := &m.attach[product]
	partner, payment := &f.zero, &f.zero
	if s.p.partner != none {
		partner = f.in[s.p.partner]
	}
	if s.p.paying != none {
		payment = f.in[s.p.paying]
	}
	whole := 0.0
	if s.p.terms == Prepaid && age == 0 {
		whole = 3 * float64(s.p.bundle)
	}
	for j := range attach {
		active := 3 * attach[j] * m.discount[j] * by[j]
		revenue := whole * attach[j] * arpu[j]
		if pays {
			revenue += active * arpu[j]
		}
		m.revenue[j] += revenue
		m.partner[j] += revenue * partner[j]
		m.payment[j] += revenue * (1 - partner[j]) * payment[j]
		if infer != nil {
			m.inference[j] += active * infer[j]
		}
	}
}

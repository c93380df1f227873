package forecast

import (
	"math"

	"roadbook/outlook/chance"
)

// frame computes one block of Width paths after the other. It belongs to one goroutine; all its columns are made once.
type frame struct {
	p      *plan
	raw    [][]float64 // by coordinate: uniforms, then normals but for regimes
	in     []*column   // by input
	prices [][]*column // by process and quarter
	shocks [][]float64
	bridge *chance.Bridge
	pinned map[int]float64 // inputs held at a value
	volume float64         // times the modelled volume

	begins  []*column     // of each regime: its quarter, +Inf when it never comes
	regime  []*column     // factor in the quarter at hand
	season  [][4]*column  // normalised factors
	tracks  []*track      // all, to be reset for a block
	models  []modelTracks // in the plan's order
	soft    []softTracks
	running struct{ connectivity, gb, cost, store *track }
	over    struct{ opex, rnd, depreciation, capex *track }
	licence []struct{ fixed, royalty, cars *track }

	alive     []column    // by age, behind three zeros, when survival is uncertain
	aliveAt   []float64   // by age, behind three zeros, when it is known
	total     []column    // cars by quarter, all models
	fleets    []column    // living cars by quarter
	accrued   [][]*column // warranty by model with claims
	quarter   quarterCols
	yearly    yearCols
	cumulated column
	discount  column
	step      column // discount of one quarter
	a, b      column // scratch
	zero      column
	counts    []*column // of cars sold before the start

	worker, segment int                         // whose it is, and what it works on
	wide            bool                        // also lives, and detail for each quarter
	life            *lifeState                  // nil: lives are not valued
	detail          func(t int, q *quarterCols) // nil: not asked for
}

// quarterCols is one quarter of a block.
type quarterCols struct {
	deliveries, vehicle, revenue, hardware, software, licence, fixed, profit, cash column
	fleet, billed, recognised, deferred, pack, net, share                          column
}

// yearCols is what a block sums up.
type yearCols struct {
	profit, without              []column // by year
	npv, profitNPV, least        column
	hardware, software, licence  column // of the year asked about, as all below
	fixed, pack, deliveries      column
	recognised, net, carQuarters column
	quarters                     int
}

type modelTracks struct {
	p                                  *modelPlan
	volume, price, margin              *track
	bom, assembly, logistics, warranty *track
	pack                               *packState
	sold                               []column // by quarter
}

type softTracks struct {
	p               *productPlan
	arpu, inference *track
	attach          *track
	cars            []column  // attached, by quarter of the sale
	paying          []column  // living users beyond the bundle, by quarter
	bundled         []column  // living users within it
	old             []*column // attached, sold before the start, in the plan's order
	whole           []*column // what a prepaid bundle earns a quarter, by quarter of the sale
	oldWhole        *column   // the same per car of the old fleet
	early           []column  // weight by age within the bundle, behind three zeros; 0 beyond it
	late            []column  // weight by age after it; 0 within it
	share           *column   // what partner and fees leave
	x, y            *column
}

func newFrame(p *plan) *frame {
	f := &frame{p: p, volume: 1, pinned: map[int]float64{}}
	f.raw = columns(p.dims())
	for i := range p.c.Inputs {
		f.in = append(f.in, new(column))
		fill(f.in[i], p.known[i])
	}
	for range p.processes {
		f.prices = append(f.prices, pointers(p.quarters))
	}
	if len(p.processes) > 0 {
		f.bridge, f.shocks = chance.NewBridge(p.quarters), columns(p.quarters)
	}
	f.begins, f.regime = pointers(len(p.regimes)), pointers(len(p.regimes))
	for range p.seasons {
		f.season = append(f.season, [4]*column(pointers(4)))
	}
	for i := range p.models {
		f.models = append(f.models, f.newModel(&p.models[i]))
	}
	f.total, f.fleets = make([]column, quads(p.quarters)), make([]column, quads(p.quarters))
	for i := range p.products {
		f.soft = append(f.soft, f.newSoft(&p.products[i]))
	}
	f.counts = pointers(len(p.sold))
	r, o := p.running, p.overhead
	f.running.connectivity, f.running.gb, f.running.cost, f.running.store = f.track(r.connectivity), f.track(r.gb), f.track(r.cost), f.track(r.store)
	f.over.opex, f.over.rnd, f.over.depreciation, f.over.capex = f.track(o.opex), f.track(o.rnd), f.track(o.depreciation), f.track(o.capex)
	for _, l := range p.licences {
		f.licence = append(f.licence, struct{ fixed, royalty, cars *track }{f.track(l.fixed), f.track(l.royalty), f.track(l.cars)})
	}
	f.yearly.profit, f.yearly.without = make([]column, p.years), make([]column, p.years)
	f.newSurvival()
	return f
}

func columns(n int) [][]float64 {
	out := make([][]float64, n)
	all := make([]float64, n*Width)
	for i := range out {
		out[i] = all[i*Width : (i+1)*Width : (i+1)*Width]
	}
	return out
}

func pointers(n int) []*column {
	out := make([]*column, n)
	all := make([]column, n)
	for i := range out {
		out[i] = &all[i]
	}
	return out
}

func fill(c *column, v float64) {
	for i := range c {
		c[i] = v
	}
}

// draw sets the block's coordinates to points of a scramble.
func (f *frame) draw(k *scramble, block int) {
	k.fill(block, f.raw)
	n := len(f.p.uncertain)
	for d, col := range f.raw {
		if d < n || d >= n+len(f.p.regimes) {
			k.s.table.column(col)
		}
	}
}

// place turns coordinates into inputs, regimes and prices. It uses up the inputs' coordinates.
func (f *frame) place() {
	p := f.p
	if p.copula != nil {
		z := make([][]float64, 0, chance.MaxInputs)
		for _, k := range p.joined {
			z = append(z, f.raw[k])
		}
		p.copula.Apply(z)
	}
	for k, i := range p.uncertain {
		p.maps[i].Normal(f.in[i][:], f.raw[k])
	}
	for i, v := range f.pinned {
		fill(f.in[i], v)
	}
	for i, s := range p.seasons {
		for j := range f.a {
			f.a[j] = 4 / (f.in[s[0]][j] + f.in[s[1]][j] + f.in[s[2]][j] + f.in[s[3]][j])
		}
		for q := range 4 {
			mul(f.season[i][q], f.in[s[q]], &f.a)
		}
	}
	base := len(p.uncertain)
	for i := range p.regimes {
		f.begin(i, f.raw[base+i])
	}
	base += len(p.regimes)
	for i := range p.processes {
		z := make([][]float64, 0, MaxQuarters)
		for k := range p.quarters {
			z = append(z, f.raw[base+k*len(p.processes)+i])
		}
		f.bridge.Increments(f.shocks, z)
		f.walk(i)
	}
}

// begin sets when a regime comes.
func (f *frame) begin(i int, u []float64) {
	r, out := &f.p.regimes[i], f.begins[i]
	for j := range out {
		probability := 1.0
		if r.probability != none {
			probability = f.in[r.probability][j]
		}
		switch {
		case u[j] >= probability:
			out[j] = math.Inf(1)
		case r.hazard != none:
			out[j] = float64(r.from) + math.Floor(math.Log1p(-u[j]/probability)/math.Log1p(-f.in[r.hazard][j]))
		default:
			out[j] = float64(r.from)
		}
	}
}

// walk computes the prices of a process from its shocks, by the exact step of a quarter.
func (f *frame) walk(i int) {
	o := f.p.processes[i]
	var mu, decay, sd, x column
	chance.Log(mu[:], f.in[o.mean][:])
	for j := range decay {
		decay[j] = f.in[o.kappa][j] / -4
	}
	chance.Exp(decay[:], decay[:])
	for j := range sd {
		sd[j] = f.in[o.sigma][j] * math.Sqrt(-math.Expm1(-f.in[o.kappa][j]/2)/(2*f.in[o.kappa][j]))
	}
	chance.Log(x[:], f.in[o.start][:])
	for t, out := range f.prices[i] {
		z := (*column)(f.shocks[t])
		for j := range x {
			x[j] = mu[j] + (x[j]-mu[j])*decay[j] + sd[j]*z[j]
		}
		chance.Exp(out[:], x[:])
	}
}

// factors computes the regimes' factors in a quarter.
func (f *frame) factors(t int) {
	at := float64(t)
	for i := range f.p.regimes {
		r, begin, out := &f.p.regimes[i], f.begins[i], f.regime[i]
		factor, lasts := f.in[r.factor], float64(r.lasts)
		for j := range out {
			v := 1.0
			if at >= begin[j] && at < begin[j]+lasts {
				v = factor[j]
			}
			out[j] = v
		}
	}
}

func (f *frame) factor(r factorRef, t int) *column {
	switch r.kind {
	case ofProcess:
		return f.prices[r.i][min(t, f.p.quarters-1)]
	case ofRegime:
		return f.regime[r.i]
	}
	return f.season[r.i][(f.p.c.Start.Index()+t)%4]
}

// run computes the block whose coordinates are drawn.
func (f *frame) run() {
	f.place()
	f.reset()
	f.volumes()
	f.fleet()
	q := &f.quarter
	for t := range f.p.quarters {
		f.factors(t)
		f.hardware(t)
		f.software(t)
		f.fixed(t)
		f.sum(t)
		if f.wide && f.detail != nil {
			f.detail(t, q)
		}
	}
	if f.wide {
		f.live()
	}
}

// reset makes every state that of the first quarter.
func (f *frame) reset() {
	for _, t := range f.tracks {
		t.reset(f)
	}
	for i := range f.models {
		f.models[i].reset(f)
	}
	f.survive()
	for i, s := range f.p.sold {
		*f.counts[i] = *f.in[s.cars]
	}
	for i := range f.soft {
		f.soft[i].reset(f)
	}
	f.opening()
	y := &f.yearly
	clear(y.profit)
	clear(y.without)
	p, w := y.profit, y.without
	*y = yearCols{profit: p, without: w}
	f.cumulated = column{}
}

func (f *frame) fixed(t int) {
	q, o := &f.quarter, &f.over
	q.fixed = column{}
	q.share = column{}
	add(&q.fixed, o.opex.at(f, t))
	add(&q.fixed, o.rnd.at(f, t))
	d := o.depreciation.at(f, t)
	add(&q.fixed, d)
	add(&q.cash, d)
	if f.p.share != none {
		mul(&q.share, f.in[f.p.share], &q.vehicle)
		add(&q.fixed, &q.share)
	}
	if c := o.capex.at(f, t); c != nil {
		for i := range q.cash {
			q.cash[i] -= c[i]
		}
	}
	q.licence = column{}
	for i, l := range f.licence {
		f.a = column{}
		add(&f.a, l.fixed.at(f, t))
		if r, n := l.royalty.at(f, t), l.cars.at(f, t); r != nil && n != nil {
			for j := range f.a {
				f.a[j] += r[j] * n[j]
			}
		}
		add(&q.revenue, &f.a)
		if m := f.p.licences[i].margin; m != none {
			mul(&f.a, &f.a, f.in[m])
		}
		add(&q.licence, &f.a)
	}
}

// sum adds the quarter to its year and to the values of all.
func (f *frame) sum(t int) {
	q, y := &f.quarter, &f.yearly
	of, without := &y.profit[f.p.yearOf[t]], &y.without[f.p.yearOf[t]]
	discount := &f.discount
	f.discounts(t)
	for i := range q.profit {
		w := q.hardware[i] + q.licence[i] - q.fixed[i]
		v := w + q.software[i]
		q.profit[i] = v
		without[i] += w
		of[i] += v
		c := q.cash[i] + v
		q.cash[i] = c
		y.npv[i] += c * discount[i]
		y.profitNPV[i] += v * discount[i]
		s := f.cumulated[i] + c
		f.cumulated[i] = s
		y.least[i] = min(y.least[i], s)
	}
	if f.p.yearOf[t] != f.p.asked {
		return
	}
	y.quarters++
	for _, a := range []struct{ to, from *column }{{&y.hardware, &q.hardware}, {&y.software, &q.software}, {&y.licence, &q.licence},
		{&y.fixed, &q.fixed}, {&y.pack, &q.pack}, {&y.deliveries, &q.deliveries}, {&y.recognised, &q.recognised}, {&y.net, &q.net}, {&y.carQuarters, &q.fleet}} {
		add(a.to, a.from)
	}
}

// discounts moves f.discount to quarter t; it is called for each quarter in turn.
func (f *frame) discounts(t int) {
	switch {
	case t == 0:
		fill(&f.discount, 1)
		if f.p.discount != none {
			f.power(&f.step, f.in[f.p.discount], -0.25)
		}
	case f.p.discount != none:
		mul(&f.discount, &f.discount, &f.step)
	}
}

// power sets out to (1+x)^e.
func (f *frame) power(out, x *column, e float64) {
	for i := range out {
		out[i] = 1 + x[i]
	}
	chance.Log(out[:], out[:])
	for i := range out {
		out[i] *= e
	}
	chance.Exp(out[:], out[:])
}

func mul(out, a, b *column) {
	for i := range out {
		out[i] = a[i] * b[i]
	}
}

// add adds a column, or nothing.
func add(out, a *column) {
	if a == nil {
		return
	}
	for i := range out {
		out[i] += a[i]
	}
}

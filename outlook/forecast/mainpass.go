package forecast

import (
	"context"
	"math"

	"roadbook/outlook/chance"
)

// mainPass runs all paths once and keeps what is said of them in a memory that does not grow with their number.
type mainPass struct {
	s    *sim
	set  probes
	base []float64 // by year: reported results that complete it

	profit, without      []int // probes by year
	npv, profitNPV, peak int
	paid, earned         int // software revenue and contribution per fleet car-month of the year asked about
	needPaid, needEarned int // what these must be for a profit of 0
	heads                int // probes of every path; those behind are of the first fanPaths of a scramble
	life                 int // the waterfall's steps
	floor                int // software value by model

	fanPaths int
	narrow   bool // without quarters and lives
	onlyNPV  bool // without years and all else
	workers  []*counts
	one, all *counts // of a scramble; of the run
	sums     [][]chance.Sum
	answers  [][]answer    // by probe and scramble
	floors   [][][]float64 // by model, scramble and confidence: the credit
	byModel  [][]float64   // by model ×3, then scramble: price, cost and warranty when its life begins
	pilot    [][]float64   // by probe, while ranges are sought
	scratch  []passScratch
}

// answer is what one scramble says of a probe.
type answer struct{ mean, above, p5, p25, p50, p75, p95, asked float64 }

type passScratch struct{ a, b, c, d, e column }

// The probes of a quarter: the metrics in their order, then these.
const (
	volumeProbe = iota + 16 // break-even volume
	fleetProbe              // break-even fleet
	quarterProbes
)

// steps are those of a car's life.
var steps = []struct {
	key, label string
	total      bool
}{
	{"price", "Price", false}, {"pack", "Battery pack", false}, {"bom", "Other parts", false}, {"assembly", "Assembly", false},
	{"logistics", "Logistics", false}, {"warranty", "Warranty", false}, {"hardware", "Hardware margin", true},
	{"revenue", "Software revenue", false}, {"partner", "Partners' share", false}, {"payment", "Fees and taxes", false},
	{"inference", "Inference", false}, {"connectivity", "Connectivity", false}, {"ota", "Updates over the air", false},
	{"store", "Stored data", false}, {"software", "Software contribution", true}, {"life", "Contribution over life", true},
}

// pilotScrambles is how many first blocks set the ranges of the histograms.
const pilotScrambles = 4

func newMainPass(s *sim, base []float64) *mainPass {
	m := &mainPass{s: s, base: base, fanPaths: min(s.points, FanPoints), scratch: make([]passScratch, s.workers)}
	p := s.p
	head := func() int { return m.set.add(headBins) }
	for range p.years {
		m.profit, m.without = append(m.profit, head()), append(m.without, head())
	}
	m.npv, m.profitNPV, m.peak = head(), head(), head()
	m.paid, m.earned, m.needPaid, m.needEarned = head(), head(), head(), head()
	m.heads = len(m.set.list)
	for range p.quarters * quarterProbes {
		m.set.add(fanBins)
	}
	m.life = len(m.set.list)
	for range steps {
		m.set.add(fanBins)
	}
	m.floor = len(m.set.list)
	for range p.models {
		m.set.add(headBins)
	}
	return m
}

// fan is the probe of a metric in a quarter.
func (m *mainPass) fan(metric, quarter int) int { return m.heads + quarter*quarterProbes + metric }

// run sets the ranges and runs all paths.
func (m *mainPass) run(ctx context.Context) error {
	s := m.s
	for _, f := range s.frames {
		if m.narrow {
			continue
		}
		f.value()
		f.detail = func(t int, q *quarterCols) { m.quarter(f, t, q) }
	}
	if err := m.fly(ctx); err != nil {
		return err
	}
	m.one, m.all = newCounts(&m.set), newCounts(&m.set)
	for range s.workers {
		m.workers = append(m.workers, newCounts(&m.set))
	}
	for range segmentsOf(s.points) {
		m.sums = append(m.sums, make([]chance.Sum, len(m.set.list)+3*len(s.p.models)))
	}
	m.answers = make([][]answer, len(m.set.list))
	m.floors = make([][][]float64, len(s.p.models))
	m.byModel = make([][]float64, 3*len(s.p.models))
	err := s.sweep(ctx, s.points, m.fanPaths, "paths", func(f *frame, _, _ int) { m.block(f) }, m.end)
	for _, f := range s.frames {
		f.detail, f.life, f.wide = nil, nil, false
	}
	return err
}

// lean is run without the quarters' distributions and the lives, or with NPV only: what the benchmark times.
func (m *mainPass) lean(ctx context.Context, onlyNPV bool) error {
	m.onlyNPV = onlyNPV
	m.set.list, m.set.total = m.set.list[:m.heads], m.set.list[m.heads-1].at+headBins+2
	m.life, m.floor, m.fanPaths = m.heads, m.heads, 0
	m.narrow = true
	return m.run(ctx)
}

// fly runs the pilot: the first block of a few scrambles.
func (m *mainPass) fly(ctx context.Context) error {
	m.pilot = make([][]float64, len(m.set.list))
	f := m.s.frames[0]
	f.wide = !m.narrow
	for r := range min(pilotScrambles, m.s.scrambles) {
		if err := ctx.Err(); err != nil {
			return err
		}
		f.draw(m.s.src.scramble(r), 0)
		f.run()
		m.block(f)
	}
	for i := range m.set.list {
		m.set.list[i].fit(m.pilot[i])
	}
	m.pilot = nil
	return nil
}

// record takes in a figure of a block.
func (m *mainPass) record(f *frame, probe int, col *column) {
	xs := col[:widthOf(m.s.points)]
	if m.pilot != nil {
		m.pilot[probe] = append(m.pilot[probe], xs...)
		return
	}
	m.workers[f.worker].add(&m.set, probe, xs)
	m.sums[f.segment][probe].Add(sumOf(xs))
}

// sign takes in which of a block's figures are above 0.
func (m *mainPass) sign(f *frame, probe int, col *column) {
	if m.pilot == nil {
		m.workers[f.worker].above(probe, col[:widthOf(m.s.points)])
	}
}

// sumOf adds a block up in one fixed order: four sums side by side, then these.
func sumOf(xs []float64) float64 {
	var a, b, c, d float64
	for ; len(xs) >= 4; xs = xs[4:] {
		a, b, c, d = a+xs[0], b+xs[1], c+xs[2], d+xs[3]
	}
	for _, x := range xs {
		a += x
	}
	return (a + b) + (c + d)
}

// block takes in what a block answers.
func (m *mainPass) block(f *frame) {
	y, x := &f.yearly, &m.scratch[f.worker]
	m.record(f, m.npv, &y.npv)
	m.sign(f, m.npv, &y.npv)
	if m.onlyNPV {
		return
	}
	for i := range m.profit {
		for _, r := range []struct {
			probe int
			col   *column
		}{{m.profit[i], &y.profit[i]}, {m.without[i], &y.without[i]}} {
			if b := m.base[i]; b != 0 {
				for j := range r.col {
					r.col[j] += b
				}
			}
			m.record(f, r.probe, r.col)
			m.sign(f, r.probe, r.col)
		}
	}
	m.record(f, m.profitNPV, &y.profitNPV)
	for j, v := range y.least {
		x.a[j] = -v
	}
	m.record(f, m.peak, &x.a)
	required(f, m.base[f.p.asked], &x.a, &x.b, &x.c, &x.d)
	m.record(f, m.paid, &x.a)
	m.record(f, m.earned, &x.b)
	m.record(f, m.needPaid, &x.c)
	m.record(f, m.needEarned, &x.d)
	if f.wide {
		m.lives(f)
	}
}

// required computes, per fleet car-month of the year asked about: what software was paid and earned, and what it must be paid and
// must earn for a profit of 0, at the path's own shares and running costs. Without a fleet nothing is enough: +Inf.
func required(f *frame, base float64, paid, earned, needPaid, needEarned *column) {
	y := &f.yearly
	for j := range paid {
		months := 3 * y.carQuarters[j]
		if !(months > 0) {
			paid[j], earned[j], needPaid[j], needEarned[j] = 0, 0, math.Inf(1), math.Inf(1)
			continue
		}
		left := 1.0 // of revenue, after partners and fees
		if y.recognised[j] > 0 {
			left = y.net[j] / y.recognised[j]
		}
		gap := y.fixed[j] - y.hardware[j] - y.licence[j] - base
		paid[j], earned[j] = y.recognised[j]/months, y.software[j]/months
		needEarned[j] = gap / months
		if costs := y.net[j] - y.software[j]; left > 0 {
			needPaid[j] = (gap + costs) / (left * months)
		} else {
			needPaid[j] = math.Inf(1)
		}
	}
}

// quarter takes in a quarter of a block.
func (m *mainPass) quarter(f *frame, t int, q *quarterCols) {
	x := &m.scratch[f.worker]
	ratio := func(out, a, b *column) *column {
		for j := range out {
			if out[j] = 0; b[j] != 0 {
				out[j] = a[j] / b[j]
			}
		}
		return out
	}
	for i, metric := range Metrics {
		m.record(f, m.fan(i, t), m.metric(metric, q, x, ratio))
	}
	m.sign(f, m.fan(profitAt, t), &q.profit)
	// One more car brings its margin less its share of the overhead; the rest must be paid by the cars, software and licences.
	for j := range x.a {
		fixed := q.fixed[j] - q.share[j]
		x.a[j], x.b[j] = math.Inf(1), math.Inf(1)
		if need := fixed - q.software[j] - q.licence[j]; need <= 0 {
			x.a[j] = 0
		} else if margin := q.hardware[j] - q.share[j]; margin > 0 {
			x.a[j] = need * q.deliveries[j] / margin
		}
		if need := q.fixed[j] - q.licence[j]; need <= 0 {
			x.b[j] = 0
		} else if q.software[j] > 0 {
			x.b[j] = need * q.fleet[j] / q.software[j]
		}
	}
	m.record(f, m.fan(volumeProbe, t), &x.a)
	m.record(f, m.fan(fleetProbe, t), &x.b)
}

// profitAt is Profit's place among the metrics.
const profitAt = 10

// metric returns a metric's column of a quarter.
func (m *mainPass) metric(metric Metric, q *quarterCols, x *passScratch, ratio func(out, a, b *column) *column) *column {
	switch metric {
	case ASP:
		return ratio(&x.a, &q.vehicle, &q.deliveries)
	case VehicleMargin:
		return ratio(&x.a, &q.hardware, &q.vehicle)
	case GrossMargin:
		for j := range x.b {
			x.b[j] = q.hardware[j] + q.software[j] + q.licence[j]
		}
		return ratio(&x.a, &x.b, &q.revenue)
	}
	return q.column(metric)
}

// lives takes in the value of cars over their life, weighted by the cars of each model's first quarter.
func (m *mainPass) lives(f *frame) {
	x := &m.scratch[f.worker]
	n := widthOf(m.s.points)
	weight := &x.e
	*weight = column{}
	for i := range f.models {
		add(weight, &f.models[i].sold[f.life.models[i].at])
	}
	for k := range steps {
		x.a = column{}
		for i := range f.models {
			l := &f.life.models[i]
			l.step(steps[k].key, &x.b)
			sold := &f.models[i].sold[l.at]
			for j := range x.a {
				w := 1 / float64(len(f.models))
				if weight[j] > 0 {
					w = sold[j] / weight[j]
				}
				x.a[j] += w * x.b[j]
			}
		}
		m.record(f, m.life+k, &x.a)
	}
	for i := range f.models {
		l := &f.life.models[i]
		l.step("software", &x.a)
		m.record(f, m.floor+i, &x.a)
		if m.pilot != nil {
			continue
		}
		at := len(m.set.list) + 3*i
		m.sums[f.segment][at].Add(sumOf(l.price[:n]))
		for j := range x.b {
			x.b[j] = l.pack[j] + l.bom[j] + l.assembly[j] + l.logistics[j]
		}
		m.sums[f.segment][at+1].Add(sumOf(x.b[:n]))
		m.sums[f.segment][at+2].Add(sumOf(l.warranty[:n]))
	}
}

// step sets out to a step of the waterfall; costs are negative.
func (l *lifeOf) step(key string, out *column) {
	less := func(c *column) {
		for j := range out {
			out[j] = -c[j]
		}
	}
	switch key {
	case "price":
		*out = l.price
	case "pack":
		less(&l.pack)
	case "bom":
		less(&l.bom)
	case "assembly":
		less(&l.assembly)
	case "logistics":
		less(&l.logistics)
	case "warranty":
		less(&l.warranty)
	case "revenue":
		*out = l.revenue
	case "partner":
		less(&l.partner)
	case "payment":
		less(&l.payment)
	case "inference":
		less(&l.inference)
	case "connectivity":
		less(&l.connectivity)
	case "ota":
		less(&l.ota)
	case "store":
		less(&l.store)
	default:
		for j := range out {
			hardware := l.price[j] - l.pack[j] - l.bom[j] - l.assembly[j] - l.logistics[j] - l.warranty[j]
			software := l.revenue[j] - l.partner[j] - l.payment[j] - l.inference[j] - l.connectivity[j] - l.ota[j] - l.store[j]
			switch key {
			case "hardware":
				out[j] = hardware
			case "software":
				out[j] = software
			default:
				out[j] = hardware + software
			}
		}
	}
}

// end draws a scramble's answers and forgets its paths.
func (m *mainPass) end(int) {
	for _, c := range m.workers {
		m.one.merge(c)
		c.clear()
	}
	total := func(i int) float64 {
		var s chance.Sum
		for g := range m.sums {
			s.Add(m.sums[g][i].Value())
			m.sums[g][i] = chance.Sum{}
		}
		return s.Value()
	}
	for i := range m.set.list {
		n := float64(m.s.points)
		if i >= m.heads {
			n = float64(m.fanPaths)
		}
		a := answer{mean: total(i) / n, above: float64(m.one.positive[i]) / n}
		q := func(u float64) float64 { return m.one.quantile(&m.set, i, u) }
		if a.p50 = q(0.5); i < m.heads || i >= m.life {
			a.p5, a.p25, a.p75, a.p95, a.asked = q(0.05), q(0.25), q(0.75), q(0.95), q(m.s.p.c.Asked.Probability)
		}
		m.answers[i] = append(m.answers[i], a)
	}
	for i := range m.s.p.models {
		if m.narrow {
			break
		}
		var at []float64
		for _, h := range m.s.p.c.Asked.Confidences {
			at = append(at, m.one.quantile(&m.set, m.floor+i, 1-h))
		}
		m.floors[i] = append(m.floors[i], at)
	}
	for i := range m.byModel {
		m.byModel[i] = append(m.byModel[i], total(len(m.set.list)+i)/float64(m.fanPaths))
	}
	m.all.merge(m.one)
	m.one.clear()
}

// of gathers one of the answers of a probe over the scrambles.
func (m *mainPass) of(probe int, pick func(a *answer) float64) []float64 {
	out := make([]float64, 0, MaxScrambles)
	for i := range m.answers[probe] {
		out = append(out, pick(&m.answers[probe][i]))
	}
	return out
}

// spread is a probe's distribution: of all paths together, with the errors that the scrambles show.
func (m *mainPass) spread(probe int) Spread {
	e := func(u float64, pick func(a *answer) float64) Estimate {
		e := estimate(m.of(probe, pick))
		if u < 0 {
			return e
		}
		v := m.all.quantile(&m.set, probe, u)
		return Estimate{Value: v, SE: e.SE, Low: v - (e.Value - e.Low), High: v + (e.High - e.Value)}
	}
	return Spread{Mean: e(-1, func(a *answer) float64 { return a.mean }), P5: e(0.05, func(a *answer) float64 { return a.p5 }),
		P25: e(0.25, func(a *answer) float64 { return a.p25 }), P50: e(0.5, func(a *answer) float64 { return a.p50 }),
		P75: e(0.75, func(a *answer) float64 { return a.p75 }), P95: e(0.95, func(a *answer) float64 { return a.p95 })}
}

// chanceAbove is the probability that a probe is above 0.
func (m *mainPass) chanceAbove(probe int) Estimate {
	paths := m.s.points
	if probe >= m.heads {
		paths = m.fanPaths
	}
	return proportion(m.of(probe, func(a *answer) float64 { return a.above }), paths*m.s.scrambles)
}

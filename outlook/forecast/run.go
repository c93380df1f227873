package forecast

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"roadbook/outlook/chance"
)

// Engine names what computed a result.
const Engine = "columns of 256, portable"

// Run computes everything that a Result says. The same case, seed, paths and scrambles give the same bits for any number of
// workers; memory does not grow with the paths. When ctx ends, so does the run, with ctx's error.
func Run(ctx context.Context, c Case, o Options) (Result, error) {
	o, err := o.settle()
	if err != nil {
		return Result{}, err
	}
	c.fill()
	if err := c.Check(); err != nil {
		return Result{}, err
	}
	p, err := compile(&c, nil)
	if err != nil {
		return Result{}, err
	}
	s, err := newSim(p, o)
	if err != nil {
		return Result{}, err
	}
	names, _ := p.groups()
	detail := s.detail * s.scrambles
	s.tell = &teller{say: o.Progress, total: s.points*s.scrambles + detail*(2*len(p.uncertain)+2+30)}
	if o.Indices > 0 {
		s.tell.total += o.Indices * (len(names) + 2)
	}
	base, used := p.completed()
	m := newMainPass(s, base)
	if err := m.run(ctx); err != nil {
		return Result{}, err
	}
	r := Result{Case: c.Name, Title: c.Title, Currency: c.Currency, AsOf: c.AsOf, Start: c.Start, Quarters: c.Quarters, Matrix: p.matrix}
	asked := base[p.asked]
	m.fill(&r, used)
	if r.Answer.Levers, err = s.levers(ctx, asked, m); err != nil {
		return Result{}, err
	}
	r.Answer.records(&c)
	if r.Tornado, err = s.tornado(ctx, asked); err != nil {
		return Result{}, err
	}
	if o.Indices > 0 {
		if r.Indices, err = s.indices(ctx, o.Indices, o.Seed); err != nil {
			return Result{}, err
		}
		r.Indices.Of = fmt.Sprintf("profit of %d", c.Asked.Year)
	}
	if o.Before != nil {
		if r.Changes, err = changes(ctx, *o.Before, c, o, s.tell); err != nil {
			return Result{}, err
		}
	}
	r.Answer.Sentence = r.sentence(&c)
	r.Run = RunRecord{Model: ModelVersion, Engine: Engine, CaseHash: c.Hash(), Seed: o.Seed, Paths: s.points * s.scrambles, Scrambles: s.scrambles,
		Points: s.points, FanPaths: m.fanPaths * s.scrambles, Dims: p.dims(), Sobol: min(p.dims(), chance.MaxDims), Records: c.ids(nameSet{}.with(c.every()))}
	s.tell.finish()
	return r, nil
}

// every is all inputs.
func (c *Case) every() nameSet {
	s := nameSet{}
	for _, in := range c.Inputs {
		s.add(in.Name)
	}
	return s
}

// completed sums, for each year, the reported results of its quarters before the start, where all of them were known; used lists
// the quarters.
func (p *plan) completed() (base []float64, used [][]Quarter) {
	base, used = make([]float64, p.years), make([][]Quarter, p.years)
	start := p.c.Start.Index()
	sum, quarters, ok := p.c.reported(Profit, p.c.Start.Year()*4, start)
	if ok {
		base[0], used[0] = sum, quarters
	}
	return base, used
}

// reported sums a metric's actuals, known on the case's day, over the quarters from first to before last; ok says that all are there.
func (c *Case) reported(metric Metric, first, last int) (sum float64, quarters []Quarter, ok bool) {
	at := first
	for at < last {
		best := 0
		for _, a := range c.Actuals {
			q, n, err := ParsePeriod(a.Period)
			if err == nil && a.Metric == metric && a.Known(c.AsOf) && q.Index() == at && at+n <= last && n > best {
				best = n
			}
		}
		if best == 0 {
			return 0, nil, false
		}
		var latest *Actual
		for i := range c.Actuals {
			a := &c.Actuals[i]
			q, n, err := ParsePeriod(a.Period)
			if err == nil && a.Metric == metric && a.Known(c.AsOf) && q.Index() == at && n == best && (latest == nil || a.Vintage >= latest.Vintage) {
				latest = a
			}
		}
		sum += latest.Value
		for k := range best {
			quarters = append(quarters, MakeQuarter(at+k))
		}
		at += best
	}
	return sum, quarters, last > first
}

// labels of the metrics.
var labels = map[Metric][2]string{
	Deliveries: {"Deliveries", "cars"}, VehicleRevenue: {"Revenue of cars", ""}, Revenue: {"Revenue", ""}, ASP: {"Average selling price", ""},
	VehicleMargin: {"Vehicle margin", "share"}, GrossMargin: {"Gross margin", "share"}, Hardware: {"Contribution of cars", ""},
	Software: {"Contribution of software", ""}, LicenceIncome: {"Contribution of licences", ""}, Fixed: {"Fixed cost", ""},
	Profit: {"Operating result", ""}, Cash: {"Cash flow", ""}, Fleet: {"Fleet", "cars"}, Billed: {"Software revenue received", ""},
	Recognised: {"Software revenue earned", ""}, Deferred: {"Software revenue deferred", ""},
}

// Label returns what a metric is called and its unit: cars, share, or the currency.
func (m Metric) Label(currency string) (label, unit string) {
	l := labels[m]
	if l[1] == "" {
		return l[0], currency
	}
	return l[0], l[1]
}

// fill writes what the main pass found.
func (m *mainPass) fill(r *Result, used [][]Quarter) {
	p, c := m.s.p, m.s.p.c
	src := c.sources()
	m.fillYears(r, used, src)
	m.fillFans(r, src)
	m.fillBreakEven(r, src)
	m.fillLife(r, src)
	spread := func(probe int, records []string) Spread {
		s := m.spread(probe)
		s.Records = records
		return s
	}
	money := c.ids(src.all, src.capital, src.discount)
	r.NPV, r.ProfitNPV, r.PeakCash = spread(m.npv, money), spread(m.profitNPV, c.ids(src.all, src.discount)), spread(m.peak, money)
	r.NPVChance = m.chanceAbove(m.npv)

	a := &r.Answer
	a.Year, a.Probability = c.Asked.Year, c.Asked.Probability
	a.Chance, a.Without = m.chanceAbove(m.profit[p.asked]), m.chanceAbove(m.without[p.asked])
	a.Records = c.ids(src.all)
	q := &r.Required
	q.Year, q.Probability, q.Records = a.Year, a.Probability, a.Records
	q.Modelled, q.Earned = spread(m.paid, c.ids(src.software)), spread(m.earned, c.ids(src.software))
	q.Revenue = m.root(m.needPaid, a.Probability)
	q.Contribution = m.root(m.needEarned, a.Probability)
	for _, x := range c.Asked.Comparables {
		v := p.laws[p.index[x.Value]].Mean()
		names := nameSet{}
		names.add(x.Value, x.Rate)
		if x.Rate != "" {
			v *= p.laws[p.index[x.Rate]].Mean()
		}
		q.Comparables = append(q.Comparables, ComparedWith{Name: x.Name, Value: v, Basis: x.Basis, Records: c.ids(names)})
	}
	for i, in := range c.Inputs {
		d := p.laws[i]
		_, fixed := d.(chance.Fixed)
		r.Inputs = append(r.Inputs, InputUse{Name: in.Name, Record: in.ID, Unit: in.Unit, Law: Law(in.Spec), Spec: in.Spec, Mean: d.Mean(), P5: d.Quantile(0.05), P95: d.Quantile(0.95),
			Uncertain: !fixed, Evidence: in.Evidence})
	}
	if p.matrix.Repaired {
		r.Notes = append(r.Notes, fmt.Sprintf("the correlations given cannot hold together (least eigenvalue %.3g); the nearest matrix that can is used, which moves a coefficient by up to %.3f", p.matrix.Least, p.matrix.Moved))
	}
	if p.dims() > chance.MaxDims {
		r.Notes = append(r.Notes, fmt.Sprintf("%d coordinates: the last %d, fine steps of the price paths, are pseudo-random", p.dims(), p.dims()-chance.MaxDims))
	}
	for _, y := range r.Years {
		if y.Partial {
			r.Notes = append(r.Notes, fmt.Sprintf("%d is partial: %s to %s only", y.Year, y.From, y.Until))
		}
	}
	r.Notes = append(r.Notes, "results are operating: before interest and tax")
}

// root is the quantile of a need at the probability asked for; nil where it does not exist.
func (m *mainPass) root(probe int, probability float64) *Estimate {
	v := m.all.quantile(&m.set, probe, probability)
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	e := estimate(m.rootAnswers(probe))
	return &Estimate{Value: v, SE: e.SE, Low: v - (e.Value - e.Low), High: v + (e.High - e.Value)}
}

func (m *mainPass) rootAnswers(probe int) []float64 {
	var out []float64
	for _, a := range m.answers[probe] {
		if !math.IsInf(a.asked, 0) {
			out = append(out, a.asked)
		}
	}
	return out
}

func (m *mainPass) fillYears(r *Result, used [][]Quarter, src sources) {
	p, c := m.s.p, m.s.p.c
	for y := range p.years {
		o := Year{Year: c.Start.Year() + y, Actual: used[y], Chance: m.chanceAbove(m.profit[y]), Without: m.chanceAbove(m.without[y]),
			Profit: m.spread(m.profit[y]), Records: c.ids(src.all)}
		n := len(used[y])
		for t, of := range p.yearOf {
			if of != y {
				continue
			}
			if o.From == "" {
				o.From = c.Start.Add(t)
			}
			o.Until = c.Start.Add(t)
			n++
		}
		o.Partial = n < 4
		r.Years = append(r.Years, o)

		x := SplitYear{Year: o.Year, Records: o.Records}
		for _, part := range []struct {
			to   *Estimate
			of   Metric
			sign float64
		}{{&x.Hardware, Hardware, 1}, {&x.Software, Software, 1}, {&x.Licence, LicenceIncome, 1}, {&x.Fixed, Fixed, -1}, {&x.Profit, Profit, 1}} {
			sums := make([]float64, m.s.scrambles)
			for t, of := range p.yearOf {
				if of == y {
					for i, a := range m.answers[m.fan(slices.Index(Metrics, part.of), t)] {
						sums[i] += part.sign * a.mean
					}
				}
			}
			*part.to = estimate(sums)
		}
		r.Split = append(r.Split, x)
	}
}

func (m *mainPass) fillFans(r *Result, src sources) {
	c := m.s.p.c
	for i, metric := range Metrics {
		label, unit := metric.Label(string(c.Currency))
		f := Fan{Metric: metric, Label: label, Unit: unit, Records: src.behind(c, metric)}
		for t := range m.s.p.quarters {
			probe := m.fan(i, t)
			q := func(u float64) float64 { return m.all.quantile(&m.set, probe, u) }
			f.Points = append(f.Points, FanPoint{Quarter: c.Start.Add(t), Mean: estimate(m.of(probe, func(a *answer) float64 { return a.mean })).Value,
				Quantiles: Quantiles{q(0.05), q(0.25), q(0.5), q(0.75), q(0.95)}, SE: estimate(m.of(probe, func(a *answer) float64 { return a.p50 })).SE})
		}
		for _, a := range c.Actuals {
			if a.Metric == metric {
				f.Dots = append(f.Dots, Dot{Period: a.Period, Value: a.Value, Used: a.Known(c.AsOf), Evidence: a.Evidence})
			}
		}
		r.Fans = append(r.Fans, f)
	}
	at := func(metric Metric) []FanPoint { return r.Fans[slices.Index(Metrics, metric)].Points }
	billed, earned, deferred := at(Billed), at(Recognised), at(Deferred)
	for t := range billed {
		band := func(p FanPoint) [2]float64 { return [2]float64{p.P5, p.P95} }
		r.Curves.Points = append(r.Curves.Points, CurvePoint{Quarter: billed[t].Quarter, Billed: billed[t].Mean, Recognised: earned[t].Mean, Deferred: deferred[t].Mean,
			Bands: CurveBand{band(billed[t]), band(earned[t]), band(deferred[t])}})
	}
	r.Curves.Records = c.ids(src.software)
}

func (m *mainPass) fillBreakEven(r *Result, src sources) {
	c := m.s.p.c
	for t := range m.s.p.quarters {
		o := BreakEvenQuarter{Quarter: c.Start.Add(t), Reached: m.chanceAbove(m.fan(profitAt, t)),
			Modelled: r.Fans[slices.Index(Metrics, Deliveries)].Points[t].Mean, ModelledCar: r.Fans[slices.Index(Metrics, Fleet)].Points[t].Mean}
		for _, x := range []struct {
			to    *Possible
			probe int
		}{{&o.Volume, m.fan(volumeProbe, t)}, {&o.Fleet, m.fan(fleetProbe, t)}} {
			for _, q := range []struct {
				to **float64
				u  float64
			}{{&x.to.P5, 0.05}, {&x.to.P50, 0.5}, {&x.to.P95, 0.95}} {
				if v := m.all.quantile(&m.set, x.probe, q.u); !math.IsInf(v, 0) {
					*q.to = &v
				}
			}
			x.to.NoRoot = float64(m.all.infinite[x.probe]) / float64(m.fanPaths*m.s.scrambles)
		}
		r.BreakEven.Quarters = append(r.BreakEven.Quarters, o)
	}
	r.BreakEven.Records = c.ids(src.all)
}

func (m *mainPass) fillLife(r *Result, src sources) {
	c := m.s.p.c
	r.Waterfall.Records = c.ids(src.hardware, src.software, src.discount)
	for k, s := range steps {
		x := m.spread(m.life + k)
		if x.Mean.Value == 0 && x.P5.Value == 0 && x.P95.Value == 0 && !s.total {
			continue
		}
		r.Waterfall.Steps = append(r.Waterfall.Steps, Step{Key: s.key, Label: s.label, Mean: x.Mean.Value, P5: x.P5.Value, P95: x.P95.Value, SE: x.Mean.SE, Total: s.total})
	}
	for i, model := range c.Models {
		f := Floors{Model: model.ID, Price: estimate(m.byModel[3*i]).Value, Cost: estimate(m.byModel[3*i+1]).Value, Warranty: estimate(m.byModel[3*i+2]).Value,
			Margin: c.Asked.Margin, Records: r.Waterfall.Records}
		for k, h := range c.Asked.Confidences {
			v := m.all.quantile(&m.set, m.floor+i, 1-h)
			var each []float64
			for _, a := range m.floors[i] {
				each = append(each, a[k])
			}
			e := estimate(each)
			credit := Estimate{Value: v, SE: e.SE, Low: v - (e.Value - e.Low), High: v + (e.High - e.Value)}
			per := 1 / (1 - c.Asked.Margin)
			price := (f.Cost + f.Warranty - v) * per
			half := (credit.High - credit.Low) / 2 * per
			f.List = append(f.List, Floor{Confidence: h, Credit: credit, Floor: Estimate{Value: price, SE: e.SE * per, Low: price - half, High: price + half}})
		}
		r.Floors = append(r.Floors, f)
	}
}

// meanRevenue is the mean revenue of a quarter of the year asked about.
func (m *mainPass) meanRevenue() float64 {
	sum, n := 0.0, 0
	for t, y := range m.s.p.yearOf {
		if y == m.s.p.asked {
			sum += estimate(m.of(m.fan(slices.Index(Metrics, Revenue), t), func(a *answer) float64 { return a.mean })).Value
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// records names the records behind each lever: all that the profit depends on.
func (a *Answer) records(c *Case) {
	for i := range a.Levers {
		a.Levers[i].Records = c.ids(c.sources().all)
	}
}

// Law says a distribution in words: "lognormal, 5 % 40,000, 95 % 110,000".
func Law(s chance.Spec) string {
	var b strings.Builder
	b.WriteString(string(s.Kind))
	put := func(name string, v *float64) {
		if v != nil {
			fmt.Fprintf(&b, ", %s %s", name, number(*v))
		}
	}
	if s.Kind == chance.KindFixed && s.Value != nil {
		return exact(*s.Value)
	}
	for _, x := range []struct {
		name string
		v    *float64
	}{{"mean", s.Mean}, {"sd", s.SD}, {"5 %", s.P5}, {"95 %", s.P95}, {"a", s.A}, {"b", s.B}, {"low", s.Low}, {"high", s.High}, {"least", s.Min}, {"mode", s.Mode}, {"most", s.Max}, {"lambda", s.Lambda}} {
		put(x.name, x.v)
	}
	if len(s.Values) > 0 {
		fmt.Fprintf(&b, ", %d values", len(s.Values))
	}
	for i, c := range s.Components {
		if i < len(s.Weights) {
			fmt.Fprintf(&b, "; %s × (%s)", number(s.Weights[i]), Law(c))
		}
	}
	return b.String()
}

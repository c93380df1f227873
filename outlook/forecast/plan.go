package forecast

import (
	"math"

	"roadbook/outlook/chance"
)

// plan is a case compiled: names have become indices, known whole numbers have become numbers.
type plan struct {
	c        *Case
	quarters int // of the horizon
	span     int // quarters that a path may be asked for: the horizon and a life beyond it

	index     map[string]int
	laws      []chance.Dist
	maps      []*chance.Map // nil where known
	known     []float64
	uncertain []int // inputs that have a dimension, in the case's order
	copula    *chance.Copula
	joined    []int // the uncertain inputs that the copula joins, as indices into uncertain
	matrix    Matrix

	processes []processPlan
	regimes   []regimePlan
	seasons   [][4]int
	models    []modelPlan
	sold      []soldPlan
	oldest    int // greatest age in quarters at the start
	survival  *survivalPlan
	products  []productPlan
	running   struct{ connectivity, gb, cost, store *trackPlan }
	licences  []licencePlan
	overhead  struct{ opex, rnd, depreciation, capex *trackPlan }
	share     int // opex share
	discount  int
	yearOf    []int // of a quarter, counted from the first
	years     int
	asked     int // its place among the years
}

// none stands for an input that is not named.
const none = -1

type processPlan struct{ start, mean, kappa, sigma int }

type regimePlan struct {
	from                        int
	probability, hazard, factor int
	lasts                       int // quarters; math.MaxInt: for good
}

type kindOf int

const (
	ofProcess kindOf = iota
	ofRegime
	ofSeason
)

type factorRef struct {
	kind kindOf
	i    int
}

type trackPlan struct {
	levels              []int // by quarter
	growth, drift, ramp int
	year                bool
	from                int
	times               []factorRef
}

type modelPlan struct {
	from, until         int
	volume, price       *trackPlan
	margin              *trackPlan
	bom, assembly       *trackPlan
	logistics, warranty *trackPlan
	pack                *packPlan
	claims              []float64 // share of the accrual paid at an age in quarters
}

type packPlan struct {
	kwh, cell, learning, growth, volume int
	contents                            []contentPlan
}

type contentPlan struct{ process, perKWh, lag, floor, cap int }

type soldPlan struct{ sale, cars, model int }

type survivalPlan struct{ mean, shape, resale, second int }

type productPlan struct {
	models                          []bool
	all                             bool
	attach                          *trackPlan
	adoption                        *adoptionPlan
	bundle                          int
	terms                           Terms
	renewal, churn, partner, paying int
	arpu, inference                 *trackPlan
}

type adoptionPlan struct {
	bass                           bool
	launch                         int
	ceiling, midpoint, slope, p, q int
}

type licencePlan struct {
	fixed, royalty, cars *trackPlan
	margin               int
}

// compile makes a plan of a checked case. Inputs named in also get a dimension even when they are known: two cases that are
// compared must draw every input from the same one.
func compile(c *Case, also map[string]bool) (*plan, error) {
	p := &plan{c: c, quarters: c.Quarters, span: c.Quarters + LifeQuarters, index: map[string]int{}}
	p.laws, p.maps, p.known = make([]chance.Dist, len(c.Inputs)), make([]*chance.Map, len(c.Inputs)), make([]float64, len(c.Inputs))
	for i, in := range c.Inputs {
		d, err := in.DistAt(ptr("/inputs", i))
		if err != nil {
			return nil, err
		}
		p.index[in.Name], p.laws[i] = i, d
		f, fixed := d.(chance.Fixed)
		if fixed {
			p.known[i] = f.Value
		}
		if !fixed || also[in.Name] {
			p.maps[i] = chance.NewMap(d)
			p.uncertain = append(p.uncertain, i)
		}
	}
	if err := p.join(); err != nil {
		return nil, err
	}
	p.drivers()
	for i := range c.Models {
		p.model(c.Models[i])
	}
	for _, s := range c.Fleet {
		m := 0
		for i := range c.Models {
			if c.Models[i].ID == s.Model {
				m = i
			}
		}
		sale := s.Quarter.Index() - c.Start.Index()
		p.sold = append(p.sold, soldPlan{sale, p.of(s.Cars), m})
		p.oldest = max(p.oldest, -sale)
	}
	p.rest()
	return p, nil
}

// join builds the copula of the inputs that have a correlation, repairing a matrix that cannot be.
func (p *plan) join() error {
	at := map[int]int{} // input → row
	for k, i := range p.uncertain {
		for _, r := range p.c.Correlations {
			if _, done := at[i]; !done && (r.Of[0] == p.c.Inputs[i].Name || r.Of[1] == p.c.Inputs[i].Name) {
				at[i] = len(p.joined)
				p.joined = append(p.joined, k)
			}
		}
	}
	p.matrix.Pairs = len(p.c.Correlations)
	if len(p.joined) == 0 {
		return nil
	}
	m := make([][]float64, len(p.joined))
	for i := range m {
		m[i] = make([]float64, len(m))
		m[i][i] = 1
	}
	for _, r := range p.c.Correlations {
		a, b := at[p.index[r.Of[0]]], at[p.index[r.Of[1]]]
		m[a][b], m[b][a] = r.Rho, r.Rho
	}
	before := chance.Pearson(m)
	after, rep, err := chance.Repair(before)
	if err != nil {
		return err
	}
	p.matrix.Repaired, p.matrix.Least, p.matrix.Moved = rep.Changed, rep.Eigenvalue, rep.Largest
	for i := range m {
		for j := range i {
			if d := math.Abs(after[i][j] - before[i][j]); rep.Changed && d > 5e-4 {
				p.matrix.Changes = append(p.matrix.Changes, Repaired{Of: [2]string{p.rowName(j), p.rowName(i)}, Before: before[i][j], After: after[i][j]})
			}
		}
	}
	p.copula, err = chance.NewPearsonCopula(after, "/correlations")
	return err
}

func (p *plan) rowName(row int) string { return p.c.Inputs[p.uncertain[p.joined[row]]].Name }

func (p *plan) of(name string) int {
	if name == "" {
		return none
	}
	return p.index[name]
}

// whole returns a known whole number.
func (p *plan) whole(name string, otherwise int) int {
	if name == "" {
		return otherwise
	}
	return int(p.known[p.index[name]])
}

func (p *plan) drivers() {
	for _, o := range p.c.Processes {
		p.processes = append(p.processes, processPlan{p.of(o.Start), p.of(o.Mean), p.of(o.Kappa), p.of(o.Sigma)})
	}
	for _, r := range p.c.Regimes {
		p.regimes = append(p.regimes, regimePlan{from: r.From.Index() - p.c.Start.Index(), probability: p.of(r.Probability),
			hazard: p.of(r.Hazard), factor: p.of(r.Factor), lasts: p.whole(r.Lasts, math.MaxInt/2)})
	}
	for _, s := range p.c.Seasons {
		p.seasons = append(p.seasons, [4]int{p.of(s.Q1), p.of(s.Q2), p.of(s.Q3), p.of(s.Q4)})
	}
}

func (p *plan) factor(name string) factorRef {
	for i, o := range p.c.Processes {
		if o.Name == name {
			return factorRef{ofProcess, i}
		}
	}
	for i, r := range p.c.Regimes {
		if r.Name == name {
			return factorRef{ofRegime, i}
		}
	}
	for i, s := range p.c.Seasons {
		if s.Name == name {
			return factorRef{ofSeason, i}
		}
	}
	panic("forecast: a checked case names no factor " + name)
}

// track compiles a path; from is the quarter in which what it describes began.
func (p *plan) track(path *Path, from int) *trackPlan {
	if path == nil {
		return nil
	}
	t := &trackPlan{growth: p.of(path.Growth), drift: p.of(path.Drift), ramp: p.of(path.Ramp), year: path.Per == "year", from: from}
	for q := range p.span {
		level, best := path.Base, 0
		for y, name := range path.ByYear {
			if y <= p.c.Start.Add(q).Year() && y > best {
				best, level = y, name
			}
		}
		t.levels = append(t.levels, p.of(level))
	}
	for _, name := range path.Times {
		t.times = append(t.times, p.factor(name))
	}
	return t
}

func (p *plan) model(m Model) {
	from, until := m.From.Index()-p.c.Start.Index(), math.MaxInt
	if m.Until != "" {
		until = m.Until.Index() - p.c.Start.Index()
	}
	o := modelPlan{from: from, until: until, volume: p.track(&m.Volume, from), price: p.track(&m.Price, from), margin: p.track(m.GrossMargin, from),
		bom: p.track(m.BOM, from), assembly: p.track(m.Assembly, from), logistics: p.track(m.Logistics, from), warranty: p.track(m.Warranty, from)}
	shares := 0.0
	for _, name := range m.Claims {
		shares += p.known[p.index[name]]
	}
	for _, name := range m.Claims {
		for range 4 {
			o.claims = append(o.claims, p.known[p.index[name]]/shares/4)
		}
	}
	if k := m.Pack; k != nil {
		o.pack = &packPlan{kwh: p.of(k.KWh), cell: p.of(k.Cell), learning: p.of(k.Learning), growth: p.of(k.Growth), volume: p.of(k.Volume)}
		for _, g := range k.Contents {
			o.pack.contents = append(o.pack.contents, contentPlan{p.factor(g.Process).i, p.of(g.PerKWh), p.whole(g.Lag, 0), p.of(g.Floor), p.of(g.Cap)})
		}
	}
	p.models = append(p.models, o)
}

func (p *plan) rest() {
	c := p.c
	if s := c.Survival; s != nil {
		p.survival = &survivalPlan{p.of(s.MeanYears), p.of(s.Shape), p.whole(s.Resale, math.MaxInt), p.of(s.SecondOwner)}
	}
	for _, r := range c.Products {
		o := productPlan{all: len(r.Models) == 0, attach: p.track(r.Attach, 0), bundle: p.whole(r.Bundle.Quarters, 0), terms: r.Bundle.Terms,
			renewal: p.of(r.Renewal), churn: p.of(r.Churn), partner: p.of(r.Partner), paying: p.of(r.Payment),
			arpu: p.track(&r.ARPU, 0), inference: p.track(r.Inference, 0)}
		for _, m := range c.Models {
			o.models = append(o.models, o.all || has(r.Models, m.ID))
		}
		if a := r.Adoption; a != nil {
			o.adoption = &adoptionPlan{bass: a.Kind == "bass", ceiling: p.of(a.Ceiling), midpoint: p.of(a.Midpoint), slope: p.of(a.Slope), p: p.of(a.P), q: p.of(a.Q)}
			if a.Launch != "" {
				o.adoption.launch = a.Launch.Index() - c.Start.Index()
			}
		}
		p.products = append(p.products, o)
	}
	r, o := c.Running, c.Overhead
	p.running.connectivity, p.running.gb, p.running.cost, p.running.store = p.track(r.Connectivity, 0), p.track(r.OTAGB, 0), p.track(r.OTACost, 0), p.track(r.Store, 0)
	p.overhead.opex, p.overhead.rnd, p.overhead.depreciation, p.overhead.capex = p.track(o.OpEx, 0), p.track(o.RnD, 0), p.track(o.Depreciation, 0), p.track(o.CapEx, 0)
	p.share, p.discount = p.of(o.OpExShare), p.of(c.Discount)
	for _, l := range c.Licences {
		p.licences = append(p.licences, licencePlan{p.track(l.Fixed, 0), p.track(l.Royalty, 0), p.track(l.Cars, 0), p.of(l.Margin)})
	}
	first := c.Start.Year()
	for t := range p.quarters {
		p.yearOf = append(p.yearOf, c.Start.Add(t).Year()-first)
	}
	p.years = p.yearOf[p.quarters-1] + 1
	p.asked = c.Asked.Year - first
}

// dims returns how many random coordinates a path has: one for each uncertain input and regime, one a quarter for each process.
func (p *plan) dims() int { return len(p.uncertain) + len(p.regimes) + len(p.processes)*p.quarters }

// groups returns the coordinates of each independent factor, and its name: an input, a regime, or all shocks of a process.
func (p *plan) groups() (names []string, dims [][]int) {
	for d, i := range p.uncertain {
		names, dims = append(names, p.c.Inputs[i].Name), append(dims, []int{d})
	}
	base := len(p.uncertain)
	for i, r := range p.c.Regimes {
		names, dims = append(names, "regime "+r.Name), append(dims, []int{base + i})
	}
	base += len(p.regimes)
	for i, o := range p.c.Processes {
		var of []int
		for k := range p.quarters {
			of = append(of, base+k*len(p.processes)+i)
		}
		names, dims = append(names, "shocks of "+o.Name), append(dims, of)
	}
	return names, dims
}

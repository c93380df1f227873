package forecast

import "math"

// This file is the model, said plainly: one path, one number at a time, Pow and Exp where the formulas have them. It is
// what the column engine must equal, and what to read to know what is computed.

// Draw is all that is random about one path.
type Draw struct {
	Inputs  []float64   // the value of each input, in the case's order
	Regimes []float64   // a uniform number for each regime, in (0, 1)
	Shocks  [][]float64 // of each process, a standard normal for each quarter
}

// Flows is what one path gives, quarter by quarter. Amounts are in currency.
type Flows struct {
	Deliveries, VehicleRevenue, Revenue              []float64
	Hardware, Software, Licence, Fixed, Profit, Cash []float64
	Fleet, Billed, Recognised, Deferred              []float64
	Pack                                             []float64 // cost of all packs
	Net                                              []float64 // software revenue that partners and fees leave
	Prices                                           [][]float64
	Lives                                            []Life // of each model
	NPV, ProfitNPV, PeakCash                         float64
}

// Life is a car sold in its model's first quarter, discounted to its sale; amounts are positive.
type Life struct {
	Price, Pack, BOM, Assembly, Logistics, Warranty float64
	Revenue, Partner, Payment, Inference            float64
	Connectivity, OTA, Store                        float64
}

// Hardware is what the sale leaves.
func (l Life) Hardware() float64 {
	return l.Price - l.Pack - l.BOM - l.Assembly - l.Logistics - l.Warranty
}

// Software is what comes after the sale, net of what every live car costs.
func (l Life) Software() float64 {
	return l.Revenue - l.Partner - l.Payment - l.Inference - l.Connectivity - l.OTA - l.Store
}

// plain evaluates a case on one draw.
type plain struct {
	c      *Case
	d      Draw
	index  map[string]int
	prices [][]float64 // of each process
	sold   [][]float64 // of each model, cars by quarter
}

// Plain evaluates a checked case on one draw.
func Plain(c *Case, d Draw) Flows {
	e := &plain{c: c, d: d, index: map[string]int{}}
	for i, in := range c.Inputs {
		e.index[in.Name] = i
	}
	e.paths()
	return e.run()
}

func (e *plain) in(name string, otherwise float64) float64 {
	if name == "" {
		return otherwise
	}
	return e.d.Inputs[e.index[name]]
}

// paths walks the processes: the price of quarter t is t+1 steps after the start.
func (e *plain) paths() {
	for i, p := range e.c.Processes {
		mu, kappa, sigma := math.Log(e.in(p.Mean, 0)), e.in(p.Kappa, 0), e.in(p.Sigma, 0)
		x := math.Log(e.in(p.Start, 0))
		out := make([]float64, e.c.Quarters)
		for t := range out {
			x = mu + (x-mu)*math.Exp(-kappa/4) + sigma*math.Sqrt(-math.Expm1(-kappa/2)/(2*kappa))*e.d.Shocks[i][t]
			out[t] = math.Exp(x)
		}
		e.prices = append(e.prices, out)
	}
}

// times is the factor with a name in quarter t; processes hold their last price beyond the horizon.
func (e *plain) times(name string, t int) float64 {
	for i, p := range e.c.Processes {
		if p.Name == name {
			return e.prices[i][min(t, e.c.Quarters-1)]
		}
	}
	for i, r := range e.c.Regimes {
		if r.Name != name {
			continue
		}
		from, chance, u := float64(r.From.Index()-e.c.Start.Index()), e.in(r.Probability, 1), e.d.Regimes[i]
		if u >= chance {
			return 1
		}
		if r.Hazard != "" {
			from += math.Floor(math.Log1p(-u/chance) / math.Log1p(-e.in(r.Hazard, 0)))
		}
		if at := float64(t); at >= from && at < from+e.in(r.Lasts, math.Inf(1)) {
			return e.in(r.Factor, 1)
		}
		return 1
	}
	for _, s := range e.c.Seasons {
		if s.Name == name {
			f := [4]float64{e.in(s.Q1, 0), e.in(s.Q2, 0), e.in(s.Q3, 0), e.in(s.Q4, 0)}
			return f[e.c.Start.Add(t).Index()%4] / ((f[0] + f[1] + f[2] + f[3]) / 4)
		}
	}
	return 1
}

// path is the value of a path in quarter t; from is the quarter in which what it describes began, 0 for what always was.
func (e *plain) path(p *Path, t, from int) float64 {
	if p == nil {
		return 0
	}
	level := p.Base
	for best, y := 0, e.c.Start.Add(t).Year(); y >= 1900; y-- {
		if name, ok := p.ByYear[y]; ok && best == 0 {
			best, level = y, name
		}
	}
	years := float64(t-max(from, 0)) / 4
	v := e.in(level, 0)*math.Pow(1+e.in(p.Growth, 0), years) + e.in(p.Drift, 0)*years
	if p.Per == "year" {
		v /= 4
	}
	if p.Ramp != "" {
		v *= math.Min(1, float64(t-from+1)/e.in(p.Ramp, 1))
	}
	for _, name := range p.Times {
		v *= e.times(name, t)
	}
	return v
}

// survive is the share of cars that live at an age in quarters.
func (e *plain) survive(age int) float64 {
	s := e.c.Survival
	if s == nil {
		return 1
	}
	shape := e.in(s.Shape, 1)
	lambda := 4 * e.in(s.MeanYears, 0) / math.Gamma(1+1/shape)
	return math.Exp(-math.Pow(float64(age)/lambda, shape))
}

// attach is the share of the cars sold in quarter c that take a product. Cars sold before the start took it as the first quarter's do,
// or by the adoption curve where there is one.
func (e *plain) attach(p Product, c int) float64 {
	if p.Attach != nil {
		return e.path(p.Attach, max(c, 0), 0)
	}
	a, launch := p.Adoption, 0
	if a.Launch != "" {
		launch = a.Launch.Index() - e.c.Start.Index()
	}
	t := float64(c - launch)
	if t < 0 {
		return 0
	}
	if a.Kind == "bass" {
		p, q := e.in(a.P, 0), e.in(a.Q, 0)
		x := math.Exp(-(p + q) * t)
		return e.in(a.Ceiling, 0) * (1 - x) / (1 + q/p*x)
	}
	return e.in(a.Ceiling, 0) / (1 + math.Exp(-e.in(a.Slope, 0)*(t-e.in(a.Midpoint, 0))))
}

func (e *plain) bundle(p Product) int { return int(e.in(p.Bundle.Quarters, 0)) }

// active is the share of the attached, living cars that use a product at an age.
func (e *plain) active(p Product, age int) float64 {
	v := 1.0
	if b := e.bundle(p); age >= b {
		v = e.in(p.Renewal, 1) * math.Pow(1-e.in(p.Churn, 0), float64(age-b))
	}
	if s := e.c.Survival; s != nil && s.Resale != "" && age >= int(e.in(s.Resale, 0)) {
		v *= e.in(s.SecondOwner, 1)
	}
	return v
}

// pays reports whether an active car pays month by month at an age.
func (e *plain) pays(p Product, age int) bool { return p.Bundle.Terms == Paid || age >= e.bundle(p) }

// packCost is the cost of a pack of model m in quarter t, given the cars of the model before.
func (e *plain) packCost(m int, t int) float64 {
	p := e.c.Models[m].Pack
	if p == nil {
		return 0
	}
	v := e.in(p.Cell, 0)
	if p.Learning != "" {
		ratio := math.Pow(1+e.in(p.Growth, 0), float64(t)/4)
		if p.Volume != "" {
			built := e.in(p.Volume, 0)
			for _, q := range e.sold[m][:t] {
				built += q
			}
			ratio = built / e.in(p.Volume, 0)
		}
		v *= math.Pow(ratio, math.Log2(1-e.in(p.Learning, 0)))
	}
	for _, g := range p.Contents {
		for i, o := range e.c.Processes {
			if o.Name != g.Process {
				continue
			}
			price := e.in(o.Start, 0)
			if at := t - int(e.in(g.Lag, 0)); at >= 0 {
				price = e.prices[i][at]
			}
			price = math.Min(math.Max(price, e.in(g.Floor, 0)), e.in(g.Cap, math.Inf(1)))
			v += e.in(g.PerKWh, 0) * price
		}
	}
	return e.in(p.KWh, 0) * v
}

func (e *plain) run() Flows {
	c, n := e.c, e.c.Quarters
	f := Flows{Prices: e.prices}
	for _, s := range []*[]float64{&f.Deliveries, &f.VehicleRevenue, &f.Revenue, &f.Hardware, &f.Software, &f.Licence, &f.Fixed,
		&f.Profit, &f.Cash, &f.Fleet, &f.Billed, &f.Recognised, &f.Deferred, &f.Pack, &f.Net} {
		*s = make([]float64, n)
	}
	for i := range c.Models {
		e.sold = append(e.sold, make([]float64, n))
		e.hardware(i, &f)
	}
	deferred := 0.0
	for t := range n {
		e.fleetAt(t, &f)
		kept := 0.0 // billed and not yet earned in the quarter, net of partners and fees
		if t == 0 {
			deferred = e.opening()
		}
		for _, p := range c.Products {
			billed, earned, active := e.product(p, t)
			net := (1 - e.in(p.Partner, 0)) * (1 - e.in(p.Payment, 0))
			f.Billed[t] += billed
			f.Recognised[t] += earned
			f.Net[t] += earned * net
			f.Software[t] += earned*net - 3*e.path(p.Inference, t, 0)*active
			kept += (billed - earned) * net
		}
		deferred += f.Billed[t] - f.Recognised[t]
		f.Deferred[t] = deferred
		r := c.Running
		f.Software[t] -= 3 * f.Fleet[t] * (e.path(r.Connectivity, t, 0) + e.path(r.OTAGB, t, 0)*e.path(r.OTACost, t, 0) + e.path(r.Store, t, 0))
		f.Revenue[t] = f.VehicleRevenue[t] + f.Recognised[t]
		for _, l := range c.Licences {
			gross := e.path(l.Fixed, t, 0) + e.path(l.Royalty, t, 0)*e.path(l.Cars, t, 0)
			f.Revenue[t] += gross
			f.Licence[t] += gross * e.in(l.Margin, 1)
		}
		o := c.Overhead
		depreciation := e.path(o.Depreciation, t, 0)
		f.Fixed[t] = e.path(o.OpEx, t, 0) + e.in(o.OpExShare, 0)*f.VehicleRevenue[t] + e.path(o.RnD, t, 0) + depreciation
		f.Profit[t] = f.Hardware[t] + f.Software[t] + f.Licence[t] - f.Fixed[t]
		f.Cash[t] += f.Profit[t] + depreciation - e.path(o.CapEx, t, 0) + kept
	}
	e.value(&f)
	for i := range c.Models {
		f.Lives = append(f.Lives, e.life(i))
	}
	return f
}

// window returns the first quarter of a model on sale, which may lie before the start, and the first after it.
func (e *plain) window(m Model) (from, until int) {
	from, until = m.From.Index()-e.c.Start.Index(), math.MaxInt
	if m.Until != "" {
		until = m.Until.Index() - e.c.Start.Index()
	}
	return from, until
}

// unit returns the price and the costs of a car of a model in a quarter.
func (e *plain) unit(i, t int) (l Life) {
	m := e.c.Models[i]
	from, _ := e.window(m)
	l.Price = e.path(&m.Price, t, from)
	if m.GrossMargin != nil {
		l.BOM = l.Price * (1 - e.path(m.GrossMargin, t, from))
		return l
	}
	l.BOM, l.Pack, l.Assembly = e.path(m.BOM, t, from), e.packCost(i, t), e.path(m.Assembly, t, from)
	l.Logistics, l.Warranty = e.path(m.Logistics, t, from), e.path(m.Warranty, t, from)
	return l
}

func (e *plain) hardware(i int, f *Flows) {
	m := e.c.Models[i]
	from, until := e.window(m)
	accrued := make([]float64, e.c.Quarters)
	shares := 0.0
	for _, name := range m.Claims {
		shares += e.in(name, 0)
	}
	for t := range e.c.Quarters {
		if t >= from && t < until {
			q, u := e.path(&m.Volume, t, from), e.unit(i, t)
			e.sold[i][t] = q
			f.Deliveries[t] += q
			f.VehicleRevenue[t] += q * u.Price
			f.Hardware[t] += q * u.Hardware()
			f.Pack[t] += q * u.Pack
			accrued[t] = q * u.Warranty
		}
		if len(m.Claims) == 0 {
			continue
		}
		f.Cash[t] += accrued[t] // booked and not yet paid
		for sale := range t + 1 {
			if year := (t - sale) / 4; year < len(m.Claims) {
				f.Cash[t] -= accrued[sale] * e.in(m.Claims[year], 0) / shares / 4
			}
		}
	}
}

// cohorts calls do for the cars of each quarter up to t: of some models, or of all.
func (e *plain) cohorts(models []string, t int, do func(sale int, cars float64)) {
	has := func(id string) bool {
		if len(models) == 0 {
			return true
		}
		for _, m := range models {
			if m == id {
				return true
			}
		}
		return false
	}
	for _, s := range e.c.Fleet {
		id := s.Model
		if id == "" {
			id = e.c.Models[0].ID
		}
		if has(id) {
			do(s.Quarter.Index()-e.c.Start.Index(), e.in(s.Cars, 0))
		}
	}
	for i, m := range e.c.Models {
		if has(m.ID) {
			for sale := range t + 1 {
				do(sale, e.sold[i][sale])
			}
		}
	}
}

func (e *plain) fleetAt(t int, f *Flows) {
	e.cohorts(nil, t, func(sale int, cars float64) { f.Fleet[t] += cars * e.survive(t-sale) })
}

// product returns what is billed and earned for a product in a quarter, and how many cars are active.
func (e *plain) product(p Product, t int) (billed, earned, active float64) {
	b := e.bundle(p)
	paying := 0.0
	e.cohorts(p.Models, t, func(sale int, cars float64) {
		age := t - sale
		attached := cars * e.attach(p, sale)
		a := attached * e.survive(age) * e.active(p, age)
		active += a
		if e.pays(p, age) {
			paying += a
		}
		if p.Bundle.Terms == Prepaid && age < b {
			whole := attached * 3 * e.path(&p.ARPU, max(sale, 0), 0) * float64(b)
			earned += whole / float64(b)
			if age == 0 {
				billed += whole
			}
		}
	})
	monthly := 3 * e.path(&p.ARPU, t, 0) * paying
	return billed + monthly, earned + monthly, active
}

// opening is the deferred revenue of the bundles that were sold before the start.
func (e *plain) opening() (sum float64) {
	for _, p := range e.c.Products {
		b := e.bundle(p)
		if p.Bundle.Terms != Prepaid {
			continue
		}
		e.cohorts(p.Models, -1, func(sale int, cars float64) {
			if left := b + sale; left > 0 {
				sum += cars * e.attach(p, sale) * 3 * e.path(&p.ARPU, 0, 0) * float64(left)
			}
		})
	}
	return sum
}

func (e *plain) value(f *Flows) {
	r := e.in(e.c.Discount, 0)
	sum, least := 0.0, 0.0
	for t := range f.Cash {
		d := math.Pow(1+r, -float64(t)/4)
		f.NPV += f.Cash[t] * d
		f.ProfitNPV += f.Profit[t] * d
		sum += f.Cash[t]
		least = math.Min(least, sum)
	}
	f.PeakCash = -least
}

// life values a car of a model sold in its first quarter within the case.
func (e *plain) life(i int) Life {
	m, c := e.c.Models[i], e.c
	from, _ := e.window(m)
	t0 := min(max(from, 0), c.Quarters-1)
	l := e.unit(i, t0)
	for age := range LifeQuarters {
		t := t0 + age
		d := math.Pow(1+e.in(c.Discount, 0), -float64(age)/4)
		alive := 3 * d * e.survive(age)
		l.Connectivity += alive * e.path(c.Running.Connectivity, t, 0)
		l.OTA += alive * e.path(c.Running.OTAGB, t, 0) * e.path(c.Running.OTACost, t, 0)
		l.Store += alive * e.path(c.Running.Store, t, 0)
		for _, p := range c.Products {
			if len(p.Models) > 0 && !has(p.Models, m.ID) {
				continue
			}
			attached := e.attach(p, t0)
			active := attached * alive * e.active(p, age)
			revenue := 0.0
			if e.pays(p, age) {
				revenue = active * e.path(&p.ARPU, t, 0)
			}
			if p.Bundle.Terms == Prepaid && age == 0 {
				revenue += attached * 3 * e.path(&p.ARPU, t0, 0) * float64(e.bundle(p))
			}
			l.Revenue += revenue
			l.Partner += revenue * e.in(p.Partner, 0)
			l.Payment += revenue * (1 - e.in(p.Partner, 0)) * e.in(p.Payment, 0)
			l.Inference += active * e.path(p.Inference, t, 0)
		}
	}
	return l
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

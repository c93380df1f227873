package forecast

import "slices"

// Every number of a result names the records of the inputs that it depends on. They are gathered by what the number is made
// of: a path's own inputs, those of what multiplies it, and so on down.

// set gathers names of inputs.
type nameSet map[string]bool

func (s nameSet) add(names ...string) {
	for _, n := range names {
		if n != "" {
			s[n] = true
		}
	}
}

func (s nameSet) with(o ...nameSet) nameSet {
	for _, x := range o {
		for n := range x {
			s[n] = true
		}
	}
	return s
}

// sources are the inputs behind each part of a case.
type sources struct{ volume, price, pack, hardware, fleet, software, licence, fixed, capital, discount, all nameSet }

func (c *Case) path(p *Path) nameSet {
	s := nameSet{}
	if p == nil {
		return s
	}
	s.add(p.Base, p.Growth, p.Drift, p.Ramp)
	for _, n := range p.ByYear {
		s.add(n)
	}
	for _, name := range p.Times {
		for _, o := range c.Processes {
			if o.Name == name {
				s.add(o.Start, o.Mean, o.Kappa, o.Sigma)
			}
		}
		for _, r := range c.Regimes {
			if r.Name == name {
				s.add(r.Probability, r.Hazard, r.Lasts, r.Factor)
			}
		}
		for _, q := range c.Seasons {
			if q.Name == name {
				s.add(q.Q1, q.Q2, q.Q3, q.Q4)
			}
		}
	}
	return s
}

func (c *Case) sources() sources {
	s := sources{volume: nameSet{}, price: nameSet{}, pack: nameSet{}, fleet: nameSet{}, software: nameSet{}, licence: nameSet{}, fixed: nameSet{}, capital: nameSet{}, discount: nameSet{}}
	other := nameSet{}
	for i := range c.Models {
		m := &c.Models[i]
		s.volume.with(c.path(&m.Volume))
		s.price.with(c.path(&m.Price))
		for _, p := range []*Path{m.GrossMargin, m.BOM, m.Assembly, m.Logistics, m.Warranty} {
			other.with(c.path(p))
		}
		s.capital.add(m.Claims...)
		if k := m.Pack; k != nil {
			s.pack.add(k.KWh, k.Cell, k.Learning, k.Growth, k.Volume)
			for _, g := range k.Contents {
				s.pack.add(g.PerKWh, g.Lag, g.Floor, g.Cap)
				s.pack.with(c.path(&Path{Times: []string{g.Process}}))
			}
			if k.Volume != "" {
				s.pack.with(c.path(&m.Volume))
			}
		}
	}
	s.hardware = nameSet{}.with(s.volume, s.price, s.pack, other)
	s.fleet.with(s.volume)
	for _, f := range c.Fleet {
		s.fleet.add(f.Cars)
	}
	if v := c.Survival; v != nil {
		s.fleet.add(v.MeanYears, v.Shape)
		s.software.add(v.Resale, v.SecondOwner)
	}
	s.software.with(s.fleet)
	for i := range c.Products {
		p := &c.Products[i]
		s.software.add(p.Bundle.Quarters, p.Renewal, p.Churn, p.Partner, p.Payment)
		s.software.with(c.path(p.Attach), c.path(&p.ARPU), c.path(p.Inference))
		if a := p.Adoption; a != nil {
			s.software.add(a.Ceiling, a.Midpoint, a.Slope, a.P, a.Q)
		}
	}
	r, o := c.Running, c.Overhead
	s.software.with(c.path(r.Connectivity), c.path(r.OTAGB), c.path(r.OTACost), c.path(r.Store))
	for _, l := range c.Licences {
		s.licence.add(l.Margin)
		s.licence.with(c.path(l.Fixed), c.path(l.Royalty), c.path(l.Cars))
	}
	s.fixed.add(o.OpExShare)
	s.fixed.with(c.path(o.OpEx), c.path(o.RnD), c.path(o.Depreciation))
	if o.OpExShare != "" {
		s.fixed.with(s.volume, s.price)
	}
	s.capital.with(c.path(o.CapEx))
	s.discount.add(c.Discount)
	s.all = nameSet{}.with(s.hardware, s.software, s.licence, s.fixed)
	return s
}

// ids lists the records of inputs in the case's order.
func (c *Case) ids(sets ...nameSet) []string {
	all := nameSet{}.with(sets...)
	out := []string{}
	for _, in := range c.Inputs {
		if all[in.Name] {
			out = append(out, in.ID)
		}
	}
	return out
}

// records lists the records of inputs by name.
func (p *plan) records(names ...string) []string {
	s := nameSet{}
	s.add(names...)
	return p.c.ids(s)
}

// behind lists the records behind a metric.
func (s sources) behind(c *Case, m Metric) []string {
	switch m {
	case Deliveries:
		return c.ids(s.volume)
	case VehicleRevenue, ASP:
		return c.ids(s.volume, s.price)
	case VehicleMargin, Hardware:
		return c.ids(s.hardware)
	case Software, Billed, Recognised, Deferred:
		return c.ids(s.software)
	case LicenceIncome:
		return c.ids(s.licence)
	case Fixed:
		return c.ids(s.fixed)
	case Fleet:
		return c.ids(s.fleet)
	case Revenue:
		return c.ids(s.volume, s.price, s.software, s.licence)
	case GrossMargin:
		return c.ids(s.hardware, s.software, s.licence)
	case Cash:
		return c.ids(s.all, s.capital)
	}
	return c.ids(s.all)
}

// unique drops what is there twice.
func unique(xs []string) []string {
	slices.Sort(xs)
	return slices.Compact(xs)
}

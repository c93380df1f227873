package sourcing_test

import (
	"fmt"
	"math"
	"slices"
	"time"

	"roadbook/supply/sourcing"
)

// verify recomputes a plan from the case's public fields alone: it shares no code with the optimiser. It returns the
// first rule that the plan breaks or the first cost that does not follow from its quantities.
func verify(c sourcing.Case, p sourcing.Plan) error {
	v := verifier{c: c, p: p}
	for i := range p.Scenarios {
		if err := v.scenario(i); err != nil {
			return fmt.Errorf("scenario %s: %w", p.Scenarios[i].ID, err)
		}
	}
	for _, d := range c.Rules.DualSource {
		seen := map[string]bool{}
		for _, a := range p.Awards {
			if a.Awarded && (d.Pack == "" || d.Pack == a.Pack) && (d.Chemistry == "" || d.Chemistry == a.Chemistry) {
				seen[a.Supplier] = true
			}
		}
		if float64(len(seen)) < d.Suppliers.Float() {
			return fmt.Errorf("dual source %s: %d suppliers", d.ID, len(seen))
		}
	}
	sum := int64(0)
	for _, l := range p.Cost {
		sum += l.Amount.Minor
	}
	if sum != p.Mean.Minor {
		return fmt.Errorf("the lines sum to %d, not to the mean %d", sum, p.Mean.Minor)
	}
	mean := 0.0
	for _, s := range p.Scenarios {
		mean += s.Probability * float64(s.Total.Minor)
	}
	if math.Abs(mean-float64(p.Mean.Minor)) > 20+1e-9*math.Abs(mean) {
		return fmt.Errorf("the scenarios' mean is %g, the plan's %d", mean, p.Mean.Minor)
	}
	if p.Bound.Minor > p.Objective.Minor {
		return fmt.Errorf("the bound %s lies above the plan %s", p.Bound, p.Objective)
	}
	return nil
}

type verifier struct {
	c sourcing.Case
	p sourcing.Plan
}

func (v verifier) fx(cur string) float64 {
	for _, r := range v.c.Rates {
		if string(r.From) == cur {
			return r.Rate.Float()
		}
	}
	return 1
}

// month returns how many months period t begins after the start.
func (v verifier) day(t int) time.Time { return v.c.Start.First().Time().AddDate(0, t*v.c.Step, 0) }

func (v verifier) year(t int) int {
	from := v.c.YearFrom
	start := v.c.Start.First().Time()
	if from == 0 {
		from = int(start.Month())
	}
	first := time.Date(start.Year(), time.Month(from), 1, 0, 0, 0, 0, time.UTC)
	if first.After(start) {
		first = first.AddDate(-1, 0, 0)
	}
	d := v.day(t)
	return (d.Year()-first.Year())*12/12 - map[bool]int{true: 1, false: 0}[d.Month() < first.Month()]
}

func (v verifier) index(id string, w, months int) float64 {
	for _, m := range v.c.Commodities {
		if m.ID != id {
			continue
		}
		if months < 0 {
			if m.Before.Given() {
				return m.Before.Float()
			}
			months = 0
		}
		t := min(months/v.c.Step, v.c.Periods-1)
		if w < len(v.c.Scenarios) {
			for _, s := range v.c.Scenarios[w].Commodities {
				if s.Commodity == id && s.Path.Given() {
					return s.Path.At(t)
				} else if s.Commodity == id {
					return m.Path.At(t) * s.Factor.At(t)
				}
			}
		}
		return m.Path.At(t)
	}
	return 0
}

func (v verifier) price(s sourcing.Supplier, o sourcing.Offer, w, t int) float64 {
	pack := v.c.Packs[slices.IndexFunc(v.c.Packs, func(p sourcing.Pack) bool { return p.ID == o.Pack })]
	fixed, moving := o.Price.Base.Float()*v.fx(string(s.Currency)), 0.0
	for _, term := range o.Price.Index {
		fixed -= term.Content.Float() * term.At.Float()
		x := v.index(term.Commodity, w, t*v.c.Step-term.Lag)
		if term.Floor.Given() && x < term.Floor.Float() {
			x = term.Floor.Float()
		}
		if term.Cap.Given() && x > term.Cap.Float() {
			x = term.Cap.Float()
		}
		moving += term.Content.Float() * x
	}
	doublings := float64(t*v.c.Step) / 12 * math.Log2(1+o.Price.Learn.Growth.Float())
	price := fixed*math.Pow(1-o.Price.Learn.Rate.Float(), doublings) + moving
	if o.Price.Per == "kwh" {
		price *= pack.KWh.Float()
	}
	return price
}

func (v verifier) barred(s sourcing.Supplier, pack string, t int) bool {
	for _, e := range v.c.Exclusions {
		chem := v.c.Packs[slices.IndexFunc(v.c.Packs, func(p sourcing.Pack) bool { return p.ID == pack })].Chemistry
		if e.Supplier != s.ID || e.Scope.Pack != "" && e.Scope.Pack != pack || e.Scope.Chemistry != "" && e.Scope.Chemistry != chem || e.Scope.Region != "" && e.Scope.Region != v.c.Region {
			continue
		}
		if e.To != "" && e.To <= v.c.AsOf {
			continue
		}
		from, to := v.day(t), v.day(t+1)
		if e.From.Time().Before(to) && (e.To == "" || e.To.Time().After(from)) {
			return true
		}
	}
	return false
}

func (v verifier) scenario(w int) error {
	c, out := v.c, v.p.Scenarios[w]
	var purchase, discount, orders, holding, shortage, missed float64
	stock := map[string]float64{}
	for _, p := range c.Packs {
		stock[p.ID] = p.Stock.Float()
	}
	bought := map[string]float64{} // supplier/pack/year
	kg, kwh := 0.0, 0.0
	for i, r := range out.Rows {
		t := i % c.Periods
		pack := c.Packs[slices.IndexFunc(c.Packs, func(p sourcing.Pack) bool { return p.ID == r.Pack })]
		in := r.Short
		for _, b := range r.Buys {
			s := c.Suppliers[slices.IndexFunc(c.Suppliers, func(s sourcing.Supplier) bool { return s.ID == b.Supplier })]
			o := s.Offers[slices.IndexFunc(s.Offers, func(o sourcing.Offer) bool { return o.Pack == r.Pack })]
			most := o.Capacity.At(t) * float64(c.Step)
			switch {
			case b.Packs > most*(1+1e-5)+1e-4 || b.Packs < o.MOQ.Float()*(1-1e-5)-1e-4:
				return fmt.Errorf("%s %s %s: %g packs are outside %g to %g", r.Month, b.Supplier, r.Pack, b.Packs, o.MOQ.Float(), most)
			case float64(t*c.Step) < o.Qualification.Months.Float():
				return fmt.Errorf("%s %s %s: not qualified yet", r.Month, b.Supplier, r.Pack)
			case v.barred(s, r.Pack, t):
				return fmt.Errorf("%s %s %s: excluded", r.Month, b.Supplier, r.Pack)
			}
			pr := v.price(s, o, w, t)
			if math.Abs(pr-b.Price) > 1e-6*(1+pr) {
				return fmt.Errorf("%s %s %s: price %g, want %g", r.Month, b.Supplier, r.Pack, b.Price, pr)
			}
			purchase += b.Packs * pr
			discount -= b.Packs * pr * b.Discount
			orders += s.OrderCost.Float() * v.fx(string(s.Currency))
			bought[fmt.Sprintf("%s/%s/%d", b.Supplier, r.Pack, v.year(t))] += b.Packs
			in += b.Packs
			kg += b.Packs * o.CO2.Float() * pack.KWh.Float()
			kwh += b.Packs * pack.KWh.Float()
			if !slices.ContainsFunc(v.p.Awards, func(a sourcing.Award) bool { return a.Awarded && a.Supplier == b.Supplier && a.Pack == r.Pack }) {
				return fmt.Errorf("%s %s %s: bought and not awarded", r.Month, b.Supplier, r.Pack)
			}
			if !v.tier(s, w, v.year(t), b.Discount) {
				return fmt.Errorf("%s %s: the discount %g is of no tier of year %d", r.Month, b.Supplier, b.Discount, v.year(t)+1)
			}
		}
		stock[r.Pack] += in - r.Used
		if math.Abs(stock[r.Pack]-r.Stock) > 1e-4*(1+r.Used) || r.Stock < -1e-6 {
			return fmt.Errorf("%s %s: stock %g, want %g", r.Month, r.Pack, r.Stock, stock[r.Pack])
		}
		if r.Short > 1e-4 && !pack.Shortage.Given() {
			return fmt.Errorf("%s %s: %g packs from nowhere", r.Month, r.Pack, r.Short)
		}
		holding += r.Stock * pack.Holding.Float() * float64(c.Step)
		shortage += r.Short * pack.Shortage.Float()
	}
	if err := v.demand(w); err != nil {
		return err
	}
	for _, s := range c.Suppliers {
		m, err := v.volumes(s, w, bought)
		if err != nil {
			return err
		}
		missed += m
	}
	if err := v.shares(bought); err != nil {
		return err
	}
	if cap := c.Rules.CO2Cap; cap.Given() && kg > cap.Float()*(1+1e-5) {
		return fmt.Errorf("%g kg CO2", kg)
	}
	if avg := c.Rules.CO2Average; avg.Given() && kg > avg.Float()*kwh*(1+1e-5) {
		return fmt.Errorf("%g kg CO2 a kWh", kg/kwh)
	}
	fixed := 0.0
	for _, a := range v.p.Awards {
		for _, s := range c.Suppliers {
			for _, o := range s.Offers {
				if a.Awarded && s.ID == a.Supplier && o.Pack == a.Pack {
					fixed += o.Qualification.Cost.Float() * v.fx(string(s.Currency))
				}
			}
		}
	}
	for i, want := range []float64{purchase, discount, fixed, orders, holding, shortage, missed} {
		if got := float64(out.Cost[i].Amount.Minor) / 100; math.Abs(got-want) > 1e-6*math.Abs(purchase)+1 {
			return fmt.Errorf("%s costs %.2f, the quantities say %.2f", out.Cost[i].Kind, got, want)
		}
	}
	return nil
}

func (v verifier) demand(w int) error {
	for t := range v.c.Periods {
		cars, used := 0.0, 0.0
		for _, tr := range v.c.Trims {
			f := 1.0
			if w < len(v.c.Scenarios) && v.c.Scenarios[w].Demand.Given() {
				f = v.c.Scenarios[w].Demand.At(t)
			}
			cars += tr.Demand.At(t) * f
		}
		for i := range v.c.Packs {
			used += v.p.Scenarios[w].Rows[i*v.c.Periods+t].Used
		}
		if math.Abs(cars-used) > 1e-4*(1+cars) {
			return fmt.Errorf("period %d: %g cars, %g packs", t, cars, used)
		}
	}
	return nil
}

func (v verifier) tiers(s sourcing.Supplier, year int) []sourcing.Tier {
	for _, y := range s.Years {
		if y.Year == year+1 {
			return y.Tiers
		}
	}
	return s.Tiers
}

func (v verifier) tier(s sourcing.Supplier, w, year int, discount float64) bool {
	for _, tc := range v.p.Tiers {
		if tc.Supplier == s.ID && tc.Year == year+1 && (tc.Scenario == "" || tc.Scenario == v.p.Scenarios[w].ID) {
			return math.Abs(tc.Discount-discount) < 1e-9
		}
	}
	return false
}

// volumes checks that each year's volume lies in the tier whose discount was taken and returns the price of what was
// missed.
func (v verifier) volumes(s sourcing.Supplier, w int, bought map[string]float64) (float64, error) {
	sum, count := 0.0, 0.0
	for _, o := range s.Offers {
		for t := range v.c.Periods {
			for i := range v.p.Scenarios {
				sum += v.p.Scenarios[i].Probability * v.price(s, o, i, t)
				count += v.p.Scenarios[i].Probability
			}
		}
	}
	missed := 0.0
	for _, tc := range v.p.Tiers {
		if tc.Supplier != s.ID || tc.Tier == 0 || tc.Scenario != "" && tc.Scenario != v.p.Scenarios[w].ID {
			continue
		}
		vol := 0.0
		for _, o := range s.Offers {
			vol += bought[fmt.Sprintf("%s/%s/%d", s.ID, o.Pack, tc.Year-1)]
		}
		list := v.tiers(s, tc.Year-1)
		if len(list) == 0 {
			continue
		}
		lo, hi := list[tc.Tier-1].From.Float(), math.Inf(1)
		if tc.Tier < len(list) {
			hi = list[tc.Tier].From.Float()
		}
		if list[tc.Tier-1].To.Given() {
			hi = list[tc.Tier-1].To.Float()
		}
		if vol > hi*(1+1e-5)+1e-3 {
			return 0, fmt.Errorf("%s year %d: %g packs in a tier up to %g", s.ID, tc.Year, vol, hi)
		}
		if short := lo - vol; short > 1e-3+1e-5*lo {
			if !s.TakeOrPay.Given() {
				return 0, fmt.Errorf("%s year %d: %g packs in a tier from %g", s.ID, tc.Year, vol, lo)
			}
			missed += short * s.TakeOrPay.Float() * sum / count
		}
	}
	return missed, nil
}

func (v verifier) shares(bought map[string]float64) error {
	years := v.year(v.c.Periods-1) + 1
	for _, m := range v.c.Rules.MaxShare {
		for y := range years {
			own, all := map[string]float64{}, 0.0
			for _, p := range v.c.Packs {
				if m.Pack != "" && m.Pack != p.ID || m.Chemistry != "" && m.Chemistry != p.Chemistry {
					continue
				}
				for _, s := range v.c.Suppliers {
					q := bought[fmt.Sprintf("%s/%s/%d", s.ID, p.ID, y)]
					own[s.ID] += q
					all += q
				}
			}
			for id, q := range own {
				if (m.Supplier == "" || m.Supplier == id) && q > m.Share.Float()*all*(1+1e-5)+1e-2 {
					return fmt.Errorf("%s has %g of %g in year %d", id, q, all, y+1)
				}
			}
		}
	}
	return nil
}

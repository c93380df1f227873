package sourcing

import (
	"fmt"

	"roadbook/evidence"
	"roadbook/period"
)

func (k *checker) suppliers() {
	c := k.c
	packs, goods, used := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range c.Packs {
		packs[c.Packs[i].ID] = true
	}
	for i := range c.Commodities {
		goods[c.Commodities[i].ID] = true
	}
	for i := range c.Suppliers {
		s := &c.Suppliers[i]
		at := fmt.Sprintf("/suppliers/%d", i)
		k.id(at+"/id", s.ID, used)
		k.currency(at+"/currency", s.Currency)
		if len(s.Name) > 200 {
			k.bad(at+"/name", "a name has at most 200 bytes")
		}
		k.owner = s.Evidence
		k.may(at+"/order_cost", "suppliers", &s.OrderCost, 0, MaxFigure)
		k.may(at+"/take_or_pay", "suppliers", &s.TakeOrPay, 0, 1)
		k.tiers(at+"/tiers", s.Tiers)
		k.count(at+"/years", len(s.Years), 0, MaxPeriods, "years")
		years := map[int]bool{}
		for j := range s.Years {
			y := &s.Years[j]
			yat := fmt.Sprintf("%s/years/%d", at, j)
			if y.Year < 1 || y.Year > MaxPeriods || years[y.Year] {
				k.bad(yat+"/year", "contract years count from 1, each once, not %d", y.Year)
			}
			years[y.Year] = true
			k.tiers(yat+"/tiers", y.Tiers)
		}
		k.count(at+"/offers", len(s.Offers), 1, MaxPacks, "offers")
		offered := map[string]bool{}
		for j := range s.Offers {
			o := &s.Offers[j]
			oat := fmt.Sprintf("%s/offers/%d", at, j)
			k.known(oat+"/pack", "pack", o.Pack, packs)
			if offered[o.Pack] {
				k.bad(oat+"/pack", "the pack %q is offered twice", o.Pack)
			}
			offered[o.Pack] = true
			k.offer(oat, o, goods)
		}
		k.owner = nil
	}
}

func (k *checker) offer(at string, o *Offer, goods map[string]bool) {
	if !o.Capacity.Given() {
		k.bad(at+"/capacity", "the packs a month that the supplier can deliver are needed")
	}
	k.series(at+"/capacity", "suppliers", &o.Capacity, 0, 1e9)
	k.may(at+"/moq", "suppliers", &o.MOQ, 0, 1e9)
	k.may(at+"/qualification/cost", "suppliers", &o.Qualification.Cost, 0, MaxFigure)
	k.may(at+"/qualification/months", "suppliers", &o.Qualification.Months, 0, 240)
	k.may(at+"/co2", "suppliers", &o.CO2, 0, 1e6)
	p := &o.Price
	if p.Per != "kwh" && p.Per != "pack" {
		k.bad(at+"/price/per", "a price is per \"kwh\" or per \"pack\", not %.20q", p.Per)
	}
	k.need(at+"/price/base", "suppliers", &p.Base, 0, MaxFigure)
	k.may(at+"/price/learn/rate", "suppliers", &p.Learn.Rate, 0, 0.5)
	k.may(at+"/price/learn/growth", "suppliers", &p.Learn.Growth, 0, 5)
	k.count(at+"/price/index", len(p.Index), 0, MaxCommodities, "index terms")
	included := 0.0
	for i := range p.Index {
		t := &p.Index[i]
		tat := fmt.Sprintf("%s/price/index/%d", at, i)
		k.known(tat+"/commodity", "commodity", t.Commodity, goods)
		k.need(tat+"/content", "suppliers", &t.Content, 0, 1e6)
		k.may(tat+"/at", "suppliers", &t.At, 0, MaxFigure)
		k.may(tat+"/floor", "suppliers", &t.Floor, 0, MaxFigure)
		k.may(tat+"/cap", "suppliers", &t.Cap, 0, MaxFigure)
		if t.Lag < 0 || t.Lag > 60 {
			k.bad(tat+"/lag", "a lag has 0 to 60 months, not %d", t.Lag)
		}
		if t.Floor.Given() && t.Cap.Given() && t.Floor.Float() > t.Cap.Float() {
			k.bad(tat+"/floor", "the collar's floor %s lies above its cap %s", t.Floor.Value, t.Cap.Value)
		}
		included += t.Content.Float() * t.At.Float() * fxOf(k.c, commodityCurrency(k.c, t.Commodity))
	}
	if s := p.Base.Float() * fxOf(k.c, k.supplierCurrency(at)); included > s {
		k.bad(at+"/price/base", "the base includes more commodity (%g) than it costs (%g)", included, s)
	}
}

// supplierCurrency finds the currency of the supplier at "/suppliers/<i>/…".
func (k *checker) supplierCurrency(at string) string {
	var i int
	if _, err := fmt.Sscanf(at, "/suppliers/%d/", &i); err != nil {
		return ""
	}
	return string(k.c.Suppliers[i].Currency)
}

func (k *checker) tiers(at string, tiers []Tier) {
	k.count(at, len(tiers), 0, MaxTiers, "tiers")
	for i := range tiers {
		t := &tiers[i]
		tat := fmt.Sprintf("%s/%d", at, i)
		k.need(tat+"/from", "suppliers", &t.From, 0, 1e9)
		k.may(tat+"/to", "suppliers", &t.To, 0, 1e9)
		k.need(tat+"/discount", "suppliers", &t.Discount, 0, 0.9)
		if i > 0 && t.From.Float() <= tiers[i-1].From.Float() {
			k.bad(tat+"/from", "tiers begin higher and higher: %s follows %s", t.From.Value, tiers[i-1].From.Value)
		}
		if t.To.Given() && t.To.Float() < t.From.Float() {
			k.bad(tat+"/to", "the tier ends at %s, before it begins at %s", t.To.Value, t.From.Value)
		}
	}
}

func (k *checker) rules() {
	c := k.c
	packs, chems, sups := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range c.Packs {
		packs[c.Packs[i].ID], chems[c.Packs[i].Chemistry] = true, true
	}
	for i := range c.Suppliers {
		sups[c.Suppliers[i].ID] = true
	}
	scope := func(at, pack, chem string) {
		if pack != "" {
			k.known(at+"/pack", "pack", pack, packs)
		}
		if chem != "" {
			k.known(at+"/chemistry", "chemistry", chem, chems)
		}
		if pack != "" && chem != "" {
			k.bad(at, "a rule is for a pack or for a chemistry, not for both")
		}
	}
	r := &c.Rules
	k.count("/rules/max_share", len(r.MaxShare), 0, MaxRules, "rules")
	k.count("/rules/dual_source", len(r.DualSource), 0, MaxRules, "rules")
	used := map[string]bool{}
	for i := range r.MaxShare {
		m := &r.MaxShare[i]
		at := fmt.Sprintf("/rules/max_share/%d", i)
		if m.ID == "" {
			m.ID = ruleID(m.Pack, m.Chemistry, m.Supplier)
		}
		k.id(at+"/id", m.ID, used)
		scope(at, m.Pack, m.Chemistry)
		if m.Supplier != "" {
			k.known(at+"/supplier", "supplier", m.Supplier, sups)
		}
		k.need(at+"/share", "rules", &m.Share, 0.001, 1)
	}
	used = map[string]bool{}
	for i := range r.DualSource {
		d := &r.DualSource[i]
		at := fmt.Sprintf("/rules/dual_source/%d", i)
		if d.ID == "" {
			d.ID = ruleID(d.Pack, d.Chemistry, "")
		}
		k.id(at+"/id", d.ID, used)
		scope(at, d.Pack, d.Chemistry)
		k.need(at+"/suppliers", "rules", &d.Suppliers, 1, 10)
		if f := d.Suppliers.Float(); k.err == nil && f != float64(int(f)) {
			k.bad(at+"/suppliers", "a whole number of suppliers is needed, not %s", d.Suppliers.Value)
		}
	}
	k.may("/rules/co2_cap", "rules", &r.CO2Cap, 0, MaxFigure)
	k.may("/rules/co2_average", "rules", &r.CO2Average, 0, 1e6)
}

func ruleID(pack, chem, supplier string) string {
	id := pack + chem
	if id == "" {
		id = "all"
	}
	if supplier != "" {
		id += "." + supplier
	}
	return id
}

func (k *checker) exclusions() {
	c := k.c
	packs, chems, models, used := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	sups := map[string]bool{}
	for i := range c.Packs {
		packs[c.Packs[i].ID], chems[c.Packs[i].Chemistry] = true, true
	}
	for i := range c.Suppliers {
		sups[c.Suppliers[i].ID] = true
	}
	for i := range c.Trims {
		models[c.Trims[i].ID] = true
		if m := c.Trims[i].Model; m != "" {
			models[m] = true
		}
	}
	for i := range c.Exclusions {
		e := &c.Exclusions[i]
		at := fmt.Sprintf("/exclusions/%d", i)
		k.id(at+"/id", e.ID, used)
		k.known(at+"/supplier", "supplier", e.Supplier, sups)
		if e.Scope.Pack != "" {
			k.known(at+"/scope/pack", "pack", e.Scope.Pack, packs)
		}
		if e.Scope.Chemistry != "" {
			k.known(at+"/scope/chemistry", "chemistry", e.Scope.Chemistry, chems)
		}
		if e.Scope.Model != "" {
			k.known(at+"/scope/model", "model or trim", e.Scope.Model, models)
			k.separable(at, e.Scope.Model)
		}
		if e.Scope.Region != "" {
			k.id(at+"/scope/region", e.Scope.Region, nil)
			if c.Region == "" {
				k.bad(at+"/scope/region", "an exclusion for a region needs the case's own region at /region")
			}
		}
		k.date(at+"/from", e.From, true)
		k.date(at+"/to", e.To, false)
		k.date(at+"/review", e.Review, true)
		if e.To != "" && e.To <= e.From {
			k.bad(at+"/to", "the exclusion ends on %s, before it has begun on %s", e.To, e.From)
		}
		for _, f := range []struct{ name, text string }{{"reason", e.Reason}, {"owner", e.Owner}} {
			if f.text == "" || len(f.text) > evidence.MaxText {
				k.bad(at+"/"+f.name, "an exclusion names its %s in 1 to %d bytes", f.name, evidence.MaxText)
			}
		}
		if err := e.Evidence.Check(at + "/evidence"); err != nil && k.err == nil {
			k.err = err
		}
		if k.err == nil && !e.Evidence.Known(c.AsOf) {
			k.bad(at+"/evidence/vintage", "the exclusion became known on %s, after the day of the decision, %s", e.Evidence.Vintage, c.AsOf)
		}
		if k.err == nil {
			k.seen(e.Evidence.Level)
		}
	}
}

// separable refuses a model whose packs also go into another: a pack in stock does not know its supplier.
func (k *checker) separable(at, model string) {
	inside, outside := map[string]bool{}, map[string]bool{}
	for i := range k.c.Trims {
		t := &k.c.Trims[i]
		set := outside
		if t.ID == model || t.Model == model {
			set = inside
		}
		for _, p := range t.Packs {
			set[p] = true
		}
	}
	for p := range inside {
		if outside[p] {
			k.bad(at+"/scope/model", "an exclusion for the model %q cannot be kept: its packs (such as %q) also fit other models; give it packs of its own", model, p)
			return
		}
	}
}

func (k *checker) date(at string, d period.Date, must bool) {
	if d == "" && !must {
		return
	}
	if _, err := period.ParseDate(string(d)); err != nil {
		k.bad(at, "%.20q is not a date of the form YYYY-MM-DD", d)
	}
}

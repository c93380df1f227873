package sourcing

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// idForm keeps ids usable in the names of rows and columns.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// sections may have default evidence.
var sections = []string{"default", "rates", "commodities", "packs", "trims", "suppliers", "rules", "scenarios"}

// checker walks a case: it refuses the first thing that is wrong and gives each figure the evidence of its section.
type checker struct {
	c     *Case
	err   error
	owner *evidence.Evidence // default of the supplier that is being read
	seen  func(evidence.Level)
	late  int // assumptions entered after the day of the decision
}

// Check refuses a case that no award can be computed for, with the JSON pointer of what is wrong, and fills in the
// evidence that figures take from their section. It is idempotent.
func (c *Case) Check() error {
	k := &checker{c: c, seen: func(evidence.Level) {}}
	k.all()
	return k.err
}

func (k *checker) bad(at, format string, args ...any) {
	if k.err == nil {
		k.err = fault.New(fault.Invalid, "source", format, args...).At(at)
	}
}

func (k *checker) id(at, id string, used map[string]bool) {
	if !idForm.MatchString(id) {
		k.bad(at, "%.50q is not an id of 1 to 40 letters, digits, '.', '_' and '-'", id)
	}
	if used != nil {
		if used[id] {
			k.bad(at, "the id %q is used twice", id)
		}
		used[id] = true
	}
}

func (k *checker) count(at string, n, lo, hi int, what string) bool {
	if n < lo || n > hi {
		k.bad(at, "%d to %d %s are read, not %d", lo, hi, what, n)
		return false
	}
	return k.err == nil
}

func (k *checker) known(at, what, id string, used map[string]bool) {
	if !used[id] {
		k.bad(at, "there is no %s %.50q in the case", what, id)
	}
}

func (k *checker) currency(at string, c money.Currency) {
	if c == "" || c == k.c.Currency {
		return
	}
	if _, err := c.Exponent(); err != nil {
		k.bad(at, "%v", err)
		return
	}
	if !slices.ContainsFunc(k.c.Rates, func(r Rate) bool { return r.From == c }) {
		k.bad(at, "there is no rate from %s to %s", c, k.c.Currency)
	}
}

// prove gives ev the default of its section and checks it.
func (k *checker) prove(at, section string, ev *evidence.Evidence) {
	if *ev == (evidence.Evidence{}) {
		if k.owner != nil {
			*ev = *k.owner
		} else if d, ok := k.c.Evidence[section]; ok {
			*ev = d
		} else if d, ok := k.c.Evidence["default"]; ok {
			*ev = d
		} else {
			k.bad(at, "the figure has no evidence: name source, date, vintage, who and level, here or for the section in /evidence/%s", section)
			return
		}
	}
	if err := ev.Check(at); err != nil && k.err == nil {
		k.err = err
		return
	}
	if k.c.AsOf != "" && !ev.Known(k.c.AsOf) {
		if ev.Level == evidence.Assumed {
			k.late++ // an assumption is no knowledge; the plan says how many came after the day
		} else {
			k.bad(at+"/vintage", "the figure became known on %s, after the day of the decision, %s", ev.Vintage, k.c.AsOf)
		}
	}
	k.seen(ev.Level)
}

// need checks a figure that must be given, may one that need not.
func (k *checker) need(at, section string, f *Figure, lo, hi float64) {
	if !f.Given() {
		k.bad(at, "a number from %g to %g is needed here", lo, hi)
		return
	}
	k.may(at, section, f, lo, hi)
}

func (k *checker) may(at, section string, f *Figure, lo, hi float64) {
	if k.err != nil {
		return
	}
	if !f.Given() {
		if f.Evidence != (evidence.Evidence{}) {
			k.bad(at+"/value", "there is evidence but no value")
		}
		return
	}
	if err := checkNumber(at, f.Value, lo, hi); err != nil {
		k.err = err
		return
	}
	k.prove(at, section, &f.Evidence)
}

func (k *checker) series(at, section string, s *Series, lo, hi float64) {
	if k.err != nil || !s.Given() {
		return
	}
	if n := len(s.Values); n != 1 && n != k.c.Periods {
		k.bad(at, "one number for all periods or one for each of the %d is needed, not %d", k.c.Periods, n)
		return
	}
	for i, v := range s.Values {
		if err := checkNumber(fmt.Sprintf("%s/%d", at, i), v, lo, hi); err != nil {
			k.err = err
			return
		}
	}
	k.prove(at, section, &s.Evidence)
}

func (k *checker) all() {
	c := k.c
	if c.Name == "" || len(c.Name) > 200 || len(c.Title) > 400 {
		k.bad("/name", "a case has a name of 1 to 200 bytes and a title of at most 400")
	}
	if _, err := c.Currency.Exponent(); err != nil {
		k.bad("/currency", "%v", err)
	}
	if _, err := period.ParseDate(string(c.AsOf)); err != nil {
		k.bad("/as_of", "the day of the decision is needed: %v", err)
	}
	if _, err := period.ParseDate(string(c.Start) + "-01"); err != nil {
		k.bad("/start", "%.20q is not a month of the form YYYY-MM", c.Start)
	}
	if c.Step == 0 {
		c.Step = 1
	}
	if !slices.Contains([]int{1, 2, 3, 4, 6, 12}, c.Step) {
		k.bad("/step", "a period has 1, 2, 3, 4, 6 or 12 months, not %d", c.Step)
	}
	if c.YearFrom < 0 || c.YearFrom > 12 {
		k.bad("/year_from", "contract years begin in month 1 to 12, or 0 for the month of the start, not %d", c.YearFrom)
	}
	if c.Rebates == "" {
		c.Rebates = "contract"
	}
	if c.Rebates != "contract" && c.Rebates != "year_end" {
		k.bad("/rebates", "%.20q is neither \"contract\" nor \"year_end\"", c.Rebates)
	}
	if !k.count("/periods", c.Periods, 1, MaxPeriods, "periods") || !k.count("/suppliers", len(c.Suppliers), 1, MaxSuppliers, "suppliers") ||
		!k.count("/packs", len(c.Packs), 1, MaxPacks, "packs") || !k.count("/trims", len(c.Trims), 1, MaxTrims, "trims") ||
		!k.count("/scenarios", len(c.Scenarios), 0, MaxScenarios, "scenarios") || !k.count("/commodities", len(c.Commodities), 0, MaxCommodities, "commodities") ||
		!k.count("/exclusions", len(c.Exclusions), 0, MaxExclusions, "exclusions") || !k.count("/rates", len(c.Rates), 0, 40, "rates") {
		return
	}
	for name, ev := range c.Evidence {
		if !slices.Contains(sections, name) {
			k.bad("/evidence/"+name, "default evidence is given for %v, not for %.40q", sections, name)
		}
		if err := ev.Check("/evidence/" + name); err != nil && k.err == nil {
			k.err = err
		}
	}
	k.rates()
	k.goods()
	k.suppliers()
	k.rules()
	k.exclusions()
	k.scenarios()
	if k.err == nil {
		cells := c.Periods * max(1, len(c.Scenarios))
		offers := 0
		for i := range c.Suppliers {
			offers += len(c.Suppliers[i].Offers)
		}
		if cells *= offers; cells > MaxCells {
			k.bad("/", "offers × periods × scenarios make %d cells; at most %d are solved", cells, MaxCells)
		}
	}
}

func (k *checker) rates() {
	used := map[string]bool{}
	for i := range k.c.Rates {
		r := &k.c.Rates[i]
		at := fmt.Sprintf("/rates/%d", i)
		if _, err := r.From.Exponent(); err != nil {
			k.bad(at+"/from", "%v", err)
		}
		if r.To != k.c.Currency {
			k.bad(at+"/to", "rates lead to the case's currency %s, not to %.10q", k.c.Currency, string(r.To))
		}
		if used[string(r.From)] || r.From == k.c.Currency {
			k.bad(at+"/from", "one rate is needed for %s, and none for the case's own currency", r.From)
		}
		used[string(r.From)] = true
		k.need(at+"/rate", "rates", &r.Rate, 1e-9, 1e9)
	}
	used = map[string]bool{}
	for i := range k.c.Commodities {
		m := &k.c.Commodities[i]
		at := fmt.Sprintf("/commodities/%d", i)
		k.id(at+"/id", m.ID, used)
		k.currency(at+"/currency", m.Currency)
		if !m.Path.Given() {
			k.bad(at+"/path", "a price per kg is needed")
		}
		k.series(at+"/path", "commodities", &m.Path, 0, MaxFigure)
		k.may(at+"/before", "commodities", &m.Before, 0, MaxFigure)
	}
}

func (k *checker) goods() {
	used := map[string]bool{}
	for i := range k.c.Packs {
		p := &k.c.Packs[i]
		at := fmt.Sprintf("/packs/%d", i)
		k.id(at+"/id", p.ID, used)
		k.id(at+"/chemistry", p.Chemistry, nil)
		k.need(at+"/kwh", "packs", &p.KWh, 0.001, 1e6)
		k.need(at+"/holding", "packs", &p.Holding, 0, MaxFigure)
		k.may(at+"/shortage", "packs", &p.Shortage, 0, MaxFigure)
		k.may(at+"/stock", "packs", &p.Stock, 0, MaxFigure)
	}
	trims := map[string]bool{}
	for i := range k.c.Trims {
		t := &k.c.Trims[i]
		at := fmt.Sprintf("/trims/%d", i)
		k.id(at+"/id", t.ID, trims)
		if t.Model != "" {
			k.id(at+"/model", t.Model, nil)
		}
		k.count(at+"/packs", len(t.Packs), 1, MaxPacks, "packs")
		own := map[string]bool{}
		for j, p := range t.Packs {
			pat := fmt.Sprintf("%s/packs/%d", at, j)
			k.known(pat, "pack", p, used)
			if own[p] {
				k.bad(pat, "the pack %q is named twice", p)
			}
			own[p] = true
		}
		if !t.Demand.Given() {
			k.bad(at+"/demand", "the number of cars in each period is needed")
		}
		k.series(at+"/demand", "trims", &t.Demand, 0, 1e9)
	}
}

// sumTo1 compares probabilities.
func sumTo1(v float64) bool { return math.Abs(v-1) < 1e-6 }

func (k *checker) scenarios() {
	c := k.c
	used, sum := map[string]bool{}, 0.0
	goods := map[string]bool{}
	for i := range c.Commodities {
		goods[c.Commodities[i].ID] = true
	}
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		at := fmt.Sprintf("/scenarios/%d", i)
		k.id(at+"/id", s.ID, used)
		k.need(at+"/probability", "scenarios", &s.Probability, 1e-9, 1)
		sum += s.Probability.Float()
		k.series(at+"/demand", "scenarios", &s.Demand, 0, 100)
		own := map[string]bool{}
		for j := range s.Commodities {
			p := &s.Commodities[j]
			pat := fmt.Sprintf("%s/commodities/%d", at, j)
			k.known(pat+"/commodity", "commodity", p.Commodity, goods)
			if own[p.Commodity] || p.Path.Given() == p.Factor.Given() {
				k.bad(pat, "a commodity has one path or one factor within a scenario")
			}
			own[p.Commodity] = true
			k.series(pat+"/path", "scenarios", &p.Path, 0, MaxFigure)
			k.series(pat+"/factor", "scenarios", &p.Factor, 0, 100)
		}
	}
	if len(c.Scenarios) > 0 && !sumTo1(sum) {
		k.bad("/scenarios", "the probabilities sum to %g, not 1", sum)
	}
	k.may("/risk/lambda", "scenarios", &c.Risk.Lambda, 0, 1)
	k.may("/risk/alpha", "scenarios", &c.Risk.Alpha, 0, 0.9999)
	if c.Risk.Lambda.Float() > 0 && !c.Risk.Alpha.Given() {
		k.bad("/risk/alpha", "a weight on CVaR needs its level alpha")
	}
	if c.Sensitivity.Commodity != "" {
		k.known("/sensitivity/commodity", "commodity", c.Sensitivity.Commodity, goods)
	}
	k.count("/sensitivity/factors", len(c.Sensitivity.Factors), 0, MaxFactors, "factors")
	for i, f := range c.Sensitivity.Factors {
		if err := checkNumber(fmt.Sprintf("/sensitivity/factors/%d", i), f, 0, 100); err != nil && k.err == nil {
			k.err = err
		}
	}
}

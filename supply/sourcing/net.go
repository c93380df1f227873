package sourcing

import (
	"fmt"
	"math"
	"slices"

	"roadbook/evidence"
	"roadbook/period"
)

// unit is the size of the money unit of the optimisation in major units: costs of a case range from a pack's holding to
// billions, and engines work best near 1.
const unit = 1000

// net is a case in numbers: indices instead of ids, thousands of the case's currency, packs a period.
type net struct {
	c          *Case
	S, C, T    int
	Y, W, M    int
	months     []period.Month
	year       []int // contract year of a period, from 0
	first      []int // first period of a year
	prob       []float64
	lambda     float64
	alpha      float64
	pairs      []pair
	of         [][]int       // pairs of a supplier
	at         [][]int       // pairs of a pack
	tiers      [][][]band    // [supplier][year]
	top        []float64     // take-or-pay price of a missed pack; negative: a tier must be reached
	need       [][][]float64 // [trim][period][scenario]
	allowed    [][]int
	stock      []float64
	hold       []float64
	short      []float64 // negative: no elsewhere
	shares     []share
	duals      []dual
	co2cap     float64 // negative: none
	co2avg     float64 // negative: none
	kwh        []float64
	contract   bool // tiers are shared by the scenarios
	cars       float64
	notes      []Note
	levels     map[evidence.Level]int
	exclusions []barrier
}

// pair is one offer.
type pair struct {
	s, c       int
	fix, order float64
	moq, co2   float64
	ready      int // first period of delivery
	open       []bool
	cap        []float64
	price      [][]float64 // [scenario][period]
	barred     []int       // exclusions that bind
}

type band struct{ lo, hi, off float64 }

// share caps supplier (−1: each) at sigma of the packs in set, a year.
type share struct {
	id       string
	set      []int
	supplier int
	sigma    float64
}

type dual struct {
	id  string
	set []int
	n   float64
}

// barrier is an exclusion in numbers.
type barrier struct {
	index  int // in Case.Exclusions
	cells  [][2]int
	status string // "binds", "expired", "outside", "elsewhere"
}

// yw is the number of tier decisions of a supplier and year.
func (n *net) yw() int {
	if n.contract {
		return 1
	}
	return n.W
}

// compile turns a checked case into numbers.
func compile(c *Case) (*net, error) {
	n := &net{c: c, S: len(c.Suppliers), C: len(c.Packs), T: c.Periods, W: max(1, len(c.Scenarios)), M: len(c.Trims),
		lambda: c.Risk.Lambda.Float(), alpha: c.Risk.Alpha.Float(), contract: c.Rebates != "year_end", co2cap: -1, co2avg: -1, levels: map[evidence.Level]int{}}
	k := &checker{c: c, seen: func(l evidence.Level) { n.levels[l]++ }}
	if k.all(); k.err != nil {
		return nil, k.err
	}
	n.calendar()
	for i := range n.W {
		p := 1.0
		if len(c.Scenarios) > 0 {
			p = c.Scenarios[i].Probability.Float()
		}
		n.prob = append(n.prob, p)
	}
	for i := range c.Packs {
		p := &c.Packs[i]
		n.kwh = append(n.kwh, p.KWh.Float())
		n.stock = append(n.stock, p.Stock.Float())
		n.hold = append(n.hold, p.Holding.Float()*float64(c.Step)/unit)
		s := -1.0
		if p.Shortage.Given() {
			s = p.Shortage.Float() / unit
		}
		n.short = append(n.short, s)
	}
	for i := range c.Trims {
		t := &c.Trims[i]
		var allowed []int
		for _, id := range t.Packs {
			allowed = append(allowed, n.pack(id))
		}
		need := make([][]float64, n.T)
		for p := range need {
			need[p] = make([]float64, n.W)
			for w := range need[p] {
				f := 1.0
				if len(c.Scenarios) > 0 && c.Scenarios[w].Demand.Given() {
					f = c.Scenarios[w].Demand.At(p)
				}
				need[p][w] = t.Demand.At(p) * f
				n.cars += need[p][w] * n.prob[w]
			}
		}
		n.allowed, n.need = append(n.allowed, allowed), append(n.need, need)
	}
	n.at = make([][]int, n.C)
	for i := range c.Suppliers {
		n.supplier(i)
	}
	n.exclude()
	n.ruleset()
	if k.late > 0 {
		n.note("assumed_later", "", "%d assumed figures were entered after %s, the day of the decision: the plan is a demonstration, not what that day could have computed", k.late, c.AsOf)
	}
	return n, nil
}

func (n *net) note(code, pointer, format string, args ...any) {
	n.notes = append(n.notes, Note{Code: code, Pointer: pointer, Words: fmt.Sprintf(format, args...)})
}

func (n *net) pack(id string) int {
	return slices.IndexFunc(n.c.Packs, func(p Pack) bool { return p.ID == id })
}

func (n *net) calendar() {
	c := n.c
	from := c.YearFrom
	start := c.Start.First().Time()
	if from == 0 {
		from = int(start.Month())
	}
	for t := range n.T {
		day := start.AddDate(0, t*c.Step, 0)
		n.months = append(n.months, period.MonthOf(day))
		// Months since the first contract year began before or at the start.
		offset := (int(start.Month()) - from + 12) % 12
		y := (offset + t*c.Step) / 12
		n.year = append(n.year, y)
		if y >= n.Y {
			n.Y = y + 1
			n.first = append(n.first, t)
		}
	}
}

func (n *net) supplier(i int) {
	c, s := n.c, &n.c.Suppliers[i]
	fx := fxOf(c, s.Currency)
	n.of = append(n.of, nil)
	sum, count := 0.0, 0.0
	for j := range s.Offers {
		o := &s.Offers[j]
		p := pair{s: i, c: n.pack(o.Pack), fix: o.Qualification.Cost.Float() * fx / unit, order: s.OrderCost.Float() * fx / unit,
			moq: o.MOQ.Float(), co2: o.CO2.Float(), ready: int(math.Ceil(o.Qualification.Months.Float()/float64(c.Step) - 1e-9)),
			open: make([]bool, n.T), cap: make([]float64, n.T), price: make([][]float64, n.W)}
		p.co2 *= n.kwh[p.c]
		for t := range n.T {
			p.cap[t] = o.Capacity.At(t) * float64(c.Step)
			p.open[t] = t >= p.ready && p.cap[t] > 0 && p.cap[t] >= p.moq
		}
		for w := range n.W {
			p.price[w] = make([]float64, n.T)
			for t := range n.T {
				p.price[w][t] = priceOf(c, s, o, w, t) / unit
				sum += p.price[w][t] * n.prob[w]
				count += n.prob[w]
			}
		}
		n.of[i] = append(n.of[i], len(n.pairs))
		n.at[p.c] = append(n.at[p.c], len(n.pairs))
		n.pairs = append(n.pairs, p)
	}
	n.top = append(n.top, -1)
	if s.TakeOrPay.Given() && count > 0 {
		n.top[i] = s.TakeOrPay.Float() * sum / count
	}
	var years [][]band
	for y := range n.Y {
		list := s.Tiers
		for _, alt := range s.Years {
			if alt.Year == y+1 {
				list = alt.Tiers
			}
		}
		end := 0.0 // what the supplier can deliver in the year
		for t := range n.T {
			for _, k := range n.of[i] {
				if n.year[t] == y {
					end += n.pairs[k].cap[t]
				}
			}
		}
		var bands []band
		for r := range list {
			b := band{lo: list[r].From.Float(), hi: end, off: list[r].Discount.Float()}
			switch {
			case list[r].To.Given():
				b.hi = math.Min(end, list[r].To.Float())
			case r+1 < len(list):
				b.hi = math.Min(end, list[r+1].From.Float())
			}
			bands = append(bands, b)
		}
		if len(bands) == 0 {
			bands = []band{{0, end, 0}}
		}
		years = append(years, bands)
	}
	n.tiers = append(n.tiers, years)
}

// set returns the packs that a pack, a chemistry or neither (all) names.
func (n *net) set(pack, chem string) []int {
	var out []int
	for i := range n.c.Packs {
		if p := &n.c.Packs[i]; pack == "" && chem == "" || p.ID == pack || pack == "" && p.Chemistry == chem {
			out = append(out, i)
		}
	}
	return out
}

func (n *net) ruleset() {
	r := &n.c.Rules
	for _, m := range r.MaxShare {
		if m.Share.Float() >= 1 {
			continue
		}
		s := -1
		if m.Supplier != "" {
			s = slices.IndexFunc(n.c.Suppliers, func(x Supplier) bool { return x.ID == m.Supplier })
		}
		n.shares = append(n.shares, share{m.ID, n.set(m.Pack, m.Chemistry), s, m.Share.Float()})
	}
	for _, d := range r.DualSource {
		n.duals = append(n.duals, dual{d.ID, n.set(d.Pack, d.Chemistry), d.Suppliers.Float()})
	}
	if r.CO2Cap.Given() {
		n.co2cap = r.CO2Cap.Float()
	}
	if r.CO2Average.Given() {
		n.co2avg = r.CO2Average.Float()
	}
}

// exclude closes the barred cells and notes what a person must look at.
func (n *net) exclude() {
	c := n.c
	horizon := period.Span{From: c.Start.First(), To: period.DateOf(c.Start.First().Time().AddDate(0, n.T*c.Step, 0))}
	for i := range c.Exclusions {
		e := &c.Exclusions[i]
		at := fmt.Sprintf("/exclusions/%d", i)
		b := barrier{index: i}
		span := period.Span{From: e.From, To: e.To}
		switch over := horizon.Overlap(span); {
		case e.Scope.Region != "" && e.Scope.Region != c.Region:
			b.status = "elsewhere"
		case e.To != "" && e.To <= c.AsOf:
			b.status = "expired"
			n.note("exclusion_expired", at+"/to", "the exclusion %q of %s ended on %s and no longer binds: %s decides whether it is renewed or closed", e.ID, e.Supplier, e.To, e.Owner)
		case over.From >= over.To:
			b.status = "outside"
		default:
			b.status = "binds"
			n.bar(&b, e, span)
		}
		if b.status == "binds" && e.Review <= c.AsOf {
			n.note("exclusion_review_due", at+"/review", "the exclusion %q of %s was to be reviewed on %s: %s has not", e.ID, e.Supplier, e.Review, e.Owner)
		}
		if b.status == "binds" && e.To != "" && e.To < horizon.To {
			n.note("exclusion_ends_within", at+"/to", "the exclusion %q of %s ends on %s, within the horizon: the plan may buy from it afterwards", e.ID, e.Supplier, e.To)
		}
		n.exclusions = append(n.exclusions, b)
	}
}

func (n *net) bar(b *barrier, e *Exclusion, span period.Span) {
	for k := range n.pairs {
		p := &n.pairs[k]
		if n.c.Suppliers[p.s].ID != e.Supplier || !slices.Contains(n.set(e.Scope.Pack, e.Scope.Chemistry), p.c) {
			continue
		}
		if e.Scope.Pack != "" && e.Scope.Chemistry != "" && n.c.Packs[p.c].Chemistry != e.Scope.Chemistry {
			continue
		}
		if e.Scope.Model != "" && !n.fits(p.c, e.Scope.Model) {
			continue
		}
		hit := false
		for t := range n.T {
			day := n.months[t].First().Time()
			cell := period.Span{From: period.DateOf(day), To: period.DateOf(day.AddDate(0, n.c.Step, 0))}
			if o := cell.Overlap(span); o.From < o.To {
				b.cells = append(b.cells, [2]int{k, t})
				hit = true
			}
		}
		if hit {
			p.barred = append(p.barred, b.index)
		}
	}
	for _, cell := range b.cells {
		n.pairs[cell[0]].open[cell[1]] = false
	}
}

// fits reports whether a pack goes into a model.
func (n *net) fits(pack int, model string) bool {
	for i := range n.c.Trims {
		if t := &n.c.Trims[i]; t.ID == model || t.Model == model {
			if slices.Contains(n.allowed[i], pack) {
				return true
			}
		}
	}
	return false
}

// usable reports whether the pair can deliver in any period.
func (p *pair) usable() bool { return slices.Contains(p.open, true) }

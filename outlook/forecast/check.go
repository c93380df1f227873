package forecast

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/outlook/chance"
	"roadbook/period"
)

// rule bounds what an input may be in the place where it is used.
type rule struct {
	say    string
	lo, hi float64
	open   bool // lo and hi themselves are refused
	known  bool // must be fixed
	whole  bool
}

var (
	anyNumber = rule{say: "any number", lo: math.Inf(-1), hi: math.Inf(1)}
	notBelow0 = rule{say: "0 or more", lo: 0, hi: math.Inf(1)}
	above0    = rule{say: "above 0", lo: 0, hi: math.Inf(1), open: true}
	aShare    = rule{say: "a share from 0 to 1", lo: 0, hi: 1}
	aLearning = rule{say: "a fall per doubling, from 0 to below 0.95", lo: 0, hi: 0.95}
	aGrowth   = rule{say: "a growth above −1 (a loss of all) and up to 20 a year", lo: -1, hi: 20, open: true}
	aMargin   = rule{say: "a margin of at most 1", lo: math.Inf(-1), hi: 1}
	aCount    = rule{say: "a known whole number from 0 to 80", lo: 0, hi: MaxQuarters, known: true, whole: true}
)

// tail is the probability beyond which no draw lies: the inputs' bounds are checked at this quantile and its mirror.
const tail = 1e-12

// maxTimes is the most factors of a path.
const maxTimes = 4

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)

// checker walks a case and keeps the first thing that is wrong.
type checker struct {
	c     *Case
	err   error
	laws  map[string]chance.Dist
	index map[string]int
	used  map[string]bool
	times map[string]bool // processes, regimes, seasons
}

func (k *checker) fail(at, code, format string, args ...any) {
	if k.err == nil {
		k.err = fault.New(fault.Invalid, code, format, args...).At(at)
	}
}

// Check refuses a case that names what does not exist, that leaves out a source, a date, a vintage or a who, that uses
// what was not known on its day, or whose numbers cannot be what they are used for. The fault carries the JSON pointer.
func (c Case) Check() error {
	k := &checker{c: &c, laws: map[string]chance.Dist{}, index: map[string]int{}, used: map[string]bool{}, times: map[string]bool{}}
	k.frame()
	k.inputs()
	k.drivers()
	k.models()
	k.software()
	k.rest()
	for i, in := range c.Inputs {
		if k.err == nil && !k.used[in.Name] {
			k.fail(ptr("/inputs", i), "unused", "input %q is used nowhere: a figure without effect is a mistake", in.Name)
		}
	}
	return k.err
}

func ptr(list string, i int) string { return list + "/" + strconv.Itoa(i) }

func (k *checker) frame() {
	c := k.c
	if !nameForm.MatchString(c.Name) {
		k.fail("/name", "name", "a case's name is 1 to 64 small letters, digits, '.', '_' or '-', not %.80q", c.Name)
	}
	if _, err := c.Currency.Exponent(); err != nil {
		k.fail("/currency", "currency", "%v", err)
	}
	if _, err := period.ParseDate(string(c.AsOf)); err != nil {
		k.fail("/as_of", "date", "a case has the day on which it is known, of the form YYYY-MM-DD, not %.40q", c.AsOf)
	}
	if _, err := ParseQuarter(string(c.Start)); err != nil {
		k.fail("/start", "quarter", "%v", err)
	}
	if c.Quarters < 1 || c.Quarters > MaxQuarters {
		k.fail("/quarters", "quarters", "a case has 1 to %d quarters, not %d", MaxQuarters, c.Quarters)
	}
	for _, l := range []struct {
		at   string
		n, m int
	}{{"/inputs", len(c.Inputs), MaxInputs}, {"/models", len(c.Models), MaxModels}, {"/products", len(c.Products), MaxProducts},
		{"/processes", len(c.Processes), MaxProcesses}, {"/regimes", len(c.Regimes), MaxRegimes}, {"/seasons", len(c.Seasons), MaxRegimes},
		{"/fleet", len(c.Fleet), MaxSold}, {"/licences", len(c.Licences), MaxModels}, {"/correlations", len(c.Correlations), MaxCorrelations},
		{"/actuals", len(c.Actuals), 1000}, {"/asked/comparables", len(c.Asked.Comparables), 20}, {"/asked/confidences", len(c.Asked.Confidences), 20}} {
		if l.n > l.m {
			k.fail(l.at, "too_many", "at most %d, not %d", l.m, l.n)
		}
	}
}

func (k *checker) inputs() {
	for i, in := range k.c.Inputs {
		at := ptr("/inputs", i)
		if !nameForm.MatchString(in.Name) {
			k.fail(at+"/name", "name", "an input's name is 1 to 64 small letters, digits, '.', '_' or '-', not %.80q", in.Name)
		}
		if _, twice := k.index[in.Name]; twice {
			k.fail(at+"/name", "twice", "input %q is given twice", in.Name)
		}
		k.index[in.Name] = i
		k.proof(at, in.Evidence, true)
		d, err := in.DistAt(at)
		if err != nil {
			if k.err == nil {
				k.err = err
			}
			continue
		}
		k.laws[in.Name] = d
	}
	seen := map[[2]string]bool{}
	for i, r := range k.c.Correlations {
		at := ptr("/correlations", i)
		if len(r.Of) != 2 {
			k.fail(at+"/of", "correlation", "two inputs correlate, not %d", len(r.Of))
			continue
		}
		for j, name := range r.Of {
			if d, ok := k.laws[name]; !ok {
				k.fail(ptr(at+"/of", j), "unknown", "there is no input %.80q to correlate", name)
			} else if _, fixed := d.(chance.Fixed); fixed {
				k.fail(ptr(at+"/of", j), "correlation", "input %q is known, so nothing correlates with it", name)
			}
		}
		if !(r.Rho >= -1 && r.Rho <= 1) {
			k.fail(at+"/rho", "correlation", "a rank correlation lies from −1 to 1, not %g", r.Rho)
		}
		if r.Of[0] == r.Of[1] {
			k.fail(at+"/of", "correlation", "an input's correlation with itself is 1 and not given")
		}
		pair := [2]string{r.Of[0], r.Of[1]}
		if pair[0] > pair[1] {
			pair[0], pair[1] = pair[1], pair[0]
		}
		if seen[pair] {
			k.fail(at+"/of", "correlation", "the correlation of %q and %q is given twice; the matrix is symmetric", r.Of[0], r.Of[1])
		}
		seen[pair] = true
	}
}

// proof checks evidence; what is used must have been known on the case's day.
func (k *checker) proof(at string, e evidence.Evidence, known bool) {
	if err := e.Check(at); err != nil && k.err == nil {
		k.err = err
	}
	if known && k.err == nil && !e.Known(k.c.AsOf) {
		k.fail(at+"/vintage", "not_known_yet", "known since %s, and the case knows nothing after %s", e.Vintage, k.c.AsOf)
	}
}

// use checks that an input exists and can be what it is used for. An empty name is refused when it is needed.
func (k *checker) use(at, name string, r rule, needed bool) {
	if name == "" {
		if needed {
			k.fail(at, "missing", "name the input that gives this: %s", r.say)
		}
		return
	}
	i, ok := k.index[name]
	if !ok {
		k.fail(at, "unknown", "there is no input %.80q", name)
		return
	}
	k.used[name] = true
	d, ok := k.laws[name]
	if !ok {
		return
	}
	f, fixed := d.(chance.Fixed)
	lo, hi := d.Quantile(tail), d.Quantile(1-tail)
	switch {
	case r.known && !fixed:
		k.fail(ptr("/inputs", i), "must_be_known", "%q is used at %s, which must be %s, not a law", name, at, r.say)
	case r.whole && fixed && f.Value != math.Trunc(f.Value):
		k.fail(ptr("/inputs", i), "range", "%q is used at %s, which must be %s, not %g", name, at, r.say, f.Value)
	case lo < r.lo || hi > r.hi || r.open && (lo <= r.lo || hi >= r.hi):
		k.fail(ptr("/inputs", i), "range", "%q is used at %s, which must be %s; it can be from %.6g to %.6g", name, at, r.say, lo, hi)
	}
}

func (k *checker) path(at string, p *Path, r rule, needed bool) {
	if p == nil {
		return
	}
	if len(p.ByYear) == 0 || p.Base != "" {
		k.use(at+"/base", p.Base, r, needed)
	}
	first := 0
	for y, name := range p.ByYear {
		if y < 1900 || y > 2200 {
			k.fail(at+"/by_year", "year", "%d is no year of this case", y)
		}
		k.use(at+"/by_year/"+strconv.Itoa(y), name, r, true)
		if first == 0 || y < first {
			first = y
		}
	}
	if len(p.ByYear) > 0 && p.Base == "" && first > k.c.Start.Year() {
		k.fail(at+"/by_year", "missing", "the years begin with %d and the case with %s: give a base for the quarters before, or an earlier year", first, k.c.Start)
	}
	k.use(at+"/growth", p.Growth, aGrowth, false)
	k.use(at+"/drift", p.Drift, anyNumber, false)
	k.use(at+"/ramp", p.Ramp, above0, false)
	if p.Growth != "" && p.Drift != "" {
		k.fail(at+"/drift", "path", "a path grows or drifts, not both")
	}
	if p.Drift != "" && r.lo >= 0 {
		k.fail(at+"/drift", "path", "this must stay %s, and what drifts does not stop at 0: let it grow", r.say)
	}
	if p.Per != "" && p.Per != "quarter" && p.Per != "year" {
		k.fail(at+"/per", "path", "per is quarter or year, not %.40q", p.Per)
	}
	if len(p.Times) > maxTimes {
		k.fail(at+"/times", "too_many", "at most %d, not %d", maxTimes, len(p.Times))
	}
	for i, name := range p.Times {
		if !k.times[name] {
			k.fail(ptr(at+"/times", i), "unknown", "there is no process, regime or season %.80q", name)
		}
	}
}

func (k *checker) drivers() {
	named := func(at, name string) {
		if !nameForm.MatchString(name) || k.times[name] {
			k.fail(at+"/name", "name", "processes, regimes and seasons have names of their own of small letters, digits, '.', '_' or '-'; not %.80q", name)
		}
		k.times[name] = true
	}
	for i, p := range k.c.Processes {
		at := ptr("/processes", i)
		named(at, p.Name)
		k.use(at+"/start", p.Start, above0, true)
		k.use(at+"/mean", p.Mean, above0, true)
		k.use(at+"/kappa", p.Kappa, above0, true)
		k.use(at+"/sigma", p.Sigma, notBelow0, true)
	}
	for i, r := range k.c.Regimes {
		at := ptr("/regimes", i)
		named(at, r.Name)
		if _, err := ParseQuarter(string(r.From)); err != nil {
			k.fail(at+"/from", "quarter", "%v", err)
		}
		k.use(at+"/probability", r.Probability, aShare, false)
		k.use(at+"/hazard", r.Hazard, aShare, false)
		k.use(at+"/lasts", r.Lasts, aCount, false)
		k.use(at+"/factor", r.Factor, notBelow0, true)
	}
	for i, s := range k.c.Seasons {
		at := ptr("/seasons", i)
		named(at, s.Name)
		for _, q := range []struct{ at, name string }{{"q1", s.Q1}, {"q2", s.Q2}, {"q3", s.Q3}, {"q4", s.Q4}} {
			k.use(at+"/"+q.at, q.name, above0, true)
		}
	}
}

func (k *checker) models() {
	c := k.c
	if len(c.Models) == 0 {
		k.fail("/models", "missing", "a case has at least one model: without cars there is nothing to carry")
	}
	ids := map[string]bool{}
	for i, m := range c.Models {
		at := ptr("/models", i)
		if !nameForm.MatchString(m.ID) || ids[m.ID] {
			k.fail(at+"/id", "name", "models have ids of their own of small letters, digits, '.', '_' or '-'; not %.80q", m.ID)
		}
		ids[m.ID] = true
		for _, q := range []struct {
			at string
			q  Quarter
		}{{"/from", m.From}, {"/until", m.Until}} {
			if _, err := ParseQuarter(string(q.q)); err != nil && (q.q != "" || q.at == "/from") {
				k.fail(at+q.at, "quarter", "%v", err)
			}
		}
		if m.Until != "" && m.Until.Index() <= m.From.Index() {
			k.fail(at+"/until", "quarter", "a model that goes on sale in %s cannot leave in %s", m.From, m.Until)
		}
		k.path(at+"/volume", &m.Volume, notBelow0, true)
		k.path(at+"/price", &m.Price, notBelow0, true)
		k.path(at+"/gross_margin", m.GrossMargin, aMargin, true)
		costs := []struct {
			at string
			p  *Path
		}{{"/bom", m.BOM}, {"/assembly", m.Assembly}, {"/logistics", m.Logistics}, {"/warranty", m.Warranty}}
		n := 0
		for _, p := range costs {
			k.path(at+p.at, p.p, notBelow0, true)
			if p.p != nil {
				n++
			}
		}
		if m.Pack != nil {
			n++
			k.pack(at+"/pack", *m.Pack)
		}
		if m.GrossMargin != nil && n > 0 {
			k.fail(at+"/gross_margin", "model", "a model has a gross margin or cost terms, not both: the cost would be counted twice")
		}
		if m.GrossMargin == nil && n == 0 {
			k.fail(at, "model", "a model needs its cost: bom, pack and so on, or a gross_margin that stands for them")
		}
		if len(m.Claims) > 0 && m.Warranty == nil || len(m.Claims) > LifeQuarters/4 {
			k.fail(at+"/claims", "model", "claims pay out a warranty accrual over at most %d years of age", LifeQuarters/4)
		}
		for j, name := range m.Claims {
			k.use(ptr(at+"/claims", j), name, rule{say: "a known share above 0", lo: 0, hi: 1e9, open: true, known: true}, true)
		}
	}
	for i, s := range c.Fleet {
		at := ptr("/fleet", i)
		if _, err := ParseQuarter(string(s.Quarter)); err != nil || s.Quarter.Index() >= c.Start.Index() {
			k.fail(at+"/quarter", "quarter", "cars of the fleet were sold in a quarter before %s, not in %.40q", c.Start, s.Quarter)
		}
		k.use(at+"/cars", s.Cars, notBelow0, true)
		if s.Model != "" && !ids[s.Model] {
			k.fail(at+"/model", "unknown", "there is no model %.80q", s.Model)
		}
	}
}

func (k *checker) pack(at string, p Pack) {
	k.use(at+"/kwh", p.KWh, above0, true)
	k.use(at+"/cell", p.Cell, notBelow0, true)
	k.use(at+"/learning", p.Learning, aLearning, false)
	k.use(at+"/growth", p.Growth, aGrowth, false)
	k.use(at+"/volume", p.Volume, above0, false)
	if (p.Learning != "") != (p.Growth != "" || p.Volume != "") || p.Growth != "" && p.Volume != "" {
		k.fail(at+"/learning", "pack", "learning needs a volume that doubles: the growth of the market's, or the maker's own volume so far, one of them")
	}
	for i, g := range p.Contents {
		at := ptr(at+"/contents", i)
		if !slices.ContainsFunc(k.c.Processes, func(o Process) bool { return o.Name == g.Process }) {
			k.fail(at+"/process", "unknown", "there is no process %.80q", g.Process)
		}
		k.use(at+"/per_kwh", g.PerKWh, notBelow0, true)
		k.use(at+"/lag", g.Lag, aCount, false)
		k.use(at+"/floor", g.Floor, notBelow0, false)
		k.use(at+"/cap", g.Cap, notBelow0, false)
		if lo, hi := k.laws[g.Floor], k.laws[g.Cap]; lo != nil && hi != nil && lo.Quantile(1-tail) > hi.Quantile(tail) {
			k.fail(at+"/floor", "collar", "a floor that can lie above the cap is no collar: up to %g against %g", lo.Quantile(1-tail), hi.Quantile(tail))
		}
	}
}

func (k *checker) software() {
	c := k.c
	if s := c.Survival; s != nil {
		k.use("/survival/mean_years", s.MeanYears, above0, true)
		k.use("/survival/shape", s.Shape, rule{say: "a shape from 0.1 to 50", lo: 0.1, hi: 50}, true)
		k.use("/survival/resale", s.Resale, aCount, false)
		k.use("/survival/second_owner", s.SecondOwner, notBelow0, false)
		if (s.Resale == "") != (s.SecondOwner == "") {
			k.fail("/survival/resale", "survival", "a resale needs its age and the second owners' factor")
		}
	}
	ids := map[string]bool{}
	for i, p := range c.Products {
		at := ptr("/products", i)
		if !nameForm.MatchString(p.ID) || ids[p.ID] {
			k.fail(at+"/id", "name", "products have ids of their own of small letters, digits, '.', '_' or '-'; not %.80q", p.ID)
		}
		ids[p.ID] = true
		for j, m := range p.Models {
			if !slices.ContainsFunc(c.Models, func(o Model) bool { return o.ID == m }) {
				k.fail(ptr(at+"/models", j), "unknown", "there is no model %.80q", m)
			}
		}
		if (p.Attach == nil) == (p.Adoption == nil) {
			k.fail(at+"/attach", "product", "a product has an attach rate or an adoption curve, one of them")
		}
		k.path(at+"/attach", p.Attach, aShare, true)
		if p.Attach != nil && (p.Attach.Growth != "" || p.Attach.Drift != "" || len(p.Attach.Times) > 0 || p.Attach.Per == "year") {
			k.fail(at+"/attach", "path", "an attach rate stays between 0 and 1: it has a base or years, and a ramp; use an adoption curve to let it grow")
		}
		if a := p.Adoption; a != nil {
			k.use(at+"/adoption/ceiling", a.Ceiling, aShare, true)
			if _, err := ParseQuarter(string(a.Launch)); a.Launch != "" && err != nil {
				k.fail(at+"/adoption/launch", "quarter", "%v", err)
			}
			switch a.Kind {
			case "logistic":
				k.use(at+"/adoption/midpoint", a.Midpoint, anyNumber, true)
				k.use(at+"/adoption/slope", a.Slope, notBelow0, true)
			case "bass":
				k.use(at+"/adoption/p", a.P, above0, true)
				k.use(at+"/adoption/q", a.Q, notBelow0, true)
			default:
				k.fail(at+"/adoption/kind", "adoption", "adoption is logistic or bass, not %.40q", a.Kind)
			}
		}
		k.use(at+"/bundle/quarters", p.Bundle.Quarters, aCount, false)
		if !slices.Contains([]Terms{Paid, Free, Prepaid}, p.Bundle.Terms) {
			k.fail(at+"/bundle/terms", "bundle", "a bundle is paid, free or prepaid, not %.40q", p.Bundle.Terms)
		}
		k.use(at+"/renewal", p.Renewal, aShare, false)
		k.use(at+"/churn", p.Churn, rule{say: "a share from 0 to below 1", lo: 0, hi: 0.999999}, false)
		k.path(at+"/arpu", &p.ARPU, notBelow0, true)
		k.use(at+"/partner", p.Partner, aShare, false)
		k.use(at+"/payment", p.Payment, aShare, false)
		k.path(at+"/inference", p.Inference, notBelow0, true)
	}
	r := c.Running
	for _, p := range []struct {
		at string
		p  *Path
	}{{"connectivity", r.Connectivity}, {"ota_gb", r.OTAGB}, {"ota_cost", r.OTACost}, {"store", r.Store}} {
		k.path("/running/"+p.at, p.p, notBelow0, true)
	}
	if (r.OTAGB == nil) != (r.OTACost == nil) {
		k.fail("/running/ota_gb", "running", "updates over the air cost gigabytes times a price per gigabyte: give both")
	}
}

func (k *checker) rest() {
	c := k.c
	for i, l := range c.Licences {
		at := ptr("/licences", i)
		if !nameForm.MatchString(l.ID) {
			k.fail(at+"/id", "name", "a licence has an id of small letters, digits, '.', '_' or '-'; not %.80q", l.ID)
		}
		k.path(at+"/fixed", l.Fixed, notBelow0, true)
		k.path(at+"/royalty", l.Royalty, notBelow0, true)
		k.path(at+"/cars", l.Cars, notBelow0, true)
		k.use(at+"/margin", l.Margin, aMargin, false)
		if (l.Royalty == nil) != (l.Cars == nil) || l.Fixed == nil && l.Royalty == nil {
			k.fail(at, "licence", "a licence pays a fixed sum, or a royalty on the partner's cars, or both")
		}
	}
	o := c.Overhead
	for _, p := range []struct {
		at string
		p  *Path
	}{{"opex", o.OpEx}, {"rnd", o.RnD}, {"depreciation", o.Depreciation}, {"capex", o.CapEx}} {
		k.path("/overhead/"+p.at, p.p, notBelow0, true)
	}
	k.use("/overhead/opex_share", o.OpExShare, aShare, false)
	k.use("/discount", c.Discount, rule{say: "a rate a year above −1 and up to 1", lo: -1, hi: 1.000001, open: true}, false)

	a := c.Asked
	if first, last := c.Start.Year(), c.Start.Add(c.Quarters-1).Year(); k.err == nil && (a.Year < first || a.Year > last) {
		k.fail("/asked/year", "year", "the case covers %d to %d, not %d", first, last, a.Year)
	}
	if !(a.Probability > 0 && a.Probability < 1) {
		k.fail("/asked/probability", "probability", "a probability asked for lies between 0 and 1, not %g", a.Probability)
	}
	if !(a.Margin >= 0 && a.Margin < 1) {
		k.fail("/asked/margin", "margin", "a target margin is 0 or more and below 1, not %g", a.Margin)
	}
	for i, h := range a.Confidences {
		if !(h > 0 && h < 1) {
			k.fail(ptr("/asked/confidences", i), "probability", "a confidence lies between 0 and 1, not %g", h)
		}
	}
	for i, x := range a.Comparables {
		at := ptr("/asked/comparables", i)
		if x.Name == "" {
			k.fail(at+"/name", "name", "say whose figure it is")
		}
		k.use(at+"/value", x.Value, notBelow0, true)
		k.use(at+"/rate", x.Rate, above0, false)
	}
	for _, r := range []struct {
		at     string
		v, lo  float64
		beyond float64
	}{{"volume", a.Ranges.Volume, 1, 1000}, {"pack", a.Ranges.Pack, 0, 1}, {"licence", a.Ranges.Licence, 0, math.MaxFloat64}, {"software", a.Ranges.Software, 1, 1e6}} {
		if !(r.v >= r.lo && r.v <= r.beyond) {
			k.fail("/asked/ranges/"+r.at, "range", "a search goes from %g to %g, not to %g", r.lo, r.beyond, r.v)
		}
	}
	for i, x := range c.Actuals {
		at := ptr("/actuals", i)
		if !slices.Contains(Metrics, x.Metric) {
			k.fail(at+"/metric", "metric", "metric %.40q is none of %s", x.Metric, fmt.Sprint(Metrics))
		}
		if _, _, err := ParsePeriod(x.Period); err != nil {
			k.fail(at+"/period", "period", "%v", err)
		}
		if math.IsNaN(x.Value) || math.IsInf(x.Value, 0) {
			k.fail(at+"/value", "value", "a reported figure is a finite number, not %g", x.Value)
		}
		k.proof(at, x.Evidence, false)
	}
}

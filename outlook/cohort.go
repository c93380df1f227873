package outlook

import (
	"net/url"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
)

// Cohort is the cars that were sold in one quarter, and what they earned since. All amounts are sums of the ledger's
// roll-up over these cars; the counts are of their orders and subscriptions.
type Cohort struct {
	Quarter   Quarter      `json:"quarter"`
	AsOf      period.Date  `json:"as_of"`
	Cars      int          `json:"cars"`       // sold
	CarMonths int64        `json:"car_months"` // months of the books, the sale's included, in which they were on the road
	Lines     []CohortLine `json:"lines"`
	Net       money.Amount `json:"net"`
	NetPerCar money.Amount `json:"net_per_car"`
	Ages      []Age        `json:"ages"` // by quarters of each car's own age, with the three curves
	Products  []Uptake     `json:"products"`
	Resale    Resale       `json:"resale"`
	Allocated []Allocated  `json:"allocated,omitempty"` // the cohort's parts of what is booked for no car; not in Lines
	Entries   string       `json:"entries"`             // where the cars behind every figure are listed, each with its entries
}

// CohortLine is a line over all cars of a cohort.
type CohortLine struct {
	Line
	PerCar money.Amount `json:"per_car"`
}

// Line returns the line with the key.
func (c Cohort) Line(key string) CohortLine {
	for _, l := range c.Lines {
		if l.Key == key {
			return l
		}
	}
	zero := money.Of(0, c.Net.Currency)
	return CohortLine{Line{Amount: zero}, zero}
}

// PerCar returns the lines per car, with the net at the end under the key "net": what Compare sets beside a forecast.
func (c Cohort) PerCar() []Line {
	out := make([]Line, 0, len(c.Lines)+1)
	for _, l := range c.Lines {
		l.Amount = l.PerCar
		out = append(out, l.Line)
	}
	return append(out, Line{Key: "net", Label: "Net", Total: true, Amount: c.NetPerCar})
}

// Resale says how the cohort's cars did after they had changed hands. Money has the grain of a month: the month of the
// resale is the former owner's, those after it the next one's.
type Resale struct {
	Cars            int          `json:"cars"`              // that have had a second owner
	CarMonths       int64        `json:"car_months"`        // after the month of the first resale
	FirstAttached   int          `json:"first_attached"`    // cars whose first owner paid for something after the sale
	SecondAttached  int          `json:"second_attached"`   // resold cars of which a later owner did
	FirstRate       *float64     `json:"first_rate"`        // of all cars; nil without one
	SecondRate      *float64     `json:"second_rate"`       // of the resold ones; nil without one
	Factor          *float64     `json:"factor"`            // SecondRate ÷ FirstRate: what resale does to attach; nil where there is none
	SoftwareBefore  money.Amount `json:"software_before"`   // software contribution of the months up to the resale, all cars
	SoftwareAfter   money.Amount `json:"software_after"`    // of the months after it
	PerMonthBefore  money.Amount `json:"per_month_before"`  // per car-month
	PerMonthAfter   money.Amount `json:"per_month_after"`   // per car-month
	EndedByResale   int          `json:"ended_by_resale"`   // subscriptions of former owners: no churn
	OwnersPerResold *float64     `json:"owners_per_resold"` // owners of the resold cars, the first included
}

// gathering is a cohort while its cars stream by, a page at a time: no car is kept.
type gathering struct {
	quarter   Quarter
	asOf      period.Date
	cars      int
	ages      aged
	sums      map[ledger.Sum]ledger.Sum // over all months
	after     map[ledger.Sum]ledger.Sum // of the months after a resale
	carMonths int64
	later     int64 // car-months after a resale
	uptake    *uptake
}

func newGathering(q Quarter, asOf period.Date) *gathering {
	return &gathering{quarter: q, asOf: asOf, ages: newAged(), sums: map[ledger.Sum]ledger.Sum{}, after: map[ledger.Sum]ledger.Sum{}, uptake: newUptake(asOf)}
}

// add takes the sums of so many cars that were sold in one month.
func (g *gathering) add(cars int, sold period.Month, rows []ledger.Sum) {
	g.cars += cars
	g.carMonths += int64(cars) * int64(between(sold, g.asOf.Month())+1)
	g.ages.add(rows, sold, 3)
	g.ages.live(int64(cars), sold, g.asOf.Month(), sold, 3)
	ledger.Collect(g.sums, monthless(rows))
}

// monthless drops the months, so that rows of one account and product meet.
func monthless(rows []ledger.Sum) []ledger.Sum {
	out := make([]ledger.Sum, len(rows))
	for i, r := range rows {
		r.Month = ""
		out[i] = r
	}
	return out
}

// cohort makes the report of what was gathered.
func (g *gathering) cohort(currency money.Currency, w whose) (Cohort, error) {
	whole := ledger.Collected(g.sums)
	st, err := build(currency, "", g.asOf, whole, g.cars, w)
	if err != nil {
		return Cohort{}, err
	}
	c := Cohort{Quarter: g.quarter, AsOf: g.asOf, Cars: g.cars, CarMonths: g.carMonths, Net: st.Net, Entries: carsPath(g.quarter, "")}
	if c.NetPerCar, err = per(st.Net, int64(g.cars)); err != nil {
		return Cohort{}, err
	}
	for _, l := range st.Lines {
		cl := CohortLine{Line: Line{Key: l.Key, Label: l.Label, Amount: l.Amount, Total: l.Total, Link: carsPath(g.quarter, l.Key)}}
		if cl.PerCar, err = per(l.Amount, int64(g.cars)); err != nil {
			return Cohort{}, err
		}
		c.Lines = append(c.Lines, cl)
	}
	if c.Ages, err = g.ages.periods(currency, g.asOf, w); err != nil {
		return Cohort{}, err
	}
	for i := range c.Ages {
		for k := range c.Ages[i].Lines {
			c.Ages[i].Lines[k].Link = carsPath(g.quarter, c.Ages[i].Lines[k].Key)
		}
	}
	if c.Products, err = g.uptake.report(currency, g.cars, whole); err != nil {
		return Cohort{}, err
	}
	c.Resale, err = g.resale(currency, st, w)
	return c, err
}

func (g *gathering) resale(currency money.Currency, all Statement, w whose) (r Resale, err error) {
	u := g.uptake
	r = Resale{Cars: u.resold, CarMonths: g.later, FirstAttached: u.firstAttached, SecondAttached: u.secondAttached, EndedByResale: u.endedByResale,
		FirstRate: share(u.firstAttached, g.cars), SecondRate: share(u.secondAttached, u.resold), OwnersPerResold: share(u.owners, u.resold)}
	if r.FirstRate != nil && *r.FirstRate > 0 && r.SecondRate != nil {
		f := *r.SecondRate / *r.FirstRate
		r.Factor = &f
	}
	after, err := build(currency, "", g.asOf, ledger.Collected(g.after), 0, w)
	if err != nil {
		return r, err
	}
	r.SoftwareAfter = after.Line(Software)
	if r.SoftwareBefore, err = all.Line(Software).Sub(r.SoftwareAfter); err != nil {
		return r, err
	}
	if r.PerMonthBefore, err = per(r.SoftwareBefore, g.carMonths-g.later); err != nil {
		return r, err
	}
	r.PerMonthAfter, err = per(r.SoftwareAfter, g.later)
	return r, err
}

// per divides, rounded half away from zero; by nothing it is nothing.
func per(a money.Amount, n int64) (money.Amount, error) {
	if n <= 0 {
		return money.Of(0, a.Currency), nil
	}
	return a.MulDiv(1, n)
}

// share is a rate, or nil of nothing: a rate of nothing is not 0.
func share(n, of int) *float64 {
	if of <= 0 {
		return nil
	}
	r := float64(n) / float64(of)
	return &r
}

// carsPath lists the cars of a cohort with their statements, each line of which leads to its entries.
func carsPath(q Quarter, line string) string {
	p := "/v1/outlook/cohorts/" + string(q) + "/cars"
	if line != "" {
		p += "?" + url.Values{"line": {line}}.Encode()
	}
	return p
}

package outlook

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
)

// Grain says how long the periods of a life are.
type Grain string

// The grains.
const (
	Monthly   Grain = "month"
	Quarterly Grain = "quarter"
)

// Grains lists every grain.
var Grains = []Grain{Monthly, Quarterly}

// Life is what a car, or the fleet, earned in each period of its life, with its three curves.
type Life struct {
	VIN      string            `json:"vin,omitempty"` // empty for the fleet
	SoldOn   period.Date       `json:"sold_on,omitempty"`
	Owners   []fleet.Ownership `json:"owners,omitempty"`
	AsOf     period.Date       `json:"as_of"`
	Grain    Grain             `json:"grain"`
	Currency money.Currency    `json:"currency"`
	Periods  []Age             `json:"periods"` // without a gap; none when nothing is booked
	Total    Statement         `json:"total"`   // the sum of the periods
}

// Age is one period of a life.
type Age struct {
	// Age counts periods since the month of the sale, which is in number 0; for the fleet, and for a car that is not sold,
	// since the first month with an entry.
	Age       int          `json:"age"`
	From      period.Month `json:"from,omitempty"` // first month; empty for a cohort, whose cars reach an age in different months
	To        period.Month `json:"to,omitempty"`   // last month
	CarMonths int64        `json:"car_months"`     // months of the books in which a sold car was this old
	Lines     []Line       `json:"lines"`
	Net       money.Amount `json:"net"`
	Curve     Curve        `json:"curve"`
}

// Line is a line of a statement for one period.
type Line struct {
	Key    string       `json:"key"`
	Label  string       `json:"label"`
	Amount money.Amount `json:"amount"`
	Total  bool         `json:"total,omitempty"` // sums lines above
	Link   string       `json:"link,omitempty"`  // the entries behind it
}

// Line returns the amount of the line with the key, or nothing in the age's currency.
func (a Age) Line(key string) money.Amount {
	for _, l := range a.Lines {
		if l.Key == key {
			return l.Amount
		}
	}
	return money.Of(0, a.Net.Currency)
}

// between counts the months from one to another; negative when the other is earlier.
func between(from, to period.Month) int {
	a, b := from.First().Time(), to.First().Time()
	return (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
}

// months returns how many months a period of the grain has.
func (g Grain) months() (int, error) {
	switch g {
	case Monthly:
		return 1, nil
	case Quarterly:
		return 3, nil
	}
	return 0, fault.New(fault.Invalid, "grain", "a life is shown by %q or %q, not by %.40q", Monthly, Quarterly, g).At("/grain")
}

// floorDiv rounds down, so that the months before the sale have ages below 0.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// aged is what is collected of a life before it becomes periods: sums, and car-months, by age.
type aged struct {
	sums      map[int]map[ledger.Sum]ledger.Sum
	carMonths map[int]int64
}

func newAged() aged { return aged{map[int]map[ledger.Sum]ledger.Sum{}, map[int]int64{}} }

// add sorts sums by their month's distance from the origin, in periods of so many months.
func (a aged) add(rows []ledger.Sum, origin period.Month, months int) {
	for _, r := range rows {
		age := floorDiv(between(origin, r.Month), months)
		r.Month = ""
		if a.sums[age] == nil {
			a.sums[age] = map[ledger.Sum]ledger.Sum{}
		}
		ledger.Collect(a.sums[age], []ledger.Sum{r})
	}
}

// live counts the months that so many cars sold in a month are on the road, up to and with the last.
func (a aged) live(cars int64, sold, last, origin period.Month, months int) {
	for m := between(origin, sold); m <= between(origin, last); m++ {
		a.carMonths[floorDiv(m, months)] += cars
	}
}

// periods makes the ages: all from the first with an entry to the last, or to the last with a live car.
func (a aged) periods(currency money.Currency, asOf period.Date, w whose) ([]Age, error) {
	known := slices.Concat(slices.Collect(maps.Keys(a.sums)), slices.Collect(maps.Keys(a.carMonths)))
	if len(known) == 0 {
		return []Age{}, nil
	}
	var out []Age
	curve := flat(currency)
	for n := slices.Min(known); n <= slices.Max(known); n++ {
		rows := ledger.Collected(a.sums[n])
		s, err := build(currency, "", asOf, rows, 0, w)
		if err != nil {
			return nil, err
		}
		if curve, err = curve.next(currency, rows); err != nil {
			return nil, err
		}
		p := Age{Age: n, CarMonths: a.carMonths[n], Net: s.Net, Curve: curve}
		for _, l := range s.Lines {
			p.Lines = append(p.Lines, Line{Key: l.Key, Label: l.Label, Amount: l.Amount, Total: l.Total, Link: l.Link})
		}
		out = append(out, p)
	}
	return out, nil
}

// LifeOf makes the life of rows by account, product and month. Origin is the month of the sale, empty for the first month with an entry.
// Sold is how many cars were sold in each month: of a car's life one, if it is sold.
func LifeOf(currency money.Currency, l Life, rows []ledger.Sum, sold map[period.Month]int64) (Life, error) {
	n, err := l.Grain.months()
	if err != nil {
		return Life{}, err
	}
	w := whoseOf(rows)
	l.Currency = currency
	var cars int64
	for _, n := range sold {
		cars += n
	}
	if l.Total, err = build(currency, "", l.AsOf, rows, int(cars), w); err != nil {
		return Life{}, err
	}
	l.Total.VIN = l.VIN
	var origin period.Month
	if l.SoldOn != "" {
		origin = l.SoldOn.Month()
	} else {
		for _, r := range rows {
			if origin == "" || r.Month < origin {
				origin = r.Month
			}
		}
		if origin == "" {
			origin = l.AsOf.Month()
		}
	}
	a := newAged()
	a.add(rows, origin, n)
	for m, cars := range sold {
		a.live(cars, m, l.AsOf.Month(), origin, n)
	}
	if l.Periods, err = a.periods(currency, l.AsOf, w); err != nil {
		return Life{}, err
	}
	for i := range l.Periods {
		p := &l.Periods[i]
		first := origin.First().AddMonths(p.Age * n)
		p.From, p.To = first.Month(), first.AddMonths(n-1).Month()
		for k := range p.Lines {
			if p.Lines[k].Link != "" {
				p.Lines[k].Link = within(p.Lines[k].Link, l.VIN, p.From, p.To)
			}
		}
	}
	for i := range l.Total.Lines {
		if link := l.Total.Lines[i].Link; link != "" {
			l.Total.Lines[i].Link = within(link, l.VIN, "", "")
		}
	}
	return l, nil
}

// within narrows a link to the entries of a car, and to those of some months.
func within(link, v string, from, to period.Month) string {
	path, query, _ := strings.Cut(link, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		panic(fmt.Sprintf("outlook: %s is a link that this package has made: %v", link, err))
	}
	if v != "" {
		q.Set("vehicle", v)
	}
	if from != "" {
		q.Set("from", string(from.First()))
		q.Set("to", string(to.Next().First()))
	}
	return path + "?" + q.Encode()
}

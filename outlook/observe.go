package outlook

import (
	"fmt"

	"roadbook/evidence"
	"roadbook/money"
	"roadbook/period"
)

// Observations are what the books and the orders say by a day about what a forecast assumes: they correct its inputs.
type Observations struct {
	AsOf     period.Date    `json:"as_of"`
	Currency money.Currency `json:"currency"`
	Products []Observation  `json:"products"` // by cohort, then by SKU
	Costs    []UnitCost     `json:"costs"`    // by cohort, in the order of the statement
}

// Observation is what became of one product in one cohort: counts, of which each rate is made.
type Observation struct {
	Cohort    Quarter `json:"cohort"`
	Sold      int     `json:"sold"` // cars
	CarMonths int64   `json:"car_months"`
	Uptake
	evidence.Evidence
}

// UnitCost is what one line cost a cohort by the car, by the month on the road, and as a share of what it is taken of.
type UnitCost struct {
	Cohort      Quarter      `json:"cohort"`
	Key         string       `json:"key"` // of the statement's line
	Label       string       `json:"label"`
	Cars        int          `json:"cars"`
	CarMonths   int64        `json:"car_months"`
	Total       money.Amount `json:"total"`           // positive is a cost
	PerCar      money.Amount `json:"per_car"`         // rounded
	PerCarMonth money.Amount `json:"per_car_month"`   // rounded
	Of          []string     `json:"of,omitempty"`    // keys of the revenue that it is a share of
	Share       *float64     `json:"share,omitempty"` // Total of that revenue; nil where there is none
	evidence.Evidence
}

// shares says of which revenue a cost is a share.
var shares = map[string][]string{
	"car_payment":     {"hardware_revenue"},
	"payment":         {"connectivity_revenue", "subscription", "usage", "features", "apps"},
	"partner_share":   {"apps"},
	"licence_payment": {"licence"},
}

// ObservationsOf reads cohorts. The sources name the queries by which each figure can be had again.
func ObservationsOf(asOf period.Date, currency money.Currency, cohorts []Cohort) (Observations, error) {
	o := Observations{AsOf: asOf, Currency: currency, Products: []Observation{}, Costs: []UnitCost{}}
	for _, c := range cohorts {
		ev := func(source, definition string) evidence.Evidence {
			return evidence.Evidence{Source: source, Date: asOf, Vintage: asOf, Who: "ledger", Level: evidence.Reported, Definition: definition}
		}
		for _, p := range c.Products {
			o.Products = append(o.Products, Observation{Cohort: c.Quarter, Sold: c.Cars, CarMonths: c.CarMonths, Uptake: p,
				Evidence: ev(fmt.Sprintf("/v1/outlook/cohorts/%s; amounts: ledger roll-up of its cars, product %s, to the end of %s", c.Quarter, p.SKU, asOf.Month()),
					fmt.Sprintf("attached: paid for at least once beside the car; renewed: follow-up within %d months of the bundle's end; a month is 365/12 days", RenewWithin))})
		}
		for _, p := range plan {
			l := c.Line(p.key)
			if isRevenue(p.account) || l.Amount.IsZero() {
				continue
			}
			u := UnitCost{Cohort: c.Quarter, Key: p.key, Label: p.label, Cars: c.Cars, CarMonths: c.CarMonths, Total: l.Amount.Neg(), Of: shares[p.key],
				Evidence: ev(fmt.Sprintf("%s; ledger roll-up of account %s, to the end of %s", l.Link, p.account, asOf.Month()),
					"per car sold and per month of the books in which a sold car was on the road")}
			var err error
			if u.PerCar, err = per(u.Total, int64(c.Cars)); err != nil {
				return o, err
			}
			if u.PerCarMonth, err = per(u.Total, c.CarMonths); err != nil {
				return o, err
			}
			var base int64
			for _, k := range u.Of {
				base += c.Line(k).Amount.Minor
			}
			if base > 0 {
				s := float64(u.Total.Minor) / float64(base)
				u.Share = &s
			}
			o.Costs = append(o.Costs, u)
		}
	}
	return o, nil
}

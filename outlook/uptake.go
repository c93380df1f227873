package outlook

import (
	"maps"
	"net/url"
	"slices"

	"roadbook/billing"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// RenewWithin is how many months after the end of a bundled term an owner has to take what follows, before the car counts
// as not renewed. Until then it is waiting: neither a yes nor a no.
const RenewWithin = 3

// Uptake is what became of one product among the cars of a cohort.
//
// Bundled is what came with the car: a term on the order that sold it. Attached is what was taken beside it and paid for at
// least once. The end of a bundled term is a cliff: only those go on who then take a product for the same feature.
type Uptake struct {
	SKU  offer.SKU  `json:"sku"`
	Name string     `json:"name"`
	Kind offer.Kind `json:"kind"`

	Bundled    int      `json:"bundled"`     // cars that came with it
	Attached   int      `json:"attached"`    // cars of which an owner paid for it
	AttachRate *float64 `json:"attach_rate"` // of the cohort's cars; nil without one

	Ended   int      `json:"bundle_ended"` // bundled terms that are over, and decided
	Renewed int      `json:"renewed"`      // of these, cars that took a paid product with a feature of the term by RenewWithin months after its end
	Waiting int      `json:"waiting"`      // bundled terms that are over and not decided yet
	Renewal *float64 `json:"renewal_rate"` // Renewed of Ended; nil without one

	AtRisk        int      `json:"at_risk"`         // ends of subscription months at which the subscriber could go
	Churned       int      `json:"churned"`         // at which he did
	EndedByResale int      `json:"ended_by_resale"` // at which the car was another's: at risk and no churn
	Churn         *float64 `json:"monthly_churn"`   // Churned of AtRisk; nil without one

	// ActiveDays are the days until as-of on which paid subscriptions, terms and meters beside the car ran; 365/12 of them are
	// a month. A meter runs from its order until the car is another's.
	ActiveDays     int64        `json:"active_days"`
	Revenue        money.Amount `json:"revenue"`          // recognised, of bundled and attached ones
	PerActiveMonth money.Amount `json:"per_active_month"` // Revenue per active month; nothing where something was bundled, whose days are not active
	Fees           money.Amount `json:"payment_fees"`     // negative
	PartnerShare   money.Amount `json:"partner_share"`    // negative
	Entries        string       `json:"entries"`          // the ledger's of the product, of all cars
}

// uptake counts, car by car.
type uptake struct {
	asOf     period.Date
	products map[offer.SKU]*Uptake
	resold   int
	owners   int

	firstAttached, secondAttached, endedByResale int
}

func newUptake(asOf period.Date) *uptake {
	return &uptake{asOf: asOf, products: map[offer.SKU]*Uptake{}}
}

func (u *uptake) of(t billing.Taken) *Uptake {
	p := u.products[t.SKU]
	if p == nil {
		p = &Uptake{SKU: t.SKU, Name: t.Name, Kind: t.Kind}
		u.products[t.SKU] = p
	}
	return p
}

// bundled reports whether something came with the car.
func bundled(t billing.Taken) bool { return t.WithCar && t.Kind == offer.Term }

// attached reports whether an owner paid for something beside the car, by the day.
func attached(t billing.Taken, by period.Date) bool {
	return t.Paid && t.Kind != offer.Vehicle && !bundled(t) && t.Day <= by
}

// car counts what was taken in one car.
func (u *uptake) car(s fleet.Sale, taken []billing.Taken) {
	var second period.Date // from when on the car is not its first owner's
	for _, o := range s.Owners {
		if o.N == 2 && o.Since <= u.asOf {
			second = o.Since
		}
	}
	if second != "" {
		u.resold++
		for _, o := range s.Owners {
			if o.Since <= u.asOf {
				u.owners++
			}
		}
	}
	seen := map[offer.SKU]bool{}
	var first, later bool
	for _, t := range taken {
		if t.Kind == offer.Vehicle || t.Day > u.asOf {
			continue
		}
		p := u.of(t)
		if bundled(t) {
			p.Bundled++
			u.cliff(p, t, taken)
			continue
		}
		if t.Kind == offer.Subscription {
			u.months(p, t, ownerEnd(s, t))
		}
		if !attached(t, u.asOf) {
			continue
		}
		if !seen[t.SKU] {
			seen[t.SKU] = true
			p.Attached++
		}
		if second == "" || len(s.Owners) > 0 && t.Customer == s.Owners[0].Owner && t.Day <= second {
			first = true
		} else {
			later = true
		}
		p.ActiveDays += u.active(t, ownerEnd(s, t))
	}
	if first {
		u.firstAttached++
	}
	if later {
		u.secondAttached++
	}
}

// active counts the days by as-of on which something that is paid for by time or use ran. It begins on the day of its order.
func (u *uptake) active(t billing.Taken, resold period.Date) int64 {
	to := u.asOf.AddDays(1)
	switch t.Kind {
	case offer.Subscription, offer.Term:
		to = min(to, t.Until)
	case offer.Metered:
		if resold != "" {
			to = min(to, resold)
		}
	case offer.Vehicle, offer.Perpetual, offer.App:
		return 0
	}
	return int64(period.Span{From: t.Day, To: to}.Days())
}

// ownerEnd is the day on which the car became another's while the subscriber had it; empty when it did not.
func ownerEnd(s fleet.Sale, t billing.Taken) period.Date {
	for i, o := range s.Owners {
		if i > 0 && s.Owners[i-1].Owner == t.Customer && o.Since >= t.Day {
			return o.Since
		}
	}
	return ""
}

// cliff decides what happened when a bundled term ended.
func (u *uptake) cliff(p *Uptake, t billing.Taken, taken []billing.Taken) {
	if t.Until > u.asOf {
		return
	}
	limit := t.Until.AddMonths(RenewWithin)
	for _, f := range taken {
		follows := attached(f, u.asOf) && f.Day < limit && slices.ContainsFunc(f.Features, func(x string) bool { return slices.Contains(t.Features, x) })
		if follows && (f.Until == "" || f.Until > t.Until) { // what ended before the term does not go on after it
			p.Ended++
			p.Renewed++
			return
		}
	}
	if limit > u.asOf {
		p.Waiting++
		return
	}
	p.Ended++
}

// months counts the ends of subscription months by the day. A subscription's period k begins k months after its first day;
// periods 1 to Next−1 are those that it went on for, and at Until it went no further if it has ended.
func (u *uptake) months(p *Uptake, t billing.Taken, resold period.Date) {
	for k := 1; k < t.Next; k++ {
		if t.Day.AddMonths(k) > u.asOf {
			return
		}
		p.AtRisk++
	}
	if t.State != string(billing.Ended) || t.Until > u.asOf {
		return
	}
	p.AtRisk++
	if resold != "" && resold <= t.Until {
		p.EndedByResale++
		u.endedByResale++
		return
	}
	p.Churned++
}

// report makes the uptake of each product, with the cohort's sums for the amounts.
func (u *uptake) report(currency money.Currency, cars int, rows []ledger.Sum) ([]Uptake, error) {
	out := []Uptake{}
	for _, sku := range slices.Sorted(maps.Keys(u.products)) {
		p := *u.products[sku]
		zero := money.Of(0, currency)
		p.Revenue, p.Fees, p.PartnerShare, p.PerActiveMonth = zero, zero, zero, zero
		p.AttachRate, p.Renewal, p.Churn = share(p.Attached, cars), share(p.Renewed, p.Ended), share(p.Churned, p.AtRisk)
		for _, r := range rows {
			if r.Product != string(sku) || r.Currency != currency {
				continue
			}
			var into *money.Amount
			switch {
			case isRevenue(r.Account):
				into = &p.Revenue
			case r.Account == ledger.CostPayment:
				into = &p.Fees
			case r.Account == ledger.CostPartner:
				into = &p.PartnerShare
			default:
				continue
			}
			var err error
			if *into, err = into.Add(r.Balance().Neg()); err != nil {
				return nil, err
			}
		}
		if p.ActiveDays > 0 && p.Bundled == 0 {
			var err error
			if p.PerActiveMonth, err = p.Revenue.MulDiv(365, 12*p.ActiveDays); err != nil {
				return nil, err
			}
		}
		p.Entries = "/v1/ledger/entries?" + url.Values{"product": {string(sku)}}.Encode()
		out = append(out, p)
	}
	return out, nil
}

// byCar sorts what was taken to its cars.
func byCar(taken []billing.Taken) map[vin.VIN][]billing.Taken {
	out := map[vin.VIN][]billing.Taken{}
	for _, t := range taken {
		out[t.VIN] = append(out[t.VIN], t)
	}
	return out
}

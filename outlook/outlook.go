package outlook

import (
	"net/url"
	"slices"
	"strings"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Statement is the profit and loss of one car, or of the fleet, up to a date. Costs are negative.
// Every line names the accounts behind it, so that a page can lead to the entries.
type Statement struct {
	VIN      string          `json:"vin,omitempty"` // empty for the fleet
	AsOf     period.Date     `json:"as_of"`
	Cars     int             `json:"cars"` // sold
	Lines    []StatementLine `json:"lines"`
	Net      money.Amount    `json:"net"`             // sum of the lines that are no totals
	Deferred money.Amount    `json:"deferred"`        // invoiced, not yet earned: not part of Net
	Revenue  money.Amount    `json:"recognised"`      // earned: all revenue lines
	Cash     money.Amount    `json:"cash"`            // received, less fees
	Other    []money.Amount  `json:"other,omitempty"` // net in other currencies: not converted and not part of Net
}

// StatementLine is one line of a Statement.
type StatementLine struct {
	Key      string           `json:"key"`   // "hardware_revenue"
	Label    string           `json:"label"` // "Hardware revenue"
	Amount   money.Amount     `json:"amount"`
	Total    bool             `json:"total,omitempty"` // sums lines above: not to be added again
	Accounts []ledger.Account `json:"accounts"`
	Products []string         `json:"products,omitempty"` // of these products only; none: all
	Link     string           `json:"link,omitempty"`     // the entries behind it; none when no fee of the line's products is booked
}

// Line returns the amount of the line with the key, or nothing in the statement's currency.
func (s Statement) Line(key string) money.Amount {
	for _, l := range s.Lines {
		if l.Key == key {
			return l.Amount
		}
	}
	return money.Of(0, s.Net.Currency)
}

// The keys that others ask for.
const (
	HardwareMargin = "hardware_margin"
	Software       = "software_contribution"
	Licence        = "licence_contribution"
)

// of says whose payment fees a line shows.
type of int

const (
	everything of = iota
	theCar        // what was taken for the car itself
	theLicence    // what was taken for licences to other makers
	theRest
)

// plan is the form of a statement: parts of the hardware margin first, then those of the software contribution.
var plan = []struct {
	part, key, label string
	account          ledger.Account
	of               of
}{
	{HardwareMargin, "hardware_revenue", "Hardware revenue", ledger.RevenueHardware, everything},
	{HardwareMargin, "pack", "Battery pack", ledger.CostPack, everything},
	{HardwareMargin, "variance", "Purchase price variance", ledger.CostVariance, everything},
	{HardwareMargin, "bom", "Other parts", ledger.CostBOM, everything},
	{HardwareMargin, "assembly", "Assembly", ledger.CostAssembly, everything},
	{HardwareMargin, "logistics", "Logistics", ledger.CostLogistics, everything},
	{HardwareMargin, "warranty", "Warranty", ledger.CostWarranty, everything},
	{HardwareMargin, "car_payment", "Payment fees of the car", ledger.CostPayment, theCar},
	{Software, "connectivity_revenue", "Connectivity revenue", ledger.RevenueConnectivity, everything},
	{Software, "subscription", "Subscriptions", ledger.RevenueSubscription, everything},
	{Software, "usage", "Usage", ledger.RevenueUsage, everything},
	{Software, "features", "Features", ledger.RevenueFeature, everything},
	{Software, "apps", "Apps", ledger.RevenueApp, everything},
	{Software, "partner_share", "Partners' share", ledger.CostPartner, everything},
	{Software, "delivery", "Delivery cost", ledger.CostDelivery, everything},
	{Software, "connectivity_cost", "Connectivity cost", ledger.CostConnectivity, everything},
	{Software, "inference", "Inference", ledger.CostInference, everything},
	{Software, "payment", "Payment fees", ledger.CostPayment, theRest},
	{Licence, "licence", "Licence revenue", ledger.RevenueLicence, everything},
	{Licence, "licence_payment", "Payment fees of licences", ledger.CostPayment, theLicence},
}

var totals = map[string]string{HardwareMargin: "Hardware margin", Software: "Software contribution", Licence: "Licence income"}

// Build makes a statement in one currency of sums of any grain. Sums of the fleet make the fleet's, those of a vehicle a car's.
//
// The fee for taking a car's price is a hundred times that of a subscription. Counted as a cost of software it would hide
// what software earns, so fees follow their product: what was booked for a product that earned hardware revenue is the
// car's, and for one that earned licence revenue the licence's.
func Build(currency money.Currency, v vin.VIN, asOf period.Date, sums []ledger.Sum, cars int) (Statement, error) {
	return build(currency, v, asOf, sums, cars, whoseOf(sums))
}

// whose says which products' payment fees are the car's and the licences'. Statements that are to add up share one.
type whose struct{ car, licence []string }

func whoseOf(sums []ledger.Sum) whose {
	w := whose{car: products(sums, ledger.RevenueHardware)}
	for _, p := range products(sums, ledger.RevenueLicence) {
		if !slices.Contains(w.car, p) {
			w.licence = append(w.licence, p)
		}
	}
	return w
}

// counts reports whether a product's fees are in a line of that kind.
func (w whose) counts(o of, product string) bool {
	car, licence := slices.Contains(w.car, product), slices.Contains(w.licence, product)
	switch o {
	case theCar:
		return car
	case theLicence:
		return licence
	case theRest:
		return !car && !licence
	case everything:
	}
	return true
}

func build(currency money.Currency, v vin.VIN, asOf period.Date, sums []ledger.Sum, cars int, w whose) (Statement, error) {
	zero := money.Of(0, currency)
	s := Statement{VIN: string(v), AsOf: asOf, Cars: cars, Net: zero, Deferred: zero, Revenue: zero, Cash: zero}
	var err error
	add := func(into *money.Amount, a money.Amount) {
		if err == nil {
			*into, err = into.Add(a)
		}
	}
	var total StatementLine
	for i, p := range plan {
		l := StatementLine{Key: p.key, Label: p.label, Amount: zero, Accounts: []ledger.Account{p.account}}
		for _, r := range sums {
			if r.Account != p.account || r.Currency != currency || !w.counts(p.of, r.Product) {
				continue
			}
			add(&l.Amount, r.Balance().Neg()) // revenue is credited, cost debited
			if p.of != everything && !slices.Contains(l.Products, r.Product) {
				l.Products = append(l.Products, r.Product)
			}
		}
		slices.Sort(l.Products)
		if p.of == everything || len(l.Products) > 0 {
			l.Link = link(v, l)
		}
		s.Lines = append(s.Lines, l)
		add(&s.Net, l.Amount)
		if isRevenue(p.account) {
			add(&s.Revenue, l.Amount)
		}
		if i == 0 || plan[i-1].part != p.part {
			total = StatementLine{Key: p.part, Label: totals[p.part], Amount: zero, Total: true}
		}
		add(&total.Amount, l.Amount)
		if (p.of == everything || len(l.Products) > 0) && !slices.Contains(total.Accounts, p.account) {
			total.Accounts = append(total.Accounts, p.account)
		}
		if i == len(plan)-1 || plan[i+1].part != p.part {
			total.Link = link(v, total)
			s.Lines = append(s.Lines, total)
		}
	}
	for _, r := range sums {
		switch {
		case r.Currency != currency:
			if isProfitOrLoss(r.Account) {
				s.Other = append(s.Other, r.Balance().Neg())
			}
		case r.Account == ledger.Deferred:
			add(&s.Deferred, r.Balance().Neg())
		case r.Account == ledger.Cash:
			add(&s.Cash, r.Balance())
		}
	}
	if err == nil {
		s.Other, err = byCurrency(s.Other)
	}
	return s, err
}

func products(sums []ledger.Sum, a ledger.Account) []string {
	var out []string
	for _, r := range sums {
		if r.Account == a && r.Product != "" && !slices.Contains(out, r.Product) {
			out = append(out, r.Product)
		}
	}
	return out
}

func isRevenue(a ledger.Account) bool { return strings.HasPrefix(string(a), "revenue:") }

func isProfitOrLoss(a ledger.Account) bool {
	return isRevenue(a) || strings.HasPrefix(string(a), "cost:")
}

// byCurrency adds amounts up per currency, in the order of the codes.
func byCurrency(in []money.Amount) ([]money.Amount, error) {
	var out []money.Amount
	for _, a := range in {
		i := slices.IndexFunc(out, func(b money.Amount) bool { return a.Currency == b.Currency })
		if i < 0 {
			out = append(out, a)
			continue
		}
		var err error
		if out[i], err = out[i].Add(a); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b money.Amount) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
	return out, nil
}

// link is where the API lists the entries behind a line.
func link(v vin.VIN, l StatementLine) string {
	q := url.Values{}
	if v != "" {
		q.Set("vehicle", string(v))
	}
	for _, a := range l.Accounts {
		q.Add("account", string(a))
	}
	for _, p := range l.Products {
		if p != "" {
			q.Add("product", p)
		}
	}
	return "/v1/ledger/entries?" + q.Encode()
}

package offer

import (
	"time"

	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// SKU names a product of the catalogue: "pilot.highway", "connectivity.year".
type SKU string

// Kind says how a product is earned and billed.
type Kind string

// The kinds of product.
const (
	Vehicle      Kind = "vehicle"      // the car itself: at a point in time, on delivery
	Term         Kind = "term"         // paid once, earned day by day over TermMonths (a year of connectivity, a trial)
	Perpetual    Kind = "perpetual"    // a feature for good: at a point in time
	Subscription Kind = "subscription" // paid monthly in advance, renewed until cancelled
	Metered      Kind = "metered"      // paid monthly in arrears by the unit used
	App          Kind = "app"          // a partner's app: paid once, shared with the partner
)

// Kinds lists every kind, for switches and tests that must walk them all.
var Kinds = []Kind{Vehicle, Term, Perpetual, Subscription, Metered, App}

// Product is one entry of the catalogue.
type Product struct {
	SKU        SKU          `json:"sku" yaml:"sku"`
	Name       string       `json:"name" yaml:"name"`
	Kind       Kind         `json:"kind" yaml:"kind"`
	Features   []string     `json:"features,omitempty" yaml:"features"`       // what a grant turns on in the car
	TermMonths int          `json:"term_months,omitempty" yaml:"term_months"` // Term only
	Meter      string       `json:"meter,omitempty" yaml:"meter"`             // Metered only: "pilot.km"
	Account    string       `json:"account" yaml:"account"`                   // revenue account of the ledger's chart: "revenue:subscription"
	Partner    string       `json:"partner,omitempty" yaml:"partner"`         // App: who is owed a share
	Bundle     []SKU        `json:"bundle,omitempty" yaml:"bundle"`           // sold as one, each an obligation of its own
	StandAlone money.Amount `json:"stand_alone" yaml:"-"`                     // stand-alone selling price (IFRS 15.76), for allocation
	Prices     []Price      `json:"prices" yaml:"prices"`
}

// Price is what a product costs in one market while it is valid.
type Price struct {
	Currency money.Currency `json:"currency" yaml:"currency"`
	Unit     money.Decimal  `json:"unit" yaml:"unit"` // major units per piece, per month or per metered unit
	Valid    period.Span    `json:"valid" yaml:"valid"`
	Source   string         `json:"source,omitempty" yaml:"source"` // where the figure comes from
}

// Line is one product of an order. Price is the agreed net price; for Subscription and Metered lines it is 0 and the unit price is fixed in Unit.
type Line struct {
	SKU        SKU           `json:"sku"`
	Name       string        `json:"name"`
	Kind       Kind          `json:"kind"`
	Features   []string      `json:"features,omitempty"`
	TermMonths int           `json:"term_months,omitempty"`
	Meter      string        `json:"meter,omitempty"`
	Account    string        `json:"account"`
	Partner    string        `json:"partner,omitempty"`
	Price      money.Amount  `json:"price"`
	Unit       money.Decimal `json:"unit,omitempty"`
	StandAlone money.Amount  `json:"stand_alone"` // weight of the line in the allocation of the order's price
}

// Order is what a customer agreed to, for one car. One order is one contract with several performance obligations.
type Order struct {
	ID       string         `json:"id"`
	VIN      vin.VIN        `json:"vin"`
	Customer string         `json:"customer"`
	Market   string         `json:"market"`
	Currency money.Currency `json:"currency"`
	PlacedAt time.Time      `json:"placed_at"`
	Lines    []Line         `json:"lines"`
	Approval *Approval      `json:"approval,omitempty"` // who allowed a price below the floor, and why
}

// Approval lets a sale below the price floor pass.
type Approval struct {
	Approver string `json:"approver"`
	Reason   string `json:"reason"`
}

// Placed is said once per order, with everything that billing needs.
type Placed struct {
	Order Order `json:"order"`
}

// Granted is said when a car's set of rights changed; the car should fetch its grant.
type Granted struct {
	VIN vin.VIN `json:"vin"`
	Seq uint64  `json:"seq"` // of the car's grant document, strictly rising
}

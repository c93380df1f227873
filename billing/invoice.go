package billing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/vin"
)

// Reason says why an invoice was issued; with the order and the date it names the invoice.
type Reason string

// The reasons.
const (
	ForOrder   Reason = "order"   // what an order owes at once
	ForRenewal Reason = "renewal" // a further month of a subscription, in advance
	ForUsage   Reason = "usage"   // a month's metered use, in arrears
	ForLicence Reason = "licence" // another maker's fee, in advance, or its royalty, in arrears; of no car
)

// Invoice is a claim on a customer. Once issued it never changes.
type Invoice struct {
	ID           string         `json:"id"`
	Number       string         `json:"number"` // "INV-7": 1, 2, 3… per legal entity, given at issue
	Entity       string         `json:"entity"` // the legal entity that claims
	Reason       Reason         `json:"reason"`
	OrderID      string         `json:"order_id"`               // ForLicence: the licence's id
	Subscription string         `json:"subscription,omitempty"` // ForRenewal only
	VIN          vin.VIN        `json:"vin,omitempty"`          // none ForLicence
	Customer     string         `json:"customer"`
	Market       string         `json:"market"`
	Currency     money.Currency `json:"currency"`
	Date         period.Date    `json:"date"`
	IssuedAt     time.Time      `json:"issued_at"` // when the fact was: the order's time, the anniversary, the month's end
	Lines        []InvoiceLine  `json:"lines"`
	Total        money.Amount   `json:"total"` // sum of the lines
}

// InvoiceLine is one line of an invoice. Amount is what is claimed and booked; Price is what was agreed for the line, which
// differs where the order's price was allocated over several obligations.
type InvoiceLine struct {
	No         int            `json:"no"` // 1, 2, 3…
	SKU        offer.SKU      `json:"sku"`
	Name       string         `json:"name"`
	Kind       offer.Kind     `json:"kind"`
	Features   []string       `json:"features,omitempty"`
	Account    ledger.Account `json:"account"` // revenue, when earned
	Partner    string         `json:"partner,omitempty"`
	Service    period.Span    `json:"service"` // when the service is rendered; empty at a point in time
	Quantity   money.Decimal  `json:"quantity"`
	Unit       money.Decimal  `json:"unit,omitempty"` // price of one
	Price      money.Amount   `json:"price"`
	Amount     money.Amount   `json:"amount"`
	Obligation string         `json:"obligation"`
	Calc       Calc           `json:"calc"`
}

// OverTime reports whether the line is earned day by day over its Service.
func (l InvoiceLine) OverTime() bool { return l.Kind == offer.Term || l.Kind == offer.Subscription }

// Dims are the dimensions of everything that is booked for a line.
func (i Invoice) Dims(l InvoiceLine) ledger.Dims {
	return ledger.Dims{Vehicle: string(i.VIN), Customer: i.Customer, Product: string(l.SKU), Partner: l.Partner, Market: i.Market}
}

// Digest is the SHA-256 of the invoice without its number, in hex: what "the same invoice" means.
func (i Invoice) Digest() string {
	i.Number = ""
	return digest(i)
}

func digest(v any) string {
	b, err := json.Marshal(v) // struct order is fixed; no maps
	if err != nil {
		panic("billing: documents always marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// State is where the collection of an invoice stands.
type State string

// The states of an invoice.
const (
	Open    State = "open"
	PastDue State = "past_due" // a charge was declined; late payment restores
	Settled State = "paid"
)

// States lists every state, for switches and tests that must walk them all.
var States = []State{Open, PastDue, Settled}

// Standing is what became of an invoice after its issue.
type Standing struct {
	State      State       `json:"state"`
	Posted     bool        `json:"posted"`                // the ledger has its entry
	Attempts   int         `json:"attempts"`              // charges that were declined
	NextCharge period.Date `json:"next_charge,omitempty"` // empty: no further attempt is due by itself
	PaidOn     period.Date `json:"paid_on,omitempty"`
	Reason     string      `json:"decline,omitempty"` // why the last charge was declined
}

// Issued is an invoice with its standing.
type Issued struct {
	Invoice
	Standing Standing `json:"standing"`
}

// Invoiced is said once per invoice.
type Invoiced struct {
	Invoice Invoice `json:"invoice"`
}

// Paid is said once per invoice that was paid, or that came to nothing.
type Paid struct {
	InvoiceID string      `json:"invoice_id"`
	OrderID   string      `json:"order_id"`
	VIN       vin.VIN     `json:"vin,omitempty"`
	Customer  string      `json:"customer"`
	At        period.Date `json:"at"`
	Reason    Reason      `json:"reason"`
	Lines     []PaidLine  `json:"lines"`
}

// PaidLine is one thing that was paid for.
type PaidLine struct {
	SKU      offer.SKU   `json:"sku"`
	Kind     offer.Kind  `json:"kind"`
	Features []string    `json:"features,omitempty"`
	From     period.Date `json:"from"`
	Until    period.Date `json:"until,omitempty"` // exclusive; empty: without end
}

// paid says what the payment of the invoice entitles the car to.
func (i Invoice) paid(on period.Date) Paid {
	p := Paid{InvoiceID: i.ID, OrderID: i.OrderID, VIN: i.VIN, Customer: i.Customer, At: on, Reason: i.Reason}
	for _, l := range i.Lines {
		pl := PaidLine{SKU: l.SKU, Kind: l.Kind, Features: l.Features, From: i.Date}
		if l.OverTime() {
			pl.From, pl.Until = l.Service.From, l.Service.To
		}
		p.Lines = append(p.Lines, pl)
	}
	return p
}

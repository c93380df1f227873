package offer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Limits of an order.
const (
	MaxLines = 50
	MaxText  = 500 // bytes of a customer's name, an approver's name or a reason
)

// Request asks for an order. ID is chosen by who asks. PlacedAt empty means now.
type Request struct {
	ID       string         `json:"id"`
	VIN      vin.VIN        `json:"vin"`
	Customer string         `json:"customer"`
	Market   string         `json:"market"`
	Currency money.Currency `json:"currency"`
	PlacedAt time.Time      `json:"placed_at,omitzero"`
	Lines    []RequestLine  `json:"lines"`
	Approval *Approval      `json:"approval,omitempty"`
}

// RequestLine asks for one product. Price is the agreed price of a car or of a bundle with a car; all else has the
// catalogue's.
type RequestLine struct {
	SKU   SKU           `json:"sku"`
	Price *money.Amount `json:"price,omitempty"`
}

// Digest is equal for requests that ask for the same.
func (r Request) Digest() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings, numbers and a valid time
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// check refuses what no catalogue could serve.
func (r Request) check(now time.Time) error {
	bad := func(code, at, format string, args ...any) error {
		return fault.New(fault.Invalid, code, format, args...).At(at)
	}
	switch {
	case r.ID == "" || len(r.ID) > MaxText:
		return bad("id", "/id", "an order has an id that its sender chose")
	case strings.TrimSpace(r.Customer) == "" || len(r.Customer) > MaxText:
		return bad("customer", "/customer", "an order has a customer")
	case r.Market == "" || len(r.Market) > MaxText:
		return bad("market", "/market", "an order has a market like CN")
	case len(r.Lines) == 0 || len(r.Lines) > MaxLines:
		return bad("lines", "/lines", "an order has 1 to %d lines, this one %d", MaxLines, len(r.Lines))
	case r.PlacedAt.After(now):
		return bad("placed_at", "/placed_at", "an order is not placed in the future (now %s)", now.Format(time.RFC3339))
	case !r.PlacedAt.IsZero() && (r.PlacedAt.Year() < 2000):
		return bad("placed_at", "/placed_at", "an order is not placed before 2000")
	case r.Approval != nil && (len(r.Approval.Approver) > MaxText || len(r.Approval.Reason) > MaxText):
		return bad("approval", "/approval", "approver and reason have at most %d bytes each", MaxText)
	}
	if _, err := vin.Parse(string(r.VIN)); err != nil {
		return pointed(err, "/vin")
	}
	if _, err := r.Currency.Exponent(); err != nil {
		return pointed(err, "/currency")
	}
	for i, l := range r.Lines {
		at := fmt.Sprintf("/lines/%d", i)
		switch {
		case l.SKU == "":
			return bad("sku_unknown", at+"/sku", "a line names a product")
		case l.Price == nil:
		case l.Price.Currency != r.Currency:
			return bad("currency_mixed", at+"/price", "the order is in %s, this price in %.10q", r.Currency, string(l.Price.Currency))
		case l.Price.Minor < 0:
			return bad("amount_negative", at+"/price", "a price is 0 or more, not %s", l.Price)
		}
	}
	return nil
}

// lookup finds a product, or refuses with the code sku_unknown.
type lookup func(ctx context.Context, sku SKU) (Product, error)

// price turns a checked request into an order at the catalogue's prices of the day: bundles become their members, whose
// shares of the bundle's price sum to it.
func (r Request) price(ctx context.Context, find lookup, at time.Time) (Order, error) {
	o := Order{ID: r.ID, VIN: r.VIN, Customer: r.Customer, Market: r.Market, Currency: r.Currency, PlacedAt: at, Approval: r.Approval}
	on := period.DateOf(at)
	for i, l := range r.Lines {
		pointer := fmt.Sprintf("/lines/%d", i)
		p, err := find(ctx, l.SKU)
		if err != nil {
			return Order{}, pointed(err, pointer+"/sku")
		}
		if l.Price != nil && p.Kind != Vehicle {
			return Order{}, fault.New(fault.Refused, "price_not_negotiable", "%s is sold at the catalogue's price; only a car's is agreed", p.SKU).At(pointer + "/price")
		}
		lines, err := r.expand(ctx, find, p, l.Price, on)
		if err != nil {
			return Order{}, pointed(err, pointer+"/sku")
		}
		for _, n := range lines {
			if slices.ContainsFunc(o.Lines, func(m Line) bool { return m.SKU == n.SKU }) {
				return Order{}, fault.New(fault.Invalid, "sku_twice", "%s is on the order twice", n.SKU).At(pointer + "/sku")
			}
		}
		o.Lines = append(o.Lines, lines...)
	}
	if len(o.Lines) > MaxLines {
		return Order{}, fault.New(fault.Invalid, "lines", "with its bundles taken apart the order has %d lines, at most %d", len(o.Lines), MaxLines).At("/lines")
	}
	if n := o.cars(); len(n) > 1 {
		return Order{}, fault.New(fault.Invalid, "vehicle_twice", "an order is for one car, this one sells %d", len(n)).At("/lines")
	}
	return o, nil
}

// expand makes the lines of one requested product.
func (r Request) expand(ctx context.Context, find lookup, p Product, agreed *money.Amount, on period.Date) ([]Line, error) {
	price, err := p.PriceAt(r.Currency, on)
	if err != nil {
		return nil, err
	}
	if !p.Kind.fixed() {
		l := p.line(money.Of(0, r.Currency), money.Of(0, r.Currency))
		l.Unit = price.Unit
		return []Line{l}, nil
	}
	total, err := money.Parse(string(price.Unit), r.Currency)
	if err != nil {
		return nil, err
	}
	if agreed != nil {
		total = *agreed
	}
	if len(p.Bundle) == 0 {
		alone, err := p.standAlone(r.Currency, on)
		if err != nil {
			return nil, err
		}
		return []Line{p.line(total, alone)}, nil
	}
	var lines []Line
	var weights []int64
	for _, sku := range p.Bundle {
		m, err := find(ctx, sku)
		if err != nil {
			return nil, err
		}
		alone, err := m.standAlone(r.Currency, on)
		if err != nil {
			return nil, err
		}
		lines, weights = append(lines, m.line(total, alone)), append(weights, alone.Minor)
	}
	shares, err := total.Allocate(weights)
	if err != nil {
		return nil, err
	}
	for i := range lines {
		lines[i].Price = shares[i]
	}
	return lines, nil
}

func (p Product) line(price, alone money.Amount) Line {
	return Line{SKU: p.SKU, Name: p.Name, Kind: p.Kind, Features: p.Features, TermMonths: p.TermMonths, Meter: p.Meter,
		Account: p.Account, Partner: p.Partner, Price: price, StandAlone: alone}
}

// cars returns the indices of the order's car lines.
func (o Order) cars() []int {
	var at []int
	for i, l := range o.Lines {
		if l.Kind == Vehicle {
			at = append(at, i)
		}
	}
	return at
}

// Share returns the part of the order's fixed prices that falls on line i when they are allocated in proportion to the
// stand-alone prices (IFRS 15.74): what the line earns, whatever its price tag says.
func (o Order) Share(i int) (money.Amount, error) {
	total := money.Of(0, o.Currency)
	weights := make([]int64, len(o.Lines))
	known := false
	for j, l := range o.Lines {
		if !l.Kind.fixed() {
			continue
		}
		var err error
		if total, err = total.Add(l.Price); err != nil {
			return money.Amount{}, err
		}
		weights[j] = l.StandAlone.Minor
		known = known || l.StandAlone.Minor > 0
	}
	if !known { // no stand-alone price is known: the agreed ones stand
		return o.Lines[i].Price, nil
	}
	shares, err := total.Allocate(weights)
	if err != nil {
		return money.Amount{}, err
	}
	return shares[i], nil
}

// given reports whether somebody allowed the exception and said why.
func (a *Approval) given() bool {
	return a != nil && strings.TrimSpace(a.Approver) != "" && strings.TrimSpace(a.Reason) != ""
}

// SellsCar reports whether the order sells the car itself.
func (o Order) SellsCar() bool { return len(o.cars()) > 0 }

package billing

import (
	"context"
	"strconv"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
)

// Licence is an agreement by which another maker uses our software: a fixed fee, a royalty per unit, or both. The fee is
// invoiced when it is signed and earned day by day over the term (IFRS 15.B58); royalties are invoiced by the month in
// arrears, when the licensee has told its units, and earned then (IFRS 15.B63). Nothing of it is of a car of ours.
type Licence struct {
	ID       string         `json:"id"`
	Licensee string         `json:"licensee"` // the customer of its invoices
	Name     string         `json:"name"`     // of what is licensed
	Product  offer.SKU      `json:"product"`  // under which it is booked
	Market   string         `json:"market"`
	Currency money.Currency `json:"currency"`
	Signed   period.Date    `json:"signed"`
	Term     period.Span    `json:"term"`              // bounded; royalties are for its months
	Fee      money.Amount   `json:"fee"`               // for the whole term; 0: none
	Royalty  money.Decimal  `json:"royalty,omitempty"` // per unit, in major units; empty: none
	Source   string         `json:"source"`            // the contract
}

// Units is what a licensee reports of one month. Part 0 is the month's report; 1, 2… add what was forgotten.
type Units struct {
	Licence string       `json:"licence"`
	Month   period.Month `json:"month"`
	Part    int          `json:"part"`
	Units   int64        `json:"units"`
}

// Limits of a licence.
const (
	MaxLicenceText = 500
	MaxTermDays    = 366 * 30
	MaxUnits       = 100_000_000 // of one report
	MaxParts       = 12          // of one month
)

// Check refuses a licence that cannot be billed, naming the field.
func (l Licence) Check() error {
	bad := func(code, at, format string, args ...any) error {
		return fault.New(fault.Invalid, code, format, args...).At(at)
	}
	for _, f := range []struct{ at, text string }{{"/id", l.ID}, {"/licensee", l.Licensee}, {"/name", l.Name}, {"/product", string(l.Product)},
		{"/market", l.Market}, {"/source", l.Source}} {
		if strings.TrimSpace(f.text) == "" || len(f.text) > MaxLicenceText || strings.ContainsRune(f.text, 0) {
			return bad("text", f.at, "a licence has an id, a licensee, a name, a product, a market and a source, of 1 to %d bytes each", MaxLicenceText)
		}
	}
	for _, d := range []struct {
		at string
		d  period.Date
	}{{"/signed", l.Signed}, {"/term/from", l.Term.From}, {"/term/to", l.Term.To}} {
		if _, err := period.ParseDate(string(d.d)); err != nil {
			return bad("date", d.at, "%q is not a date of the form YYYY-MM-DD", d.d)
		}
	}
	if _, err := l.Currency.Exponent(); err != nil {
		return fault.New(fault.Invalid, "currency_unknown", "%v", err).At("/currency")
	}
	switch days := l.Term.Days(); {
	case days < 1 || days > MaxTermDays:
		return bad("term", "/term/to", "a term has 1 to %d days, not %d", MaxTermDays, days)
	case !within(l.Fee, l.Currency):
		return bad("currency_mixed", "/fee", "a licence in %s has no fee in %s", l.Currency, l.Fee.Currency)
	case l.Fee.Minor < 0 || l.Fee.Minor > ledger.MaxMinor:
		return bad("fee", "/fee", "a fee is 0 to %d minor units, not %d", ledger.MaxMinor, l.Fee.Minor)
	case l.Fee.Minor == 0 && l.Royalty == "":
		return bad("fee", "/fee", "a licence has a fee, a royalty, or both")
	}
	if l.Royalty != "" {
		if err := l.Royalty.Check(); err != nil || l.Royalty.Sign() <= 0 {
			return bad("royalty", "/royalty", "a royalty is a decimal number above 0, not %.40q", l.Royalty)
		}
		if a, err := money.Round(l.Currency, l.Royalty, money.Decimal(strconv.Itoa(MaxUnits))); err != nil || a.Minor > ledger.MaxMinor {
			return bad("royalty", "/royalty", "%d units at %s are more than one entry holds", MaxUnits, l.Royalty)
		}
	}
	return nil
}

// invoice is a licence's invoice, still without a line.
func (l Licence) invoice(entity, of string, day period.Date) Invoice {
	return Invoice{ID: id.From("inv", l.ID, string(ForLicence), of), Entity: entity, Reason: ForLicence, OrderID: l.ID,
		Customer: l.Licensee, Market: l.Market, Currency: l.Currency, Date: day, IssuedAt: day.Time()}
}

// fee is the invoice of the fixed fee, earned over the term; ok is false when there is none.
func (l Licence) fee(entity string) (is Issue, ok bool, err error) {
	if l.Fee.IsZero() {
		return Issue{}, false, nil
	}
	inv := l.invoice(entity, "fee", l.Signed)
	line := InvoiceLine{No: 1, SKU: l.Product, Name: l.Name, Kind: offer.Term, Account: ledger.RevenueLicence, Service: l.Term, Quantity: "1",
		Price: l.Fee, Calc: Calc{Method: Allocated, Total: l.Fee, Weights: []int64{1}, Numerator: 1, Denominator: 1, Rounding: LargestRemainder}}
	if err := inv.add(line); err != nil {
		return Issue{}, false, err
	}
	rows, err := inv.schedule()
	return Issue{Invoice: inv, Rows: rows}, true, err
}

// royalty is the invoice of a month's units, earned at once; ok is false when they come to nothing.
func (l Licence) royalty(entity string, u Units) (is Issue, ok bool, err error) {
	inv := l.invoice(entity, string(u.Month)+"/"+strconv.Itoa(u.Part), u.Month.Last())
	inv.IssuedAt = u.Month.Next().First().Time().Add(-time.Second)
	line := InvoiceLine{No: 1, SKU: l.Product, Name: l.Name, Kind: offer.Metered, Account: ledger.RevenueLicence, Service: u.Month.Span(),
		Quantity: money.Decimal(strconv.FormatInt(u.Units, 10)), Unit: l.Royalty,
		Calc: Calc{Method: Rated, Factors: []money.Decimal{l.Royalty, money.Decimal(strconv.FormatInt(u.Units, 10))}, Rounding: HalfUp}}
	if err := inv.add(line); err != nil {
		return Issue{}, false, err
	}
	return Issue{Invoice: inv}, inv.Total.Minor > 0, nil
}

// check refuses a report that the licence does not cover.
func (u Units) check(l Licence) error {
	bad := func(code, at, format string, args ...any) error {
		return fault.New(fault.Invalid, code, format, args...).At(at)
	}
	if _, err := period.ParseDate(string(u.Month.First())); err != nil {
		return bad("month", "/month", "%.40q is not a month of the form YYYY-MM", u.Month)
	}
	switch span := u.Month.Span().Overlap(l.Term); {
	case l.Royalty == "":
		return fault.New(fault.Refused, "royalty_none", "licence %s has no royalty", l.ID)
	case span.Days() == 0:
		return bad("month", "/month", "%s is outside the term of licence %s, %s to %s", u.Month, l.ID, l.Term.From, l.Term.To)
	case u.Units < 0 || u.Units > MaxUnits:
		return bad("units", "/units", "a report has 0 to %d units, not %d", MaxUnits, u.Units)
	case u.Part < 0 || u.Part >= MaxParts:
		return bad("part", "/part", "a month has parts 0 to %d, not %d", MaxParts-1, u.Part)
	}
	return nil
}

// AddLicence takes up a licence and invoices its fee. The same again answers what is stored; with another content it is
// idempotency_mismatch.
func (s *Service) AddLicence(ctx context.Context, l Licence) (Licence, error) {
	l.Fee = money.Of(l.Fee.Minor, l.Currency)
	if err := l.Check(); err != nil {
		return Licence{}, err
	}
	is, claims, err := l.fee(s.cfg.Entity)
	if err != nil {
		return Licence{}, err
	}
	if !claims {
		return s.store.AddLicence(ctx, l, nil)
	}
	stored, err := s.store.AddLicence(ctx, l, &is)
	if err != nil {
		return Licence{}, err
	}
	return stored, s.finish(ctx, is.Invoice.ID)
}

// Royalty takes up what a licensee reports of a month and invoices it. The same again is a no-op; other units for the same
// part of the month are idempotency_mismatch: what was forgotten is a part of its own.
func (s *Service) Royalty(ctx context.Context, u Units) (Units, error) {
	l, err := s.store.Licence(ctx, u.Licence)
	if err != nil {
		return Units{}, err
	}
	if err := u.check(l); err != nil {
		return Units{}, err
	}
	is, claims, err := l.royalty(s.cfg.Entity, u)
	if err != nil {
		return Units{}, err
	}
	if !claims {
		return u, s.store.AddUnits(ctx, u, nil)
	}
	if err := s.store.AddUnits(ctx, u, &is); err != nil {
		return Units{}, err
	}
	return u, s.finish(ctx, is.Invoice.ID)
}

// finish brings an invoice to the ledger and charges it.
func (s *Service) finish(ctx context.Context, invoiceID string) error {
	inv, err := s.store.Invoice(ctx, invoiceID)
	if err != nil {
		return err
	}
	return s.settle(ctx, inv, inv.Date)
}

// Licence returns one licence.
func (s *Service) Licence(ctx context.Context, licenceID string) (Licence, error) {
	return s.store.Licence(ctx, licenceID)
}

// Licences lists licences by id, strictly after one.
func (s *Service) Licences(ctx context.Context, after string, limit int) ([]Licence, error) {
	return s.store.Licences(ctx, after, max(1, min(limit, Page+1)))
}

// Reported lists what a licensee reported, by month and part.
func (s *Service) Reported(ctx context.Context, licenceID string) ([]Units, error) {
	if _, err := s.store.Licence(ctx, licenceID); err != nil {
		return nil, err
	}
	return s.store.Reported(ctx, licenceID)
}

package partner

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Partner is a firm that is owed a share of sales.
type Partner struct {
	ID       string         `json:"id"` // "ptn_…", chosen by the caller
	Name     string         `json:"name"`
	Market   string         `json:"market"`
	Currency money.Currency `json:"currency"` // of its sales and statements
}

// Check refuses a partner that cannot be settled with.
func (p Partner) Check() error {
	switch {
	case !strings.HasPrefix(p.ID, "ptn_") || len(p.ID) > 80:
		return fault.New(fault.Invalid, "partner_id", "a partner's id begins with ptn_, unlike %.80q", p.ID).At("/id")
	case p.Name == "" || len(p.Name) > 200:
		return fault.New(fault.Invalid, "name", "a partner has a name of 1 to 200 bytes").At("/name")
	case p.Market == "":
		return fault.New(fault.Invalid, "market", "a partner has a market").At("/market")
	}
	_, err := p.Currency.Exponent()
	return err
}

// RateCard is the share that a partner is owed of sales in a span of dates: Numerator of Denominator, 7000 of 10000.
type RateCard struct {
	ID          string      `json:"id"`
	Partner     string      `json:"partner"`
	Numerator   int64       `json:"numerator"`
	Denominator int64       `json:"denominator"`
	Valid       period.Span `json:"valid"`
	Source      string      `json:"source"` // the agreement that says so
}

// Check refuses a share that is none.
func (c RateCard) Check() error {
	if c.Denominator < 1 || c.Denominator > 1_000_000 || c.Numerator < 0 || c.Numerator > c.Denominator {
		return fault.New(fault.Invalid, "share", "a share is 0 to 1, not %d / %d", c.Numerator, c.Denominator).At("/numerator")
	}
	if c.Source == "" {
		return fault.New(fault.Invalid, "source", "a rate card names the agreement behind it").At("/source")
	}
	if _, err := period.ParseDate(string(c.Valid.From)); err != nil {
		return fault.New(fault.Invalid, "valid_from", "a rate card is valid from a date YYYY-MM-DD").At("/valid/from")
	}
	if c.Valid.To == "" {
		return nil
	}
	if _, err := period.ParseDate(string(c.Valid.To)); err != nil || c.Valid.To <= c.Valid.From {
		return fault.New(fault.Invalid, "valid_to", "a rate card ends after it begins, or never").At("/valid/to")
	}
	return nil
}

// Effective picks the card for a day: of those valid then, the one that began last.
func Effective(cards []RateCard, day period.Date) (RateCard, error) {
	best := -1
	for i, c := range cards {
		if c.Valid.Contains(day) && (best < 0 || c.Valid.From > cards[best].Valid.From) {
			best = i
		}
	}
	if best < 0 {
		return RateCard{}, fault.New(fault.Refused, "rate_card_missing", "no rate card is valid on %s", day)
	}
	return cards[best], nil
}

// Accrual is a partner's share of one invoice line.
type Accrual struct {
	Ref     string       `json:"ref"` // of the ledger entry: "partner/<invoice>/<line>"
	Partner string       `json:"partner"`
	Invoice string       `json:"invoice"`
	Line    int          `json:"line"`
	SKU     string       `json:"sku"`
	Name    string       `json:"name"`
	VIN     vin.VIN      `json:"vin"`
	Dims    ledger.Dims  `json:"dims"`
	Date    period.Date  `json:"date"`
	Base    money.Amount `json:"base"`  // agreed for the line
	Share   money.Amount `json:"share"` // the partner's
	House   money.Amount `json:"house"` // Base − Share
	Card    RateCard     `json:"card"`  // as it was
}

// Accrue splits a line between partner and house by largest remainder.
func Accrue(inv billing.Invoice, l billing.InvoiceLine, card RateCard) (Accrual, error) {
	parts, err := l.Price.Allocate([]int64{card.Numerator, card.Denominator - card.Numerator})
	if err != nil {
		return Accrual{}, err
	}
	return Accrual{Ref: "partner/" + inv.ID + "/" + strconv.Itoa(l.No), Partner: l.Partner, Invoice: inv.ID, Line: l.No, SKU: string(l.SKU),
		Name: l.Name, VIN: inv.VIN, Dims: inv.Dims(l), Date: inv.Date, Base: l.Price, Share: parts[0], House: parts[1], Card: card}, nil
}

func (a Accrual) entry() ledger.Entry {
	return ledger.Entry{Ref: a.Ref, Date: a.Date, Kind: "partner.accrued", Postings: []ledger.Posting{
		{Debit: ledger.CostPartner, Credit: ledger.PartnerPayable, Amount: a.Share, Dims: a.Dims}}}
}

// Payout is money paid to a partner.
type Payout struct {
	ID      string       `json:"id"`
	Partner string       `json:"partner"`
	Amount  money.Amount `json:"amount"`
	Date    period.Date  `json:"date"`
}

// Ref names the payout's ledger entry.
func (p Payout) Ref() string { return "partner/payout/" + p.ID }

func (p Payout) check() error {
	if p.ID == "" {
		return fault.New(fault.Invalid, "payout_id", "a payout has an id").At("/id")
	}
	if p.Amount.Minor <= 0 {
		return fault.New(fault.Invalid, "amount_not_positive", "a payout is positive, not %s", p.Amount).At("/amount")
	}
	if _, err := period.ParseDate(string(p.Date)); err != nil {
		return fault.New(fault.Invalid, "date", "%.20q is not a date YYYY-MM-DD", string(p.Date)).At("/date")
	}
	return p.Amount.Check()
}

func (p Payout) entry(market string) ledger.Entry {
	return ledger.Entry{Ref: p.Ref(), Date: p.Date, Kind: "partner.paid", Postings: []ledger.Posting{
		{Debit: ledger.PartnerPayable, Credit: ledger.Cash, Amount: p.Amount, Dims: ledger.Dims{Partner: p.Partner, Market: market}}}}
}

// Item is one accrual or payout.
type Item struct {
	Ref    string       `json:"ref"`  // of the ledger entry behind it
	Kind   string       `json:"kind"` // "accrual" or "payout"
	Date   period.Date  `json:"date"`
	SKU    string       `json:"sku,omitempty"`
	VIN    vin.VIN      `json:"vin,omitempty"`
	Base   money.Amount `json:"base,omitzero"`
	Amount money.Amount `json:"amount"` // what the partner is owed more; negative for a payout
}

// Statement is a partner's account of one month, frozen.
type Statement struct {
	ID       string       `json:"id"`
	Number   string       `json:"number"` // "STM-3"
	Partner  string       `json:"partner"`
	Month    period.Month `json:"month"`
	Opening  money.Amount `json:"opening"`
	Accruals money.Amount `json:"accruals"`
	Payouts  money.Amount `json:"payouts"` // 0 or negative
	Closing  money.Amount `json:"closing"`
	Lines    []Item       `json:"lines"`
}

// Compose makes the statement of a month, without its number. ok is false when there is nothing to state.
func Compose(id string, p Partner, m period.Month, opening money.Amount, as []Accrual, ps []Payout) (s Statement, ok bool, err error) {
	zero := money.Of(0, p.Currency)
	s = Statement{ID: id, Partner: p.ID, Month: m, Opening: opening, Accruals: zero, Payouts: zero}
	if opening == (money.Amount{}) {
		s.Opening = zero
	}
	for _, a := range as {
		s.Lines = append(s.Lines, Item{Ref: a.Ref, Kind: "accrual", Date: a.Date, SKU: a.SKU, VIN: a.VIN, Base: a.Base, Amount: a.Share})
		if s.Accruals, err = s.Accruals.Add(a.Share); err != nil {
			return s, false, err
		}
	}
	for _, x := range ps {
		s.Lines = append(s.Lines, Item{Ref: x.Ref(), Kind: "payout", Date: x.Date, Amount: x.Amount.Neg()})
		if s.Payouts, err = s.Payouts.Sub(x.Amount); err != nil {
			return s, false, err
		}
	}
	slices.SortFunc(s.Lines, func(a, b Item) int {
		return strings.Compare(string(a.Date)+a.Ref, string(b.Date)+b.Ref)
	})
	s.Closing, err = money.Sum(s.Opening, s.Accruals, s.Payouts)
	return s, len(s.Lines) > 0 || !s.Opening.IsZero(), err
}

// Digest is the SHA-256 of a value's JSON, in hex: what "the same content" means.
func Digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("partner: documents always marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

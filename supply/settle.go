package supply

import (
	"fmt"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Settlement closes a contract year: the total-quantity rebate that its volume earned, and what is paid for packs that
// were not taken. It is made once; a lot of the year that comes later is refused.
type Settlement struct {
	ID       string       `json:"id,omitempty"`
	Settled  bool         `json:"settled"` // false: as it stands so far
	Contract string       `json:"contract"`
	Supplier string       `json:"supplier"`
	Year     int          `json:"year"` // from 1 on
	Span     period.Span  `json:"span"`
	Packs    int64        `json:"packs"` // received in the year
	Spend    money.Amount `json:"spend"` // what they cost before the rebate
	Minimum  int64        `json:"minimum"`
	Discount string       `json:"discount,omitempty"` // of the tier that was reached
	Rebate   money.Amount `json:"rebate"`             // owed by the supplier
	Short    int64        `json:"short"`              // packs below the minimum
	Mean     money.Amount `json:"mean"`               // price that the shortfall is paid by, rounded for reading
	Charge   money.Amount `json:"charge"`             // owed to the supplier
	Terms    []string     `json:"terms"`              // in words, with the numbers in them
	Booked   Booking      `json:"booked"`             // in the currency of the books
}

// Booking is what a settlement comes to in the currency of the books.
type Booking struct {
	Rebate money.Amount `json:"rebate"`
	Charge money.Amount `json:"charge"`
	Rate   *Rate        `json:"rate,omitempty"` // of the year's last day; nil: nothing to convert
}

// Date is the day to book it on: the year's last.
func (s Settlement) Date() period.Date { return s.Span.To.AddDays(-1) }

// ContractSettled is said once per contract and year that end in a rebate or a charge. Date is the day to book it on.
type ContractSettled struct {
	Settlement
	Date period.Date `json:"date"`
}

// Bought is how many packs of one price came in a contract year.
type Bought struct {
	Unit  money.Decimal
	Packs int64
}

// Settle computes a contract year of what was bought in it. A pack counts with its price rounded to the minor unit, as it
// is owed. Where nothing was bought, the shortfall is paid by the price of the first pack on the year's last day.
func (c Contract) Settle(year int, bought []Bought, m Market) (Settlement, error) {
	span, err := c.Year(year)
	if err != nil {
		return Settlement{}, err
	}
	zero := money.Of(0, c.Currency)
	s := Settlement{Contract: c.ID, Supplier: c.Supplier, Year: year, Span: span, Spend: zero, Rebate: zero, Mean: zero, Charge: zero}
	for _, b := range bought {
		a, err := money.Round(c.Currency, b.Unit)
		if err != nil {
			return s, err
		}
		if a, err = a.MulDiv(b.Packs, 1); err != nil {
			return s, err
		}
		if s.Spend, err = s.Spend.Add(a); err != nil {
			return s, err
		}
		s.Packs += b.Packs
	}
	s.Terms = append(s.Terms, fmt.Sprintf("%d packs from %s to %s for %s", s.Packs, span.From, s.Date(), s.Spend))
	if err := s.rebate(c); err != nil {
		return s, err
	}
	return s, s.charge(c, m)
}

// rebate is discount × spend, rounded once.
func (s *Settlement) rebate(c Contract) error {
	t, ok := c.Tier(s.Packs)
	switch {
	case len(c.Rebates) == 0:
		return nil
	case !ok:
		s.Terms = append(s.Terms, fmt.Sprintf("no rebate: the first tier begins at %d packs", c.Rebates[0].MinVolume))
		return nil
	}
	s.Discount = string(t.Discount)
	num, den := fraction(t.Discount)
	var err error
	if s.Rebate, err = s.Spend.MulDiv(num, den); err != nil {
		return err
	}
	s.Terms = append(s.Terms, fmt.Sprintf("rebate %s × %s = %s, by the tier from %d packs on", t.Discount, s.Spend, s.Rebate, t.MinVolume))
	return nil
}

// charge is rate × spend / packs × shortfall, rounded once.
func (s *Settlement) charge(c Contract, m Market) error {
	t := c.TakeOrPay
	if t == nil {
		return nil
	}
	s.Minimum = t.Minimum
	if whole := s.Span.From.AddMonths(12); s.Span.To < whole {
		s.Minimum = t.Minimum * int64(s.Span.Days()) / int64(period.Span{From: s.Span.From, To: whole}.Days())
	}
	if s.Short = max(0, s.Minimum-s.Packs); s.Short == 0 {
		s.Terms = append(s.Terms, fmt.Sprintf("nothing to pay for: the minimum of %d packs was taken", s.Minimum))
		return nil
	}
	spend, packs := s.Spend, s.Packs
	if packs == 0 {
		e, err := c.Explain(s.Date(), 0, m)
		if err != nil {
			return err
		}
		if spend, err = money.Round(c.Currency, e.Unit); err != nil {
			return err
		}
		packs = 1
	}
	var err error
	if s.Mean, err = spend.MulDiv(1, packs); err != nil {
		return err
	}
	num, den := fraction(t.Rate)
	if packs > MaxYearPacks {
		return fault.New(fault.Invalid, "amount_overflow", "a settlement of %d packs is too large", packs)
	}
	if s.Charge, err = spend.MulDiv(num*s.Short, den*packs); err != nil {
		return err
	}
	s.Terms = append(s.Terms, fmt.Sprintf("take or pay %s × %s mean price × %d packs below %d = %s", t.Rate, s.Mean, s.Short, s.Minimum, s.Charge))
	return nil
}

// fraction returns a checked share of at most maxDecimals decimals as a fraction in int64.
func fraction(d money.Decimal) (num, den int64) {
	r := ratio(d)
	return r.Num().Int64(), r.Denom().Int64()
}

// book converts a settlement into the currency of the books by the rate of its day.
func (s *Settlement) book(in money.Currency, rate *Rate) error {
	s.Booked = Booking{Rebate: s.Rebate, Charge: s.Charge, Rate: rate}
	if rate == nil {
		return nil
	}
	for _, f := range []struct {
		from money.Amount
		to   *money.Amount
	}{{s.Rebate, &s.Booked.Rebate}, {s.Charge, &s.Booked.Charge}} {
		var err error
		if *f.to, err = money.Round(in, major(f.from), rate.Rate); err != nil {
			return err
		}
	}
	return nil
}

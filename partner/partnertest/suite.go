// Package partnertest holds the suite that every partner.Store passes.
package partnertest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/vin"
)

// Books keeps entries in memory by the ledger's rules. While Err is set it takes none.
type Books struct {
	mu      sync.Mutex
	Err     error
	Entries map[string]ledger.Entry
}

// Post books an entry once.
func (b *Books) Post(_ context.Context, e ledger.Entry) (ledger.Booked, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Err != nil {
		return ledger.Booked{}, b.Err
	}
	if err := e.Check(); err != nil {
		return ledger.Booked{}, err
	}
	if was, ok := b.Entries[e.Ref]; ok && was.ContentDigest() != e.ContentDigest() {
		return ledger.Booked{}, fault.New(fault.Conflict, "idempotency_mismatch", "ref %s was booked with another content", e.Ref)
	}
	if b.Entries == nil {
		b.Entries = map[string]ledger.Entry{}
	}
	b.Entries[e.Ref] = e
	return ledger.Booked{Entry: e}, nil
}

// Payable is what the books say is owed to a partner, in minor units.
func (b *Books) Payable(who string) (owed int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.Entries {
		for _, p := range e.Postings {
			switch {
			case p.Dims.Partner != who:
			case p.Credit == ledger.PartnerPayable:
				owed += p.Amount.Minor
			case p.Debit == ledger.PartnerPayable:
				owed -= p.Amount.Minor
			}
		}
	}
	return owed
}

// Invoice bills one app of a partner, and a feature of nobody's.
func Invoice(n int, day period.Date, who string, minor int64) billing.Invoice {
	car, err := vin.Make("LRB", "AA1B2", 'R', 'S', n)
	if err != nil {
		panic(err)
	}
	price := money.Of(minor, "CNY")
	return billing.Invoice{ID: fmt.Sprintf("inv_%d", n), VIN: car, Customer: "anna", Market: "CN", Currency: "CNY", Date: day, Total: price, Lines: []billing.InvoiceLine{
		{No: 1, SKU: "seat.heat", Kind: "perpetual", Account: ledger.RevenueFeature, Price: price, Amount: price},
		{No: 2, SKU: "app.karaoke", Kind: "app", Account: ledger.RevenueApp, Partner: who, Price: price, Amount: price},
	}}
}

// Melody is a partner with a share of 70 %.
var (
	Melody = partner.Partner{ID: "ptn_melody", Name: "Melody", Market: "CN", Currency: "CNY"}
	Card   = partner.RateCard{ID: "rcd_1", Partner: Melody.ID, Numerator: 7000, Denominator: 10000, Valid: period.Span{From: "2026-01-01"}, Source: "agreement 1"}
)

// Suite is what every partner.Store passes. open returns an empty store.
func Suite(t *testing.T, open func(t *testing.T) partner.Store) {
	service := func(t *testing.T) (*partner.Service, *Books) {
		t.Helper()
		books := &Books{}
		s := partner.New(open(t), books)
		if _, err := s.Create(t.Context(), Melody); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddCard(t.Context(), Card); err != nil {
			t.Fatal(err)
		}
		return s, books
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("created once", func(t *testing.T) {
		s, _ := service(t)
		_, err := s.Create(t.Context(), Melody)
		must(t, err)
		_, err = s.AddCard(t.Context(), Card)
		must(t, err)
		other, card, twice := Melody, Card, Card
		other.Name, card.Numerator, twice.ID = "Other", 1, "rcd_2"
		if _, err := s.Create(t.Context(), other); fault.CodeOf(err) != "idempotency_mismatch" {
			t.Errorf("another partner of the same id: %v", err)
		}
		if _, err := s.AddCard(t.Context(), card); fault.CodeOf(err) != "idempotency_mismatch" {
			t.Errorf("another card of the same id: %v", err)
		}
		if _, err := s.AddCard(t.Context(), twice); fault.CodeOf(err) != "rate_card_twice" {
			t.Errorf("two cards from one day: %v", err)
		}
		if all, err := s.Partners(t.Context(), "", 10); err != nil || len(all) != 1 || all[0] != Melody {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := s.Partner(t.Context(), "ptn_x"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown partner: %v", err)
		}
	})
	t.Run("statements follow one another", func(t *testing.T) {
		s, books := service(t)
		must(t, s.OnInvoiced(t.Context(), Invoice(1, "2026-01-10", Melody.ID, 1001)))
		must(t, s.OnInvoiced(t.Context(), Invoice(1, "2026-01-10", Melody.ID, 1001)))
		must(t, s.Close(t.Context(), "2026-01"))
		must(t, s.OnInvoiced(t.Context(), Invoice(2, "2026-01-31", Melody.ID, 1000))) // told after the closing
		_, err := s.Pay(t.Context(), partner.Payout{ID: "p1", Partner: Melody.ID, Amount: money.Of(701, "CNY"), Date: "2026-02-05"})
		must(t, err)
		_, err = s.Pay(t.Context(), partner.Payout{ID: "p1", Partner: Melody.ID, Amount: money.Of(701, "CNY"), Date: "2026-02-05"})
		must(t, err)
		if _, err := s.Pay(t.Context(), partner.Payout{ID: "p2", Partner: Melody.ID, Amount: money.Of(701, "CNY"), Date: "2026-02-06"}); fault.CodeOf(err) != "payout_exceeds" {
			t.Errorf("paid more than is owed: %v", err)
		}
		for range 2 {
			must(t, s.Close(t.Context(), "2026-03"))
		}
		all, err := s.Statements(t.Context(), Melody.ID, "", 10)
		must(t, err)
		type account struct {
			number                              string
			opening, accruals, payouts, closing int64
			lines                               int
		}
		var got []account
		for _, st := range all {
			got = append(got, account{st.Number, st.Opening.Minor, st.Accruals.Minor, st.Payouts.Minor, st.Closing.Minor, len(st.Lines)})
			for _, l := range st.Lines {
				if _, ok := books.Entries[l.Ref]; !ok {
					t.Errorf("%s names %s, which is not booked", st.Number, l.Ref)
				}
			}
		}
		want := []account{{"STM-1", 0, 701, 0, 701, 1}, {"STM-2", 701, 700, -701, 700, 2}, {"STM-3", 700, 0, 0, 700, 0}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("statements %v, want %v", got, want)
		}
		if owed := books.Payable(Melody.ID); owed != 700 {
			t.Errorf("the books owe %d", owed)
		}
		if st, err := s.Statement(t.Context(), Melody.ID, "2026-02"); err != nil || st.Number != "STM-2" {
			t.Errorf("%+v, %v", st, err)
		}
		if _, err := s.Statement(t.Context(), Melody.ID, "2026-04"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an open month: %v", err)
		}
	})
	t.Run("what a crash left unposted is posted", func(t *testing.T) {
		s, books := service(t)
		books.Err = fault.New(fault.Unavailable, "down", "the books are closed")
		if err := s.OnInvoiced(t.Context(), Invoice(1, "2026-01-10", Melody.ID, 1000)); fault.KindOf(err) == fault.NotFound || err == nil {
			t.Fatalf("accrued without books: %v", err)
		}
		books.Err = nil
		later := Card
		later.ID, later.Numerator, later.Valid.From = "rcd_2", 1, "2026-01-05"
		_, err := s.AddCard(t.Context(), later)
		must(t, err)
		must(t, s.Close(t.Context(), "2026-01"))
		if owed := books.Payable(Melody.ID); owed != 700 {
			t.Errorf("the books owe %d; an accrual keeps its rate", owed)
		}
	})
	t.Run("a line without a card does not hold up the others", func(t *testing.T) {
		s, books := service(t)
		inv := Invoice(1, "2026-01-10", Melody.ID, 1000)
		lost := inv.Lines[1]
		lost.No, lost.Partner = 3, "ptn_unknown"
		inv.Lines = append([]billing.InvoiceLine{lost}, inv.Lines...)
		if err := s.OnInvoiced(t.Context(), inv); err == nil {
			t.Error("an unknown partner's line passed")
		}
		if owed := books.Payable(Melody.ID); owed != 700 {
			t.Errorf("the books owe %d", owed)
		}
	})
}

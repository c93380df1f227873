package partner_test

import (
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/partner"
	"roadbook/partner/partnertest"
	"roadbook/period"
)

func TestShareAndHouseMakeTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		card := partnertest.Card
		card.Denominator = rapid.Int64Range(1, 10000).Draw(t, "denominator")
		card.Numerator = rapid.Int64Range(0, card.Denominator).Draw(t, "numerator")
		inv := partnertest.Invoice(1, "2026-01-10", card.Partner, rapid.Int64Range(1, 1e14).Draw(t, "price"))
		a, err := partner.Accrue(inv, inv.Lines[1], card)
		if err != nil {
			t.Fatal(err)
		}
		exact, err := a.Base.MulDiv(card.Numerator, card.Denominator)
		if err != nil {
			t.Fatal(err)
		}
		if d := a.Share.Minor - exact.Minor; a.Share.Minor+a.House.Minor != a.Base.Minor || d < -1 || d > 1 || a.Share.Minor < 0 || a.House.Minor < 0 {
			t.Fatalf("%s splits into %s and %s, exactly %s", a.Base, a.Share, a.House, exact)
		}
	})
}

func TestEffectiveCard(t *testing.T) {
	cards := []partner.RateCard{
		{ID: "old", Valid: period.Span{From: "2025-01-01"}},
		{ID: "promotion", Valid: period.Span{From: "2026-03-01", To: "2026-04-01"}},
		{ID: "new", Valid: period.Span{From: "2026-06-01"}},
	}
	for _, c := range []struct {
		day       period.Date
		want, why string
	}{
		{"2024-12-31", "", "nothing was agreed yet"},
		{"2025-01-01", "old", "the first day counts"},
		{"2026-03-31", "promotion", "the later one wins while it is valid"},
		{"2026-04-01", "old", "a span is half open, and the former card goes on"},
		{"2027-01-01", "new", "the newest wins"},
	} {
		got, err := partner.Effective(cards, c.day)
		if got.ID != c.want || (c.want == "") != (fault.CodeOf(err) == "rate_card_missing") {
			t.Errorf("%s: %q, %v; want %q: %s", c.day, got.ID, err, c.want, c.why)
		}
	}
}

func TestRefusals(t *testing.T) {
	card := func(change func(*partner.RateCard)) error {
		c := partnertest.Card
		change(&c)
		return c.Check()
	}
	who := func(change func(*partner.Partner)) error {
		p := partnertest.Melody
		change(&p)
		return p.Check()
	}
	for _, c := range []struct {
		code, why string
		err       error
	}{
		{"", "a good card", card(func(*partner.RateCard) {})},
		{"share", "more than all", card(func(c *partner.RateCard) { c.Numerator = 10001 })},
		{"share", "less than nothing", card(func(c *partner.RateCard) { c.Numerator = -1 })},
		{"share", "of nothing", card(func(c *partner.RateCard) { c.Denominator = 0 })},
		{"source", "who agreed?", card(func(c *partner.RateCard) { c.Source = "" })},
		{"valid_from", "since when?", card(func(c *partner.RateCard) { c.Valid.From = "" })},
		{"valid_to", "ends before it begins", card(func(c *partner.RateCard) { c.Valid.To = "2025-01-01" })},
		{"", "a good partner", who(func(*partner.Partner) {})},
		{"partner_id", "ids have a prefix", who(func(p *partner.Partner) { p.ID = "melody" })},
		{"name", "a firm has a name", who(func(p *partner.Partner) { p.Name = "" })},
		{"market", "and a seat", who(func(p *partner.Partner) { p.Market = "" })},
		{"currency_unknown", "and a currency", who(func(p *partner.Partner) { p.Currency = "XXX" })},
	} {
		if fault.CodeOf(c.err) != c.code {
			t.Errorf("%s: %v, want code %q", c.why, c.err, c.code)
		}
	}
	s := partner.New(nil, nil)
	for _, p := range []partner.Payout{{}, {ID: "p", Amount: money.Of(0, "CNY")}, {ID: "p", Amount: money.Of(1, "CNY"), Date: "soon"}} {
		if _, err := s.Pay(t.Context(), p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("payout %+v: %v, want invalid", p, err)
		}
	}
	if err := s.Close(t.Context(), "2026-13"); fault.CodeOf(err) != "month" {
		t.Errorf("close of month 13: %v", err)
	}
}

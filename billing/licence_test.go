package billing_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"roadbook/billing"
	"roadbook/billing/billingtest"
	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
)

func TestLicenceCheck(t *testing.T) {
	for _, row := range []struct {
		why           string
		change        func(*billing.Licence)
		code, pointer string
	}{
		{"as it is, it may be billed", func(*billing.Licence) {}, "", ""},
		{"a royalty alone", func(l *billing.Licence) { l.Fee = money.Of(0, "CNY") }, "", ""},
		{"a fee alone", func(l *billing.Licence) { l.Royalty = "" }, "", ""},
		{"neither is no licence", func(l *billing.Licence) { l.Fee, l.Royalty = money.Of(0, "CNY"), "" }, "fee", "/fee"},
		{"somebody pays", func(l *billing.Licence) { l.Licensee = " " }, "text", "/licensee"},
		{"a figure has a source", func(l *billing.Licence) { l.Source = "" }, "text", "/source"},
		{"names have a limit", func(l *billing.Licence) { l.Name = strings.Repeat("x", billing.MaxLicenceText+1) }, "text", "/name"},
		{"it was signed on a day", func(l *billing.Licence) { l.Signed = "2026-02-30" }, "date", "/signed"},
		{"a term ends", func(l *billing.Licence) { l.Term.To = "" }, "date", "/term/to"},
		{"a term lasts", func(l *billing.Licence) { l.Term.To = l.Term.From }, "term", "/term/to"},
		{"not for ever", func(l *billing.Licence) { l.Term.To = "2126-01-01" }, "term", "/term/to"},
		{"one currency", func(l *billing.Licence) { l.Fee.Currency = "USD" }, "currency_mixed", "/fee"},
		{"of ISO 4217", func(l *billing.Licence) { l.Currency = "XXQ" }, "currency_unknown", "/currency"},
		{"we are paid", func(l *billing.Licence) { l.Fee.Minor = -1 }, "fee", "/fee"},
		{"an entry holds the fee", func(l *billing.Licence) { l.Fee.Minor = ledger.MaxMinor + 1 }, "fee", "/fee"},
		{"a royalty of nothing is none", func(l *billing.Licence) { l.Royalty = "0" }, "royalty", "/royalty"},
		{"an entry holds the most units", func(l *billing.Licence) { l.Royalty = "999999999" }, "royalty", "/royalty"},
	} {
		l := billingtest.Licence("lic_1")
		row.change(&l)
		f, ok := errors.AsType[*fault.Error](l.Check())
		if ok != (row.code != "") || ok && (f.Code != row.code || f.Pointer != row.pointer) {
			t.Errorf("%s: got %v, want %q at %s", row.why, l.Check(), row.code, row.pointer)
		}
	}
}

func TestUnitsAreRefused(t *testing.T) {
	w := newWorld(t)
	l := billingtest.Licence("lic_1")
	if _, err := w.AddLicence(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	l.ID, l.Royalty = "lic_2", ""
	if _, err := w.AddLicence(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why  string
		u    billing.Units
		code string
	}{
		{"a month of the term", billing.Units{Licence: "lic_1", Month: "2026-02", Units: 1}, ""},
		{"a licence without royalties", billing.Units{Licence: "lic_2", Month: "2026-02", Units: 1}, "royalty_none"},
		{"before the term", billing.Units{Licence: "lic_1", Month: "2026-01", Units: 1}, "month"},
		{"after the term", billing.Units{Licence: "lic_1", Month: "2029-02", Units: 1}, "month"},
		{"no month", billing.Units{Licence: "lic_1", Month: "2026-13", Units: 1}, "month"},
		{"nothing at all", billing.Units{Licence: "lic_1", Units: 1}, "month"},
		{"a negative number", billing.Units{Licence: "lic_1", Month: "2026-03", Units: -1}, "units"},
		{"more cars than there are", billing.Units{Licence: "lic_1", Month: "2026-03", Units: billing.MaxUnits + 1}, "units"},
		{"a part that nobody counts", billing.Units{Licence: "lic_1", Month: "2026-03", Part: -1}, "part"},
	} {
		if _, err := w.Royalty(t.Context(), row.u); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %q", row.why, err, row.code)
		}
	}
}

// Whatever the fee, the royalty and the term: what is earned and what is deferred is the fee, all of it is earned by the
// term's end, and nothing is left over.
func TestLicencesAreEarnedToTheCent(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // reproducible
	var all []billing.Licence
	royalties := map[string]int64{}
	for i := range 60 {
		l := billingtest.Licence(fmt.Sprintf("lic_%d", i))
		l.Licensee, l.Signed, l.Fee.Minor = l.ID, "2026-01-01", 1+rng.Int64N(1e12)
		l.Term.From = period.Date("2026-01-01").AddDays(rng.IntN(60))
		l.Term.To = l.Term.From.AddDays(1 + rng.IntN(400))
		units := rng.Int64N(1e6)
		if _, err := w.AddLicence(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Royalty(t.Context(), billing.Units{Licence: l.ID, Month: l.Term.From.Month(), Units: units}); err != nil {
			t.Fatal(err)
		}
		royalty, err := money.Round("CNY", l.Royalty, money.Decimal(strconv.FormatInt(units, 10)))
		if err != nil {
			t.Fatal(err)
		}
		royalties[l.ID] = royalty.Minor
		all = append(all, l)
	}
	for _, day := range []period.Date{"2026-01-31", "2026-06-30", "2027-04-30"} {
		w.run(t, day)
		earned, deferred := map[string]int64{}, map[string]int64{}
		for _, e := range w.books.Entries() {
			for _, p := range e.Postings {
				if p.Credit == ledger.RevenueLicence {
					earned[p.Dims.Customer] += p.Amount.Minor
				}
				if p.Credit == ledger.Deferred {
					deferred[p.Dims.Customer] += p.Amount.Minor
				}
				if p.Debit == ledger.Deferred {
					deferred[p.Dims.Customer] -= p.Amount.Minor
				}
			}
		}
		for _, l := range all {
			e, d := earned[l.ID]-royalties[l.ID], deferred[l.ID]
			total, past := int64(l.Term.Days()), int64(l.Term.Overlap(period.Span{From: "2026-01-01", To: day.AddDays(1)}).Days())
			share, err := l.Fee.MulDiv(past, total)
			if err != nil {
				t.Fatal(err)
			}
			if off := e - share.Minor; e+d != l.Fee.Minor || d < 0 || off < -20 || off > 20 { // a fen a month at most
				t.Fatalf("by %s of licence %s %d is earned and %d deferred of %d; %d of %d days are over", day, l.ID, e, d, l.Fee.Minor, past, total)
			}
			if l.Term.To <= day && d != 0 {
				t.Fatalf("after its term licence %s still defers %d", l.ID, d)
			}
		}
	}
}

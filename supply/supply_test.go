package supply_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/supply/supplytest"
)

// The floor earns the margin, and one minor unit less would not.
func TestFloorPriceIsTheLowest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cost := rapid.Int64Range(0, 1e14).Draw(t, "cost")
		margin := money.Decimal(rapid.SampledFrom([]string{"0", "0.01", "0.015", "0.333333333333", "0.5", "0.999", "-0.05"}).Draw(t, "margin"))
		floor, err := supply.FloorPrice(money.Of(cost, "CNY"), margin)
		if err != nil {
			t.Fatal(err)
		}
		keeps := func(price int64) bool { // price × (1 − margin) ≥ cost
			m, _ := new(big.Rat).SetString(string(margin))
			left := new(big.Rat).Sub(big.NewRat(1, 1), m)
			return left.Mul(left, new(big.Rat).SetInt64(price)).Cmp(new(big.Rat).SetInt64(cost)) >= 0
		}
		if !keeps(floor.Minor) || keeps(floor.Minor-1) {
			t.Fatalf("the floor of %d at %s is %d", cost, margin, floor.Minor)
		}
	})
}

// A breakdown's parts sum to its categories, whatever the quantities and prices.
func TestCostIsTheSumOfItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := supplytest.Model()
		for i := range m.Lines {
			m.Lines[i].Quantity = money.Decimal(rapid.StringMatching(`[1-9][0-9]{0,2}\.[0-9]{1,3}`).Draw(t, "quantity"))
			m.Lines[i].Unit = money.Decimal(rapid.StringMatching(`[0-9]{1,5}\.[0-9]{1,6}`).Draw(t, "unit"))
		}
		b, err := m.Cost(supply.Pack{Serial: "P", Part: "pack.lfp", Unit: "10000.555", Currency: "USD"}, "2023-09-01",
			&supply.Rate{From: "USD", To: "CNY", Rate: "7.1234567"})
		if err != nil {
			t.Fatal(err)
		}
		total, err := b.Total()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Parts {
			total.Minor -= p.Amount.Minor
		}
		if total.Minor != 0 {
			t.Fatalf("the parts of %+v differ from its total by %d", b, total.Minor)
		}
	})
}

func TestChecks(t *testing.T) {
	contract := func(change func(*supply.Contract)) error {
		c := supplytest.Contract("c", "s")
		change(&c)
		return c.Check()
	}
	model := func(change func(*supply.Model)) error {
		m := supplytest.Model()
		change(&m)
		return m.Check()
	}
	tariff := func(change func(*supply.Tariff)) error {
		x := supply.Tariff{Meter: "m", Supplier: "s", Currency: "CNY", Price: "1", Per: 1000, Valid: period.Span{From: "2023-01-01"}, Source: "s"}
		change(&x)
		return x.Check()
	}
	for _, row := range []struct {
		why     string
		err     error
		code    string
		pointer string
	}{
		{"as it is, the contract holds", contract(func(*supply.Contract) {}), "", ""},
		{"an id goes into URLs", contract(func(c *supply.Contract) { c.ID = "a b" }), "id", "/id"},
		{"a pack has a size", contract(func(c *supply.Contract) { c.KWh = "0" }), "not_positive", "/kwh"},
		{"a price is decimal text", contract(func(c *supply.Contract) { c.Prices[1].Unit = "1e4" }), "decimal", "/prices/1/unit"},
		{"a price below zero", contract(func(c *supply.Contract) { c.Prices[1].Unit = "-1" }), "not_positive", "/prices/1/unit"},
		{"a figure has a source", contract(func(c *supply.Contract) { c.Prices[0].Source = "" }), "text", "/prices/0/source"},
		{"one price per step", contract(func(c *supply.Contract) { c.Prices[1].MinVolume = 0 }), "price_ambiguous", "/prices/1"},
		{"an unknown currency", contract(func(c *supply.Contract) { c.Currency = "XXY" }), "currency_unknown", "/currency"},
		{"a model has lines", model(func(m *supply.Model) { m.Lines = nil }), "lines", "/lines"},
		{"a category is one of three", model(func(m *supply.Model) { m.Lines[0].Category = "pack" }), "category", "/lines/0/category"},
		{"a part has one price a day", model(func(m *supply.Model) { m.Lines[1].Part = "body" }), "line_ambiguous", "/lines/1"},
		{"a span begins", model(func(m *supply.Model) { m.Lines[0].Valid.From = "" }), "date", "/lines/0/valid/from"},
		{"a span ends after it begins", model(func(m *supply.Model) { m.Lines[0].Valid.To = "2023-09-01" }), "span", "/lines/0/valid/to"},
		{"a thousand is a power of ten", tariff(func(*supply.Tariff) {}), "", ""},
		{"1/1024 is no short decimal", tariff(func(x *supply.Tariff) { x.Per = 1024 }), "per", "/per"},
		{"a negative size", tariff(func(x *supply.Tariff) { x.Per = -10 }), "per", "/per"},
		{"a lot has packs", supply.Lot{Contract: "c", Received: "2023-09-01"}.Check(), "serials", "/serials"},
		{"a pack comes once in a lot", supply.Lot{Contract: "c", Received: "2023-09-01", Serials: []string{"a", "a"}}.Check(), "serial_twice", "/serials/1"},
		{"an exclusion says why", supply.Exclusion{Supplier: "s", Span: period.Span{From: "2023-01-01"}, Owner: "o", Evidence: "e"}.Check(), "text", "/reason"},
		{"an exclusion begins", supply.Exclusion{Supplier: "s"}.Check(), "date", "/span/from"},
		{"a currency is not converted into itself", supply.Rate{From: "USD", To: "USD"}.Check(), "currency_same", "/to"},
	} {
		f, ok := errors.AsType[*fault.Error](row.err)
		if ok != (row.code != "") || ok && (f.Code != row.code || f.Pointer != row.pointer) {
			t.Errorf("%s: got %v, want %q at %s", row.why, row.err, row.code, row.pointer)
		}
	}
}

func TestTheRefusalSaysWhyAndWho(t *testing.T) {
	err := supply.Barred([]supply.Exclusion{{Supplier: "byd", Span: period.Span{From: "2023-08-01"}, Reason: "legal conflict", Owner: "purchasing"}}, "byd", "2024-01-01")
	for _, want := range []string{"byd", "legal conflict", "purchasing", "2023-08-01", "further notice"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func FuzzMargin(f *testing.F) {
	for _, s := range []string{"0.01", "-0.5", "1", "1/3", "1e-2", "0x1", "NaN", "0.999999999999"} {
		f.Add(s, int64(14_350_000))
	}
	f.Fuzz(func(t *testing.T, margin string, cost int64) {
		if p, err := supply.FloorPrice(money.Of(cost, "CNY"), money.Decimal(margin)); err == nil && cost > 0 && p.Minor <= 0 {
			t.Fatalf("the floor of %d at margin %q is %d", cost, margin, p.Minor)
		}
	})
}

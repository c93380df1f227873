package supply_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/supply/supplytest"
)

func TestTermsAreChecked(t *testing.T) {
	for _, row := range []struct {
		why     string
		change  func(*supply.Contract)
		code    string
		pointer string
	}{
		{"as they are", func(*supply.Contract) {}, "", ""},
		{"a negative capacity", func(c *supply.Contract) { c.MonthlyCapacity = -1 }, "capacity", "/monthly_capacity"},
		{"an order that no month can bring", func(c *supply.Contract) { c.MinOrder = 5 }, "capacity", "/min_order"},
		{"tiers rise", func(c *supply.Contract) { c.Rebates[1].MinVolume = 3 }, "rebates", "/rebates/1/min_volume"},
		{"so do discounts", func(c *supply.Contract) { c.Rebates[1].Discount = "0.02" }, "rebates", "/rebates/1/discount"},
		{"nobody gives everything away", func(c *supply.Contract) { c.Rebates[1].Discount = "1" }, "rebates", "/rebates/1/discount"},
		{"a discount is no surcharge", func(c *supply.Contract) { c.Rebates[0].Discount = "-0.1" }, "decimal", "/rebates/0/discount"},
		{"a discount in a millionth at most", func(c *supply.Contract) { c.Rebates[0].Discount = "0.0000001" }, "decimal", "/rebates/0/discount"},
		{"a minimum that the capacity cannot meet", func(c *supply.Contract) { c.TakeOrPay.Minimum = 49 }, "take_or_pay", "/take_or_pay/minimum"},
		{"more than the price is a penalty", func(c *supply.Contract) { c.TakeOrPay.Rate = "1.1" }, "decimal", "/take_or_pay/rate"},
		{"a rate of nothing", func(c *supply.Contract) { c.TakeOrPay.Rate = "0" }, "take_or_pay", "/take_or_pay/rate"},
		{"a cap below the floor", func(c *supply.Contract) { c.Indexation[0].Cap = "59999" }, "collar", "/indexation/0/cap"},
		{"mass is in g, kg or t", func(c *supply.Contract) { c.Indexation[0].Unit = "lb" }, "unit", "/indexation/0/unit"},
		{"a lag looks back", func(c *supply.Contract) { c.Indexation[0].Lag = -1 }, "lag", "/indexation/0/lag"},
		{"more than all is not passed on", func(c *supply.Contract) { c.Indexation[0].PassThrough = "1.01" }, "decimal", "/indexation/0/pass_through"},
		{"a base is a price", func(c *supply.Contract) { c.Indexation[0].Base = "0" }, "not_positive", "/indexation/0/base"},
		{"a footprint is 0 or more", func(c *supply.Contract) { c.CO2 = "-1" }, "decimal", "/kgco2e_per_kwh"},
		{"a term ends after it begins", func(c *supply.Contract) { c.Term.To = c.Term.From }, "span", "/term/to"},
		{"a record is whole", func(c *supply.Contract) { p := supplytest.Proof("2024-01-01"); p.Who = ""; c.Record = &p }, "evidence", "/record/who"},
	} {
		c := supplytest.Terms()
		row.change(&c)
		err := c.Check()
		f, ok := errors.AsType[*fault.Error](err)
		if ok != (row.code != "") || ok && (f.Code != row.code || f.Pointer != row.pointer) {
			t.Errorf("%s: got %v, want %q at %s", row.why, err, row.code, row.pointer)
		}
	}
}

func TestContractYears(t *testing.T) {
	c := supplytest.Terms()
	c.Term = period.Span{From: "2024-02-29", To: "2026-08-31"}
	for n, want := range map[int]period.Span{1: {From: "2024-02-29", To: "2025-02-28"}, 2: {From: "2025-02-28", To: "2026-02-28"}, 3: {From: "2026-02-28", To: "2026-08-31"}} {
		if got, err := c.Year(n); err != nil || got != want {
			t.Errorf("year %d: %v %v", n, got, err)
		}
	}
	if _, err := c.Year(4); fault.CodeOf(err) != "year" {
		t.Errorf("after the term: %v", err)
	}
	c.Term = period.Span{}
	if got, err := c.Year(1); err != nil || got.From != c.Signed {
		t.Errorf("without a term years count from the signature: %v %v", got, err)
	}
}

func TestSettlements(t *testing.T) {
	for _, row := range []struct {
		why            string
		change         func(*supply.Contract)
		year           int
		bought         []supply.Bought
		rebate, charge int64
		short          int64
	}{
		{"below the first tier", nil, 1, []supply.Bought{{Unit: "60000", Packs: 2}}, 0, 8 * 48_000_00, 8},
		{"a tier is reached by the pack that reaches it, and earns on all", nil, 1, []supply.Bought{{Unit: "60000", Packs: 3}}, 3_600_00, 7 * 48_000_00, 7},
		{"the mean price of what was bought", nil, 1, []supply.Bought{{Unit: "50000", Packs: 2}, {Unit: "65000", Packs: 4}}, 18_000_00, 4 * 48_000_00, 4},
		{"the minimum is taken", nil, 1, []supply.Bought{{Unit: "60000", Packs: 10}}, 30_000_00, 0, 0},
		{"more than the minimum", nil, 1, []supply.Bought{{Unit: "60000", Packs: 12}}, 36_000_00, 0, 0},
		{"each pack is owed in whole cents: 3 × 0.335 is 1.02, and 2 % of it 0.02", func(c *supply.Contract) { c.TakeOrPay = nil }, 1, []supply.Bought{{Unit: "0.335", Packs: 3}}, 2, 0, 0},
		{"one rounding: 0.8 × 100.00 / 3 × 7, not 7 × 26.67", nil, 1, []supply.Bought{{Unit: "33.33", Packs: 2}, {Unit: "33.34", Packs: 1}}, 2_00, 186_67, 7},
		{"a short last year obliges to its share, 181 of 365 days, rounded down", func(c *supply.Contract) { c.Term.To = "2026-07-01"; c.Rebates = nil }, 3, []supply.Bought{{Unit: "60000", Packs: 1}}, 0, 3 * 48_000_00, 3},
		{"no terms, no settlement", func(c *supply.Contract) { c.Rebates, c.TakeOrPay = nil, nil }, 1, []supply.Bought{{Unit: "60000", Packs: 1}}, 0, 0, 0},
	} {
		c := supplytest.Terms()
		c.Indexation = nil
		if row.change != nil {
			row.change(&c)
		}
		s, err := c.Settle(row.year, row.bought, supply.Market{})
		if err != nil || s.Rebate.Minor != row.rebate || s.Charge.Minor != row.charge || s.Short != row.short {
			t.Errorf("%s: %+v %v", row.why, s, err)
		}
	}
}

// A rebate never takes more than was spent, and what a pack costs on average never rises with the tier.
func TestRebateInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := supplytest.Terms()
		c.Indexation, c.TakeOrPay, c.Rebates = nil, nil, nil
		volume, discount := int64(0), int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "tiers") {
			volume += rapid.Int64Range(1, 100).Draw(t, "volume")
			discount += rapid.Int64Range(1, 166_000).Draw(t, "discount")
			c.Rebates = append(c.Rebates, supply.RebateTier{MinVolume: volume, Discount: money.Decimal(new(big.Rat).SetFrac64(discount, 1_000_000).FloatString(6))})
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		unit := money.Decimal(strconv.FormatInt(rapid.Int64Range(1, 100_000).Draw(t, "unit"), 10))
		mean := func(packs int64) *big.Rat {
			s, err := c.Settle(1, []supply.Bought{{Unit: unit, Packs: packs}}, supply.Market{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Rebate.Minor < 0 || s.Rebate.Minor > s.Spend.Minor || s.Spend.Minor > 100*s.Packs && s.Rebate == s.Spend {
				t.Fatalf("a rebate of %s on %s", s.Rebate, s.Spend)
			}
			return big.NewRat(s.Spend.Minor-s.Rebate.Minor, packs)
		}
		n := rapid.Int64Range(1, 700).Draw(t, "packs")
		a, b := mean(n), mean(n+rapid.Int64Range(0, 100).Draw(t, "more"))
		if new(big.Rat).Sub(b, a).Cmp(big.NewRat(1, 1)) > 0 { // a cent, for the rounding of either rebate
			t.Fatalf("a pack costs %s of %d and %s of more", a, n, b)
		}
	})
}

// Whatever a contract says, if it passes the check its prices are above zero, and a year's rebate is at most its spend.
func FuzzContract(f *testing.F) {
	for _, c := range []supply.Contract{supplytest.Terms(), supplytest.Contract("c", "s")} {
		b, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "97500", int64(7))
	}
	f.Add([]byte(`{"id":"c","rebates":[{"min_volume":1,"discount":"1e9"}],"take_or_pay":{}}`), "-1", int64(-1))
	f.Fuzz(func(t *testing.T, b []byte, index string, packs int64) {
		var c supply.Contract
		if json.Unmarshal(b, &c) != nil || c.Check() != nil {
			return
		}
		v := supplytest.IndexValue("2024-01", money.Decimal(index), "2024-02-01")
		if v.Check() != nil || packs < 1 || packs > 1_000_000 {
			return
		}
		m := supply.Market{Values: []supply.IndexValue{v}}
		e, err := c.Explain("2024-04-01", 0, m)
		if err != nil {
			return
		}
		if e.Unit.Sign() <= 0 || e.Unit.Check() != nil {
			t.Fatalf("a pack costs %q", e.Unit)
		}
		s, err := c.Settle(1, []supply.Bought{{Unit: e.Unit, Packs: packs}}, m)
		if err == nil && (s.Rebate.Minor < 0 || s.Rebate.Minor > s.Spend.Minor || s.Charge.Minor < 0 || s.Short < 0) {
			t.Fatalf("%+v", s)
		}
	})
}

package supply_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/supply/supplytest"
)

func rat(d money.Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(string(d))
	return r
}

func TestIndexedPrice(t *testing.T) {
	for _, row := range []struct {
		why   string
		x     supply.Indexation
		value supply.IndexValue
		unit  money.Decimal
	}{
		{"0.6 kg/kWh: 80,000 CNY/t more is 48 CNY/kWh, 4,848 on 101 kWh", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000"}, supplytest.IndexValue("2024-04", "154000", "2024-04-01"), "64848"},
		{"as it was: nothing", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000"}, supplytest.IndexValue("2024-04", "74000", "2024-04-01"), "60000"},
		{"cheaper lithium makes the pack cheaper", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000"}, supplytest.IndexValue("2024-04", "73000", "2024-04-01"), "59939.4"},
		{"beyond the cap the cap counts", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000", Cap: "94000"}, supplytest.IndexValue("2024-04", "520000", "2024-04-01"), "61212"},
		{"below the floor the floor", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000", Floor: "64000"}, supplytest.IndexValue("2024-04", "8400", "2024-04-01"), "59394"},
		{"half is passed on", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000", PassThrough: "0.5"}, supplytest.IndexValue("2024-04", "154000", "2024-04-01"), "62424"},
		{"none", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000", PassThrough: "0"}, supplytest.IndexValue("2024-04", "154000", "2024-04-01"), "60000"},
		{"grams, priced by the kilogram", supply.Indexation{Content: "600", Unit: "g", Base: "74"}, supply.IndexValue{Month: "2024-04", Value: "154", Currency: "CNY", Per: "kg", Evidence: supplytest.Proof("2024-04-01")}, "64848"},
		{"per pack, whatever its size", supply.Indexation{Content: "12", Unit: "kg", Per: "piece", Base: "60"}, supply.IndexValue{Month: "2024-04", Value: "61.005", Currency: "CNY", Per: "kg", Evidence: supplytest.Proof("2024-04-01")}, "60012.06"},
		{"half a fen is rounded away from zero", supply.Indexation{Content: "1", Unit: "kg", Per: "piece", Base: "60"}, supply.IndexValue{Month: "2024-04", Value: "60.005", Currency: "CNY", Per: "kg", Evidence: supplytest.Proof("2024-04-01")}, "60000.01"},
		{"the month before", supply.Indexation{Content: "0.6", Unit: "kg", Base: "74000", Lag: 16}, supplytest.IndexValue("2022-12", "154000", "2024-04-01"), "64848"},
	} {
		c := supplytest.Terms()
		row.x.Index, row.value.Index = "li", "li"
		c.Indexation = []supply.Indexation{row.x}
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", row.why, err)
		}
		e, err := c.Explain("2024-04-30", 0, supply.Market{Values: []supply.IndexValue{row.value}})
		if err != nil || e.Unit != row.unit {
			t.Errorf("%s: %+v %v, want %s", row.why, e, err, row.unit)
		}
	}
}

// A value counts from its vintage on, and a record that supersedes another takes its place from its own vintage on.
func TestTheVintageOfTheDayCounts(t *testing.T) {
	m := supply.Market{Values: []supply.IndexValue{supplytest.IndexValue("2024-01", "100", "2024-02-10"), supplytest.IndexValue("2024-01", "110", "2024-03-10"), supplytest.IndexValue("2024-02", "7", "2024-03-10")}}
	m.Values[0].ID, m.Values[1].ID = "first", "second"
	wrong := supplytest.IndexValue("2024-01", "999", "2024-04-01")
	wrong.ID = "slip"
	right := supplytest.IndexValue("2024-01", "111", "2024-04-01")
	right.ID, right.Supersedes = "mended", "slip"
	m.Values = append(m.Values, wrong, right)
	for _, row := range []struct {
		on   period.Date
		want money.Decimal
	}{{"2024-02-10", "100"}, {"2024-03-09", "100"}, {"2024-03-10", "110"}, {"2024-04-01", "111"}} {
		if v, err := m.Value("lithium.cn", "2024-01", row.on); err != nil || v.Value != row.want {
			t.Errorf("as of %s: %s %v", row.on, v.Value, err)
		}
	}
	if _, err := m.Value("lithium.cn", "2024-01", "2024-02-09"); fault.CodeOf(err) != "index_missing" {
		t.Errorf("before it was known: %v", err)
	}
}

// A collar is the index less a call at the cap plus a put at the floor, and a price moves with its index within it.
func TestCollar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{0,5}(\.[0-9]{1,4})?`)
		a, b := money.Decimal(number.Draw(t, "a")), money.Decimal(number.Draw(t, "b"))
		if rat(a).Cmp(rat(b)) > 0 {
			a, b = b, a
		}
		x := supply.Indexation{Floor: a, Cap: b}
		value := money.Decimal(number.Draw(t, "value"))
		call := new(big.Rat).Sub(rat(value), rat(b))
		put := new(big.Rat).Sub(rat(a), rat(value))
		want := rat(value)
		if call.Sign() > 0 {
			want.Sub(want, call)
		}
		if put.Sign() > 0 {
			want.Add(want, put)
		}
		if got := rat(x.Held(value)); got.Cmp(want) != 0 {
			t.Fatalf("%s between %s and %s is %s, want %s", value, a, b, got, want)
		}
	})
}

func TestPriceRisesWithTheIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := supplytest.Terms()
		number := rapid.IntRange(0, 600_000)
		lo, hi := number.Draw(t, "lo"), number.Draw(t, "hi")
		if lo > hi {
			lo, hi = hi, lo
		}
		price := func(v int) *big.Rat {
			value := supplytest.IndexValue("2024-01", money.Decimal(big.NewInt(int64(v)).String()), "2024-02-01")
			e, err := c.Explain("2024-04-01", 0, supply.Market{Values: []supply.IndexValue{value}})
			if err != nil {
				t.Fatal(err)
			}
			sum := new(big.Rat)
			for _, x := range e.Terms {
				sum.Add(sum, rat(x.Amount))
			}
			if sum.Cmp(rat(e.Unit)) != 0 {
				t.Fatalf("the terms of %+v sum to %s", e, sum)
			}
			return sum
		}
		p, q := price(lo), price(hi)
		if p.Cmp(q) > 0 || p.Cmp(rat("59394")) < 0 || q.Cmp(rat("61212")) > 0 { // 60,000 − 606 at the floor, + 1,212 at the cap
			t.Fatalf("%d costs %s, %d costs %s", lo, p, hi, q)
		}
	})
}

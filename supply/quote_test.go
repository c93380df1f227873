package supply_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/supply/supplytest"
)

func TestRobustZ(t *testing.T) {
	for _, row := range []struct {
		why    string
		values []float64
		want   []float64
	}{
		{"two have no median to be far from", []float64{1, 9}, nil},
		{"median 3, distances 2 1 0 1 97, their median 1", []float64{1, 2, 3, 4, 100}, []float64{-1.349, -0.6745, 0, 0.6745, 65.4265}},
		{"more than half equal: by the mean distance 2 / (1.253314 × 0.4)", []float64{5, 5, 5, 5, 7}, []float64{0, 0, 0, 0, 3.98942}},
		{"all equal", []float64{5, 5, 5}, []float64{0, 0, 0}},
		{"an even number: median 2.5, distances 1.5 0.5 0.5 1.5", []float64{1, 2, 3, 4}, []float64{-1.01175, -0.33725, 0.33725, 1.01175}},
	} {
		got := supply.RobustZ(row.values)
		if len(got) != len(row.want) {
			t.Errorf("%s: %v", row.why, got)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-row.want[i]) > 1e-4 {
				t.Errorf("%s: %v, want %v", row.why, got, row.want)
				break
			}
		}
	}
}

func TestQuotesAreChecked(t *testing.T) {
	for _, row := range []struct {
		why     string
		change  func(*supply.Quote)
		code    string
		pointer string
	}{
		{"as it is", func(*supply.Quote) {}, "", ""},
		{"a quote has a source", func(q *supply.Quote) { q.Source = "" }, "evidence", "/source"},
		{"and a vintage", func(q *supply.Quote) { q.Vintage = "" }, "evidence", "/vintage"},
		{"and somebody who entered it", func(q *supply.Quote) { q.Who = "" }, "evidence", "/who"},
		{"tiers rise", func(q *supply.Quote) { q.Tiers[1].MinVolume = 100 }, "tiers", "/tiers/1/min_volume"},
		{"prices fall", func(q *supply.Quote) { q.Tiers[1].Price = "100" }, "tiers", "/tiers/1/price"},
		{"also against the first", func(q *supply.Quote) { q.Tiers[0].Price = "100.01" }, "tiers", "/tiers/0/price"},
		{"a part without kWh has no content per kWh", func(q *supply.Quote) { q.Indexation = []supply.Indexation{supplytest.Lithium()} }, "per", "/indexation/0/per"},
		{"valid from some day on", func(q *supply.Quote) { q.Valid = period.Span{} }, "date", "/valid/from"},
		{"a negative minimum order", func(q *supply.Quote) { q.MinOrder = -1 }, "min_order", "/min_order"},
	} {
		q := supply.Quote{Supplier: "s", Part: "p", Price: "100", Currency: "CNY", Valid: period.Span{From: "2024-01-01"}, Evidence: supplytest.Proof("2024-01-01"),
			Tiers: []supply.QuoteTier{{MinVolume: 100, Price: "95"}, {MinVolume: 1000, Price: "90"}}}
		row.change(&q)
		err := q.Check()
		f, ok := errors.AsType[*fault.Error](err)
		if ok != (row.code != "") || ok && (f.Code != row.code || f.Pointer != row.pointer) {
			t.Errorf("%s: got %v, want %q at %s", row.why, err, row.code, row.pointer)
		}
	}
}

// More pieces never cost more each.
func TestTiersAreMonotone(t *testing.T) {
	q := supply.Quote{Price: "100", Tiers: []supply.QuoteTier{{MinVolume: 100, Price: "95"}, {MinVolume: 1000, Price: "90"}}}
	for volume, want := range map[int64]money.Decimal{1: "100", 99: "100", 100: "95", 999: "95", 1000: "90", 5000: "90"} {
		if got := q.At(volume); got != want {
			t.Errorf("%d pieces cost %s each", volume, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 2000).Draw(t, "volume")
		if rat(q.At(n)).Cmp(rat(q.At(n+1))) < 0 {
			t.Fatalf("%d cost %s, one more %s", n, q.At(n), q.At(n+1))
		}
	})
}

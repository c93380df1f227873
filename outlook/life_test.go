package outlook_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/vin"
)

func service(t rapid.TB, m *maker) *outlook.Service {
	s, err := outlook.New(m, m, m, m, "CNY")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func entry(date period.Date, debit, credit ledger.Account, minor int64, d ledger.Dims) ledger.Entry {
	return ledger.Entry{Ref: string(date) + string(debit), Date: date, Postings: []ledger.Posting{{Debit: debit, Credit: credit, Amount: money.Of(minor, "CNY"), Dims: d}}}
}

// A year that is paid on the day of the sale: cash at once, deferred at once, recognised month by month.
func TestThreeCurves(t *testing.T) {
	d := ledger.Dims{Vehicle: "V1", Product: "connectivity.year"}
	m := &maker{today: "2026-04-20", entries: []ledger.Entry{
		entry("2026-01-10", ledger.Inventory, ledger.Payable, 900, ledger.Dims{Vehicle: "V1", Product: "pack"}),
		entry("2026-02-10", ledger.Receivable, ledger.Deferred, 120, d),
		entry("2026-02-11", ledger.Cash, ledger.Receivable, 120, d),
		entry("2026-02-12", ledger.CostPayment, ledger.Cash, 2, d),
		entry("2026-02-28", ledger.Deferred, ledger.RevenueConnectivity, 7, d),
		entry("2026-03-31", ledger.Deferred, ledger.RevenueConnectivity, 10, d),
		entry("2026-05-31", ledger.Deferred, ledger.RevenueConnectivity, 10, d), // after as-of
	}}
	m.sales = append(m.sales, sale("V1", "2026-02-10"))
	l, err := service(t, m).Life(t.Context(), "V1", outlook.Monthly)
	if err != nil || len(l.Periods) != 4 || l.SoldOn != "2026-02-10" || len(l.Owners) != 1 {
		t.Fatalf("%+v %v", l, err)
	}
	for i, row := range []struct {
		why                                                          string
		age                                                          int
		from                                                         period.Month
		carMonths, cash, added, released, recognised, deferred, owed int64
	}{
		{"built in the month before the sale", -1, "2026-01", 0, 0, 0, 0, 0, 0, 900},
		{"sold: cash and deferred, and a part earned", 0, "2026-02", 1, 118, 120, 7, 7, 113, 900},
		{"earned without cash", 1, "2026-03", 1, 0, 0, 10, 10, 103, 900},
		{"a month of nothing is there", 2, "2026-04", 1, 0, 0, 0, 0, 103, 900},
	} {
		p := l.Periods[i]
		c := p.Curve
		if p.Age != row.age || p.From != row.from || p.CarMonths != row.carMonths || c.Cash.Minor != row.cash || c.Added.Minor != row.added || c.Released.Minor != row.released ||
			c.Recognised.Minor != row.recognised || c.Deferred.Minor != row.deferred || c.Owed.Minor != row.owed {
			t.Errorf("%s: %+v", row.why, p)
		}
	}
	if p := l.Periods[1]; p.Line("connectivity_revenue").Minor != 7 || p.Line("payment").Minor != -2 || p.Net.Minor != 5 || p.Curve.CashTotal.Minor != 118 {
		t.Errorf("the month of the sale: %+v", p)
	}
	u, err := url.Parse(l.Periods[2].Lines[0].Link)
	if err != nil || u.Query().Get("vehicle") != "V1" || u.Query().Get("from") != "2026-03-01" || u.Query().Get("to") != "2026-04-01" || u.Query().Get("account") != "revenue:hardware" {
		t.Errorf("a line leads to %v %v", u, err)
	}
	q, err := service(t, m).Life(t.Context(), "V1", outlook.Quarterly)
	if err != nil || len(q.Periods) != 2 || q.Periods[0].Age != -1 || q.Periods[0].From != "2025-11" || q.Periods[0].To != "2026-01" || q.Periods[1].To != "2026-04" ||
		q.Periods[1].CarMonths != 3 || q.Periods[1].Curve.Released.Minor != 17 || q.Total.Net != l.Total.Net {
		t.Errorf("by quarter %+v %v", q, err)
	}
	if _, err := service(t, m).Life(t.Context(), "V1", "week"); fault.CodeOf(err) != "grain" {
		t.Errorf("by week: %v", err)
	}
	if _, err := service(t, m).Life(t.Context(), "V9", outlook.Monthly); fault.CodeOf(err) != "car_unknown" {
		t.Errorf("an unknown car: %v", err)
	}
}

// Whatever is booked, and however it is cut into months or quarters, of a car or of all: each curve goes on where it was,
// the balance sheet balances at every period's end, and the last end is the trial balance.
func TestCurvesTieOutToTheTrialBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := makers().Draw(t, "maker")
		g := rapid.SampledFrom(outlook.Grains).Draw(t, "grain")
		v := ""
		if len(m.sales) > 0 && rapid.Bool().Draw(t, "one car") {
			v = string(m.sales[0].VIN)
		}
		l, err := service(t, m).Life(context.Background(), vin.VIN(v), g)
		if err != nil {
			t.Fatal(err)
		}
		trial := map[ledger.Account]int64{}
		class := map[string]int64{}
		for _, s := range m.rows(ledger.Filter{Vehicle: v, To: m.today.AddDays(1)}) {
			if s.Currency == "CNY" {
				c, _, _ := strings.Cut(string(s.Account), ":")
				trial[s.Account] += s.Debit - s.Credit
				class[c] += s.Debit - s.Credit
			}
		}
		var deferred, cash, earned, net, cars int64
		lines := map[string]int64{}
		for i, p := range l.Periods {
			c := p.Curve
			if i > 0 && p.Age != l.Periods[i-1].Age+1 {
				t.Fatalf("after age %d comes %d", l.Periods[i-1].Age, p.Age)
			}
			deferred += c.Added.Minor - c.Released.Minor
			cash, earned, net, cars = cash+c.Cash.Minor, earned+c.Recognised.Minor, net+c.Net.Minor, cars+p.CarMonths
			if deferred != c.Deferred.Minor || cash != c.CashTotal.Minor || earned != c.RecognisedTotal.Minor || net != c.NetTotal.Minor ||
				c.Recognised.Minor+c.Cost.Minor != c.Net.Minor || p.Net != c.Net {
				t.Fatalf("age %d does not go on where the one before ended: %+v", p.Age, c)
			}
			if c.CashTotal.Minor+c.Receivable.Minor+c.Stock.Minor != c.NetTotal.Minor+c.Deferred.Minor+c.Owed.Minor {
				t.Fatalf("age %d does not balance: %+v", p.Age, c)
			}
			for _, x := range p.Lines {
				lines[x.Key] += x.Amount.Minor
			}
		}
		if deferred != -trial[ledger.Deferred] || cash != trial[ledger.Cash] || earned != -class["revenue"] || net != -class["revenue"]-class["cost"] {
			t.Fatalf("deferred %d, cash %d, earned %d, net %d; the trial balance has %v", deferred, cash, earned, net, trial)
		}
		for _, x := range l.Total.Lines {
			if lines[x.Key] != x.Amount.Minor {
				t.Fatalf("%s sums to %d over the life, to %s in total", x.Key, lines[x.Key], x.Amount)
			}
		}
		if v == "" {
			return
		}
		sold := l.SoldOn.Time()
		want := int64((2026-sold.Year())*12 + 4 - int(sold.Month()) + 1) // months from the sale's to April 2026, both included
		if cars != want {
			t.Fatalf("sold on %s the car has %d months, want %d", l.SoldOn, cars, want)
		}
	})
}

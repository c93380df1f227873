package app

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"roadbook/billing"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

// BenchmarkCohorts reports a fleet of 20,000 cars sold over a year and two years old: 144 rows of the roll-up, two orders and
// a subscription each. Memory is what the report leaves behind and what it holds while the cars stream by: see -benchmem.
func BenchmarkCohorts(b *testing.B) {
	const cars = 20_000
	ctx := b.Context()
	a, err := New(ctx, Config{Data: b.TempDir(), Simulate: "2026-01-10"})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Stop(ctx) //nolint:errcheck // a benchmark's
	doc := func(v any) string {
		out, err := json.Marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		return string(out)
	}
	lines := []struct{ account, product string }{{"asset:receivable", "pilot"}, {"liability:deferred", "pilot"}, {"revenue:subscription", "pilot"},
		{"cost:payment", "pilot"}, {"asset:cash", "pilot"}, {"cost:connectivity", "connectivity.car_month"}}
	err = a.db.Tx(ctx, func(tx *sqldb.Tx) error {
		for i := range cars {
			v, err := vin.Make("LRB", "R1CNE", 'P', 'B', i+1)
			if err != nil {
				return err
			}
			on := period.Date("2024-01-02").AddDays(i * 365 / cars)
			for _, x := range []struct {
				q    string
				args []any
			}{
				{`INSERT INTO fleet_car (vin, request, model, pack_serial, built_at, plan, cost, state, owner, sold_on, revoked_at, revoked_reason, secret_hash, secret_expires, secret_used_by)
					VALUES ($1, $1, 'm', $1, 1, '', '{}', 'sold', 'o', $2, 0, '', '', 0, '')`, []any{string(v), string(on)}},
				{`INSERT INTO fleet_owner (vin, n, owner, since, request) VALUES ($1, 1, 'o', $2, $1)`, []any{string(v), string(on)}},
			} {
				if _, err := tx.Exec(ctx, x.q, x.args...); err != nil {
					return err
				}
			}
			for n, o := range []offer.Order{
				{Lines: []offer.Line{{SKU: "car", Kind: offer.Vehicle, Price: money.Of(1, "CNY")}, {SKU: "trial", Kind: offer.Term, TermMonths: 2, Features: []string{"pilot"}}}},
				{Lines: []offer.Line{{SKU: "pilot", Kind: offer.Subscription, Unit: "99", Features: []string{"pilot"}}}},
			} {
				o.ID, o.VIN, o.Customer, o.Market, o.Currency, o.PlacedAt = fmt.Sprintf("%s-%d", v, n), v, "o", "CN", "CNY", on.Time().Add(time.Duration(n)*time.Hour)
				if _, err := tx.Exec(ctx, `INSERT INTO billing_contract (order_id, vin, day, digest, doc) VALUES ($1, $2, $3, '', $4)`,
					o.ID, string(v), string(on), doc(billing.Contract{Order: o, Date: on})); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO billing_invoice (id, entity, number, order_id, vin, day, digest, doc, posted, state, attempts, next_charge, paid_on, decline)
					VALUES ($1, 'maker', $2, $1, $3, $4, '', '{}', 1, 'paid', 0, '', '', '')`, o.ID, 2*i+n, string(v), string(on)); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO billing_attempt (invoice, attempt, day, result, reason, charge, amount, fee, currency) VALUES ($1, 0, '', 'succeeded', '', '', 1, 0, 'CNY')`, o.ID); err != nil {
					return err
				}
				if n == 1 {
					s := billing.Subscription{ID: o.ID, OrderID: o.ID, VIN: v, Customer: "o", Terms: o.Lines[0], Anchor: on}
					if _, err := tx.Exec(ctx, `INSERT INTO billing_subscription (id, order_id, vin, next, due, state, doc) VALUES ($1, $1, $2, 12, $3, 'active', $4)`,
						o.ID, string(v), string(on.AddMonths(12)), doc(s)); err != nil {
						return err
					}
				}
			}
		}
		for m := range 24 { // month by month, as books are written
			month := string(period.Date("2024-01-01").AddMonths(m).Month())
			for _, l := range lines {
				if _, err := tx.Exec(ctx, `INSERT INTO ledger_sum (account, vehicle, product, partner, market, month, currency, debit, credit)
					SELECT $1, vin, $2, '', 'CN', $3, 'CNY', 9900, 100 FROM fleet_car WHERE substr(sold_on, 1, 7) <= $3`, l.account, l.product, month); err != nil {
					return err
				}
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO ledger_total (account, product, partner, market, month, currency, debit, credit)
			SELECT account, product, partner, market, month, currency, SUM(debit), SUM(credit) FROM ledger_sum GROUP BY account, product, partner, market, month, currency`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var peak runtime.MemStats
	for b.Loop() {
		c, err := a.Outlook.Cohorts(ctx, "")
		if err != nil || len(c.Cohorts) != 4 || c.Total.Cars != cars {
			b.Fatalf("%d cohorts of %d cars, %v", len(c.Cohorts), c.Total.Cars, err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&peak)
	b.ReportMetric(float64(b.N)*cars/b.Elapsed().Seconds(), "cars/s")
	b.ReportMetric(float64(peak.HeapAlloc)/1e6, "MB-live")
}

package ledgersql_test

import (
	"fmt"
	"testing"

	"roadbook/ledger"
	"roadbook/ledger/ledgersql"
	"roadbook/ledger/ledgertest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

// BenchmarkOver adds up two years of many cars' roll-up, as a cohort does: 20,000 cars with 96 rows each. An operation is one
// page of ledger.MaxVehicles cars.
func BenchmarkOver(b *testing.B) {
	const cars = 20_000
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			url := "file:" + b.TempDir() + "/bench.db"
			if engine == "postgres" {
				url = sqldbtest.Postgres(b)
			}
			db, err := sqldb.Open(b.Context(), url)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // a benchmark's
			if err := db.Migrate(b.Context(), "ledger", ledgersql.Migrations()); err != nil {
				b.Fatal(err)
			}
			if err := db.Tx(b.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(b.Context(), `INSERT INTO ledger_sum (account, vehicle, product, partner, market, month, currency, debit, credit)
					WITH RECURSIVE car(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM car WHERE n < $1),
					mon(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM mon WHERE m < 23),
					acc(account, product) AS (SELECT 'asset:receivable', 'pilot.month' UNION ALL SELECT 'liability:deferred', 'pilot.month'
						UNION ALL SELECT 'revenue:subscription', 'pilot.month' UNION ALL SELECT 'cost:connectivity', 'connectivity.car_month')
					SELECT account, 'V' || CAST(n AS TEXT), product, '', 'CN', '20' || CAST(24 + m / 12 AS TEXT) || '-' || SUBSTR('0' || CAST(m % 12 + 1 AS TEXT), LENGTH(CAST(m % 12 + 1 AS TEXT)), 2), 'CNY', 100 + n, 90
					FROM mon, acc, car`, cars-1)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			s := ledger.New(ledgersql.New(db), ledgertest.Clock{})
			page := make([]string, ledger.MaxVehicles)
			rows, at := 0, 0
			b.ResetTimer()
			for b.Loop() {
				for i := range page {
					page[i] = fmt.Sprintf("V%d", (at*7919+i*31)%cars)
				}
				at += len(page)
				got, err := s.Over(b.Context(), page, ledger.Filter{})
				if err != nil || len(got) != 96 {
					b.Fatalf("%d rows, %v", len(got), err)
				}
				rows += len(page)
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "cars/s")
		})
	}
}

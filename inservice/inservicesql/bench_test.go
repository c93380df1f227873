package inservicesql_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"roadbook/inservice"
	"roadbook/inservice/inservicesql"
	"roadbook/inservice/inservicetest"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/wire/pilotlog"
)

// BenchmarkTake takes reports of sixteen cars at once, all of one day: the worst case for the day's sums.
func BenchmarkTake(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			s := inservice.New(inservicesql.New(engineOf(b, engine)), &inservicetest.Clock{T: inservicetest.Start.AddDate(0, 0, 60)})
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range 16 {
				wg.Go(func() {
					for i := int(n.Add(1)); i <= b.N; i = int(n.Add(1)) {
						p, err := inservicetest.Report(1, 0, "1.0", 40, pilotlog.Activation, pilotlog.Deactivation, pilotlog.TransitionDemand).Encode()
						if err == nil {
							err = s.Take(context.Background(), inservicetest.Car(b, i), p)
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// BenchmarkDays reads the days of five years of a fleet that has filled every shard: two versions a day in three countries.
func BenchmarkDays(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			db, rng := engineOf(b, engine), rand.New(rand.NewPCG(1, 2))
			shards := 16
			if db.Exclusive() {
				shards = 1
			}
			start, ctx := period.DateOf(inservicetest.Start), b.Context()
			for day := range 5 * 365 {
				err := db.Tx(ctx, func(tx *sqldb.Tx) error {
					for row := range 2 * 3 * shards {
						key := []any{string(start.AddDays(day)), []string{"1.0", "1.1"}[row%2], "HWP", []string{"CN", "DE", "US"}[row/2%3], row / 6}
						if _, err := tx.Exec(ctx, `INSERT INTO inservice_day VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, append(key, rng.IntN(1000), rng.IntN(9e7), 0, 0)...); err != nil {
							return err
						}
						for _, k := range pilotlog.Kinds[:5] {
							if _, err := tx.Exec(ctx, `INSERT INTO inservice_day_kind VALUES ($1, $2, $3, $4, $5, $6, $7)`, append(key, string(k), rng.IntN(50))...); err != nil {
								return err
							}
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			s := inservicesql.New(db)
			for b.Loop() {
				days, err := s.Days(ctx, period.Span{From: start, To: start.AddDays(5 * 365)})
				if err != nil || len(days) != 5*365*6 {
					b.Fatal(len(days), err)
				}
			}
		})
	}
}

func engineOf(b *testing.B, engine string) *sqldb.DB {
	b.Helper()
	if engine == "postgres" {
		return postgres(b)
	}
	db, err := sqldb.Open(b.Context(), "file:"+b.TempDir()+"/bench.db")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := db.Migrate(b.Context(), "inservice", inservicesql.Migrations()); err != nil {
		b.Fatal(err)
	}
	return db
}

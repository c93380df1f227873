package inservicesql_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"roadbook/inservice"
	"roadbook/inservice/inservicesql"
	"roadbook/inservice/inservicetest"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/wire/pilotlog"
)

func TestStore(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			inservicetest.Suite(t, func(t *testing.T) inservice.Store {
				if engine == "sqlite" {
					return inservicesql.New(sqldbtest.SQLite(t, "inservice", inservicesql.Migrations()))
				}
				return inservicesql.New(postgres(t))
			})
		})
	}
}

func postgres(t testing.TB) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), "inservice", inservicesql.Migrations()); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestOldReportsAreRolledUp: a store from before there were sums has them after the migration, and goes on adding to them.
func TestOldReportsAreRolledUp(t *testing.T) {
	first, err := fs.ReadFile(inservicesql.Migrations(), "0001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	old := fstest.MapFS{"0001_init.sql": {Data: first}}
	sqldbtest.Engines(t, "inservice", old, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		var all []inservice.Record
		add := func(car int, r pilotlog.Report) {
			all = append(all, inservice.Record{VIN: inservicetest.Car(t, car), Report: r})
		}
		for n := range 12 {
			add(n, inservicetest.Report(1, n%3, "1.0", int64(n), pilotlog.Activation, pilotlog.TransitionDemand, pilotlog.TransitionDemand))
			add(n, inservicetest.Report(2, n%3, "1.0", 7)) // the same car's second of the day
			add(n, inservicetest.Report(3, 3, "1.1", 9, pilotlog.Deactivation))
		}
		err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			for _, r := range all {
				p := r.Report
				if _, err := tx.Exec(ctx, `INSERT INTO inservice_report (vin, seq, day, software, swin, active, unavailable, manual, received_ms, digest, doc)
					VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '', '{}')`, string(r.VIN), int64(p.Seq), p.Day, p.Software, p.SWIN, p.Active, p.Unavailable, p.Manual); err != nil {
					return err
				}
				for n, e := range p.Events {
					if _, err := tx.Exec(ctx, `INSERT INTO inservice_event (vin, seq, n, at_ms, day, software, kind, reason, initiator, road)
						VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '')`, string(r.VIN), int64(p.Seq), n, e.At.UnixMilli(), p.Day, p.Software, string(e.Kind)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, "inservice", inservicesql.Migrations()); err != nil {
			t.Fatal(err)
		}
		store := inservicesql.New(db)
		span := period.Span{From: "2023-01-01", To: "2024-01-01"}
		for _, later := range []int{0, 1} {
			got, err := store.Days(ctx, span)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(inservicetest.Sums(all), got); d != "" {
				t.Errorf("with %d more: %s", later, d)
			}
			// A car of which the old sums know, and another.
			for _, car := range []int{0, 50} {
				add(car, inservicetest.Report(4, 0, "1.0", 3, pilotlog.Collision))
				r := all[len(all)-1]
				if err := inservice.New(store, &inservicetest.Clock{T: inservicetest.Start.AddDate(1, 0, 0)}).Take(ctx, r.VIN, inservicetest.Bytes(t, r.Report)); err != nil {
					t.Fatal(err)
				}
			}
			if later == 1 {
				break
			}
		}
	})
}

package supplysql_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/supply"
	"roadbook/supply/supplysql"
	"roadbook/supply/supplytest"
)

func TestStore(t *testing.T) {
	for engine, open := range map[string]func(t *testing.T) *sqldb.DB{
		"sqlite":   func(t *testing.T) *sqldb.DB { return sqldbtest.SQLite(t, "supply", supplysql.Migrations()) },
		"postgres": postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			var db *sqldb.DB
			supplytest.Suite(t, func(t *testing.T) supply.Store {
				db = open(t)
				return supplysql.New(db)
			}, func(t *testing.T, name string) int {
				var n int
				if err := db.Read().QueryRow(t.Context(), `SELECT COUNT(*) FROM outbox WHERE name = $1`, name).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			})
		})
	}
}

func postgres(t *testing.T) *sqldb.DB {
	db, err := sqldb.Open(t.Context(), sqldbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), "supply", supplysql.Migrations()); err != nil {
		t.Fatal(err)
	}
	return db
}

// A pack that was built in before its life was recorded is installed, on a day that nobody recorded.
func TestPacksOfBeforeHaveALife(t *testing.T) {
	first, err := fs.ReadFile(supplysql.Migrations(), "0001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.Engines(t, "supply", fstest.MapFS{"0001_init.sql": &fstest.MapFile{Data: first}}, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			for i, vin := range []string{string(supplytest.CarA), ""} {
				if _, err := tx.Exec(ctx, `INSERT INTO supply_pack (serial, lot, contract, supplier, part, number, received, unit, currency, source, vin)
					VALUES ($1, 'l', 'c', 's', 'p', $2, '2023-09-05', '10000', 'USD', 'quote', $3)`, "OLD-"+vin, i+1, vin); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, "supply", supplysql.Migrations()); err != nil {
			t.Fatal(err)
		}
		s := supplysql.New(db)
		serial := "OLD-" + string(supplytest.CarA)
		p, err := s.Pack(ctx, serial)
		if err != nil || p.State != supply.Installed {
			t.Errorf("%+v %v", p, err)
		}
		if err := s.Install(ctx, serial, supplytest.CarA, "2024-01-01"); err != nil {
			t.Errorf("the same again: %v", err)
		}
		es, err := s.PackEvents(ctx, serial)
		if err != nil || len(es) != 1 || es[0].State != supply.Installed || es[0].Date != "" || es[0].VIN != supplytest.CarA {
			t.Errorf("%+v %v", es, err)
		}
		if _, err := s.Move(ctx, supply.PackEvent{ID: "out", Serial: serial, State: supply.Removed, Date: "2031-01-01", Source: "s", Who: "w"}); err != nil {
			t.Error(err)
		}
		if free, err := s.Stock(ctx, "2024-01-01"); err != nil || len(free) != 1 || free[0].Serial != "OLD-" {
			t.Errorf("in stock %+v %v", free, err)
		}
	})
}

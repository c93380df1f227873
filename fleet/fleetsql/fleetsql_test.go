package fleetsql_test

import (
	"testing"

	"roadbook/fleet"
	"roadbook/fleet/fleetsql"
	"roadbook/fleet/fleettest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	for engine, open := range map[string]func(t *testing.T) *sqldb.DB{
		"sqlite":   func(t *testing.T) *sqldb.DB { return sqldbtest.SQLite(t, "fleet", fleetsql.Migrations()) },
		"postgres": postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			var db *sqldb.DB
			fleettest.Suite(t, func(t *testing.T) fleet.Store {
				db = open(t)
				return fleetsql.New(db)
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
	if err := db.Migrate(t.Context(), "fleet", fleetsql.Migrations()); err != nil {
		t.Fatal(err)
	}
	return db
}

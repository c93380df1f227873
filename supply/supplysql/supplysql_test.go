package supplysql_test

import (
	"testing"

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

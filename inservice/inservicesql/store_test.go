package inservicesql_test

import (
	"testing"

	"roadbook/inservice"
	"roadbook/inservice/inservicesql"
	"roadbook/inservice/inservicetest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			inservicetest.Suite(t, func(t *testing.T) inservice.Store {
				if engine == "sqlite" {
					return inservicesql.New(sqldbtest.SQLite(t, "inservice", inservicesql.Migrations()))
				}
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
				return inservicesql.New(db)
			})
		})
	}
}

package billingsql_test

import (
	"testing"

	"roadbook/billing"
	"roadbook/billing/billingsql"
	"roadbook/billing/billingtest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			billingtest.Suite(t, func(t *testing.T) billing.Store {
				if engine == "sqlite" {
					return billingsql.New(sqldbtest.SQLite(t, "billing", billingsql.Migrations()))
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
				if err := db.Migrate(t.Context(), "billing", billingsql.Migrations()); err != nil {
					t.Fatal(err)
				}
				return billingsql.New(db)
			})
		})
	}
}

package partnersql_test

import (
	"testing"

	"roadbook/partner"
	"roadbook/partner/partnersql"
	"roadbook/partner/partnertest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			partnertest.Suite(t, func(t *testing.T) partner.Store {
				if engine == "sqlite" {
					return partnersql.New(sqldbtest.SQLite(t, "partner", partnersql.Migrations()))
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
				if err := db.Migrate(t.Context(), "partner", partnersql.Migrations()); err != nil {
					t.Fatal(err)
				}
				return partnersql.New(db)
			})
		})
	}
}

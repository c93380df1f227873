package updatesql_test

import (
	"testing"

	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/update"
	"roadbook/update/updatesql"
	"roadbook/update/updatetest"
)

func TestStore(t *testing.T) {
	sqldbtest.Engines(t, "update", updatesql.Migrations(), func(t *testing.T, db *sqldb.DB) {
		updatetest.Suite(t, func(t *testing.T) update.Store {
			t.Helper()
			// One database per engine: each part of the suite starts from empty tables.
			for _, table := range []string{"update_metadata", "update_cars", "update_deliveries", "update_campaigns", "update_evidence", "update_releases", "update_images"} {
				if err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
					_, err := tx.Exec(t.Context(), "DELETE FROM "+table)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			return updatesql.New(db)
		})
	})
}

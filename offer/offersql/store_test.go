package offersql_test

import (
	"testing"

	"roadbook/offer"
	"roadbook/offer/offersql"
	"roadbook/offer/offertest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	sqldbtest.Engines(t, "offer", offersql.Migrations(), func(t *testing.T, db *sqldb.DB) {
		offertest.Suite(t, func(t *testing.T) (offer.Store, func(string) int) {
			wipe(t, db)
			return offersql.New(db), func(name string) (n int) {
				if err := db.Read().QueryRow(t.Context(), `SELECT COUNT(*) FROM outbox WHERE name = $1`, name).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
		})
	})
}

// wipe empties the tables, so that one database serves all parts of the suite.
func wipe(t *testing.T, db *sqldb.DB) {
	t.Helper()
	err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
		for _, table := range []string{"offer_product", "offer_order", "offer_sale", "offer_holding", "offer_car", "offer_right", "offer_document", "outbox"} {
			if _, err := tx.Exec(t.Context(), "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package outlooksql_test

import (
	"testing"

	"roadbook/outlook/outlooksql"
	"roadbook/outlook/record"
	"roadbook/outlook/record/recordtest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestRecords(t *testing.T) {
	sqldbtest.Engines(t, "outlook", outlooksql.Migrations(), func(t *testing.T, db *sqldb.DB) {
		recordtest.Suite(t, func(t *testing.T) record.Store {
			// One database per engine: the suite's parts use keys and ids of their own.
			return outlooksql.New(db)
		})
	})
}

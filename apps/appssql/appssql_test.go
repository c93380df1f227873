package appssql_test

import (
	"testing"

	"roadbook/apps/appssql"
	"roadbook/apps/appstest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	sqldbtest.Engines(t, "apps", appssql.Migrations(), func(t *testing.T, db *sqldb.DB) {
		appstest.Suite(t, appssql.New(db))
	})
}

package supplysql_test

import (
	"testing"

	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/supply/passport"
	"roadbook/supply/supplysql"
	"roadbook/supply/supplytest"
)

func TestPassports(t *testing.T) {
	for engine, open := range map[string]func(t *testing.T) *sqldb.DB{
		"sqlite":   func(t *testing.T) *sqldb.DB { return sqldbtest.SQLite(t, "supply", supplysql.Migrations()) },
		"postgres": postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			supplytest.PassportSuite(t, func(t *testing.T) passport.Store { return supplysql.NewPassports(open(t)) })
		})
	}
}

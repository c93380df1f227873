package ledgersql_test

import (
	"strings"
	"testing"

	"roadbook/ledger"
	"roadbook/ledger/ledgersql"
	"roadbook/ledger/ledgertest"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			ledgertest.Suite(t, func(t *testing.T) ledger.Store { return ledgersql.New(open(t, engine)) })
		})
	}
}

func open(t *testing.T, engine string) *sqldb.DB {
	if engine == "sqlite" {
		return sqldbtest.SQLite(t, "ledger", ledgersql.Migrations())
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
	if err := db.Migrate(t.Context(), "ledger", ledgersql.Migrations()); err != nil {
		t.Fatal(err)
	}
	return db
}

// Somebody with access to the tables changes them behind the ledger's back; Verify must tell.
func TestVerifyFindsTampering(t *testing.T) {
	for _, row := range []struct{ why, change, want string }{
		{"an amount is changed in place", `UPDATE ledger_posting SET minor = minor + 1 WHERE entry_seq = 2 AND n = 0`, "entry 2 (b) was changed"},
		{"an amount and its roll-up are changed", `UPDATE ledger_entry SET digest = 'x' WHERE seq = 1`, "entry 1 (a) was changed"},
		{"the last entry is cut off", `DELETE FROM ledger_entry WHERE seq = 3`, "the entries end at number 2"},
		{"an entry in the middle vanishes", `DELETE FROM ledger_entry WHERE seq = 2`, "entry 3 follows entry 1"},
		{"a link is forged", `UPDATE ledger_entry SET chain = 'x' WHERE seq = 2`, "does not continue the chain"},
		{"a sum is changed", `UPDATE ledger_sum SET debit = debit + 5 WHERE account = 'asset:receivable'`, "debits of"},
		{"a sum is invented", `INSERT INTO ledger_sum VALUES ('asset:cash', 'V', '', '', '', '2026-01', 'CNY', 1, 1)`, "without a posting"},
		{"a sum of the fleet is changed", `UPDATE ledger_total SET credit = credit + 5 WHERE account = 'asset:receivable'`, "the roll-up of the fleet says"},
		{"the roll-up of the fleet is emptied", `DELETE FROM ledger_total`, "the roll-up of the fleet lacks"},
		{"the roll-up is emptied", `DELETE FROM ledger_sum`, "the roll-up lacks"},
	} {
		t.Run(row.why, func(t *testing.T) {
			db := open(t, "sqlite")
			s := ledger.New(ledgersql.New(db), ledgertest.Clock{})
			for _, o := range s.PostAll(t.Context(), []ledger.Entry{ledgertest.Sale("a", "V1", 100), ledgertest.Sale("b", "V1", 200), ledgertest.Sale("c", "V2", 300)}) {
				if o.Err != nil {
					t.Fatal(o.Err)
				}
			}
			if err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), row.change)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			v, err := s.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if v.OK || !strings.Contains(strings.Join(v.Problems, "\n"), row.want) {
				t.Fatalf("verdict %+v does not say %q", v, row.want)
			}
		})
	}
}

package signalsql_test

import (
	"testing"

	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/signal"
	"roadbook/signal/signalsql"
	"roadbook/signal/signaltest"
)

func TestStore(t *testing.T) {
	for engine, open := range map[string]func(t *testing.T) *sqldb.DB{
		"sqlite":   func(t *testing.T) *sqldb.DB { return sqldbtest.SQLite(t, "signal", signalsql.Migrations()) },
		"postgres": postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			signaltest.Suite(t, func(t *testing.T) signal.Store { return signalsql.New(open(t)) })
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
	if err := db.Migrate(t.Context(), "signal", signalsql.Migrations()); err != nil {
		t.Fatal(err)
	}
	return db
}

// BenchmarkRoll rolls up a day of 20 cars, two frames each, as one batch.
func BenchmarkRoll(b *testing.B) {
	db, err := sqldb.Open(b.Context(), "file:"+b.TempDir()+"/x.db")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test ends
	if err := db.Migrate(b.Context(), "signal", signalsql.Migrations()); err != nil {
		b.Fatal(err)
	}
	s := signalsql.New(db)
	day := 0
	for b.Loop() {
		var batch []signal.Frame
		for car := range 20 {
			for i := range 2 {
				batch = append(batch, signaltest.Frame(signaltest.VIN(car+1), uint64(2*day+i+1), signaltest.Start.AddDate(0, 0, day), int64(day)*1000))
			}
		}
		if err := s.Roll(b.Context(), batch, signaltest.Start); err != nil {
			b.Fatal(err)
		}
		day++
	}
}

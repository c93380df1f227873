package sqldb_test

import (
	"database/sql"
	"errors"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

var counterFS = fstest.MapFS{"0001_init.sql": {Data: []byte(`-- +goose Up
CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL, raw BYTEA);
`)}}

func TestTransactionsAreSerializable(t *testing.T) {
	sqldbtest.Engines(t, "counter", counterFS, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO counter (n, name, raw) VALUES ($2, $1, $3)`, "c", 0, []byte{1, 0, 2})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					// Read, then write: lost updates show unless the engine serializes and the failure is retried.
					if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
						var n int64
						if err := tx.QueryRow(ctx, `SELECT n FROM counter WHERE name = $1`, "c").Scan(&n); err != nil {
							return err
						}
						_, err := tx.Exec(ctx, `UPDATE counter SET n = $1 WHERE name = $2`, n+1, "c")
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		if err := db.Read().QueryRow(ctx, `SELECT n FROM counter WHERE name = $1`, "c").Scan(&n); err != nil || n != 40 {
			t.Fatalf("counter = %d, %v; want 40", n, err)
		}
	})
}

func TestOutboxTellsOnceAndWithTheFact(t *testing.T) {
	sqldbtest.Engines(t, "counter", counterFS, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		boom := errors.New("boom")
		emit := func(fail error) error {
			return db.Tx(ctx, func(tx *sqldb.Tx) error {
				if err := tx.Emit(ctx, "x.Happened", "1", time.Unix(1, 0), map[string]int{"n": 1}); err != nil {
					return err
				}
				return fail
			})
		}
		if err := emit(boom); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		now := time.Now()
		if ev, err := db.ClaimEvents(ctx, 10, now, time.Minute); err != nil || len(ev) != 0 {
			t.Fatalf("an event of a fact that was rolled back is told: %v, %v", ev, err)
		}
		for range 2 { // the same fact twice
			if err := emit(nil); err != nil {
				t.Fatal(err)
			}
		}
		ev, err := db.ClaimEvents(ctx, 10, now, time.Minute)
		if err != nil || len(ev) != 1 || string(ev[0].Body) != `{"n":1}` {
			t.Fatalf("claimed %v, %v; want one event", ev, err)
		}
		if again, err := db.ClaimEvents(ctx, 10, now, time.Minute); err != nil || len(again) != 0 {
			t.Fatalf("a leased event is claimed twice: %v, %v", again, err)
		}
		if late, err := db.ClaimEvents(ctx, 10, now.Add(2*time.Minute), time.Minute); err != nil || len(late) != 1 {
			t.Fatalf("an event whose worker died is not claimed again: %v, %v", late, err)
		}
		if err := db.FinishEvents(ctx, []string{ev[0].Seq}); err != nil {
			t.Fatal(err)
		}
		if waiting, dead, _, err := db.CountEvents(ctx); err != nil || waiting != 0 || dead != 0 {
			t.Fatalf("waiting %d, dead %d, %v", waiting, dead, err)
		}
	})
}

func TestOpenRefusesWhatItCannotServe(t *testing.T) {
	for _, url := range []string{"mysql://x", "", "postgres://127.0.0.1:1/none?connect_timeout=1"} {
		if db, err := sqldb.Open(t.Context(), url); err == nil {
			t.Errorf("Open(%q) = %v, want an error", url, db)
		}
	}
}

func TestNoRowsIsSQLNoRows(t *testing.T) {
	db := sqldbtest.SQLite(t, "counter", counterFS)
	var n int
	if err := db.Read().QueryRow(t.Context(), `SELECT n FROM counter WHERE name = $1`, "x").Scan(&n); !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
}

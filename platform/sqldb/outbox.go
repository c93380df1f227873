package sqldb

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/google/uuid"
)

//go:embed migrations/*.sql
var outboxFiles embed.FS

func outboxFS() fs.FS {
	sub, err := fs.Sub(outboxFiles, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Emit writes an event in the transaction of the fact that it tells of. The key names the fact: the same name and key
// again is a no-op. at is when the fact was, not when it is told.
func (t *Tx) Emit(ctx context.Context, name, key string, at time.Time, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("emit %s %s: %w", name, key, err)
	}
	t.emitted = true
	_, err = t.Exec(ctx, `INSERT INTO outbox (seq, name, key, at, body, state, attempts, due, last_error)
		VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 0, '') ON CONFLICT (name, key) DO NOTHING`,
		uuid.Must(uuid.NewV7()).String(), name, key, at.UnixMicro(), string(b))
	if err != nil {
		return fmt.Errorf("emit %s %s: %w", name, key, err)
	}
	return nil
}

// Waiting is an event that no worker has finished yet.
type Waiting struct {
	Seq, Name, Key string
	At             time.Time
	Body           json.RawMessage
	Attempts       int
}

// Emitted signals that this process has committed an event. Other replicas' events are found by polling.
func (db *DB) Emitted() <-chan struct{} { return db.wake }

// ClaimEvents takes up to n due events in order and hides them from other workers until the lease ends.
func (db *DB) ClaimEvents(ctx context.Context, n int, now time.Time, lease time.Duration) ([]Waiting, error) {
	var out []Waiting
	err := db.Tx(ctx, func(tx *Tx) error {
		out = out[:0]
		rows, err := tx.Query(ctx, `UPDATE outbox SET attempts = attempts + 1, due = $1 WHERE seq IN (
			SELECT seq FROM outbox WHERE state = 'waiting' AND due <= $2 ORDER BY seq LIMIT $3`+db.dialect.claim()+`)
			RETURNING seq, name, key, at, body, attempts`, now.Add(lease).UnixMicro(), now.UnixMicro(), n)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var w Waiting
			var at int64
			var body string
			if err := rows.Scan(&w.Seq, &w.Name, &w.Key, &at, &body, &w.Attempts); err != nil {
				return err
			}
			w.At, w.Body = time.UnixMicro(at).UTC(), json.RawMessage(body)
			out = append(out, w)
		}
		return rows.Err()
	})
	return out, err
}

// FinishEvents marks events as handled.
func (db *DB) FinishEvents(ctx context.Context, seqs []string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		for _, s := range seqs {
			if _, err := tx.Exec(ctx, `UPDATE outbox SET state = 'done' WHERE seq = $1`, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// FailEvent puts an event back until due, or into the dead letters.
func (db *DB) FailEvent(ctx context.Context, seq string, cause error, due time.Time, dead bool) error {
	state := "waiting"
	if dead {
		state = "dead"
	}
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `UPDATE outbox SET state = $1, due = $2, last_error = $3 WHERE seq = $4`,
			state, due.UnixMicro(), cause.Error(), seq)
		return err
	})
}

// CountEvents returns how many events wait and how many are dead letters, with the first dead letter's error.
func (db *DB) CountEvents(ctx context.Context) (waiting, dead int, firstDead string, err error) {
	rows, err := db.Read().Query(ctx, `SELECT state, COUNT(*), MIN(name || ' ' || key || ': ' || last_error)
		FROM outbox WHERE state <> 'done' GROUP BY state`)
	if err != nil {
		return 0, 0, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var state, first string
		var n int
		if err := rows.Scan(&state, &n, &first); err != nil {
			return 0, 0, "", err
		}
		if state == "dead" {
			dead, firstDead = n, first
		} else {
			waiting = n
		}
	}
	return waiting, dead, firstDead, rows.Err()
}

func (db *DB) releaseEvents(ctx context.Context) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `UPDATE outbox SET due = 0 WHERE state = 'waiting'`)
		return err
	})
}

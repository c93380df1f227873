// Package outlooksql keeps outlook's records in SQL.
package outlooksql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"roadbook/fault"
	"roadbook/outlook/record"
	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the goose files of outlook's tables.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Records is a record.Store.
type Records struct{ db *sqldb.DB }

// New returns the store of records over a database that has the Migrations.
func New(db *sqldb.DB) *Records { return &Records{db} }

// Add keeps records, all or none.
func (s *Records) Add(ctx context.Context, records []record.Record) (added int, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		added = 0 // a transaction may run again
		for _, r := range records {
			fresh, err := add(ctx, tx, r)
			if err != nil {
				return err
			}
			if fresh {
				added++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

func add(ctx context.Context, tx *sqldb.Tx, r record.Record) (fresh bool, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	var had string
	switch err := tx.QueryRow(ctx, `SELECT digest FROM outlook_record WHERE id = $1`, r.ID).Scan(&had); {
	case err == nil && had == digest:
		return false, nil
	case err == nil:
		return false, fault.New(fault.Conflict, "idempotency_mismatch", "record %q is kept with other content; what is kept is not changed", r.ID).At("/id")
	case !errors.Is(err, sql.ErrNoRows):
		return false, err
	}
	if r.Supersedes != "" {
		old, err := one(ctx, tx, r.Supersedes)
		if fault.KindOf(err) == fault.NotFound {
			return false, fault.New(fault.Refused, "record_supersedes", "record %q corrects %q, which is not kept", r.ID, r.Supersedes).At("/supersedes")
		}
		if err != nil {
			return false, err
		}
		if err := record.Supersede(r, old); err != nil {
			return false, err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO outlook_record (id, digest, key, vintage, supersedes, body) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, digest, r.Key, string(r.Vintage), r.Supersedes, string(body))
	return err == nil, err
}

// Record returns a record.
func (s *Records) Record(ctx context.Context, id string) (record.Record, error) {
	return one(ctx, s.db.Read(), id)
}

func one(ctx context.Context, db sqldb.Querier, id string) (record.Record, error) {
	var body string
	switch err := db.QueryRow(ctx, `SELECT body FROM outlook_record WHERE id = $1`, id).Scan(&body); {
	case errors.Is(err, sql.ErrNoRows):
		return record.Record{}, fault.New(fault.NotFound, "record_unknown", "there is no record %.100q", id)
	case err != nil:
		return record.Record{}, err
	}
	return decode(body)
}

func decode(body string) (r record.Record, err error) {
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return record.Record{}, fmt.Errorf("outlook_record: %w", err)
	}
	return r, nil
}

// Records lists records in the order of their ids.
func (s *Records) Records(ctx context.Context, f record.Filter) (out []record.Record, err error) {
	q := strings.Builder{}
	q.WriteString(`SELECT body FROM outlook_record WHERE id > $1`)
	args := []any{f.After}
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	if f.Prefix != "" { // compared by bytes, so that no letter of a prefix is a pattern and no collation matters
		p := arg(f.Prefix)
		q.WriteString(` AND SUBSTR(key, 1, LENGTH(` + p + `)) = ` + p)
	}
	if f.AsOf != "" {
		q.WriteString(` AND vintage <= ` + arg(string(f.AsOf)))
	}
	q.WriteString(` ORDER BY id`)
	if f.Limit > 0 {
		q.WriteString(` LIMIT ` + arg(f.Limit))
	}
	rows, err := s.db.Read().Query(ctx, q.String(), args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		r, err := decode(body)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

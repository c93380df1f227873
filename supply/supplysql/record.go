package supplysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"roadbook/fault"
	"roadbook/platform/sqldb"
)

// record is a row to add to one of the tables of records.
type record[T any] struct {
	table   string
	id      string
	request string
	content T
	columns []column // what the row is looked up by
}

type column struct{ name, value string }

// add inserts the record, unless it is there already. check is asked before an insert, and not on a repetition.
func add[T any](ctx context.Context, db *sqldb.DB, r record[T], check func(tx *sqldb.Tx) error) (T, error) {
	var out T
	err := db.Tx(ctx, func(tx *sqldb.Tx) error {
		stored, found, err := repeated(ctx, tx, r)
		if err != nil || found {
			out = stored
			return err
		}
		if check != nil {
			if err := check(tx); err != nil {
				return err
			}
		}
		out = r.content
		return insert(ctx, tx, r)
	})
	if err != nil {
		var zero T
		return zero, err
	}
	return out, nil
}

// repeated looks for a record with the id or the request: the same content is found, other content refused.
func repeated[T any](ctx context.Context, tx *sqldb.Tx, r record[T]) (stored T, found bool, err error) {
	rows, err := tx.Query(ctx, `SELECT id, digest, body FROM `+r.table+` WHERE id = $1 OR request = $2`, r.id, r.request)
	if err != nil {
		return stored, false, err
	}
	defer rows.Close()
	digest, _, err := encode(r.content)
	if err != nil {
		return stored, false, err
	}
	for rows.Next() {
		var id, had, body string
		if err := rows.Scan(&id, &had, &body); err != nil {
			return stored, false, err
		}
		if id != r.id || had != digest {
			return stored, false, fault.New(fault.Conflict, "idempotency_mismatch",
				"%q is recorded with other content; what is recorded is not changed", id)
		}
		found = true
		if err := json.Unmarshal([]byte(body), &stored); err != nil {
			return stored, false, fmt.Errorf("%s %q: %w", r.table, id, err)
		}
	}
	return stored, found, rows.Err()
}

func insert[T any](ctx context.Context, tx *sqldb.Tx, r record[T]) error {
	digest, body, err := encode(r.content)
	if err != nil {
		return err
	}
	names := []string{"id", "request", "digest", "body"}
	args := []any{r.id, r.request, digest, body}
	for _, c := range r.columns {
		names, args = append(names, c.name), append(args, c.value)
	}
	marks := make([]string, len(args))
	for i := range args {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	_, err = tx.Exec(ctx, `INSERT INTO `+r.table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, args...)
	return err
}

func encode(content any) (digest, body string, err error) {
	b, err := json.Marshal(content)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), string(b), nil
}

// one returns the record that a query for a body finds, or a NotFound that says what is missing.
func one[T any](ctx context.Context, db sqldb.Querier, missing *fault.Error, q string, args ...any) (T, error) {
	var out T
	var body string
	switch err := db.QueryRow(ctx, q, args...).Scan(&body); {
	case errors.Is(err, sql.ErrNoRows):
		return out, missing
	case err != nil:
		return out, err
	}
	return out, json.Unmarshal([]byte(body), &out)
}

// all returns the records that a query for bodies finds.
func all[T any](ctx context.Context, db sqldb.Querier, q string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var body string
		var v T
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// list returns a page of a table in the order of ids.
func list[T any](ctx context.Context, db sqldb.Querier, table, after string, limit int) ([]T, error) {
	return all[T](ctx, db, `SELECT body FROM `+table+` WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// exists reports whether a query finds a row.
func exists(ctx context.Context, tx *sqldb.Tx, q string, args ...any) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM (`+q+`) AS found`, args...).Scan(&n)
	return n > 0, err
}

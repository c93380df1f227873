// Package billingsql keeps billing's facts in SQL. A fact and the event that tells of it are one transaction; what was
// agreed or issued is kept as the document it was, what moves on is in columns beside it.
package billingsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the domain's goose files.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is billing's Store.
type Store struct{ db *sqldb.DB }

// New returns the store on a migrated database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// Open stores a contract with all that it brings.
func (s *Store) Open(ctx context.Context, op billing.Opening) (out billing.Issued, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		o := op.Contract.Order
		var digest string
		switch err := tx.QueryRow(ctx, `SELECT digest FROM billing_contract WHERE order_id = $1`, o.ID).Scan(&digest); {
		case err == nil && digest != op.Contract.Digest:
			return fault.New(fault.Conflict, "idempotency_mismatch", "order %s is already billed with another content", o.ID).At("/order/id")
		case err == nil:
			out, err = invoice(ctx, tx, op.Issue.Invoice.ID)
			return err
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO billing_contract (order_id, vin, day, digest, doc) VALUES ($1, $2, $3, $4, $5)`,
			o.ID, string(o.VIN), string(op.Contract.Date), op.Contract.Digest, encode(op.Contract)); err != nil {
			return err
		}
		for _, sub := range op.Subscriptions {
			if _, err := tx.Exec(ctx, `INSERT INTO billing_subscription (id, order_id, vin, next, due, state, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				sub.ID, sub.OrderID, string(sub.VIN), sub.Next, string(sub.Due), string(sub.State), encode(sub)); err != nil {
				return err
			}
		}
		for _, m := range op.Meters {
			if _, err := tx.Exec(ctx, `INSERT INTO billing_meter (id, order_id, vin, doc) VALUES ($1, $2, $3, $4)`,
				m.ID, m.OrderID, string(m.VIN), encode(m)); err != nil {
				return err
			}
		}
		out, err = issue(ctx, tx, op.Issue)
		return err
	})
	return out, err
}

// Contract returns the contract of an order.
func (s *Store) Contract(ctx context.Context, orderID string) (c billing.Contract, err error) {
	var doc string
	err = s.db.Read().QueryRow(ctx, `SELECT doc FROM billing_contract WHERE order_id = $1`, orderID).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, "contract_unknown", "order %.60q is not billed", orderID)
	}
	if err != nil {
		return c, err
	}
	return c, decode(doc, &c)
}

// Progress tells the first contract's or licence's day and the day through which Run is complete.
func (s *Store) Progress(ctx context.Context) (first, through period.Date, err error) {
	if err := s.db.Read().QueryRow(ctx, `SELECT COALESCE(MIN(day), '') FROM (SELECT MIN(day) AS day FROM billing_contract
		UNION ALL SELECT MIN(day) AS day FROM billing_licence) AS first`).Scan(&first); err != nil {
		return "", "", err
	}
	v, err := progress(ctx, s.db.Read(), "through")
	return first, period.Date(v), err
}

// SetProgress records that Run is complete through the day; it never goes back.
func (s *Store) SetProgress(ctx context.Context, through period.Date) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error { return setProgress(ctx, tx, "through", string(through)) })
}

// CloseMonth makes later usage of the month fall to the next.
func (s *Store) CloseMonth(ctx context.Context, m period.Month) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error { return setProgress(ctx, tx, "closed", string(m)) })
}

func progress(ctx context.Context, q sqldb.Querier, name string) (v string, err error) {
	err = q.QueryRow(ctx, `SELECT value FROM billing_progress WHERE name = $1`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

func setProgress(ctx context.Context, tx *sqldb.Tx, name, value string) error {
	_, err := tx.Exec(ctx, `INSERT INTO billing_progress (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > billing_progress.value`, name, value)
	return err
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("billing: documents always marshal: " + err.Error())
	}
	return string(b)
}

func decode(doc string, v any) error {
	if err := json.Unmarshal([]byte(doc), v); err != nil {
		return fmt.Errorf("stored document: %w", err)
	}
	return nil
}

// scan reads every row of a query.
func scan[T any](rows *sql.Rows, err error, row func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := row(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

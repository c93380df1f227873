// Package ledgersql keeps the books in SQL.
package ledgersql

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the goose files of the ledger's tables.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is a ledger.Store.
type Store struct{ db *sqldb.DB }

// New returns the store over a database that has the Migrations.
func New(db *sqldb.DB) *Store { return &Store{db} }

// Append books a batch in one transaction.
func (s *Store) Append(ctx context.Context, batch []ledger.Entry, at time.Time) ([]ledger.Outcome, error) {
	var outcomes []ledger.Outcome
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		known, err := recall(ctx, tx, batch)
		if err != nil {
			return err
		}
		var fresh []ledger.Booked
		outcomes, fresh = ledger.Plan(known, batch, at)
		if len(fresh) == 0 {
			return nil
		}
		if err := insert(ctx, tx, fresh); err != nil {
			return err
		}
		last := fresh[len(fresh)-1]
		_, err = tx.Exec(ctx, `UPDATE ledger_head SET seq = $1, chain = $2 WHERE id = 1`, last.Seq, last.Chain)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("book %d entries: %w", len(batch), err)
	}
	return outcomes, nil
}

// recall locks the head and reads what Plan needs to know about the batch.
func recall(ctx context.Context, tx *sqldb.Tx, batch []ledger.Entry) (ledger.Known, error) {
	k := ledger.Known{Entries: map[string]ledger.Booked{}, Reversed: map[string]string{}}
	err := tx.QueryRow(ctx, `UPDATE ledger_head SET seq = seq WHERE id = 1 RETURNING seq, chain`).Scan(&k.Head.Seq, &k.Head.Chain)
	if err != nil {
		return k, err
	}
	var refs, reversed []any
	for _, e := range batch {
		refs = append(refs, e.Ref)
		if e.Reverses != "" {
			refs, reversed = append(refs, e.Reverses), append(reversed, e.Reverses)
		}
	}
	err = inChunks(refs, func(in string, args []any) error {
		stored, err := entries(ctx, tx, `SELECT `+entryColumns+` FROM ledger_entry WHERE ref IN `+in, args)
		for _, b := range stored {
			k.Entries[b.Ref] = b
		}
		return err
	})
	if err != nil {
		return k, err
	}
	return k, inChunks(reversed, func(in string, args []any) error {
		rows, err := tx.Query(ctx, `SELECT reverses, ref FROM ledger_entry WHERE reverses <> '' AND reverses IN `+in, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var of, by string
			if err := rows.Scan(&of, &by); err != nil {
				return err
			}
			k.Reversed[of] = by
		}
		return rows.Err()
	})
}

func insert(ctx context.Context, tx *sqldb.Tx, fresh []ledger.Booked) error {
	var heads, postings, sums, totals [][]any
	content := make([]ledger.Entry, len(fresh))
	for i, b := range fresh {
		content[i] = b.Entry
		heads = append(heads, []any{b.Seq, b.Ref, string(b.Date), b.Kind, b.Memo, b.Reverses, b.BookedAt.UnixMicro(), b.Digest, b.Chain})
		for n, p := range b.Postings {
			postings = append(postings, []any{b.Seq, n, string(p.Debit), string(p.Credit), p.Amount.Minor, string(p.Amount.Currency),
				p.Dims.Vehicle, p.Dims.Customer, p.Dims.Product, p.Dims.Partner, p.Dims.Market})
		}
	}
	rollup := ledger.RollUp(content...)
	for _, r := range ledger.Fleet(rollup) {
		totals = append(totals, []any{string(r.Account), r.Product, r.Partner, r.Market, string(r.Month), string(r.Currency), r.Debit, r.Credit})
	}
	for _, r := range rollup {
		sums = append(sums, []any{string(r.Account), r.Vehicle, r.Product, r.Partner, r.Market, string(r.Month), string(r.Currency), r.Debit, r.Credit})
	}
	if err := insertRows(ctx, tx, `INSERT INTO ledger_entry (`+entryColumns+`) VALUES `, heads, ""); err != nil {
		return err
	}
	if err := insertRows(ctx, tx, `INSERT INTO ledger_posting (`+postingColumns+`) VALUES `, postings, ""); err != nil {
		return err
	}
	if err := insertRows(ctx, tx, `INSERT INTO ledger_sum (`+sumColumns+`) VALUES `, sums,
		` ON CONFLICT (account, vehicle, product, partner, market, month, currency)
		DO UPDATE SET debit = ledger_sum.debit + excluded.debit, credit = ledger_sum.credit + excluded.credit`); err != nil {
		return err
	}
	return insertRows(ctx, tx, `INSERT INTO ledger_total (`+totalColumns+`) VALUES `, totals,
		` ON CONFLICT (account, product, partner, market, month, currency)
		DO UPDATE SET debit = ledger_total.debit + excluded.debit, credit = ledger_total.credit + excluded.credit`)
}

const (
	entryColumns   = `seq, ref, book_date, kind, memo, reverses, booked_at, digest, chain`
	postingColumns = `entry_seq, n, debit, credit, minor, currency, vehicle, customer, product, partner, market`
	sumColumns     = `account, vehicle, product, partner, market, month, currency, debit, credit`
	totalColumns   = `account, product, partner, market, month, currency, debit, credit`
)

// chunk is the number of rows of one statement: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters.
const chunk = 200

func insertRows(ctx context.Context, tx *sqldb.Tx, into string, rows [][]any, suffix string) error {
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		var q strings.Builder
		var args []any
		q.WriteString(into)
		for i, row := range rows[:n] {
			if i > 0 {
				q.WriteString(", ")
			}
			q.WriteString(placeholders(len(args)+1, len(row)))
			args = append(args, row...)
		}
		q.WriteString(suffix)
		if _, err := tx.Exec(ctx, q.String(), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// placeholders returns "($from, …)" with n of them.
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", $%d", from+i)
	}
	return "(" + strings.TrimPrefix(b.String(), ", ") + ")"
}

func inChunks(args []any, do func(in string, args []any) error) error {
	for len(args) > 0 {
		n := min(len(args), chunk)
		if err := do(placeholders(1, n), args[:n]); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// Find returns one entry.
func (s *Store) Find(ctx context.Context, seq int64, ref string) (ledger.Booked, error) {
	q, arg := `SELECT `+entryColumns+` FROM ledger_entry WHERE seq = $1`, any(seq)
	if seq == 0 {
		q, arg = `SELECT `+entryColumns+` FROM ledger_entry WHERE ref = $1`, ref
	}
	found, err := entries(ctx, s.db.Read(), q, []any{arg})
	if err != nil {
		return ledger.Booked{}, err
	}
	if len(found) == 0 {
		if seq == 0 {
			return ledger.Booked{}, fault.New(fault.NotFound, "entry_unknown", "there is no entry with ref %.*q", ledger.MaxRef, ref)
		}
		return ledger.Booked{}, fault.New(fault.NotFound, "entry_unknown", "there is no entry number %d", seq)
	}
	return found[0], nil
}

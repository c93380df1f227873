package billingsql

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/sqldb"
)

const columns = `number, doc, posted, state, attempts, next_charge, paid_on, decline`

type row interface{ Scan(dest ...any) error }

func scanInvoice(r row) (out billing.Issued, err error) {
	var number, posted int64
	var doc string
	st := &out.Standing
	if err := r.Scan(&number, &doc, &posted, &st.State, &st.Attempts, &st.NextCharge, &st.PaidOn, &st.Reason); err != nil {
		return out, err
	}
	if err := decode(doc, &out.Invoice); err != nil {
		return out, err
	}
	st.Posted, out.Number = posted == 1, "INV-"+strconv.FormatInt(number, 10)
	return out, nil
}

func invoice(ctx context.Context, q sqldb.Querier, id string) (billing.Issued, error) {
	out, err := scanInvoice(q.QueryRow(ctx, `SELECT `+columns+` FROM billing_invoice WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return out, fault.New(fault.NotFound, "invoice_unknown", "there is no invoice %.60q", id)
	}
	return out, err
}

// issue numbers and stores an invoice, or answers the one that is there.
func issue(ctx context.Context, tx *sqldb.Tx, is billing.Issue) (billing.Issued, error) {
	inv := is.Invoice
	there, err := invoice(ctx, tx, inv.ID)
	if err == nil {
		if there.Digest() != inv.Digest() {
			return there, fault.New(fault.Conflict, "idempotency_mismatch", "invoice %s is already issued with another content", inv.ID)
		}
		return there, nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return there, err
	}
	// The counter's row stays locked until the commit: a rolled back invoice takes its number with it.
	var number int64
	if err := tx.QueryRow(ctx, `INSERT INTO billing_counter (entity, last) VALUES ($1, 1)
		ON CONFLICT (entity) DO UPDATE SET last = billing_counter.last + 1 RETURNING last`, inv.Entity).Scan(&number); err != nil {
		return there, err
	}
	inv.Number = "INV-" + strconv.FormatInt(number, 10)
	st := billing.Standing{State: billing.Open, NextCharge: inv.Date}
	if _, err := tx.Exec(ctx, `INSERT INTO billing_invoice (id, entity, number, order_id, vin, day, digest, doc, posted, state, attempts, next_charge, paid_on, decline)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 0, $10, '', '')`,
		inv.ID, inv.Entity, number, inv.OrderID, string(inv.VIN), string(inv.Date), inv.Digest(), encode(inv), string(st.State), string(st.NextCharge)); err != nil {
		return there, err
	}
	for _, r := range is.Rows {
		if _, err := tx.Exec(ctx, `INSERT INTO billing_row (obligation, month, amount, currency, account, dims, released) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
			r.Obligation, string(r.Month), r.Amount.Minor, string(r.Amount.Currency), string(r.Account), encode(r.Dims)); err != nil {
			return there, err
		}
	}
	for _, r := range is.Rated {
		if _, err := tx.Exec(ctx, `INSERT INTO billing_rating (meter, service, invoice, bill, amount, currency) VALUES ($1, $2, $3, $4, $5, $6)`,
			r.Meter, string(r.Service), inv.ID, string(inv.Date.Month()), r.Amount.Minor, string(r.Amount.Currency)); err != nil {
			return there, err
		}
	}
	if inv.Subscription != "" {
		sub, err := subscription(ctx, tx, inv.Subscription)
		if err != nil {
			return there, err
		}
		if sub.Next == is.Renewed {
			sub.State = billing.Active // it was when the invoice was made; a cancellation since then is kept below
			if err := step(ctx, tx, sub); err != nil {
				return there, err
			}
		}
	}
	out := billing.Issued{Invoice: inv, Standing: st}
	return out, tx.Emit(ctx, "billing.Invoiced", inv.ID, inv.IssuedAt, billing.Invoiced{Invoice: inv})
}

// Issue stores and numbers an invoice.
func (s *Store) Issue(ctx context.Context, is billing.Issue) (out billing.Issued, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		out, err = issue(ctx, tx, is)
		return err
	})
	return out, err
}

// Invoice returns one invoice.
func (s *Store) Invoice(ctx context.Context, id string) (billing.Issued, error) {
	return invoice(ctx, s.db.Read(), id)
}

func (s *Store) list(ctx context.Context, where string, args ...any) ([]billing.Issued, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT `+columns+` FROM billing_invoice WHERE `+where, args...)
	return scan(rows, err, func(r *sql.Rows) (billing.Issued, error) { return scanInvoice(r) })
}

// Invoices lists invoices by number.
func (s *Store) Invoices(ctx context.Context, q billing.InvoiceQuery) ([]billing.Issued, error) {
	where := `($1 = '' OR vin = $1) AND ($2 = '' OR state = $2) AND number > $3`
	if q.Licences {
		where += ` AND vin = ''`
	}
	return s.list(ctx, where+` ORDER BY number LIMIT $4`, string(q.VIN), string(q.State), q.After, q.Limit)
}

// Unposted lists invoices that the ledger lacks.
func (s *Store) Unposted(ctx context.Context, after string, limit int) ([]billing.Issued, error) {
	return s.list(ctx, `posted = 0 AND id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// DueCharges lists posted, unpaid invoices whose next attempt is due by the day.
func (s *Store) DueCharges(ctx context.Context, day period.Date, after string, limit int) ([]billing.Issued, error) {
	return s.list(ctx, `next_charge <> '' AND next_charge <= $1 AND posted = 1 AND id > $2 ORDER BY id LIMIT $3`, string(day), after, limit)
}

// MarkPosted records that the ledger has the invoice's entry.
func (s *Store) MarkPosted(ctx context.Context, invoiceID string) error {
	return s.exec(ctx, `UPDATE billing_invoice SET posted = 1 WHERE id = $1`, invoiceID)
}

func (s *Store) exec(ctx context.Context, q string, args ...any) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	})
}

// Schedule brings an unpaid invoice's next attempt forward to the day.
func (s *Store) Schedule(ctx context.Context, inv billing.Issued, day period.Date) (out billing.Issued, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE billing_invoice SET next_charge = $1
			WHERE id = $2 AND attempts = $3 AND state <> 'paid' AND (next_charge = '' OR next_charge > $1)`,
			string(day), inv.ID, inv.Standing.Attempts); err != nil {
			return err
		}
		out, err = invoice(ctx, tx, inv.ID)
		return err
	})
	return out, err
}

// Decline records a charge that was declined.
func (s *Store) Decline(ctx context.Context, d billing.Decline) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		r, err := tx.Exec(ctx, `UPDATE billing_invoice SET state = 'past_due', attempts = attempts + 1, next_charge = $1, decline = $2
			WHERE id = $3 AND attempts = $4 AND state <> 'paid'`, string(d.Next), d.Reason, d.Invoice, d.Attempt)
		if ok, err := changed(r, err); !ok || err != nil {
			return err
		}
		result := billing.SoftDeclined
		if d.Hard {
			result = billing.HardDeclined
		}
		_, err = tx.Exec(ctx, `INSERT INTO billing_attempt (invoice, attempt, day, result, reason, charge, amount, fee, currency)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '')`, d.Invoice, d.Attempt, string(d.Date), string(result), d.Reason, d.Charge)
		return err
	})
}

// Settle records a payment and says so.
func (s *Store) Settle(ctx context.Context, p billing.Payment, event billing.Paid) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		r, err := tx.Exec(ctx, `UPDATE billing_invoice SET state = 'paid', next_charge = '', decline = '', paid_on = $1
			WHERE id = $2 AND attempts = $3 AND state <> 'paid'`, string(p.Date), p.Invoice, p.Attempt)
		if ok, err := changed(r, err); !ok || err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO billing_attempt (invoice, attempt, day, result, reason, charge, amount, fee, currency)
			VALUES ($1, $2, $3, $4, '', $5, $6, $7, $8)`, p.Invoice, p.Attempt, string(p.Date), string(billing.Succeeded), p.Charge,
			p.Amount.Minor, p.Fee.Minor, string(p.Amount.Currency)); err != nil {
			return err
		}
		return tx.Emit(ctx, "billing.Paid", p.Invoice, p.Date.Time(), event)
	})
}

func changed(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// DueRows lists rows to be released.
func (s *Store) DueRows(ctx context.Context, m period.Month, limit int) ([]billing.Row, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT obligation, month, amount, currency, account, dims FROM billing_row
		WHERE released = 0 AND month <= $1 ORDER BY month, obligation LIMIT $2`, string(m), limit)
	return scan(rows, err, func(r *sql.Rows) (billing.Row, error) {
		var dims string
		var out billing.Row
		if err := r.Scan(&out.Obligation, &out.Month, &out.Amount.Minor, &out.Amount.Currency, &out.Account, &dims); err != nil {
			return out, err
		}
		return out, decode(dims, &out.Dims)
	})
}

// Release marks a row as released.
func (s *Store) Release(ctx context.Context, obligation string, m period.Month) error {
	return s.exec(ctx, `UPDATE billing_row SET released = 1 WHERE obligation = $1 AND month = $2`, obligation, string(m))
}

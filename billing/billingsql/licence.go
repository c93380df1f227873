package billingsql

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

// AddLicence stores a licence with its invoice.
func (s *Store) AddLicence(ctx context.Context, l billing.Licence, is *billing.Issue) (out billing.Licence, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		done, err := tx.Exec(ctx, `INSERT INTO billing_licence (id, day, doc) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
			l.ID, string(l.Signed), encode(l))
		fresh, err := changed(done, err)
		if err != nil {
			return err
		}
		if out, err = licence(ctx, tx, l.ID); err != nil {
			return err
		}
		if !fresh {
			if out != l {
				return fault.New(fault.Conflict, "idempotency_mismatch", "licence %s is already there with another content", l.ID).At("/id")
			}
			return nil
		}
		return issued(ctx, tx, is)
	})
	return out, err
}

func issued(ctx context.Context, tx *sqldb.Tx, is *billing.Issue) error {
	if is == nil {
		return nil
	}
	_, err := issue(ctx, tx, *is)
	return err
}

// AddUnits stores a report with its invoice.
func (s *Store) AddUnits(ctx context.Context, u billing.Units, is *billing.Issue) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		done, err := tx.Exec(ctx, `INSERT INTO billing_units (licence, month, part, units) VALUES ($1, $2, $3, $4) ON CONFLICT (licence, month, part) DO NOTHING`,
			u.Licence, string(u.Month), u.Part, u.Units)
		fresh, err := changed(done, err)
		if err != nil {
			return err
		}
		if fresh {
			return issued(ctx, tx, is)
		}
		var units int64
		if err := tx.QueryRow(ctx, `SELECT units FROM billing_units WHERE licence = $1 AND month = $2 AND part = $3`,
			u.Licence, string(u.Month), u.Part).Scan(&units); err != nil {
			return err
		}
		if units != u.Units {
			return fault.New(fault.Conflict, "idempotency_mismatch", "part %d of %s of licence %s is reported with %d units, not %d; what was forgotten is another part",
				u.Part, u.Month, u.Licence, units, u.Units).At("/units")
		}
		return nil
	})
}

func licence(ctx context.Context, q sqldb.Querier, id string) (l billing.Licence, err error) {
	var doc string
	err = q.QueryRow(ctx, `SELECT doc FROM billing_licence WHERE id = $1`, id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return l, fault.New(fault.NotFound, "licence_unknown", "there is no licence %.60q", id)
	}
	if err != nil {
		return l, err
	}
	return l, decode(doc, &l)
}

// Licence returns one licence.
func (s *Store) Licence(ctx context.Context, id string) (billing.Licence, error) {
	return licence(ctx, s.db.Read(), id)
}

// Licences lists licences by id.
func (s *Store) Licences(ctx context.Context, after string, limit int) ([]billing.Licence, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT doc FROM billing_licence WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	return scan(rows, err, document[billing.Licence])
}

// Reported lists what a licensee reported.
func (s *Store) Reported(ctx context.Context, licenceID string) ([]billing.Units, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT month, part, units FROM billing_units WHERE licence = $1 ORDER BY month, part`, licenceID)
	return scan(rows, err, func(r *sql.Rows) (billing.Units, error) {
		u := billing.Units{Licence: licenceID}
		return u, r.Scan(&u.Month, &u.Part, &u.Units)
	})
}

// document reads a column of documents.
func document[T any](r *sql.Rows) (v T, err error) {
	var doc string
	if err := r.Scan(&doc); err != nil {
		return v, err
	}
	return v, decode(doc, &v)
}

// TakenUp reads what the cars' owners have taken.
func (s *Store) TakenUp(ctx context.Context, cars []vin.VIN) ([]billing.Contract, []billing.Subscription, map[string]bool, error) {
	marks, args := make([]string, len(cars)), make([]any, len(cars))
	for i, v := range cars {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), string(v)
	}
	in := `vin IN (` + strings.Join(marks, ", ") + `)`
	q := s.db.Read()
	rows, err := q.Query(ctx, `SELECT doc FROM billing_contract WHERE `+in, args...)
	contracts, err := scan(rows, err, document[billing.Contract])
	if err != nil {
		return nil, nil, nil, err
	}
	rows, err = q.Query(ctx, subscriptionQuery+`s.`+in, args...)
	subs, err := scan(rows, err, func(r *sql.Rows) (billing.Subscription, error) { return scanSubscription(r) })
	if err != nil {
		return nil, nil, nil, err
	}
	paid := map[string]bool{}
	for _, of := range []string{
		`SELECT DISTINCT i.order_id FROM billing_invoice i JOIN billing_attempt a ON a.invoice = i.id WHERE i.` + in + `
			AND a.result = 'succeeded' AND a.amount > 0 AND NOT EXISTS (SELECT 1 FROM billing_rating r WHERE r.invoice = i.id)`,
		`SELECT DISTINCT r.meter FROM billing_invoice i JOIN billing_attempt a ON a.invoice = i.id JOIN billing_rating r ON r.invoice = i.id WHERE i.` + in + `
			AND a.result = 'succeeded' AND r.amount > 0`,
	} {
		rows, err := q.Query(ctx, of, args...)
		ids, err := scan(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
		if err != nil {
			return nil, nil, nil, err
		}
		for _, id := range ids {
			paid[id] = true
		}
	}
	return contracts, subs, paid, nil
}

// Leave ends what a customer pays for a car by the month or by use.
func (s *Store) Leave(ctx context.Context, v vin.VIN, customer string, on period.Date) (subs []billing.Subscription, meters []billing.Meter, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, subscriptionQuery+`s.vin = $1 ORDER BY s.id`, string(v))
		all, err := scan(rows, err, func(r *sql.Rows) (billing.Subscription, error) { return scanSubscription(r) })
		if err != nil {
			return err
		}
		subs, meters = nil, nil // of an attempt that is repeated
		for _, sub := range all {
			if sub.Customer != customer || sub.Anchor > on { // what was taken later is of a car that was bought back
				continue
			}
			if sub.State == billing.Active {
				sub.State = billing.Cancelling
				if _, err := tx.Exec(ctx, `UPDATE billing_subscription SET state = 'cancelling' WHERE id = $1`, sub.ID); err != nil {
					return err
				}
			}
			subs = append(subs, sub)
		}
		of, err := metersOf(ctx, tx, `vin = $1`, string(v))
		if err != nil {
			return err
		}
		for _, m := range of {
			if m.Customer != customer || m.Since > on {
				continue
			}
			if m.Until == "" {
				m.Until = on
				if _, err := tx.Exec(ctx, `UPDATE billing_meter SET until = $1 WHERE id = $2`, string(on), m.ID); err != nil {
					return err
				}
			}
			meters = append(meters, m)
		}
		return nil
	})
	return subs, meters, err
}

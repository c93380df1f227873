package billingsql

import (
	"context"
	"database/sql"
	"errors"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

const subscriptionQuery = `SELECT s.doc, s.next, s.due, s.state, CASE WHEN EXISTS (SELECT 1 FROM billing_invoice i
	WHERE i.order_id = s.order_id AND i.state = 'past_due' AND i.day < s.due) THEN 1 ELSE 0 END FROM billing_subscription s WHERE `

func scanSubscription(r row) (s billing.Subscription, err error) {
	var doc string
	var next, pastDue int64
	var due, state string
	if err := r.Scan(&doc, &next, &due, &state, &pastDue); err != nil {
		return s, err
	}
	if err := decode(doc, &s); err != nil {
		return s, err
	}
	s.Next, s.Due, s.State, s.PastDue = int(next), period.Date(due), billing.SubscriptionState(state), pastDue == 1
	return s, nil
}

func subscription(ctx context.Context, q sqldb.Querier, id string) (billing.Subscription, error) {
	s, err := scanSubscription(q.QueryRow(ctx, subscriptionQuery+`s.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fault.New(fault.NotFound, "subscription_unknown", "there is no subscription %.60q", id)
	}
	return s, err
}

// Subscription returns one subscription.
func (s *Store) Subscription(ctx context.Context, id string) (billing.Subscription, error) {
	return subscription(ctx, s.db.Read(), id)
}

// Subscriptions lists subscriptions by id.
func (s *Store) Subscriptions(ctx context.Context, q billing.SubscriptionQuery) ([]billing.Subscription, error) {
	rows, err := s.db.Read().Query(ctx, subscriptionQuery+`($1 = '' OR s.vin = $1) AND s.id > $2 ORDER BY s.id LIMIT $3`, string(q.VIN), q.After, q.Limit)
	return scan(rows, err, func(r *sql.Rows) (billing.Subscription, error) { return scanSubscription(r) })
}

// DueSubscriptions lists those whose next period begins by the day.
func (s *Store) DueSubscriptions(ctx context.Context, day period.Date, after string, limit int) ([]billing.Subscription, error) {
	rows, err := s.db.Read().Query(ctx, subscriptionQuery+`s.state <> 'ended' AND s.due <= $1 AND s.id > $2 ORDER BY s.id LIMIT $3`, string(day), after, limit)
	return scan(rows, err, func(r *sql.Rows) (billing.Subscription, error) { return scanSubscription(r) })
}

// step moves the subscription on from sub.Next. A cancellation that came meanwhile is kept.
func step(ctx context.Context, tx *sqldb.Tx, sub billing.Subscription) error {
	next := sub.Step()
	_, err := tx.Exec(ctx, `UPDATE billing_subscription SET next = $1, due = $2,
		state = CASE WHEN $3 = 'ended' THEN $3 ELSE state END WHERE id = $4 AND next = $5 AND state <> 'ended'`,
		next.Next, string(next.Due), string(next.State), sub.ID, sub.Next)
	return err
}

// Step skips a period, or ends a cancelled subscription.
func (s *Store) Step(ctx context.Context, sub billing.Subscription) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error { return step(ctx, tx, sub) })
}

// Cancel makes an active subscription end with the period that is invoiced.
func (s *Store) Cancel(ctx context.Context, id string) (out billing.Subscription, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE billing_subscription SET state = 'cancelling' WHERE id = $1 AND state = 'active'`, id); err != nil {
			return err
		}
		out, err = subscription(ctx, tx, id)
		return err
	})
	return out, err
}

// Record counts events, each once.
func (s *Store) Record(ctx context.Context, us []billing.Usage) (out []billing.Outcome, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		out = make([]billing.Outcome, 0, len(us))
		closed, err := progress(ctx, tx, "closed")
		if err != nil {
			return err
		}
		meters := map[vin.VIN][]billing.Meter{}
		for _, u := range us {
			if _, known := meters[u.VIN]; !known {
				if meters[u.VIN], err = metersOf(ctx, tx, `vin = $1`, string(u.VIN)); err != nil {
					return err
				}
			}
			o, err := record(ctx, tx, u, meters[u.VIN], period.Month(closed))
			if err != nil {
				return err
			}
			out = append(out, o)
		}
		return nil
	})
	return out, err
}

func record(ctx context.Context, tx *sqldb.Tx, u billing.Usage, meters []billing.Meter, closed period.Month) (billing.Outcome, error) {
	o := billing.Outcome{Source: u.Source, ID: u.ID, Verdict: billing.Accepted}
	m, bill, err := billing.Assign(u, meters, closed)
	if err != nil {
		return u.Reject(err), nil
	}
	r, err := tx.Exec(ctx, `INSERT INTO billing_usage (source, id, meter, order_id, quantity, at, service, bill, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (source, id) DO NOTHING`, u.Source, u.ID, m.ID, m.OrderID,
		string(u.Quantity), u.At.UnixMicro(), string(period.MonthOf(u.At)), string(bill), u.Digest())
	if ok, err := changed(r, err); ok || err != nil {
		return o, err
	}
	var digest string
	if err := tx.QueryRow(ctx, `SELECT digest FROM billing_usage WHERE source = $1 AND id = $2`, u.Source, u.ID).Scan(&digest); err != nil {
		return o, err
	}
	if digest != u.Digest() {
		return u.Reject(fault.New(fault.Conflict, "idempotency_mismatch", "event %s of %s was counted with another content", u.ID, u.Source)), nil
	}
	o.Verdict = billing.Duplicate
	return o, nil
}

func metersOf(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]billing.Meter, error) {
	rows, err := q.Query(ctx, `SELECT doc, until FROM billing_meter WHERE `+where+` ORDER BY id`, args...)
	return scan(rows, err, func(r *sql.Rows) (m billing.Meter, err error) {
		var doc, until string
		if err := r.Scan(&doc, &until); err != nil {
			return m, err
		}
		err = decode(doc, &m)
		m.Until = period.Date(until)
		return m, err
	})
}

// MeteredOrders lists the orders with usage to be billed with the month.
func (s *Store) MeteredOrders(ctx context.Context, m period.Month, after string, limit int) ([]string, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT DISTINCT order_id FROM billing_usage WHERE bill = $1 AND order_id > $2 ORDER BY order_id LIMIT $3`,
		string(m), after, limit)
	return scan(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
}

// Metering sums an order's use, in Go: exact decimals are text to SQL.
func (s *Store) Metering(ctx context.Context, orderID string, m period.Month) ([]billing.Metering, error) {
	q := s.db.Read()
	meters, err := metersOf(ctx, q, `order_id = $1`, orderID)
	if err != nil {
		return nil, err
	}
	var out []billing.Metering
	for _, meter := range meters {
		rows, err := q.Query(ctx, `SELECT DISTINCT service FROM billing_usage WHERE meter = $1 AND bill = $2 ORDER BY service`, meter.ID, string(m))
		services, err := scan(rows, err, func(r *sql.Rows) (mo period.Month, err error) { return mo, r.Scan(&mo) })
		if err != nil {
			return nil, err
		}
		for _, service := range services {
			x := billing.Metering{Meter: meter, Service: service, Billed: money.Of(0, meter.Currency)}
			rows, err := q.Query(ctx, `SELECT quantity FROM billing_usage WHERE meter = $1 AND service = $2 AND bill <= $3`, meter.ID, string(service), string(m))
			quantities, err := scan(rows, err, func(r *sql.Rows) (d money.Decimal, err error) { return d, r.Scan(&d) })
			if err != nil {
				return nil, err
			}
			if x.Quantity, err = billing.Total(quantities); err != nil {
				return nil, err
			}
			rows, err = q.Query(ctx, `SELECT amount, currency FROM billing_rating WHERE meter = $1 AND service = $2 AND bill < $3`, meter.ID, string(service), string(m))
			billed, err := scan(rows, err, func(r *sql.Rows) (a money.Amount, err error) { return a, r.Scan(&a.Minor, &a.Currency) })
			if err != nil {
				return nil, err
			}
			for _, a := range billed {
				if x.Billed, err = x.Billed.Add(a); err != nil {
					return nil, err
				}
			}
			out = append(out, x)
		}
	}
	return out, nil
}

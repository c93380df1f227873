package offersql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"roadbook/fault"
	"roadbook/offer"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

// Activate stores new rights.
func (s *Store) Activate(ctx context.Context, orderID string, v vin.VIN, rights []offer.Right, at time.Time) (seq uint64, rose bool, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := ofCar(ctx, tx, orderID, v); err != nil {
			return err
		}
		rose = false
		for _, r := range rights {
			features, err := json.Marshal(r.Features)
			if err != nil {
				return fmt.Errorf("activate %s: %w", r.SKU, err)
			}
			res, err := tx.Exec(ctx, `INSERT INTO offer_right (order_id, sku, until, vin, kind, features, from_day, ends)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (order_id, sku, until) DO NOTHING`,
				orderID, string(r.SKU), string(r.Until), string(v), string(r.Kind), string(features), string(r.From), string(r.Ends))
			if err != nil {
				return fmt.Errorf("activate %s: %w", r.SKU, err)
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			rose = rose || n > 0
		}
		seq, err = raise(ctx, tx, v, rose, at)
		return err
	})
	return seq, rose, err
}

// Cancel ends rights early.
func (s *Store) Cancel(ctx context.Context, c offer.Cancellation, at time.Time) (seq uint64, rose bool, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := ofCar(ctx, tx, c.OrderID, c.VIN); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE offer_holding SET cancelled = 1 WHERE vin = $1 AND sku = $2 AND order_id = $3`,
			string(c.VIN), string(c.SKU), c.OrderID); err != nil {
			return fmt.Errorf("cancel %s: %w", c.SKU, err)
		}
		res, err := tx.Exec(ctx, `UPDATE offer_right SET ends = $1 WHERE order_id = $2 AND sku = $3 AND (ends = '' OR ends > $1)`,
			string(c.On), c.OrderID, string(c.SKU))
		if err != nil {
			return fmt.Errorf("cancel %s: %w", c.SKU, err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		rose = n > 0
		seq, err = raise(ctx, tx, c.VIN, rose, at)
		return err
	})
	return seq, rose, err
}

// ofCar refuses an order that is not the car's.
func ofCar(ctx context.Context, tx *sqldb.Tx, orderID string, v vin.VIN) error {
	o, _, err := placed(ctx, tx, orderID)
	if err != nil {
		return err
	}
	if o.VIN != v {
		return fault.New(fault.Refused, "order_vehicle", "order %s is for car %s, not %s", orderID, o.VIN, v)
	}
	return nil
}

// raise gives the car's sequence number, one higher and with a word about it when the rights changed.
func raise(ctx context.Context, tx *sqldb.Tx, v vin.VIN, changed bool, at time.Time) (seq uint64, err error) {
	if !changed {
		err := tx.QueryRow(ctx, `SELECT seq FROM offer_car WHERE vin = $1`, string(v)).Scan(&seq)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, nil
		}
		return seq, err
	}
	if err := tx.QueryRow(ctx, `INSERT INTO offer_car (vin, seq) VALUES ($1, 1)
		ON CONFLICT (vin) DO UPDATE SET seq = offer_car.seq + 1 RETURNING seq`, string(v)).Scan(&seq); err != nil {
		return 0, fmt.Errorf("grant of %s: %w", v, err)
	}
	return seq, tx.Emit(ctx, "offer.Granted", string(v)+"/"+strconv.FormatUint(seq, 10), at, offer.Granted{VIN: v, Seq: seq})
}

// Rights reads the number and the rights in one statement, so that they belong together.
func (s *Store) Rights(ctx context.Context, v vin.VIN) (seq uint64, rights []offer.Right, err error) {
	rows, err := s.db.Read().Query(ctx, `SELECT c.seq, r.order_id, r.sku, r.kind, r.features, r.from_day, r.until, r.ends
		FROM offer_car c JOIN offer_right r ON r.vin = c.vin WHERE c.vin = $1 ORDER BY r.from_day, r.order_id, r.sku, r.until`, string(v))
	if err != nil {
		return 0, nil, fmt.Errorf("rights of %s: %w", v, err)
	}
	defer rows.Close()
	for rows.Next() {
		r := offer.Right{VIN: v}
		var features string
		if err := rows.Scan(&seq, &r.OrderID, &r.SKU, &r.Kind, &features, &r.From, &r.Until, &r.Ends); err != nil {
			return 0, nil, fmt.Errorf("rights of %s: %w", v, err)
		}
		if err := json.Unmarshal([]byte(features), &r.Features); err != nil {
			return 0, nil, fmt.Errorf("rights of %s: %w", v, err)
		}
		rights = append(rights, r)
	}
	return seq, rights, rows.Err()
}

// Document returns a stored grant document.
func (s *Store) Document(ctx context.Context, v vin.VIN, seq uint64) (offer.Document, error) {
	return document(ctx, s.db.Read(), v, seq)
}

func document(ctx context.Context, q sqldb.Querier, v vin.VIN, seq uint64) (offer.Document, error) {
	d := offer.Document{VIN: v, Seq: seq}
	var issued, renew int64
	err := q.QueryRow(ctx, `SELECT raw, issued_at, renew_at FROM offer_document WHERE vin = $1 AND seq = $2`, string(v), int64(seq)).Scan(&d.Raw, &issued, &renew)
	if errors.Is(err, sql.ErrNoRows) {
		return offer.Document{}, fault.New(fault.NotFound, "grant_none", "car %s has no grant %d", v, seq)
	}
	if err != nil {
		return offer.Document{}, fmt.Errorf("grant %d of %s: %w", seq, v, err)
	}
	d.IssuedAt = time.UnixMicro(issued).UTC()
	if renew != 0 {
		d.RenewAt = time.UnixMicro(renew).UTC()
	}
	return d, nil
}

// SaveDocument stores a grant document, or returns the one that is there.
func (s *Store) SaveDocument(ctx context.Context, d offer.Document) (offer.Document, error) {
	var renew int64
	if !d.RenewAt.IsZero() {
		renew = d.RenewAt.UnixMicro()
	}
	var out offer.Document
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO offer_document (vin, seq, raw, issued_at, renew_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (vin, seq) DO NOTHING`, string(d.VIN), int64(d.Seq), d.Raw, d.IssuedAt.UnixMicro(), renew); err != nil {
			return fmt.Errorf("grant %d of %s: %w", d.Seq, d.VIN, err)
		}
		var err error
		out, err = document(ctx, tx, d.VIN, d.Seq)
		return err
	})
	return out, err
}

// Renew raises the number if nobody else did.
func (s *Store) Renew(ctx context.Context, v vin.VIN, seq uint64) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE offer_car SET seq = seq + 1 WHERE vin = $1 AND seq = $2`, string(v), int64(seq))
		return err
	})
}

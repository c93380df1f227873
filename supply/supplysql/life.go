package supplysql

import (
	"context"
	"encoding/json"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/supply"
)

// Move appends an event to a pack's life.
func (s *Store) Move(ctx context.Context, e supply.PackEvent) (supply.PackEvent, error) {
	var out supply.PackEvent
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		digest, _, err := encode(e)
		if err != nil {
			return err
		}
		same, err := one[supply.PackEvent](ctx, tx, missing("event", e.ID), `SELECT body FROM supply_pack_event WHERE id = $1 AND digest = $2`, e.ID, digest)
		if fault.KindOf(err) != fault.NotFound {
			out = same
			return err
		}
		if taken, err := exists(ctx, tx, `SELECT id FROM supply_pack_event WHERE id = $1`, e.ID); err != nil || taken {
			if taken {
				err = fault.New(fault.Conflict, "idempotency_mismatch", "%q is recorded with other content; what is recorded is not changed", e.ID)
			}
			return err
		}
		p, err := pack(ctx, tx, missing("pack", e.Serial), `WHERE serial = $1`, e.Serial)
		if err != nil {
			return err
		}
		out, err = step(ctx, tx, p, e, digest)
		return err
	})
	return out, err
}

// step appends an event that may follow, and says on the pack where it has led.
func step(ctx context.Context, tx *sqldb.Tx, p supply.Pack, e supply.PackEvent, digest string) (supply.PackEvent, error) {
	es, err := events(ctx, tx, p.Serial)
	if err != nil {
		return e, err
	}
	last := p.Arrival()
	if len(es) > 0 {
		last = es[len(es)-1]
	}
	p, e, err = p.Next(last, e)
	if err != nil {
		return e, err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return e, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO supply_pack_event (id, digest, serial, seq, body) VALUES ($1, $2, $3, $4, $5)`,
		e.ID, digest, e.Serial, len(es)+1, string(body)); err != nil {
		return e, err
	}
	_, err = tx.Exec(ctx, `UPDATE supply_pack SET state = $1, vin = $2 WHERE serial = $3`, string(p.State), string(p.VIN), p.Serial)
	return e, err
}

// PackEvents returns what happened to a pack.
func (s *Store) PackEvents(ctx context.Context, serial string) ([]supply.PackEvent, error) {
	return events(ctx, s.db.Read(), serial)
}

func events(ctx context.Context, db sqldb.Querier, serial string) ([]supply.PackEvent, error) {
	return all[supply.PackEvent](ctx, db, `SELECT body FROM supply_pack_event WHERE serial = $1 ORDER BY seq`, serial)
}

// Settle closes a contract year once and says so.
func (s *Store) Settle(ctx context.Context, id, contract string, span period.Span, compute func([]supply.Bought) (supply.Settlement, error)) (supply.Settlement, error) {
	var out supply.Settlement
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var err error
		out, err = one[supply.Settlement](ctx, tx, missing("settlement", id), `SELECT body FROM supply_settlement WHERE id = $1`, id)
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		b, err := bought(ctx, tx, contract, span)
		if err != nil {
			return err
		}
		if out, err = compute(b); err != nil {
			return err
		}
		body, err := json.Marshal(out)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO supply_settlement (id, contract, from_day, to_day, body) VALUES ($1, $2, $3, $4, $5)`,
			id, contract, string(span.From), string(span.To), string(body)); err != nil || out.Rebate.IsZero() && out.Charge.IsZero() {
			return err
		}
		return tx.Emit(ctx, "supply.ContractSettled", id, out.Date().Time(), supply.ContractSettled{Settlement: out, Date: out.Date()})
	})
	return out, err
}

// Settlements lists the closed years of a contract.
func (s *Store) Settlements(ctx context.Context, contract string) ([]supply.Settlement, error) {
	return all[supply.Settlement](ctx, s.db.Read(), `SELECT body FROM supply_settlement WHERE contract = $1 ORDER BY from_day`, contract)
}

// Bought counts the packs of a span by their price.
func (s *Store) Bought(ctx context.Context, contract string, span period.Span) ([]supply.Bought, error) {
	return bought(ctx, s.db.Read(), contract, span)
}

func bought(ctx context.Context, db sqldb.Querier, contract string, span period.Span) ([]supply.Bought, error) {
	rows, err := db.Query(ctx, `SELECT unit, COUNT(*) FROM supply_pack WHERE contract = $1 AND received >= $2 AND received < $3 GROUP BY unit ORDER BY unit`,
		contract, string(span.From), string(span.To))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []supply.Bought
	for rows.Next() {
		var unit string
		var b supply.Bought
		if err := rows.Scan(&unit, &b.Packs); err != nil {
			return nil, err
		}
		b.Unit = money.Decimal(unit)
		out = append(out, b)
	}
	return out, rows.Err()
}

// Vary records variances of packs that have none, and says so.
func (s *Store) Vary(ctx context.Context, cause string, vs []supply.Variance) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var fresh []supply.Variance
		for _, v := range vs {
			added, err := addVariance(ctx, tx, cause, v)
			if err != nil {
				return err
			}
			if added {
				fresh = append(fresh, v)
			}
		}
		e, err := supply.Varied(cause, fresh)
		if err != nil {
			return err
		}
		return emitVaried(ctx, tx, e)
	})
}

func addVariance(ctx context.Context, tx *sqldb.Tx, cause string, v supply.Variance) (bool, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return false, err
	}
	done, err := tx.Exec(ctx, `INSERT INTO supply_variance (serial, cause, body) VALUES ($1, $2, $3) ON CONFLICT (serial) DO NOTHING`, v.Serial, cause, string(body))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

func emitVaried(ctx context.Context, tx *sqldb.Tx, e *supply.PriceVaried) error {
	if e == nil {
		return nil
	}
	return tx.Emit(ctx, "supply.PriceVaried", e.ID, e.Date.Time(), e)
}

// Variance returns a pack's variance.
func (s *Store) Variance(ctx context.Context, serial string) (supply.Variance, error) {
	return one[supply.Variance](ctx, s.db.Read(), missing("variance", serial), `SELECT body FROM supply_variance WHERE serial = $1`, serial)
}

// Unvaried returns packs of a part and span without a variance.
func (s *Store) Unvaried(ctx context.Context, part string, span period.Span, after string, limit int) ([]supply.Pack, error) {
	return packs(ctx, s.db.Read(), `WHERE part = $1 AND received >= $2 AND (received < $3 OR $3 = '') AND serial > $4
		AND NOT EXISTS (SELECT 1 FROM supply_variance WHERE supply_variance.serial = supply_pack.serial) ORDER BY serial LIMIT $5`,
		part, string(span.From), string(span.To), after, limit)
}

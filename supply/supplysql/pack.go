package supplysql

import (
	"context"
	"encoding/json"
	"fmt"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/supply"
	"roadbook/vin"
)

const packColumns = `serial, lot, contract, supplier, part, number, received, unit, currency, source, vin, state, terms`

// AddLot records a lot and its packs, and by how much they differ from their standard.
func (s *Store) AddLot(ctx context.Context, l supply.Lot, price func(before supply.Before) (supply.Receipt, error)) (supply.Lot, error) {
	return add(ctx, s.db, record[supply.Lot]{table: "supply_lot", id: l.ID, request: l.ID, content: l,
		columns: []column{{"contract", l.Contract}}}, func(tx *sqldb.Tx) error {
		closed, err := exists(ctx, tx, `SELECT id FROM supply_settlement WHERE contract = $1 AND from_day <= $2 AND to_day > $2`, l.Contract, string(l.Received))
		if err != nil {
			return err
		}
		if closed {
			return fault.New(fault.Refused, "year_settled", "the year of contract %q that holds %s is settled: no lot can follow", l.Contract, l.Received).At("/received")
		}
		month := l.Received.Month().Span()
		var before supply.Before
		if err := tx.QueryRow(ctx, `SELECT COUNT(*), COUNT(CASE WHEN received >= $2 AND received < $3 THEN 1 END) FROM supply_pack WHERE contract = $1`,
			l.Contract, string(month.From), string(month.To)).Scan(&before.Packs, &before.Month); err != nil {
			return err
		}
		r, err := price(before)
		if err != nil {
			return err
		}
		for _, p := range r.Packs {
			if err := addPack(ctx, tx, p); err != nil {
				return err
			}
		}
		for _, v := range r.Variances {
			if _, err := addVariance(ctx, tx, "lot/"+l.ID, v); err != nil {
				return err
			}
		}
		return emitVaried(ctx, tx, r.Varied)
	})
}

func addPack(ctx context.Context, tx *sqldb.Tx, p supply.Pack) error {
	terms := ""
	if len(p.Terms) > 0 {
		b, err := json.Marshal(p.Terms)
		if err != nil {
			return err
		}
		terms = string(b)
	}
	done, err := tx.Exec(ctx, `INSERT INTO supply_pack (`+packColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12)
		ON CONFLICT (serial) DO NOTHING`, p.Serial, p.Lot, p.Contract, p.Supplier, p.Part, p.Number, string(p.Received),
		string(p.Unit), string(p.Currency), p.Source, string(p.State), terms)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return fault.New(fault.Conflict, "serial_taken", "pack %q was received before, in another lot", p.Serial).At("/serials")
	}
	return nil
}

// Lot returns a lot.
func (s *Store) Lot(ctx context.Context, id string) (supply.Lot, error) {
	return one[supply.Lot](ctx, s.db.Read(), missing("lot", id), `SELECT body FROM supply_lot WHERE id = $1`, id)
}

// Lots lists lots.
func (s *Store) Lots(ctx context.Context, after string, limit int) ([]supply.Lot, error) {
	return list[supply.Lot](ctx, s.db.Read(), "supply_lot", after, limit)
}

// Pack returns a pack.
func (s *Store) Pack(ctx context.Context, serial string) (supply.Pack, error) {
	return pack(ctx, s.db.Read(), missing("pack", serial), `WHERE serial = $1`, serial)
}

// PackOf returns the pack that is in a car.
func (s *Store) PackOf(ctx context.Context, v vin.VIN) (supply.Pack, error) {
	return pack(ctx, s.db.Read(), missing("pack", "in car "+string(v)), `WHERE vin = $1 AND vin <> ''`, string(v))
}

// Stock returns one free pack per contract, price and day of receipt.
func (s *Store) Stock(ctx context.Context, on period.Date) ([]supply.Pack, error) {
	return packs(ctx, s.db.Read(), `WHERE serial IN (SELECT MIN(serial) FROM supply_pack WHERE state = 'received' AND received <= $1
		GROUP BY contract, unit, received) ORDER BY serial`, string(on))
}

// Install puts a pack into a car.
func (s *Store) Install(ctx context.Context, serial string, v vin.VIN, on period.Date) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		p, err := pack(ctx, tx, missing("pack", serial), `WHERE serial = $1`, serial)
		switch {
		case err != nil:
			return err
		case p.VIN == v:
			return nil
		case p.VIN != "":
			return fault.New(fault.Refused, "pack_installed", "pack %q is in car %s", serial, p.VIN).At("/pack_serial")
		}
		had, err := packs(ctx, tx, `WHERE vin = $1`, string(v))
		if err != nil {
			return err
		}
		if len(had) > 0 {
			return fault.New(fault.Refused, "car_has_pack", "car %s has pack %q", v, had[0].Serial).At("/pack_serial")
		}
		e := supply.PackEvent{ID: "installed/" + serial, Serial: serial, State: supply.Installed, Date: on, VIN: v}
		_, err = step(ctx, tx, p, e, "")
		return err
	})
}

func pack(ctx context.Context, db sqldb.Querier, missing *fault.Error, where string, args ...any) (supply.Pack, error) {
	found, err := packs(ctx, db, where, args...)
	if err != nil {
		return supply.Pack{}, err
	}
	if len(found) == 0 {
		return supply.Pack{}, missing
	}
	return found[0], nil
}

func packs(ctx context.Context, db sqldb.Querier, where string, args ...any) ([]supply.Pack, error) {
	rows, err := db.Query(ctx, `SELECT `+packColumns+` FROM supply_pack `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []supply.Pack
	for rows.Next() {
		var p supply.Pack
		var terms string
		if err := rows.Scan(&p.Serial, &p.Lot, &p.Contract, &p.Supplier, &p.Part, &p.Number, &p.Received, &p.Unit, &p.Currency,
			&p.Source, &p.VIN, &p.State, &terms); err != nil {
			return nil, err
		}
		if terms != "" {
			if err := json.Unmarshal([]byte(terms), &p.Terms); err != nil {
				return nil, fmt.Errorf("pack %q: %w", p.Serial, err)
			}
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

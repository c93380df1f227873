package fleetsql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

// Sell gives a car to its first owner.
func (s *Store) Sell(ctx context.Context, v vin.VIN, owner string, on period.Date) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.car(ctx, tx, v); err != nil {
			return err
		}
		had, err := owners(ctx, tx, v)
		switch {
		case err != nil:
			return err
		case len(had) > 0 && had[0].Owner == owner:
			return nil
		case len(had) > 0:
			return fault.New(fault.Refused, "car_sold", "car %s is sold already", v).At("/owner")
		}
		if _, err := tx.Exec(ctx, `UPDATE fleet_car SET state = $1, owner = $2, sold_on = $3 WHERE vin = $4`,
			string(fleet.StateSold), owner, string(on), string(v)); err != nil {
			return err
		}
		return own(ctx, tx, v, fleet.Ownership{N: 1, Owner: owner, Since: on}, "sold/"+string(v))
	})
}

func own(ctx context.Context, tx *sqldb.Tx, v vin.VIN, o fleet.Ownership, request string) error {
	_, err := tx.Exec(ctx, `INSERT INTO fleet_owner (vin, n, owner, since, request) VALUES ($1, $2, $3, $4, $5)`,
		string(v), o.N, o.Owner, string(o.Since), request)
	return err
}

// Resell appends an owner.
func (s *Store) Resell(ctx context.Context, request string, v vin.VIN, owner string, on period.Date, at time.Time) (all []fleet.Ownership, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.car(ctx, tx, v); err != nil {
			return err
		}
		if all, err = owners(ctx, tx, v); err != nil {
			return err
		}
		done, err := ownerships(ctx, tx, `request = $1`, request)
		if err != nil {
			return err
		}
		for of, was := range done { // at most one
			if of != v || was[0].Owner != owner || was[0].Since != on {
				return fault.New(fault.Conflict, "idempotency_mismatch", "this request has given car %s to %.60q on %s", of, was[0].Owner, was[0].Since)
			}
			return nil
		}
		next, fresh, err := fleet.Next(v, all, owner, on)
		if err != nil || !fresh {
			return err
		}
		if err := own(ctx, tx, v, next, request); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE fleet_car SET owner = $1 WHERE vin = $2`, owner, string(v)); err != nil {
			return err
		}
		said := fleet.Resold{VIN: v, From: all[len(all)-1].Owner, To: owner, N: next.N, On: on, At: at}
		all = append(all, next)
		return tx.Emit(ctx, "fleet.Resold", fmt.Sprintf("%s/%d", v, next.N), at, said)
	})
	return all, err
}

// Owners lists a car's owners.
func (s *Store) Owners(ctx context.Context, v vin.VIN) ([]fleet.Ownership, error) {
	return owners(ctx, s.db.Read(), v)
}

func owners(ctx context.Context, db sqldb.Querier, v vin.VIN) ([]fleet.Ownership, error) {
	of, err := ownerships(ctx, db, `vin = $1`, string(v))
	return of[v], err
}

func ownerships(ctx context.Context, db sqldb.Querier, where string, args ...any) (map[vin.VIN][]fleet.Ownership, error) {
	rows, err := db.Query(ctx, `SELECT vin, n, owner, since FROM fleet_owner WHERE `+where+` ORDER BY vin, n`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[vin.VIN][]fleet.Ownership{}
	for rows.Next() {
		var v vin.VIN
		var o fleet.Ownership
		if err := rows.Scan(&v, &o.N, &o.Owner, &o.Since); err != nil {
			return nil, err
		}
		out[v] = append(out[v], o)
	}
	return out, rows.Err()
}

// Sales lists the cars sold in a span.
func (s *Store) Sales(ctx context.Context, span period.Span, after fleet.Sale, limit int) ([]fleet.Sale, error) {
	to := span.To
	if to == "" {
		to = "9999-12-31"
	}
	rows, err := s.db.Read().Query(ctx, `SELECT vin, model, sold_on FROM fleet_car
		WHERE sold_on <> '' AND sold_on >= $1 AND sold_on < $2 AND (sold_on > $3 OR (sold_on = $3 AND vin > $4))
		ORDER BY sold_on, vin LIMIT $5`, string(span.From), string(to), string(after.On), string(after.VIN), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []fleet.Sale
	var vins []any
	for rows.Next() {
		var x fleet.Sale
		if err := rows.Scan(&x.VIN, &x.Model, &x.On); err != nil {
			return nil, err
		}
		out, vins = append(out, x), append(vins, string(x.VIN))
	}
	if err := rows.Err(); err != nil || len(out) == 0 {
		return nil, err
	}
	marks := make([]string, len(vins))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	of, err := ownerships(ctx, s.db.Read(), `vin IN (`+strings.Join(marks, ", ")+`)`, vins...)
	for i := range out {
		out[i].Owners = of[out[i].VIN]
	}
	return out, err
}

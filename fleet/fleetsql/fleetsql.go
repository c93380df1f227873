// Package fleetsql keeps cars in SQL.
package fleetsql

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"time"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the goose files of the fleet's tables.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is a fleet.Store.
type Store struct{ db *sqldb.DB }

// New returns the store over a database that has the Migrations.
func New(db *sqldb.DB) *Store { return &Store{db} }

// micros writes the zero time as 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Build inserts a car.
func (s *Store) Build(ctx context.Context, request string, p fleet.Plan, e fleet.Enrolment, said fleet.Built) (fleet.Car, bool, error) {
	cost, err := json.Marshal(fleet.Cost{Pack: said.Pack, BOM: said.BOM, Assembly: said.Assembly, Warranty: said.Warranty, Supplier: said.Supplier})
	if err != nil {
		return fleet.Car{}, false, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fleet.Car{}, false, err
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	var car fleet.Car
	var fresh bool
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		inserted, err := s.insert(ctx, tx, request, p, digest, string(cost), e)
		if err != nil {
			return err
		}
		if !inserted {
			var had string
			if err := tx.QueryRow(ctx, `SELECT plan FROM fleet_car WHERE vin = $1`, string(p.VIN)).Scan(&had); err != nil {
				return err
			}
			if had != digest {
				return fleet.Mismatch(p.VIN)
			}
		}
		done, err := tx.Exec(ctx, `UPDATE fleet_car SET secret_hash = $1, secret_expires = $2 WHERE vin = $3 AND secret_used_by = '' AND revoked_at = 0`,
			e.Hash, micros(e.Expires), string(p.VIN))
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return err
		}
		fresh = n == 1
		if car, err = s.car(ctx, tx, p.VIN); err != nil {
			return err
		}
		return tx.Emit(ctx, "fleet.Built", string(p.VIN), p.BuiltAt, said)
	})
	return car, fresh, err
}

// insert reports false when the VIN is taken.
func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, request string, p fleet.Plan, digest, cost string, e fleet.Enrolment) (bool, error) {
	var requests, vins, packs int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM fleet_car WHERE request = $1 AND vin <> $2`, request, string(p.VIN)).Scan(&requests); err != nil {
		return false, err
	}
	if requests > 0 {
		return false, fault.New(fault.Conflict, "idempotency_mismatch", "this request has built another car").At("/vin")
	}
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM fleet_car WHERE vin = $1`, string(p.VIN)).Scan(&vins); err != nil || vins > 0 {
		return false, err
	}
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM fleet_car WHERE pack_serial = $1`, p.PackSerial).Scan(&packs); err != nil {
		return false, err
	}
	if packs > 0 {
		return false, fault.New(fault.Refused, "pack_taken", "pack %q is in another car", p.PackSerial).At("/pack_serial")
	}
	_, err := tx.Exec(ctx, `INSERT INTO fleet_car (vin, request, model, pack_serial, built_at, plan, cost, state, owner, sold_on, revoked_at, revoked_reason,
		secret_hash, secret_expires, secret_used_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', 0, '', $9, $10, '')`,
		string(p.VIN), request, p.Model, p.PackSerial, micros(p.BuiltAt), digest, cost, string(fleet.StateBuilt), e.Hash, micros(e.Expires))
	if err != nil {
		return false, err
	}
	for n, u := range p.ECUs {
		done, err := tx.Exec(ctx, `INSERT INTO fleet_ecu (serial, vin, n, hardware, role) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (serial) DO NOTHING`,
			u.Serial, string(p.VIN), n, u.HardwareID, string(u.Role))
		if err != nil {
			return false, err
		}
		if added, err := done.RowsAffected(); err != nil || added == 0 {
			return false, fault.New(fault.Refused, "ecu_taken", "control unit %q is in another car", u.Serial).At("/ecus")
		}
	}
	return true, nil
}

const carColumns = `vin, model, pack_serial, built_at, cost, state, owner, sold_on, revoked_at, revoked_reason, secret_used_by`

// Car returns a car.
func (s *Store) Car(ctx context.Context, v vin.VIN) (fleet.Car, error) {
	return s.car(ctx, s.db.Read(), v)
}

func (s *Store) car(ctx context.Context, db sqldb.Querier, v vin.VIN) (fleet.Car, error) {
	found, err := cars(ctx, db, `WHERE vin = $1`, string(v))
	if err != nil {
		return fleet.Car{}, err
	}
	if len(found) == 0 {
		return fleet.Car{}, fault.New(fault.NotFound, "car_unknown", "there is no car %.17q", string(v)).At("/vin")
	}
	return found[0], nil
}

// Cars returns a page of cars.
func (s *Store) Cars(ctx context.Context, after vin.VIN, limit int) ([]fleet.Car, error) {
	return cars(ctx, s.db.Read(), `WHERE vin > $1 ORDER BY vin LIMIT $2`, string(after), limit)
}

// Count returns the number of cars.
func (s *Store) Count(ctx context.Context) (int, error) {
	var n int
	return n, s.db.Read().QueryRow(ctx, `SELECT COUNT(*) FROM fleet_car`).Scan(&n)
}

// SoldOn counts the sold cars by day.
func (s *Store) SoldOn(ctx context.Context) (map[period.Date]int, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT sold_on, COUNT(*) FROM fleet_car WHERE sold_on <> '' GROUP BY sold_on`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[period.Date]int{}
	for rows.Next() {
		var day period.Date
		var n int
		if err := rows.Scan(&day, &n); err != nil {
			return nil, err
		}
		out[day] = n
	}
	return out, rows.Err()
}

func cars(ctx context.Context, db sqldb.Querier, where string, args ...any) ([]fleet.Car, error) {
	rows, err := db.Query(ctx, `SELECT `+carColumns+` FROM fleet_car `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []fleet.Car
	for rows.Next() {
		var c fleet.Car
		var built, revoked int64
		var cost, used string
		if err := rows.Scan(&c.VIN, &c.Model, &c.PackSerial, &built, &cost, &c.State, &c.Owner, &c.SoldOn, &revoked, &c.Reason, &used); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(cost), &c.Cost); err != nil {
			return nil, err
		}
		c.BuiltAt, c.RevokedAt, c.Enrolled = fromMicros(built), fromMicros(revoked), used != ""
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range out { // a page has at most a hundred
		if out[i].ECUs, err = ecus(ctx, db, out[i].VIN); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func ecus(ctx context.Context, db sqldb.Querier, v vin.VIN) ([]fleet.ECU, error) {
	rows, err := db.Query(ctx, `SELECT serial, hardware, role FROM fleet_ecu WHERE vin = $1 ORDER BY n`, string(v))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []fleet.ECU
	for rows.Next() {
		var e fleet.ECU
		if err := rows.Scan(&e.Serial, &e.HardwareID, &e.Role); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Revoke cuts a car off.
func (s *Store) Revoke(ctx context.Context, said fleet.Revoked) (fleet.Car, error) {
	var car fleet.Car
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var err error
		if car, err = s.car(ctx, tx, said.VIN); err != nil || !car.RevokedAt.IsZero() {
			return err
		}
		car.RevokedAt, car.Reason = said.At, said.Reason
		if _, err := tx.Exec(ctx, `UPDATE fleet_car SET revoked_at = $1, revoked_reason = $2 WHERE vin = $3`,
			micros(said.At), said.Reason, string(said.VIN)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE fleet_certificate SET revoked_at = $1 WHERE vin = $2 AND revoked_at = 0`,
			micros(said.At), string(said.VIN)); err != nil {
			return err
		}
		return tx.Emit(ctx, "fleet.Revoked", string(said.VIN), said.At, said)
	})
	return car, err
}

package fleetsql

import (
	"context"
	"database/sql"
	"errors"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

// Enrolment returns what is kept of a car's secret.
func (s *Store) Enrolment(ctx context.Context, v vin.VIN) (fleet.Enrolment, error) {
	return enrolment(ctx, s.db.Read(), v)
}

func enrolment(ctx context.Context, db sqldb.Querier, v vin.VIN) (fleet.Enrolment, error) {
	var e fleet.Enrolment
	var expires int64
	err := db.QueryRow(ctx, `SELECT secret_hash, secret_expires, secret_used_by FROM fleet_car WHERE vin = $1`, string(v)).
		Scan(&e.Hash, &expires, &e.UsedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return e, fault.New(fault.NotFound, "car_unknown", "there is no car %.17q", string(v))
	}
	e.Expires = fromMicros(expires)
	return e, err
}

// Enrol uses a car's secret up and records its first certificate.
func (s *Store) Enrol(ctx context.Context, c fleet.Certificate, hash string) (fleet.Certificate, error) {
	var out fleet.Certificate
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		e, err := enrolment(ctx, tx, c.VIN)
		switch {
		case err != nil:
			return err
		case e.UsedBy == c.CSR:
			out, err = certificate(ctx, tx, `WHERE vin = $1 AND request = $2 ORDER BY issued_at DESC LIMIT 1`, string(c.VIN), c.CSR)
			return err
		case e.UsedBy != "" || e.Hash != hash:
			return fault.New(fault.Refused, "secret_used", "the secret of car %s has been used or replaced meanwhile", c.VIN)
		}
		out = c
		if _, err := tx.Exec(ctx, `UPDATE fleet_car SET secret_used_by = $1 WHERE vin = $2`, c.CSR, string(c.VIN)); err != nil {
			return err
		}
		return s.addCertificate(ctx, tx, c)
	})
	return out, err
}

// AddCertificate records a certificate.
func (s *Store) AddCertificate(ctx context.Context, c fleet.Certificate) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error { return s.addCertificate(ctx, tx, c) })
}

func (s *Store) addCertificate(ctx context.Context, tx *sqldb.Tx, c fleet.Certificate) error {
	car, err := s.car(ctx, tx, c.VIN)
	if err != nil {
		return err
	}
	if !car.RevokedAt.IsZero() {
		return fault.New(fault.Forbidden, "car_revoked", "car %s was cut off meanwhile", c.VIN)
	}
	_, err = tx.Exec(ctx, `INSERT INTO fleet_certificate (serial, vin, request, chain, issued_at, not_after, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
		c.Serial, string(c.VIN), c.CSR, c.Chain, micros(c.IssuedAt), micros(c.NotAfter))
	return err
}

// Certificate returns a certificate by its serial.
func (s *Store) Certificate(ctx context.Context, serial string) (fleet.Certificate, error) {
	return certificate(ctx, s.db.Read(), `WHERE serial = $1`, serial)
}

// CertificateFor returns the newest certificate that answered a request.
func (s *Store) CertificateFor(ctx context.Context, v vin.VIN, request string) (fleet.Certificate, error) {
	return certificate(ctx, s.db.Read(), `WHERE vin = $1 AND request = $2 ORDER BY issued_at DESC LIMIT 1`, string(v), request)
}

// Certificates lists a car's certificates, newest first.
func (s *Store) Certificates(ctx context.Context, v vin.VIN) ([]fleet.Certificate, error) {
	return certificates(ctx, s.db.Read(), `WHERE vin = $1 ORDER BY issued_at DESC, serial`, string(v))
}

func certificate(ctx context.Context, db sqldb.Querier, where string, args ...any) (fleet.Certificate, error) {
	found, err := certificates(ctx, db, where, args...)
	if err != nil {
		return fleet.Certificate{}, err
	}
	if len(found) == 0 {
		return fleet.Certificate{}, fault.New(fault.NotFound, "certificate_unknown", "there is no such certificate")
	}
	return found[0], nil
}

func certificates(ctx context.Context, db sqldb.Querier, where string, args ...any) ([]fleet.Certificate, error) {
	rows, err := db.Query(ctx, `SELECT serial, vin, request, chain, issued_at, not_after, revoked_at FROM fleet_certificate `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []fleet.Certificate
	for rows.Next() {
		var c fleet.Certificate
		var issued, notAfter, revoked int64
		if err := rows.Scan(&c.Serial, &c.VIN, &c.CSR, &c.Chain, &issued, &notAfter, &revoked); err != nil {
			return nil, err
		}
		c.IssuedAt, c.NotAfter, c.RevokedAt = fromMicros(issued), fromMicros(notAfter), fromMicros(revoked)
		out = append(out, c)
	}
	return out, rows.Err()
}

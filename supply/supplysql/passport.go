package supplysql

import (
	"context"

	"roadbook/fault"
	"roadbook/platform/sqldb"
	"roadbook/supply/passport"
)

// Passports is a passport.Store.
type Passports struct{ db *sqldb.DB }

// NewPassports returns the store over a database that has the Migrations.
func NewPassports(db *sqldb.DB) *Passports { return &Passports{db} }

const passportOf = `SELECT body FROM supply_passport_value WHERE grain = $1 AND subject = $2`

// AddValue records a value. The transaction is serializable: of two that would rival each other one sees the other.
func (s *Passports) AddValue(ctx context.Context, request string, r passport.Record, join func(had []passport.Record) error) (passport.Record, error) {
	row := passportRow(request, r)
	return add(ctx, s.db, row, func(tx *sqldb.Tx) error {
		had, err := passportHad(ctx, tx, r)
		if err != nil {
			return err
		}
		return join(had)
	})
}

func passportRow(request string, r passport.Record) record[passport.Record] {
	return record[passport.Record]{table: "supply_passport_value", id: r.ID, request: request, content: r,
		columns: []column{{"grain", string(r.Subject.Grain)}, {"subject", r.Subject.ID}, {"attribute", r.Attribute}}}
}

func passportHad(ctx context.Context, tx *sqldb.Tx, r passport.Record) ([]passport.Record, error) {
	return all[passport.Record](ctx, tx, passportOf+` AND attribute = $3 ORDER BY id`, string(r.Subject.Grain), r.Subject.ID, r.Attribute)
}

// AddValues records in one transaction what join lets.
func (s *Passports) AddValues(ctx context.Context, rs []passport.Record, join func(r passport.Record, had []passport.Record) error) ([]passport.Record, error) {
	var out []passport.Record
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		out = []passport.Record{}
		for _, r := range rs {
			row := passportRow(r.ID, r)
			stored, found, err := repeated(ctx, tx, row)
			if err != nil {
				return err
			}
			if found {
				out = append(out, stored)
				continue
			}
			had, err := passportHad(ctx, tx, r)
			if err != nil {
				return err
			}
			if err := join(r, had); fault.CodeOf(err) == "value_recorded" {
				continue
			} else if err != nil {
				return err
			}
			if err := insert(ctx, tx, row); err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Values returns the records of the subjects.
func (s *Passports) Values(ctx context.Context, subjects []passport.Subject) ([]passport.Record, error) {
	var out []passport.Record
	for _, of := range subjects {
		found, err := all[passport.Record](ctx, s.db.Read(), passportOf+` ORDER BY id`, string(of.Grain), of.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

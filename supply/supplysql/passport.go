package supplysql

import (
	"context"

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
	return add(ctx, s.db, record[passport.Record]{table: "supply_passport_value", id: r.ID, request: request, content: r,
		columns: []column{{"grain", string(r.Subject.Grain)}, {"subject", r.Subject.ID}, {"attribute", r.Attribute}}}, func(tx *sqldb.Tx) error {
		had, err := all[passport.Record](ctx, tx, passportOf+` AND attribute = $3 ORDER BY id`, string(r.Subject.Grain), r.Subject.ID, r.Attribute)
		if err != nil {
			return err
		}
		return join(had)
	})
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

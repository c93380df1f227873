// Package supplysql keeps what supply records in SQL.
package supplysql

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/supply"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the goose files of supply's tables.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is a supply.Store.
type Store struct{ db *sqldb.DB }

// New returns the store over a database that has the Migrations.
func New(db *sqldb.DB) *Store { return &Store{db} }

func missing(what, id string) *fault.Error {
	return fault.New(fault.NotFound, what+"_unknown", "there is no %s %.100q", what, id)
}

// AddSupplier records a supplier.
func (s *Store) AddSupplier(ctx context.Context, request string, p supply.Supplier) (supply.Supplier, error) {
	return add(ctx, s.db, record[supply.Supplier]{table: "supply_supplier", id: p.ID, request: request, content: p}, nil)
}

// Supplier returns a supplier.
func (s *Store) Supplier(ctx context.Context, id string) (supply.Supplier, error) {
	return one[supply.Supplier](ctx, s.db.Read(), missing("supplier", id), `SELECT body FROM supply_supplier WHERE id = $1`, id)
}

// Suppliers lists suppliers.
func (s *Store) Suppliers(ctx context.Context, after string, limit int) ([]supply.Supplier, error) {
	return list[supply.Supplier](ctx, s.db.Read(), "supply_supplier", after, limit)
}

// AddExclusion records an exclusion.
func (s *Store) AddExclusion(ctx context.Context, e supply.Exclusion) (supply.Exclusion, error) {
	return add(ctx, s.db, record[supply.Exclusion]{table: "supply_exclusion", id: e.ID, request: e.ID, content: e,
		columns: []column{{"supplier", e.Supplier}}}, nil)
}

// Exclusions lists a supplier's exclusions, or all.
func (s *Store) Exclusions(ctx context.Context, supplier string) ([]supply.Exclusion, error) {
	return all[supply.Exclusion](ctx, s.db.Read(), `SELECT body FROM supply_exclusion WHERE supplier = $1 OR $1 = '' ORDER BY id`, supplier)
}

// AddContract records a contract.
func (s *Store) AddContract(ctx context.Context, request string, c supply.Contract) (supply.Contract, error) {
	return add(ctx, s.db, record[supply.Contract]{table: "supply_contract", id: c.ID, request: request, content: c,
		columns: []column{{"supplier", c.Supplier}}}, nil)
}

// Contract returns a contract.
func (s *Store) Contract(ctx context.Context, id string) (supply.Contract, error) {
	return one[supply.Contract](ctx, s.db.Read(), missing("contract", id), `SELECT body FROM supply_contract WHERE id = $1`, id)
}

// Contracts lists contracts.
func (s *Store) Contracts(ctx context.Context, after string, limit int) ([]supply.Contract, error) {
	return list[supply.Contract](ctx, s.db.Read(), "supply_contract", after, limit)
}

// AddModel records a model.
func (s *Store) AddModel(ctx context.Context, request string, m supply.Model) (supply.Model, error) {
	return add(ctx, s.db, record[supply.Model]{table: "supply_model", id: m.ID, request: request, content: m}, nil)
}

// AddLine appends to a model's lines.
func (s *Store) AddLine(ctx context.Context, request, model string, l supply.Line) (supply.Line, error) {
	return add(ctx, s.db, record[supply.Line]{table: "supply_line", id: request, request: request, content: l,
		columns: []column{{"model", model}, {"part", l.Part}, {"valid_from", string(l.Valid.From)}}}, func(tx *sqldb.Tx) error {
		m, err := s.model(ctx, tx, model)
		if err != nil {
			return err
		}
		for _, had := range m.Lines {
			if had.Part == l.Part && had.Valid.From == l.Valid.From {
				return fault.New(fault.Refused, "line_ambiguous", "model %q has a line of part %q from %s on", model, l.Part, l.Valid.From).At("/valid/from")
			}
		}
		return nil
	})
}

// Model returns a model with all its lines.
func (s *Store) Model(ctx context.Context, id string) (supply.Model, error) {
	return s.model(ctx, s.db.Read(), id)
}

func (s *Store) model(ctx context.Context, db sqldb.Querier, id string) (supply.Model, error) {
	m, err := one[supply.Model](ctx, db, missing("model", id), `SELECT body FROM supply_model WHERE id = $1`, id)
	if err != nil {
		return m, err
	}
	more, err := all[supply.Line](ctx, db, `SELECT body FROM supply_line WHERE model = $1 ORDER BY valid_from, part`, id)
	m.Lines = append(m.Lines, more...)
	return m, err
}

// Models lists models with all their lines.
func (s *Store) Models(ctx context.Context, after string, limit int) ([]supply.Model, error) {
	ms, err := list[supply.Model](ctx, s.db.Read(), "supply_model", after, limit)
	if err != nil {
		return nil, err
	}
	for i, m := range ms {
		if ms[i], err = s.Model(ctx, m.ID); err != nil {
			return nil, err
		}
	}
	return ms, nil
}

// AddTariff records a tariff.
func (s *Store) AddTariff(ctx context.Context, t supply.Tariff) (supply.Tariff, error) {
	return add(ctx, s.db, record[supply.Tariff]{table: "supply_tariff", id: t.ID, request: t.ID, content: t,
		columns: []column{{"meter", t.Meter}, {"valid_from", string(t.Valid.From)}}}, func(tx *sqldb.Tx) error {
		taken, err := exists(ctx, tx, `SELECT id FROM supply_tariff WHERE meter = $1 AND valid_from = $2`, t.Meter, string(t.Valid.From))
		if err == nil && taken {
			return fault.New(fault.Refused, "tariff_ambiguous", "there is a tariff of %q from %s on", t.Meter, t.Valid.From).At("/valid/from")
		}
		return err
	})
}

// Tariffs lists the tariffs of a meter, or all.
func (s *Store) Tariffs(ctx context.Context, meter string) ([]supply.Tariff, error) {
	return all[supply.Tariff](ctx, s.db.Read(),
		`SELECT body FROM supply_tariff WHERE meter = $1 OR $1 = '' ORDER BY meter, valid_from`, meter)
}

// AddRate records an exchange rate.
func (s *Store) AddRate(ctx context.Context, r supply.Rate) (supply.Rate, error) {
	key := []any{string(r.From), string(r.To), string(r.Date)}
	return add(ctx, s.db, record[supply.Rate]{table: "supply_rate", id: r.ID, request: r.ID, content: r,
		columns: []column{{"from_currency", string(r.From)}, {"to_currency", string(r.To)}, {"day", string(r.Date)}}}, func(tx *sqldb.Tx) error {
		taken, err := exists(ctx, tx, `SELECT id FROM supply_rate WHERE from_currency = $1 AND to_currency = $2 AND day = $3`, key...)
		if err == nil && taken {
			return fault.New(fault.Refused, "rate_ambiguous", "there is a rate from %s to %s on %s", r.From, r.To, r.Date).At("/date")
		}
		return err
	})
}

// RateOn returns the latest rate for the day or before.
func (s *Store) RateOn(ctx context.Context, from, to money.Currency, on period.Date) (supply.Rate, error) {
	return one[supply.Rate](ctx, s.db.Read(), missing("rate", string(from)+" to "+string(to)), `SELECT body FROM supply_rate
		WHERE from_currency = $1 AND to_currency = $2 AND day <= $3 ORDER BY day DESC LIMIT 1`, string(from), string(to), string(on))
}

// Rates lists exchange rates.
func (s *Store) Rates(ctx context.Context, after string, limit int) ([]supply.Rate, error) {
	return list[supply.Rate](ctx, s.db.Read(), "supply_rate", after, limit)
}

// Accrue records a cost once per id and says so.
func (s *Store) Accrue(ctx context.Context, c supply.CostAccrued) (supply.CostAccrued, error) {
	var out supply.CostAccrued
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var err error
		out, err = one[supply.CostAccrued](ctx, tx, missing("cost", c.ID), `SELECT body FROM supply_cost WHERE id = $1`, c.ID)
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		body, err := json.Marshal(c)
		if err != nil {
			return err
		}
		out = c
		if _, err := tx.Exec(ctx, `INSERT INTO supply_cost (id, vin, month, meter, body) VALUES ($1, $2, $3, $4, $5)`,
			c.ID, string(c.VIN), string(c.Month), c.Meter, string(body)); err != nil || c.Amount.IsZero() {
			return err
		}
		return tx.Emit(ctx, "supply.CostAccrued", c.ID, c.Date.Time(), c)
	})
	return out, err
}

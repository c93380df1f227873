package supplysql

import (
	"context"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/supply"
)

// AddSite records a site.
func (s *Store) AddSite(ctx context.Context, request string, x supply.Site) (supply.Site, error) {
	return add(ctx, s.db, record[supply.Site]{table: "supply_site", id: x.ID, request: request, content: x,
		columns: []column{{"supplier", x.Supplier}}}, nil)
}

// Site returns a site.
func (s *Store) Site(ctx context.Context, id string) (supply.Site, error) {
	return one[supply.Site](ctx, s.db.Read(), missing("site", id), `SELECT body FROM supply_site WHERE id = $1`, id)
}

// Sites lists a supplier's sites.
func (s *Store) Sites(ctx context.Context, supplier string) ([]supply.Site, error) {
	return all[supply.Site](ctx, s.db.Read(), `SELECT body FROM supply_site WHERE supplier = $1 OR $1 = '' ORDER BY id`, supplier)
}

// AddQualification records a qualification.
func (s *Store) AddQualification(ctx context.Context, request string, q supply.Qualification) (supply.Qualification, error) {
	return add(ctx, s.db, record[supply.Qualification]{table: "supply_qualification", id: q.ID, request: request, content: q,
		columns: []column{{"supplier", q.Supplier}, {"part", q.Part}}}, nil)
}

// Qualifications lists the records of a supplier and a part.
func (s *Store) Qualifications(ctx context.Context, supplier, part string) ([]supply.Qualification, error) {
	return all[supply.Qualification](ctx, s.db.Read(), `SELECT body FROM supply_qualification
		WHERE (supplier = $1 OR $1 = '') AND (part = $2 OR $2 = '') ORDER BY id`, supplier, part)
}

// AddDecision records what a review decided.
func (s *Store) AddDecision(ctx context.Context, request string, d supply.Decision) (supply.Decision, error) {
	return add(ctx, s.db, record[supply.Decision]{table: "supply_decision", id: d.ID, request: request, content: d,
		columns: []column{{"exclusion", d.Exclusion}}}, nil)
}

// Decisions lists what was decided about an exclusion.
func (s *Store) Decisions(ctx context.Context, exclusion string) ([]supply.Decision, error) {
	return all[supply.Decision](ctx, s.db.Read(), `SELECT body FROM supply_decision WHERE exclusion = $1 OR $1 = '' ORDER BY id`, exclusion)
}

// AddIndexValue records a value of an index.
func (s *Store) AddIndexValue(ctx context.Context, request string, v supply.IndexValue) (supply.IndexValue, error) {
	return add(ctx, s.db, record[supply.IndexValue]{table: "supply_index_value", id: v.ID, request: request, content: v,
		columns: []column{{"index_name", v.Index}, {"month", string(v.Month)}, {"vintage", string(v.Vintage)}}}, func(tx *sqldb.Tx) error {
		taken, err := exists(ctx, tx, `SELECT id FROM supply_index_value WHERE index_name = $1 AND month = $2 AND vintage = $3`,
			v.Index, string(v.Month), string(v.Vintage))
		if err == nil && taken {
			return fault.New(fault.Refused, "index_ambiguous", "a value of index %q for %s of vintage %s is recorded: a revision has a later vintage", v.Index, v.Month, v.Vintage).At("/vintage")
		}
		return err
	})
}

// IndexValues lists the values of an index for a month, every vintage.
func (s *Store) IndexValues(ctx context.Context, index string, month period.Month) ([]supply.IndexValue, error) {
	return all[supply.IndexValue](ctx, s.db.Read(), `SELECT body FROM supply_index_value
		WHERE (index_name = $1 OR $1 = '') AND (month = $2 OR $2 = '') ORDER BY index_name, month, vintage`, index, string(month))
}

// AddStructure records a version of a bill of materials.
func (s *Store) AddStructure(ctx context.Context, request string, x supply.Structure) (supply.Structure, error) {
	return add(ctx, s.db, record[supply.Structure]{table: "supply_structure", id: x.ID, request: request, content: x,
		columns: []column{{"model", x.Model}, {"trim", x.Trim}}}, nil)
}

// Structures lists the versions of a trim.
func (s *Store) Structures(ctx context.Context, model, trim string) ([]supply.Structure, error) {
	return all[supply.Structure](ctx, s.db.Read(), `SELECT body FROM supply_structure
		WHERE (model = $1 OR $1 = '') AND (trim = $2 OR $2 = '') ORDER BY id`, model, trim)
}

// AddShouldCost records a should-cost.
func (s *Store) AddShouldCost(ctx context.Context, request string, c supply.ShouldCost) (supply.ShouldCost, error) {
	return add(ctx, s.db, record[supply.ShouldCost]{table: "supply_should_cost", id: c.ID, request: request, content: c,
		columns: []column{{"part", c.Part}}}, nil)
}

// ShouldCosts lists the should-costs of a part.
func (s *Store) ShouldCosts(ctx context.Context, part string) ([]supply.ShouldCost, error) {
	return ofPart[supply.ShouldCost](ctx, s, "supply_should_cost", part)
}

// AddQuote records a quote.
func (s *Store) AddQuote(ctx context.Context, request string, q supply.Quote) (supply.Quote, error) {
	return add(ctx, s.db, record[supply.Quote]{table: "supply_quote", id: q.ID, request: request, content: q,
		columns: []column{{"part", q.Part}}}, nil)
}

// Quotes lists the quotes of a part.
func (s *Store) Quotes(ctx context.Context, part string) ([]supply.Quote, error) {
	return ofPart[supply.Quote](ctx, s, "supply_quote", part)
}

// AddStandard records a standard cost.
func (s *Store) AddStandard(ctx context.Context, request string, x supply.Standard) (supply.Standard, error) {
	return add(ctx, s.db, record[supply.Standard]{table: "supply_standard", id: x.ID, request: request, content: x,
		columns: []column{{"part", x.Part}}}, nil)
}

// Standards lists the standards of a part.
func (s *Store) Standards(ctx context.Context, part string) ([]supply.Standard, error) {
	return ofPart[supply.Standard](ctx, s, "supply_standard", part)
}

func ofPart[T any](ctx context.Context, s *Store, table, part string) ([]T, error) {
	return all[T](ctx, s.db.Read(), `SELECT body FROM `+table+` WHERE part = $1 OR $1 = '' ORDER BY id`, part)
}

// AddCredit records a software credit.
func (s *Store) AddCredit(ctx context.Context, request string, c supply.Credit) (supply.Credit, error) {
	return add(ctx, s.db, record[supply.Credit]{table: "supply_credit", id: c.ID, request: request, content: c,
		columns: []column{{"model", c.Model}}}, nil)
}

// Credits lists the credits of a model.
func (s *Store) Credits(ctx context.Context, model string) ([]supply.Credit, error) {
	return all[supply.Credit](ctx, s.db.Read(), `SELECT body FROM supply_credit WHERE model = $1 OR $1 = '' ORDER BY id`, model)
}

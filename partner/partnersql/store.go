// Package partnersql keeps partner's facts in SQL.
package partnersql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the domain's goose files.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is partner's Store.
type Store struct{ db *sqldb.DB }

// New returns the store on a migrated database.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// The kinds of partner_item: all that changes what a partner is owed.
const (
	accrual = "accrual"
	payout  = "payout"
)

// Create stores a partner.
func (s *Store) Create(ctx context.Context, p partner.Partner) (partner.Partner, error) {
	return p, s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if there, err := same(ctx, tx, `SELECT digest FROM partner_partner WHERE id = $1`, p.ID, partner.Digest(p)); there || err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO partner_partner (id, digest, doc) VALUES ($1, $2, $3)`, p.ID, partner.Digest(p), encode(p))
		return err
	})
}

// same reports whether the id is stored; with another digest it is an error.
func same(ctx context.Context, tx *sqldb.Tx, q, id, digest string) (bool, error) {
	var was string
	err := tx.QueryRow(ctx, q, id).Scan(&was)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err == nil && was != digest:
		return false, fault.New(fault.Conflict, "idempotency_mismatch", "%s is there with another content", id)
	}
	return err == nil, err
}

// Partner returns one partner.
func (s *Store) Partner(ctx context.Context, id string) (p partner.Partner, err error) {
	return get(ctx, s.db.Read(), p, fault.New(fault.NotFound, "partner_unknown", "there is no partner %.60q", id),
		`SELECT doc FROM partner_partner WHERE id = $1`, id)
}

// Partners lists partners by id.
func (s *Store) Partners(ctx context.Context, after string, limit int) ([]partner.Partner, error) {
	return list[partner.Partner](ctx, s.db.Read(), `SELECT doc FROM partner_partner WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// AddCard stores a rate card.
func (s *Store) AddCard(ctx context.Context, c partner.RateCard) (partner.RateCard, error) {
	return c, s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if there, err := same(ctx, tx, `SELECT digest FROM partner_card WHERE id = $1`, c.ID, partner.Digest(c)); there || err != nil {
			return err
		}
		r, err := tx.Exec(ctx, `INSERT INTO partner_card (id, partner, valid_from, digest, doc) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (partner, valid_from) DO NOTHING`, c.ID, c.Partner, string(c.Valid.From), partner.Digest(c), encode(c))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fault.New(fault.Refused, "rate_card_twice", "%s already has a rate card from %s", c.Partner, c.Valid.From).At("/valid/from")
	})
}

// Cards lists a partner's rate cards.
func (s *Store) Cards(ctx context.Context, id string) ([]partner.RateCard, error) {
	return list[partner.RateCard](ctx, s.db.Read(), `SELECT doc FROM partner_card WHERE partner = $1 ORDER BY valid_from`, id)
}

// item stores what changes what a partner is owed, for the statement of its month or of the next open one.
func item[T any](ctx context.Context, tx *sqldb.Tx, kind, ref, who string, day period.Date, owed int64, digest string, v T) (T, error) {
	closed, err := progress(ctx, tx)
	if err != nil {
		return v, err
	}
	month := day.Month()
	if month <= closed {
		month = closed.Next()
	}
	_, err = tx.Exec(ctx, `INSERT INTO partner_item (ref, kind, partner, month, owed, posted, digest, doc) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)`,
		ref, kind, who, string(month), owed, digest, encode(v))
	return v, err
}

func find[T any](ctx context.Context, tx *sqldb.Tx, ref string, v *T) (there, posted bool, digest string, err error) {
	var doc string
	var n int64
	err = tx.QueryRow(ctx, `SELECT doc, posted, digest FROM partner_item WHERE ref = $1`, ref).Scan(&doc, &n, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, "", nil
	}
	if err != nil {
		return false, false, "", err
	}
	return true, n == 1, digest, decode(doc, v)
}

// Accrue stores an accrual, or answers the one that is there.
func (s *Store) Accrue(ctx context.Context, a partner.Accrual) (out partner.Accrual, posted bool, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) (err error) {
		out = partner.Accrual{}
		var there bool
		if there, posted, _, err = find(ctx, tx, a.Ref, &out); there || err != nil {
			return err
		}
		out, err = item(ctx, tx, accrual, a.Ref, a.Partner, a.Date, a.Share.Minor, "", a)
		return err
	})
	return out, posted, err
}

// Pay stores a payout of at most what is owed.
func (s *Store) Pay(ctx context.Context, p partner.Payout) (out partner.Payout, posted bool, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) (err error) {
		out = partner.Payout{}
		there, done, digest, err := find(ctx, tx, p.Ref(), &out)
		posted = done
		if err != nil {
			return err
		}
		if there && digest != partner.Digest(p) {
			return fault.New(fault.Conflict, "idempotency_mismatch", "payout %s is there with another content", p.ID)
		}
		if there {
			return nil
		}
		var owed int64
		if err := tx.QueryRow(ctx, `SELECT CAST(COALESCE(SUM(owed), 0) AS BIGINT) FROM partner_item WHERE partner = $1`, p.Partner).Scan(&owed); err != nil {
			return err
		}
		if p.Amount.Minor > owed {
			return fault.New(fault.Refused, "payout_exceeds", "%s is owed %s, not %s", p.Partner, money.Of(owed, p.Amount.Currency), p.Amount).At("/amount")
		}
		out, err = item(ctx, tx, payout, p.Ref(), p.Partner, p.Date, -p.Amount.Minor, partner.Digest(p), p)
		return err
	})
	return out, posted, err
}

// MarkPosted records that the ledger has the item's entry.
func (s *Store) MarkPosted(ctx context.Context, ref string) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE partner_item SET posted = 1 WHERE ref = $1`, ref)
		return err
	})
}

const unposted = `SELECT doc FROM partner_item WHERE kind = $1 AND posted = 0 AND ref > $2 ORDER BY ref LIMIT $3`

// Unposted lists accruals that the ledger lacks.
func (s *Store) Unposted(ctx context.Context, after string, limit int) ([]partner.Accrual, error) {
	return list[partner.Accrual](ctx, s.db.Read(), unposted, accrual, after, limit)
}

// UnpostedPayouts lists payouts that the ledger lacks.
func (s *Store) UnpostedPayouts(ctx context.Context, after string, limit int) ([]partner.Payout, error) {
	return list[partner.Payout](ctx, s.db.Read(), unposted, payout, after, limit)
}

// Open tells the first month that is not closed.
func (s *Store) Open(ctx context.Context) (period.Month, error) { return open(ctx, s.db.Read()) }

func open(ctx context.Context, q sqldb.Querier) (m period.Month, err error) {
	closed, err := progress(ctx, q)
	if err != nil {
		return "", err
	}
	if closed != "" {
		return closed.Next(), nil
	}
	return m, q.QueryRow(ctx, `SELECT COALESCE(MIN(month), '') FROM partner_item`).Scan(&m)
}

// Close freezes every partner's statement of the open month.
func (s *Store) Close(ctx context.Context, m period.Month) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		next, err := open(ctx, tx)
		if err != nil || m < next {
			return err
		}
		if m != next {
			return fault.New(fault.Conflict, "month_order", "%s is to be closed before %s", next, m)
		}
		partners, err := list[partner.Partner](ctx, tx, `SELECT doc FROM partner_partner ORDER BY id`)
		if err != nil {
			return err
		}
		for _, p := range partners {
			if err := freeze(ctx, tx, p, m); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO partner_progress (name, value) VALUES ('closed', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, string(m))
		return err
	})
}

func freeze(ctx context.Context, tx *sqldb.Tx, p partner.Partner, m period.Month) error {
	items := `SELECT doc FROM partner_item WHERE partner = $1 AND month = $2 AND kind = $3 ORDER BY ref`
	as, err := list[partner.Accrual](ctx, tx, items, p.ID, string(m), accrual)
	if err != nil {
		return err
	}
	ps, err := list[partner.Payout](ctx, tx, items, p.ID, string(m), payout)
	if err != nil {
		return err
	}
	before, err := list[partner.Statement](ctx, tx, `SELECT doc FROM partner_statement WHERE partner = $1 ORDER BY month DESC LIMIT 1`, p.ID)
	if err != nil {
		return err
	}
	var opening money.Amount
	if len(before) == 1 {
		opening = before[0].Closing
	}
	st, ok, err := partner.Compose(id.From("stm", p.ID, string(m)), p, m, opening, as, ps)
	if err != nil || !ok {
		return err
	}
	var number int64
	if err := tx.QueryRow(ctx, `INSERT INTO partner_progress (name, value) VALUES ('number', '1')
		ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(partner_progress.value AS BIGINT) + 1 AS TEXT) RETURNING CAST(value AS BIGINT)`).Scan(&number); err != nil {
		return err
	}
	st.Number = "STM-" + strconv.FormatInt(number, 10)
	_, err = tx.Exec(ctx, `INSERT INTO partner_statement (id, number, partner, month, doc) VALUES ($1, $2, $3, $4, $5)`,
		st.ID, number, p.ID, string(m), encode(st))
	return err
}

// Statement returns a partner's statement of a month.
func (s *Store) Statement(ctx context.Context, id string, m period.Month) (st partner.Statement, err error) {
	return get(ctx, s.db.Read(), st, fault.New(fault.NotFound, "statement_unknown", "there is no statement of %.60q for %.20q", id, string(m)),
		`SELECT doc FROM partner_statement WHERE partner = $1 AND month = $2`, id, string(m))
}

// Statements lists a partner's statements by month.
func (s *Store) Statements(ctx context.Context, id string, after period.Month, limit int) ([]partner.Statement, error) {
	return list[partner.Statement](ctx, s.db.Read(), `SELECT doc FROM partner_statement WHERE partner = $1 AND month > $2 ORDER BY month LIMIT $3`,
		id, string(after), limit)
}

func progress(ctx context.Context, q sqldb.Querier) (m period.Month, err error) {
	err = q.QueryRow(ctx, `SELECT value FROM partner_progress WHERE name = 'closed'`).Scan(&m)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return m, err
}

func get[T any](ctx context.Context, q sqldb.Querier, v T, missing error, query string, args ...any) (T, error) {
	var doc string
	err := q.QueryRow(ctx, query, args...).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return v, missing
	}
	if err != nil {
		return v, err
	}
	return v, decode(doc, &v)
}

func list[T any](ctx context.Context, q sqldb.Querier, query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var doc string
		var v T
		if err := rows.Scan(&doc); err != nil {
			return nil, err
		}
		if err := decode(doc, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("partner: documents always marshal: " + err.Error())
	}
	return string(b)
}

func decode(doc string, v any) error {
	if err := json.Unmarshal([]byte(doc), v); err != nil {
		return fmt.Errorf("stored document: %w", err)
	}
	return nil
}

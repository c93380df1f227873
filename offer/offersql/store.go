// Package offersql keeps the catalogue, orders and rights in SQL, on SQLite and PostgreSQL alike.
package offersql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"roadbook/fault"
	"roadbook/offer"
	"roadbook/platform/sqldb"
	"roadbook/vin"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations holds the domain's tables.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is an offer.Store.
type Store struct{ db *sqldb.DB }

var _ offer.Store = (*Store)(nil)

// New returns the store; Migrations must have been applied.
func New(db *sqldb.DB) *Store { return &Store{db} }

// PutProduct adds or replaces a product.
func (s *Store) PutProduct(ctx context.Context, p offer.Product) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("put product %s: %w", p.SKU, err)
	}
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `INSERT INTO offer_product (sku, kind, body) VALUES ($1, $2, $3)
			ON CONFLICT (sku) DO UPDATE SET body = excluded.body WHERE offer_product.kind = excluded.kind`, string(p.SKU), string(p.Kind), string(body))
		if err != nil {
			return fmt.Errorf("put product %s: %w", p.SKU, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fault.New(fault.Conflict, "product_kind", "%s is a product of another kind already; give the new one another SKU", p.SKU).At("/kind")
	})
}

// Product returns a product.
func (s *Store) Product(ctx context.Context, sku offer.SKU) (offer.Product, error) {
	var body string
	err := s.db.Read().QueryRow(ctx, `SELECT body FROM offer_product WHERE sku = $1`, string(sku)).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return offer.Product{}, fault.New(fault.NotFound, "sku_unknown", "no product has the SKU %.80q", string(sku))
	}
	if err != nil {
		return offer.Product{}, fmt.Errorf("product %s: %w", sku, err)
	}
	return decode[offer.Product](body)
}

// Products lists products by SKU.
func (s *Store) Products(ctx context.Context, after offer.SKU, limit int) ([]offer.Product, error) {
	return list[offer.Product](ctx, s.db.Read(), `SELECT body FROM offer_product WHERE sku > $1 ORDER BY sku LIMIT $2`, string(after), limit)
}

// Place stores an order.
func (s *Store) Place(ctx context.Context, o offer.Order, digest string) (offer.Order, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return offer.Order{}, fmt.Errorf("place %s: %w", o.ID, err)
	}
	out := o
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		stored, had, err := placed(ctx, tx, o.ID)
		if err == nil {
			out = stored
			if had != digest {
				return offer.Mismatch(o.ID)
			}
			return nil
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
		out = o
		if err := sell(ctx, tx, o); err != nil {
			return err
		}
		if err := hold(ctx, tx, o); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO offer_order (id, vin, placed_at, digest, body) VALUES ($1, $2, $3, $4, $5)`,
			o.ID, string(o.VIN), o.PlacedAt.UnixMicro(), digest, string(body)); err != nil {
			return fmt.Errorf("place %s: %w", o.ID, err)
		}
		return tx.Emit(ctx, "offer.Placed", o.ID, o.PlacedAt, offer.Placed{Order: o})
	})
	if err != nil {
		return offer.Order{}, err
	}
	return out, nil
}

// sell records the sale of the car, or checks that it was sold.
func sell(ctx context.Context, tx *sqldb.Tx, o offer.Order) error {
	before, err := sale(ctx, tx, o.VIN)
	sold := err == nil
	if !sold && fault.KindOf(err) != fault.Refused {
		return err
	}
	if !o.SellsCar() {
		return err
	}
	if sold {
		return fault.New(fault.Refused, "vehicle_sold", "car %s was sold by order %s", o.VIN, before.OrderID).At("/vin")
	}
	if _, err := tx.Exec(ctx, `INSERT INTO offer_sale (vin, order_id, customer, market, currency, placed_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(o.VIN), o.ID, o.Customer, o.Market, string(o.Currency), o.PlacedAt.UnixMicro()); err != nil {
		return fmt.Errorf("sell %s: %w", o.VIN, err)
	}
	return nil
}

// hold records the lasting products of an order and refuses one that the car has.
func hold(ctx context.Context, tx *sqldb.Tx, o offer.Order) error {
	for i, l := range o.Lines {
		if !l.Kind.Lasting() {
			continue
		}
		var by string
		err := tx.QueryRow(ctx, `SELECT order_id FROM offer_holding WHERE vin = $1 AND sku = $2 AND cancelled = 0`, string(o.VIN), string(l.SKU)).Scan(&by)
		if err == nil {
			return fault.New(fault.Refused, "already_owned", "car %s has %s by order %s", o.VIN, l.SKU, by).At(fmt.Sprintf("/lines/%d/sku", i))
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("hold %s: %w", l.SKU, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO offer_holding (vin, sku, order_id, cancelled) VALUES ($1, $2, $3, 0)`,
			string(o.VIN), string(l.SKU), o.ID); err != nil {
			return fmt.Errorf("hold %s: %w", l.SKU, err)
		}
	}
	return nil
}

// Placed returns an order and its request's digest.
func (s *Store) Placed(ctx context.Context, id string) (offer.Order, string, error) {
	return placed(ctx, s.db.Read(), id)
}

func placed(ctx context.Context, q sqldb.Querier, id string) (offer.Order, string, error) {
	var body, digest string
	err := q.QueryRow(ctx, `SELECT body, digest FROM offer_order WHERE id = $1`, id).Scan(&body, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return offer.Order{}, "", fault.New(fault.NotFound, "order_unknown", "no order has the id %.80q", id)
	}
	if err != nil {
		return offer.Order{}, "", fmt.Errorf("order %s: %w", id, err)
	}
	o, err := decode[offer.Order](body)
	return o, digest, err
}

// Orders lists orders, newest first.
func (s *Store) Orders(ctx context.Context, v vin.VIN, before offer.Cursor, limit int) ([]offer.Order, error) {
	at := int64(1) << 62
	if before != (offer.Cursor{}) {
		at = before.PlacedAt.UnixMicro()
	}
	if v == "" {
		return list[offer.Order](ctx, s.db.Read(), `SELECT body FROM offer_order WHERE placed_at < $1 OR (placed_at = $1 AND id < $2)
			ORDER BY placed_at DESC, id DESC LIMIT $3`, at, before.ID, limit)
	}
	return list[offer.Order](ctx, s.db.Read(), `SELECT body FROM offer_order WHERE vin = $1 AND (placed_at < $2 OR (placed_at = $2 AND id < $3))
		ORDER BY placed_at DESC, id DESC LIMIT $4`, string(v), at, before.ID, limit)
}

// Sale returns the sale of a car.
func (s *Store) Sale(ctx context.Context, v vin.VIN) (offer.Sale, error) {
	return sale(ctx, s.db.Read(), v)
}

func sale(ctx context.Context, q sqldb.Querier, v vin.VIN) (offer.Sale, error) {
	x := offer.Sale{VIN: v}
	var at int64
	err := q.QueryRow(ctx, `SELECT order_id, customer, market, currency, placed_at FROM offer_sale WHERE vin = $1`, string(v)).
		Scan(&x.OrderID, &x.Customer, &x.Market, &x.Currency, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return offer.Sale{}, fault.New(fault.Refused, "vehicle_not_sold", "car %s was not sold yet", v).At("/vin")
	}
	if err != nil {
		return offer.Sale{}, fmt.Errorf("sale of %s: %w", v, err)
	}
	x.PlacedAt = time.UnixMicro(at).UTC()
	err = q.QueryRow(ctx, `SELECT owner FROM offer_owner WHERE vin = $1 ORDER BY n DESC LIMIT 1`, string(v)).Scan(&x.Owner)
	if errors.Is(err, sql.ErrNoRows) {
		x.Owner, err = x.Customer, nil
	}
	if err != nil {
		return offer.Sale{}, fmt.Errorf("owner of %s: %w", v, err)
	}
	return x, nil
}

// Transfer names the car's new owner.
func (s *Store) Transfer(ctx context.Context, t offer.Transfer) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO offer_owner (vin, n, owner) VALUES ($1, $2, $3) ON CONFLICT (vin, n) DO NOTHING`,
			string(t.VIN), t.N, t.Owner)
		return err
	})
}

// Held lists the lasting products of a car.
func (s *Store) Held(ctx context.Context, v vin.VIN) ([]offer.SKU, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT sku FROM offer_holding WHERE vin = $1 AND cancelled = 0 ORDER BY sku`, string(v))
	if err != nil {
		return nil, fmt.Errorf("held by %s: %w", v, err)
	}
	defer rows.Close()
	var out []offer.SKU
	for rows.Next() {
		var sku offer.SKU
		if err := rows.Scan(&sku); err != nil {
			return nil, fmt.Errorf("held by %s: %w", v, err)
		}
		out = append(out, sku)
	}
	return out, rows.Err()
}

// list reads a column of JSON.
func list[T any](ctx context.Context, q sqldb.Querier, query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		v, err := decode[T](body)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func decode[T any](body string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return v, fmt.Errorf("stored %T: %w", v, err)
	}
	return v, nil
}

// Package appssql keeps package apps' facts in SQL.
package appssql

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"roadbook/apps"
	"roadbook/fault"
	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations holds the tables of the domain.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is an apps.Store.
type Store struct{ db *sqldb.DB }

// New returns the store in a migrated database.
func New(db *sqldb.DB) *Store { return &Store{db} }

var _ apps.Store = (*Store)(nil)

// SetDeveloper gives a partner its key.
func (s *Store) SetDeveloper(ctx context.Context, partner string, key ed25519.PublicKey, at time.Time) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO apps_developers (partner, public_key, set_at) VALUES ($1, $2, $3)
			ON CONFLICT (partner) DO UPDATE SET public_key = excluded.public_key, set_at = excluded.set_at`, partner, []byte(key), at.UnixMicro())
		return err
	})
}

// Developer returns a partner's key.
func (s *Store) Developer(ctx context.Context, partner string) (ed25519.PublicKey, error) {
	var key []byte
	err := s.db.Read().QueryRow(ctx, `SELECT public_key FROM apps_developers WHERE partner = $1`, partner).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "no_such_developer", "partner %.80q has no developer key", partner)
	}
	return key, err
}

const columns = `SELECT id, app, version, partner, name, category, products, state, reviewer, reason, package, size, at FROM apps_versions `

type row interface{ Scan(...any) error }

func scan(r row) (apps.Version, error) {
	var (
		v               apps.Version
		products, state string
		at              int64
	)
	err := r.Scan(&v.ID, &v.App, &v.Version, &v.Partner, &v.Name, &v.Category, &products, &state, &v.Reviewer, &v.Reason, &v.Package, &v.Size, &at)
	if err != nil {
		return v, err
	}
	v.State, v.At = apps.State(state), time.UnixMicro(at).UTC()
	return v, json.Unmarshal([]byte(products), &v.Products)
}

// AddVersion inserts a version or returns what the same request has made before.
func (s *Store) AddVersion(ctx context.Context, v apps.Version, digest string) (apps.Version, error) {
	var out apps.Version
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var have, partner string
		err := tx.QueryRow(ctx, `SELECT digest FROM apps_versions WHERE id = $1`, v.ID).Scan(&have)
		switch {
		case err == nil && have == digest:
			out, err = one(ctx, tx, v.ID)
			return err
		case err == nil:
			return fault.New(fault.Conflict, "idempotency_mismatch", "%s was used before with other content", v.ID)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		err = tx.QueryRow(ctx, `SELECT partner FROM apps_versions WHERE app = $1 LIMIT 1`, v.App).Scan(&partner)
		if err == nil && partner != v.Partner {
			return fault.New(fault.Refused, "app_taken", "app %s belongs to another partner", v.App)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var taken int
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM apps_versions WHERE app = $1 AND version = $2`, v.App, v.Version).Scan(&taken); err != nil {
			return err
		}
		if taken > 0 {
			return fault.New(fault.Refused, "version_taken", "version %s of %s was submitted before; a new package needs a new version", v.Version, v.App)
		}
		products, err := json.Marshal(v.Products)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO apps_versions (id, digest, app, version, partner, name, category, products, state, reviewer, reason, package, size, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', $10, $11, $12)`,
			v.ID, digest, v.App, v.Version, v.Partner, v.Name, v.Category, string(products), string(v.State), v.Package, v.Size, v.At.UnixMicro()); err != nil {
			return err
		}
		out, err = one(ctx, tx, v.ID)
		return err
	})
	return out, err
}

func one(ctx context.Context, q sqldb.Querier, id string) (apps.Version, error) {
	v, err := scan(q.QueryRow(ctx, columns+`WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return v, fault.New(fault.NotFound, "no_such_version", "no version %.80q", id)
	}
	return v, err
}

// Version returns one version.
func (s *Store) Version(ctx context.Context, id string) (apps.Version, error) {
	return one(ctx, s.db.Read(), id)
}

// Versions lists versions by id.
func (s *Store) Versions(ctx context.Context, after string, limit int) ([]apps.Version, error) {
	return s.list(ctx, columns+`WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// Newest lists the version approved last of every app.
func (s *Store) Newest(ctx context.Context) ([]apps.Version, error) {
	return s.list(ctx, columns+`WHERE id IN (
		SELECT (SELECT n.id FROM apps_versions n WHERE n.app = a.app AND n.state = $1 ORDER BY n.at DESC, n.id DESC LIMIT 1)
		FROM apps_versions a) ORDER BY app`, string(apps.Approved))
}

func (s *Store) list(ctx context.Context, query string, args ...any) ([]apps.Version, error) {
	rows, err := s.db.Read().Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []apps.Version
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Decide writes what fn decides, and the event, in one transaction.
func (s *Store) Decide(ctx context.Context, id string, fn func(apps.Version) (apps.Version, *apps.Released, error)) (apps.Version, error) {
	var out apps.Version
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		had, err := one(ctx, tx, id)
		if err != nil {
			return err
		}
		v, event, err := fn(had)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE apps_versions SET state = $1, reviewer = $2, reason = $3, package = $4, size = $5, at = $6 WHERE id = $7`,
			string(v.State), v.Reviewer, v.Reason, v.Package, v.Size, v.At.UnixMicro(), id); err != nil {
			return err
		}
		if event != nil {
			if err := tx.Emit(ctx, "apps.Released", event.ID, event.At, event); err != nil {
				return err
			}
		}
		out, err = one(ctx, tx, id)
		return err
	})
	return out, err
}

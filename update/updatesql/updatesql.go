// Package updatesql keeps package update's facts in SQL.
package updatesql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/platform/sqldb"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/uptane"
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

// Store is an update.Store.
type Store struct{ db *sqldb.DB }

// New returns the store in a migrated database.
func New(db *sqldb.DB) *Store { return &Store{db} }

var _ update.Store = (*Store)(nil)

// AddImage is idempotent: an image is its content.
func (s *Store) AddImage(ctx context.Context, img update.Image, at time.Time) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO update_images (sha256, sha512, length, created_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (sha256) DO NOTHING`, img.SHA256, img.SHA512, img.Length, at.UnixMicro())
		return err
	})
}

// Image returns one image.
func (s *Store) Image(ctx context.Context, sha256 string) (update.Image, error) {
	var i update.Image
	err := s.db.Read().QueryRow(ctx, `SELECT sha256, sha512, length FROM update_images WHERE sha256 = $1`, sha256).Scan(&i.SHA256, &i.SHA512, &i.Length)
	return i, found(err, "image", sha256)
}

// Images lists images by hash.
func (s *Store) Images(ctx context.Context, after string, limit int) ([]update.Image, error) {
	return list(ctx, s.db.Read(), func(r *sql.Rows) (i update.Image, err error) {
		return i, r.Scan(&i.SHA256, &i.SHA512, &i.Length)
	}, `SELECT sha256, sha512, length FROM update_images WHERE sha256 > $1 ORDER BY sha256 LIMIT $2`, after, limit)
}

const releaseColumns = `SELECT r.id, r.name, r.version, r.hardware_id, r.release_counter, r.image_name, r.created_at, r.rxswin, i.sha256, i.sha512, i.length
	FROM update_releases r JOIN update_images i ON i.sha256 = r.sha256 `

type row interface{ Scan(...any) error }

func scanRelease(r row) (update.Release, error) {
	var (
		x    update.Release
		at   int64
		swin string
	)
	err := r.Scan(&x.ID, &x.Name, &x.Version, &x.HardwareID, &x.ReleaseCounter, &x.ImageName, &at, &swin, &x.Image.SHA256, &x.Image.SHA512, &x.Image.Length)
	x.CreatedAt = moment(at)
	if swin != "" {
		x.RXSWIN = strings.Split(swin, " ")
	}
	return x, err
}

// AddRelease inserts a release or returns what the same request has made before.
func (s *Store) AddRelease(ctx context.Context, r update.Release, digest string) (update.Release, error) {
	var out update.Release
	err := s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		again, err := repeated(ctx, tx, "update_releases", r.ID, digest)
		if err != nil {
			return err
		}
		if !again {
			var highest, taken int64
			if err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(release_counter), 0) FROM update_releases WHERE hardware_id = $1`, r.HardwareID).Scan(&highest); err != nil {
				return err
			}
			if r.ReleaseCounter <= highest {
				return fault.New(fault.Refused, "release_counter", "the counter of hardware %s is at %d; a release needs a higher one, got %d", r.HardwareID, highest, r.ReleaseCounter).At("/release_counter")
			}
			if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM update_releases WHERE image_name = $1`, r.ImageName).Scan(&taken); err != nil {
				return err
			}
			if taken > 0 {
				return fault.New(fault.Refused, "image_name", "another release has an image named %s", r.ImageName).At("/image_name")
			}
			if _, err := tx.Exec(ctx, `INSERT INTO update_releases (id, digest, name, version, hardware_id, release_counter, image_name, sha256, created_at, rxswin)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				r.ID, digest, r.Name, r.Version, r.HardwareID, r.ReleaseCounter, r.ImageName, r.Image.SHA256, r.CreatedAt.UnixMicro(), strings.Join(r.RXSWIN, " ")); err != nil {
				return err
			}
		}
		out, err = scanRelease(tx.QueryRow(ctx, releaseColumns+`WHERE r.id = $1`, r.ID))
		return err
	})
	return out, err
}

// Release returns one release.
func (s *Store) Release(ctx context.Context, id string) (update.Release, error) {
	r, err := scanRelease(s.db.Read().QueryRow(ctx, releaseColumns+`WHERE r.id = $1`, id))
	return r, found(err, "release", id)
}

// Releases lists releases by id; limit 0 is all.
func (s *Store) Releases(ctx context.Context, after string, limit int) ([]update.Release, error) {
	if limit == 0 {
		limit = 1 << 30
	}
	return list(ctx, s.db.Read(), func(r *sql.Rows) (update.Release, error) { return scanRelease(r) },
		releaseColumns+`WHERE r.id > $1 ORDER BY r.id LIMIT $2`, after, limit)
}

// Newest returns the newest document of each role.
func (s *Store) Newest(ctx context.Context, repo uptane.Repo, v vin.VIN) (map[string]update.Document, error) {
	docs, err := list(ctx, s.db.Read(), func(r *sql.Rows) (update.Document, error) { return scanDocument(r) },
		documentColumns+`WHERE repo = $1 AND vin = $2 AND version =
			(SELECT MAX(version) FROM update_metadata n WHERE n.repo = m.repo AND n.vin = m.vin AND n.role = m.role)`, string(repo), string(v))
	out := map[string]update.Document{}
	for _, d := range docs {
		out[d.Role] = d
	}
	return out, err
}

// Document returns one version.
func (s *Store) Document(ctx context.Context, repo uptane.Repo, v vin.VIN, role string, version int64) (update.Document, error) {
	d, err := scanDocument(s.db.Read().QueryRow(ctx, documentColumns+`WHERE repo = $1 AND vin = $2 AND role = $3 AND version = $4`,
		string(repo), string(v), role, version))
	return d, found(err, "metadata version", role)
}

const documentColumns = `SELECT repo, vin, role, version, expires, body FROM update_metadata m `

func scanDocument(r row) (update.Document, error) {
	var (
		d       update.Document
		repo, v string
		expires int64
	)
	err := r.Scan(&repo, &v, &d.Role, &d.Version, &expires, &d.Body)
	d.Repo, d.VIN, d.Expires = uptane.Repo(repo), vin.VIN(v), moment(expires)
	return d, err
}

// Publish writes all or none.
func (s *Store) Publish(ctx context.Context, docs []update.Document) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		for _, d := range docs {
			res, err := tx.Exec(ctx, `INSERT INTO update_metadata (repo, vin, role, version, expires, body) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (repo, vin, role, version) DO NOTHING`, string(d.Repo), string(d.VIN), d.Role, d.Version, d.Expires.UnixMicro(), d.Body)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return errors.Join(err, fault.New(fault.Conflict, "version_taken", "%s %s %d is published already", d.Repo, d.Role, d.Version))
			}
		}
		return nil
	})
}

// repeated reports whether the id is there with the same content.
func repeated(ctx context.Context, tx *sqldb.Tx, table, id, digest string) (bool, error) {
	var have string
	err := tx.QueryRow(ctx, `SELECT digest FROM `+table+` WHERE id = $1`, id).Scan(&have)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case have != digest:
		return false, fault.New(fault.Conflict, "idempotency_mismatch", "%s was used before with other content", id)
	}
	return true, nil
}

func found(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "no_such_"+code(what), "no %s %.80q", what, id)
	}
	return err
}

func code(what string) string {
	b := []byte(what)
	for i, c := range b {
		if c == ' ' {
			b[i] = '_'
		}
	}
	return string(b)
}

func list[T any](ctx context.Context, q sqldb.Querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

package updatesql

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"roadbook/platform/sqldb"
	"roadbook/update"
)

// Declared lists the identifications of the hardware's releases, each once.
func (s *Store) Declared(ctx context.Context, hardwareID string) ([]string, error) {
	lists, err := list(ctx, s.db.Read(), func(r *sql.Rows) (x string, err error) { return x, r.Scan(&x) },
		`SELECT DISTINCT rxswin FROM update_releases WHERE hardware_id = $1 AND rxswin <> ''`, hardwareID)
	var out []string
	for _, l := range lists {
		out = append(out, strings.Split(l, " ")...)
	}
	slices.Sort(out)
	return slices.Compact(out), err
}

// Shipped returns the newest release below a counter that a campaign was started for.
func (s *Store) Shipped(ctx context.Context, hardwareID string, below int64) (update.Release, error) {
	r, err := scanRelease(s.db.Read().QueryRow(ctx, releaseColumns+`WHERE r.hardware_id = $1 AND r.release_counter < $2
		AND EXISTS (SELECT 1 FROM update_campaigns c WHERE c.release_id = r.id) ORDER BY r.release_counter DESC LIMIT 1`, hardwareID, below))
	return r, found(err, "release shipped for", hardwareID)
}

// AddEvidence is idempotent: a document is its content.
func (s *Store) AddEvidence(ctx context.Context, e update.Evidence) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO update_evidence (release_id, sha256, length, added_at, body) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (release_id, sha256) DO NOTHING`, e.ReleaseID, e.SHA256, e.Length, e.AddedAt.UnixMicro(), e.Body)
		return err
	})
}

// Evidence lists a release's documents, the newest first.
func (s *Store) Evidence(ctx context.Context, releaseID string) ([]update.Evidence, error) {
	return list(ctx, s.db.Read(), func(r *sql.Rows) (update.Evidence, error) {
		var (
			e  update.Evidence
			at int64
		)
		err := r.Scan(&e.ReleaseID, &e.SHA256, &e.Length, &at, &e.Body)
		e.AddedAt = moment(at)
		return e, err
	}, `SELECT release_id, sha256, length, added_at, body FROM update_evidence WHERE release_id = $1 ORDER BY added_at DESC, sha256`, releaseID)
}

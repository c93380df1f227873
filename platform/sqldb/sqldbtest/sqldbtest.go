// Package sqldbtest runs a suite on every engine: SQLite in a file and PostgreSQL in a schema of its own.
package sqldbtest

import (
	"cmp"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"roadbook/platform/sqldb"
)

// PostgresEnv names the server that the suites use; ./check starts one at DefaultPostgres.
const (
	PostgresEnv     = "ROADBOOK_TEST_POSTGRES"
	DefaultPostgres = "postgres://roadbook:roadbook@127.0.0.1:5432/roadbook?sslmode=disable"
)

// Engines runs the suite on both engines, each time on an empty database with the domain's migrations applied.
// It fails when PostgreSQL is not there: a suite that skips proves nothing.
func Engines(t *testing.T, domain string, fsys fs.FS, run func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, open(t, "file:"+filepath.Join(t.TempDir(), "test.db"), domain, fsys)) })
	t.Run("postgres", func(t *testing.T) { run(t, open(t, Postgres(t), domain, fsys)) })
}

// SQLite returns an empty SQLite database with the domain's migrations applied.
func SQLite(t *testing.T, domain string, fsys fs.FS) *sqldb.DB {
	t.Helper()
	return open(t, "file:"+filepath.Join(t.TempDir(), "test.db"), domain, fsys)
}

func open(t *testing.T, dsn, domain string, fsys fs.FS) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), domain, fsys); err != nil {
		t.Fatal(err)
	}
	return db
}

// Postgres returns the URL of a new, empty schema that is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	base := cmp.Or(os.Getenv(PostgresEnv), DefaultPostgres)
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	schema := "t_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatalf("PostgreSQL at %s: %v\nrun ./check, which starts it, or set %s", base, err, PostgresEnv)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", PostgresEnv, err))
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

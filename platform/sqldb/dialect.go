package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between the engines.
type dialect interface {
	name() string
	open(url string) (w, r *sql.DB, err error)
	rewrite(q string) string
	migrations(fs.FS) (fs.FS, error)
	goose() database.Dialect
	isolation() sql.IsolationLevel
	retryable(error) bool
	lock(context.Context, *sql.DB) (unlock func(), err error) // one migrator at a time
	claim() string                                            // lock clause of the outbox's claim
	exclusive() bool                                          // one process at a time works on the database
}

type lite struct{}

func (lite) name() string { return "sqlite" }

// open sets WAL with synchronous=FULL: a committed booking survives a power cut.
func (lite) open(u string) (*sql.DB, *sql.DB, error) {
	path := strings.TrimPrefix(u, "file:")
	pragmas := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(ON)"}}
	w, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&"+pragmas.Encode())
	if err != nil {
		return nil, nil, err
	}
	w.SetMaxOpenConns(1)
	pragmas["_pragma"] = append(pragmas["_pragma"], "query_only(ON)")
	r, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, nil, errors.Join(err, w.Close())
	}
	r.SetMaxOpenConns(MaxReaders)
	return w, r, nil
}

var (
	placeholder = regexp.MustCompile(`\$(\d+)`)
	rewritten   sync.Map // query → query with ?n; the set of queries is the set of literals in the code
)

// rewrite turns $n into ?n: some SQLite drivers take $n by position.
func (lite) rewrite(q string) string {
	if s, ok := rewritten.Load(q); ok {
		return s.(string)
	}
	s := placeholder.ReplaceAllString(q, "?$1")
	rewritten.Store(q, s)
	return s
}

var sqliteTypes = regexp.MustCompile(`\b(BIGINT|BYTEA)\b`)
var createTable = regexp.MustCompile(`(?is)(CREATE TABLE[^;]*\))(\s*;)`)

func (lite) migrations(in fs.FS) (fs.FS, error) {
	return mapFiles(in, func(s string) string {
		s = sqliteTypes.ReplaceAllStringFunc(s, func(t string) string {
			return map[string]string{"BIGINT": "INTEGER", "BYTEA": "BLOB"}[t]
		})
		return createTable.ReplaceAllString(s, "$1 STRICT$2")
	})
}

func (lite) goose() database.Dialect       { return database.DialectSQLite3 }
func (lite) isolation() sql.IsolationLevel { return sql.LevelDefault } // always serializable

func (lite) retryable(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

func (lite) lock(context.Context, *sql.DB) (func(), error) { return func() {}, nil }
func (lite) claim() string                                 { return "" }

func (lite) exclusive() bool { return true }

type postgres struct{}

func (postgres) exclusive() bool { return false }

func (postgres) name() string { return "postgres" }

func (postgres) open(u string) (*sql.DB, *sql.DB, error) {
	w, err := sql.Open("pgx", u)
	if err != nil {
		return nil, nil, err
	}
	w.SetMaxOpenConns(MaxWriters)
	w.SetMaxIdleConns(MaxWriters)
	r, err := sql.Open("pgx", u)
	if err != nil {
		return nil, nil, errors.Join(err, w.Close())
	}
	r.SetMaxOpenConns(MaxReaders)
	r.SetMaxIdleConns(MaxReaders)
	return w, r, nil
}

func (postgres) rewrite(q string) string            { return q }
func (postgres) migrations(in fs.FS) (fs.FS, error) { return in, nil }
func (postgres) goose() database.Dialect            { return database.DialectPostgres }
func (postgres) isolation() sql.IsolationLevel      { return sql.LevelSerializable }
func (postgres) claim() string                      { return " FOR UPDATE SKIP LOCKED" }

// retryable: serialization_failure, deadlock_detected, and unique_violation, which under serializable isolation may stand
// for a row that a concurrent transaction has just inserted; the next try sees it.
func (postgres) retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01" || e.Code == "23505")
}

// migrationLock is the key of the advisory lock that replicas starting at once take in turn.
const migrationLock = 0x726f6164 // "road"

func (postgres) lock(ctx context.Context, db *sql.DB) (func(), error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		// The session's end frees the lock whatever the query says.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		_ = conn.Close()
	}, nil
}

func mapFiles(in fs.FS, change func(string) string) (fs.FS, error) {
	out := fstest.MapFS{}
	names, err := fs.Glob(in, "*.sql")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no *.sql file at the root")
	}
	for _, n := range names {
		b, err := fs.ReadFile(in, n)
		if err != nil {
			return nil, err
		}
		out[n] = &fstest.MapFile{Data: []byte(change(string(b)))}
	}
	return out, nil
}

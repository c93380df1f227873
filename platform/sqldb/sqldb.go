// Package sqldb runs one portable SQL over SQLite and PostgreSQL.
//
// Queries are written in PostgreSQL's words with $1, $2…; migrations use the column types TEXT, BIGINT and BYTEA only.
// What differs between the engines is in dialect.go. Facts and the events that tell of them are written in one
// transaction: see Tx.Emit.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"
)

// Limits of a database handle.
const (
	MaxReaders   = 8  // connections of the reader pool
	MaxWriters   = 8  // connections of the writer pool on PostgreSQL; SQLite has one writer
	MaxTxRetries = 20 // tries of one transaction before its serialization failure is returned
)

// DB is a database: a writer and a pool of readers.
type DB struct {
	dialect dialect
	w, r    *sql.DB
	wake    chan struct{}
}

// Querier reads.
type Querier interface {
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) *sql.Row
}

// Open opens "file:/path/to.db" (SQLite, created when absent) or "postgres://…". It fails when the database does not answer.
func Open(ctx context.Context, url string) (*DB, error) {
	var d dialect
	switch {
	case strings.HasPrefix(url, "file:"):
		d = lite{}
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		d = postgres{}
	default:
		return nil, fmt.Errorf("database %q: expected file:PATH or postgres://…", url)
	}
	w, r, err := d.open(url)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{dialect: d, w: w, r: r, wake: make(chan struct{}, 1)}
	if err := w.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database does not answer: %w", err), db.Close())
	}
	if err := db.Migrate(ctx, "outbox", outboxFS()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if d.exclusive() { // a lease found here belongs to a process that died
		if err := db.releaseEvents(ctx); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// Close closes both pools.
func (db *DB) Close() error {
	if db.r == db.w {
		return db.w.Close()
	}
	return errors.Join(db.r.Close(), db.w.Close())
}

// Engine names the engine: "sqlite" or "postgres".
func (db *DB) Engine() string { return db.dialect.name() }

// Exclusive reports whether one process at a time works on the database: whatever it finds claimed was left by one that died.
func (db *DB) Exclusive() bool { return db.dialect.exclusive() }

// Migrate applies the goose files at the root of fsys, each once; domain names the version table.
func (db *DB) Migrate(ctx context.Context, domain string, fsys fs.FS) error {
	portable, err := db.dialect.migrations(fsys)
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", domain, err)
	}
	store, err := database.NewStore(db.dialect.goose(), "goose_"+domain)
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", domain, err)
	}
	unlock, err := db.dialect.lock(ctx, db.w)
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", domain, err)
	}
	defer unlock()
	p, err := goose.NewProvider("", db.w, portable, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", domain, err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrations of %s: %w", domain, err)
	}
	return nil
}

// Read returns the reader pool. It sees what is committed.
func (db *DB) Read() Querier { return reader{db} }

type reader struct{ db *DB }

func (r reader) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return r.db.r.QueryContext(ctx, r.db.dialect.rewrite(q), args...)
}

func (r reader) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	return r.db.r.QueryRowContext(ctx, r.db.dialect.rewrite(q), args...)
}

// Tx is a transaction.
type Tx struct {
	tx      *sql.Tx
	dialect dialect
	emitted bool
}

// Query reads inside the transaction.
func (t *Tx) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, t.dialect.rewrite(q), args...)
}

// QueryRow reads one row inside the transaction.
func (t *Tx) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.dialect.rewrite(q), args...)
}

// Claim is the clause that a SELECT ends with which takes work: rows that another worker is taking are passed over.
func (t *Tx) Claim() string { return t.dialect.claim() }

// Exec writes.
func (t *Tx) Exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, t.dialect.rewrite(q), args...)
}

// Tx runs fn in a serializable transaction and commits it, or rolls it back when fn fails. A serialization failure or a
// deadlock runs fn again, so fn must have no effect but through tx.
func (db *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	for try := 1; ; try++ {
		err := db.once(ctx, fn)
		if err == nil || !db.dialect.retryable(err) || try == MaxTxRetries {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 8))) //nolint:gosec // jitter
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(tx *Tx) error) error {
	stx, err := db.w.BeginTx(ctx, &sql.TxOptions{Isolation: db.dialect.isolation()})
	if err != nil {
		return err
	}
	tx := &Tx{tx: stx, dialect: db.dialect}
	if err := fn(tx); err != nil {
		if rerr := stx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			return errors.Join(err, rerr)
		}
		return err
	}
	if err := stx.Commit(); err != nil {
		return err
	}
	if tx.emitted {
		select {
		case db.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

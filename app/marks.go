package app

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

func migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// marks remembers how far the regular work is.
type marks struct{ db *sqldb.DB }

func (m marks) get(ctx context.Context, name string) (string, error) {
	var v string
	err := m.db.Read().QueryRow(ctx, `SELECT value FROM app_mark WHERE name = $1`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

func (m marks) set(ctx context.Context, name, value string) error {
	return m.db.Tx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO app_mark (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
}

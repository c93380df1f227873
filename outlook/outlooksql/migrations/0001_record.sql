-- +goose Up

-- A record is a row and is never updated: digest is of its whole content (the same again is a no-op, other content is
-- refused), body the whole as JSON; key, vintage and supersedes are what it is looked up by.

CREATE TABLE outlook_record (
    id         TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    key        TEXT NOT NULL,
    vintage    TEXT NOT NULL,
    supersedes TEXT NOT NULL,
    body       TEXT NOT NULL
);
CREATE INDEX outlook_record_key ON outlook_record (key, vintage);

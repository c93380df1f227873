-- +goose Up

-- A value of a passport's attribute. Records are never updated: a correction is a further row whose body says what it
-- supersedes.
CREATE TABLE supply_passport_value (
    id        TEXT PRIMARY KEY,
    request   TEXT NOT NULL UNIQUE,
    digest    TEXT NOT NULL,
    grain     TEXT NOT NULL,
    subject   TEXT NOT NULL,
    attribute TEXT NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX supply_passport_value_subject ON supply_passport_value (grain, subject, attribute);

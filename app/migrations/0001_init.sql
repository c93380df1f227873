-- +goose Up
-- How far the regular work is, and where simulated time stands.
CREATE TABLE app_mark (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

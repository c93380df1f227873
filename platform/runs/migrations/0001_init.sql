-- +goose Up
-- Long work that was asked for. Its input never changes; result or error is set once, when it ends. Times are microseconds.
CREATE TABLE runs_run (
    id       TEXT   NOT NULL PRIMARY KEY,
    request  TEXT   NOT NULL UNIQUE,
    kind     TEXT   NOT NULL,
    title    TEXT   NOT NULL,
    input    TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    stop     BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    asked    BIGINT NOT NULL,
    began    BIGINT NOT NULL,
    ended    BIGINT NOT NULL,
    done     BIGINT NOT NULL,
    total    BIGINT NOT NULL,
    doing    TEXT   NOT NULL,
    result   TEXT   NOT NULL,
    code     TEXT   NOT NULL,
    error    TEXT   NOT NULL
);
CREATE INDEX runs_run_due ON runs_run (state, due);

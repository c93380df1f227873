-- +goose Up
-- Messages of cars that will not be taken as they are: acknowledged, and kept here.
CREATE TABLE app_aside (
    vin     TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    sha256  TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL,
    code    TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    payload BYTEA  NOT NULL,
    PRIMARY KEY (vin, kind, sha256)
);

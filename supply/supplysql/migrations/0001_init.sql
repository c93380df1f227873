-- +goose Up

-- Each record is a row: its id, the request that made it, the digest of its content (the same again is a no-op, other
-- content is refused), the columns that it is looked up by, and the whole as JSON. Records are never updated.

CREATE TABLE supply_supplier (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    body    TEXT NOT NULL
);

CREATE TABLE supply_exclusion (
    id       TEXT PRIMARY KEY,
    request  TEXT NOT NULL UNIQUE,
    digest   TEXT NOT NULL,
    supplier TEXT NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX supply_exclusion_supplier ON supply_exclusion (supplier);

CREATE TABLE supply_contract (
    id       TEXT PRIMARY KEY,
    request  TEXT NOT NULL UNIQUE,
    digest   TEXT NOT NULL,
    supplier TEXT NOT NULL,
    body     TEXT NOT NULL
);

CREATE TABLE supply_lot (
    id       TEXT PRIMARY KEY,
    request  TEXT NOT NULL UNIQUE,
    digest   TEXT NOT NULL,
    contract TEXT NOT NULL,
    body     TEXT NOT NULL
);

-- Packs are things: vin is the one column that changes, once, from '' to the car that the pack is built into.
CREATE TABLE supply_pack (
    serial   TEXT   PRIMARY KEY,
    lot      TEXT   NOT NULL,
    contract TEXT   NOT NULL,
    supplier TEXT   NOT NULL,
    part     TEXT   NOT NULL,
    number   BIGINT NOT NULL,
    received TEXT   NOT NULL,
    unit     TEXT   NOT NULL,
    currency TEXT   NOT NULL,
    source   TEXT   NOT NULL,
    vin      TEXT   NOT NULL,
    UNIQUE (contract, number)
);
CREATE UNIQUE INDEX supply_pack_vin ON supply_pack (vin) WHERE vin <> '';

CREATE TABLE supply_model (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    body    TEXT NOT NULL
);

CREATE TABLE supply_line (
    id         TEXT PRIMARY KEY,
    request    TEXT NOT NULL UNIQUE,
    digest     TEXT NOT NULL,
    model      TEXT NOT NULL,
    part       TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    body       TEXT NOT NULL,
    UNIQUE (model, part, valid_from)
);

CREATE TABLE supply_tariff (
    id         TEXT PRIMARY KEY,
    request    TEXT NOT NULL UNIQUE,
    digest     TEXT NOT NULL,
    meter      TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    body       TEXT NOT NULL,
    UNIQUE (meter, valid_from)
);

CREATE TABLE supply_rate (
    id            TEXT PRIMARY KEY,
    request       TEXT NOT NULL UNIQUE,
    digest        TEXT NOT NULL,
    from_currency TEXT NOT NULL,
    to_currency   TEXT NOT NULL,
    day           TEXT NOT NULL,
    body          TEXT NOT NULL,
    UNIQUE (from_currency, to_currency, day)
);

CREATE TABLE supply_cost (
    id    TEXT PRIMARY KEY,
    vin   TEXT NOT NULL,
    month TEXT NOT NULL,
    meter TEXT NOT NULL,
    body  TEXT NOT NULL,
    UNIQUE (vin, month, meter)
);

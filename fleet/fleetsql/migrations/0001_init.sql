-- +goose Up

CREATE TABLE fleet_car (
    vin            TEXT   PRIMARY KEY,
    request        TEXT   NOT NULL UNIQUE,
    model          TEXT   NOT NULL,
    pack_serial    TEXT   NOT NULL UNIQUE,
    built_at       BIGINT NOT NULL,
    plan           TEXT   NOT NULL, -- digest of the plan: what "the same car" means
    cost           TEXT   NOT NULL, -- what it cost to build, as JSON
    state          TEXT   NOT NULL,
    owner          TEXT   NOT NULL,
    sold_on        TEXT   NOT NULL, -- '': not sold
    revoked_at     BIGINT NOT NULL, -- 0: not revoked
    revoked_reason TEXT   NOT NULL,
    secret_hash    TEXT   NOT NULL,
    secret_expires BIGINT NOT NULL,
    secret_used_by TEXT   NOT NULL  -- digest of the certificate request, or ''
);

CREATE TABLE fleet_ecu (
    serial   TEXT   PRIMARY KEY,
    vin      TEXT   NOT NULL,
    n        BIGINT NOT NULL,
    hardware TEXT   NOT NULL,
    role     TEXT   NOT NULL
);
CREATE INDEX fleet_ecu_vin ON fleet_ecu (vin);

CREATE TABLE fleet_certificate (
    serial     TEXT   PRIMARY KEY,
    vin        TEXT   NOT NULL,
    request    TEXT   NOT NULL,
    chain      BYTEA  NOT NULL,
    issued_at  BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL -- 0: active
);
CREATE INDEX fleet_certificate_vin ON fleet_certificate (vin, issued_at);

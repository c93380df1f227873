-- +goose Up

-- Where parts come from, what they cost and why, and what became of packs. Records are rows as in 0001: never updated; a
-- correction is a further record, and every vintage stays.

CREATE TABLE supply_site (
    id       TEXT PRIMARY KEY,
    request  TEXT NOT NULL UNIQUE,
    digest   TEXT NOT NULL,
    supplier TEXT NOT NULL,
    body     TEXT NOT NULL
);

CREATE TABLE supply_qualification (
    id       TEXT PRIMARY KEY,
    request  TEXT NOT NULL UNIQUE,
    digest   TEXT NOT NULL,
    supplier TEXT NOT NULL,
    part     TEXT NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX supply_qualification_part ON supply_qualification (supplier, part);

-- What was decided about exclusions that had to be looked at again.
CREATE TABLE supply_decision (
    id        TEXT PRIMARY KEY,
    request   TEXT NOT NULL UNIQUE,
    digest    TEXT NOT NULL,
    exclusion TEXT NOT NULL,
    body      TEXT NOT NULL
);

CREATE TABLE supply_index_value (
    id         TEXT PRIMARY KEY,
    request    TEXT NOT NULL UNIQUE,
    digest     TEXT NOT NULL,
    index_name TEXT NOT NULL,
    month      TEXT NOT NULL,
    vintage    TEXT NOT NULL,
    body       TEXT NOT NULL,
    UNIQUE (index_name, month, vintage)
);

CREATE TABLE supply_structure (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    model   TEXT NOT NULL,
    trim    TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX supply_structure_trim ON supply_structure (model, trim);

CREATE TABLE supply_should_cost (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    part    TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX supply_should_cost_part ON supply_should_cost (part);

CREATE TABLE supply_quote (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    part    TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX supply_quote_part ON supply_quote (part);

CREATE TABLE supply_standard (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    part    TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX supply_standard_part ON supply_standard (part);

CREATE TABLE supply_credit (
    id      TEXT PRIMARY KEY,
    request TEXT NOT NULL UNIQUE,
    digest  TEXT NOT NULL,
    model   TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE INDEX supply_credit_model ON supply_credit (model);

-- By how much a pack differs from its standard: fixed once per pack.
CREATE TABLE supply_variance (
    serial TEXT PRIMARY KEY,
    cause  TEXT NOT NULL,
    body   TEXT NOT NULL
);

-- Contract years that are closed; days as [from_day, to_day).
CREATE TABLE supply_settlement (
    id       TEXT PRIMARY KEY,
    contract TEXT NOT NULL,
    from_day TEXT NOT NULL,
    to_day   TEXT NOT NULL,
    body     TEXT NOT NULL,
    UNIQUE (contract, from_day)
);

-- What happened to a pack after it was received, appended; state and vin of supply_pack say where that has led.
CREATE TABLE supply_pack_event (
    id     TEXT   PRIMARY KEY,
    digest TEXT   NOT NULL,
    serial TEXT   NOT NULL,
    seq    BIGINT NOT NULL,
    body   TEXT   NOT NULL,
    UNIQUE (serial, seq)
);

ALTER TABLE supply_pack ADD COLUMN state TEXT NOT NULL DEFAULT 'received';
ALTER TABLE supply_pack ADD COLUMN terms TEXT NOT NULL DEFAULT '';
UPDATE supply_pack SET state = 'installed' WHERE vin <> '';
INSERT INTO supply_pack_event (id, digest, serial, seq, body)
    SELECT 'installed/' || serial, '', serial, 1, '{"serial":"' || serial || '","state":"installed","vin":"' || vin || '"}'
    FROM supply_pack WHERE vin <> '';
CREATE INDEX supply_pack_contract ON supply_pack (contract, received);
CREATE INDEX supply_pack_part ON supply_pack (part, received);

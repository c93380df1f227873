-- +goose Up

-- The one row that a writer locks first: it orders writers, and the numbers have no gap.
CREATE TABLE ledger_head (
    id    BIGINT PRIMARY KEY,
    seq   BIGINT NOT NULL,
    chain TEXT   NOT NULL
);
INSERT INTO ledger_head (id, seq, chain) VALUES (1, 0, '');

CREATE TABLE ledger_entry (
    seq       BIGINT PRIMARY KEY,
    ref       TEXT   NOT NULL UNIQUE,
    book_date TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    memo      TEXT   NOT NULL,
    reverses  TEXT   NOT NULL,
    booked_at BIGINT NOT NULL,
    digest    TEXT   NOT NULL,
    chain     TEXT   NOT NULL
);
CREATE UNIQUE INDEX ledger_entry_reverses ON ledger_entry (reverses) WHERE reverses <> '';

CREATE TABLE ledger_posting (
    entry_seq BIGINT NOT NULL,
    n         BIGINT NOT NULL,
    debit     TEXT   NOT NULL,
    credit    TEXT   NOT NULL,
    minor     BIGINT NOT NULL CHECK (minor > 0),
    currency  TEXT   NOT NULL,
    vehicle   TEXT   NOT NULL,
    customer  TEXT   NOT NULL,
    product   TEXT   NOT NULL,
    partner   TEXT   NOT NULL,
    market    TEXT   NOT NULL,
    PRIMARY KEY (entry_seq, n)
);
CREATE INDEX ledger_posting_vehicle ON ledger_posting (vehicle, entry_seq);
CREATE INDEX ledger_posting_debit ON ledger_posting (debit, entry_seq);
CREATE INDEX ledger_posting_credit ON ledger_posting (credit, entry_seq);

CREATE TABLE ledger_sum (
    account  TEXT   NOT NULL,
    vehicle  TEXT   NOT NULL,
    product  TEXT   NOT NULL,
    partner  TEXT   NOT NULL,
    market   TEXT   NOT NULL,
    month    TEXT   NOT NULL,
    currency TEXT   NOT NULL,
    debit    BIGINT NOT NULL,
    credit   BIGINT NOT NULL,
    PRIMARY KEY (account, vehicle, product, partner, market, month, currency)
);
CREATE INDEX ledger_sum_vehicle ON ledger_sum (vehicle);

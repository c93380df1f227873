-- +goose Up
-- Events wait here, in the transaction of the fact that they tell of, until every handler has taken them.
CREATE TABLE outbox (
    seq        TEXT NOT NULL PRIMARY KEY, -- time-ordered (UUIDv7): no sequence to contend for
    name       TEXT NOT NULL,             -- 'billing.Invoiced'
    key        TEXT NOT NULL,             -- of the fact: the same fact is told once
    at         BIGINT NOT NULL,           -- when the fact was, microseconds UTC
    body       TEXT NOT NULL,             -- JSON
    state      TEXT NOT NULL,             -- waiting, done, dead
    attempts   BIGINT NOT NULL,
    due        BIGINT NOT NULL,           -- not before, machine time
    last_error TEXT NOT NULL,
    UNIQUE (name, key)
);
CREATE INDEX outbox_waiting ON outbox (state, due, seq);

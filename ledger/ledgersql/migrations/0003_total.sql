-- +goose Up

-- The roll-up over all vehicles: the fleet's statement is asked for often, and a fleet has many cars.
CREATE TABLE ledger_total (
    account  TEXT   NOT NULL,
    product  TEXT   NOT NULL,
    partner  TEXT   NOT NULL,
    market   TEXT   NOT NULL,
    month    TEXT   NOT NULL,
    currency TEXT   NOT NULL,
    debit    BIGINT NOT NULL,
    credit   BIGINT NOT NULL,
    PRIMARY KEY (account, product, partner, market, month, currency)
);
INSERT INTO ledger_total (account, product, partner, market, month, currency, debit, credit)
    SELECT account, product, partner, market, month, currency, CAST(SUM(debit) AS BIGINT), CAST(SUM(credit) AS BIGINT)
    FROM ledger_sum GROUP BY account, product, partner, market, month, currency;

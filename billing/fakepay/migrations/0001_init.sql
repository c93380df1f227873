-- +goose Up
CREATE TABLE fakepay_charge (
  key      TEXT   NOT NULL PRIMARY KEY,
  id       TEXT   NOT NULL,
  customer TEXT   NOT NULL,
  invoice  TEXT   NOT NULL,
  amount   BIGINT NOT NULL,
  currency TEXT   NOT NULL,
  result   TEXT   NOT NULL,
  reason   TEXT   NOT NULL,
  fee      BIGINT NOT NULL
);
CREATE INDEX fakepay_charge_invoice ON fakepay_charge (invoice);

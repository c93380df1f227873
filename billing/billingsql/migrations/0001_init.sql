-- +goose Up
CREATE TABLE billing_contract (
  order_id TEXT NOT NULL PRIMARY KEY,
  vin      TEXT NOT NULL,
  day      TEXT NOT NULL,
  digest   TEXT NOT NULL,
  doc      TEXT NOT NULL
);
CREATE INDEX billing_contract_day ON billing_contract (day);

CREATE TABLE billing_counter (
  entity TEXT   NOT NULL PRIMARY KEY,
  last   BIGINT NOT NULL
);

CREATE TABLE billing_invoice (
  id           TEXT   NOT NULL PRIMARY KEY,
  entity       TEXT   NOT NULL,
  number       BIGINT NOT NULL,
  order_id     TEXT   NOT NULL,
  vin          TEXT   NOT NULL,
  day          TEXT   NOT NULL,
  digest       TEXT   NOT NULL,
  doc          TEXT   NOT NULL,
  posted       BIGINT NOT NULL,
  state        TEXT   NOT NULL,
  attempts     BIGINT NOT NULL,
  next_charge  TEXT   NOT NULL,
  paid_on      TEXT   NOT NULL,
  decline      TEXT   NOT NULL
);
CREATE UNIQUE INDEX billing_invoice_number ON billing_invoice (entity, number);
CREATE INDEX billing_invoice_vin ON billing_invoice (vin, number);
CREATE INDEX billing_invoice_unposted ON billing_invoice (id) WHERE posted = 0;
CREATE INDEX billing_invoice_due ON billing_invoice (next_charge, id) WHERE next_charge <> '';
CREATE INDEX billing_invoice_past_due ON billing_invoice (order_id, day) WHERE state = 'past_due';

CREATE TABLE billing_attempt (
  invoice  TEXT   NOT NULL,
  attempt  BIGINT NOT NULL,
  day      TEXT   NOT NULL,
  result   TEXT   NOT NULL,
  reason   TEXT   NOT NULL,
  charge   TEXT   NOT NULL,
  amount   BIGINT NOT NULL,
  fee      BIGINT NOT NULL,
  currency TEXT   NOT NULL,
  PRIMARY KEY (invoice, attempt)
);

CREATE TABLE billing_row (
  obligation TEXT   NOT NULL,
  month      TEXT   NOT NULL,
  amount     BIGINT NOT NULL,
  currency   TEXT   NOT NULL,
  account    TEXT   NOT NULL,
  dims       TEXT   NOT NULL,
  released   BIGINT NOT NULL,
  PRIMARY KEY (obligation, month)
);
CREATE INDEX billing_row_due ON billing_row (month, obligation) WHERE released = 0;

CREATE TABLE billing_subscription (
  id       TEXT   NOT NULL PRIMARY KEY,
  order_id TEXT   NOT NULL,
  vin      TEXT   NOT NULL,
  next     BIGINT NOT NULL,
  due      TEXT   NOT NULL,
  state    TEXT   NOT NULL,
  doc      TEXT   NOT NULL
);
CREATE INDEX billing_subscription_due ON billing_subscription (due, id) WHERE state <> 'ended';
CREATE INDEX billing_subscription_vin ON billing_subscription (vin, id);

CREATE TABLE billing_meter (
  id       TEXT NOT NULL PRIMARY KEY,
  order_id TEXT NOT NULL,
  vin      TEXT NOT NULL,
  doc      TEXT NOT NULL
);
CREATE INDEX billing_meter_vin ON billing_meter (vin);

CREATE TABLE billing_usage (
  source   TEXT   NOT NULL,
  id       TEXT   NOT NULL,
  meter    TEXT   NOT NULL,
  order_id TEXT   NOT NULL,
  quantity TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  service  TEXT   NOT NULL,
  bill     TEXT   NOT NULL,
  digest   TEXT   NOT NULL,
  PRIMARY KEY (source, id)
);
CREATE INDEX billing_usage_bill ON billing_usage (bill, order_id);
CREATE INDEX billing_usage_meter ON billing_usage (meter, service);

CREATE TABLE billing_rating (
  meter    TEXT   NOT NULL,
  service  TEXT   NOT NULL,
  invoice  TEXT   NOT NULL,
  bill     TEXT   NOT NULL,
  amount   BIGINT NOT NULL,
  currency TEXT   NOT NULL,
  PRIMARY KEY (meter, service, invoice)
);

CREATE TABLE billing_progress (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

-- +goose Up

-- Agreements with other makers. What was agreed and reported never changes.
CREATE TABLE billing_licence (
  id  TEXT NOT NULL PRIMARY KEY,
  day TEXT NOT NULL,
  doc TEXT NOT NULL
);
CREATE TABLE billing_units (
  licence TEXT   NOT NULL,
  month   TEXT   NOT NULL,
  part    BIGINT NOT NULL,
  units   BIGINT NOT NULL,
  PRIMARY KEY (licence, month, part)
);

-- A meter ends when its car becomes another's: '' while it has not.
ALTER TABLE billing_meter ADD COLUMN until TEXT NOT NULL DEFAULT '';

-- What a car's owners have taken is read by cars.
CREATE INDEX billing_contract_vin ON billing_contract (vin, day);
CREATE INDEX billing_rating_invoice ON billing_rating (invoice);

-- +goose Up
CREATE TABLE partner_partner (
  id     TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL,
  doc    TEXT NOT NULL
);

CREATE TABLE partner_card (
  id         TEXT NOT NULL PRIMARY KEY,
  partner    TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  digest     TEXT NOT NULL,
  doc        TEXT NOT NULL
);
CREATE UNIQUE INDEX partner_card_from ON partner_card (partner, valid_from);

CREATE TABLE partner_item (
  ref      TEXT   NOT NULL PRIMARY KEY,
  kind     TEXT   NOT NULL,
  partner  TEXT   NOT NULL,
  month    TEXT   NOT NULL,
  owed     BIGINT NOT NULL,
  posted   BIGINT NOT NULL,
  digest   TEXT   NOT NULL,
  doc      TEXT   NOT NULL
);
CREATE INDEX partner_item_month ON partner_item (partner, month);
CREATE INDEX partner_item_unposted ON partner_item (kind, ref) WHERE posted = 0;

CREATE TABLE partner_statement (
  id      TEXT   NOT NULL PRIMARY KEY,
  number  BIGINT NOT NULL,
  partner TEXT   NOT NULL,
  month   TEXT   NOT NULL,
  doc     TEXT   NOT NULL
);
CREATE UNIQUE INDEX partner_statement_number ON partner_statement (number);
CREATE UNIQUE INDEX partner_statement_month ON partner_statement (partner, month);

CREATE TABLE partner_progress (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

-- +goose Up
CREATE TABLE offer_product (
    sku  TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL -- JSON of offer.Product
);
CREATE TABLE offer_order (
    id        TEXT NOT NULL PRIMARY KEY,
    vin       TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    digest    TEXT NOT NULL, -- of the request
    body      TEXT NOT NULL  -- JSON of offer.Order; never changed
);
CREATE INDEX offer_order_list ON offer_order (placed_at, id);
CREATE INDEX offer_order_car ON offer_order (vin, placed_at, id);
-- A car is sold once: the key says so.
CREATE TABLE offer_sale (
    vin       TEXT NOT NULL PRIMARY KEY,
    order_id  TEXT NOT NULL,
    customer  TEXT NOT NULL,
    market    TEXT NOT NULL,
    currency  TEXT NOT NULL,
    placed_at BIGINT NOT NULL
);
-- What a car has of the products that need not be bought twice.
CREATE TABLE offer_holding (
    vin       TEXT NOT NULL,
    sku       TEXT NOT NULL,
    order_id  TEXT NOT NULL,
    cancelled BIGINT NOT NULL, -- 0 or 1
    PRIMARY KEY (vin, sku, order_id)
);
CREATE TABLE offer_car (
    vin TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL -- of the grant document, strictly rising
);
CREATE TABLE offer_right (
    order_id TEXT NOT NULL,
    sku      TEXT NOT NULL,
    until    TEXT NOT NULL, -- as paid; '' without end
    vin      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    features TEXT NOT NULL, -- JSON array
    from_day TEXT NOT NULL,
    ends     TEXT NOT NULL, -- until, or earlier when cancelled
    PRIMARY KEY (order_id, sku, until)
);
CREATE INDEX offer_right_car ON offer_right (vin);
CREATE TABLE offer_document (
    vin       TEXT NOT NULL,
    seq       BIGINT NOT NULL,
    raw       BYTEA NOT NULL, -- as signed: the same number always has the same bytes
    issued_at BIGINT NOT NULL,
    renew_at  BIGINT NOT NULL, -- 0: never
    PRIMARY KEY (vin, seq)
);

-- +goose Up

-- Who has a car after it was resold, and buys in it; rows are only appended.
CREATE TABLE offer_owner (
    vin   TEXT   NOT NULL,
    n     BIGINT NOT NULL, -- 2: the second owner
    owner TEXT   NOT NULL,
    PRIMARY KEY (vin, n)
);

-- +goose Up

-- Who had a car from when on; rows are only appended. The car's own row names the last of them.
CREATE TABLE fleet_owner (
    vin     TEXT   NOT NULL,
    n       BIGINT NOT NULL, -- 1: bought it new
    owner   TEXT   NOT NULL,
    since   TEXT   NOT NULL,
    request TEXT   NOT NULL UNIQUE,
    PRIMARY KEY (vin, n)
);
INSERT INTO fleet_owner (vin, n, owner, since, request)
    SELECT vin, 1, owner, sold_on, 'sold/' || vin FROM fleet_car WHERE sold_on <> '';
CREATE INDEX fleet_car_sold ON fleet_car (sold_on, vin) WHERE sold_on <> '';

-- +goose Up
CREATE TABLE update_images (
  sha256     TEXT PRIMARY KEY,
  sha512     TEXT NOT NULL,
  length     BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE update_releases (
  id              TEXT PRIMARY KEY,
  digest          TEXT NOT NULL,
  name            TEXT NOT NULL,
  version         TEXT NOT NULL,
  hardware_id     TEXT NOT NULL,
  release_counter BIGINT NOT NULL,
  image_name      TEXT NOT NULL UNIQUE,
  sha256          TEXT NOT NULL REFERENCES update_images (sha256),
  created_at      BIGINT NOT NULL,
  UNIQUE (hardware_id, release_counter)
);

CREATE TABLE update_campaigns (
  id         TEXT PRIMARY KEY,
  digest     TEXT NOT NULL,
  name       TEXT NOT NULL,
  release_id TEXT NOT NULL REFERENCES update_releases (id),
  state      TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE update_deliveries (
  campaign_id TEXT NOT NULL REFERENCES update_campaigns (id),
  vin         TEXT NOT NULL,
  state       TEXT NOT NULL,
  attack      TEXT NOT NULL,
  detail      TEXT NOT NULL,
  bytes       BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (campaign_id, vin)
);
CREATE INDEX update_deliveries_vin ON update_deliveries (vin);
CREATE INDEX update_deliveries_state ON update_deliveries (campaign_id, state);

CREATE TABLE update_cars (
  vin       TEXT PRIMARY KEY,
  counter   BIGINT NOT NULL,
  digest    TEXT NOT NULL,
  installed TEXT NOT NULL,
  attack    TEXT NOT NULL,
  detail    TEXT NOT NULL,
  seen_at   BIGINT NOT NULL
);

CREATE TABLE update_metadata (
  repo    TEXT NOT NULL,
  vin     TEXT NOT NULL,
  role    TEXT NOT NULL,
  version BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  body    BYTEA NOT NULL,
  PRIMARY KEY (repo, vin, role, version)
);

-- +goose Down
DROP TABLE update_metadata;
DROP TABLE update_cars;
DROP TABLE update_deliveries;
DROP TABLE update_campaigns;
DROP TABLE update_releases;
DROP TABLE update_images;

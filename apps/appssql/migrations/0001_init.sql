-- +goose Up
CREATE TABLE apps_developers (
  partner    TEXT PRIMARY KEY,
  public_key BYTEA NOT NULL,
  set_at     BIGINT NOT NULL
);

CREATE TABLE apps_versions (
  id         TEXT PRIMARY KEY,
  digest     TEXT NOT NULL,
  app        TEXT NOT NULL,
  version    TEXT NOT NULL,
  partner    TEXT NOT NULL,
  name       TEXT NOT NULL,
  category   TEXT NOT NULL,
  products   TEXT NOT NULL,
  state      TEXT NOT NULL,
  reviewer   TEXT NOT NULL,
  reason     TEXT NOT NULL,
  package    TEXT NOT NULL,
  size       BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  UNIQUE (app, version)
);
CREATE INDEX apps_versions_state ON apps_versions (state, app, at);

-- +goose Down
DROP TABLE apps_versions;
DROP TABLE apps_developers;

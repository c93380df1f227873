-- +goose Up
-- Identifications of regulated software, separated by a space; empty: none is declared.
ALTER TABLE update_releases ADD COLUMN rxswin TEXT NOT NULL DEFAULT '';

-- Signed documents that speak for a release. A document is named by its content.
CREATE TABLE update_evidence (
  release_id TEXT NOT NULL REFERENCES update_releases (id),
  sha256     TEXT NOT NULL,
  length     BIGINT NOT NULL,
  added_at   BIGINT NOT NULL,
  body       BYTEA NOT NULL,
  PRIMARY KEY (release_id, sha256)
);

-- +goose Down
DROP TABLE update_evidence;
ALTER TABLE update_releases DROP COLUMN rxswin;

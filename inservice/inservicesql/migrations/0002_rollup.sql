-- +goose Up
-- What the reports of a day sum to, by version and country: kept with every report, so that a question reads days and not reports.
-- A shard is a part of the cars; without it all cars of a day would write one row.
CREATE TABLE inservice_day (
  day         TEXT   NOT NULL,
  software    TEXT   NOT NULL,
  swin        TEXT   NOT NULL,
  country     TEXT   NOT NULL,
  shard       BIGINT NOT NULL,
  cars        BIGINT NOT NULL,
  active      BIGINT NOT NULL,
  unavailable BIGINT NOT NULL,
  manual      BIGINT NOT NULL,
  PRIMARY KEY (day, software, swin, country, shard)
);

CREATE TABLE inservice_day_kind (
  day      TEXT   NOT NULL,
  software TEXT   NOT NULL,
  swin     TEXT   NOT NULL,
  country  TEXT   NOT NULL,
  shard    BIGINT NOT NULL,
  kind     TEXT   NOT NULL,
  n        BIGINT NOT NULL,
  PRIMARY KEY (day, software, swin, country, shard, kind)
);

-- The reports that are there did not say in which country they were driven. Their shard is one of its own.
INSERT INTO inservice_day (day, software, swin, country, shard, cars, active, unavailable, manual)
  SELECT day, software, swin, '', -1, COUNT(DISTINCT vin), CAST(SUM(active) AS BIGINT), CAST(SUM(unavailable) AS BIGINT), CAST(SUM(manual) AS BIGINT)
  FROM inservice_report GROUP BY day, software, swin;

INSERT INTO inservice_day_kind (day, software, swin, country, shard, kind, n)
  SELECT r.day, r.software, r.swin, '', -1, e.kind, COUNT(*)
  FROM inservice_report r JOIN inservice_event e ON e.vin = r.vin AND e.seq = r.seq GROUP BY r.day, r.software, r.swin, e.kind;

ALTER TABLE inservice_report ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE inservice_event ADD COLUMN country TEXT NOT NULL DEFAULT '';
DROP INDEX inservice_report_day;
DROP INDEX inservice_event_day;
CREATE INDEX inservice_report_day ON inservice_report (day, vin);

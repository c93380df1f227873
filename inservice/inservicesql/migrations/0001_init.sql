-- +goose Up
CREATE TABLE inservice_report (
  vin         TEXT   NOT NULL,
  seq         BIGINT NOT NULL,
  day         TEXT   NOT NULL,
  software    TEXT   NOT NULL,
  swin        TEXT   NOT NULL,
  active      BIGINT NOT NULL,
  unavailable BIGINT NOT NULL,
  manual      BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  digest      TEXT   NOT NULL,
  doc         TEXT   NOT NULL,
  PRIMARY KEY (vin, seq)
);
CREATE INDEX inservice_report_day ON inservice_report (day, software);

CREATE TABLE inservice_event (
  vin       TEXT   NOT NULL,
  seq       BIGINT NOT NULL,
  n         BIGINT NOT NULL,
  at_ms     BIGINT NOT NULL,
  day       TEXT   NOT NULL,
  software  TEXT   NOT NULL,
  kind      TEXT   NOT NULL,
  reason    TEXT   NOT NULL,
  initiator TEXT   NOT NULL,
  road      TEXT   NOT NULL,
  PRIMARY KEY (vin, seq, n)
);
CREATE INDEX inservice_event_time ON inservice_event (at_ms, vin, seq, n);
CREATE INDEX inservice_event_day ON inservice_event (day, software, kind);

CREATE TABLE inservice_difference (
  vin       TEXT   NOT NULL,
  seq       BIGINT NOT NULL,
  n         BIGINT NOT NULL,
  at_ms     BIGINT NOT NULL,
  software  TEXT   NOT NULL,
  doc       TEXT   NOT NULL,
  PRIMARY KEY (vin, seq, n)
);
CREATE INDEX inservice_difference_time ON inservice_difference (at_ms);

CREATE TABLE inservice_limits (
  id    TEXT   NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  doc   TEXT   NOT NULL
);

CREATE TABLE inservice_stop (
  campaign TEXT   NOT NULL,
  kind     TEXT   NOT NULL,
  at_ms    BIGINT NOT NULL,
  doc      TEXT   NOT NULL,
  PRIMARY KEY (campaign, kind)
);

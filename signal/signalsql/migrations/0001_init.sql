-- +goose Up

-- A frame as the car sent it. (vin, seq) is what makes it one.
CREATE TABLE signal_frame (
	vin       TEXT NOT NULL,
	seq       BIGINT NOT NULL,
	base_at   BIGINT NOT NULL,
	stored_at BIGINT NOT NULL,
	data      BYTEA NOT NULL,
	PRIMARY KEY (vin, seq)
);

-- One row per car, so that a frame costs one row here and not one per signal. latest: {"signal id": [at µs, seq, raw]}.
CREATE TABLE signal_car (
	vin        TEXT NOT NULL PRIMARY KEY,
	sent       BIGINT NOT NULL,
	received   BIGINT NOT NULL,
	duplicates BIGINT NOT NULL,
	latest     TEXT NOT NULL
);

CREATE TABLE signal_day (
	vin         TEXT NOT NULL,
	day         TEXT NOT NULL,
	odo_low     BIGINT,
	odo_high    BIGINT,
	energy_low  BIGINT,
	energy_high BIGINT,
	samples     BIGINT NOT NULL,
	frames      BIGINT NOT NULL,
	bytes       BIGINT NOT NULL,
	PRIMARY KEY (vin, day)
);
CREATE INDEX signal_day_by_day ON signal_day (day, vin);

-- +goose Down
DROP TABLE signal_day;
DROP TABLE signal_car;
DROP TABLE signal_frame;

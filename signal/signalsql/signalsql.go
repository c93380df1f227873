// Package signalsql keeps telemetry in SQL.
package signalsql

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/signal"
	"roadbook/vin"
	"roadbook/wire/frame"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the goose files of the signal tables.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is a signal.Store.
type Store struct{ db *sqldb.DB }

// New returns the store over a database that has the Migrations.
func New(db *sqldb.DB) *Store { return &Store{db} }

type dayKey struct {
	v vin.VIN
	d period.Date
}

// Roll stores a batch in one transaction: an insert per frame, then a read and a write per car and per day.
func (s *Store) Roll(ctx context.Context, frames []signal.Frame, at time.Time) error {
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		cars, days := map[vin.VIN]*signal.Car{}, map[dayKey]*signal.Day{}
		for _, f := range frames {
			c := cars[f.VIN]
			if c == nil {
				known, err := readCar(ctx, tx, f.VIN)
				if err != nil {
					return err
				}
				c = &known
				cars[f.VIN] = c
			}
			fresh, err := insert(ctx, tx, f, at)
			if err != nil {
				return err
			}
			c.Take(f, fresh)
			if !fresh {
				continue
			}
			for date, part := range f.Days() {
				k := dayKey{f.VIN, date}
				if days[k] == nil {
					days[k] = &signal.Day{VIN: f.VIN, Date: date}
				}
				days[k].Merge(*part)
			}
		}
		return write(ctx, tx, cars, days)
	})
}

func insert(ctx context.Context, tx *sqldb.Tx, f signal.Frame, at time.Time) (fresh bool, err error) {
	res, err := tx.Exec(ctx, `INSERT INTO signal_frame (vin, seq, base_at, stored_at, data) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (vin, seq) DO NOTHING`, string(f.VIN), int64(f.Seq), f.Base.UnixMicro(), at.UnixMicro(), f.Bytes) //nolint:gosec // Seq ≤ MaxInt64
	if err != nil {
		return false, fmt.Errorf("store frame %s:%d: %w", f.VIN, f.Seq, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// write brings cars and days up to date, in one order everywhere.
func write(ctx context.Context, tx *sqldb.Tx, cars map[vin.VIN]*signal.Car, days map[dayKey]*signal.Day) error {
	for _, v := range slices.Sorted(maps.Keys(cars)) {
		c := cars[v]
		latest, err := encodeLatest(c.Latest)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO signal_car (vin, sent, received, duplicates, latest) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (vin) DO UPDATE SET sent = excluded.sent, received = excluded.received, duplicates = excluded.duplicates, latest = excluded.latest`,
			string(v), int64(c.Sent), c.Received, c.Duplicates, latest); err != nil { //nolint:gosec // Seq ≤ MaxInt64
			return fmt.Errorf("roll up %s: %w", v, err)
		}
	}
	order := slices.SortedFunc(maps.Keys(days), func(a, b dayKey) int { return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.d, b.d)) })
	for _, k := range order {
		d, err := readDay(tx.QueryRow(ctx, dayColumns+` FROM signal_day WHERE vin = $1 AND day = $2`, string(k.v), string(k.d)))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("roll up %s %s: %w", k.v, k.d, err)
		}
		d.Merge(*days[k])
		if _, err := tx.Exec(ctx, `INSERT INTO signal_day (vin, day, odo_low, odo_high, energy_low, energy_high, samples, frames, bytes)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (vin, day) DO UPDATE SET odo_low = excluded.odo_low, odo_high = excluded.odo_high, energy_low = excluded.energy_low,
				energy_high = excluded.energy_high, samples = excluded.samples, frames = excluded.frames, bytes = excluded.bytes`,
			string(k.v), string(k.d), null(d.Odometer.Low, d.Odometer), null(d.Odometer.High, d.Odometer), null(d.Energy.Low, d.Energy), null(d.Energy.High, d.Energy),
			d.Samples, d.Frames, d.Bytes); err != nil {
			return fmt.Errorf("roll up %s %s: %w", k.v, k.d, err)
		}
	}
	return nil
}

func null(n int64, s signal.Span) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: s.Known} }

// Car reads what is known of a car.
func (s *Store) Car(ctx context.Context, v vin.VIN) (signal.Car, error) {
	return readCar(ctx, s.db.Read(), v)
}

func readCar(ctx context.Context, q sqldb.Querier, v vin.VIN) (signal.Car, error) {
	c := signal.Car{VIN: v, Latest: map[frame.ID]signal.Sample{}}
	var sent int64
	var latest string
	err := q.QueryRow(ctx, `SELECT sent, received, duplicates, latest FROM signal_car WHERE vin = $1`, string(v)).
		Scan(&sent, &c.Received, &c.Duplicates, &latest)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("telemetry of %s: %w", v, err)
	}
	c.Sent = uint64(sent) //nolint:gosec // written from a uint64 ≤ MaxInt64
	return c, decodeLatest(latest, c.Latest)
}

func encodeLatest(m map[frame.ID]signal.Sample) (string, error) {
	out := make(map[frame.ID][3]int64, len(m))
	for id, s := range m {
		out[id] = [3]int64{s.At.UnixMicro(), int64(s.Seq), s.Raw} //nolint:gosec // Seq ≤ MaxInt64
	}
	b, err := json.Marshal(out)
	return string(b), err
}

func decodeLatest(text string, into map[frame.ID]signal.Sample) error {
	var rows map[frame.ID][3]int64
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return fmt.Errorf("latest values: %w", err)
	}
	for id, r := range rows {
		into[id] = signal.Sample{At: time.UnixMicro(r[0]).UTC(), Seq: uint64(r[1]), Raw: r[2]} //nolint:gosec // written from a uint64
	}
	return nil
}

// Stored counts rows; gaps are looked for only when the count says that there are some.
func (s *Store) Stored(ctx context.Context, v vin.VIN, sent uint64, limit int) (int64, []signal.Gap, error) {
	var n int64
	if err := s.db.Read().QueryRow(ctx, `SELECT COUNT(*) FROM signal_frame WHERE vin = $1`, string(v)).Scan(&n); err != nil {
		return 0, nil, fmt.Errorf("count frames of %s: %w", v, err)
	}
	if uint64(n) >= sent { //nolint:gosec // a count
		return n, nil, nil
	}
	rows, err := s.db.Read().Query(ctx, `SELECT before + 1, seq - 1 FROM (
			SELECT seq, LAG(seq, 1, 0) OVER (ORDER BY seq) AS before FROM signal_frame WHERE vin = $1
		) AS pairs WHERE seq > before + 1 ORDER BY seq LIMIT $2`, string(v), limit)
	if err != nil {
		return n, nil, fmt.Errorf("gaps of %s: %w", v, err)
	}
	defer rows.Close()
	var gaps []signal.Gap
	for rows.Next() {
		var g signal.Gap
		if err := rows.Scan(&g.From, &g.To); err != nil {
			return n, nil, err
		}
		gaps = append(gaps, g)
	}
	return n, gaps, rows.Err()
}

const dayColumns = `SELECT vin, day, odo_low, odo_high, energy_low, energy_high, samples, frames, bytes`

func readDay(row interface{ Scan(...any) error }) (signal.Day, error) {
	var d signal.Day
	var v, date string
	var ol, oh, el, eh sql.NullInt64
	err := row.Scan(&v, &date, &ol, &oh, &el, &eh, &d.Samples, &d.Frames, &d.Bytes)
	d.VIN, d.Date = vin.VIN(v), period.Date(date)
	d.Odometer = signal.Span{Low: ol.Int64, High: oh.Int64, Known: oh.Valid}
	d.Energy = signal.Span{Low: el.Int64, High: eh.Int64, Known: eh.Valid}
	return d, err
}

// Days lists the days after a date, with the last one up to it on which the odometer was known.
func (s *Store) Days(ctx context.Context, v vin.VIN, after period.Date, limit int) ([]signal.Day, error) {
	rows, err := s.db.Read().Query(ctx, dayColumns+` FROM signal_day WHERE vin = $1 AND (day > $2 OR day =
			(SELECT MAX(day) FROM signal_day WHERE vin = $1 AND day <= $2 AND odo_high IS NOT NULL))
		ORDER BY day LIMIT $3`, string(v), string(after), limit+1)
	if err != nil {
		return nil, fmt.Errorf("days of %s: %w", v, err)
	}
	defer rows.Close()
	var out []signal.Day
	for rows.Next() {
		d, err := readDay(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	if len(out) > limit && out[0].Date > after { // none before: one too many
		out = out[:limit]
	}
	return out, rows.Err()
}

// Bytes sums per car.
func (s *Store) Bytes(ctx context.Context, span period.Span) (map[vin.VIN]int64, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT vin, CAST(SUM(bytes) AS BIGINT) FROM signal_day WHERE day >= $1 AND day < $2 GROUP BY vin`,
		string(span.From), string(span.To))
	if err != nil {
		return nil, fmt.Errorf("bytes: %w", err)
	}
	defer rows.Close()
	out := map[vin.VIN]int64{}
	for rows.Next() {
		var v string
		var n int64
		if err := rows.Scan(&v, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			out[vin.VIN(v)] = n
		}
	}
	return out, rows.Err()
}

// Totals sums the fleet's rows, one per car, and not its frames: it is asked for every second.
func (s *Store) Totals(ctx context.Context) (signal.Totals, error) {
	var t signal.Totals
	if err := s.db.Read().QueryRow(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(received), 0) AS BIGINT) FROM signal_car`).Scan(&t.Cars, &t.Frames); err != nil {
		return t, fmt.Errorf("totals: %w", err)
	}
	return t, nil
}

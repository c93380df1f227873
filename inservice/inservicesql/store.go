// Package inservicesql keeps the reports of the fleet's pilots in SQL.
package inservicesql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/inservice"
	"roadbook/period"
	"roadbook/platform/sqldb"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the domain's goose files.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store is inservice's Store.
type Store struct{ db *sqldb.DB }

// New returns the store on a migrated database.
func New(db *sqldb.DB) *Store { return &Store{db} }

// shards are the rows among which the cars of a day share each sum: PostgreSQL refuses one of two transactions that change one row
// at once. SQLite has one writer, and one row does.
const shards = 16

func (s *Store) shard(v vin.VIN) int64 {
	if s.db.Exclusive() {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(v)) // a hash never fails
	return int64(h.Sum32() % shards)
}

// Add keeps a report, its events and its differences, and adds it to its day's sums.
func (s *Store) Add(ctx context.Context, r inservice.Record, digest string, e inservice.Reported) error {
	if r.Report.Seq > math.MaxInt64 {
		return fault.New(fault.Invalid, "pilot_report", "sequence number %d is beyond any car's", r.Report.Seq).At("/seq")
	}
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var was string
		err := tx.QueryRow(ctx, `SELECT digest FROM inservice_report WHERE vin = $1 AND seq = $2`, string(r.VIN), int64(r.Report.Seq)).Scan(&was)
		switch {
		case err == nil && was == digest:
			return nil
		case err == nil:
			return fault.New(fault.Conflict, "idempotency_mismatch", "report %d of %s is there with another content", r.Report.Seq, r.VIN)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		p := r.Report
		doc, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if err := s.rollUp(ctx, tx, r); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO inservice_report (vin, seq, day, software, swin, country, active, unavailable, manual, received_ms, digest, doc)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, string(r.VIN), int64(p.Seq), p.Day, p.Software, p.SWIN, p.Country, p.Active,
			p.Unavailable, p.Manual, r.ReceivedAt.UnixMilli(), digest, string(doc)); err != nil {
			return err
		}
		for n, ev := range p.Events {
			if _, err := tx.Exec(ctx, `INSERT INTO inservice_event (vin, seq, n, at_ms, day, software, country, kind, reason, initiator, road)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, string(r.VIN), int64(p.Seq), n, ev.At.UnixMilli(), p.Day, p.Software, p.Country,
				string(ev.Kind), ev.Reason, string(ev.Initiator), ev.Road); err != nil {
				return err
			}
		}
		for n, d := range p.Differences {
			doc, err := json.Marshal(inservice.Difference{VIN: r.VIN, At: d.At, Seconds: float64(d.Ticks) / 100, Accel: d.Accel, Steer: d.Steer, Mode: d.Mode,
				Software: p.Software, Candidate: d.Candidate, Inputs: hex.EncodeToString(d.Inputs)})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO inservice_difference (vin, seq, n, at_ms, software, doc) VALUES ($1, $2, $3, $4, $5, $6)`,
				string(r.VIN), int64(p.Seq), n, d.At.UnixMilli(), p.Software, string(doc)); err != nil {
				return err
			}
		}
		return tx.Emit(ctx, "inservice.Reported", string(r.VIN), r.ReceivedAt, e)
	})
}

// rollUp adds a report that is not there yet to its day's sums.
func (s *Store) rollUp(ctx context.Context, tx *sqldb.Tx, r inservice.Record) error {
	p := r.Report
	key := []any{p.Day, p.Software, p.SWIN, p.Country, s.shard(r.VIN)}
	var had int64 // the car counts once, however many of its reports tell of the day
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM inservice_report WHERE vin = $1 AND day = $2 AND software = $3 AND swin = $4 AND country = $5`,
		string(r.VIN), p.Day, p.Software, p.SWIN, p.Country).Scan(&had); err != nil {
		return err
	}
	cars := 1 - min(had, 1)
	if _, err := tx.Exec(ctx, `INSERT INTO inservice_day (day, software, swin, country, shard, cars, active, unavailable, manual) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (day, software, swin, country, shard) DO UPDATE SET cars = inservice_day.cars + excluded.cars, active = inservice_day.active + excluded.active,
		unavailable = inservice_day.unavailable + excluded.unavailable, manual = inservice_day.manual + excluded.manual`,
		append(key, cars, p.Active, p.Unavailable, p.Manual)...); err != nil {
		return err
	}
	counts := map[pilotlog.Kind]int64{}
	for _, e := range p.Events {
		counts[e.Kind]++
	}
	for _, k := range pilotlog.Kinds { // in one order everywhere
		if counts[k] == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO inservice_day_kind (day, software, swin, country, shard, kind, n) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (day, software, swin, country, shard, kind) DO UPDATE SET n = inservice_day_kind.n + excluded.n`,
			append(key, string(k), counts[k])...); err != nil {
			return err
		}
	}
	return nil
}

// Days reads the sums of the span.
func (s *Store) Days(ctx context.Context, span period.Span) ([]inservice.Day, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT day, software, swin, country, '' AS kind, CAST(SUM(cars) AS BIGINT), CAST(SUM(active) AS BIGINT), CAST(SUM(unavailable) AS BIGINT), CAST(SUM(manual) AS BIGINT)
		FROM inservice_day WHERE day >= $1 AND day < $2 GROUP BY day, software, swin, country
		UNION ALL SELECT day, software, swin, country, kind, CAST(SUM(n) AS BIGINT), 0, 0, 0
		FROM inservice_day_kind WHERE day >= $1 AND day < $2 GROUP BY day, software, swin, country, kind
		ORDER BY 1, 2, 3, 4, 5`, string(span.From), string(span.To))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []inservice.Day
	for rows.Next() {
		d := inservice.Day{Counts: map[pilotlog.Kind]int64{}}
		var kind pilotlog.Kind
		if err := rows.Scan(&d.Day, &d.Software, &d.SWIN, &d.Country, &kind, &d.Cars, &d.Active, &d.Unavailable, &d.Manual); err != nil {
			return nil, err
		}
		if kind == "" {
			out = append(out, d)
		} else { // of the day before it
			out[len(out)-1].Counts[kind] = d.Cars
		}
	}
	return out, rows.Err()
}

// where builds the condition of an event query.
type where struct {
	sql  []string
	args []any
}

func (w *where) add(cond string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(w.args)), 1)
	}
	w.sql = append(w.sql, cond)
}

func conditions(q inservice.EventQuery) *where {
	w := &where{sql: []string{"1 = 1"}}
	if q.VIN != "" {
		w.add("vin = ?", string(q.VIN))
	}
	if q.Software != "" {
		w.add("software = ?", q.Software)
	}
	if q.Span.From != "" {
		w.add("at_ms >= ?", q.Span.From.Time().UnixMilli())
	}
	if q.Span.To != "" {
		w.add("at_ms < ?", q.Span.To.Time().UnixMilli())
	}
	if !q.Before.IsZero() {
		w.add("at_ms < ?", q.Before.UnixMilli())
	}
	return w
}

func (w *where) tail(q inservice.EventQuery) string {
	order := "DESC"
	if q.Oldest {
		order = "ASC"
	}
	w.args = append(w.args, q.Limit)
	return strings.Join(w.sql, " AND ") + fmt.Sprintf(" ORDER BY at_ms %s, vin %s, seq %s, n %s LIMIT $%d", order, order, order, order, len(w.args))
}

// Events lists events.
func (s *Store) Events(ctx context.Context, q inservice.EventQuery) ([]inservice.Event, error) {
	w := conditions(q)
	if q.Country != "" {
		w.add("country = ?", q.Country)
	}
	if len(q.Kinds) > 0 {
		marks := make([]string, len(q.Kinds))
		args := make([]any, len(q.Kinds))
		for i, k := range q.Kinds {
			marks[i], args[i] = "?", string(k)
		}
		w.add("kind IN ("+strings.Join(marks, ", ")+")", args...)
	}
	rows, err := s.db.Read().Query(ctx, `SELECT vin, seq, n, at_ms, software, country, kind, reason, initiator, road FROM inservice_event WHERE `+w.tail(q), w.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []inservice.Event{}
	for rows.Next() {
		var e inservice.Event
		var ms, seq int64
		if err := rows.Scan(&e.VIN, &seq, &e.N, &ms, &e.Software, &e.Country, &e.Kind, &e.Reason, &e.Initiator, &e.Road); err != nil {
			return nil, err
		}
		e.At, e.Seq = time.UnixMilli(ms).UTC(), uint64(seq)
		out = append(out, e)
	}
	return out, rows.Err()
}

// Differences lists what shadow mode found.
func (s *Store) Differences(ctx context.Context, q inservice.EventQuery) ([]inservice.Difference, error) {
	w := conditions(q)
	return docs[inservice.Difference](ctx, s.db.Read(), `SELECT doc FROM inservice_difference WHERE `+w.tail(q), w.args...)
}

// Mileage sums metres by car and month.
func (s *Store) Mileage(ctx context.Context, span period.Span, country string) ([]inservice.Mileage, error) {
	rows, err := s.db.Read().Query(ctx, `SELECT vin, SUBSTR(day, 1, 7) AS month, CAST(SUM(active) AS BIGINT) FROM inservice_report WHERE day >= $1 AND day < $2 AND country = $3
		GROUP BY vin, SUBSTR(day, 1, 7) ORDER BY vin, month`, string(span.From), string(span.To), country)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []inservice.Mileage
	for rows.Next() {
		var m inservice.Mileage
		if err := rows.Scan((*string)(&m.VIN), (*string)(&m.Month), &m.Meters); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// AddLimits keeps limits; the same id again is the one that is there.
func (s *Store) AddLimits(ctx context.Context, l inservice.Limits) (out inservice.Limits, err error) {
	doc, err := json.Marshal(l)
	if err != nil {
		return l, err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO inservice_limits (id, at_ms, doc) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, l.ID, l.At.UnixMilli(), string(doc)); err != nil {
			return err
		}
		var stored string
		if err := tx.QueryRow(ctx, `SELECT doc FROM inservice_limits WHERE id = $1`, l.ID).Scan(&stored); err != nil {
			return err
		}
		out = inservice.Limits{}
		if err := json.Unmarshal([]byte(stored), &out); err != nil {
			return err
		}
		now := l
		now.At = out.At
		if a, err := json.Marshal(now); err != nil || string(a) != stored {
			return errors.Join(err, fault.New(fault.Conflict, "idempotency_mismatch", "%s is there with another content", l.ID))
		}
		return nil
	})
	return out, err
}

// Limits returns the newest.
func (s *Store) Limits(ctx context.Context) (inservice.Limits, error) {
	ls, err := docs[inservice.Limits](ctx, s.db.Read(), `SELECT doc FROM inservice_limits ORDER BY at_ms DESC, id DESC LIMIT 1`)
	if err != nil {
		return inservice.Limits{}, err
	}
	if len(ls) == 0 {
		return inservice.Limits{}, fault.New(fault.NotFound, "limits_unknown", "no limits were set")
	}
	return ls[0], nil
}

// AddStop records a stop once per campaign and kind.
func (s *Store) AddStop(ctx context.Context, st inservice.Stop) (isNew bool, err error) {
	doc, err := json.Marshal(st)
	if err != nil {
		return false, err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		r, err := tx.Exec(ctx, `INSERT INTO inservice_stop (campaign, kind, at_ms, doc) VALUES ($1, $2, $3, $4) ON CONFLICT (campaign, kind) DO NOTHING`,
			st.Campaign, string(st.Kind), st.At.UnixMilli(), string(doc))
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		isNew = n == 1
		return err
	})
	return isNew, err
}

// Stops lists stops, newest first.
func (s *Store) Stops(ctx context.Context, limit int) ([]inservice.Stop, error) {
	return docs[inservice.Stop](ctx, s.db.Read(), `SELECT doc FROM inservice_stop ORDER BY at_ms DESC, campaign, kind LIMIT $1`, limit)
}

// StopsOf lists all of one campaign.
func (s *Store) StopsOf(ctx context.Context, campaign string) ([]inservice.Stop, error) {
	return docs[inservice.Stop](ctx, s.db.Read(), `SELECT doc FROM inservice_stop WHERE campaign = $1 ORDER BY at_ms, kind`, campaign)
}

func docs[T any](ctx context.Context, q sqldb.Querier, query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		var doc string
		var v T
		if err := rows.Scan(&doc); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			return nil, fmt.Errorf("stored document: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

var _ inservice.Store = (*Store)(nil)

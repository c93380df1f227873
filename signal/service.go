package signal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/frame"
)

// Limits of answers.
const (
	MaxGaps = 100
	MaxDays = 100
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Log holds what was appended until it is rolled up.
type Log interface {
	// Append returns when the record is durably held; the same id again may be dropped.
	Append(ctx context.Context, key, id string, record []byte) error
	// Settle returns when all that was appended before the call has been handed to Roll and taken.
	Settle(ctx context.Context) error
}

// Store keeps frames and what is made of them.
type Store interface {
	// Roll stores the frames that it does not have, and with them, in the same transaction, brings cars and days up to date.
	Roll(ctx context.Context, frames []Frame, at time.Time) error
	// Car returns what is known; a car that never sent is the zero Car with its VIN.
	Car(ctx context.Context, v vin.VIN) (Car, error)
	// Stored counts the car's stored frames, and lists up to limit gaps between 1 and sent.
	Stored(ctx context.Context, v vin.VIN, sent uint64, limit int) (int64, []Gap, error)
	// Days lists up to limit days after a date, in order, with the last known one up to that date before them if there is one.
	Days(ctx context.Context, v vin.VIN, after period.Date, limit int) ([]Day, error)
	// Bytes sums the bytes of frames per car over a span of days.
	Bytes(ctx context.Context, s period.Span) (map[vin.VIN]int64, error)
	Totals(ctx context.Context) (Totals, error)
}

// Service takes telemetry in and answers for it. It is safe for concurrent use.
type Service struct {
	store      Store
	log        Log
	clock      Clock
	unreadable atomic.Int64
}

// New returns the service.
func New(store Store, log Log, clock Clock) *Service {
	return &Service{store: store, log: log, clock: clock}
}

// Ingest checks a frame and returns when the log holds it. A frame that is none is refused as Invalid: it will never be taken.
func (s *Service) Ingest(ctx context.Context, v vin.VIN, payload []byte) error {
	f, err := frame.Decode(payload)
	if err != nil {
		return err
	}
	if f.Seq > math.MaxInt64 {
		return fault.New(fault.Invalid, "frame_seq", "frame number %d is beyond what any car will count to", f.Seq)
	}
	if err := s.log.Append(ctx, string(v), fmt.Sprintf("%s:%d", v, f.Seq), payload); err != nil {
		return fault.New(fault.Unavailable, "log", "the frame is not held: %v", err)
	}
	return nil
}

// Record is what the log gives back: the key and the bytes of an Append.
type Record struct {
	VIN  vin.VIN
	Data []byte
}

// Roll takes records out of the log. The same record again has no second effect. A record that cannot be read is counted
// and passed over: it would stand in the way of all others for ever.
func (s *Service) Roll(ctx context.Context, records []Record) error {
	frames := make([]Frame, 0, len(records))
	for _, r := range records {
		f, err := frame.Decode(r.Data)
		if err != nil || f.Seq > math.MaxInt64 {
			s.unreadable.Add(1)
			continue
		}
		frames = append(frames, Frame{VIN: r.VIN, Frame: f, Bytes: r.Data})
	}
	if len(frames) == 0 {
		return nil
	}
	// In one order everywhere: replicas then wait for each other and do not lock each other out.
	slices.SortStableFunc(frames, func(a, b Frame) int {
		if a.VIN != b.VIN {
			if a.VIN < b.VIN {
				return -1
			}
			return 1
		}
		return 0
	})
	return s.store.Roll(ctx, frames, s.clock.Now())
}

// Unreadable counts records that Roll passed over since the start. Ingest lets none in.
func (s *Service) Unreadable() int64 { return s.unreadable.Load() }

// Settle returns when everything that was ingested before the call is rolled up.
func (s *Service) Settle(ctx context.Context) error { return s.log.Settle(ctx) }

// Counts tells whether what the car sent is what is stored.
func (s *Service) Counts(ctx context.Context, v vin.VIN) (Counts, error) {
	c, err := s.store.Car(ctx, v)
	if err != nil {
		return Counts{}, err
	}
	out := Counts{Sent: c.Sent, Received: c.Received, Duplicates: c.Duplicates}
	out.Stored, out.Gaps, err = s.store.Stored(ctx, v, c.Sent, MaxGaps)
	return out, err
}

// Reading is the latest value of a signal.
type Reading struct {
	Signal frame.Signal
	Value  float64
	At     time.Time
}

// Latest lists the latest reading of each signal, in the catalogue's order. Signals of a newer catalogue are left out.
func (s *Service) Latest(ctx context.Context, v vin.VIN) ([]Reading, error) {
	c, err := s.store.Car(ctx, v)
	if err != nil {
		return nil, err
	}
	var out []Reading
	for _, sig := range frame.Signals() {
		if l, ok := c.Latest[sig.ID]; ok {
			out = append(out, Reading{sig, sig.Value(l.Raw), l.At})
		}
	}
	return out, nil
}

// Odometer is how far the car has come, in metres; 0 when it never said.
func (s *Service) Odometer(ctx context.Context, v vin.VIN) (int64, error) {
	c, err := s.store.Car(ctx, v)
	return c.Latest[frame.TraveledDistance].Raw, err
}

// Driven is one day of a car.
type Driven struct {
	Date    period.Date
	Meters  int64
	Wh      int64
	Samples int64
	Frames  int64
	Bytes   int64
}

// Days lists up to limit days after a date, in order. A day's distance runs from where the day before ended.
func (s *Service) Days(ctx context.Context, v vin.VIN, after period.Date, limit int) ([]Driven, error) {
	if limit < 1 || limit > MaxDays {
		return nil, fault.New(fault.Invalid, "limit", "limit %d is not between 1 and %d", limit, MaxDays).At("/limit")
	}
	days, err := s.store.Days(ctx, v, after, limit)
	if err != nil {
		return nil, err
	}
	var out []Driven
	var before Day
	for _, d := range days {
		if d.Date > after {
			out = append(out, Driven{d.Date, d.Odometer.Since(before.Odometer), d.Energy.Since(before.Energy), d.Samples, d.Frames, d.Bytes})
		}
		if d.Odometer.Known {
			before.Odometer = d.Odometer
		}
		if d.Energy.Known {
			before.Energy = d.Energy
		}
	}
	return out, nil
}

// MonthBytes sums the bytes of the month's frames per car: what the carrier charges for.
func (s *Service) MonthBytes(ctx context.Context, m period.Month) (map[vin.VIN]int64, error) {
	return s.store.Bytes(ctx, m.Span())
}

// Totals counts the whole fleet.
func (s *Service) Totals(ctx context.Context) (Totals, error) { return s.store.Totals(ctx) }

// Package signaltest builds frames and holds the suite that every signal.Store passes.
package signaltest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/period"
	"roadbook/signal"
	"roadbook/vin"
	"roadbook/wire/frame"
)

// VIN returns the VIN of the n-th car.
func VIN(n int) vin.VIN {
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', n)
	if err != nil {
		panic(err)
	}
	return v
}

// Start is the base of the first frame.
var Start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// Frame returns a car's frame that says where the odometer stands, in metres, at the instant.
func Frame(v vin.VIN, seq uint64, at time.Time, odometer int64) signal.Frame {
	f := frame.Frame{Catalogue: frame.Catalogue, Seq: seq, Base: at, Columns: []frame.Column{
		{Signal: frame.TraveledDistance, Points: []frame.Point{{Offset: 0, Raw: odometer}}},
		{Signal: frame.AccumulatedEnergy, Points: []frame.Point{{Offset: 0, Raw: odometer / 5}}},
	}}
	b, err := frame.Encode(f)
	if err != nil {
		panic(err)
	}
	return signal.Frame{VIN: v, Frame: f, Bytes: b}
}

// Log is a signal.Log in memory. Records wait until Settle hands them to Roll, some of them twice.
type Log struct {
	mu      sync.Mutex
	records []signal.Record
	Roll    func(ctx context.Context, records []signal.Record) error
	Fail    error // returned by Append
}

// Append holds the record.
func (l *Log) Append(_ context.Context, key, _ string, record []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Fail != nil {
		return l.Fail
	}
	l.records = append(l.records, signal.Record{VIN: vin.VIN(key), Data: record})
	return nil
}

// Settle hands on what waits; the last record of each batch comes again, as after a lost acknowledgement.
func (l *Log) Settle(ctx context.Context) error {
	l.mu.Lock()
	batch := l.records
	l.records = nil
	l.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	if err := l.Roll(ctx, batch); err != nil {
		return err
	}
	return l.Roll(ctx, batch[len(batch)-1:])
}

// Suite is what every store must do.
func Suite(t *testing.T, open func(t *testing.T) signal.Store) {
	day := func(n int) time.Time { return Start.AddDate(0, 0, n) }
	roll := func(t *testing.T, s signal.Store, frames ...signal.Frame) {
		t.Helper()
		if err := s.Roll(t.Context(), frames, Start); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("a frame counts once", func(t *testing.T) {
		s := open(t)
		v := VIN(1)
		f := Frame(v, 1, day(0), 1000)
		roll(t, s, f, f)
		roll(t, s, f, Frame(v, 2, day(0).Add(time.Hour), 5000))
		c, err := s.Car(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		if c.Sent != 2 || c.Received != 2 || c.Duplicates != 2 {
			t.Errorf("sent %d, received %d, duplicates %d", c.Sent, c.Received, c.Duplicates)
		}
		want := signal.Sample{At: day(0).Add(time.Hour), Seq: 2, Raw: 5000}
		if d := cmp.Diff(want, c.Latest[frame.TraveledDistance]); d != "" {
			t.Error(d)
		}
		days, err := s.Days(t.Context(), v, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(days) != 1 || days[0].Frames != 2 || days[0].Samples != 4 || days[0].Odometer != (signal.Span{Low: 1000, High: 5000, Known: true}) {
			t.Errorf("%+v", days)
		}
	})
	t.Run("the order of arrival does not matter", func(t *testing.T) {
		a, b := open(t), open(t)
		var frames []signal.Frame
		for n := range 12 {
			frames = append(frames, Frame(VIN(1+n%2), uint64(n/2+1), day(n/3), int64(n)*1000))
		}
		for _, f := range frames {
			roll(t, a, f)
		}
		slices.Reverse(frames)
		roll(t, b, frames...)
		for n := 1; n <= 2; n++ {
			for _, get := range []func(signal.Store) (any, error){
				func(s signal.Store) (any, error) { return s.Car(t.Context(), VIN(n)) },
				func(s signal.Store) (any, error) { return s.Days(t.Context(), VIN(n), "", 10) },
			} {
				x, err := get(a)
				if err != nil {
					t.Fatal(err)
				}
				y, err := get(b)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(x, y); d != "" {
					t.Error(d)
				}
			}
		}
	})
	t.Run("what is missing has a name", func(t *testing.T) {
		s := open(t)
		v := VIN(1)
		for _, seq := range []uint64{3, 4, 7, 10} {
			roll(t, s, Frame(v, seq, day(0), 1))
		}
		n, gaps, err := s.Stored(t.Context(), v, 10, 10)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]signal.Gap{{From: 1, To: 2}, {From: 5, To: 6}, {From: 8, To: 9}}, gaps); n != 4 || d != "" {
			t.Errorf("%d stored; %s", n, d)
		}
		if _, gaps, err = s.Stored(t.Context(), v, 10, 1); err != nil || len(gaps) != 1 {
			t.Errorf("limited: %v %v", gaps, err)
		}
		if n, gaps, err = s.Stored(t.Context(), VIN(2), 0, 10); n != 0 || gaps != nil || err != nil {
			t.Errorf("a car that never sent: %d %v %v", n, gaps, err)
		}
	})
	t.Run("days page on with the one before", func(t *testing.T) {
		s := open(t)
		v := VIN(1)
		for n := range 5 {
			roll(t, s, Frame(v, uint64(n+1), day(n), int64(n)*1000))
		}
		for _, c := range []struct {
			reason string
			after  period.Date
			limit  int
			want   []period.Date
		}{
			{"from the beginning there is none before", "", 2, []period.Date{"2026-03-01", "2026-03-02"}},
			{"the cursor's own day is the one before", "2026-03-02", 2, []period.Date{"2026-03-02", "2026-03-03", "2026-03-04"}},
			{"to the end", "2026-03-04", 10, []period.Date{"2026-03-04", "2026-03-05"}},
			{"after the end only the last is left", "2027-01-01", 10, []period.Date{"2026-03-05"}},
		} {
			days, err := s.Days(t.Context(), v, c.after, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []period.Date
			for _, d := range days {
				got = append(got, d.Date)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s: %s", c.reason, d)
			}
		}
	})
	t.Run("bytes and totals", func(t *testing.T) {
		s := open(t)
		a, b, c := Frame(VIN(1), 1, day(0), 1), Frame(VIN(1), 2, day(30), 2), Frame(VIN(2), 1, day(31), 3)
		roll(t, s, a, b, c)
		got, err := s.Bytes(t.Context(), period.Month("2026-03").Span())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[vin.VIN]int64{VIN(1): int64(len(a.Bytes) + len(b.Bytes))}, got); d != "" {
			t.Error(d)
		}
		sum, err := s.Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := (signal.Totals{Cars: 2, Frames: 3}); sum != want {
			t.Errorf("%+v, want %+v", sum, want)
		}
	})
	t.Run("replicas at once", func(t *testing.T) {
		s := open(t)
		var wg sync.WaitGroup
		errs := make(chan error, 3)
		for range 3 { // each is given everything
			wg.Go(func() {
				for n := range 10 {
					if err := s.Roll(t.Context(), []signal.Frame{Frame(VIN(1), uint64(n+1), day(0), int64(n)), Frame(VIN(2), uint64(n+1), day(0), int64(n))}, Start); err != nil {
						errs <- err
						return
					}
				}
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			t.Fatal(err)
		}
		for n := 1; n <= 2; n++ {
			c, err := s.Car(t.Context(), VIN(n))
			if err != nil {
				t.Fatal(err)
			}
			stored, gaps, err := s.Stored(t.Context(), VIN(n), c.Sent, 10)
			if err != nil || c.Received != 10 || c.Duplicates != 20 || stored != 10 || gaps != nil {
				t.Errorf("received %d, duplicates %d, stored %d, gaps %v, %v", c.Received, c.Duplicates, stored, gaps, err)
			}
		}
	})
}

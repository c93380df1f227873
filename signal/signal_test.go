package signal_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/signal"
	"roadbook/signal/signaltest"
	"roadbook/wire/frame"
)

type still struct{}

func (still) Now() time.Time { return signaltest.Start }

// nowhere is a store that must not be asked.
type nowhere struct{ signal.Store }

func TestIngestRefuses(t *testing.T) {
	log := &signaltest.Log{}
	s := signal.New(nowhere{}, log, still{})
	v := signaltest.VIN(1)
	if err := s.Ingest(t.Context(), v, []byte("no frame")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("what is no frame will never be taken: %v", err)
	}
	if err := s.Ingest(t.Context(), v, signaltest.Frame(v, math.MaxUint64, signaltest.Start, 1).Bytes); fault.CodeOf(err) != "frame_seq" {
		t.Errorf("a number beyond 63 bits: %v", err)
	}
	log.Fail = errors.New("disk full")
	if err := s.Ingest(t.Context(), v, signaltest.Frame(v, 1, signaltest.Start, 1).Bytes); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("what the log does not hold the car must keep: %v", err)
	}
}

func TestRollPassesOverWhatItCannotRead(t *testing.T) {
	s := signal.New(nowhere{}, &signaltest.Log{}, still{})
	if err := s.Roll(t.Context(), []signal.Record{{VIN: signaltest.VIN(1), Data: []byte{0xff}}}); err != nil || s.Unreadable() != 1 {
		t.Errorf("%v, %d unreadable", err, s.Unreadable())
	}
}

type kept struct {
	signal.Store
	frames []signal.Frame
}

func (k *kept) Roll(_ context.Context, frames []signal.Frame, _ time.Time) error {
	k.frames = append(k.frames, frames...)
	return nil
}

func TestIngestThenRoll(t *testing.T) {
	k, log := &kept{}, &signaltest.Log{}
	s := signal.New(k, log, still{})
	log.Roll = s.Roll
	for n := range 3 {
		f := signaltest.Frame(signaltest.VIN(3-n), 1, signaltest.Start, 7)
		if err := s.Ingest(t.Context(), f.VIN, f.Bytes); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(k.frames) != 4 { // the last one came again
		t.Fatalf("%d frames", len(k.frames))
	}
	for n, f := range k.frames[:3] {
		if f.VIN != signaltest.VIN(n+1) || f.Seq != 1 {
			t.Errorf("frame %d is %s:%d: batches are in the order of VINs", n, f.VIN, f.Seq)
		}
	}
}

func TestSpan(t *testing.T) {
	known := func(low, high int64) signal.Span { return signal.Span{Low: low, High: high, Known: true} }
	for _, c := range []struct {
		reason    string
		s, before signal.Span
		want      int64
	}{
		{"nothing was told", signal.Span{}, known(0, 10), 0},
		{"the first day counts from its own first value", known(100, 350), signal.Span{}, 250},
		{"what was driven between two frames is not lost", known(400, 500), known(100, 350), 150},
		{"a late frame of an earlier day does not make a negative day", known(400, 500), known(100, 600), 0},
	} {
		if got := c.s.Since(c.before); got != c.want {
			t.Errorf("%s: %d, want %d", c.reason, got, c.want)
		}
	}
}

func TestAFrameOverMidnightIsTwoDays(t *testing.T) {
	f := signal.Frame{VIN: signaltest.VIN(1), Bytes: make([]byte, 10), Frame: frame.Frame{Seq: 1,
		Base:    time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC),
		Columns: []frame.Column{{Signal: frame.TraveledDistance, Points: []frame.Point{{Offset: 0, Raw: 100}, {Offset: 59_999, Raw: 200}, {Offset: 60_000, Raw: 300}}}}}}
	days := f.Days()
	first, second := days["2026-03-01"], days["2026-03-02"]
	if len(days) != 2 || first.Samples != 2 || first.Frames != 1 || first.Bytes != 10 || first.Odometer.High != 200 {
		t.Errorf("first day: %+v", first)
	}
	if second.Samples != 1 || second.Frames != 0 || second.Bytes != 0 || second.Odometer.Low != 300 {
		t.Errorf("second day: %+v", second)
	}
}

// Whatever the order in which frames and repetitions arrive, the car and its days come out the same.
func TestRollUpDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "frames")
		var frames []signal.Frame
		for i := range n {
			at := signaltest.Start.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hour")) * time.Hour)
			frames = append(frames, signaltest.Frame(signaltest.VIN(1), uint64(i+1), at, int64(rapid.IntRange(0, 1000).Draw(t, "odometer"))))
		}
		type result struct {
			Car  signal.Car
			Days map[period.Date]signal.Day
		}
		run := func(order []signal.Frame) result {
			r := result{Days: map[period.Date]signal.Day{}}
			seen := map[uint64]bool{}
			for _, f := range order {
				r.Car.Take(f, !seen[f.Seq])
				if seen[f.Seq] {
					continue
				}
				seen[f.Seq] = true
				for date, part := range f.Days() {
					d := r.Days[date]
					d.VIN, d.Date = f.VIN, date
					d.Merge(*part)
					r.Days[date] = d
				}
			}
			r.Car.Duplicates = 0
			return r
		}
		again := append(append([]signal.Frame{}, frames...), frames[:rapid.IntRange(0, n).Draw(t, "repeated")]...)
		if d := cmp.Diff(run(frames), run(rapid.Permutation(again).Draw(t, "order"))); d != "" {
			t.Fatal(d)
		}
	})
}

func TestCountsAgree(t *testing.T) {
	for _, c := range []struct {
		reason string
		counts signal.Counts
		want   bool
	}{
		{"nothing sent, nothing missing", signal.Counts{}, true},
		{"all there; repetitions do not count", signal.Counts{Sent: 3, Received: 3, Stored: 3, Duplicates: 9}, true},
		{"the car sent more", signal.Counts{Sent: 4, Received: 3, Stored: 3}, false},
		{"received and lost", signal.Counts{Sent: 3, Received: 3, Stored: 2}, false},
		{"a gap", signal.Counts{Sent: 3, Received: 3, Stored: 3, Gaps: []signal.Gap{{From: 1, To: 1}}}, false},
	} {
		if got := c.counts.Agree(); got != c.want {
			t.Errorf("%s: %t", c.reason, got)
		}
	}
}

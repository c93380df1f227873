package signal

import (
	"time"

	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/frame"
)

// Frame is a car's frame with the bytes that it came in.
type Frame struct {
	VIN vin.VIN
	frame.Frame
	Bytes []byte
}

// Day is the frame's day: that of its base time.
func (f Frame) Day() period.Date { return period.DateOf(f.Base) }

// Sample is a value of a signal with the instant at which the car measured it.
type Sample struct {
	At  time.Time
	Seq uint64 // of the frame that brought it
	Raw int64
}

// newer orders samples of one signal: by instant, then by frame.
func (s Sample) newer(o Sample) bool {
	if s.At.Equal(o.At) {
		return s.Seq >= o.Seq
	}
	return s.At.After(o.At)
}

// Car is what is known of one car's telemetry.
type Car struct {
	VIN        vin.VIN
	Sent       uint64 // highest frame number seen: the car numbers without gaps
	Received   int64  // frames rolled up, each once
	Duplicates int64  // frames that came again
	Latest     map[frame.ID]Sample
}

// Take adds a frame that is fresh, or counts one that is not.
func (c *Car) Take(f Frame, fresh bool) {
	c.Sent = max(c.Sent, f.Seq)
	if !fresh {
		c.Duplicates++
		return
	}
	c.Received++
	if c.Latest == nil {
		c.Latest = map[frame.ID]Sample{}
	}
	for _, col := range f.Columns {
		for _, p := range col.Points {
			s := Sample{f.At(p), f.Seq, p.Raw}
			if old, ok := c.Latest[col.Signal]; !ok || s.newer(old) {
				c.Latest[col.Signal] = s
			}
		}
	}
}

// Span is the range of a counter that only grows: an odometer, an energy meter.
type Span struct {
	Low, High int64
	Known     bool
}

// Add widens the span.
func (s *Span) Add(raw int64) {
	if !s.Known {
		*s = Span{raw, raw, true}
		return
	}
	s.Low, s.High = min(s.Low, raw), max(s.High, raw)
}

// Since is how far the counter came from an earlier span's end; without one, from its own beginning.
func (s Span) Since(before Span) int64 {
	switch {
	case !s.Known:
		return 0
	case before.Known:
		return max(0, s.High-before.High)
	}
	return s.High - s.Low
}

// Day is one car's roll-up of a day in UTC. Spans and sums only widen and grow, so that frames may come in any order.
type Day struct {
	VIN      vin.VIN
	Date     period.Date
	Odometer Span // metres
	Energy   Span // watt hours taken from the battery
	Samples  int64
	Frames   int64
	Bytes    int64
}

// Days spreads a frame over the days of its samples; the frame and its bytes count on the day of its base.
func (f Frame) Days() map[period.Date]*Day {
	days := map[period.Date]*Day{}
	at := func(d period.Date) *Day {
		if days[d] == nil {
			days[d] = &Day{VIN: f.VIN, Date: d}
		}
		return days[d]
	}
	base := at(f.Day())
	base.Frames, base.Bytes = 1, int64(len(f.Bytes))
	midnight := f.Base.UTC().Truncate(24 * time.Hour)
	for _, col := range f.Columns {
		for _, p := range col.Points {
			d := base
			if t := f.At(p); t.Before(midnight) || t.Sub(midnight) >= 24*time.Hour {
				d = at(period.DateOf(t))
			}
			d.Samples++
			switch col.Signal {
			case frame.TraveledDistance:
				d.Odometer.Add(p.Raw)
			case frame.AccumulatedEnergy:
				d.Energy.Add(p.Raw)
			}
		}
	}
	return days
}

// Merge adds another part of the same day.
func (d *Day) Merge(o Day) {
	for _, s := range []struct{ to, from *Span }{{&d.Odometer, &o.Odometer}, {&d.Energy, &o.Energy}} {
		if s.from.Known {
			s.to.Add(s.from.Low)
			s.to.Add(s.from.High)
		}
	}
	d.Samples += o.Samples
	d.Frames += o.Frames
	d.Bytes += o.Bytes
}

// Gap is a run of frame numbers that are not stored, both ends included.
type Gap struct {
	From, To uint64
}

// Counts is one car's gap ledger.
type Counts struct {
	Sent       uint64 // the highest number seen
	Received   int64  // counted when rolled up
	Stored     int64  // counted in the stored frames
	Duplicates int64
	Gaps       []Gap // at most MaxGaps, the oldest first
}

// Agree reports whether nothing is missing.
func (c Counts) Agree() bool {
	return c.Sent == uint64(c.Received) && c.Received == c.Stored && len(c.Gaps) == 0 //nolint:gosec // counts are not negative
}

// Totals counts the whole fleet.
type Totals struct {
	Cars   int64
	Frames int64
}

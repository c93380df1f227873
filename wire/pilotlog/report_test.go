package pilotlog

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/fault"
)

var day = time.Date(2023, 9, 1, 0, 0, 0, 0, time.UTC)

func good() Report {
	return Report{Seq: 3, Day: "2023-09-01", Software: "1.4.0", SWIN: "R157 HWP 1", Parameters: strings.Repeat("ab", 32), Active: 41_250, Unavailable: 900, Manual: 12,
		Simulated: 6000, Chain: bytes.Repeat([]byte{7}, 32),
		Events: []Event{
			{At: day.Add(8 * time.Hour), Kind: Activation, Road: "motorway"},
			{At: day.Add(9 * time.Hour), Kind: TransitionDemand, Reason: "odd_exit", Road: "motorway"},
			{At: day.Add(9*time.Hour + 4*time.Second), Kind: Deactivation, Reason: "steering", Initiator: ByDriver, Road: "motorway"},
		},
		Differences: []Difference{{At: day.Add(8 * time.Hour), Ticks: 120, Accel: -2.5, Steer: 0.01, Candidate: "1.5.0-rc1", Inputs: bytes.Repeat([]byte{1}, 32)}},
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := good()
		want.Seq = rapid.Uint64Min(1).Draw(t, "seq")
		want.Active = rapid.Int64Range(0, MaxMeters).Draw(t, "active")
		want.Country = rapid.StringMatching(`([A-Z]{2})?`).Draw(t, "country")
		want.Events = nil
		at := day
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			at = at.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond)
			e := Event{At: at, Kind: rapid.SampledFrom(Kinds).Draw(t, "kind"), Reason: rapid.StringMatching(`([a-z][a-z0-9_]{0,20})?`).Draw(t, "reason")}
			if e.Kind == Deactivation {
				e.Initiator = rapid.SampledFrom([]Initiator{ByDriver, BySystem}).Draw(t, "by")
			}
			want.Events = append(want.Events, e)
		}
		b, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		reason, at string
		change     func(*Report)
	}{
		{"no sequence number", "/seq", func(r *Report) { r.Seq = 0 }},
		{"no day", "/day", func(r *Report) { r.Day = "2023-02-30" }},
		{"a clock that was never set", "/day", func(r *Report) { r.Day = "1970-01-01" }},
		{"no version", "/software", func(r *Report) { r.Software = "" }},
		{"a line break in a version", "/swin", func(r *Report) { r.SWIN = "1\n" }},
		{"no country", "/country", func(r *Report) { r.Country = "de" }},
		{"no digest of the parameters", "/parameters", func(r *Report) { r.Parameters = "ab" }},
		{"a car does not drive backwards", "/active", func(r *Report) { r.Active = -1 }},
		{"more than a car drives", "/manual", func(r *Report) { r.Manual = MaxMeters + 1 }},
		{"more ticks than a day", "/simulated", func(r *Report) { r.Simulated = MaxTicks + 1 }},
		{"a cut chain", "/chain", func(r *Report) { r.Chain = r.Chain[:31] }},
		{"more than a report holds", "/events", func(r *Report) { r.Events = make([]Event, MaxEvents+1) }},
		{"an unknown kind", "/events/0/kind", func(r *Report) { r.Events[0].Kind = "explosion" }},
		{"text for a reason", "/events/1/reason", func(r *Report) { r.Events[1].Reason = "Free text" }},
		{"an unknown initiator", "/events/2/initiator", func(r *Report) { r.Events[2].Initiator = "passenger" }},
		{"a deactivation by nobody", "/events/2/initiator", func(r *Report) { r.Events[2].Initiator = "" }},
		{"an activation by somebody", "/events/0/initiator", func(r *Report) { r.Events[0].Initiator = BySystem }},
		{"a position for a road", "/events/0/road", func(r *Report) { r.Events[0].Road = "39.9,116.4" }},
		{"another day's event", "/events/2/at", func(r *Report) { r.Events[2].At = day.AddDate(0, 0, 2) }},
		{"out of order", "/events/1/at", func(r *Report) { r.Events[1].At = day }},
		{"not a number", "/differences/0", func(r *Report) { r.Differences[0].Accel = math.NaN() }},
		{"no length", "/differences/0/ticks", func(r *Report) { r.Differences[0].Ticks = 0 }},
		{"no candidate", "/differences/0/candidate", func(r *Report) { r.Differences[0].Candidate = "" }},
		{"no digest", "/differences/0/inputs", func(r *Report) { r.Differences[0].Inputs = nil }},
		{"before the day", "/differences/0/at", func(r *Report) { r.Differences[0].At = day.Add(-1) }},
	} {
		r := good()
		c.change(&r)
		err := r.Check()
		if fault.KindOf(err) != fault.Invalid || pointer(err) != c.at {
			t.Errorf("%s: got %v at %s, want %s", c.reason, err, pointer(err), c.at)
		}
		if _, err := r.Encode(); err == nil {
			t.Errorf("%s: encoded", c.reason)
		}
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("too long: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	b, err := good().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0xa1, 0x01, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, back); d != "" {
			t.Fatal(d)
		}
	})
}

// pointer is where an error points to.
func pointer(err error) string {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Pointer
	}
	return ""
}

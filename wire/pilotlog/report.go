package pilotlog

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"roadbook/fault"
)

// Bounds of a report.
const (
	MaxBytes       = 64 << 10 // what the edge takes in one message
	MaxEvents      = 1000
	MaxDifferences = 200
	MaxName        = 64        // bytes of a version, a reason or a name
	MaxMeters      = 5_000_000 // of one day
	MaxTicks       = 8_640_000 // of one day, at 100 Hz
)

// Kind is what happened, by section 8 of UN R157; Checker is added for the fleet's statistics.
type Kind string

// The kinds of events.
const (
	Activation       Kind = "activation"
	Deactivation     Kind = "deactivation"
	TransitionDemand Kind = "transition_demand"
	InputSuppressed  Kind = "input_suppressed" // the driver's input was reduced or suppressed
	EmergencyStart   Kind = "emergency_start"
	EmergencyEnd     Kind = "emergency_end"
	EDRTrigger       Kind = "edr_trigger"
	Collision        Kind = "collision"
	MinimumRisk      Kind = "minimum_risk"
	SystemFailure    Kind = "system_failure"
	VehicleFailure   Kind = "vehicle_failure"
	LaneChangeStart  Kind = "lane_change_start"
	LaneChangeEnd    Kind = "lane_change_end"
	LaneChangeAbort  Kind = "lane_change_abort"
	CrossingStart    Kind = "crossing_start" // an intentional lane crossing
	CrossingEnd      Kind = "crossing_end"
	Checker          Kind = "checker" // the independent checker acted
)

// Kinds lists every kind, in the order of section 8.
var Kinds = []Kind{Activation, Deactivation, TransitionDemand, InputSuppressed, EmergencyStart, EmergencyEnd, EDRTrigger, Collision, MinimumRisk,
	SystemFailure, VehicleFailure, LaneChangeStart, LaneChangeEnd, LaneChangeAbort, CrossingStart, CrossingEnd, Checker}

// Initiator is who ended the pilot's driving.
type Initiator string

// Who may end it.
const (
	ByDriver Initiator = "driver"
	BySystem Initiator = "system"
)

// Report is what the pilot of one car did in one day with one version of software.
type Report struct {
	Seq         uint64       `cbor:"1,keyasint"` // of this car's reports, from 1
	Day         string       `cbor:"2,keyasint"` // "2023-09-01", UTC
	Software    string       `cbor:"3,keyasint"` // version of the pilot
	SWIN        string       `cbor:"4,keyasint"` // R157 software identification number
	Parameters  string       `cbor:"5,keyasint"` // SHA-256 of the parameter set, hex
	Active      int64        `cbor:"6,keyasint"` // m driven by the pilot
	Unavailable int64        `cbor:"7,keyasint"` // m on which it was bought and its operational design domain did not hold
	Manual      int64        `cbor:"8,keyasint"` // m driven by hand though it could have driven
	Simulated   int64        `cbor:"9,keyasint"` // ticks of 10 ms that were driven tick by tick; the rest is scaled
	Events      []Event      `cbor:"10,keyasint"`
	Differences []Difference `cbor:"11,keyasint"`           // shadow mode: the candidate against the shipped pilot
	Chain       []byte       `cbor:"12,keyasint"`           // SHA-256: head of the car's DSSAD ring after the last event
	Country     string       `cbor:"13,keyasint,omitempty"` // where it drove, ISO 3166-1 alpha-2; empty from a car that does not say
}

// Event is one entry of section 8.
type Event struct {
	At        time.Time
	Kind      Kind
	Reason    string    // a name like "driver_unavailable"; empty where the kind says it all
	Initiator Initiator // of a deactivation
	Road      string    // class of the road: "motorway"
}

// Difference is a stretch in which a candidate would have acted otherwise than the shipped pilot.
type Difference struct {
	At        time.Time
	Ticks     int64   // its length
	Accel     float64 // m/s², the largest difference, signed: candidate less shipped
	Steer     float64 // rad, the largest difference, signed
	Mode      bool    // the engagement differed
	Candidate string  // version
	Inputs    []byte  // SHA-256 of the inputs, to find the recording
}

type wireEvent struct {
	At        int64     `cbor:"1,keyasint"` // ms since 1970 UTC
	Kind      Kind      `cbor:"2,keyasint"`
	Reason    string    `cbor:"3,keyasint,omitempty"`
	Initiator Initiator `cbor:"4,keyasint,omitempty"`
	Road      string    `cbor:"5,keyasint,omitempty"`
}

type wireDifference struct {
	At        int64   `cbor:"1,keyasint"`
	Ticks     int64   `cbor:"2,keyasint"`
	Accel     float64 `cbor:"3,keyasint"`
	Steer     float64 `cbor:"4,keyasint"`
	Mode      bool    `cbor:"5,keyasint"`
	Candidate string  `cbor:"6,keyasint"`
	Inputs    []byte  `cbor:"7,keyasint"`
}

// MarshalCBOR writes the event with its time as milliseconds.
func (e Event) MarshalCBOR() ([]byte, error) {
	return encoder.Marshal(wireEvent{e.At.UnixMilli(), e.Kind, e.Reason, e.Initiator, e.Road})
}

// UnmarshalCBOR reads the event; Parse checks it.
func (e *Event) UnmarshalCBOR(b []byte) error {
	var w wireEvent
	if err := decoder.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = Event{time.UnixMilli(w.At).UTC(), w.Kind, w.Reason, w.Initiator, w.Road}
	return nil
}

// MarshalCBOR writes the difference with its time as milliseconds.
func (d Difference) MarshalCBOR() ([]byte, error) {
	return encoder.Marshal(wireDifference{d.At.UnixMilli(), d.Ticks, d.Accel, d.Steer, d.Mode, d.Candidate, d.Inputs})
}

// UnmarshalCBOR reads the difference; Parse checks it.
func (d *Difference) UnmarshalCBOR(b []byte) error {
	var w wireDifference
	if err := decoder.Unmarshal(b, &w); err != nil {
		return err
	}
	*d = Difference{time.UnixMilli(w.At).UTC(), w.Ticks, w.Accel, w.Steer, w.Mode, w.Candidate, w.Inputs}
	return nil
}

var (
	name    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	version = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z .+:_/-]*$`)
	hash    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	country = regexp.MustCompile(`^([A-Z]{2})?$`)

	encoder = must(cbor.CoreDetEncOptions().EncMode())
	decoder = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxArrayElements: MaxEvents, MaxMapPairs: 16, MaxNestedLevels: 4, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // constant options
	}
	return v
}

func bad(at, format string, args ...any) error {
	return fault.New(fault.Invalid, "pilot_report", format, args...).At(at)
}

// Check reports what is wrong with the report, naming the part by a JSON pointer.
func (r Report) Check() error {
	if r.Seq == 0 {
		return bad("/seq", "a report's sequence number is at least 1")
	}
	day, err := time.Parse(time.DateOnly, r.Day)
	if err != nil || day.Year() < 2020 || day.Year() >= 2120 {
		return bad("/day", "%.20q is no day like 2023-09-01 between 2020 and 2120", r.Day)
	}
	for at, v := range map[string]string{"/software": r.Software, "/swin": r.SWIN} {
		if len(v) > MaxName || !version.MatchString(v) {
			return bad(at, "%.80q is no version of 1 to %d plain characters", v, MaxName)
		}
	}
	if !country.MatchString(r.Country) {
		return bad("/country", "%.20q is no country like DE", r.Country)
	}
	if !hash.MatchString(r.Parameters) {
		return bad("/parameters", "%.80q is no SHA-256 in hex", r.Parameters)
	}
	for at, m := range map[string]int64{"/active": r.Active, "/unavailable": r.Unavailable, "/manual": r.Manual} {
		if m < 0 || m > MaxMeters {
			return bad(at, "%d m is not between 0 and %d", m, MaxMeters)
		}
	}
	if r.Simulated < 0 || r.Simulated > MaxTicks {
		return bad("/simulated", "%d ticks are not between 0 and a day's %d", r.Simulated, MaxTicks)
	}
	if len(r.Events) > MaxEvents || len(r.Differences) > MaxDifferences {
		return bad("/events", "%d events and %d differences, at most %d and %d", len(r.Events), len(r.Differences), MaxEvents, MaxDifferences)
	}
	if len(r.Chain) != 0 && len(r.Chain) != 32 {
		return bad("/chain", "the head of the chain has %d bytes, expected 32", len(r.Chain))
	}
	for i, e := range r.Events {
		if err := e.check(fmt.Sprintf("/events/%d", i), day); err != nil {
			return err
		}
		if i > 0 && e.At.Before(r.Events[i-1].At) {
			return bad(fmt.Sprintf("/events/%d/at", i), "the event lies before the one in front of it")
		}
	}
	for i, d := range r.Differences {
		if err := d.check(fmt.Sprintf("/differences/%d", i), day); err != nil {
			return err
		}
	}
	return nil
}

func (e Event) check(at string, day time.Time) error {
	switch {
	case !slices.Contains(Kinds, e.Kind):
		return bad(at+"/kind", "%.40q is no kind of event", e.Kind)
	case e.Reason != "" && (len(e.Reason) > MaxName || !name.MatchString(e.Reason)):
		return bad(at+"/reason", "%.80q is no name like driver_unavailable", e.Reason)
	case e.Initiator != "" && e.Initiator != ByDriver && e.Initiator != BySystem:
		return bad(at+"/initiator", "%.40q is neither driver nor system", e.Initiator)
	case (e.Initiator == "") != (e.Kind != Deactivation):
		return bad(at+"/initiator", "a deactivation, and nothing else, has an initiator")
	case e.Road != "" && (len(e.Road) > MaxName || !name.MatchString(e.Road)):
		return bad(at+"/road", "%.80q is no class of road like motorway", e.Road)
	}
	return within(at, e.At, day)
}

func (d Difference) check(at string, day time.Time) error {
	switch {
	case d.Ticks < 1 || d.Ticks > MaxTicks:
		return bad(at+"/ticks", "%d ticks are not between 1 and a day's %d", d.Ticks, MaxTicks)
	case !(d.Accel >= -100 && d.Accel <= 100) || !(d.Steer >= -10 && d.Steer <= 10): // also refuses NaN
		return bad(at, "a difference of %g m/s² and %g rad is none of a car", d.Accel, d.Steer)
	case len(d.Candidate) > MaxName || !version.MatchString(d.Candidate):
		return bad(at+"/candidate", "%.80q is no version of 1 to %d plain characters", d.Candidate, MaxName)
	case len(d.Inputs) != 32:
		return bad(at+"/inputs", "the digest of the inputs has %d bytes, expected 32", len(d.Inputs))
	}
	return within(at, d.At, day)
}

// within lets a drive that began on the day end on the next one.
func within(at string, t, day time.Time) error {
	if t.Before(day) || !t.Before(day.AddDate(0, 0, 2)) {
		return bad(at+"/at", "%s does not lie in a drive of %s", t.UTC().Format(time.RFC3339), day.Format(time.DateOnly))
	}
	return nil
}

// Encode returns the report as deterministic CBOR, or why it is none.
func (r Report) Encode() ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	b, err := encoder.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode pilot report: %w", err)
	}
	if len(b) > MaxBytes {
		return nil, bad("", "the report has %d bytes, at most %d", len(b), MaxBytes)
	}
	return b, nil
}

// Parse reads a report from outside bytes and checks it.
func Parse(b []byte) (Report, error) {
	if len(b) > MaxBytes {
		return Report{}, bad("", "the report has %d bytes, at most %d", len(b), MaxBytes)
	}
	var r Report
	if err := decoder.Unmarshal(b, &r); err != nil {
		return Report{}, bad("", "the bytes are no pilot report in CBOR: %v", err)
	}
	if err := r.Check(); err != nil {
		return Report{}, err
	}
	return r, nil
}

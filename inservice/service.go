package inservice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

// Limits of lists and texts.
const (
	MaxDays   = 3700 // of one question
	MaxPage   = 1000
	MaxExport = 1_000_000 // disengagements of one month in a filing
	MaxText   = 200
	MaxLimit  = 1_000_000.0 // events per 1,000 km
)

// Store keeps reports, limits and stops. Each call is one transaction.
type Store interface {
	// Add keeps a report with its event. The same again changes nothing; another content of the same name is a Conflict.
	Add(ctx context.Context, r Record, digest string, e Reported) error
	// Days are the sums of the span's reports by day, version and country, in that order.
	Days(ctx context.Context, s period.Span) ([]Day, error)
	// Events lists single events by time, newest first, before a cursor.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
	// Differences lists what shadow mode found, newest first.
	Differences(ctx context.Context, q EventQuery) ([]Difference, error)
	// Mileage sums the pilot's metres in a country by car and month.
	Mileage(ctx context.Context, s period.Span, country string) ([]Mileage, error)
	AddLimits(ctx context.Context, l Limits) (Limits, error)
	// Limits returns the newest, or fault.NotFound.
	Limits(ctx context.Context) (Limits, error)
	// AddStop records that a campaign was stopped for a kind of event; once per campaign and kind. It reports whether it is new.
	AddStop(ctx context.Context, s Stop) (bool, error)
	Stops(ctx context.Context, limit int) ([]Stop, error)
	// StopsOf lists all of one campaign.
	StopsOf(ctx context.Context, campaign string) ([]Stop, error)
}

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Service watches.
type Service struct {
	store Store
	clock Clock
}

// New returns the service.
func New(store Store, clock Clock) *Service { return &Service{store, clock} }

// Record is a report with the car that sent it.
type Record struct {
	VIN        vin.VIN         `json:"vin"`
	ReceivedAt time.Time       `json:"received_at"`
	Report     pilotlog.Report `json:"report"`
}

// Reported is the fact that a report was taken.
type Reported struct {
	VIN      vin.VIN     `json:"vin"`
	Seq      uint64      `json:"seq"`
	Day      period.Date `json:"day"`
	Software string      `json:"software"`
	Active   int64       `json:"active_m"`
	At       time.Time   `json:"at"`
}

// Event is one event of one car.
type Event struct {
	VIN       vin.VIN            `json:"vin"`
	At        time.Time          `json:"at"`
	Kind      pilotlog.Kind      `json:"kind"`
	Reason    string             `json:"reason,omitempty"`
	Initiator pilotlog.Initiator `json:"initiator,omitempty"`
	Road      string             `json:"road,omitempty"`
	Software  string             `json:"software"`
	Country   string             `json:"country,omitempty"`
	Seq       uint64             `json:"seq"`
	N         int                `json:"n"` // place in its report
}

// Difference is a stretch in which a candidate in shadow mode would have acted otherwise.
type Difference struct {
	VIN       vin.VIN   `json:"vin"`
	At        time.Time `json:"at"`
	Seconds   float64   `json:"seconds"`
	Accel     float64   `json:"accel_mps2"` // candidate less shipped
	Steer     float64   `json:"steer_rad"`
	Mode      bool      `json:"mode"` // the engagement differed
	Software  string    `json:"software"`
	Candidate string    `json:"candidate"`
	Inputs    string    `json:"inputs_sha256"`
}

// EventQuery selects events. Empty fields select all.
type EventQuery struct {
	VIN      vin.VIN
	Software string
	Country  string // of events, not of differences
	Kinds    []pilotlog.Kind
	Span     period.Span
	Before   time.Time // exclusive; zero: from the newest
	Limit    int
	Oldest   bool // oldest first, for exports
}

// Day is what the fleet did in a day with one version in one country.
type Day struct {
	Day         period.Date
	Software    string
	SWIN        string
	Country     string // ISO 3166-1 alpha-2; empty: the cars did not say
	Cars        int64
	Active      int64 // m
	Unavailable int64 // m
	Manual      int64 // m
	Counts      map[pilotlog.Kind]int64
}

// Name is what a version of the pilot is called: the version of the release, and the identification that the regulation knows it by.
type Name struct {
	Software string
	SWIN     string // empty: any
}

func (d Day) name() Name { return Name{d.Software, d.SWIN} }

// is reports whether the day is the version's.
func (n Name) is(d Day) bool { return d.Software == n.Software && (n.SWIN == "" || d.SWIN == n.SWIN) }

// Name is what Judge wants of a version.
func (v Version) Name() Name { return Name{v.Software, v.SWIN} }

// Mileage is what one car's pilot drove in a month.
type Mileage struct {
	VIN    vin.VIN      `json:"vin"`
	Month  period.Month `json:"month"`
	Meters int64        `json:"meters"`
}

// Take takes a report of a car from outside bytes. The same again is a no-op.
func (s *Service) Take(ctx context.Context, v vin.VIN, payload []byte) error {
	r, err := pilotlog.Parse(payload)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if r.Day > now.AddDate(0, 0, 1).Format(time.DateOnly) {
		return fault.New(fault.Invalid, "pilot_report", "a report of %s came on %s", r.Day, now.Format(time.DateOnly)).At("/day")
	}
	sum := sha256.Sum256(payload)
	return s.store.Add(ctx, Record{VIN: v, ReceivedAt: now, Report: r}, hex.EncodeToString(sum[:]),
		Reported{VIN: v, Seq: r.Seq, Day: period.Date(r.Day), Software: r.Software, Active: r.Active, At: now})
}

// Events lists events.
func (s *Service) Events(ctx context.Context, q EventQuery) ([]Event, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	return s.store.Events(ctx, q)
}

// Differences lists what shadow mode found.
func (s *Service) Differences(ctx context.Context, q EventQuery) ([]Difference, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	return s.store.Differences(ctx, q)
}

func (q *EventQuery) check() error {
	if q.Limit <= 0 || q.Limit > MaxPage {
		return fault.New(fault.Invalid, "limit", "a page has 1 to %d rows, not %d", MaxPage, q.Limit).At("/limit")
	}
	for _, k := range q.Kinds {
		if !slices.Contains(pilotlog.Kinds, k) {
			return fault.New(fault.Invalid, "kind", "%.40q is no kind of event: one of %v", k, pilotlog.Kinds).At("/kind")
		}
	}
	return nil
}

// Rates answers for a span, by version, the one with most kilometres first. country is where the cars drove; empty: anywhere.
func (s *Service) Rates(ctx context.Context, span period.Span, country string) (Rates, error) {
	if err := checkSpan(span); err != nil {
		return Rates{}, err
	}
	days, err := s.store.Days(ctx, span)
	if err != nil {
		return Rates{}, err
	}
	if country != "" {
		days = slices.DeleteFunc(days, func(d Day) bool { return d.Country != country })
	}
	l, err := s.Limits(ctx)
	if err != nil {
		return Rates{}, err
	}
	return RatesOf(span, days, l), nil
}

func checkSpan(s period.Span) error {
	if s.From == "" || s.To == "" || s.From >= s.To {
		return fault.New(fault.Invalid, "span", "expected days from and to (exclusive), the first before the second, got %q and %q", s.From, s.To).At("/from")
	}
	for at, d := range map[string]period.Date{"/from": s.From, "/to": s.To} {
		if _, err := time.Parse(time.DateOnly, string(d)); err != nil {
			return fault.New(fault.Invalid, "day", "%.20q is no day like 2023-09-01", string(d)).At(at)
		}
	}
	if n := s.To.Time().Sub(s.From.Time()) / (24 * time.Hour); n > MaxDays {
		return fault.New(fault.Invalid, "span", "%d days are asked for, at most %d", n, MaxDays).At("/to")
	}
	return nil
}

// Limits returns those in force: the newest that were set, else Default.
func (s *Service) Limits(ctx context.Context) (Limits, error) {
	l, err := s.store.Limits(ctx)
	if fault.KindOf(err) == fault.NotFound {
		return Default(), nil
	}
	return l, err
}

// SetLimits supersedes the limits. key makes the same request again a no-op.
func (s *Service) SetLimits(ctx context.Context, key string, l Limits) (Limits, error) {
	if err := l.Check(); err != nil {
		return Limits{}, err
	}
	l.ID, l.At = id.From("lim", "/v1/inservice/limits", key), s.clock.Now()
	return s.store.AddLimits(ctx, l)
}

// Judge tests versions by all that was reported since they first drove, and answers in their order.
func (s *Service) Judge(ctx context.Context, of ...Name) ([]Verdict, error) {
	now := period.DateOf(s.clock.Now())
	days, err := s.store.Days(ctx, period.Span{From: "2020-01-01", To: now.AddDays(3)})
	if err != nil {
		return nil, err
	}
	l, err := s.Limits(ctx)
	if err != nil {
		return nil, err
	}
	var out []Verdict
	for _, n := range of {
		out = append(out, Judge(n, days, l))
	}
	return out, nil
}

// Stop is the record of a rollout that was stopped.
type Stop struct {
	Campaign string        `json:"campaign"`
	Software string        `json:"software"`
	Kind     pilotlog.Kind `json:"kind"`
	Reason   string        `json:"reason"`
	At       time.Time     `json:"at"`
}

// News reports whether a verdict speaks against a campaign for something that it was not stopped for before: an operator who resumed
// it after the same finding is not overruled.
func (s *Service) News(ctx context.Context, campaign string, v Verdict) (bool, error) {
	if !v.Broken {
		return false, nil
	}
	known, err := s.store.StopsOf(ctx, campaign)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(v.Findings, func(f Finding) bool {
		return f.Broken && !slices.ContainsFunc(known, func(k Stop) bool { return k.Kind == f.Kind })
	}), nil
}

// Stopped records that a campaign is stopped for what a verdict found, and returns what was not on record.
func (s *Service) Stopped(ctx context.Context, campaign string, v Verdict) ([]Stop, error) {
	var out []Stop
	for _, f := range v.Findings {
		if !f.Broken {
			continue
		}
		st := Stop{Campaign: campaign, Software: v.Software, Kind: f.Kind, Reason: f.Sentence, At: s.clock.Now()}
		isNew, err := s.store.AddStop(ctx, st)
		if err != nil {
			return nil, err
		}
		if isNew {
			out = append(out, st)
		}
	}
	return out, nil
}

// Stops lists what was stopped, newest first.
func (s *Service) Stops(ctx context.Context, limit int) ([]Stop, error) {
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	return s.store.Stops(ctx, limit)
}

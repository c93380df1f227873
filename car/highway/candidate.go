package highway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"roadbook/fault"
	"roadbook/pilot"
	"roadbook/pilot/shadow"
	"roadbook/wire/pilotlog"
	"roadbook/wire/uptane"
)

// Bounds of a candidate and of what a day tells of it.
const (
	MaxCandidate   = 64 << 10 // bytes of the document
	maxDifferences = 100      // of a day; with maxEvents a report fits into one message
)

// Candidate is a parameter set that runs in the shadow of the shipped one.
type Candidate struct {
	Version    string
	params     json.RawMessage // what differs from the shipped set, by the names of pilot.Params
	thresholds shadow.Thresholds
}

// ParseCandidate reads {"version": …, "params": {…}, "thresholds": {…}} from outside bytes. params holds what differs from the
// shipped set, thresholds (optional) what counts as a difference. Whether the whole set makes sense in a market is asked by Open.
func ParseCandidate(b []byte) (*Candidate, error) {
	bad := func(at, format string, args ...any) (*Candidate, error) {
		return nil, fault.New(fault.Invalid, "candidate", format, args...).At(at)
	}
	if len(b) > MaxCandidate {
		return bad("", "the candidate has %d bytes, at most %d", len(b), MaxCandidate)
	}
	c := &Candidate{thresholds: shadow.Default()}
	in := struct {
		Version    string             `json:"version"`
		Params     json.RawMessage    `json:"params"`
		Thresholds *shadow.Thresholds `json:"thresholds"`
	}{Thresholds: &c.thresholds}
	if err := exact(b, &in); err != nil {
		return bad("", "no candidate in JSON: %v", err)
	}
	c.Version, c.params = in.Version, in.Params
	if !uptane.Version.MatchString(c.Version) {
		return bad("/version", "%.60q is no version of 1 to 40 plain characters", c.Version)
	}
	if err := c.thresholds.Check(); err != nil {
		return bad("/thresholds", "%v", err)
	}
	if _, err := c.over(pilot.Default()); err != nil {
		return bad("/params", "%v", err)
	}
	return c, nil
}

// ReadCandidate reads a candidate's file; no name, no candidate.
func ReadCandidate(file string) (*Candidate, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxCandidate+1)) // a byte more shows that it is too large
	if err != nil {
		return nil, err
	}
	c, err := ParseCandidate(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// over gives the shipped set with the candidate's changes, sharing nothing with it.
func (c *Candidate) over(shipped pilot.Params) (pilot.Params, error) {
	var p pilot.Params
	text, err := json.Marshal(shipped)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, err
	}
	if len(c.params) == 0 || bytes.Equal(c.params, []byte("null")) {
		return p, errors.New("a candidate says what it changes")
	}
	if err := exact(c.params, &p); err != nil {
		return p, err
	}
	return p, p.Check()
}

// exact decodes one JSON value without unknown fields.
func exact(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// shade is a candidate that runs beside the shipped pilot: it sees the same, and what it commands moves nothing.
type shade struct {
	version  string
	pilot    *pilot.Pilot
	recorder *shadow.Recorder
	out      pilot.Output
	a, b     shadow.Sample
}

func newShade(c *Candidate, shipped pilot.Params) (*shade, error) {
	params, err := c.over(shipped)
	if err != nil {
		return nil, err
	}
	s := &shade{version: c.Version}
	if s.pilot, err = pilot.New(params); err != nil {
		return nil, err
	}
	s.recorder, err = shadow.New(c.thresholds)
	return s, err
}

func (s *shade) reset() {
	if s == nil {
		return
	}
	s.pilot.Reset(pilot.Start{})
	s.recorder.Reset()
}

// requestMRM tells the candidate what the checker told the shipped pilot: each answers to the same.
func (s *shade) requestMRM() {
	if s != nil {
		s.pilot.RequestMRM()
	}
}

// shadowStep compares the tick that the shipped pilot has taken.
func (h *Highway) shadowStep() {
	s := h.shade
	if s == nil {
		return
	}
	s.pilot.Step(&h.in, &s.out)
	s.a = shadow.Sample{Command: h.out.Command, Engagement: h.out.Engagement}
	s.b = shadow.Sample{Command: s.out.Command, Engagement: s.out.Engagement}
	s.recorder.Step(&h.in, &s.a, &s.b)
}

// differences ends the day's comparison and lists what it found, at most maxDifferences.
func (s *shade) differences(start time.Time) []pilotlog.Difference {
	if s == nil {
		return nil
	}
	s.recorder.Finish()
	var out []pilotlog.Difference
	for e, ok := s.recorder.Next(); ok && len(out) < maxDifferences; e, ok = s.recorder.Next() {
		out = append(out, pilotlog.Difference{At: at(start, e.First), Ticks: int64(e.Last-e.First) + 1,
			Accel: within(e.Accel, 100), Steer: within(e.Steer, 10), Mode: e.Kinds&(shadow.Mode|shadow.Emergency) != 0,
			Candidate: s.version, Inputs: e.Input[:]})
	}
	return out
}

// within bounds a number by ±bound.
func within(v, bound float64) float64 { return math.Max(-bound, math.Min(v, bound)) }

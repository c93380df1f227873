package highway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"roadbook/car/flash"
	"roadbook/period"
	"roadbook/pilot"
	"roadbook/pilot/checker"
	"roadbook/pilot/dssad"
	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
	"roadbook/pilot/scene/world"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
	"roadbook/wire/uptane"
)

// The pilot that the car comes with. DefaultSample is 6 s.
const (
	Factory       = "1.0.0"
	SWIN          = "R157 RB-HWP 1"
	DefaultSample = motion.Tick(600)
	MinSample     = motion.Tick(500)
	MaxSample     = motion.Tick(60_000)
)

// Config is what the part is given.
type Config struct {
	Dir     string // its folder
	VIN     vin.VIN
	Country string      // where the car is driven, ISO 3166-1 alpha-2
	Sample  motion.Tick // of a day that are driven tick by tick, more where a demand stays without answer; 0: DefaultSample

	Running   func() Software // what the car runs when a day begins; nil: what it came with
	Candidate *Candidate      // runs in the shadow of the shipped pilot; nil: none
}

// Software is what reports and records name as the pilot that drove: of the form uptane.Version, which every release has. What has
// another form is from before that rule, and Factory's stands in for it.
type Software struct{ Version, SWIN string }

// Highway is the pilot in one car. Its methods are called one at a time.
type Highway struct {
	cfg     Config
	pilot   *pilot.Pilot
	checker *checker.Checker
	world   world.World
	digest  string
	rec     *recorder
	broken  error
	torn    bool   // a write failed: the ring holds what the flash does not
	barred  error  // no market allows the pilot in this country
	shade   *shade // nil without a candidate
	dark    error  // why there is none
	state   state
	lost    bool     // the state could not be read
	aside   []string // files that could not be read

	in  motion.Input
	out pilot.Output
}

// state is the newest report that was made.
type state struct {
	Seq uint64      `json:"seq"`
	Day period.Date `json:"day"`
}

const stateName = "pilot.json"

// readState reads the state, and sets aside one that cannot be read.
func (h *Highway) readState() error {
	path := filepath.Join(h.cfg.Dir, stateName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if json.Unmarshal(b, &h.state) == nil && h.state.Seq > 0 && h.state.Seq < 1<<62 {
		if _, err := period.ParseDate(string(h.state.Day)); err == nil {
			return nil
		}
	}
	h.state, h.lost = state{}, true
	return h.setAside(path)
}

func (h *Highway) setAside(path string) error {
	name, err := flash.Aside(path)
	if err == nil {
		h.aside = append(h.aside, name)
	}
	return err
}

// SetAside names the files that could not be read since Open, and were set aside: reports that nobody will get, or the number of the
// last one.
func (h *Highway) SetAside() []string { return slices.Clone(h.aside) }

// Open opens the folder. A recorder that cannot be read does not stop the car: the pilot stays unavailable, as 6.2.3 asks, and
// Broken says why.
func Open(cfg Config) (*Highway, error) {
	if cfg.Sample == 0 {
		cfg.Sample = DefaultSample
	}
	if cfg.Sample < MinSample || cfg.Sample > MaxSample {
		return nil, fmt.Errorf("pilot: a sample of %d ticks, expected %d to %d", cfg.Sample, MinSample, MaxSample)
	}
	markets, err := r157.Markets()
	if err != nil {
		return nil, err
	}
	h := &Highway{cfg: cfg}
	params := pilot.Default()
	if market, err := r157.Market(markets, cfg.Country); err != nil {
		h.barred = err
	} else {
		params = params.In(*market)
	}
	if h.pilot, err = pilot.New(params); err != nil {
		return nil, fmt.Errorf("pilot: %w", err)
	}
	if cfg.Candidate != nil && h.barred == nil {
		if h.shade, err = newShade(cfg.Candidate, params); err != nil {
			h.shade, h.dark = nil, fmt.Errorf("candidate %s in %s: %w", cfg.Candidate.Version, cfg.Country, err)
		}
	}
	guard := checker.Default()
	if h.checker, err = checker.New(guard); err != nil {
		return nil, fmt.Errorf("checker: %w", err)
	}
	text, err := json.Marshal([]any{params, guard})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	h.digest = hex.EncodeToString(sum[:])
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := h.readState(); err != nil {
		return nil, fmt.Errorf("pilot: %w", err)
	}
	h.rec, h.broken = openRecorder(cfg.Dir, Factory, SWIN)
	return h, nil
}

// Broken says why the recorder does not work, nil if it does.
func (h *Highway) Broken() error { return h.broken }

// Barred says that no market allows the pilot in this country, nil if one does. The car drives there without it.
func (h *Highway) Barred() error { return h.barred }

// Dark says why the candidate does not run in the shadow, nil if it does or there is none. The shipped pilot drives all the same.
func (h *Highway) Dark() error { return h.dark }

// running names the software that drives now.
func (h *Highway) running() Software {
	out := Software{Version: Factory, SWIN: SWIN}
	if h.cfg.Running == nil {
		return out
	}
	now := h.cfg.Running()
	if uptane.Version.MatchString(now.Version) {
		out.Version = now.Version
	}
	if uptane.Version.MatchString(now.SWIN) {
		out.SWIN = now.SWIN
	}
	return out
}

// Ring is the recorder's memory, nil while it is broken.
func (h *Highway) Ring() *dssad.Ring {
	if h.broken != nil {
		return nil
	}
	return h.rec.ring
}

// Close ends the recorder. Twice is fine.
func (h *Highway) Close() error { return h.rec.close() }

// Drive drives the highway metres of a day that began at start and gives the day's report, which then waits to be sent. The
// same day again gives the same metres and leaves no second trace.
func (h *Highway) Drive(day period.Date, start time.Time, meters int64) (pilotlog.Report, error) {
	seq := h.state.Seq + 1
	switch {
	case h.state.Day == day:
		seq = h.state.Seq
	case h.lost: // the day's number since 1970: there is a report a day at most, so it was never reached by counting
		seq = uint64(day.Time().Unix() / 86400)
	}
	meters = min(max(meters, 0), pilotlog.MaxMeters)
	sw := h.running()
	r := pilotlog.Report{Seq: seq, Day: string(day), Software: sw.Version, SWIN: sw.SWIN, Parameters: h.digest, Country: h.cfg.Country}
	if h.state.Day > day {
		return r, fmt.Errorf("pilot: %s is over, the newest day is %s", day, h.state.Day)
	}
	if meters == 0 {
		return r, nil
	}
	if h.torn { // as after a crash: what is on the flash holds
		_ = h.rec.close() // its error is that of the write, which was told
		h.rec, h.broken = openRecorder(h.cfg.Dir, Factory, SWIN)
		h.torn = false
	}
	s := sampled{unavailable: meters}
	if h.barred == nil {
		var err error
		if s, err = h.sample(day, start, meters, sw); err != nil {
			return r, err
		}
	}
	r.Active, r.Unavailable, r.Manual, r.Simulated, r.Events = s.active, s.unavailable, meters-s.active-s.unavailable, int64(s.ticks), s.events
	r.Differences = h.shade.differences(start)
	if h.broken == nil {
		head := h.rec.ring.Head()
		r.Chain = head[:]
		if err := h.rec.sync(); err != nil {
			h.torn = true
			return r, err
		}
	}
	if h.state.Day == day {
		return r, nil // made before a crash, perhaps sent
	}
	b, err := r.Encode()
	if err != nil {
		return r, err
	}
	if err := flash.Replace(h.reportPath(seq), b); err != nil {
		return r, err
	}
	next := state{Seq: seq, Day: day}
	text, err := json.Marshal(next)
	if err != nil {
		return r, err
	}
	if err := flash.Replace(filepath.Join(h.cfg.Dir, stateName), text); err != nil {
		return r, err
	}
	h.state, h.lost = next, false
	return r, nil
}

// reportName is the file of a report, by its number.
const reportName = "report-%020d.cbor"

func (h *Highway) reportPath(seq uint64) string {
	return filepath.Join(h.cfg.Dir, fmt.Sprintf(reportName, seq))
}

// Waiting lists the reports that were not acknowledged, the oldest first. One that cannot be read is set aside.
func (h *Highway) Waiting() ([]pilotlog.Report, error) {
	entries, err := os.ReadDir(h.cfg.Dir)
	if err != nil {
		return nil, err
	}
	var out []pilotlog.Report
	for _, e := range entries { // sorted by name
		var seq uint64
		if _, err := fmt.Sscanf(e.Name(), reportName, &seq); err != nil || e.Name() != fmt.Sprintf(reportName, seq) {
			continue
		}
		path := filepath.Join(h.cfg.Dir, e.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		switch r, err := pilotlog.Parse(b); {
		case err != nil || r.Seq != seq:
			if err := h.setAside(path); err != nil {
				return nil, err
			}
		case h.lost || seq <= h.state.Seq: // a newer one was broken off and is made again
			out = append(out, r)
		}
	}
	return out, nil
}

// Ack says that the maker's side has a report for good. Twice is fine.
func (h *Highway) Ack(seq uint64) error {
	if err := os.Remove(h.reportPath(seq)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

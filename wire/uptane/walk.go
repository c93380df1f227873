package uptane

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Repo names one of the two repositories.
type Repo string

// The two repositories. An attacker is assumed to own at most one of them with its keys (4.2).
const (
	Director  Repo = "director"
	ImageRepo Repo = "image"
)

// Repos lists both.
var Repos = []Repo{Director, ImageRepo}

// Download limits (5.4.4.3 X, 5.4.4.4 Y, 5.4.4.6 Z). A file that is longer is endless data.
const (
	MaxRoot          int64 = 64 << 10 // X
	MaxTimestamp     int64 = 16 << 10 // Y
	MaxTargets       int64 = 4 << 20  // Z
	MaxSnapshot      int64 = 1 << 20
	MaxRootRotations       = 64 // new Roots followed in one walk
)

// ErrMissing is what Fetch returns for a file that the repository does not have.
var ErrMissing = errors.New("the repository has no such file")

// Fetch gets one metadata file, at most limit+1 bytes of it: one too many is how endless data is seen.
type Fetch func(ctx context.Context, repo Repo, file string, limit int64) ([]byte, error)

// Trusted is the metadata of one repository that was verified before. A Root is provisioned at build (5.4.1).
type Trusted struct {
	Root      []byte `json:"root"`
	Timestamp []byte `json:"timestamp,omitempty"`
	Snapshot  []byte `json:"snapshot,omitempty"`
	Targets   []byte `json:"targets,omitempty"`
}

// State is all that a car must keep between two walks.
type State struct {
	Director Trusted   `json:"director"`
	Image    Trusted   `json:"image"`
	Time     time.Time `json:"time"` // latest time of a complete walk: time does not go back behind it
}

// Vehicle is what a car knows of itself: which ECUs it has, of which hardware, with which software.
type Vehicle struct {
	VIN  string
	ECUs map[string]ECU
}

// ECU is one computer of the car.
type ECU struct {
	HardwareID     string
	ReleaseCounter int64  // of the installed image
	SHA256         string // of the installed image, empty when it came from the factory
}

// Step is one step of the walk and its clause.
type Step struct {
	Name   string
	Clause string
}

type step struct {
	Step
	repo Repo
	run  func(*Walk, context.Context) (last bool, err error)
}

// steps is clause 5.4.4.2, in order.
var steps = []step{
	{Step{"time", "5.4.4.2(1)"}, "", (*Walk).time},
	{Step{"director root", "5.4.4.2(2), 5.4.4.3"}, Director, func(w *Walk, ctx context.Context) (bool, error) { return false, w.director.root(ctx) }},
	{Step{"director timestamp", "5.4.4.2(3), 5.4.4.4"}, Director, func(w *Walk, ctx context.Context) (bool, error) { return false, w.director.timestamp(ctx) }},
	{Step{"director snapshot", "5.4.4.2(4), 5.4.4.5"}, Director, (*Walk).directorSnapshot},
	{Step{"director targets", "5.4.4.2(5), 5.4.4.6"}, Director, (*Walk).directorTargets},
	{Step{"image root", "5.4.4.2(6), 5.4.4.3"}, ImageRepo, (*Walk).imageRoot},
	{Step{"image timestamp", "5.4.4.2(7), 5.4.4.4"}, ImageRepo, func(w *Walk, ctx context.Context) (bool, error) { return false, w.image.timestamp(ctx) }},
	{Step{"image snapshot", "5.4.4.2(8), 5.4.4.5"}, ImageRepo, func(w *Walk, ctx context.Context) (bool, error) { return false, w.image.snapshot(ctx) }},
	{Step{"image targets", "5.4.4.2(9), 5.4.4.6"}, ImageRepo, func(w *Walk, ctx context.Context) (bool, error) { return false, w.image.targets(ctx) }},
	{Step{"both agree", "5.4.4.2(10)"}, "", (*Walk).agree},
}

// Steps lists the steps that a walk takes, in order.
func Steps() []Step {
	out := make([]Step, len(steps))
	for i, s := range steps {
		out[i] = s.Step
	}
	return out
}

// Outcome is what a complete walk proves.
type Outcome struct {
	Unchanged bool    // the Director has said nothing new: the images decided on before still stand
	Images    []Image // to install, one per ECU that needs one
}

// Walk is one full verification (5.4.4.2). Take steps by Next until it reports done, or all of them by Run.
type Walk struct {
	now      time.Time
	floor    time.Time
	vehicle  Vehicle
	director *repository
	image    *repository
	wanted   []entry
	names    []string

	next    int
	done    bool
	failed  error
	outcome Outcome
}

// Begin prepares a walk from what was trusted before. now is the car's time; no wall clock is read.
func Begin(trusted State, v Vehicle, now time.Time, fetch Fetch) *Walk {
	return &Walk{
		now: now, floor: trusted.Time, vehicle: v,
		director: &repository{name: Director, had: trusted.Director, fetch: fetch},
		image:    &repository{name: ImageRepo, had: trusted.Image, fetch: fetch},
	}
}

// Next takes the next step. Once a step has refused, Next keeps answering with that refusal.
func (w *Walk) Next(ctx context.Context) (took Step, done bool, err error) {
	if w.failed != nil || w.done {
		return Step{}, w.done, w.failed
	}
	s := steps[w.next]
	last, err := w.take(ctx, s)
	if err != nil {
		var r *Refusal
		if !errors.As(err, &r) {
			r = &Refusal{Attack: ArbitrarySoftware, Err: err}
		}
		r.Step, r.Repo = s.Step, s.repo
		w.failed = r
		return s.Step, false, r
	}
	w.next++
	w.done = last || w.next == len(steps)
	return s.Step, w.done, nil
}

// take runs a step. A decoder that panics on hostile bytes has refused them: a car must not fall over.
func (w *Walk) take(ctx context.Context, s step) (last bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = refuse(ArbitrarySoftware, fmt.Errorf("malformed metadata: %v", p))
		}
	}()
	return s.run(w, ctx)
}

// Run takes all steps that are left.
func (w *Walk) Run(ctx context.Context) (Outcome, error) {
	for {
		_, done, err := w.Next(ctx)
		if err != nil {
			return Outcome{}, err
		}
		if done {
			return w.outcome, nil
		}
	}
}

// Trusted returns the state to keep. After a complete walk that is all that was verified; after a refusal it is what was
// trusted before with any new Roots (and without the files that a key rotation has voided, 5.4.4.3), so that no refusal
// leaves the car unable to update later.
func (w *Walk) Trusted() State {
	s := State{Director: w.director.keep(w.done), Image: w.image.keep(w.done), Time: w.floor}
	if w.done && w.now.After(s.Time) {
		s.Time = w.now
	}
	return s
}

// time never runs backwards: a clock set back would bring expired metadata to life again.
func (w *Walk) time(context.Context) (bool, error) {
	if w.now.Before(w.floor) {
		w.now = w.floor
	}
	w.director.now, w.image.now = w.now, w.now
	return false, nil
}

func (w *Walk) directorSnapshot(ctx context.Context) (bool, error) {
	if err := w.director.snapshot(ctx); err != nil {
		return false, err
	}
	if w.director.same && w.director.had.Targets != nil {
		w.outcome.Unchanged = true
		return true, nil
	}
	return false, nil
}

// directorTargets also applies what 5.4.4.6 asks of the Director alone: no delegations, no ECU twice, this very car.
func (w *Walk) directorTargets(ctx context.Context) (bool, error) {
	if err := w.director.targets(ctx); err != nil {
		return false, err
	}
	signed := w.director.verified().Signed
	if signed.Delegations != nil {
		return false, refuse(ArbitrarySoftware, errors.New("the Director delegates, which it must not"))
	}
	if got, _ := signed.UnrecognizedFields[VehicleField].(string); got != w.vehicle.VIN {
		return false, refuse(MixAndMatch, fmt.Errorf("the Director's Targets are for vehicle %.40q, this is %s", got, w.vehicle.VIN))
	}
	taken := map[string]string{}
	for name, f := range signed.Targets {
		e, err := readEntry(name, f)
		if err != nil {
			return false, refuse(ArbitrarySoftware, err)
		}
		if len(e.custom.ECUs) == 0 {
			return false, refuse(ArbitrarySoftware, fmt.Errorf("target %s names no ECU", name))
		}
		needed := false
		for id, want := range e.custom.ECUs {
			ecu, ok := w.vehicle.ECUs[id]
			if !ok {
				return false, refuse(ArbitrarySoftware, fmt.Errorf("target %s is for ECU %.60q, which this car does not have", name, id))
			}
			if other, twice := taken[id]; twice {
				return false, refuse(ArbitrarySoftware, fmt.Errorf("ECU %s has two images, %s and %s", id, other, name))
			}
			taken[id] = name
			if ecu.HardwareID != want.HardwareID || ecu.HardwareID != e.custom.MustMatch.HardwareID {
				return false, refuse(ArbitrarySoftware, fmt.Errorf("target %s is for hardware %.60q, ECU %s is %s", name, e.custom.MustMatch.HardwareID, id, ecu.HardwareID))
			}
			needed = needed || f.Hashes["sha256"].String() != ecu.SHA256
		}
		if needed {
			w.wanted, w.names = append(w.wanted, e), append(w.names, name)
		}
	}
	return len(w.wanted) == 0, nil
}

func (w *Walk) imageRoot(ctx context.Context) (bool, error) { return false, w.image.root(ctx) }

// agree finds each of the Director's images in the Image repository under exactly the same name.
func (w *Walk) agree(context.Context) (bool, error) {
	signed := w.image.verified().Signed
	for i, d := range w.wanted {
		name := w.names[i]
		file, ok := signed.Targets[name]
		if !ok {
			return false, refuse(ArbitrarySoftware, fmt.Errorf("the Image repository does not know %s", name))
		}
		e, err := readEntry(name, file)
		if err != nil {
			return false, refuse(ArbitrarySoftware, err)
		}
		if !file.Equal(*d.file) {
			return false, refuse(MixAndMatch, fmt.Errorf("the repositories disagree on length or hashes of %s", name))
		}
		if e.custom.MustMatch != d.custom.MustMatch {
			return false, refuse(MixAndMatch, fmt.Errorf("the repositories disagree on hardware or release of %s", name))
		}
		hashes := map[string]string{}
		for fn, h := range file.Hashes {
			hashes[fn] = h.String()
		}
		for id := range d.custom.ECUs {
			ecu := w.vehicle.ECUs[id]
			if hashes["sha256"] == ecu.SHA256 {
				continue // already there
			}
			if e.custom.MustMatch.ReleaseCounter < ecu.ReleaseCounter {
				return false, refuse(Rollback, fmt.Errorf("%s has release counter %d, installed is %d", name, e.custom.MustMatch.ReleaseCounter, ecu.ReleaseCounter))
			}
			w.outcome.Images = append(w.outcome.Images, Image{
				ECU: id, Name: name, Length: file.Length, Hashes: hashes, HardwareID: e.custom.MustMatch.HardwareID,
				ReleaseCounter: e.custom.MustMatch.ReleaseCounter, Release: e.custom.MustMatch.Release, Campaign: d.custom.Campaign,
			})
		}
	}
	return true, nil
}

func refuse(a Attack, err error) *Refusal { return &Refusal{Attack: a, Err: err} }

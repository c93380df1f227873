package updater

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"roadbook/vin"
	"roadbook/wire/uptane"
)

// Clock tells the car's time.
type Clock interface{ Now() time.Time }

// Defaults of Config.
const (
	DefaultSpeedFloor  int64 = 256 // bytes per second
	DefaultSpeedWindow       = 30 * time.Second
)

// Config is what an updater is given. Consent, Health, Log and the speed limits may be left out.
type Config struct {
	Dir        string // all that the updater keeps
	VIN        vin.VIN
	ECU        string
	HardwareID string
	Factory    Version // what the car was built with

	// The Roots that the car was built with (5.4.1). They are read only when Dir holds none yet.
	DirectorRoot []byte
	ImageRoot    []byte

	Client  *http.Client
	BaseURL string // "https://…", before /car/v1
	Clock   Clock
	Signer  crypto.Signer // the car's key

	Consent func(ctx context.Context, r uptane.Release) bool // may this be fetched and installed now? nil: yes
	Health  func(ctx context.Context) error                  // does the car run well on the new slot? nil: yes
	Log     *slog.Logger

	// Below SpeedFloor bytes per second over a SpeedWindow of real time a transfer is given up (5.4).
	SpeedFloor  int64
	SpeedWindow time.Duration
}

func (c *Config) check() error {
	if c.SpeedFloor == 0 {
		c.SpeedFloor = DefaultSpeedFloor
	}
	if c.SpeedWindow == 0 {
		c.SpeedWindow = DefaultSpeedWindow
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Consent == nil {
		c.Consent = func(context.Context, uptane.Release) bool { return true }
	}
	if c.Health == nil {
		c.Health = func(context.Context) error { return nil }
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.Dir == "" || c.VIN == "" || c.ECU == "" || c.HardwareID == "" || c.Client == nil || c.BaseURL == "" || c.Clock == nil || c.Signer == nil {
		return errors.New("updater: Dir, VIN, ECU, HardwareID, Client, BaseURL, Clock and Signer are required")
	}
	return nil
}

// Version is the software of one slot.
type Version struct {
	Slot           string         `json:"slot"` // "a" or "b"
	Release        uptane.Release `json:"release"`
	Name           string         `json:"name"` // of the image file
	ReleaseCounter int64          `json:"release_counter"`
	SHA256         string         `json:"sha256"` // empty: from the factory
	Length         int64          `json:"length"`
}

// Status is what a screen shows while Poll works.
type Status struct {
	State   string         `json:"state"` // "idle", "waiting" for consent, or a state of wire/uptane
	Release uptane.Release `json:"release"`
	Have    int64          `json:"have"` // bytes of Length
	Length  int64          `json:"length"`
}

// Result is how a poll ended.
type Result struct {
	Unchanged bool            // the maker has nothing new
	Waiting   *uptane.Release // the driver has not agreed yet
	Installed *Version        // now running
}

// Updater updates one car. Its methods may be called from several goroutines; polls take turns.
type Updater struct {
	cfg  Config
	poll sync.Mutex // held while a poll works; guards state
	kept state

	view    sync.Mutex // guards what screens read
	current Version
	status  Status
}

// New opens the updater in cfg.Dir and goes on where it was.
func New(cfg Config) (*Updater, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	u := &Updater{cfg: cfg, status: Status{State: "idle"}}
	if err := u.open(); err != nil {
		return nil, fmt.Errorf("updater: %w", err)
	}
	return u, nil
}

// Current returns the version that runs.
func (u *Updater) Current() Version {
	u.view.Lock()
	defer u.view.Unlock()
	return u.current
}

// Status returns how far the update is.
func (u *Updater) Status() Status {
	u.view.Lock()
	defer u.view.Unlock()
	return u.status
}

// Poll asks the maker what to run, verifies the answer fully, and brings an update as far as it can.
//
// A *uptane.Refusal says that something was not believed; it is reported and the old software runs. When its attack is a passing
// one (bad coverage looks the same), and after any other error, poll again soon. Nothing is lost in between.
func (u *Updater) Poll(ctx context.Context) (Result, error) {
	u.poll.Lock()
	defer u.poll.Unlock()
	if err := u.deliver(ctx); err != nil {
		return Result{}, err
	}
	// What is in the slot already was believed before; no server is needed to finish it.
	if j := u.kept.Job; j != nil && (j.Stage == placed || j.Stage == switched) {
		return u.work(ctx)
	}
	unchanged, err := u.verify(ctx)
	if err != nil {
		return Result{}, err
	}
	if u.kept.Job == nil {
		u.show(Status{State: "idle"})
		return Result{Unchanged: unchanged}, nil
	}
	return u.work(ctx)
}

// verify walks the full verification and notes what is to be installed.
func (u *Updater) verify(ctx context.Context) (unchanged bool, err error) {
	cur := u.Current()
	car := uptane.Vehicle{VIN: string(u.cfg.VIN), ECUs: map[string]uptane.ECU{
		u.cfg.ECU: {HardwareID: u.cfg.HardwareID, ReleaseCounter: cur.ReleaseCounter, SHA256: cur.SHA256},
	}}
	walk := uptane.Begin(u.kept.Trusted, car, u.cfg.Clock.Now(), u.metadata)
	out, err := walk.Run(ctx)
	u.kept.Trusted = walk.Trusted()
	if err != nil {
		if serr := u.save(); serr != nil {
			return false, serr
		}
		return false, u.refused(ctx, "", err)
	}
	if !out.Unchanged {
		u.kept.Job = nextJob(u.kept.Job, out.Images)
	}
	return out.Unchanged || len(out.Images) == 0, u.save()
}

// nextJob keeps what was fetched for an image that is still wanted.
func nextJob(had *job, images []uptane.Image) *job {
	if len(images) == 0 {
		return nil
	}
	img := images[0] // this car has one ECU, and no ECU has two images
	if had != nil && had.Image.Hashes["sha256"] == img.Hashes["sha256"] {
		had.Image = img
		return had
	}
	return &job{Image: img, Stage: wanted}
}

// work takes the job from stage to stage. Each stage is on disk before the next begins, and each can be repeated.
func (u *Updater) work(ctx context.Context) (Result, error) {
	j := u.kept.Job
	for {
		switch j.Stage {
		case wanted:
			if !u.cfg.Consent(ctx, j.Image.Release) {
				u.show(Status{State: "waiting", Release: j.Image.Release, Length: j.Image.Length})
				return Result{Waiting: &j.Image.Release}, nil
			}
			u.show(Status{State: uptane.Downloading, Release: j.Image.Release, Length: j.Image.Length})
			u.tell(ctx, uptane.Downloading)
			if err := u.fetch(ctx, j); err != nil {
				return Result{}, u.gaveUp(ctx, err)
			}
			u.tell(ctx, uptane.Verified)
			j.Stage = fetched
		case fetched:
			u.show(Status{State: uptane.Verified, Release: j.Image.Release, Have: j.Image.Length, Length: j.Image.Length})
			slot := other(u.Current().Slot)
			ok, err := u.place(slot, j.Image)
			if err != nil {
				return Result{}, u.gaveUp(ctx, err)
			}
			if j.Slot, j.Stage = slot, placed; !ok { // the file is gone
				j.Stage = wanted
			}
		case placed:
			// The last look before it runs: nothing may have changed on disk since it was fetched.
			if err := u.checkSlot(j.Slot, j.Image); err != nil {
				return Result{}, u.gaveUp(ctx, &uptane.Refusal{Step: installStep, Attack: uptane.ArbitrarySoftware, Err: err})
			}
			if err := u.run(j.Slot); err != nil {
				return Result{}, err
			}
			j.Stage = switched
		case switched:
			u.show(Status{State: uptane.Switched, Release: j.Image.Release, Have: j.Image.Length, Length: j.Image.Length})
			u.tell(ctx, uptane.Switched)
			if err := u.cfg.Health(ctx); err != nil {
				if err := u.run(other(j.Slot)); err != nil {
					return Result{}, err
				}
				return Result{}, u.gaveUp(ctx, fmt.Errorf("%w: %w", errUnhealthy, err))
			}
			v := u.Current()
			u.cfg.Log.Info("updated", "release", v.Release.ID, "version", v.Release.Version, "slot", v.Slot)
			return Result{Installed: &v}, u.finish(ctx, uptane.Confirmed, "", "")
		default:
			return Result{}, fmt.Errorf("updater: unknown stage %q", j.Stage)
		}
		if err := u.save(); err != nil {
			return Result{}, err
		}
	}
}

var errUnhealthy = errors.New("the car does not run well on the new slot")

// installStep is where a refusal after the walk belongs.
var installStep = uptane.Step{Name: "verify image", Clause: "5.4.3.4"}

// gaveUp ends the job when trying again cannot help: hostile content, a full disk, a slot that does not run. Otherwise the job
// and what was fetched stay for the next poll.
func (u *Updater) gaveUp(ctx context.Context, err error) error {
	var r *uptane.Refusal
	switch {
	case errors.As(err, &r):
		return u.refused(ctx, u.kept.Job.Image.Campaign, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, errUnhealthy):
		if rerr := u.clearFetched(); rerr != nil {
			err = errors.Join(err, rerr)
		}
		return errors.Join(err, u.finish(ctx, uptane.Failed, "", err.Error()))
	}
	return errors.Join(err, u.save())
}

// refused reports a refusal. One that bad coverage could have caused is told if it can be, and tried again.
func (u *Updater) refused(ctx context.Context, campaign string, err error) error {
	var r *uptane.Refusal
	if !errors.As(err, &r) {
		return err
	}
	u.cfg.Log.Warn("refused", "attack", r.Attack, "step", r.Step.Name, "err", r.Err)
	if r.Attack.Passing() {
		if raw, serr := u.sealReport("", campaign, r.Attack, r.Error()); serr == nil {
			_ = u.put(ctx, raw) // the next poll has its own news
		}
		return errors.Join(err, u.save())
	}
	if campaign == "" { // the metadata itself: no job of this car is at fault
		return errors.Join(err, u.queue(ctx, "", "", r.Attack, r.Error()))
	}
	if cerr := u.clearFetched(); cerr != nil {
		err = errors.Join(err, cerr)
	}
	return errors.Join(err, u.finish(ctx, uptane.Failed, r.Attack, r.Error()))
}

// finish ends the job and its report becomes due, in one write.
func (u *Updater) finish(ctx context.Context, state string, a uptane.Attack, detail string) error {
	campaign := u.kept.Job.Image.Campaign
	raw, err := u.sealReport(state, campaign, a, detail)
	if err != nil {
		return err
	}
	u.kept.Job, u.kept.Report = nil, raw
	u.show(Status{State: "idle"})
	if err := u.save(); err != nil {
		return err
	}
	return u.deliver(ctx)
}

func (u *Updater) show(s Status) {
	u.view.Lock()
	defer u.view.Unlock()
	u.status = s
}

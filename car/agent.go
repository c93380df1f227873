package car

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"roadbook/car/drive"
	"roadbook/car/grants"
	"roadbook/car/highway"
	"roadbook/car/keys"
	"roadbook/car/meter"
	"roadbook/car/updater"
	"roadbook/car/uplink"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/command"
	"roadbook/wire/uptane"
)

// Clock tells the car's time.
type Clock interface{ Now() time.Time }

// Config is what an agent is given.
type Config struct {
	Dir          string // all that the car keeps
	VIN          vin.VIN
	ECU          string // serial of the primary control unit
	HardwareID   string
	Secret       string // one-time, from the factory; unused once enrolled
	Provisioning Provisioning
	Clock        Clock
	Consent      func(ctx context.Context, r uptane.Release) bool // to an update; nil: yes
	Patience     time.Duration                                    // how long to wait for a maker's side that is away
	Country      string                                           // where it is driven, for the pilot (ISO 3166-1); "": DefaultCountry
	Candidate    *highway.Candidate                               // runs in the pilot's shadow; nil: none
	Log          *slog.Logger
}

// The car's defaults.
const (
	FactoryVersion = "1.0.0"
	reportEvery    = 30.0 // seconds between the states that are reported from a 1 Hz drive
	departure      = 8 * time.Hour
	DefaultCountry = "CN"
	FeaturePilot   = "pilot.highway"
	MeterPilot     = "pilot.km"
)

// Agent is the program in the car. Its methods are called one at a time, but for State and Hinted.
type Agent struct {
	cfg     Config
	log     *slog.Logger
	http    *http.Client
	keys    *keys.Keys
	uplink  *uplink.Uplink
	updater *updater.Updater
	grants  *grants.Grants
	meter   *meter.Meter
	highway *highway.Highway // nil until the pilot was first on
	stuck   uint64           // the pilot's report that was not taken last

	mu      sync.Mutex
	journal journal
	hinted  map[command.Subject]bool
}

// Open starts the car on its folder: it enrols on the first start, connects, and goes on where it was.
func Open(ctx context.Context, cfg Config) (*Agent, error) {
	if err := cfg.Provisioning.Check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &Agent{cfg: cfg, log: cfg.Log, hinted: map[command.Subject]bool{command.Grant: true, command.Update: true}}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return a, nil
}

func (a *Agent) open(ctx context.Context) (err error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(a.cfg.Provisioning.Roots))
	if a.journal, err = readJournal(a.cfg.Dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if a.keys, err = keys.Open(filepath.Join(a.cfg.Dir, "keys"), a.cfg.VIN, roots, a.cfg.Clock); err != nil {
		return err
	}
	a.http = &http.Client{Transport: &http.Transport{TLSClientConfig: a.keys.TLSConfig(), MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}}
	if err := a.patiently(ctx, func() error { return a.keys.Enrol(ctx, a.http, a.cfg.Provisioning.Gateway, a.cfg.Secret) }); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	a.http.CloseIdleConnections() // made before there was a certificate to show
	if a.grants, err = grants.Open(filepath.Join(a.cfg.Dir, "grants"), a.cfg.VIN, []ed25519.PublicKey{a.cfg.Provisioning.GrantKey}, a.cfg.Clock); err != nil {
		return err
	}
	if a.meter, err = meter.Open(filepath.Join(a.cfg.Dir, "meter")); err != nil {
		return err
	}
	for _, file := range a.meter.SetAside() {
		a.log.Error("counted use cannot be read and was set aside; it is not charged", "vin", a.cfg.VIN, "file", file)
	}
	if a.updater, err = updater.New(updater.Config{Dir: filepath.Join(a.cfg.Dir, "software"), VIN: a.cfg.VIN, ECU: a.cfg.ECU, HardwareID: a.cfg.HardwareID,
		Factory:      updater.Version{Release: uptane.Release{Version: FactoryVersion}, ReleaseCounter: 1},
		DirectorRoot: a.cfg.Provisioning.DirectorRoot, ImageRoot: a.cfg.Provisioning.ImageRoot,
		Client: a.http, BaseURL: a.cfg.Provisioning.Gateway, Clock: a.cfg.Clock, Signer: a.keys.Signer(), Consent: a.cfg.Consent, Log: a.log}); err != nil {
		return err
	}
	a.uplink, err = uplink.Open(filepath.Join(a.cfg.Dir, "uplink"), uplink.Config{VIN: a.cfg.VIN, Broker: a.cfg.Provisioning.MQTT,
		TLS: a.keys.TLSConfig, OnHint: a.hint, OnConnect: a.connected, Log: a.log})
	return err
}

// hint remembers what the maker's side has for the car; the next Sync fetches it.
func (a *Agent) hint(h command.Hint) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hinted[h.Kind] = true
}

// connected asks for everything: hints sent while the car was away are lost.
func (a *Agent) connected() {
	a.hint(command.Hint{Kind: command.Grant})
	a.hint(command.Hint{Kind: command.Update})
}

// take reports whether there was a hint, and forgets it.
func (a *Agent) take(s command.Subject) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.hinted[s]
	a.hinted[s] = false
	return was
}

// Stop ends what Open began. Twice is fine.
func (a *Agent) Stop(ctx context.Context) error {
	var errs []error
	if a.uplink != nil {
		errs = append(errs, a.uplink.Stop(ctx))
		a.uplink = nil
	}
	if a.highway != nil {
		errs = append(errs, a.highway.Close())
		a.highway = nil
	}
	if a.meter != nil {
		errs = append(errs, a.meter.Close())
		a.meter = nil
	}
	return errors.Join(errs...)
}

// Drive lets the car drive the day's trace, reports it, and counts the pilot's kilometres if the car may use the pilot.
// A day is driven once: after a crash within it, it goes on where it was.
func (a *Agent) Drive(ctx context.Context, day period.Date, t drive.Trace) error {
	if _, err := a.grants.Park(ctx); err != nil {
		return err
	}
	if a.journal.Day > day || a.journal.Day == day && a.journal.Done {
		return nil
	}
	if a.journal.Done {
		a.setJournal(journal{Day: day, First: a.uplink.NextSeq(), State: a.journal.State})
		if err := a.journal.write(a.cfg.Dir); err != nil {
			return err
		}
	}
	start := day.Time().Add(departure)
	states := drive.Sedan.Drive(a.journal.State, t)
	for i, f := range framesOf(start, drive.Thin(states, reportEvery)) {
		if a.uplink.NextSeq() > a.journal.First+uint64(i) {
			continue // was appended before a crash
		}
		if _, err := a.uplink.Append(f); err != nil {
			return err
		}
	}
	end := states[len(states)-1]
	if a.grants.Allowed(FeaturePilot) {
		if err := a.pilot(day, start, int64(drive.HighwayMeters(states))); err != nil {
			return err
		}
	}
	end.At, end.Speed, end.Power, end.Highway = 0, 0, 0, false
	a.setJournal(journal{Day: day, Done: true, State: end})
	return a.journal.write(a.cfg.Dir)
}

func (a *Agent) setJournal(j journal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.journal = j
}

// Sync tells the maker's side what the car has, and fetches what it was hinted at: usage, a new certificate when due, the grant,
// software, the pilot's reports, and frames until they are acknowledged. What fails holds up nothing behind it; the errors come
// together at the end.
func (a *Agent) Sync(ctx context.Context) error {
	var errs []error
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{{"usage", a.sendUsage}, {"renew", a.renew}, {"grant", a.hintedGrant}, {"update", a.hintedUpdate}, {"pilot", a.sendPilot}, {"frames", a.uplink.Flush}} {
		if err := part.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// renew fetches a new certificate when it is time.
func (a *Agent) renew(ctx context.Context) error {
	if !a.keys.Due() {
		return nil
	}
	if err := a.patiently(ctx, func() error { _, err := a.keys.Renew(ctx, a.http, a.cfg.Provisioning.Gateway); return err }); err != nil {
		return err
	}
	a.http.CloseIdleConnections()
	a.uplink.Reconnect()
	return nil
}

func (a *Agent) hintedGrant(ctx context.Context) error {
	if !a.take(command.Grant) && !a.grants.Due() {
		return nil
	}
	err := a.FetchGrant(ctx)
	if err != nil {
		a.hint(command.Hint{Kind: command.Grant})
	}
	return err
}

func (a *Agent) hintedUpdate(ctx context.Context) error {
	if !a.take(command.Update) {
		return nil
	}
	err := a.poll(ctx)
	if err != nil {
		a.hint(command.Hint{Kind: command.Update})
	}
	return err
}

// poll brings an update as far as it can. A refusal has been reported and is no failure of the car.
func (a *Agent) poll(ctx context.Context) error {
	return a.patiently(ctx, func() error {
		_, err := a.updater.Poll(ctx)
		if r, ok := errors.AsType[*uptane.Refusal](err); ok {
			a.log.Warn("update refused", "vin", a.cfg.VIN, "attack", r.Attack, "err", r)
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return fault.New(fault.Unavailable, "update", "%v", err)
		}
		return err
	})
}

// sendUsage sends the counters' growth until it is acknowledged; the same batch is sent until then.
func (a *Agent) sendUsage(ctx context.Context) error {
	if !a.journal.Done {
		return nil // a day that a crash broke off is counted to its end first
	}
	for {
		batch, ok, err := a.meter.Seal()
		if err != nil || !ok {
			return err
		}
		if err := a.uplink.SendUsage(ctx, batch); err != nil {
			return err
		}
		if err := a.meter.Ack(batch.Seq); err != nil {
			return err
		}
	}
}

// FetchGrant asks for the car's rights and accepts them if they are genuine and not older than those it has.
func (a *Agent) FetchGrant(ctx context.Context) error {
	raw, err := a.ask(ctx, http.MethodGet, "/car/v1/grant", "", nil)
	if fault.KindOf(err) == fault.NotFound {
		return nil // nothing was bought yet
	}
	if err != nil {
		return err
	}
	if _, err := a.grants.Accept(raw); err != nil {
		return err
	}
	_, err = a.grants.Park(ctx)
	return err
}

// Buy orders a product for this car. The same key again has no second effect.
func (a *Agent) Buy(ctx context.Context, sku, key string) error {
	_, err := a.ask(ctx, http.MethodPost, "/car/v1/purchases", key, map[string]string{"sku": sku})
	return err
}

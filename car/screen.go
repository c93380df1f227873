package car

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"roadbook/car/cockpit"
	"roadbook/car/drive"
	"roadbook/car/updater"
	"roadbook/period"
	"roadbook/wire/command"
	"roadbook/wire/uptane"
)

// What the screen shows and keeps.
const (
	installWithin = 100 * time.Second // an app
	restartTakes  = 2                 // minutes; new software is put into the slot that does not run
	shopFile      = "shop.json"
	appsFile      = "apps.json"

	signalsUnknown = "what its package names, shown here once it is installed"
)

// Screen lets the head unit ask the agent. It is safe for concurrent use, also while the agent syncs.
type Screen struct {
	agent  *Agent
	store  *Store
	update interface{ Status() updater.Status }
	rights time.Duration // see rightsWithin
	shop   *seen[item]
	apps   *seen[App]
	road   sync.Mutex // held while the car moves: rights change at park only

	mu      sync.Mutex
	live    *drive.State    // while the car moves
	consent map[string]bool // the driver's answers by release
}

var _ cockpit.Car = (*Screen)(nil)

// NewScreen makes the screen of a car. What it shows offline is what was last seen, also before a restart.
func NewScreen(a *Agent) (*Screen, error) {
	store, err := openStore(a)
	if err != nil {
		return nil, err
	}
	s := &Screen{agent: a, store: store, update: a.updater, rights: rightsWithin}
	if s.consent, err = readConsent(a.cfg.Dir); err != nil {
		return nil, err
	}
	if s.shop, err = openSeen[item](filepath.Join(a.cfg.Dir, shopFile), "/car/v1/shop"); err != nil {
		return nil, err
	}
	s.apps, err = openSeen[App](filepath.Join(a.cfg.Dir, appsFile), "/car/v1/apps")
	return s, err
}

// Store is where the apps of this car are.
func (s *Screen) Store() *Store { return s.store }

// Drive shows the day's trace on the screen while it takes the given time, and lets the agent drive it. It is called one
// at a time, as the agent's methods are.
func (s *Screen) Drive(ctx context.Context, day period.Date, t drive.Trace, takes time.Duration) error {
	s.road.Lock()
	defer s.road.Unlock()
	defer s.show(nil)
	states := drive.Sedan.Drive(s.agent.last(), t)
	tick := time.NewTicker(cockpit.Tick)
	defer tick.Stop()
	for start := time.Now(); takes > 0; {
		done := float64(time.Since(start)) / float64(takes)
		if done >= 1 {
			break
		}
		now := states[int(done*float64(len(states)))]
		s.show(&now)
		select {
		case <-ctx.Done():
			return ctx.Err() // the day was not driven
		case <-tick.C:
		}
	}
	return s.agent.Drive(ctx, day, t)
}

func (s *Screen) show(now *drive.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = now
}

// State is the car as it drives; one that does not is parked.
func (s *Screen) State(context.Context) (cockpit.State, error) {
	a := s.agent
	st := cockpit.State{SpeedKnown: true, Drive: cockpit.Parked, Software: a.updater.Current().Release.Version,
		Connected: a.Connected(), Features: s.features()}
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	now := a.last()
	if live != nil {
		now, st.Drive, st.Speed = *live, cockpit.Moving, live.Speed
	}
	st.Charge = now.SoC
	st.RangeKm = int64(now.SoC * rangePerPercent / 1000)
	st.OdometerKm = int64(now.Odometer / 1000)
	return st, nil
}

// features are the rights of the car, and below them what the shop has beside.
func (s *Screen) features() []cockpit.Feature {
	names := map[string]string{}
	var order []string
	for _, it := range s.shop.last() {
		for _, f := range it.Features {
			if names[f] == "" {
				names[f] = it.Name
				order = append(order, f)
			}
		}
	}
	var out []cockpit.Feature
	now := s.agent.grants.Now()
	for _, f := range s.agent.grants.Features() {
		v := cockpit.Feature{ID: f.ID, Name: names[f.ID], On: f.On, Until: f.Until}
		if v.Name == "" {
			v.Name = f.ID
		}
		switch {
		case f.On:
		case !f.Until.IsZero() && !now.Before(f.Until):
			v.Reason = "ended on " + f.Until.Format("2 January 2006")
		default:
			v.Reason = "turns on at the next stop"
		}
		out = append(out, v)
		delete(names, f.ID)
	}
	for _, f := range order {
		if names[f] != "" {
			out = append(out, cockpit.Feature{ID: f, Name: names[f], Reason: "not bought"})
		}
	}
	return out
}

// Update is the release that waits for the driver or is on its way into the car.
func (s *Screen) Update(context.Context) (*cockpit.Update, error) {
	st := s.update.Status()
	up := &cockpit.Update{ReleaseID: st.Release.ID, Version: st.Release.Version, Bytes: st.Length, Minutes: restartTakes}
	if st.Release.Name != "" {
		up.Notes = []string{st.Release.Name}
	}
	if st.Length > 0 {
		up.Percent = int(st.Have * 100 / st.Length)
	}
	switch st.State {
	case stateWaiting:
		yes, answered := s.answer(st.Release.ID)
		switch {
		case !answered:
			up.State = cockpit.Waiting
		case yes:
			up.State = cockpit.Downloading // the next Sync begins
		default:
			up.State = cockpit.Declined
		}
	case uptane.Downloading:
		up.State = cockpit.Downloading
	case uptane.Verified, uptane.Switched:
		up.State = cockpit.Ready
	default:
		return nil, nil //nolint:nilnil // nothing waits
	}
	return up, nil
}

// stateWaiting is the updater's word for a release that the driver has not agreed to.
const stateWaiting = "waiting"

// Apps are the apps that this car may have, and those it has.
func (s *Screen) Apps(ctx context.Context) ([]cockpit.App, error) {
	listed, err := s.apps.look(ctx, s.agent)
	has := s.store.Installed()
	if err != nil && len(has) == 0 {
		return nil, err
	}
	var out []cockpit.App
	for _, a := range listed {
		v := cockpit.App{ID: a.ID, Name: a.Name, Maker: a.Partner, About: a.Category, Version: a.Version, Signals: a.Signals}
		if a.Signals == nil {
			v.Signals = []string{signalsUnknown}
		}
		if i := slices.IndexFunc(has, func(in Installed) bool { return in.ID == a.ID }); i >= 0 {
			v.Signals, v.Installed = has[i].Signals, compareVersions(has[i].Version, a.Version) >= 0 // else: a newer one
			has = slices.Delete(has, i, i+1)
		}
		out = append(out, v)
	}
	for _, in := range has { // not offered any more, or offline
		out = append(out, cockpit.App{ID: in.ID, Name: in.Name, Maker: in.Partner, About: in.Category, Version: in.Version,
			Signals: in.Signals, Installed: true})
	}
	return out, nil
}

// InstallApp installs the newest approved version of an app.
func (s *Screen) InstallApp(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, installWithin)
	defer cancel()
	_, err := s.store.Install(ctx, id)
	return err
}

// Connected reports whether the maker's side can be reached.
func (a *Agent) Connected() bool { return a.uplink.Connected() }

// Hinted reports whether the next Sync fetches something that the car was hinted at.
func (a *Agent) Hinted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hinted[command.Grant] || a.hinted[command.Update]
}

// NextDay is the day that the car drives next if it is today: a day that was broken off, or else today unless it was driven.
func (a *Agent) NextDay(today period.Date) (day period.Date, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.journal.Done {
		return a.journal.Day, true
	}
	return today, today > a.journal.Day
}

// last is the car as it stands: after its last day, or before the one that it drives.
func (a *Agent) last() drive.State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.journal.State
}

package car

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"roadbook/car/highway"
	"roadbook/period"
	"roadbook/wire/pilotlog"
	"roadbook/wire/uptane"
)

// pilot lets the pilot drive the day's highway; the metres on which it was active are counted, the others cost nothing.
func (a *Agent) pilot(day period.Date, at time.Time, meters int64) error {
	if err := a.openHighway(); err != nil {
		return err
	}
	r, err := a.highway.Drive(day, at, meters)
	if err != nil {
		return err
	}
	return a.count(day, at, r.Active)
}

// PilotDir is the folder of the pilot's records and reports in a car's folder.
func PilotDir(dir string) string { return filepath.Join(dir, "pilot") }

func (a *Agent) openHighway() (err error) {
	if a.highway != nil {
		return nil
	}
	if a.highway, err = highway.Open(highway.Config{Dir: PilotDir(a.cfg.Dir), VIN: a.cfg.VIN, Country: cmp.Or(a.cfg.Country, DefaultCountry), Running: a.software, Candidate: a.cfg.Candidate}); err != nil {
		return err
	}
	a.tellAside(0)
	if err := a.highway.Barred(); err != nil {
		a.log.Warn("the pilot stays off", "vin", a.cfg.VIN, "err", err)
	}
	if err := a.highway.Dark(); err != nil {
		a.log.Error("the candidate does not run in the shadow", "vin", a.cfg.VIN, "err", err)
	}
	if err := a.highway.Broken(); err != nil {
		a.log.Error("the pilot's recorder does not work; the pilot stays off", "vin", a.cfg.VIN, "err", err)
	}
	return nil
}

// tellAside tells of the pilot's files that were set aside, but for the first few, which were told before.
func (a *Agent) tellAside(told int) {
	for _, file := range a.highway.SetAside()[told:] {
		a.log.Error("a record of the pilot cannot be read and was set aside; nobody will count it", "vin", a.cfg.VIN, "file", file)
	}
}

// software names what the updater has installed, so that the fleet can judge a release by what its cars report.
func (a *Agent) software() highway.Software {
	now := a.updater.Current().Release
	if !uptane.Version.MatchString(now.Version) {
		a.log.Warn("the release is from before versions had a form, and no record can hold its name: the factory's stands in for it", "vin", a.cfg.VIN, "release", now.ID, "version", now.Version)
	}
	return highway.Software{Version: now.Version, SWIN: now.R157}
}

// sendPilot sends the pilot's reports. One that is not taken stays on the car and is tried again last.
func (a *Agent) sendPilot(ctx context.Context) error {
	if !a.journal.Done {
		return nil
	}
	if _, err := os.Stat(PilotDir(a.cfg.Dir)); errors.Is(err, fs.ErrNotExist) {
		return nil // the pilot was never on
	}
	if err := a.openHighway(); err != nil {
		return err
	}
	told := len(a.highway.SetAside())
	waiting, err := a.highway.Waiting()
	a.tellAside(told)
	if err != nil {
		return err
	}
	slices.SortStableFunc(waiting, func(x, y pilotlog.Report) int {
		return cmp.Compare(late(x.Seq, a.stuck), late(y.Seq, a.stuck))
	})
	for _, r := range waiting {
		if err := a.uplink.SendPilot(ctx, r); err != nil {
			if ctx.Err() != nil {
				return err
			}
			a.stuck = r.Seq
			a.log.Warn("the maker's side does not take a report of the pilot; it stays on the car", "vin", a.cfg.VIN, "seq", r.Seq, "day", r.Day,
				"waiting", len(waiting), "connected", a.uplink.Connected(), "err", err)
			return nil
		}
		if err := a.highway.Ack(r.Seq); err != nil {
			return err
		}
	}
	return nil
}

// late is 1 for the reports up to the one that was stuck, which go last.
func late(seq, stuck uint64) int {
	if seq <= stuck {
		return 1
	}
	return 0
}

// count counts the day's use of the pilot, in metres, unless a crash came after it was counted: nothing is sealed into a
// batch before the day is done, so what was counted still pends.
func (a *Agent) count(day period.Date, at time.Time, meters int64) error {
	for _, u := range a.meter.Pending() {
		if u.Meter == MeterPilot && u.Day == day {
			return nil
		}
	}
	if meters <= 0 {
		return nil
	}
	return a.meter.Add(FeaturePilot, MeterPilot, meters, at)
}

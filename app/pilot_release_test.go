package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roadbook/app"
	"roadbook/app/client"
	"roadbook/app/scenario"
	"roadbook/car"
	"roadbook/car/drive"
	"roadbook/car/highway"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/period"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/bundle/bundletest"
	"roadbook/platform/clock"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

// pilotMaker publishes releases of the pilot and hands in what a laboratory has signed, as an operator does.
type pilotMaker struct {
	t   *testing.T
	api *client.Client
}

// publish makes a release with an identification for R157. Its image is the version's text.
func (m pilotMaker) publish(hardware, version string, counter int64, rxswin string) update.Release {
	m.t.Helper()
	var up update.Image
	if err := m.api.Do(m.t.Context(), http.MethodPost, "/v1/images", "image/"+version, []byte("software "+version), &up); err != nil {
		m.t.Fatal(err)
	}
	var rel update.Release
	if err := m.api.Post(m.t.Context(), "/v1/releases", "release/"+version, map[string]any{"name": "Road One", "version": version, "hardware_id": hardware,
		"release_counter": counter, "image_sha256": up.SHA256, "rxswin": []string{rxswin}}, &rel); err != nil {
		m.t.Fatal(err)
	}
	return rel
}

// evidence signs what every suite would have found of the version's image, changed, and hands it in.
func (m pilotMaker) evidence(r update.Release, version string, change func(*bundle.Bundle)) ([]byte, error) {
	m.t.Helper()
	b := bundletest.Passing([]byte("software "+version), r.RXSWIN[0])
	if change != nil {
		change(b)
	}
	raw, err := bundle.Sign(bundletest.Key("lab"), b)
	if err != nil {
		m.t.Fatal(err)
	}
	return raw, m.api.Do(m.t.Context(), http.MethodPost, "/v1/releases/"+r.ID+"/evidence", fmt.Sprintf("evidence/%s/%s", r.ID, bundle.Sum(raw)), raw, nil)
}

// send starts a campaign; name tells a new try from the same again.
func (m pilotMaker) send(r update.Release, name string, cars ...vin.VIN) (update.Campaign, error) {
	m.t.Helper()
	var c update.Campaign
	return c, m.api.Post(m.t.Context(), "/v1/campaigns", "campaign/"+name, map[string]any{"name": name, "release_id": r.ID, "vins": cars}, &c)
}

func (m pilotMaker) refuses(reason string, err error, code, says string) {
	m.t.Helper()
	if fault.CodeOf(err) != code || !strings.Contains(err.Error(), says) {
		m.t.Errorf("%s: %v; want %s, saying %q", reason, err, code, says)
	}
}

// away builds a second car that never connects: what is sent to it stays open.
func away(t *testing.T, s scenario.Scenario, api *client.Client) vin.VIN {
	t.Helper()
	v, err := vin.Make(s.Model.WMI, s.Model.VDS, 'P', 'B', 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := api.Post(t.Context(), "/v1/pack-lots", "lot/away", map[string]any{"contract": s.Packs[0].Contract, "received": s.Start, "serials": []string{"AWAY-1"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := api.Post(t.Context(), "/v1/cars", "build/away", map[string]any{"vin": v, "model": s.Model.ID, "pack_serial": "AWAY-1", "built_at": s.Start.Time(),
		"ecus": []fleet.ECU{{Serial: "head-away", HardwareID: s.Model.HardwareID, Role: fleet.Primary}}}, nil); err != nil {
		t.Fatal(err)
	}
	return v
}

// labKey is a file with the public key of the laboratory.
func labKey(t *testing.T) string {
	t.Helper()
	_, pub, err := bundle.WriteKeys(bundletest.Key("lab"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "lab.pem.pub")
	if err := os.WriteFile(file, pub, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAPilotFromEvidenceToService follows one pilot all the way: refused until a signed bundle of exactly its image, within every
// limit and no worse than what is shipped, speaks for it; installed by Uptane; named by the recorder in the car and by its reports;
// counted under its name; and stopped when the fleet finds what the suites did not.
func TestAPilotFromEvidenceToService(t *testing.T) {
	ctx := t.Context()
	s, a, api, cfg, agent := oneCarOf(t, func(c *app.Config) { c.EvidenceKeys = []string{labKey(t)} }, nil)
	m := pilotMaker{t, api}
	sold(t, api, cfg, agent, s.Market, string(s.Currency), "pilot.trial")
	second := away(t, s, api)
	now := cfg.Clock.(*clock.Sim)
	driven := 0
	drives := func(days int) {
		t.Helper()
		for range days {
			day := s.Start.AddDays(driven)
			now.Set(day.Time().Add(21 * time.Hour))
			if err := api.Post(ctx, "/v1/clock", "day/"+string(day), map[string]any{"now": now.Now()}, nil); err != nil {
				t.Fatal(err)
			}
			if err := agent.Drive(ctx, day, drive.Generate(uint64(driven), 40, 0.6)); err != nil {
				t.Fatal(err)
			}
			if err := agent.Sync(ctx); err != nil {
				t.Fatal(err)
			}
			driven++
		}
	}
	drives(2)

	one := m.publish(cfg.HardwareID, "2.0.0", 2, "R157:RB1-2")
	_, err := m.send(one, "without", cfg.VIN)
	m.refuses("no bundle", err, "evidence_missing", "2")
	_, err = m.evidence(one, "2.0.0-other", nil)
	m.refuses("a bundle of other bytes", err, "evidence_image", bundle.Sum([]byte("software 2.0.0"))[:8])
	_, err = m.send(one, "other bytes", cfg.VIN)
	m.refuses("which is not kept", err, "evidence_missing", one.ID)
	shipped, err := m.evidence(one, "2.0.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.send(one, "first", cfg.VIN); err != nil {
		t.Fatal(err)
	}
	drives(1) // the hint brings the update after this day's drive
	drives(3)

	two := m.publish(cfg.HardwareID, "2.1.0", 3, "R157:RB1-3")
	compared := func(b *bundle.Bundle) {
		b.Against = &bundle.Against{Bundle: bundle.Sum(shipped), Image: one.Image.SHA256, RXSWIN: one.RXSWIN[0]}
	}
	if _, err := m.evidence(two, "2.1.0", func(b *bundle.Bundle) {
		compared(b)
		b.Suite(bundle.CutIn).Fast.Collided, b.Suite(bundle.CutIn).Fast.CollidedAvoidable = 2, 2
	}); err != nil {
		t.Fatal(err)
	}
	_, err = m.send(two, "worse", cfg.VIN)
	m.refuses("within every limit, worse than what is shipped", err, "evidence_regression", "the shipped release has")
	if _, err := m.evidence(two, "2.1.0", func(b *bundle.Bundle) { compared(b); b.Made = "2026-11-27T12:00:00Z" }); err != nil {
		t.Fatal(err)
	}
	rollout, err := m.send(two, "second", cfg.VIN, second)
	if err != nil {
		t.Fatal(err)
	}
	drives(1)
	drives(2)

	// The fleet counts each day under what drove it, and the car's own recorder names the same.
	rates, err := a.Pilots.Rates(ctx, period.Span{From: s.Start, To: s.Start.AddDays(driven)}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]int64{"1.0.0 " + highway.SWIN: {0, 3}, "2.0.0 RB1-2": {3, 4}, "2.1.0 RB1-3": {7, 2}} // first day, days
	for _, v := range rates.Versions {
		name := v.Software + " " + v.SWIN
		if w, ok := want[name]; !ok || v.From != s.Start.AddDays(int(w[0])) || v.CarDays != w[1] || v.Active <= 0 {
			t.Errorf("%s from %s, %d days, %g km; want first day and days %v", name, v.From, v.CarDays, v.Active, want)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("no reports of %v", want)
	}
	recorderNames(t, cfg, s.Start, map[int]string{0: "1.0.0 " + highway.SWIN, 3: "2.0.0 RB1-2", 7: "2.1.0 RB1-3"})

	// Other cars with the new version demand their drivers ten times as often as with the old one.
	paused := -1
	fleet := fleetOf(t, s, a, 20)
	for i := 0; i < 15 && paused < 0; i++ {
		day := s.Start.AddDays(driven + i)
		fleet.day(day, func(n int) pilotlog.Report {
			r := reportOf(day, "2.0.0", 100_000, 0)
			switch r.SWIN = "RB1-2"; {
			case n%2 == 1:
				r = reportOf(day, "2.1.0", 100_000, 1) // 10 per 1,000 km; the limit of 20 is kept
				r.SWIN = "RB1-3"
			case n == 0:
				r.Events = reportOf(day, "2.0.0", 0, 1).Events // 1 per 1,000 km
			}
			return r
		})
		if err := api.Post(ctx, "/v1/clock", "fleet/"+string(day), map[string]any{"now": day.AddDays(1).Time().Add(4 * time.Hour)}, nil); err != nil {
			t.Fatal(err)
		}
		var c update.Campaign
		if err := api.Get(ctx, "/v1/campaigns/"+rollout.ID, &c); err != nil {
			t.Fatal(err)
		}
		if c.Counts[update.Confirmed] != 1 || c.Counts[update.Pending] != 1 {
			t.Fatalf("%v; one car has it, the other is away", c.Counts)
		}
		if c.State == update.Paused {
			paused = i
		}
	}
	stops, err := a.Pilots.Stops(ctx, 10)
	if err != nil || paused < 0 || len(stops) != 1 || stops[0].Campaign != rollout.ID || stops[0].Kind != pilotlog.TransitionDemand {
		t.Fatalf("paused on day %d, %+v, %v", paused, stops, err)
	}
}

// recorderNames checks what the car's DSSAD names as the pilot: by day after start, until the next entry's day.
func recorderNames(t *testing.T, cfg car.Config, start period.Date, from map[int]string) {
	t.Helper()
	ring, err := highway.ReadDSSAD(car.PilotDir(cfg.Dir))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range ring.Records() {
		day := int(time.Unix(r.Unix, 0).UTC().Sub(start.Time()) / (24 * time.Hour))
		for from[day] == "" {
			day--
		}
		if got := r.Software + " " + r.SWIN; got != from[day] {
			t.Errorf("record %d of %s names %s, want %s", r.Seq, time.Unix(r.Unix, 0).UTC(), got, from[day])
		}
		seen[from[day]]++
	}
	for _, name := range from {
		if seen[name] == 0 {
			t.Errorf("no record names %s", name)
		}
	}
}

// others are cars of which only the reports are made up.
type others struct {
	t    *testing.T
	app  *app.App
	cars []vin.VIN
	seq  uint64
}

func fleetOf(t *testing.T, s scenario.Scenario, a *app.App, n int) *others {
	t.Helper()
	f := &others{t: t, app: a}
	for i := range n {
		v, err := vin.Make(s.Model.WMI, s.Model.VDS, 'P', 'B', 100+i)
		if err != nil {
			t.Fatal(err)
		}
		f.cars = append(f.cars, v)
	}
	return f
}

// day lets each car report a day.
func (f *others) day(day period.Date, report func(car int) pilotlog.Report) {
	f.t.Helper()
	f.seq++
	for n, v := range f.cars {
		r := report(n)
		r.Seq, r.Day = f.seq, string(day)
		payload, err := r.Encode()
		if err != nil {
			f.t.Fatal(err)
		}
		if err := f.app.Pilots.Take(f.t.Context(), v, payload); err != nil {
			f.t.Fatal(err)
		}
	}
}

package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"roadbook/app/client"
	"roadbook/car"
	"roadbook/car/drive"
	"roadbook/car/highway"
	"roadbook/fault"
	"roadbook/inservice"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

// sold sells the car with a product and lets it fetch the right.
func sold(t *testing.T, api *client.Client, cfg car.Config, agent *car.Agent, market, currency, sku string) {
	t.Helper()
	order := map[string]any{"vin": cfg.VIN, "customer": "owner", "market": market, "currency": currency,
		"lines": []map[string]any{{"sku": "car.road-1", "price": money.Of(20_000_000, money.Currency(currency))}, {"sku": sku}}}
	if err := api.Post(t.Context(), "/v1/orders", "sale", order, nil); err != nil {
		t.Fatal(err)
	}
	if err := api.Post(t.Context(), "/v1/clock", "sold", map[string]any{"now": cfg.Clock.Now().Add(time.Minute)}, nil); err != nil { // what is under way is done then
		t.Fatal(err)
	}
	if err := agent.FetchGrant(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// release publishes an image for the car's hardware and sends it to the cars.
func release(t *testing.T, api *client.Client, hardware, version string, counter int64, cars ...vin.VIN) update.Campaign {
	t.Helper()
	var up update.Image
	if err := api.Do(t.Context(), http.MethodPost, "/v1/images", "image/"+version, []byte("software "+version), &up); err != nil {
		t.Fatal(err)
	}
	var rel update.Release
	if err := api.Post(t.Context(), "/v1/releases", "release/"+version, map[string]any{"name": "Road One", "version": version, "hardware_id": hardware,
		"release_counter": counter, "image_sha256": up.SHA256}, &rel); err != nil {
		t.Fatal(err)
	}
	var c update.Campaign
	if err := api.Post(t.Context(), "/v1/campaigns", "campaign/"+version, map[string]any{"name": version, "release_id": rel.ID, "vins": cars}, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWhatACandidateWouldDoIsReported: a car drives with a candidate in its shadow, takes an update and drives on. Over its own
// connection the fleet learns the rates of both versions, the events, and the differences, and the driver pays for no difference.
func TestWhatACandidateWouldDoIsReported(t *testing.T) {
	ctx := t.Context()
	candidate, err := highway.ParseCandidate([]byte(`{"version": "2.0.0-rc1", "params": {"following": {"accel": 0.5}, "engagement": {"settle": 400}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, a, api, cfg, agent := oneCarWith(t, func(c *car.Config) { c.Candidate = candidate })
	sold(t, api, cfg, agent, s.Market, string(s.Currency), "pilot.trial")
	now := cfg.Clock.(*clock.Sim)
	days := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			day := s.Start.AddDays(i)
			now.Set(day.Time().Add(21 * time.Hour))
			if err := api.Post(ctx, "/v1/clock", "day/"+string(day), map[string]any{"now": now.Now()}, nil); err != nil {
				t.Fatal(err)
			}
			if err := agent.Drive(ctx, day, drive.Generate(uint64(i), 40, 0.6)); err != nil {
				t.Fatal(err)
			}
			if err := agent.Sync(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	days(0, 4)
	release(t, api, cfg.HardwareID, "1.1.0", 2, cfg.VIN)
	days(4, 5) // the hint brings the update after this day's drive
	days(5, 9)

	span := period.Span{From: s.Start, To: s.Start.AddDays(10)}
	rates, err := a.Pilots.Rates(ctx, span, "")
	if err != nil {
		t.Fatal(err)
	}
	drove := map[string]int64{}
	for _, v := range rates.Versions {
		if drove[v.Software] = v.CarDays; v.Active <= 0 || v.SWIN != highway.SWIN {
			t.Errorf("%+v", v)
		}
	}
	if drove[car.FactoryVersion]+drove["1.1.0"] != 9 || drove["1.1.0"] < 4 {
		t.Errorf("days by version: %v; want nine, at least four with the update", drove)
	}
	events, err := a.Pilots.Events(ctx, inservice.EventQuery{VIN: cfg.VIN, Kinds: []pilotlog.Kind{pilotlog.Activation}, Limit: 100})
	if err != nil || len(events) < 7 {
		t.Errorf("%d activations: %v", len(events), err)
	}
	diffs, err := a.Pilots.Differences(ctx, inservice.EventQuery{VIN: cfg.VIN, Limit: 100})
	if err != nil || len(diffs) < 5 {
		t.Fatalf("%d differences: %v", len(diffs), err)
	}
	for _, d := range diffs {
		if d.Candidate != "2.0.0-rc1" || d.Seconds <= 0 || len(d.Inputs) != 64 || !slices.Contains([]string{car.FactoryVersion, "1.1.0"}, d.Software) {
			t.Errorf("%+v", d)
		}
	}
}

// reportOf is a day of a car with so many transition demands.
func reportOf(day period.Date, software string, meters int64, demands int) pilotlog.Report {
	r := pilotlog.Report{Seq: 1, Day: string(day), Software: software, SWIN: highway.SWIN, Parameters: fmt.Sprintf("%064x", 1), Active: meters, Simulated: 600}
	for i := range demands {
		r.Events = append(r.Events, pilotlog.Event{At: day.Time().Add(8*time.Hour + time.Duration(i)*time.Minute), Kind: pilotlog.TransitionDemand, Reason: "ends", Road: "motorway"})
	}
	return r
}

// TestAWorseVersionIsPaused: two versions drive on the same days. The new one demands the driver ten times as often: its campaign
// is paused and the reason is on record; an operator who resumes it is not overruled. The old one's campaign goes on.
func TestAWorseVersionIsPaused(t *testing.T) {
	ctx := t.Context()
	s, a, api, cfg, _ := oneCarWith(t, nil)
	old := release(t, api, cfg.HardwareID, "1.1.0", 2, cfg.VIN)
	bad := release(t, api, cfg.HardwareID, "1.2.0", 3, cfg.VIN)
	state := func(c update.Campaign) update.CampaignState {
		t.Helper()
		if err := api.Get(ctx, "/v1/campaigns/"+c.ID, &c); err != nil {
			t.Fatal(err)
		}
		return c.State
	}
	fleet := fleetOf(t, s, a, 20)
	day := func(i int) {
		t.Helper()
		d := s.Start.AddDays(i)
		fleet.day(d, func(n int) pilotlog.Report {
			switch {
			case n%2 == 1:
				return reportOf(d, "1.2.0", 100_000, 1) // 10 per 1,000 km; the limit of 20 is kept
			case n == 0:
				return reportOf(d, "1.1.0", 100_000, 1) // 1 per 1,000 km
			}
			return reportOf(d, "1.1.0", 100_000, 0)
		})
		if err := api.Post(ctx, "/v1/clock", "day/"+string(d), map[string]any{"now": d.AddDays(1).Time().Add(4 * time.Hour)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	paused := -1
	for i := 0; i < 15 && paused < 0; i++ {
		if day(i); state(bad) == update.Paused {
			paused = i
		}
	}
	if paused < 0 {
		t.Fatal("fifteen days and nobody has stopped it")
	}
	stops, err := a.Pilots.Stops(ctx, 10)
	if err != nil || len(stops) != 1 || stops[0].Campaign != bad.ID || stops[0].Software != "1.2.0" || stops[0].Kind != pilotlog.TransitionDemand {
		t.Fatalf("%+v, %v", stops, err)
	}
	t.Logf("paused on day %d: %s", paused+1, stops[0].Reason)
	if err := api.Post(ctx, "/v1/campaigns/"+bad.ID+"/resume", "resume", nil, nil); err != nil {
		t.Fatal(err)
	}
	for i := paused + 1; i < paused+6; i++ {
		day(i)
	}
	again, err := a.Pilots.Stops(ctx, 10)
	if err != nil || len(again) != 1 || state(bad) != update.Running || state(old) != update.Running {
		t.Errorf("after it was resumed: %v, the old one %v, %d stops, %v", state(bad), state(old), len(again), err)
	}
	if v, err := a.Pilots.Judge(ctx, inservice.Name{Software: "1.2.0"}); err != nil || !v[0].Broken {
		t.Errorf("the finding is gone: %v", err)
	}
	if err := api.Post(ctx, "/v1/campaigns/none/resume", "none", nil, nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a campaign that is none: %v", err)
	}
}

package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"roadbook/app/client"
	"roadbook/billing"
	"roadbook/car"
	"roadbook/car/drive"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/wire/pilotlog"
)

// message is what GET /v1/messages/aside tells.
type message struct {
	VIN, Kind, SHA256, Code, Detail string
	Payload                         []byte
}

func asideMessages(t *testing.T, api *client.Client) (all []message, total int) {
	t.Helper()
	var got struct {
		Data  []message
		Total int
	}
	if err := api.Get(t.Context(), "/v1/messages/aside", &got); err != nil {
		t.Fatal(err)
	}
	return got.Data, got.Total
}

// TestARefusedReportHoldsUpNothing: a report that the maker's side cannot take is acknowledged and set aside under its name; frames,
// grants and the reports of later days go through, and what can be taken later is handed in again.
func TestARefusedReportHoldsUpNothing(t *testing.T) {
	ctx := t.Context()
	s, a, api, cfg, agent := oneCarWith(t, nil)
	sold(t, api, cfg, agent, s.Market, string(s.Currency), "pilot.trial")
	other := reportOf(s.Start, "0.9.0", 1000, 0) // the name (VIN, 1) is taken by another content
	payload, err := other.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Pilots.Take(ctx, cfg.VIN, payload); err != nil {
		t.Fatal(err)
	}
	now := cfg.Clock.(*clock.Sim)
	day := func(i int) period.Date { return s.Start.AddDays(i) }
	makers := func(i int) { // the maker's side is at day i
		t.Helper()
		if err := api.Post(ctx, "/v1/clock", "day/"+string(day(i)), map[string]any{"now": day(i).Time().Add(21 * time.Hour)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, at := range []int{0, 1, 2, 2} { // on the last day the car's clock is two days ahead
		makers(at)
		drives := i + i/3*2
		now.Set(day(drives).Time().Add(21 * time.Hour))
		if err := agent.Drive(ctx, day(drives), drive.Generate(uint64(i), 40, 0.6)); err != nil {
			t.Fatal(err)
		}
		if err := agent.Sync(ctx); err != nil {
			t.Fatalf("day %d: %v", i, err)
		}
	}
	var n struct {
		Stored int64 `json:"stored"`
	}
	if err := api.Get(ctx, "/v1/cars/"+string(cfg.VIN)+"/counts", &n); err != nil || n.Stored < 4 {
		t.Errorf("%d frames stored: %v", n.Stored, err)
	}
	counted := func(reason string, days int64) {
		t.Helper()
		rates, err := a.Pilots.Rates(ctx, period.Span{From: s.Start, To: day(10)}, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range rates.Versions {
			if v.Software == car.FactoryVersion && v.CarDays != days || v.Software == "0.9.0" && v.CarDays != 1 {
				t.Errorf("%s: %s has %d days, want %d", reason, v.Software, v.CarDays, days)
			}
		}
	}
	counted("the two reports in between", 2)
	all, total := asideMessages(t, api)
	if total != 2 || len(all) != 2 || all[0].Code != "idempotency_mismatch" || all[1].Code != "pilot_report" {
		t.Fatalf("%d set aside: %+v", total, all)
	}
	for _, m := range all {
		sum := sha256.Sum256(m.Payload)
		if _, err := pilotlog.Parse(m.Payload); err != nil || m.VIN != string(cfg.VIN) || m.Kind != "pilot" || m.SHA256 != hex.EncodeToString(sum[:]) || m.Detail == "" {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if all, err := os.ReadDir(car.PilotDir(cfg.Dir)); err != nil || strings.Contains(fmt.Sprint(all), "report-") {
		t.Errorf("the car still carries %v, %v", all, err)
	}

	makers(5)
	var tried struct{ Taken, Left int }
	for _, want := range []struct{ Taken, Left int }{{1, 1}, {0, 1}} {
		if err := api.Post(ctx, "/v1/messages/aside/retry", "", map[string]string{"vin": string(cfg.VIN)}, &tried); err != nil || tried != want {
			t.Errorf("handed in again: %+v, %v; want %+v", tried, err, want)
		}
	}
	counted("and the one that came too early", 3)
	if _, total := asideMessages(t, api); total != 1 {
		t.Errorf("%d are left, want the other content", total)
	}
}

// TestSpoiledUsageHoldsUpNothing: a power cut leaves the car's counters unreadable. The car starts, tells so, keeps the file, and all
// that it counts from then on is charged; everything else goes through.
func TestSpoiledUsageHoldsUpNothing(t *testing.T) {
	ctx := t.Context()
	var log syncBuffer
	s, a, api, cfg, agent := oneCarWith(t, func(c *car.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	sold(t, api, cfg, agent, s.Market, string(s.Currency), "pilot.km")
	now := cfg.Clock.(*clock.Sim)
	drives := func(agent *car.Agent, i int, sync bool) {
		t.Helper()
		day := s.Start.AddDays(i)
		now.Set(day.Time().Add(21 * time.Hour))
		if err := api.Post(ctx, "/v1/clock", "day/"+string(day), map[string]any{"now": now.Now()}, nil); err != nil {
			t.Fatal(err)
		}
		if err := agent.Drive(ctx, day, drive.Generate(uint64(i), 40, 0.6)); err != nil {
			t.Fatal(err)
		}
		if !sync {
			return
		}
		if err := agent.Sync(ctx); err != nil {
			t.Fatalf("day %d: %v", i, err)
		}
	}
	drives(agent, 0, true)
	drives(agent, 1, true)
	drives(agent, 2, false)
	if err := agent.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	checkpoint := filepath.Join(cfg.Dir, "meter", "meter.json")
	if err := os.WriteFile(checkpoint, make([]byte, 40), 0o600); err != nil { // zeros, as a power cut leaves them
		t.Fatal(err)
	}
	again, err := car.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := again.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	drives(again, 3, true)
	drives(again, 4, true)
	if _, err := os.Stat(checkpoint + ".bad-1"); err != nil || !strings.Contains(log.String(), checkpoint+".bad-1") {
		t.Errorf("%v; the car's log: %s", err, log.String())
	}
	rates, err := a.Pilots.Rates(ctx, period.Span{From: s.Start, To: s.Start.AddDays(10)}, "")
	if err != nil || len(rates.Versions) != 1 || rates.Versions[0].CarDays != 5 {
		t.Fatalf("%+v, %v", rates.Versions, err)
	}
	if got, want := billedKm(t, api, cfg, s.Start), rates.Versions[0].Active; math.Abs(got-want) > 1e-9 { // day 2 stood in the log, which was whole
		t.Errorf("%.3f km are counted for the invoice, the pilot drove %.3f", got, want)
	}
	if all, total := asideMessages(t, api); total != 0 {
		t.Errorf("the maker's side set aside %+v", all)
	}
}

// billedKm closes the books of the month in which the test began, and sums the kilometres of the pilot that its invoices claim.
func billedKm(t *testing.T, api *client.Client, cfg car.Config, start period.Date) (km float64) {
	t.Helper()
	if err := api.Post(t.Context(), "/v1/clock", "month", map[string]any{"now": start.Month().Next().First().AddDays(1).Time()}, nil); err != nil {
		t.Fatal(err)
	}
	var invoices struct{ Data []billing.Invoice }
	if err := api.Get(t.Context(), "/v1/invoices?vin="+string(cfg.VIN), &invoices); err != nil {
		t.Fatal(err)
	}
	for _, inv := range invoices.Data {
		for _, l := range inv.Lines {
			if inv.Reason != billing.ForUsage || l.SKU != "pilot.km" {
				continue
			}
			q, err := strconv.ParseFloat(string(l.Quantity), 64)
			if err != nil {
				t.Fatal(err)
			}
			km += q
		}
	}
	return km
}

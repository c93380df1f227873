package app_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"roadbook/billing"
	"roadbook/car"
	"roadbook/car/drive"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/pilot/r157"
	"roadbook/platform/clock"
)

// TestOnlyWhatThePilotDroveIsCharged: over a month of days with rain and fog, the invoice claims the kilometres that the pilot drove, to
// the metre, and none on which it was not available; and wherever a customer reads of the pilot, it says that it is supervised.
func TestOnlyWhatThePilotDroveIsCharged(t *testing.T) {
	ctx := t.Context()
	s, a, api, cfg, agent := oneCarWith(t, nil)
	sold(t, api, cfg, agent, s.Market, string(s.Currency), "pilot.km")
	now := cfg.Clock.(*clock.Sim)
	days := 0
	for day := s.Start; day.Month() == s.Start.Month() && days < 28; day, days = day.AddDays(1), days+1 {
		now.Set(day.Time().Add(21 * time.Hour))
		if err := api.Post(ctx, "/v1/clock", "day/"+string(day), map[string]any{"now": now.Now()}, nil); err != nil {
			t.Fatal(err)
		}
		if err := agent.Drive(ctx, day, drive.Generate(uint64(days), 60, 0.8)); err != nil {
			t.Fatal(err)
		}
		if err := agent.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	rates, err := a.Pilots.Rates(ctx, period.Span{From: s.Start, To: s.Start.AddDays(40)}, cfg.Country)
	if err != nil || len(rates.Versions) != 1 {
		t.Fatalf("%+v, %v", rates.Versions, err)
	}
	v := rates.Versions[0]
	if v.Unavailable < 20 || v.Active < 200 {
		t.Fatalf("%d days with %.1f km by the pilot and %.1f km without it show nothing", days, v.Active, v.Unavailable)
	}
	if km := billedKm(t, api, cfg, s.Start); math.Abs(km-v.Active) > 1e-9 {
		t.Errorf("the invoice claims %.3f km, the pilot drove %.3f and was not available on %.3f", km, v.Active, v.Unavailable)
	}
	var invoices struct{ Data []billing.Invoice }
	if err := api.Get(ctx, "/v1/invoices?vin="+string(cfg.VIN), &invoices); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, inv := range invoices.Data {
		for _, l := range inv.Lines {
			if l.SKU != "pilot.km" {
				continue
			}
			if seen++; !strings.HasSuffix(l.Name, ", "+r157.Supervised) {
				t.Errorf("a line of %s says %q", inv.Number, l.Name)
			}
			if want := v.Active * 0.2; inv.Reason == billing.ForUsage && math.Abs(float64(l.Amount.Minor)/100-want) > 0.005 {
				t.Errorf("%s for %.3f km", l.Amount, v.Active)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d lines are about the pilot; want the order's and the month's", seen)
	}
	screen, err := car.NewScreen(agent)
	if err != nil {
		t.Fatal(err)
	}
	offers, err := screen.Shop(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range offers {
		if strings.HasPrefix(o.SKU, "pilot.") != strings.HasSuffix(o.Name, ", "+r157.Supervised) {
			t.Errorf("the car's shop calls %s %q", o.SKU, o.Name)
		}
	}
}

// TestThePilotIsCalledWhatTheMarketAllows: an order says how the law of its market wants the pilot called, and one for a market that
// does not allow it is refused.
func TestThePilotIsCalledWhatTheMarketAllows(t *testing.T) {
	ctx := t.Context()
	s, _, api, cfg, _ := oneCarWith(t, nil)
	for i, c := range []struct{ market, word, code string }{
		{"XX", "", "pilot_market"},
		{"DE", r157.Conditional, ""},
	} {
		var o offer.Order
		err := api.Post(ctx, "/v1/orders", "sale/"+c.market, map[string]any{"vin": cfg.VIN, "customer": "owner", "market": c.market, "currency": s.Currency,
			"lines": []map[string]any{{"sku": "car.road-1", "price": money.Of(20_000_000, s.Currency)}, {"sku": "pilot.trial"}}}, &o)
		if fault.CodeOf(err) != c.code || c.code != "" && !strings.Contains(err.Error(), c.market) {
			t.Fatalf("%d: %v", i, err)
		}
		if err == nil && (!strings.HasSuffix(o.Lines[1].Name, ", "+c.word) || strings.Contains(o.Lines[0].Name, c.word)) {
			t.Errorf("%+v", o.Lines)
		}
	}
}

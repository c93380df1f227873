package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"roadbook/app/client"
	"roadbook/car/drive"
	"roadbook/fleet"
	"roadbook/supply/passport"
)

// shown is a passport as the API answers it.
type shown struct {
	Link     string            `json:"link"`
	Category passport.Category `json:"category"`
	Known    []struct {
		Attribute string          `json:"attribute"`
		Value     json.RawMessage `json:"value"`
		Record    passport.Record `json:"record"`
	} `json:"known"`
	Refused []passport.Refusal `json:"refused"`
}

func (s shown) value(id string) string {
	for _, k := range s.Known {
		if k.Attribute == id {
			return string(k.Value)
		}
	}
	return ""
}

func passportOf(t *testing.T, api *client.Client, serial, query string) (out shown) {
	t.Helper()
	if err := api.Do(t.Context(), http.MethodGet, "/v1/passports/"+serial+query, "", nil, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPassportFollowsTheBattery: what the car drives shows in its battery's passport, to whoever may see it; and when the
// pack leaves the car, its passport goes with it.
func TestPassportFollowsTheBattery(t *testing.T) {
	ctx := t.Context()
	s, api, cfg, agent := oneCar(t)
	var c fleet.Car
	if err := api.Do(ctx, http.MethodGet, "/v1/cars/"+string(cfg.VIN), "", nil, &c); err != nil {
		t.Fatal(err)
	}
	if err := agent.Drive(ctx, s.Start, drive.Generate(1, 60, 0.5)); err != nil {
		t.Fatal(err)
	}
	if err := agent.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	settle := func(day int) {
		t.Helper()
		if err := api.Post(ctx, "/v1/clock", "settle", map[string]any{"now": s.Start.AddDays(day).Time()}, nil); err != nil {
			t.Fatal(err)
		}
	}
	settle(1)

	var pack struct {
		Part string `json:"part"`
	}
	if err := api.Do(ctx, http.MethodGet, "/v1/packs/"+c.PackSerial, "", nil, &pack); err != nil {
		t.Fatal(err)
	}
	set := func(grain, subject, attribute string, value any) {
		t.Helper()
		if err := api.Post(ctx, "/v1/passport-values", attribute, map[string]any{"grain": grain, "subject": subject, "attribute": attribute, "value": value,
			"source": "data sheet", "date": s.Start, "vintage": s.Start, "who": "quality", "level": "R"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	set("model", pack.Part, "certified_usable_energy", 70)
	set("item", c.PackSerial, "accidents", "a dent, none of the cells")

	all := passportOf(t, api, c.PackSerial, "")
	if all.Category != passport.EV || all.value("battery_status") != `"original"` || all.value("battery_id") != `"`+c.PackSerial+`"` || len(all.Refused) != 0 {
		t.Errorf("%+v", all)
	}
	energy, cycles, charge := all.value("energy_throughput"), all.value("full_cycles"), all.value("state_of_charge")
	var used, full float64
	if json.Unmarshal([]byte(energy), &used) != nil || json.Unmarshal([]byte(cycles), &full) != nil || used < 5 || used > 20 || full < used/70-0.001 || full > used/70+0.001 || charge == "" {
		t.Errorf("after 60 km the throughput is %s kWh, %s cycles of 70 kWh, charged to %s %%", energy, cycles, charge)
	}
	var left float64
	if json.Unmarshal([]byte(all.value("remaining_usable_energy")), &left) != nil || left < 69.5 || left > 70 || all.value("state_of_certified_energy") == "" {
		t.Errorf("of 70 kWh %s are left, a state of %s %%", all.value("remaining_usable_energy"), all.value("state_of_certified_energy"))
	}
	if all.value("capacity_fade") != "" || all.value("resistance_increase") != "" {
		t.Error("this car does not measure charge or resistance, and the passport tells them")
	}
	if got := passportOf(t, api, c.PackSerial, "?access=legitimate_interest"); got.value("accidents") == "" || got.value("full_cycles") != cycles {
		t.Errorf("with a legitimate interest: %+v", got)
	}

	if !strings.HasSuffix(all.Link, "/passport/"+c.PackSerial) {
		t.Errorf("the link is %s", all.Link)
	}
	here := api.Base + "/passport/" + c.PackSerial // the link's base is what is configured: here a port that is not known before
	page := public(t, here, "text/html")
	for _, hidden := range []string{"a dent", string(cfg.VIN), charge + " %", "quality"} {
		if strings.Contains(page, hidden) {
			t.Errorf("anyone reads %q on the page", hidden)
		}
	}
	if data := public(t, here, "application/ld+json"); !json.Valid([]byte(data)) || strings.Contains(data, "a dent") || !strings.Contains(data, c.PackSerial) {
		t.Errorf("anyone gets %s", data)
	}

	if err := api.Do(ctx, http.MethodPost, "/v1/passports/"+c.PackSerial+"/readings", "keep", map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	for i, state := range []string{"removed", "second_life"} {
		move := map[string]any{"state": state, "date": s.Start.AddDays(2 + i), "source": "order 7", "who": "workshop", "place": "solar park"}
		if err := api.Post(ctx, "/v1/packs/"+c.PackSerial+"/moves", state, move, nil); err != nil {
			t.Fatal(err)
		}
	}
	settle(4)
	after := passportOf(t, api, c.PackSerial, "")
	if after.value("battery_status") != `"repurposed"` || after.value("full_cycles") != cycles {
		t.Errorf("in its second life the battery is %s with %s cycles, want repurposed with %s", after.value("battery_status"), after.value("full_cycles"), cycles)
	}
	if before := passportOf(t, api, c.PackSerial, "?as_of="+string(s.Start.AddDays(1))); before.value("battery_status") != `"original"` {
		t.Errorf("the day before it was %s", before.value("battery_status"))
	}
}

func public(t *testing.T, link, accept string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), accept) {
		t.Fatalf("%s: %d %s %v", link, res.StatusCode, res.Header.Get("Content-Type"), err)
	}
	return string(raw)
}

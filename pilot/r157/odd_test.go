package r157_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

func TestMarketsThatComeWithTheSoftware(t *testing.T) {
	list, err := r157.Markets()
	if err != nil {
		t.Fatal(err)
	}
	for country, label := range map[string]string{"DE": r157.Conditional, "FR": r157.Conditional, "JP": r157.Conditional, "CN": r157.Supervised, "US": r157.Supervised} {
		o, err := r157.Market(list, country)
		if err != nil || o.Label != label {
			t.Errorf("%s: %v %v, want the label %q", country, o, err, label)
		}
	}
	if jp := market(t, "JP"); jp.MaxSpeed > 60*kmh+1e-9 || jp.MRMLaneChange {
		t.Errorf("without a lane change in the minimum risk manoeuvre the speed is %g", jp.MaxSpeed)
	}
	if _, err := r157.Market(list, "AQ"); err == nil {
		t.Error("a market in Antarctica")
	}
}

func TestSpeedFollowsSight(t *testing.T) {
	o := market(t, "DE")
	for _, c := range []struct{ meters, kmh float64 }{
		{45.99, 0}, {46, 60}, {48, 65}, {50, 70}, {60, 80}, {75, 90}, {90, 100}, {100, 105}, {110, 110}, {130, 120}, {149.999, 129.9995}, {150, 130}, {5000, 130},
		{0, 0}, {-1, 0}, {math.NaN(), 0},
	} {
		if got := o.SpeedFor(c.meters) / kmh; math.Abs(got-c.kmh) > 1e-6 {
			t.Errorf("%g m of sight: %.4f km/h, want %g (7.1.1)", c.meters, got, c.kmh)
		}
	}
	in := fine("DE")
	in.Road.Limit, in.Place.Visibility = 100*kmh, 500
	if v := o.Check(&in).MaxSpeed; v != 100*kmh {
		t.Errorf("the limit of the road: %g m/s", v)
	}
	in.Place.Rain = math.NaN()
	if r := o.Check(&in).Reason; r != r157.Rain {
		t.Errorf("a rain sensor without a number: %q", r)
	}
	in.Place.Rain, in.Place.Visibility = 0, math.NaN()
	if r := o.Check(&in).Reason; r != r157.Visibility {
		t.Errorf("no number for the visibility: %q", r)
	}
}

func TestMarketsRefused(t *testing.T) {
	good, err := os.ReadFile("markets.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why, want string
		change    func(m map[string]any)
	}{
		{"130 km/h without a lane change in the MRM", "5.2.3.1", func(m map[string]any) { m["mrm_lane_change"] = false }},
		{"faster than 130 km/h", "max_speed", func(m map[string]any) { m["max_speed"] = 36.2 }},
		{"a road without a barrier", "6.2.3", func(m map[string]any) { m["divided"] = false }},
		{"a rural road", "motorway or expressway", func(m map[string]any) { m["roads"] = []string{"rural"} }},
		{"a label of our own", "label", func(m map[string]any) { m["label"] = "full self-driving" }},
		{"a false country", "ISO 3166-1", func(m map[string]any) { m["countries"] = []string{"Deutschland"} }},
		{"a country twice", "also in", func(m map[string]any) { m["countries"] = []string{"FR"} }},
		{"no source", "source", func(m map[string]any) { m["source"] = "" }},
		{"less sight than 7.1.1 asks", "7.1.1", func(m map[string]any) {
			m["sight"] = []map[string]float64{{"range": 46, "speed": 60 * kmh}, {"range": 120, "speed": 130 * kmh}}
		}},
		{"sight that falls", "rise", func(m map[string]any) {
			m["sight"] = []map[string]float64{{"range": 100, "speed": 60 * kmh}, {"range": 90, "speed": 70 * kmh}}
		}},
		{"an unknown field", "unknown field", func(m map[string]any) { m["colour"] = "red" }},
		{"a short headway", "headway", func(m map[string]any) { m["headway"] = 1.0 }},
	} {
		var doc struct {
			Markets []map[string]any `json:"markets"`
		}
		if err := json.Unmarshal(good, &doc); err != nil {
			t.Fatal(err)
		}
		c.change(doc.Markets[0])
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r157.ParseMarkets(b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
	if _, err := r157.ParseMarkets(append(good, '{')); err == nil {
		t.Error("a second document was read over")
	}
	if _, err := r157.ParseMarkets(make([]byte, r157.MaxMarketBytes+1)); err == nil {
		t.Error("too long")
	}
}

func FuzzParseMarkets(f *testing.F) {
	good, err := os.ReadFile("markets.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"markets":[{"market":"x"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := r157.ParseMarkets(b)
		if err != nil {
			return
		}
		for i := range list {
			if _, err := r157.New(&list[i], r157.Default()); err != nil {
				t.Fatalf("a market was read that no machine takes: %v", err)
			}
			in := motion.Input{Place: motion.Place{Country: [2]byte{list[i].Countries[0][0], list[i].Countries[0][1]}, Class: motion.Motorway, Divided: true, Visibility: 150}}
			if v := list[i].Check(&in); v.MaxSpeed > 130*kmh+1e-6 {
				t.Fatalf("%g m/s", v.MaxSpeed)
			}
		}
	})
}

func TestParamsRefused(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(*r157.Params)
	}{
		{"escalation after 4 s", func(p *r157.Params) { p.Escalate = 401 }},
		{"a minimum risk manoeuvre before 10 s", func(p *r157.Params) { p.MRM = 999 }},
		{"a seat empty for longer than 1 s", func(p *r157.Params) { p.Seat = 101 }},
		{"one criterion", func(p *r157.Params) { p.Criteria = 1 }},
		{"a window of more than 30 s", func(p *r157.Params) { p.Window = 3001 }},
		{"a demand later than 15 s", func(p *r157.Params) { p.Demand = 1501 }},
		{"more than 4 m/s² planned", func(p *r157.Params) { p.PlannedBrake = 4.1 }},
		{"steps that fall", func(p *r157.Params) { p.Eyes.Prompt = p.Eyes.Warn }},
		{"no number", func(p *r157.Params) { p.WheelTorque = math.NaN() }},
	} {
		p := r157.Default()
		c.change(&p)
		if _, err := r157.New(market(t, "DE"), p); err == nil {
			t.Errorf("%s was taken", c.why)
		}
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for k := r157.Kind(1); k.Known(); k++ {
		if n := k.String(); n == "" || seen[n] {
			t.Errorf("kind %d has the name %q", k, n)
		}
		seen[k.String()] = true
	}
	clear(seen)
	for r := r157.Reason(1); r.Known(); r++ {
		if n := r.String(); n == "" || seen[n] {
			t.Errorf("reason %d has the name %q", r, n)
		}
		seen[r.String()] = true
	}
}

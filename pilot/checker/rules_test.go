package checker

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// close6 compares to six digits: the expected figures are worked out by hand from the formulae.
func close6(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(b)) }

func TestRSS(t *testing.T) {
	r := Default().RSS
	for _, row := range []struct {
		ego, lead, b, want float64
		why                string
	}{
		{0, 0, 6, 0.84375 + 2.25*2.25/12, "at standstill the response alone"},
		{20, 20, 6, 15 + 0.84375 + (22.25*22.25-400)/12, "equal speeds"},
		{30, 10, 6, 22.5 + 0.84375 + (32.25*32.25-100)/12, "closing"},
		{30, 10, 3, 22.5 + 0.84375 + (32.25*32.25-100)/6, "half the brakes"},
	} {
		if got := r.along(row.ego, row.lead, row.b); !close6(got, row.want) {
			t.Errorf("along, %s: %v, expected %v", row.why, got, row.want)
		}
	}
	for v, want := range map[float64]float64{0: 0.3 + 0.28125 + 0.28125, 1: 0.3 + 2.75*0.375 + 1.75*1.75/2} {
		if got := r.across(v); !close6(got, want) {
			t.Errorf("across at %v: %v, expected %v", v, got, want)
		}
	}
	wide := r
	wide.LateralAccel = 2
	if got := wide.across(0); !close6(got, 0.3+0.5625+0.5625) {
		t.Errorf("across with twice the lateral acceleration: %v", got)
	}
	for _, row := range []struct {
		o    other
		near bool
		why  string
	}{
		{other{gap: 30, v: 20, edge: 0}, false, "safe along"},
		{other{gap: 20, v: 20, edge: 0}, true, "both violated"},
		{other{gap: 20, v: 20, edge: 0.9}, false, "safe across at rest"},
		{other{gap: 20, v: 20, edge: 0.9, toward: 1}, true, "comes nearer"},
		{other{gap: 20, v: 20, edge: 0.9, toward: -1}, true, "|lateral speed|"},
	} {
		if got := r.near(&row.o, 20, 7.59); got != row.near {
			t.Errorf("near, %s: %v", row.why, got)
		}
	}
	if weak := (other{gap: 30, v: 10}); r.near(&weak, 20, 12) != r.near(&weak, 20, 6) {
		t.Error("brakes better than the model's make RSS braver")
	}
	if weak := (other{gap: 70, v: 10}); !r.near(&weak, 20, 2) || r.near(&weak, 20, 6) {
		t.Error("weak brakes do not count")
	}
}

func TestFuzzy(t *testing.T) {
	f := Default().Fuzzy
	// ego 20, lead 20: unsafe 15+400/12-400/14 = 19.761905, safe 15+50-28.571429+2 = 38.428571, of the gap less 2 m.
	for gap, want := range map[float64]float64{41: 0, 20: 1, 30: (38.428571 - 28) / (38.428571 - 19.761905)} {
		if got := f.proactive(gap, 20, 20); !close6(got, want) {
			t.Errorf("PFS at %v m: %v, expected %v", gap, got, want)
		}
	}
	for _, row := range []struct {
		gap, ego, lead, accel, want float64
		why                         string
	}{
		{1, 10, 10, 0, 0, "not closing"},
		{1, 10, 11, 0, 0, "opening"},
		{0.5, 12, 10, -4, 0, "braking now is enough: 2²/8 = 0.5 m"},
		{0.49, 12, 10, -4, 1, "and just not"},
		{0.6, 12, 10, -8, 0, "braking harder than comfort counts in the room"},
		{0.2, 12, 10, -8, 1, "4/16 = 0.25 m"},
		{22.5, 20, 10, 0, 0, "way 7.5, safe 7.5+12.5 = 20"},
		{15, 20, 10, 0, 1, "unsafe 7.5+100/12 = 15.833"},
		{18, 20, 10, 0, 2 / (12.5 - 100.0/12), "between"},
		{11, 20, 10, -2, (8.5*8.5/8 + 9.25*0.75 - 11) / (8.5*8.5/8 - 8.5*8.5/12), "braking gently already: 18.5 after the response"},
	} {
		if got := f.critical(row.gap, row.ego, row.lead, row.accel); !close6(got, math.Max(0, math.Min(1, row.want))) {
			t.Errorf("CFS, %s: %v, expected %v", row.why, got, row.want)
		}
	}
	for _, row := range [][3]float64{{0, 0, 0}, {0.5, 0, 2}, {1, 0, 4}, {1, 0.5, 5}, {0.2, 1, 6}} {
		if got := f.demand(row[0], row[1]); got != row[2] {
			t.Errorf("demand of PFS %v, CFS %v: %v, expected %v", row[0], row[1], got, row[2])
		}
	}
	for _, row := range [][4]float64{{5, 2, 4, 0}, {4, 2, 4, 0}, {2, 2, 4, 1}, {1, 2, 4, 1}, {2.5, 2, 4, 0.75}} {
		if got := fade(row[0], row[1], row[2]); got != row[3] {
			t.Errorf("fade %v: %v", row, got)
		}
	}
}

// figures are the defaults as they are documented.
const figures = `{"rss":{"response_s":0.75,"accel_mps2":3,"brake_mps2":6,"lateral_accel_mps2":1,"lateral_fluctuation_m":0.3},` +
	`"fuzzy":{"response_s":0.75,"comfort_mps2":4,"brake_mps2":6,"other_brake_mps2":7,"margin_m":2},` +
	`"brakes":{"max_mps2":7.59,"latency_s":0.1,"lag_s":0.1,"jerk_mps3":30},` +
	`"envelope":{"accel_mps2":2,"decel_mps2":3.5,"minimum_risk_mps2":4,"demand_mps2":5,"emergency_mps2":7.6,"lateral_accel_mps2":3,"lateral_jerk_mps3":5,"steer_rate_radps":0.6,"steer_rad":0.6},` +
	`"wait":{"look_s":0.08,"gap_m":0.5,"side_m":0,"drift_mps":0.1,"lateral_mps":1.8,"gather_s":0.5,"gather_mps2":0.3,"slow_mps2":0.5,"release_s":0.5,"comfort_mps2":3},` +
	`"watch":{"stale_ticks":20,"escalate_ticks":400,"takeover_ticks":1000,"patience_ticks":100,"gentle_mps2":2.5}}`

func TestDefault(t *testing.T) {
	b, err := json.Marshal(Default())
	if err != nil || string(b) != figures {
		t.Errorf("%v\n%s\nexpected\n%s", err, b, figures)
	}
}

// TestSpans: at both ends of its span a figure passes on its own, and just outside it is refused by its name.
func TestSpans(t *testing.T) {
	spans := map[string][2]float64{
		"rss.response_s": {0.2, 2}, "rss.accel_mps2": {0, 5}, "rss.brake_mps2": {2, 7.59}, "rss.lateral_accel_mps2": {0.2, 5}, "rss.lateral_fluctuation_m": {0, 1},
		"fuzzy.response_s": {0.2, 2}, "fuzzy.comfort_mps2": {1, 5}, "fuzzy.brake_mps2": {2, 7.59}, "fuzzy.other_brake_mps2": {4, 12}, "fuzzy.margin_m": {0.5, 10},
		"brakes.max_mps2": {3, 12}, "brakes.latency_s": {0, 0.5}, "brakes.lag_s": {0, 0.5}, "brakes.jerk_mps3": {5, 200},
		"envelope.accel_mps2": {0, 4}, "envelope.decel_mps2": {1, 5}, "envelope.minimum_risk_mps2": {1, 5}, "envelope.demand_mps2": {4, 5}, "envelope.emergency_mps2": {5, 12},
		"envelope.lateral_accel_mps2": {0.5, 5}, "envelope.lateral_jerk_mps3": {0.5, 50}, "envelope.steer_rate_radps": {0.05, 2}, "envelope.steer_rad": {0.1, 0.8},
		"wait.look_s": {0.05, 1}, "wait.gap_m": {0, 5}, "wait.side_m": {0, 1}, "wait.drift_mps": {0, 0.5}, "wait.lateral_mps": {0.5, 4}, "wait.gather_s": {0, 3},
		"wait.gather_mps2": {0, 2}, "wait.slow_mps2": {0, 2}, "wait.release_s": {0, 3}, "wait.comfort_mps2": {1, 5},
		"watch.stale_ticks": {10, 20}, "watch.escalate_ticks": {1, 400}, "watch.takeover_ticks": {1, 1000}, "watch.patience_ticks": {1, 1000}, "watch.gentle_mps2": {0.5, 4},
	}
	seen := 0
	each(reflect.TypeFor[Params](), "", nil, func(name string, index []int) {
		seen++
		span, ok := spans[name]
		if !ok {
			t.Errorf("%s has no span", name)
			return
		}
		check := func(v float64) error {
			p := Default()
			f := reflect.ValueOf(&p).Elem().FieldByIndex(index)
			if f.CanInt() {
				f.SetInt(int64(v))
			} else {
				f.SetFloat(v)
			}
			return p.Check()
		}
		step := 1.0
		if !strings.HasSuffix(name, "_ticks") {
			step = 1e-9
			if err := check(math.NaN()); err == nil {
				t.Errorf("%s: NaN passes", name)
			}
		}
		for _, in := range span {
			if err := check(in); err != nil && strings.Contains(err.Error(), name+" is ") {
				t.Errorf("%s: %v is refused: %v", name, in, err)
			}
		}
		for _, out := range []float64{span[0] - step, span[1] + step} {
			if err := check(out); err == nil || !strings.Contains(err.Error(), name+" is ") {
				t.Errorf("%s: %v gives %v", name, out, err)
			}
		}
	})
	if seen != len(spans) {
		t.Errorf("%d figures, %d spans", seen, len(spans))
	}
}

// each visits every number of a tree of structs by its JSON name.
func each(s reflect.Type, name string, index []int, visit func(string, []int)) {
	for i := range s.NumField() {
		f := s.Field(i)
		at := append(append([]int(nil), index...), i)
		full := name + f.Tag.Get("json")
		if f.Type.Kind() == reflect.Struct {
			each(f.Type, full+".", at, visit)
			continue
		}
		visit(full, at)
	}
}

// TestOrder: figures that are possible each for itself and make no sense together.
func TestOrder(t *testing.T) {
	for _, row := range []struct {
		change func(*Params)
		ok     bool
		want   string
	}{
		{func(p *Params) { p.Fuzzy.Comfort, p.Fuzzy.Brake = 4, 4 }, false, "fuzzy.comfort_mps2 must be below"},
		{func(p *Params) { p.Brakes.Max = 6 }, true, ""},
		{func(p *Params) { p.Fuzzy.Brake, p.Brakes.Max = 6.5, 6.4 }, false, "fuzzy.brake_mps2 must not"},
		{func(p *Params) { p.RSS.Brake, p.Brakes.Max = 6.5, 6.4 }, false, "rss.brake_mps2 must not"},
		{func(p *Params) { p.Envelope.Decel = 4 }, true, ""},
		{func(p *Params) { p.Envelope.Decel = 4.1 }, false, "envelope.decel_mps2 must not"},
		{func(p *Params) { p.Envelope.MinimumRisk = 5 }, true, ""},
		{func(p *Params) { p.Envelope.MinimumRisk, p.Envelope.Demand = 4.6, 4.5 }, false, "envelope.minimum_risk_mps2 must not"},
		{func(p *Params) { p.Envelope.Emergency, p.Brakes.Max = 5, 5; p.Fuzzy.Brake, p.RSS.Brake = 4.5, 4.5 }, false, "envelope.demand_mps2 must be below"},
		{func(p *Params) { p.Brakes.Max = 7.6 }, true, ""},
		{func(p *Params) { p.Brakes.Max = 7.7 }, false, "envelope.emergency_mps2 must let"},
		{func(p *Params) { p.Fuzzy.Comfort, p.Fuzzy.Brake, p.Wait.Comfort = 2, 3, 3 }, false, "wait.comfort_mps2 must be below"},
	} {
		p := Default()
		row.change(&p)
		c, err := New(p)
		if (err == nil) != row.ok || (c != nil) != row.ok || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v", row.want, err)
		}
	}
}

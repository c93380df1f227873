package highway

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
	"roadbook/pilot/motion"
	"roadbook/platform/mqttedge"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

func testVIN(t testing.TB) vin.VIN {
	t.Helper()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// beside opens a pilot with a candidate in its shadow.
func beside(t testing.TB, country, text string) *Highway {
	t.Helper()
	c, err := ParseCandidate([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(Config{Dir: t.TempDir(), VIN: testVIN(t), Country: country, Candidate: c, Running: func() Software { return Software{"1.1.0", "RB1-2023.9"} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// TestShadowMovesNothing: with any candidate the car drives the same days; only a candidate that decides otherwise differs.
func TestShadowMovesNothing(t *testing.T) {
	const days = 40
	plain := open(t, t.TempDir())
	same := beside(t, "CN", `{"version": "1.2.0-rc1", "params": {}}`)
	other := beside(t, "CN", `{"version": "1.2.0-rc2", "params": {"following": {"accel": 0.5}, "engagement": {"settle": 400}}}`)
	found := 0
	for i := range days {
		want, a, b := drive(t, plain, i), drive(t, same, i), drive(t, other, i)
		if len(a.Differences) != 0 {
			t.Fatalf("day %d: the shipped set differs from itself: %+v", i, a.Differences)
		}
		for _, d := range b.Differences {
			if found++; d.Candidate != "1.2.0-rc2" || d.Ticks < 10 || len(d.Inputs) != 32 || d.Accel == 0 && d.Steer == 0 && !d.Mode {
				t.Fatalf("day %d: %+v", i, d)
			}
		}
		if _, err := b.Encode(); err != nil {
			t.Fatalf("day %d: %v", i, err)
		}
		if a.Software != "1.1.0" || a.SWIN != "RB1-2023.9" || want.Software != Factory {
			t.Fatalf("day %d: %s %s, without an update %s", i, a.Software, a.SWIN, want.Software)
		}
		for _, r := range []*pilotlog.Report{&a, &b} {
			r.Software, r.SWIN, r.Chain, r.Differences = want.Software, want.SWIN, want.Chain, nil
		}
		if d := cmp.Diff(want, a) + cmp.Diff(want, b); d != "" {
			t.Fatalf("day %d: a shadow moved the car: %s", i, d)
		}
	}
	if found < days/4 {
		t.Errorf("%d differences in %d days", found, days)
	}
	ring := same.Ring()
	if rec, ok := ring.At(ring.Last()); !ok || rec.Software != "1.1.0" || rec.SWIN != "RB1-2023.9" {
		t.Errorf("the recorder names %+v", rec)
	}
}

// TestUnfitNamesStayOut: a release whose name no record can hold does not stop the pilot or its reports.
func TestUnfitNamesStayOut(t *testing.T) {
	h := open(t, t.TempDir())
	h.cfg.Running = func() Software { return Software{strings.Repeat("9", 41), "Ünicode"} }
	if r := drive(t, h, 0); r.Software != Factory || r.SWIN != SWIN || h.Ring().Len() == 0 {
		t.Errorf("%s %s, %d records", r.Software, r.SWIN, h.Ring().Len())
	}
}

func TestBadCandidates(t *testing.T) {
	for _, c := range []struct{ reason, text, at, says string }{
		{"no JSON", "hello", "", "JSON"},
		{"two values", `{"version": "1", "params": {}} {}`, "", "more than one"},
		{"a field nobody knows", `{"version": "1", "params": {}, "hours": 3}`, "", "hours"},
		{"no version", `{"params": {}}`, "/version", "version"},
		{"a version with a line break", `{"version": "1\n2", "params": {}}`, "/version", "version"},
		{"changes nothing by saying nothing", `{"version": "1"}`, "/params", "what it changes"},
		{"a parameter nobody knows", `{"version": "1", "params": {"folowing": {}}}`, "/params", "folowing"},
		{"a value that makes no sense", `{"version": "1", "params": {"following": {"gap": 0}}}`, "/params", "following.gap"},
		{"a timer that the regulation does not allow", `{"version": "1", "params": {"engagement": {"mrm": 500}}}`, "/params", "mrm"},
		{"a threshold of nothing", `{"version": "1", "params": {}, "thresholds": {"accel_mps2": 0}}`, "/thresholds", "accel_mps2"},
		{"too large", `{"version": "1", "params": {}}` + strings.Repeat(" ", MaxCandidate), "", "at most"},
	} {
		_, err := ParseCandidate([]byte(c.text))
		if fault.CodeOf(err) != "candidate" || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.at) {
			t.Errorf("%s: %v, expected %q at %q", c.reason, err, c.says, c.at)
		}
	}
	// What holds in one market and not in another leaves the shipped pilot alone.
	list := beside(t, "DE", `{"version": "1", "params": {}}`)
	if list.Dark() != nil || list.shade == nil {
		t.Fatalf("a candidate that is none: %v", list.Dark())
	}
	fast := `{"version": "1", "params": {"market": {"risk_change": false, "max_speed": 16}, "domain": {"max_speed": 16}}}`
	if h := beside(t, "CN", fast); h.Dark() == nil && h.shade == nil || h.Dark() != nil && h.shade != nil {
		t.Errorf("neither in the shadow nor a reason why not: %v", h.Dark())
	}
	broken := &Candidate{Version: "1", params: json.RawMessage(`{"following": {"gap": 0}}`)}
	h, err := Open(Config{Dir: t.TempDir(), VIN: testVIN(t), Country: "CN", Candidate: broken})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if r := drive(t, h, 0); h.Dark() == nil || h.shade != nil || r.Active == 0 || len(r.Differences) != 0 {
		t.Errorf("%v, %+v", h.Dark(), r)
	}
}

func FuzzCandidate(f *testing.F) {
	f.Add([]byte(`{"version": "1.2.0", "params": {"following": {"gap": 3}}, "thresholds": {"accel_mps2": 1}}`))
	f.Add([]byte(`{"version": "1", "params": {"domain": {"countries": ["DE", "X"]}}}`))
	f.Add([]byte(`{"version": "1", "params": null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCandidate(b)
		if err == nil && (c.Version == "" || c.thresholds.Check() != nil) {
			t.Errorf("%q was taken", b)
		}
	})
}

// find gives the first day on which chance holds what is wanted.
func find(t *testing.T, h *Highway, want func(d dayOf) bool) int {
	t.Helper()
	for i := range 100_000 {
		start := dayStart(i)
		if want(h.chance(start.day)) {
			return i
		}
	}
	t.Fatal("no such day in 100,000")
	return 0
}

// TestNobodyTakesOver: the domain ends, the driver sleeps: a minimum risk manoeuvre begins 10 s after the demand, not earlier, ends
// in standstill, and is in the recorder and the report.
func TestNobodyTakesOver(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   func(d dayOf) bool
		after  motion.Tick // of the demand, or of the failure
		before pilotlog.Kind
	}{
		{"rain", func(d dayOf) bool { return d.trouble == rain && d.answer == 0 && dry(d) }, 1000, pilotlog.TransitionDemand},
		{"a severe failure", func(d dayOf) bool { return d.trouble == severeFailure && dry(d) }, 0, pilotlog.SystemFailure},
	} {
		h := open(t, t.TempDir())
		r := drive(t, h, find(t, h, c.want))
		kinds := kindsOf(r)
		from, mrm := slices.Index(kinds, c.before), slices.Index(kinds, pilotlog.MinimumRisk)
		if from < 0 || mrm < from {
			t.Errorf("%s: %v", c.name, kinds)
			continue
		}
		if took := motion.Tick(r.Events[mrm].At.Sub(r.Events[from].At).Milliseconds() / 10); took < c.after || took > c.after+1 {
			t.Errorf("%s: the manoeuvre began %d ticks after the demand", c.name, took)
		}
		if h.world.Ego.V > 0.1 {
			t.Errorf("%s: the car still drives %.1f m/s", c.name, h.world.Ego.V)
		}
		held := false
		for _, rec := range h.Ring().Records() {
			held = held || rec.Event.Kind.String() == string(pilotlog.MinimumRisk)
		}
		if !held || slices.Contains(kinds, pilotlog.Collision) {
			t.Errorf("%s: in the recorder: %v; %v", c.name, held, kinds)
		}
	}
}

// TestTheCarInFrontBrakesHard: emergency manoeuvres happen, each has its end, and none ends in the car in front.
func TestTheCarInFrontBrakesHard(t *testing.T) {
	h := open(t, t.TempDir())
	days, emergencies := 0, 0
	for i := range 3000 {
		d := h.chance(dayStart(i).day)
		if d.trouble != leadBrakes || !dry(d) {
			continue
		}
		days++
		kinds := kindsOf(drive(t, h, i))
		emergencies += min(1, strings.Count(join(kinds), string(pilotlog.EmergencyStart)))
		if strings.Count(join(kinds), string(pilotlog.EmergencyStart)) != strings.Count(join(kinds), string(pilotlog.EmergencyEnd)) {
			t.Errorf("day %d: %v", i, kinds)
		}
		if hit, _, kind, _ := h.world.Collision(); hit || slices.Contains(kinds, pilotlog.Collision) {
			t.Errorf("day %d: a collision (%v): %v", i, kind, kinds)
		}
	}
	t.Logf("an emergency manoeuvre on %d of %d days", emergencies, days)
	if days < 10 || emergencies < days/2 {
		t.Errorf("an emergency manoeuvre on %d of %d days", emergencies, days)
	}
}

// dry reports whether the domain holds at the start of the day.
func dry(d dayOf) bool { return d.place.Rain == 0 && d.place.Visibility > 1000 }

func kindsOf(r pilotlog.Report) []pilotlog.Kind {
	var out []pilotlog.Kind
	for _, e := range r.Events {
		out = append(out, e.Kind)
	}
	return out
}

func join(kinds []pilotlog.Kind) string {
	var b strings.Builder
	for _, k := range kinds {
		b.WriteString(string(k) + " ")
	}
	return b.String()
}

// TestTheFullestReportFitsIntoAMessage: what the edge does not take would wait on the car for good.
func TestTheFullestReportFitsIntoAMessage(t *testing.T) {
	h := open(t, t.TempDir())
	r := drive(t, h, 0)
	s := dayStart(0)
	var full sampled
	for i := range 2 * maxEvents {
		h.note(&full, pilotlog.Event{At: at(s.at, motion.Tick(i)), Kind: pilotlog.Deactivation, Reason: "driver_unavailable", Initiator: pilotlog.BySystem, Road: "motorway"})
	}
	r.Software, r.SWIN, r.Events, r.Differences = strings.Repeat("9", 40), strings.Repeat("8", 40), full.events, nil
	for range maxDifferences {
		r.Differences = append(r.Differences, pilotlog.Difference{At: s.at, Ticks: pilotlog.MaxTicks, Accel: -99.123456789, Steer: 0.123456789, Mode: true,
			Candidate: strings.Repeat("7", 40), Inputs: make([]byte, 32)})
	}
	b, err := r.Encode()
	if err != nil || len(full.events) != maxEvents || len(b) > mqttedge.MaxPayload {
		t.Errorf("%d events, %d bytes of at most %d: %v", len(full.events), len(b), mqttedge.MaxPayload, err)
	}
}

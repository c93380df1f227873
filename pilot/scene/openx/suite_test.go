package openx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/openx"
	"roadbook/pilot/scene/reference"
)

// sampled is how many cases of each file the test runs; the whole product runs by command.
const sampled = 16

// TestALKS runs a sample of every file with the full stack: no collision that the careful driver or the fuzzy safety model
// avoids, no tyre across a marking, and the same report for any number of workers.
func TestALKS(t *testing.T) {
	folder(t)
	var told []int
	one, err := openx.Run(context.Background(), data, scene.DefaultStack(), openx.Options{Sample: sampled, Workers: 1, Progress: func(done, total int, doing string) {
		if doing == "" || done > total {
			t.Errorf("progress %d of %d, %q", done, total, doing)
		}
		told = append(told, done)
	}})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := one.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", text.String())
	if len(one.Files) != 30 || one.Total.Product != 121_060+15 {
		t.Errorf("%d files with %d cases, want 15 scenarios, and 15 variations with 121060 cases", len(one.Files), one.Total.Product)
	}
	for _, f := range one.Files {
		if f.Run+f.Discarded != f.Sampled || f.Sampled != min(sampled, f.Product) || f.Run == 0 {
			t.Errorf("%s: %d run and %d discarded of %d", f.File, f.Run, f.Discarded, f.Sampled)
		}
		judged := strings.Contains(f.File, "_4_3_2_") || strings.Contains(f.File, "_4_4_") || strings.Contains(f.File, "_4_5_")
		if judged != (f.Judged == f.Run) || !judged && f.Judged != 0 {
			t.Errorf("%s: %d of %d cases judged by the models", f.File, f.Judged, f.Run)
		}
	}
	if !one.Passed() || one.Total.Failed != 0 {
		t.Errorf("%d cases failed", one.Total.Failed)
	}
	if one.Total.Crossed != 0 {
		t.Errorf("the ego left its lane in %d cases", one.Total.Crossed)
	}
	if one.Again == 0 || one.Differ != 0 {
		t.Errorf("%d of %d replays differ", one.Differ, one.Again)
	}
	if len(told) == 0 || told[len(told)-1] != one.Total.Sampled {
		t.Errorf("progress ended at %v of %d", told, one.Total.Sampled)
	}
	three, err := openx.Run(context.Background(), data, scene.DefaultStack(), openx.Options{Sample: sampled, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(one)
	b, _ := json.Marshal(three)
	if !bytes.Equal(a, b) {
		t.Error("one worker and three give different reports")
	}
	s, want := one.Suite(bundle.ALKS), openx.Published()
	if diff := cmp.Diff(want.Inputs, s.Inputs); diff != "" || s.Manifest() != want.Manifest() {
		t.Errorf("the files are not those that alks.sum names (want -, got +):\n%s", diff)
	}
	if s.Defined != int64(one.Total.Product) || s.Ran != int64(one.Total.Run) || s.Discarded != int64(one.Total.Discarded) || len(s.Models) != 2 || len(s.Inputs) < 15+15+4+6 {
		t.Errorf("the evidence counts %d defined, %d ran, %d discarded, %d models, %d inputs", s.Defined, s.Ran, s.Discarded, len(s.Models), len(s.Inputs))
	}
	if len(s.Checks) != 2 || s.Checks[0].Passed != s.Ran || s.Checks[1].Passed != s.Ran-int64(one.Total.Crossed) {
		t.Errorf("the evidence holds the duties %+v of %d cases", s.Checks, s.Ran)
	}
	if s.Slow.Collided-s.Slow.BothModels != int64(one.Total.Failed) {
		t.Errorf("the evidence has %d collisions, %d of them shared by both models; the report %d failures", s.Slow.Collided, s.Slow.BothModels, one.Total.Failed)
	}
}

// TestAloneItCollides proves that the suite can fail: an ego that keeps its speed and wheel runs into what blocks its lane.
func TestAloneItCollides(t *testing.T) {
	stack := scene.DefaultStack()
	p, err := openx.NewPlayer(stack)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"4_1_1_free_driving": false, "4_2_1_fully_blocking_target": true, "4_2_2_partially_blocking_target": false,
		"4_2_3_crossing_pedestrian": true, "4_3_2_follow_lead_vehicle_emergency_brake": true, "4_4_1_cut_in_no_collision": true, "4_5_1_cut_out_fully_blocking": true} {
		s, err := openx.NewLibrary(folder(t), nil).Load("concrete_scenarios/alks_scenario_"+name+"_template.xosc", nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Asleep = true
		o, err := p.Play(s, 1)
		if err != nil {
			t.Fatal(err)
		}
		if o.Collision != want || o.Failed() != want {
			t.Errorf("%s: %+v, want collision %v", name, o, want)
		}
	}
}

// TestReferenceModelsInScenarios checks the judges on the files whose names say what is to be expected.
func TestReferenceModelsInScenarios(t *testing.T) {
	p, err := openx.NewPlayer(scene.DefaultStack())
	if err != nil {
		t.Fatal(err)
	}
	l := openx.NewLibrary(folder(t), nil)
	for _, c := range []struct {
		file    string
		kind    reference.Kind
		judged  bool
		given   []openx.Assignment
		cc, fsm bool
	}{
		{"4_4_1_cut_in_no_collision", reference.CutIn, true, nil, false, false},
		{"4_5_1_cut_out_fully_blocking", reference.CutOut, true, nil, false, false},
		{"4_3_2_follow_lead_vehicle_emergency_brake", reference.Deceleration, true, []openx.Assignment{{Name: "LeadVehicle_Deceleration_Rate_mps2", Value: "6"}}, false, false},
		{"4_1_2_swerving_lead_vehicle", 0, false, nil, false, false},
		// a car that comes from 5 m ahead at 50 km/h less: nobody can avoid it
		{"4_4_1_cut_in_no_collision", reference.CutIn, true, []openx.Assignment{{Name: "CutInVehicle_RelativeInitSpeed_Ve0_Vo0_kph", Value: "-45"}, {Name: "CutInVehicle_HeadwayDistanceTrigger_dx0_m", Value: "12"},
			{Name: "CutInVehicle_LaneChange_MaxLateralVelocity_Vy_mps", Value: "3"}}, true, true},
	} {
		s, err := l.Load("concrete_scenarios/alks_scenario_"+c.file+"_template.xosc", c.given)
		if err != nil {
			t.Fatal(err)
		}
		var o openx.Outcome
		p.Judge(s, &o)
		if o.Judged && len(o.AvoidedBy()) == 0 != (c.cc && c.fsm && o.References[reference.RSS] && o.References[reference.Reg157]) || !o.Judged && len(o.AvoidedBy()) != 0 {
			t.Errorf("%s %v: avoided by %v, of %v, not asked %v", c.file, c.given, o.AvoidedBy(), o.References, o.Unasked)
		}
		if o.Judged != c.judged || o.Kind != c.kind || o.References[reference.CC] != c.cc || o.References[reference.FSM] != c.fsm {
			t.Errorf("%s %v: %s, %v; want %s, CC %v, FSM %v", c.file, c.given, o.Kind, o.References, c.kind, c.cc, c.fsm)
		}
	}
}

// TestEgoIsHeldInItsLane looks at the 3 s before the engagement: constant speed in the middle of the lane, also in a bend.
func TestEgoIsHeldInItsLane(t *testing.T) {
	l := openx.NewLibrary(folder(t), nil)
	s, err := l.Load("concrete_scenarios/alks_scenario_4_1_2_swerving_lead_vehicle_template.xosc", []openx.Assignment{{Name: "Road", Value: "./road_networks/alks_road_left_radius_250m.xodr"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := openx.NewPlayer(scene.DefaultStack())
	if err != nil {
		t.Fatal(err)
	}
	p.Tick = func(p *openx.Player) {
		g := &p.Rig.World.Ego
		if d := g.D - 3.5; d > 0.02 || d < -0.02 {
			if p.Engine.Now <= 300 {
				t.Fatalf("tick %d: %g m beside the middle", p.Engine.Now, d)
			}
		}
		if p.Engine.Now <= 300 && g.V != 60/3.6 {
			t.Fatalf("tick %d: %g m/s", p.Engine.Now, g.V)
		}
	}
	o, err := p.Play(s, 1)
	if err != nil || !o.Engaged || o.Collision {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestPlayAllocatesNothingPerTick(t *testing.T) {
	l := openx.NewLibrary(folder(t), nil)
	s, err := l.Load("concrete_scenarios/alks_scenario_4_4_1_cut_in_no_collision_template.xosc", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openx.NewPlayer(scene.DefaultStack())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Play(s, 1); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(3, func() { _, _ = p.Play(s, 1) }); n > 20 { // a handful for the setup, none for 2,000 ticks
		t.Errorf("%g allocations in a run", n)
	}
}

func TestSingleFiles(t *testing.T) {
	folder(t)
	for file, cases := range map[string]int{"concrete_scenarios/alks_scenario_4_6_2_lateral_detection_range_template.xosc": 1, "alks_scenario_4_6_1_forward_detection_range_variation.xosc": 6} {
		rep, err := openx.Run(context.Background(), data, scene.DefaultStack(), openx.Options{Only: file})
		if err != nil || rep.Total.Run != cases {
			t.Errorf("%s: %+v, %v", file, rep.Total, err)
		}
	}
	if _, err := openx.Run(context.Background(), data, scene.DefaultStack(), openx.Options{Only: "nothing.xosc"}); err == nil {
		t.Error("a file that is not there was run")
	}
}

// TestShow plays a case again by every name that it has: it is the one that the run saw.
func TestShow(t *testing.T) {
	folder(t)
	const file = "concrete_scenarios/alks_scenario_4_4_2_cut_in_unavoidable_collision_template.xosc"
	rep, err := openx.Run(context.Background(), data, scene.DefaultStack(), openx.Options{Only: file})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{openx.CaseID(file, 0), file, file + "#0"} {
		x, err := openx.Show(data, id, scene.DefaultStack(), 100_000)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if x.ID != "4_4_2_cut_in_unavoidable_collision_template-0" || int64(len(x.Frames)) != rep.Total.Ticks || x.Outcome.Ticks != len(x.Frames) || len(x.Names) != len(x.Others) || x.Names[0] != "CutInVehicle" || x.Lanes < 2 {
			t.Errorf("%s: %s, %d of %d frames, %v of %d", id, x.ID, len(x.Frames), rep.Total.Ticks, x.Names, len(x.Others))
		}
	}
	x, err := openx.Show(data, "4_1_1_free_driving_variation-3", scene.DefaultStack(), 1000)
	if err != nil || len(x.Frames) > 1000 || len(x.Frames) < 500 || x.Every < 2 || x.Outcome.Ticks < 30_000 {
		t.Errorf("%d frames, one of %d, of %d ticks; %v", len(x.Frames), x.Every, x.Outcome.Ticks, err)
	}
	for id, code := range map[string]string{"nobody": "case", "4_4_1-x": "case", "nobody-0": "case", "4_1_1_free_driving_variation-12": "case", file + "#1": "case", "missing.xosc": "file_missing",
		"../x.xosc": "path_outside", "concrete_scenarios/catalogs/vehicles/vehicle_catalog.xosc": "case"} {
		if _, err := openx.Show(data, id, scene.DefaultStack(), 10); fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", id, err, code)
		}
	}
	var broken *openx.Violation
	if _, err := openx.Show(data, "4_4_1_cut_in_no_collision_variation-0", scene.DefaultStack(), 10); !errors.As(err, &broken) {
		t.Errorf("a case that breaks a constraint: %v", err)
	}
}

func TestRunStopsWhenAsked(t *testing.T) {
	folder(t)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := openx.Run(ctx, data, scene.DefaultStack(), openx.Options{Sample: 50, Workers: 2, Progress: func(int, int, string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range [][2]int{{10, 0}, {10, 10}, {10, 20}, {52500, 100}, {7, 3}} {
		list := openx.Spread(c[0], c[1])
		want := c[1]
		if want == 0 || want > c[0] {
			want = c[0]
		}
		if len(list) != want {
			t.Errorf("%v: %d picked", c, len(list))
		}
		for i, k := range list {
			if k < 0 || k >= c[0] || i > 0 && k <= list[i-1] {
				t.Fatalf("%v: %v", c, list)
			}
		}
	}
}

func BenchmarkALKS(b *testing.B) {
	l := openx.NewLibrary(folder(b), nil)
	s, err := l.Load("concrete_scenarios/alks_scenario_4_4_1_cut_in_no_collision_template.xosc", nil)
	if err != nil {
		b.Fatal(err)
	}
	p, err := openx.NewPlayer(scene.DefaultStack())
	if err != nil {
		b.Fatal(err)
	}
	ticks := 0
	for b.Loop() {
		o, err := p.Play(s, 1)
		if err != nil {
			b.Fatal(err)
		}
		ticks += int(o.Ticks)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(ticks), "ns/tick")
}

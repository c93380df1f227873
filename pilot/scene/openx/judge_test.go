package openx

import (
	"os"
	"testing"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/reference"
)

// TestModelsShareTheirApproach: a model that goes on from where all are still alike ends as one that drove all the way alone,
// whoever went before it.
func TestModelsShareTheirApproach(t *testing.T) {
	const data = "../../../../shared/data/osc-alks/logical_scenarios"
	if _, err := os.Stat(data); err != nil {
		t.Fatalf("the test scenarios are not at %s: %v", data, err)
	}
	l := NewLibrary(os.DirFS(data), nil)
	p, err := NewPlayer(scene.DefaultStack())
	if err != nil {
		t.Fatal(err)
	}
	collided := 0
	for _, name := range []string{"4_3_2_follow_lead_vehicle_emergency_brake", "4_4_1_cut_in_no_collision", "4_5_1_cut_out_fully_blocking"} {
		v, err := l.Variation("alks_scenario_" + name + "_variation.xosc")
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range Spread(v.Cases, 60) {
			s, err := l.Load(v.Scenario, v.Case(i))
			if violates(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var o Outcome
			p.Judge(s, &o)
			models := 2
			if o.Unavoidable() {
				models = reference.Models
			}
			var alone [reference.Models]bool
			for m := range models {
				var x trial
				x.Reset(s)
				c, ok := x.family()
				if !ok {
					t.Fatalf("%s case %d: no model is asked", name, i)
				}
				over := false
				if alone[m], over = x.begin(c); !over {
					alone[m], _ = x.drive(x.driver(reference.Model(m)))
				}
			}
			if o.References != alone {
				t.Errorf("%s case %d: %v, each alone %v", name, i, o.References, alone)
			}
			if alone[reference.CC] || alone[reference.FSM] {
				collided++
			}
		}
	}
	if collided == 0 {
		t.Error("no model ever collides: that tells nothing")
	}
}

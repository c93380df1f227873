package scene

import (
	"context"
	"testing"

	"roadbook/pilot/scene/reference"
)

// TestTargets holds a sample of cases, other than those of the grid, against the targets: at most one collision in a thousand
// cases that a reference model avoids, hard braking in at most 2 % of the cases in which keeping the speed is safe and in none
// in which nobody cuts in. Up to 60 km/h the target is no collision at all; the whole grid has none by `roadbook scene run
// grid`, but other seeds still hold one in some ten thousand (docs/figures.md), so a sample may.
func TestTargets(t *testing.T) {
	var avoidable, slow, hitSlow, hitFast, safe, hard, harmless, hardHarmless int
	for k, n := range [...]int{2000, 500, 500} {
		cases := Generate(reference.Kind(k), gridSeed+7, n)
		outcomes, err := RunCases(context.Background(), cases, DefaultStack(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range outcomes {
			o := &outcomes[i]
			if o.Avoidable() {
				if o.Ego > 60 {
					avoidable++
				} else {
					slow++
				}
				if o.Collision && o.Ego <= 60 {
					hitSlow++
					t.Logf("%s at %.1f km/h collides (%s): %+v", o.ID, o.Ego, o.Type, cases[i])
				}
				if o.Collision && o.Ego > 60 {
					hitFast++
					t.Logf("%s at %.1f km/h collides (%s): %+v", o.ID, o.Ego, o.Type, cases[i])
				}
			}
			if o.KeepSpeedSafe {
				safe++
				if o.Phantom() {
					hard++
				}
			}
			if o.Harmless() {
				harmless++
				if o.MaxDecel > Hard {
					hardHarmless++
					t.Errorf("%s: brakes with %.1f m/s² for nobody", o.ID, o.MaxDecel)
				}
			}
		}
	}
	t.Logf("%d of %d and %d of %d avoidable collisions; hard braking in %d of %d, and %d of %d", hitSlow, slow, hitFast, avoidable, hard, safe, hardHarmless, harmless)
	if avoidable < 1000 || safe < 500 || harmless < 80 {
		t.Errorf("the sample proves little: %d avoidable above 60 km/h, %d safe, %d harmless", avoidable, safe, harmless)
	}
	if float64(hitSlow) > 0.001*float64(slow) {
		t.Errorf("%d of %d avoidable collisions up to 60 km/h", hitSlow, slow)
	}
	if float64(hitFast) > 0.001*float64(avoidable)+1 { // one more than the share: the sample is small
		t.Errorf("%d of %d avoidable collisions above 60 km/h", hitFast, avoidable)
	}
	if 50*hard > safe {
		t.Errorf("hard braking in %d of %d cases in which keeping the speed is safe", hard, safe)
	}
}

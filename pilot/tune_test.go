// How the pilot is tuned, by hand: go test -tags tune -run TestTune -v ./pilot -args with the flags below.

//go:build tune

package pilot_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"roadbook/pilot"
	"roadbook/pilot/scene/reference"
)

var (
	tuneN    = flag.Int("tune", 0, "run so many random cases and print the residue")
	tuneSeed = flag.Uint64("tune.seed", 1, "seed of the cases")
	tuneCase = flag.Int("tune.case", -1, "print the course of one case")
	tuneShow = flag.Int("tune.show", 25, "residual cases to print")
	tuneNois = flag.Float64("tune.noise", 0, "sensor noise, 1: a camera's")
)

func TestTune(t *testing.T) {
	if *tuneN == 0 {
		t.Skip("only with -tune N")
	}
	p, err := pilot.New(pilot.Default())
	if err != nil {
		t.Fatal(err)
	}
	var w sim
	w.noise = *tuneNois
	type tally struct{ n, avoid, bad, badSlow, safe, phantom, none, noneHard, saved int }
	var sum [3]tally
	shown := 0
	for i := range *tuneN {
		r := rand.New(rand.NewPCG(*tuneSeed, uint64(i)))
		w.c = draw(r)
		w.rng = r
		if *tuneCase >= 0 {
			if i != *tuneCase {
				continue
			}
			w.log = func(s string) { fmt.Println(s) }
		}
		hit, _ := w.run(p)
		refs := reference.All(&w.c)
		names := ""
		for m, x := range refs {
			if !x.Collision {
				names += " " + reference.Model(m).String()
			}
		}
		safe := !reference.KeepSpeed(&w.c).Collision
		k := &sum[w.c.Kind]
		k.n++
		why := ""
		if names != "" {
			k.avoid++
			if hit {
				k.bad++
				why = "COLLIDED"
				if w.c.Ego*3.6 < 60 {
					k.badSlow++
					why = "COLLIDED<60"
				}
			}
		} else if !hit {
			k.saved++
		}
		if safe {
			k.safe++
			if w.maxDecel > 3 {
				k.phantom++
				why += " PHANTOM"
			}
		}
		if !w.c.CutsIn() && w.c.Kind == reference.CutIn {
			k.none++
			if w.maxDecel > 3 {
				k.noneHard++
				why += " NOBODY"
			}
		}
		if why != "" && shown < *tuneShow {
			shown++
			c := w.c
			fmt.Fprintf(os.Stdout, "#%d %s %s ego %.1f other %.1f rel %.1f m/s gap %.1f lat %.2f@%.2f/%.2f front %.1f dec %.1f w %.1f L %.1f maxd %.1f keepsafe %v avoided by%s\n", i, why, c.Kind, c.Ego*3.6, c.Other*3.6, c.Ego-c.Other, c.Gap, c.Lateral, c.LateralSpeed, c.LateralAccel, c.FrontGap, c.LeadDecel, c.Width, c.Length, w.maxDecel, safe, names)
		}
	}
	for k, s := range sum {
		fmt.Printf("%-13s n %d avoidable %d collided %d (<60: %d) saved beyond %d | keep safe %d hard %d (%.2f%%) | nobody %d hard %d\n", reference.Kind(k), s.n, s.avoid, s.bad, s.badSlow, s.saved, s.safe, s.phantom, 100*float64(s.phantom)/max(1, float64(s.safe)), s.none, s.noneHard)
	}
}

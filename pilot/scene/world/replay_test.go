package world

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"testing"

	"roadbook/pilot/motion"
)

// busy returns a drive that uses every part of the world: curves, noise, dropouts, occlusion, traffic and every script.
func busy(t testing.TB, seed uint64) Setup {
	t.Helper()
	road, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, Limit: 36, Heading: 0.3,
		Pieces:   []Piece{{200, 0, 0}, {120, 0, 1.0 / 400}, {300, 1.0 / 400, 1.0 / 400}, {150, 1.0 / 400, -1.0 / 600}, {400, -1.0 / 600, -1.0 / 600}},
		Closures: []Closure{{2, 1500, 1600}}})
	if err != nil {
		t.Fatal(err)
	}
	s := DefaultSetup(28)
	s.Road, s.Seed, s.Sensors = road, seed, NoisySensors()
	f := Flow{Density: 9, Trucks: 0.3, Speed: 26, PerLane: 3, Spread: 0.15}
	s.Ego.S, s.Window = 100, 500
	if s.Actors, err = f.Fill(nil, road, -400, 600, s.Ego, 70, seed); err != nil {
		t.Fatal(err)
	}
	lead := box(180, 3.5, 28)
	lead.Script.Brakes = []Brake{{At: 800, Rate: 4, Jerk: 10, To: 8}, {At: 1500, Rate: 1.5, To: 30}}
	lead.Script.Ramps = []Ramp{{At: 300, To: 7, Speed: 1.2, Accel: 1.5, Ease: true}, {At: 2200, To: 3.5, Speed: 0.8, Accel: 1}}
	lead.Script.Turn = true
	walker := Actor{Kind: motion.Pedestrian, Length: 0.5, Width: 0.6, Script: Script{Mode: Polyline, Points: []Point{{0, 900, -6}, {1200, 902, 12}}}}
	tape := box(240, 0, 20)
	tape.Script = Script{Mode: Traced, Trace: []Speed{{0, 20}, {500, 24.5}, {900, 12.25}, {2000, 27}}}
	s.Actors = append(s.Actors, lead, walker, tape)
	return s
}

// trail drives for a while with a simple follower and returns the hash of every tick's state.
func trail(t testing.TB, w *World, s *Setup, ticks int) string {
	t.Helper()
	if err := w.Reset(s); err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	var b []byte
	me := DefaultDriver(30)
	for k := range ticks {
		gap, v := 1e9, w.Ego.V
		for i := range w.Actors {
			if g, in := w.Gap(i); in && w.Actors[i].S > w.Ego.S && g < gap {
				gap, v = g, w.Actors[i].VS
			}
		}
		curve := w.Road().Curvature(w.Ego.S)
		steer := float64(2.7*curve) - float64(0.02*(w.Ego.D-3.5)) - float64(0.4*w.Ego.Heading)
		if k > 2500 && k < 2540 {
			steer += 0.06 // beyond what rolls
		}
		w.Step(&motion.Command{Accel: me.IDM(w.Ego.V, gap, v), Steer: steer})
		b = w.AppendState(b[:0])
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// golden is the trail of 3,000 ticks of busy by seed 1, on every processor.
const golden = "ff3e55684484479c88fafff42838add71dac829e6f78957cfc8c383b114a4a54"

// TestGoldenTrail fails when a change moves a single bit of the world. If the change is meant to, write the new hash here.
func TestGoldenTrail(t *testing.T) {
	s := busy(t, 1)
	if got := trail(t, new(World), &s, 3000); got != golden {
		t.Fatalf("the trail is %s, was %s", got, golden)
	}
}

// TestGoldenTrailWhereProductsFuse runs the golden test again, compiled for a processor on which the compiler fuses.
func TestGoldenTrailWhereProductsFuse(t *testing.T) {
	const inner = "ROADBOOK_WORLD_FUSED"
	if os.Getenv(inner) != "" {
		return
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err != nil || !bytes.Contains(info, []byte(" avx2 ")) || !bytes.Contains(info, []byte(" fma ")) {
		t.Skip("this processor does not run amd64 v3")
	}
	cmd := exec.Command("go", "test", "-count=1", "-run", "^TestGoldenTrail$", ".")
	cmd.Env = append(os.Environ(), "GOAMD64=v3", inner+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("ok")) {
		t.Fatalf("compiled for amd64 v3: %v\n%s", err, out)
	}
}

func TestSameSeedSameTrail(t *testing.T) {
	one, two := busy(t, 3), busy(t, 3)
	w := new(World)
	first := trail(t, w, &one, 1500)
	if again := trail(t, w, &two, 1500); again != first {
		t.Error("the same drive in the same storage went another way")
	}
	if other := trail(t, new(World), &two, 1500); other != first {
		t.Error("the same drive in fresh storage went another way")
	}
	two.Seed = 4 // only the sensors' luck
	if other := trail(t, w, &two, 1500); other == first {
		t.Error("another seed saw the same")
	}
	if again := trail(t, w, &one, 1500); again != first {
		t.Error("a drive in between left something behind")
	}
}

func TestNoAllocation(t *testing.T) {
	s, w := busy(t, 1), new(World)
	if err := w.Reset(&s); err != nil {
		t.Fatal(err)
	}
	var in motion.Input
	cmd := motion.Command{Accel: 0.1}
	if n := testing.AllocsPerRun(2000, func() { w.Sense(&in); w.Step(&cmd) }); n != 0 {
		t.Errorf("%g allocations per tick", n)
	}
	if n := testing.AllocsPerRun(50, func() {
		if err := w.Reset(&s); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%g allocations per drive", n)
	}
}

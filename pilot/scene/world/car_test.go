package world

import (
	"math"
	"testing"

	"roadbook/pilot/motion"
)

// start returns a world after Reset with the default setup at v, changed by f.
func start(t testing.TB, v float64, f func(*Setup)) *World {
	t.Helper()
	s := DefaultSetup(v)
	if f != nil {
		f(&s)
	}
	w := new(World)
	if err := w.Reset(&s); err != nil {
		t.Fatal(err)
	}
	return w
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.6g, want %.6g ± %.3g", what, got, want, tolerance)
	}
}

// TestStoppingDistance compares full stops with the closed form: dead time, first-order lag, then constant braking.
func TestStoppingDistance(t *testing.T) {
	for _, row := range []struct {
		why               string
		v, friction, mass float64
		want              float64 // m/s² that the brakes give
	}{
		{"dry, as light as the brakes are made for", 30, 1, 1900, 7.593},
		{"slow", 10, 1, 1900, 7.593},
		{"fast", 36.111, 1, 1900, 7.593},
		{"snow: friction decides", 25, 0.3, 1900, 0.3 * Gravity},
		{"loaded: the same force on more mass", 25, 1, 2500, 7.593 * 1900 / 2500},
		{"light: the brakes give no more than their figure", 25, 1, 1500, 7.593},
	} {
		w := start(t, row.v, func(s *Setup) { s.Car.JerkMax, s.Car.Friction, s.Car.Mass = 500, row.friction, row.mass })
		near(t, row.why+": Ego.BrakeMax", w.Ego.BrakeMax, row.want, 1e-9)
		cmd := motion.Command{Accel: -20, Emergency: true}
		for w.Ego.V > 0 && w.Now < 6000 {
			w.Step(&cmd)
		}
		lag, dead := 0.1, 0.1
		stop := row.v/row.want + lag // of v = b·(t - lag(1 - exp(-t/lag))), the exponential being over
		dist := row.v*dead + row.v*stop - row.want*(stop*stop/2-lag*(stop-lag))
		near(t, row.why+": distance", w.Ego.S, dist, 0.006*row.v+0.02) // the lag is stepped: half a tick
		near(t, row.why+": time", float64(w.Now)/100, dead+stop, 0.03)
	}
}

func TestBrakingNeverReverses(t *testing.T) {
	w := start(t, 5, nil)
	cmd := motion.Command{Accel: -7}
	for range 500 {
		was := w.Ego.S
		w.Step(&cmd)
		if w.Ego.S < was || w.Ego.V < 0 {
			t.Fatalf("tick %d: from %g to %g m at %g m/s", w.Now, was, w.Ego.S, w.Ego.V)
		}
	}
	if w.Ego.V != 0 || w.Ego.A != 0 {
		t.Fatalf("does not stand: %+v", w.Ego)
	}
	cmd.Accel = 1
	for range 300 {
		w.Step(&cmd)
	}
	if w.Ego.V < 2 || w.Ego.V > 3 {
		t.Fatalf("3 s of 1 m/s² from a standstill give %g m/s", w.Ego.V)
	}
}

func TestActuatorLimits(t *testing.T) {
	w := start(t, 30, nil)
	cmd := motion.Command{Accel: -20, Steer: 0.02, Emergency: true}
	a, steer := 0.0, 0.0
	for k := range 100 {
		w.Step(&cmd)
		if j := math.Abs(w.Ego.A-a) / motion.DT; j > 30.001 {
			t.Fatalf("tick %d: jerk %g m/s³", k, j)
		}
		if k < 10 && w.Ego.A != 0 {
			t.Fatalf("tick %d: the brakes answer within their latency", k)
		}
		if r := math.Abs(w.Ego.Steer-steer) / motion.DT; r > w.car.spec.SteerRate+1e-9 {
			t.Fatalf("tick %d: the wheels turn at %g rad/s", k, r)
		}
		a, steer = w.Ego.A, w.Ego.Steer
	}
	near(t, "steering after 1 s", steer, 0.02, 1e-4)
	bad := motion.Command{Accel: math.NaN(), Steer: math.NaN()}
	for range 100 {
		w.Step(&bad)
	}
	if w.Ego.V != w.Ego.V || w.Ego.D != w.Ego.D {
		t.Fatal("a command that is no number reached the state")
	}
	strong := start(t, 30, nil)
	full := motion.Command{Accel: 50}
	for range 300 {
		strong.Step(&full)
	}
	near(t, "acceleration by power", strong.Ego.A, 150e3/1900/strong.Ego.V, 0.1)
}

// TestCircle drives a full circle without slip: the rear axle rolls on radius L/tan δ.
func TestCircle(t *testing.T) {
	w := start(t, 5, nil)
	steer := 0.1
	w.Ego.Steer = steer
	cmd := motion.Command{Steer: steer}
	rear := w.car.spec.Wheelbase / math.Tan(steer)
	radius := math.Hypot(rear, w.car.spec.RearToCentre)
	// centre of the circle: left of the rear axle by its radius
	cx, cy := w.Ego.S-w.car.spec.RearToCentre, w.Ego.D+rear
	ticks := int(2 * math.Pi * radius / math.Hypot(5, 5*w.car.spec.RearToCentre/rear) * 100)
	for range ticks {
		w.Step(&cmd)
		if r := math.Hypot(w.Ego.S-cx, w.Ego.D-cy); math.Abs(r-radius) > 0.01 {
			t.Fatalf("tick %d: %g m from the centre, want %g", w.Now, r, radius)
		}
	}
	near(t, "heading after a turn", w.Ego.Heading, 2*math.Pi, 0.01)
	near(t, "S after a turn", w.Ego.S, 0, 0.06)
}

// TestSteadyCornering compares the dynamic model in a steady bend with the closed form of the single track: δ = L/R +
// αf - αr, the slip angles by the inverse of the tyre's law.
func TestSteadyCornering(t *testing.T) {
	for _, want := range []float64{4.5, 5.5, 6.5} {
		w := start(t, 25, func(s *Setup) { s.Car.FrontStiffness, s.Car.RearStiffness = 11, 13 })
		c := &w.car.spec
		slip := func(stiffness float64) float64 {
			return math.Atan(3 / stiffness * (1 - math.Cbrt(1-want/Gravity)))
		}
		steer := math.Atan(c.Wheelbase*want/(25*25)) + slip(c.FrontStiffness) - slip(c.RearStiffness)
		for range 1000 {
			cmd := motion.Command{Steer: steer, Accel: (25 - w.Ego.V) * 2}
			w.Step(&cmd)
			w.Ego.D = 0
		}
		if !w.car.dynamic {
			t.Fatalf("%g m/s²: the tyres do not slip in the model", want)
		}
		near(t, "lateral acceleration", w.car.course, want, 0.03*want)
		near(t, "radius", 25/w.car.yaw, 625/want, 0.03*625/want)
	}
}

func TestFrictionCircle(t *testing.T) {
	for _, mu := range []float64{1, 0.5, 0.2} {
		w := start(t, 30, func(s *Setup) { s.Car.Friction = mu })
		cmd := motion.Command{Steer: 0.15}
		for k := range 400 {
			if k == 150 {
				cmd.Accel = -9
			}
			w.Step(&cmd)
			along, across := w.car.accel, w.car.course
			if w.car.dynamic && math.Hypot(along, across) > mu*Gravity*1.12 {
				t.Fatalf("friction %g, tick %d: %.2f along and %.2f across, of %.2f", mu, k, along, across, mu*Gravity)
			}
		}
	}
}

// TestModelsMeet crosses the bound between the two models slowly: the path must not jump.
func TestModelsMeet(t *testing.T) {
	w := start(t, 25, func(s *Setup) { s.Car.FrontStiffness, s.Car.RearStiffness = 11, 13 }) // understeers
	yaw, switched := 0.0, 0
	for k := range 1500 {
		steer := 0.022 * (1 - math.Abs(float64(k-750))/750)
		was := w.car.dynamic
		w.Step(&motion.Command{Steer: steer, Accel: (25 - w.Ego.V) * 2})
		if was != w.car.dynamic {
			switched++
		}
		if k > 0 && math.Abs(w.car.yaw-yaw) > 0.006 {
			t.Fatalf("tick %d: the yaw rate jumps from %g to %g", k, yaw, w.car.yaw)
		}
		yaw = w.car.yaw
	}
	if switched < 2 {
		t.Fatalf("the models changed %d times, want both ways", switched)
	}
}

// TestCurveKeepsLane drives a curve with the steering that its curvature asks: the offset stays.
func TestCurveKeepsLane(t *testing.T) {
	const k = 1.0 / 400
	road, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, Pieces: []Piece{{2000, k, k}}})
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, 20, func(s *Setup) { s.Road, s.Ego.D = road, 3.5 })
	c := &w.car.spec
	r := 1/k - 3.5 // of the centre's path
	rear := math.Sqrt(r*r - c.RearToCentre*c.RearToCentre)
	w.Ego.Steer = math.Atan(c.Wheelbase / rear)
	w.Ego.Heading = -math.Asin(c.RearToCentre / r) // the rear axle's tangent, seen at the centre
	cmd := motion.Command{Steer: w.Ego.Steer}
	for range 3000 {
		w.Step(&cmd)
	}
	near(t, "offset after 600 m of curve", w.Ego.D, 3.5, 0.05)
	way := 600 * math.Hypot(1, c.RearToCentre/rear)
	near(t, "S", w.Ego.S, way/(r*k), 0.2)
}

func TestReadCar(t *testing.T) {
	c, err := ReadCar([]byte("mass_kg: 2200\nfriction: 0.8\n"))
	if err != nil || c.Mass != 2200 || c.Friction != 0.8 || c.Length != 4.3 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, row := range []struct{ why, text string }{
		{"a key that is not known", "mass: 2200"}, {"no number", "mass_kg: .nan"}, {"negative", "brake_max_mps2: -7"}, {"too slippery", "friction: 0.01"},
		{"axles outside the car", "wheelbase_m: 4.5"}, {"nothing", ""}, {"dead time beyond the pipe", "brake_latency_s: 0.9"},
	} {
		if _, err := ReadCar([]byte(row.text)); err == nil {
			t.Errorf("%s: %q was read", row.why, row.text)
		}
	}
	if _, err := ReadCar(make([]byte, MaxSpecBytes+1)); err == nil {
		t.Error("a file beyond the limit was read")
	}
}

func FuzzReadCar(f *testing.F) {
	f.Add([]byte("mass_kg: 2200\nfriction: 0.8\n"))
	f.Add([]byte(`{"length_m": 5}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ReadCar(b); err == nil && !(c.Braking() > 0 && c.Braking() <= 12) {
			t.Fatalf("%+v", c)
		}
	})
}

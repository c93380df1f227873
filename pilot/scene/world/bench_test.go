package world

import (
	"testing"

	"roadbook/pilot/motion"
)

func bench(b *testing.B, s *Setup, vehicles int) {
	w := new(World)
	var in motion.Input
	if err := w.Reset(s); err != nil {
		b.Fatal(err)
	}
	cmd := motion.Command{}
	b.ReportAllocs()
	for b.Loop() {
		if w.Now == 2000 {
			if err := w.Reset(s); err != nil {
				b.Fatal(err)
			}
		}
		w.Sense(&in)
		w.Step(&cmd)
	}
	b.ReportMetric(float64(b.N)*float64(vehicles)/b.Elapsed().Seconds()/1e6, "Mvehicles/s")
}

// BenchmarkTwoActors is a cut-out: lead and standing car, with occlusion.
func BenchmarkTwoActors(b *testing.B) {
	s := DefaultSetup(30)
	lead := box(60, 3.5, 30)
	lead.Script.Ramps = []Ramp{{At: 100, To: 7.5, Speed: 1.5, Accel: 2}}
	s.Actors = []Actor{lead, box(2000, 3.5, 0)}
	bench(b, &s, 3)
}

func BenchmarkTwoActorsNoisy(b *testing.B) {
	s := DefaultSetup(30)
	s.Sensors = NoisySensors()
	s.Actors = []Actor{box(60, 3.5, 30), box(90, 7, 28)}
	bench(b, &s, 3)
}

func thirty(b *testing.B, road *Road) *Setup {
	s := DefaultSetup(27)
	s.Road = road
	f := Flow{Density: 20, Speed: 27, Trucks: 0.2, PerLane: 3, Spread: 0.1}
	var err error
	if s.Actors, err = f.Fill(nil, s.Road, -250, 300, s.Ego, 30, 1); err != nil {
		b.Fatal(err)
	}
	s.Actors = s.Actors[:30]
	return &s
}

func BenchmarkThirtyDrivers(b *testing.B) { bench(b, thirty(b, Straight(3, 3.5, 0)), 31) }

func BenchmarkThirtyDriversInCurves(b *testing.B) {
	r, err := NewRoad(RoadPlan{Lanes: 3, LaneWidth: 3.5, Pieces: []Piece{{200, 0, 0.002}, {500, 0.002, 0.002}, {400, 0.002, -0.002}}})
	if err != nil {
		b.Fatal(err)
	}
	bench(b, thirty(b, r), 31)
}

// BenchmarkTrafficOnly is the drivers without ego's sensors: what the reference figure of 47 M vehicle updates/s counts.
func BenchmarkTrafficOnly(b *testing.B) {
	s := thirty(b, Straight(3, 3.5, 0))
	w := new(World)
	if err := w.Reset(s); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w.traffic.decide(w)
		for i := range w.Actors {
			w.move(i, w.Now)
		}
		w.Now++
	}
	b.ReportMetric(float64(b.N)*30/b.Elapsed().Seconds()/1e6, "Mvehicles/s")
}

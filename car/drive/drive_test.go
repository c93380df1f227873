package drive_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roadbook/car/drive"
)

const cycles = "../../../shared/data/drive-cycles"

// absent says that the data pack is not beside this checkout: a failure in CI, where it must be, else a visible skip.
func absent(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("the data pack drive-cycles is absent: %v", err)
	}
	t.Skipf("SKIPPED: the data pack drive-cycles is not at %s: %v", cycles, err)
}

func TestRegulatoryCyclesHaveTheirPublishedLength(t *testing.T) {
	for _, c := range []struct {
		file string
		km   float64
	}{{"udds.csv", 11.99}, {"hwfet.csv", 16.51}, {"us06.csv", 12.89}, {"wltc_3b.csv", 23.27}} {
		f, err := os.Open(filepath.Join(cycles, c.file))
		if err != nil {
			absent(t, err)
		}
		defer f.Close()
		tr, err := drive.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		if km := tr.Meters() / 1000; math.Abs(km-c.km) > 0.02 {
			t.Errorf("%s: %.2f km, published %.2f", c.file, km, c.km)
		}
		states := drive.Sedan.Drive(drive.State{SoC: 80, Temp: 20}, tr)
		used := (80 - states[len(states)-1].SoC) / 100 * drive.Sedan.PackKWh / c.km * 100
		if used < 9 || used > 28 {
			t.Errorf("%s: %.1f kWh/100 km is not a car of this class", c.file, used)
		}
	}
}

func TestRealTracesRead(t *testing.T) {
	dir := filepath.Join(cycles, "cmap_subset", "4033363_3")
	if _, err := os.Stat(dir); err != nil {
		absent(t, err)
	}
	traces, err := drive.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(traces) != 4 {
		t.Fatalf("%d traces, want 4 days", len(traces))
	}
}

func TestReadNamesTheLine(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"no known columns", "a,b\n1,2\n", "line 1"},
		{"faster than any car", "cycSecs,cycMps\n0,0\n1,500\n", "line 3"},
		{"speed that is not a number", "cycSecs,cycMps\n0,NaN\n", "line 2"},
		{"time that stands still", "cycSecs,cycMps\n0,0\n0,1\n", "line 3"},
		{"miles per hour with a broken time", "timestamp,speed_mph\nyesterday,3\n", "line 2"},
		{"too short to drive", "cycSecs,cycMps\n0,0\n", "at least 2"},
	} {
		if _, err := drive.Read(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

func TestGeneratedDrivesRepeatAndKeepTheirLength(t *testing.T) {
	for seed := range uint64(50) {
		a, b := drive.Generate(seed, 38, 0.35), drive.Generate(seed, 38, 0.35)
		if len(a) != len(b) || a[len(a)/2] != b[len(b)/2] {
			t.Fatal("the same seed made two drives")
		}
		states := drive.Sedan.Drive(drive.State{SoC: 80}, a)
		end := states[len(states)-1]
		if km := end.Odometer / 1000; math.Abs(km-38) > 1.5 {
			t.Errorf("seed %d: %.1f km, want 38", seed, km)
		}
		if hw := drive.HighwayMeters(states) / end.Odometer; hw < 0.2 || hw > 0.5 {
			t.Errorf("seed %d: highway share %.2f, want about 0.35", seed, hw)
		}
		if end.SoC >= 80 || end.SoC < 50 {
			t.Errorf("seed %d: 38 km took the battery from 80 to %.1f %%", seed, end.SoC)
		}
	}
}

func TestBatteryAges(t *testing.T) {
	trip := drive.Generate(3, 30, 0.4)
	end := func(energy float64) drive.State {
		states := drive.Sedan.Drive(drive.State{SoC: 80, Energy: energy}, trip)
		return states[len(states)-1]
	}
	fresh, old, worn := end(0), end(1000*drive.Sedan.PackKWh), end(1e6*drive.Sedan.PackKWh)
	if fresh.Health < 99.9 || fresh.Health > 100 {
		t.Errorf("after 30 km the health is %.2f %%", fresh.Health)
	}
	if want := 100 - 1000*drive.Sedan.Fade; math.Abs(old.Health-want) > 0.02 {
		t.Errorf("after 1,000 full cycles the health is %.2f %%, want %.2f", old.Health, want)
	}
	if ratio := (80 - old.SoC) / (80 - fresh.SoC); math.Abs(ratio-100/old.Health) > 0.01 {
		t.Errorf("the same trip takes %.3f times the charge of an aged battery, want %.3f", ratio, 100/old.Health)
	}
	if worn.Health != 50 {
		t.Errorf("a worn battery has %.1f %%", worn.Health)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("cycSecs,cycMps\n0,0\n1,2.5\n"))
	f.Add([]byte("\xef\xbb\xbftimestamp,cycle_sec,timestep,speed_mph\n2007-08-25 11:07:21,0,1,0.0\n2007-08-25 11:07:22,1,1,3.0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := drive.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if m := tr.Meters(); math.IsNaN(m) || m < 0 {
			t.Fatalf("%v m", m)
		}
		for _, s := range drive.Sedan.Drive(drive.State{SoC: 50}, tr) {
			if math.IsNaN(s.SoC) || math.IsInf(s.Odometer, 0) {
				t.Fatalf("%+v", s)
			}
		}
	})
}

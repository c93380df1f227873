package world

import (
	"os"
	"strings"
	"testing"

	"roadbook/pilot/motion"
)

// TestReplayOfRecordedDrives lets a lead follow the regulatory cycles: it drives their distance, and a driver follows it
// without contact.
func TestReplayOfRecordedDrives(t *testing.T) {
	for name, km := range map[string]float64{"udds": 11.99, "hwfet": 16.51, "us06": 12.89, "wltc_3b": 23.27} {
		f, err := os.Open("../../../../shared/data/drive-cycles/" + name + ".csv")
		if err != nil {
			t.Fatalf("the recorded drives are needed beside the module, in ../shared/data/drive-cycles: %v", err)
		}
		trace, err := ReadSpeeds(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		w := start(t, 0, func(s *Setup) {
			lead := box(30, 3.5, 0)
			lead.Script = Script{Mode: Traced, Trace: trace}
			s.Actors = []Actor{lead}
		})
		me := DefaultDriver(38)
		for w.Now <= trace[len(trace)-1].At {
			gap, _ := w.Gap(0)
			w.Step(&motion.Command{Accel: me.IDM(w.Ego.V, gap, w.Actors[0].VS)})
		}
		near(t, name+": km", (w.Actors[0].S-30)/1000, km, 0.006)
		if hit, _, kind, at := w.Collision(); hit {
			t.Errorf("%s: %v at tick %d", name, kind, at)
		}
		if gap, _ := w.Gap(0); gap > 400 {
			t.Errorf("%s: the follower is %g m behind", name, gap)
		}
	}
}

func TestReadSpeedsNamesTheLine(t *testing.T) {
	for _, row := range []struct{ why, text, line string }{
		{"nothing", "", "line 0"}, {"another header", "a,b\n", "line 1"}, {"no row", "cycSecs,cycMps\n", "line 1"},
		{"a short row", "cycSecs,cycMps\n1\n", "line 2"}, {"no number", "cycSecs,cycMps\n0,1\n1,x\n", "line 3"},
		{"not a number", "cycSecs,cycMps\n0,NaN\n", "line 2"}, {"time stands", "cycSecs,cycMps\n5,1\n5,2\n", "line 3"}, {"reverse", "cycSecs,cycMps\n5,-1\n", "line 2"},
		{"a line without end", "cycSecs,cycMps\n" + strings.Repeat("1", 100_000), "line 2"},
	} {
		if _, err := ReadSpeeds(strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.line+":") {
			t.Errorf("%s: %v, want %s", row.why, err, row.line)
		}
	}
	got, err := ReadSpeeds(strings.NewReader("\ufeffx,cycMps,cycSecs\r\n9,2.5,0\r\n9,3,1.5\r\n\r\n"))
	if err != nil || len(got) != 2 || got[1] != (Speed{150, 3}) {
		t.Errorf("%v, %v", got, err)
	}
	many := "cycSecs,cycMps\n" + strings.Repeat("0,0,"+strings.Repeat("x", 1000)+"\n", MaxSpeedsBytes/1000)
	if _, err := ReadSpeeds(strings.NewReader(many)); err == nil {
		t.Error("a file beyond the limit was read")
	}
}

func FuzzReadSpeeds(f *testing.F) {
	f.Add("cycSecs,cycMps\n0,1\n1,2\n")
	f.Add("\ufeffcycMps,cycSecs\n1,0.005\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadSpeeds(strings.NewReader(text))
		if err != nil {
			return
		}
		s := DefaultSetup(10)
		a := box(50, 3.5, 0)
		a.Script = Script{Mode: Traced, Trace: got}
		s.Actors = []Actor{a}
		if err := new(World).Reset(&s); err != nil {
			t.Fatalf("what was read is no script: %v", err)
		}
	})
}

package openx_test

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"roadbook/pilot/scene/openx"
)

func network(t testing.TB, name string) *openx.Network {
	t.Helper()
	b, err := fs.ReadFile(folder(t), "concrete_scenarios/road_networks/"+name+".xodr")
	if err != nil {
		t.Fatal(err)
	}
	n, err := openx.ReadNetwork(name, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestReferenceLine compares the start of each geometry of the published road, which its authors computed, with the end of
// the one before as integrated here.
func TestReferenceLine(t *testing.T) {
	n := network(t, "alks_road_different_curvatures")
	b, _ := fs.ReadFile(folder(t), "concrete_scenarios/road_networks/alks_road_different_curvatures.xodr")
	found := regexp.MustCompile(`<geometry s="(\S+)" x="(\S+)" y="(\S+)" hdg="(\S+)" length="(\S+)"`).FindAllStringSubmatch(string(b), -1)
	if len(found) != 33 {
		t.Fatalf("%d geometries, want 33", len(found))
	}
	for _, g := range found {
		var v [5]float64
		for i := range v {
			v[i], _ = strconv.ParseFloat(g[i+1], 64)
		}
		x, y, h := n.Pose(v[0]-1e-9, 0)
		if d := math.Hypot(x-v[1], y-v[2]); d > 1e-4 || math.Abs(h-v[3]) > 1e-9 {
			t.Errorf("at s = %g: %.6f, %.6f, %.9f, off by %.6f m", v[0], x, y, h, d)
		}
	}
}

// TestClothoid compares with the power series of the Fresnel integrals, at every metre.
func TestClothoid(t *testing.T) {
	n := network(t, "alks_road_different_curvatures")
	const rate = 0.004 / 100 // from 0 to 1/250 in 100 m, beginning at s = 500
	for u := 0.0; u <= 100; u++ {
		var x, y float64
		a := rate / 2
		term := u // u^(2k+1) a^k / k!
		for k := 0; k < 20; k++ {
			sign := []float64{1, 1, -1, -1}[k%4]
			if k%2 == 0 {
				x += sign * term / float64(2*k+1)
			} else {
				y += sign * term / float64(2*k+1)
			}
			term *= a * u * u / float64(k+1)
		}
		px, py, ph := n.Pose(500+u, 0)
		if d := math.Hypot(px-500-x, py-y); d > 1e-6 || math.Abs(ph-a*u*u) > 1e-12 {
			t.Fatalf("%g m into the clothoid: off by %g m", u, d)
		}
	}
}

// TestBandIsTheSameRoad compares the world's road, whose reference line is the centre of the rightmost lane, with the
// OpenDRIVE road at the same lane: to the millimetre, on both sides.
func TestBandIsTheSameRoad(t *testing.T) {
	for _, name := range []string{"straight", "left_radius_250m", "right_radius_250m", "left_radius_1000m", "right_radius_1000m", "different_curvatures"} {
		n := network(t, "alks_road_"+name)
		for _, id := range []int{-4, 4} {
			b, err := n.Band(id)
			if err != nil {
				t.Fatal(err)
			}
			if b.Road.Lanes() != 3 || b.Road.LaneWidth() != 3.5 {
				t.Errorf("%s: %d lanes of %g m, want 3 of 3.5", name, b.Road.Lanes(), b.Road.LaneWidth())
			}
			for s := 0.0; s < n.Length; s += 7.3 {
				lane, _ := n.Center(id, s)
				d, err := b.D(id, s, 0)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(d-3.5) > 1e-9 {
					t.Fatalf("%s: lane %d at %g m, want the middle one", name, id, d)
				}
				x, y, _ := n.Pose(s, lane)
				px, py, _ := b.Road.Pose(b.S(s), d)
				if off := math.Hypot(px-x, py-y); off > 0.001 {
					t.Fatalf("%s, lane %d, s = %g: off by %g m", name, id, s, off)
				}
				if back := b.Station(b.S(s)); math.Abs(back-s) > 1e-6 {
					t.Fatalf("%s: s = %g comes back as %g", name, s, back)
				}
			}
		}
	}
}

func TestLanes(t *testing.T) {
	n := network(t, "alks_road_straight")
	for id, want := range map[int]float64{-1: -1, -2: -2.375, -3: -4.5, -4: -8, -5: -11.5, -6: -14.75, 3: 4.5, 4: 8, 5: 11.5} {
		if got, ok := n.Center(id, 100); !ok || math.Abs(got-want) > 1e-12 {
			t.Errorf("lane %d at t = %g, %v; want %g", id, got, ok, want)
		}
	}
	if _, ok := n.Center(0, 0); ok {
		t.Error("the centre lane has no centre to drive on")
	}
	b, err := n.Band(-4)
	if err != nil {
		t.Fatal(err)
	}
	if !b.Road.Crossable(0, 10) || !b.Road.Crossable(1, 10) {
		t.Error("the broken lines between the driving lanes may be crossed")
	}
}

const roadText = `<OpenDRIVE><header/><road id="0" junction="-1" length="100"><planView><geometry s="0" x="0" y="0" hdg="0" length="100">%s</geometry>%s</planView>
<lanes><laneSection s="0"><center><lane id="0" type="none"/></center><right><lane id="-1" type="driving">%s</lane></right></laneSection>%s</lanes></road>%s</OpenDRIVE>`

func TestRoadRefusals(t *testing.T) {
	width := `<width sOffset="0" a="3" b="0" c="0" d="0"/>`
	for _, c := range []struct{ name, line, more, lane, section, road, says string }{
		{"good", "<line/>", "", width, "", "", ""},
		{"poly3", "<poly3 a='1'/>", "", width, "", "", "geometry"},
		{"tight", "<arc curvature='1'/>", "", width, "", "", "radii"},
		{"gap", "<line/>", `<geometry s="90" x="0" y="0" hdg="0" length="10"><line/></geometry>`, width, "", "", "ends at 100"},
		{"jump", "<line/>", `<geometry s="100" x="100" y="1" hdg="0" length="10"><line/></geometry>`, width, "", "", "begins at"},
		{"no width", "<line/>", "", "", "", "", "width"},
		{"second section", "<line/>", "", width, `<laneSection s="50"/>`, "", "laneSection"},
		{"second road", "<line/>", "", width, "", `<road id="1"/>`, "road"},
		{"junction", "<line/>", "", width, "", "<junction/>", "junction"},
		{"unknown attribute", "<line bent='1'/>", "", width, "", "", "bent"},
	} {
		_, err := openx.ReadNetwork("r.xodr", fmt.Appendf(nil, roadText, c.line, c.more, c.lane, c.section, c.road), nil)
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "r.xodr:") {
			t.Errorf("%s: %v, want a refusal with %q and the line", c.name, err, c.says)
		}
	}
}

func TestWidthThatChangesCannotBeDriven(t *testing.T) {
	n, err := openx.ReadNetwork("r.xodr", fmt.Appendf(nil, roadText, "<line/>", "", `<width sOffset="0" a="3" b="0.01" c="0" d="0"/>`, "", ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := n.Lanes[0].Width(50); math.Abs(w-3.5) > 1e-12 {
		t.Errorf("width %g m, want 3.5", w)
	}
	if _, err := n.Band(-1); err == nil || !strings.Contains(err.Error(), "width") {
		t.Errorf("%v, want a refusal that speaks of the width", err)
	}
}

func FuzzReadNetwork(f *testing.F) {
	f.Add(fmt.Appendf(nil, roadText, "<line/>", "", `<width sOffset="0" a="3" b="0" c="0" d="0"/>`, "", ""))
	f.Add(fmt.Appendf(nil, roadText, `<spiral curvStart="0" curvEnd="0.01"/>`, "", `<width sOffset="0" a="3" b="0" c="0" d="0"/>`, "", ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := openx.ReadNetwork("f", b, nil)
		if err != nil {
			return
		}
		for _, l := range n.Lanes {
			if band, err := n.Band(l.ID); err == nil {
				if s := band.Station(band.S(n.Length / 2)); math.IsNaN(s) {
					t.Errorf("no station")
				}
			}
		}
	})
}

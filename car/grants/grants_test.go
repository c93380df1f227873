package grants_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/car/grants"
	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/grant"
)

var (
	key   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	trust = []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}
	start = time.Date(2023, 9, 1, 8, 0, 0, 0, time.UTC)
)

const day = 24 * time.Hour

// watch is a clock that anybody can set, also back.
type watch struct{ t time.Time }

func (w *watch) Now() time.Time { return w.t }

func car(t testing.TB, serial int) vin.VIN {
	t.Helper()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', serial)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// issue signs a grant of the pilot until a time, and of the boost for good.
func issue(t testing.TB, serial int, seq uint64, at, until time.Time) []byte {
	t.Helper()
	raw, err := grant.Sign(key, grant.Claims{Sub: grant.SubOf(car(t, serial)), Aud: grant.Audience, Seq: seq, Iat: at.Unix(), Nbf: at.Unix(),
		Exp: at.Add(1000 * day).Unix(), Features: []grant.Feature{{ID: "boost"}, {ID: "pilot", Kind: grant.Term, Exp: until.Unix()}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func open(t testing.TB, dir string, w *watch) *grants.Grants {
	t.Helper()
	g, err := grants.Open(dir, car(t, 1), trust, w)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func accept(t testing.TB, g *grants.Grants, raw []byte) {
	t.Helper()
	if fresh, err := g.Accept(raw); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
}

func park(t testing.TB, g *grants.Grants) []grants.Change {
	t.Helper()
	c, err := g.Park(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func want(t testing.TB, reason string, g *grants.Grants, pilot, boost bool) {
	t.Helper()
	if g.Allowed("pilot") != pilot || g.Allowed("boost") != boost {
		t.Errorf("%s: pilot %v, boost %v", reason, g.Allowed("pilot"), g.Allowed("boost"))
	}
}

func TestFeaturesChangeAtParkOnly(t *testing.T) {
	w, dir := &watch{start}, t.TempDir()
	g := open(t, dir, w)
	if !g.Due() {
		t.Error("a car without a grant asks for one")
	}
	accept(t, g, issue(t, 1, 1, start, start.Add(10*day)))
	want(t, "accepted during a drive", g, false, false)
	if d := cmp.Diff([]grants.Change{{Feature: "boost", On: true}, {Feature: "pilot", On: true}}, park(t, g)); d != "" {
		t.Error(d)
	}
	want(t, "parked", g, true, true)
	w.t = start.Add(11 * day)
	want(t, "it ended during the drive", g, true, true)
	g = open(t, dir, w)
	want(t, "it ended during the drive and the program was restarted", g, true, true)
	if d := cmp.Diff([]grants.Change{{Feature: "pilot"}}, park(t, g)); d != "" {
		t.Error(d)
	}
	want(t, "parked after its end", g, false, true)
	if !g.Due() {
		t.Error("a feature has ended: ask")
	}
	accept(t, g, issue(t, 1, 2, w.t, w.t.Add(30*day)))
	park(t, g)
	want(t, "renewed", g, true, true)
	if g.Due() || g.Seq() != 2 {
		t.Errorf("due %v, number %d", g.Due(), g.Seq())
	}
	f := g.Features()
	if len(f) != 2 || f[0].ID != "boost" || !f[0].Until.IsZero() || !f[1].On || !f[1].Until.Equal(w.t.Add(30*day)) {
		t.Errorf("%+v", f)
	}
}

func TestAcceptRefuses(t *testing.T) {
	w := &watch{start.Add(5 * day)}
	good := issue(t, 1, 5, start, start.Add(20*day))
	tampered := bytes.Clone(good)
	tampered[80] ^= 1
	over := func() []byte {
		raw, err := grant.Sign(key, grant.Claims{Sub: grant.SubOf(car(t, 1)), Aud: grant.Audience, Seq: 9, Iat: 1, Nbf: 1, Exp: start.Unix()})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}()
	for _, row := range []struct {
		reason string
		raw    []byte
		code   string
	}{
		{"the same again", good, ""},
		{"tampered", tampered, "grant_signature"},
		{"replayed: an older one with more rights", issue(t, 1, 4, start, start.Add(900*day)), "grant_replayed"},
		{"replayed: another content under the same number", issue(t, 1, 5, start, start.Add(900*day)), "grant_replayed"},
		{"another car's", issue(t, 2, 6, start, start.Add(20*day)), "grant_vehicle"},
		{"over", over, "grant_expired"},
		{"noise", []byte("noise"), "grant_malformed"},
	} {
		dir := t.TempDir()
		g := open(t, dir, w)
		accept(t, g, good)
		park(t, g)
		fresh, err := g.Accept(row.raw)
		if fault.CodeOf(err) != row.code || fresh || row.code == "" && err != nil {
			t.Errorf("%s: %v, want %q", row.reason, err, row.code)
		}
		park(t, g)
		want(t, row.reason+": nothing changed", g, true, true)
		g = open(t, dir, w)
		want(t, row.reason+": nor on the disk", g, true, true)
		if g.Seq() != 5 || g.Problem() != nil {
			t.Errorf("%s: number %d, %v", row.reason, g.Seq(), g.Problem())
		}
	}
}

func TestClockSetBackRevivesNothing(t *testing.T) {
	w, dir := &watch{start}, t.TempDir()
	g := open(t, dir, w)
	accept(t, g, issue(t, 1, 1, start, start.Add(10*day)))
	w.t = start.Add(11 * day)
	park(t, g)
	want(t, "ended", g, false, true)
	for _, back := range []time.Time{start, start.Add(-1000 * day), {}} {
		w.t = back
		park(t, g)
		want(t, "the clock was set back", g, false, true)
		g = open(t, dir, w)
		park(t, g)
		want(t, "and the program was restarted", g, false, true)
		if !g.Now().Equal(start.Add(11 * day)) {
			t.Errorf("time went back to %s", g.Now())
		}
	}
	w.t = start.Add(12 * day)
	if !g.Now().Equal(w.t) {
		t.Errorf("a clock that is right again is believed: %s", g.Now())
	}
}

func TestFloorIsLiftedBySignedTimes(t *testing.T) {
	w, dir := &watch{start}, t.TempDir()
	g := open(t, dir, w)
	accept(t, g, issue(t, 1, 1, start, start.Add(10*day)))
	if err := g.Saw(start.Add(12 * day)); err != nil {
		t.Fatal(err)
	}
	if err := g.Saw(start); err != nil { // older: no effect
		t.Fatal(err)
	}
	g = open(t, dir, w)
	park(t, g)
	want(t, "a signed time says that it ended, whatever the clock shows", g, false, true)
	accept(t, g, issue(t, 1, 2, start.Add(20*day), start.Add(40*day)))
	if !g.Now().Equal(start.Add(20 * day)) {
		t.Errorf("a grant's time of issue was not believed: %s", g.Now())
	}
	park(t, g)
	want(t, "a grant from the future of a slow clock works", g, true, true)
}

func TestDamagedFiles(t *testing.T) {
	w, dir := &watch{start}, t.TempDir()
	good := issue(t, 1, 3, start, start.Add(10*day))
	g := open(t, dir, w)
	accept(t, g, good)
	park(t, g)
	tampered := bytes.Clone(good)
	tampered[len(tampered)-1] ^= 1
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("grant.cose", tampered)
	g = open(t, dir, w)
	want(t, "the grant was tampered with on the disk during a drive", g, true, true)
	if fault.CodeOf(g.Problem()) != "grant_signature" || g.Seq() != 3 || !g.Due() || len(g.Features()) != 2 {
		t.Errorf("%v, number %d", g.Problem(), g.Seq())
	}
	park(t, g)
	want(t, "parked", g, false, false)
	if _, err := g.Accept(issue(t, 1, 2, start, start.Add(99*day))); fault.CodeOf(err) != "grant_replayed" {
		t.Errorf("the number was forgotten: %v", err)
	}
	accept(t, g, good)
	park(t, g)
	want(t, "fetched again", g, true, true)

	write("grant.cose", issue(t, 1, 2, start, start.Add(99*day)))
	if g = open(t, dir, w); fault.CodeOf(g.Problem()) != "grant_replayed" {
		t.Errorf("an older grant was put back on the disk: %v", g.Problem())
	}
	write("grant.cose", issue(t, 1, 4, start, start.Add(99*day)))
	if g = open(t, dir, w); g.Seq() != 4 || g.Problem() != nil {
		t.Errorf("killed between the two files: %d, %v", g.Seq(), g.Problem())
	}
	write("state.json", []byte("{"))
	if _, err := grants.Open(dir, car(t, 1), trust, w); fault.CodeOf(err) != "grant_state" {
		t.Errorf("a damaged state would forget the number: %v", err)
	}
}

// TestNeverBack walks at random through grants, clock jumps, parks and restarts: number and time never go back, and what
// is on was granted by the newest accepted grant at the last park.
func TestNeverBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		w := &watch{start}
		g := open(t, dir, w)
		var seq uint64
		var floor time.Time
		var until time.Time
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				n := rapid.Uint64Range(1, 5).Draw(rt, "seq")
				end := start.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "until")) * day)
				fresh, err := g.Accept(issue(t, 1, n, start, end))
				if (err == nil) != (n > seq || n == seq && end.Equal(until)) {
					rt.Fatalf("grant %d after %d: %v", n, seq, err)
				}
				if fresh {
					seq, until = n, end
				}
			case 1:
				w.t = start.Add(time.Duration(rapid.IntRange(-100, 100).Draw(rt, "clock")) * day)
			case 2:
				if _, err := g.Park(t.Context()); err != nil {
					rt.Fatal(err)
				}
				floor = g.Now()
				if g.Allowed("pilot") != (seq > 0 && floor.Before(until)) {
					rt.Fatalf("pilot %v at %s, granted until %s", g.Allowed("pilot"), floor, until)
				}
			case 3:
				on := g.Allowed("pilot")
				g = open(t, dir, w)
				if g.Allowed("pilot") != on {
					rt.Fatal("a restart changed a feature")
				}
			}
			if g.Seq() != seq || g.Now().Before(floor) {
				rt.Fatalf("number %d, want %d; time %s, floor %s", g.Seq(), seq, g.Now(), floor)
			}
		}
	})
}

package uptane_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"pgregory.net/rapid"

	"roadbook/wire/uptane"
	"roadbook/wire/uptane/uptanetest"
)

// car is what a walk needs to know of the car of the world, running release n (0: from the factory).
func car(n int64) uptane.Vehicle {
	e := uptane.ECU{HardwareID: uptanetest.Hardware, ReleaseCounter: n}
	if n > 0 {
		e.SHA256 = uptanetest.Entry(n, uptanetest.Content(n), "", uptanetest.Hardware).Hashes["sha256"].String()
	}
	return uptane.Vehicle{VIN: uptanetest.VIN, ECUs: map[string]uptane.ECU{uptanetest.ECU: e}}
}

// believe walks and fails the test on a refusal.
func believe(t *testing.T, w *uptanetest.World, s uptane.State, n int64) (uptane.Outcome, uptane.State) {
	t.Helper()
	walk := uptane.Begin(s, car(n), w.Now(), w.Fetch)
	out, err := walk.Run(t.Context())
	if err != nil {
		t.Fatalf("an honest world is refused: %v", err)
	}
	return out, walk.Trusted()
}

func TestHonestWorldIsBelieved(t *testing.T) {
	w := uptanetest.New()
	out, state := believe(t, w, w.Roots, 0)
	if out.Unchanged || len(out.Images) != 0 {
		t.Fatalf("an empty Director names images: %+v", out)
	}
	if out, state = believe(t, w, state, 0); !out.Unchanged {
		t.Fatal("the same again is news")
	}
	w.Offer(1)
	out, state = believe(t, w, state, 0)
	if len(out.Images) != 1 || out.Images[0].Name != uptanetest.Name(1) || out.Images[0].Campaign != "cmp_1" {
		t.Fatalf("got %+v", out)
	}
	if err := out.Images[0].Check(strings.NewReader(string(uptanetest.Content(1)))); err != nil {
		t.Fatal(err)
	}
	w.Director.Publish(w.Now()) // signed anew, nothing else
	if out, _ = believe(t, w, state, 1); len(out.Images) != 0 {
		t.Fatalf("what is installed is offered again: %+v", out)
	}
}

func TestEveryLieIsRefusedAndNamed(t *testing.T) {
	for _, lie := range uptanetest.Lies {
		if lie.Image {
			continue
		}
		t.Run(lie.Name, func(t *testing.T) {
			w := uptanetest.New()
			w.Offer(1)
			_, state := believe(t, w, w.Roots, 0)
			w.Offer(2)
			lie.Tell(w)
			walk := uptane.Begin(state, car(1), w.Now(), w.Fetch)
			_, err := walk.Run(t.Context())
			var r *uptane.Refusal
			if !errors.As(err, &r) || r.Attack != lie.Attack {
				t.Fatalf("%s: want %s, got %v", lie.Reason, lie.Attack, err)
			}
			if _, _, again := walk.Next(t.Context()); again != err {
				t.Fatalf("a step was taken after the refusal: %v", again)
			}
			w.Mend(3)
			out, _ := believe(t, w, walk.Trusted(), 1)
			if len(out.Images) != 1 || out.Images[0].Name != uptanetest.Name(3) {
				t.Fatalf("the next good update is not believed: %+v", out)
			}
		})
	}
}

func TestStepsAreTakenInTheStandardsOrder(t *testing.T) {
	w := uptanetest.New()
	w.Offer(1)
	walk := uptane.Begin(w.Roots, car(0), w.Now(), w.Fetch)
	for i, want := range uptane.Steps() {
		got, done, err := walk.Next(t.Context())
		if err != nil || got != want || done != (i == len(uptane.Steps())-1) {
			t.Fatalf("step %d: got %v (done %v), want %v: %v", i, got, done, want, err)
		}
	}
	if _, done, err := walk.Next(t.Context()); !done || err != nil {
		t.Fatal("a step after the last one")
	}
}

// A fast-forward attack sets versions so high that nothing honest can follow; rotating the keys recovers (5.4.4.3 step 4).
func TestFastForwardIsRecoveredByRotation(t *testing.T) {
	w := uptanetest.New()
	w.Offer(1)
	for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS} {
		w.Director.Version[role] = 1 << 40
	}
	w.Director.Publish(w.Now())
	_, state := believe(t, w, w.Roots, 0)

	for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS} {
		w.Director.Keys[role] = w.Image.Keys[role] // any other key
		w.Director.Version[role] = 5
	}
	w.Director.PublishRoot(w.Now())
	w.Offer(2)
	out, _ := believe(t, w, state, 1)
	if len(out.Images) != 1 || out.Images[0].Name != uptanetest.Name(2) {
		t.Fatalf("after the rotation: %+v", out)
	}
}

func TestTimeDoesNotRunBackwards(t *testing.T) {
	w := uptanetest.New()
	w.Offer(1)
	then := w.Now()
	w.Pass(uptanetest.Life / 2)
	_, state := believe(t, w, w.Roots, 0)
	state.Time = state.Time.Add(uptanetest.Life) // a later walk was complete
	_, err := uptane.Begin(state, car(0), then, w.Fetch).Run(t.Context())
	var r *uptane.Refusal
	if !errors.As(err, &r) || r.Attack != uptane.Freeze {
		t.Fatalf("with the clock set back expired metadata lives again: %v", err)
	}
}

// Whatever one byte of any file is changed to, the walk ends in the honest outcome or in a refusal: never in another image.
func TestNoFlippedByteInstallsAnythingElse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := uptanetest.New()
		w.Offer(1)
		repo := rapid.SampledFrom([]*uptanetest.Repo{w.Director, w.Image}).Draw(rt, "repo")
		file := rapid.SampledFrom([]string{"timestamp.json", "2.snapshot.json", "2.targets.json"}).Draw(rt, "file")
		b := []byte(string(repo.Files[file]))
		b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		repo.Files[file] = b
		out, err := uptane.Begin(w.Roots, car(0), w.Now(), w.Fetch).Run(t.Context())
		if err != nil {
			return
		}
		honest := uptanetest.Entry(1, uptanetest.Content(1), "", uptanetest.Hardware).Hashes["sha256"].String()
		if len(out.Images) != 1 || out.Images[0].Hashes["sha256"] != honest {
			rt.Fatalf("got %+v", out)
		}
	})
}

func TestManifestIsBelievedOnlyWhole(t *testing.T) {
	w := uptanetest.New()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	report := func(ecu string) uptane.Signed {
		s, err := uptane.Sign(uptane.Report{ECU: ecu, Counter: 1, Time: w.Now()}, w.Key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good := uptane.Manifest{VIN: uptanetest.VIN, Primary: "p", Reports: map[string]uptane.Signed{"p": report("p")}}
	for _, row := range []struct {
		reason string
		change func(m *uptane.Manifest, s *uptane.Signed)
		ok     bool
	}{
		{"as it was made", nil, true},
		{"5.3.2.1: the Primary's signature", func(_ *uptane.Manifest, s *uptane.Signed) { s.Sig[0] ^= 1 }, false},
		{"the signature is over these bytes", func(_ *uptane.Manifest, s *uptane.Signed) { s.Payload[5] ^= 1 }, false},
		{"5.3.2.1: every ECU is there", func(m *uptane.Manifest, _ *uptane.Signed) { m.Primary = "q" }, false},
		{"a report belongs to one ECU", func(m *uptane.Manifest, _ *uptane.Signed) { m.Reports["p"] = report("q") }, false},
	} {
		m := good
		m.Reports = map[string]uptane.Signed{"p": report("p")}
		var none uptane.Signed
		none.Sig, none.Payload = make([]byte, 9), make([]byte, 9)
		if row.change != nil {
			row.change(&m, &none)
		}
		s, err := uptane.Sign(m, w.Key)
		if err != nil {
			t.Fatal(err)
		}
		if row.change != nil {
			row.change(&m, &s)
		}
		if _, _, err := uptane.Open(s, w.Key.Public()); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
	s, err := uptane.Sign(good, p256)
	if err != nil {
		t.Fatal(err)
	}
	var m uptane.Manifest
	if err := s.Verify(p256.Public(), &m); err != nil || m.VIN != good.VIN {
		t.Errorf("a P-256 key signs as well: %v", err)
	}
	if err := s.Verify(w.Key.Public(), &m); err == nil {
		t.Error("another key's signature is taken")
	}
}

func FuzzParseCustom(f *testing.F) {
	f.Add([]byte(*uptanetest.Entry(1, nil, "ecu", "hw").Custom))
	f.Add([]byte(`{"mustMatch":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := uptane.ParseCustom(raw)
		if err != nil {
			return
		}
		again, err := uptane.ParseCustom(uptanetest.Raw(c))
		if err != nil || again.MustMatch != c.MustMatch {
			t.Fatalf("%+v does not come back: %+v, %v", c, again, err)
		}
	})
}

func FuzzParseSigned(f *testing.F) {
	w := uptanetest.New()
	s, err := uptane.Sign(uptane.Manifest{VIN: uptanetest.VIN}, w.Key)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := uptane.ParseSigned(raw)
		if err != nil {
			return
		}
		_, _, _ = uptane.Open(s, w.Key.Public()) // must not panic
	})
}

// FuzzWalk feeds a whole walk with hostile files: it must end, without a panic and without an image.
func FuzzWalk(f *testing.F) {
	w := uptanetest.New()
	w.Offer(1)
	f.Add("timestamp.json", w.Director.Files["timestamp.json"])
	f.Add("2.targets.json", []byte(`{"signed":{"_type":"targets","targets":{"x":null}},"signatures":[null]}`))
	f.Add("2.root.json", []byte(`{"signed":{"_type":"root","roles":{"root":null}},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, file string, content []byte) {
		w := uptanetest.New()
		w.Director.Files[file] = content
		out, err := uptane.Begin(w.Roots, car(0), w.Now(), w.Fetch).Run(t.Context())
		if err == nil && len(out.Images) != 0 {
			t.Fatalf("an image out of nothing: %+v", out)
		}
	})
}

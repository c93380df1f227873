package app

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/bundle/bundletest"
	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/update"
	"roadbook/update/updatesql"
	"roadbook/update/updatetest"
	"roadbook/vin"
)

// lab releases images for cockpit-1 (the hardware of the suite's cars) and signs evidence.
type lab struct {
	*update.Service
	t       *testing.T
	gate    pilotGate
	clock   *clock.Sim
	counter int64
}

func newLab(t *testing.T, hardware ...string) *lab {
	t.Helper()
	store := updatesql.New(sqldbtest.SQLite(t, "update", updatesql.Migrations()))
	l := &lab{t: t, clock: clock.NewSim(updatetest.Start), gate: pilotGate{store: store, keys: bundletest.Trusted("lab"), hardware: hardware, policy: bundle.Default}}
	l.Service = update.New(store, &updatetest.Blobs{}, &updatetest.Keys{Rotated: map[string]bool{}}, updatetest.Inventory{}, l.gate, l.clock)
	return l
}

func (l *lab) release(image string, swin ...string) update.Release {
	l.t.Helper()
	img, err := l.Upload(l.t.Context(), strings.NewReader(image))
	if err != nil {
		l.t.Fatal(err)
	}
	l.counter++
	r, err := l.Release(l.t.Context(), update.ReleaseRequest{ID: "rel_" + image, Name: "Pilot", Version: image, HardwareID: "cockpit-1", ReleaseCounter: l.counter, ImageSHA256: img.SHA256, RXSWIN: swin})
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// evidence signs a passing bundle of the image, changed, and adds it.
func (l *lab) evidence(r update.Release, key string, change func(*bundle.Bundle)) error {
	l.t.Helper()
	b := bundletest.Passing([]byte(r.Version), "R157:"+r.Version)
	if change != nil {
		change(b)
	}
	raw, err := bundle.Sign(bundletest.Key(key), b)
	if err != nil {
		l.t.Fatal(err)
	}
	l.clock.Set(l.clock.Now().Add(time.Minute))
	_, err = l.AddEvidence(l.t.Context(), r.ID, raw)
	return err
}

func (l *lab) start(r update.Release) error {
	_, err := l.Start(l.t.Context(), update.CampaignRequest{ID: "cmp_" + r.ID, Name: "c", ReleaseID: r.ID, VINs: []vin.VIN{updatetest.Car(1)}})
	return err
}

// against names the shipped image that a bundle was compared with.
func against(image string) *bundle.Against {
	return &bundle.Against{Bundle: bundle.Sum([]byte(image)), Image: bundle.Sum([]byte(image)), RXSWIN: "R157:" + image}
}

func wants(t *testing.T, reason string, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code || code != "" && err == nil {
		t.Errorf("%s: %v, want %q", reason, err, code)
	}
}

func TestPilotGate(t *testing.T) {
	l := newLab(t)
	plain := l.release("plain")
	wants(t, "software without the pilot needs no evidence", l.start(plain), "")
	wants(t, "nothing speaks for software that declares nothing", l.evidence(plain, "lab", nil), "evidence_rxswin")

	one := l.release("one", "R157:one")
	wants(t, "the pilot without evidence", l.start(one), "evidence_missing")
	wants(t, "evidence of another image", l.evidence(one, "lab", func(b *bundle.Bundle) { b.Subject.Image = bundle.Sum([]byte("two")) }), "evidence_image")
	wants(t, "evidence of other software", l.evidence(one, "lab", func(b *bundle.Bundle) { b.Subject.RXSWIN = "R157:two" }), "evidence_rxswin")
	wants(t, "signed by anybody", l.evidence(one, "somebody", nil), "evidence_signature")
	raw, err := bundle.Sign(bundletest.Key("lab"), bundletest.Passing([]byte("one"), "R157:one"))
	if err != nil {
		t.Fatal(err)
	}
	tampered := bytes.Replace(raw, []byte("R157:one"), []byte("R157:two"), 1)
	_, err = l.AddEvidence(t.Context(), one.ID, tampered)
	wants(t, "changed after it was signed", err, "evidence_signature")
	wants(t, "none of these was kept", l.start(one), "evidence_missing")

	wants(t, "a sample is kept", l.evidence(one, "lab", func(b *bundle.Bundle) {
		s := b.Suite(bundle.CutIn)
		s.Defined += 1000
		b.Made = "2026-11-26T11:00:00Z"
	}), "")
	wants(t, "and stops the campaign", l.start(one), "evidence_suite_partial")
	wants(t, "all of it", l.evidence(one, "lab", nil), "")
	wants(t, "goes out", l.start(one), "")

	two := l.release("two", "R157:two")
	wants(t, "compared with nothing", l.evidence(two, "lab", nil), "")
	wants(t, "something is shipped", l.start(two), "evidence_comparison")
	worse := func(b *bundle.Bundle) {
		c := &b.Suite(bundle.CutIn).Fast
		c.Collided, c.CollidedAvoidable = 2, 2
		b.Against, b.Made = against("one"), "2026-11-27T12:00:00Z"
	}
	wants(t, "within every limit, worse than what is shipped", l.evidence(two, "lab", worse), "")
	err = l.start(two)
	wants(t, "a regression", err, "evidence_regression")
	if err == nil || !strings.Contains(err.Error(), "0.025 %, the shipped release has 0.0125 %") {
		t.Errorf("the reason is not said: %v", err)
	}
	wants(t, "an older result that was better", l.evidence(two, "lab", func(b *bundle.Bundle) { b.Against, b.Made = against("one"), "2026-11-26T18:00:00Z" }), "")
	wants(t, "does not count", l.start(two), "evidence_regression")
	wants(t, "mended, tested again", l.evidence(two, "lab", func(b *bundle.Bundle) { b.Against, b.Made = against("one"), "2026-11-28T12:00:00Z" }), "")
	wants(t, "goes out", l.start(two), "")

	r, err := l.gate.assess(t.Context(), two)
	if err != nil || r.body().OK != true || len(r.body().Figures) < 25 || r.body().Shipped != "R157:one" {
		t.Errorf("%+v, %v", r.body(), err)
	}
	l.gate.keys = bundletest.Trusted("next")
	if err := l.gate.Verdict(t.Context(), two, 1); fault.CodeOf(err) != "evidence_missing" || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("a key that is no longer trusted: %v", err)
	}
}

// Leaving the declaration out opens nothing.
func TestPilotGateOmission(t *testing.T) {
	l := newLab(t, "rb-pilot-*", "cockpit-?")
	r := l.release("one")
	wants(t, "the hardware is the pilot's", l.start(r), "pilot_undeclared")
	l = newLab(t)
	first := l.release("first")
	l.release("second", "R157:second")
	wants(t, "an earlier release of hardware that carries the pilot by now", l.start(first), "pilot_undeclared")
}

// A shipped release whose evidence is not believed any more leaves nothing to compare with.
func TestPilotGateLostBaseline(t *testing.T) {
	l := newLab(t)
	one, two := l.release("one", "R157:one"), l.release("two", "R157:two")
	wants(t, "one", l.evidence(one, "lab", nil), "")
	wants(t, "one", l.start(one), "")
	l.gate.keys = bundletest.Trusted("next")
	l.Service = update.New(l.gate.store.(update.Store), &updatetest.Blobs{}, &updatetest.Keys{Rotated: map[string]bool{}}, updatetest.Inventory{}, l.gate, l.clock)
	wants(t, "two", l.evidence(two, "next", func(b *bundle.Bundle) { b.Against = against("one") }), "")
	wants(t, "nothing to compare with", l.start(two), "evidence_shipped")
}

func TestEvidenceKeys(t *testing.T) {
	dir := t.TempDir()
	sec, pub, err := bundle.WriteKeys(bundletest.Key("lab"))
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good, secret := file("pub.pem", pub), file("sec.pem", sec)
	a := &App{cfg: Config{EvidenceKeys: []string{good}, PilotHardware: []string{"rb-*"}}}
	if g, err := a.gate(nil); err != nil || len(g.keys) != 1 || !slices.Equal(g.hardware, []string{"rb-*"}) {
		t.Errorf("%+v, %v", g, err)
	}
	for reason, cfg := range map[string]Config{"a private key": {EvidenceKeys: []string{secret}}, "no file": {EvidenceKeys: []string{filepath.Join(dir, "none")}}, "no pattern": {PilotHardware: []string{"rb-["}}} {
		a := &App{cfg: cfg}
		if _, err := a.gate(nil); err == nil {
			t.Errorf("%s: no error", reason)
		}
	}
}

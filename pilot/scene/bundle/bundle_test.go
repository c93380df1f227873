package bundle_test

import (
	"bytes"
	"crypto/ed25519"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/veraison/go-cose"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/bundle/bundletest"
)

const swin = "R157:RB1-2026.11"

var image = []byte("the image")

func signed(t testing.TB, b *bundle.Bundle) []byte {
	t.Helper()
	raw, err := bundle.Sign(bundletest.Key("lab"), b)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSignedAndRead(t *testing.T) {
	b := bundletest.Passing(image, swin)
	raw := signed(t, b)
	got, err := bundle.Verify(raw, bundletest.Trusted("other", "lab"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(raw, signed(t, got)) {
		t.Error("the same content signed again gives other bytes")
	}
	if err := got.For(bundle.Sum(image), swin); err != nil {
		t.Error(err)
	}
	if err := got.For(bundle.Sum([]byte("another image")), swin); fault.CodeOf(err) != "evidence_image" {
		t.Errorf("another image: %v", err)
	}
	if err := got.For(bundle.Sum(image), "R157:RB1-2026.12"); fault.CodeOf(err) != "evidence_rxswin" {
		t.Errorf("another software number: %v", err)
	}
}

// Whatever bit is turned, nothing that was signed is believed.
func TestTampered(t *testing.T) {
	raw := signed(t, bundletest.Passing(image, swin))
	trusted := bundletest.Trusted("lab")
	for i := range raw {
		c := bytes.Clone(raw)
		c[i] ^= 1 << (i % 8)
		if _, err := bundle.Verify(c, trusted); err == nil {
			t.Fatalf("a bit of byte %d of %d was turned and nobody noticed", i, len(raw))
		}
	}
	for _, row := range []struct {
		reason string
		raw    []byte
		keys   []ed25519.PublicKey
		code   string
	}{
		{"nobody is trusted", raw, nil, "evidence_no_key"},
		{"somebody else is trusted", raw, bundletest.Trusted("other"), "evidence_signature"},
		{"a key of the wrong size must not panic", raw, []ed25519.PublicKey{{1, 2}}, "evidence_signature"},
		{"nothing", nil, trusted, "evidence_malformed"},
		{"the end is missing", raw[:len(raw)-1], trusted, "evidence_malformed"},
		{"something follows", append(bytes.Clone(raw), 0), trusted, "evidence_malformed"},
		{"too large to be looked at", make([]byte, bundle.MaxSize+1), trusted, "evidence_size"},
	} {
		if _, err := bundle.Verify(row.raw, row.keys); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %s", row.reason, err, row.code)
		}
	}
}

// envelope signs bytes as a bundle, for content that Sign would not write.
func envelope(t testing.TB, payload []byte, aad string, change func(*cose.Sign1Message)) []byte {
	t.Helper()
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, bundletest.Key("lab"))
	if err != nil {
		t.Fatal(err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if change != nil {
		change(m)
	}
	if err := m.Sign(nil, []byte(aad), signer); err != nil {
		t.Fatal(err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A trusted key does not make every content good.
func TestSignedButWrong(t *testing.T) {
	raw := signed(t, bundletest.Passing(image, swin))
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		reason  string
		payload []byte
		aad     string
		change  func(*cose.Sign1Message)
		code    string
	}{
		{"as it should be", m.Payload, "roadbook evidence, v1", nil, ""},
		{"a signature made for something else", m.Payload, "", nil, "evidence_signature"},
		{"a header more", m.Payload, "roadbook evidence, v1", func(m *cose.Sign1Message) { m.Headers.Protected[int64(4)] = []byte("kid") }, "evidence_header"},
		{"a header that nobody signs", m.Payload, "roadbook evidence, v1", func(m *cose.Sign1Message) { m.Headers.Unprotected[int64(4)] = []byte("kid") }, "evidence_header"},
		{"no map", []byte{0x01}, "roadbook evidence, v1", nil, "evidence_malformed"},
		{"a field of another format", []byte{0xa1, 0x61, 'x', 0x01}, "roadbook evidence, v1", nil, "evidence_malformed"},
		{"the same map with a longer head", append([]byte{0xb8, m.Payload[0] & 0x1f}, m.Payload[1:]...), "roadbook evidence, v1", nil, "evidence_malformed"},
		{"a billion suites", []byte{0xa1, 0x66, 's', 'u', 'i', 't', 'e', 's', 0x9a, 0x3b, 0x9a, 0xca, 0}, "roadbook evidence, v1", nil, "evidence_malformed"},
	} {
		_, err := bundle.Verify(envelope(t, row.payload, row.aad, row.change), bundletest.Trusted("lab"))
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %q", row.reason, err, row.code)
		}
	}
}

func TestCheckNamesThePlace(t *testing.T) {
	for _, row := range []struct {
		reason string
		change func(b *bundle.Bundle)
		at     string
	}{
		{"a version that we do not know", func(b *bundle.Bundle) { b.Format = "roadbook-evidence/2" }, "/format"},
		{"half a hash", func(b *bundle.Bundle) { b.Subject.Image = "ab" }, "/subject/image"},
		{"no regulation", func(b *bundle.Bundle) { b.Subject.RXSWIN = "RB1" }, "/subject/rxswin"},
		{"nobody knows with which parameters", func(b *bundle.Bundle) { b.Subject.Parameters = nil }, "/subject/parameters"},
		{"local time", func(b *bundle.Bundle) { b.Made = "2026-11-26T12:00:00+08:00" }, "/made"},
		{"a figure that is none", func(b *bundle.Bundle) { b.Speed.Scenarios = math.NaN() }, "/speed/scenarios"},
		{"faster than everything", func(b *bundle.Bundle) { b.Speed.Scenarios = math.Inf(1) }, "/speed/scenarios"},
		{"a suite twice", func(b *bundle.Bundle) { b.Suites[1].Name = b.Suites[0].Name }, "/suites/1/name"},
		{"an input that its digest does not hold", func(b *bundle.Bundle) { b.Suites[0].Inputs[0].SHA256 = strings.Repeat("0", 64) }, "/suites/0/digest"},
		{"more collisions than cases", func(b *bundle.Bundle) { b.Suites[0].Slow.Collided = b.Suites[0].Slow.Cases + 1 }, "/suites/0/slow/collided"},
		{"a negative count would hide another", func(b *bundle.Bundle) { b.Suites[0].Slow.HardSafe = -1 }, "/suites/0/slow/hard_safe"},
		{"an avoidable collision that is none", func(b *bundle.Bundle) { b.Suites[0].Slow.CollidedAvoidable = 1 }, "/suites/0/slow/collided_avoidable"},
		{"cases that are counted nowhere", func(b *bundle.Bundle) { b.Suites[0].Fast.Cases-- }, "/suites/0/ran"},
		{"more than there are", func(b *bundle.Bundle) { b.Suites[0].Ran++ }, "/suites/0/ran"},
		{"more braking than driving", func(b *bundle.Bundle) { b.Suites[0].Comfort.Hard = b.Suites[0].Comfort.Ticks + 1 }, "/suites/0/comfort/hard"},
		{"a share above all", func(b *bundle.Bundle) { b.Suites[0].Comfort.Jerk = b.Suites[0].Comfort.JerkMost + 1 }, "/suites/0/comfort/jerk"},
		{"a sway that is no number", func(b *bundle.Bundle) { b.Suites[0].Comfort.SideMost = math.NaN() }, "/suites/0/comfort/side_most"},
		{"a replay that was not made", func(b *bundle.Bundle) { b.Suites[0].Replay.Differ = 51 }, "/suites/0/replay/differ"},
		{"a line break in a name", func(b *bundle.Bundle) {
			b.Suites[0].Failing = []bundle.Failing{{ID: "a\nb", What: "collision"}}
		}, "/suites/0/failing/0/id"},
	} {
		b := bundletest.Passing(image, swin)
		row.change(b)
		err := b.Check()
		f, ok := err.(*fault.Error)
		if !ok || f.Pointer != row.at {
			t.Errorf("%s: %v, want it at %s", row.reason, err, row.at)
		}
	}
}

func FuzzVerify(f *testing.F) {
	raw := signed(f, bundletest.Passing(image, swin))
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		f.Fatal(err)
	}
	f.Add(raw, false)
	f.Add(m.Payload, true) // the interesting part lies behind the signature
	f.Add([]byte{0xa1, 0x66, 's', 'u', 'i', 't', 'e', 's', 0x9a, 0x3b, 0x9a, 0xca, 0}, true)
	f.Fuzz(func(t *testing.T, b []byte, sign bool) {
		if sign {
			b = envelope(t, b, "roadbook evidence, v1", nil)
		}
		got, err := bundle.Verify(b, bundletest.Trusted("lab"))
		if err != nil {
			return
		}
		if err := got.Check(); err != nil {
			t.Fatalf("believed, and wrong: %v", err)
		}
		if !bytes.Equal(signed(t, got), b) {
			t.Fatal("two encodings of one bundle are believed")
		}
	})
}

func TestKeys(t *testing.T) {
	sec, pub, err := bundle.WriteKeys(bundletest.Key("lab"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := bundle.PrivateKey(sec)
	if err != nil || !k.Equal(bundletest.Key("lab")) {
		t.Errorf("%v", err)
	}
	p, err := bundle.PublicKey(pub)
	if err != nil || !p.Equal(bundletest.Trusted("lab")[0]) {
		t.Errorf("%v", err)
	}
	for reason, text := range map[string][]byte{"the other half": pub, "two of them": append(bytes.Clone(sec), sec...), "none": nil, "too large": make([]byte, bundle.MaxKey+1),
		"no key": []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")} {
		if _, err := bundle.PrivateKey(text); fault.CodeOf(err) != "evidence_key" {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := bundle.PublicKey(sec); fault.CodeOf(err) != "evidence_key" {
		t.Error(err)
	}
	if _, err := bundle.Sign(nil, bundletest.Passing(image, swin)); fault.CodeOf(err) != "evidence_key" {
		t.Error(err)
	}
}

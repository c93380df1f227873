package grant_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/veraison/go-cose"
	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/grant"
)

const iat = 1_700_000_000

var (
	key    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	public = key.Public().(ed25519.PublicKey)
	trust  = []ed25519.PublicKey{public}
)

func car(t testing.TB, serial int) vin.VIN {
	t.Helper()
	v, err := vin.Make("LRB", "SU7AB", 'P', 'B', serial)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// twelve is the largest usual document: twelve term features, each with an end and a grace of its own.
func twelve(t testing.TB) grant.Claims {
	c := grant.Claims{Sub: grant.SubOf(car(t, 1)), Aud: grant.Audience, Exp: iat + 30*86400, Nbf: iat, Iat: iat,
		CTI: grant.Sub{1, 2, 3}, Seq: 70_000, Epoch: 1, Keyset: 1}
	for i := range 12 {
		c.Features = append(c.Features, grant.Feature{ID: fmt.Sprintf("pilot.feat%02d", i), Kind: grant.Term, Exp: iat + 86400*int64(i+1), GraceHours: 72})
	}
	c.Features[3].Limits = []grant.Limit{{Name: "km", Value: 1000}}
	return c
}

func sign(t testing.TB, c grant.Claims) []byte {
	t.Helper()
	raw, err := grant.Sign(key, c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

var ignoreEmpty = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(grant.Feature{}, grant.Limit{})}

func TestTwelveFeaturesFit(t *testing.T) {
	c := twelve(t)
	raw := sign(t, c)
	if len(raw) > 512 {
		t.Errorf("%d bytes for 12 features, the buses in the car want at most 512", len(raw))
	}
	if !bytes.Equal(raw, sign(t, c)) {
		t.Error("the same claims gave other bytes")
	}
	got, err := grant.Verify(raw, trust, car(t, 1), grant.Audience)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c, *got, ignoreEmpty); d != "" {
		t.Error(d)
	}
	if _, err := got.JSON(); err != nil {
		t.Error(err)
	}
}

// message signs any payload under any headers, as an attacker with a stolen library, or a careless maker, could.
func message(t testing.TB, payload []byte, edit func(*cose.Sign1Message)) []byte {
	t.Helper()
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	edit(m)
	s, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Sign(rand.Reader, nil, s); err != nil {
		t.Fatal(err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func payload(t testing.TB, raw []byte) []byte {
	t.Helper()
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		t.Fatal(err)
	}
	return m.Payload
}

func TestVerifyRefuses(t *testing.T) {
	good := sign(t, twelve(t))
	body := payload(t, good)
	flip := func(i int) []byte {
		b := bytes.Clone(good)
		b[(i+len(b))%len(b)] ^= 1
		return b
	}
	reencode := func(edit func(m map[int64]any)) []byte {
		var m map[int64]any
		if err := cbor.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		edit(m)
		mode, err := cbor.CoreDetEncOptions().EncMode()
		if err != nil {
			t.Fatal(err)
		}
		b, err := mode.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return message(t, b, func(*cose.Sign1Message) {})
	}
	otherKey := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32)).Public().(ed25519.PublicKey)
	long := bytes.Replace(body, []byte{0x02, 0x50}, []byte{0x18, 0x02, 0x50}, 1) // key 2 in two bytes
	for _, row := range []struct {
		reason string
		raw    []byte
		trust  []ed25519.PublicKey
		serial int
		aud    string
		code   string
	}{
		{"as issued", good, trust, 1, grant.Audience, ""},
		{"a rotated key is one of several that are trusted", good, []ed25519.PublicKey{otherKey, public}, 1, grant.Audience, ""},
		{"a bit of the signature", flip(-1), trust, 1, grant.Audience, "grant_signature"},
		{"a bit of the claims", flip(60), trust, 1, grant.Audience, "grant_signature"},
		{"an algorithm that is not EdDSA", flip(5), trust, 1, grant.Audience, "grant_header"},
		{"signed by somebody else", good, []ed25519.PublicKey{otherKey}, 1, grant.Audience, "grant_signature"},
		{"no trusted key", good, nil, 1, grant.Audience, "grant_signature"},
		{"a key of the wrong length must not panic", good, []ed25519.PublicKey{{1}}, 1, grant.Audience, "grant_signature"},
		{"another car's grant", good, trust, 2, grant.Audience, "grant_vehicle"},
		{"another controller's grant", good, trust, 1, "ivi", "grant_audience"},
		{"cut off", good[:len(good)-1], trust, 1, grant.Audience, "grant_malformed"},
		{"something after the end", append(bytes.Clone(good), 0), trust, 1, grant.Audience, "grant_malformed"},
		{"nothing", nil, trust, 1, grant.Audience, "grant_malformed"},
		{"too large", make([]byte, grant.MaxSize+1), trust, 1, grant.Audience, "grant_size"},
		{"an unknown critical header (RFC 9052, 3.1)", message(t, body, func(m *cose.Sign1Message) {
			m.Headers.Protected[cose.HeaderLabelCritical] = []any{int64(99)}
			m.Headers.Protected[int64(99)] = true
		}), trust, 1, grant.Audience, "grant_header"},
		{"an unprotected header is not signed", message(t, body, func(m *cose.Sign1Message) {
			m.Headers.Unprotected[cose.HeaderLabelKeyID] = []byte("k")
		}), trust, 1, grant.Audience, "grant_header"},
		{"one encoding per document: an integer in two bytes", message(t, long, func(*cose.Sign1Message) {}), trust, 1, grant.Audience, "grant_malformed"},
		{"a claim more", reencode(func(m map[int64]any) { m[8] = 1 }), trust, 1, grant.Audience, "grant_malformed"},
		{"a claim less", reencode(func(m map[int64]any) { delete(m, -65537) }), trust, 1, grant.Audience, "grant_malformed"},
		{"a negative time", reencode(func(m map[int64]any) { m[4] = -1 }), trust, 1, grant.Audience, "grant_malformed"},
		{"an end before the start", reencode(func(m map[int64]any) { m[4] = 1 }), trust, 1, grant.Audience, "grant_claims"},
		{"no sequence number", reencode(func(m map[int64]any) { m[-65537] = 0 }), trust, 1, grant.Audience, "grant_claims"},
	} {
		c, err := grant.Verify(row.raw, row.trust, car(t, row.serial), row.aud)
		if fault.CodeOf(err) != row.code || (c == nil) != (row.code != "") {
			t.Errorf("%s: got %v, want %q", row.reason, err, row.code)
		}
	}
}

func TestEveryBitCounts(t *testing.T) {
	good, v := sign(t, twelve(t)), car(t, 1)
	for i := range good {
		for bit := range 8 {
			b := bytes.Clone(good)
			b[i] ^= 1 << bit
			if _, err := grant.Verify(b, trust, v, grant.Audience); err == nil {
				t.Fatalf("byte %d bit %d may be changed", i, bit)
			}
		}
	}
}

func TestAllows(t *testing.T) {
	c := grant.Claims{Nbf: 1000, Exp: 100_000, Features: []grant.Feature{
		{ID: "for.good"}, {ID: "later", Nbf: 5000, Exp: 9000}, {ID: "grace", Exp: 9000, GraceHours: 1}}}
	for _, row := range []struct {
		reason, id string
		at         int64
		want       bool
	}{
		{"before the document", "for.good", 999, false},
		{"its first second", "for.good", 1000, true},
		{"its last", "for.good", 99_999, true},
		{"half open", "for.good", 100_000, false},
		{"not yet", "later", 4999, false},
		{"now", "later", 5000, true},
		{"over", "later", 9000, false},
		{"in its grace", "grace", 9000 + 3599, true},
		{"after its grace", "grace", 9000 + 3600, false},
		{"never granted", "other", 5000, false},
	} {
		if got := c.Allows(row.id, time.Unix(row.at, 0)); got != row.want {
			t.Errorf("%s: %v", row.reason, got)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k := grant.Perpetual; k <= grant.Metered; k++ {
		if b, err := k.MarshalText(); err != nil || bytes.Contains(b, []byte("Kind(")) {
			t.Errorf("kind %d has no name: %s, %v", k, b, err)
		}
	}
}

// TestAgreesWithLibraries signs what rapid makes up: our reader and the libraries must read the same.
func TestAgreesWithLibraries(t *testing.T) {
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, public)
	if err != nil {
		t.Fatal(err)
	}
	v := car(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		c := grant.Claims{Sub: grant.SubOf(v), Aud: grant.Audience, Nbf: rapid.Int64Range(0, 1<<33).Draw(t, "nbf"),
			Iat: rapid.Int64Range(0, 1<<33).Draw(t, "iat"), Seq: rapid.Uint64Min(1).Draw(t, "seq"),
			Epoch: rapid.Uint64().Draw(t, "epoch"), Keyset: rapid.Uint64().Draw(t, "keyset")}
		c.Exp = c.Nbf + rapid.Int64Range(1, 1<<33).Draw(t, "life")
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			f := grant.Feature{ID: fmt.Sprintf("f%02d", i), Kind: grant.Kind(rapid.IntRange(0, 3).Draw(t, "kind")),
				Nbf: rapid.Int64Range(0, 1<<33).Draw(t, "fnbf"), GraceHours: rapid.Uint16Max(grant.MaxGrace).Draw(t, "grace")}
			if rapid.Bool().Draw(t, "ends") {
				f.Exp = f.Nbf + rapid.Int64Range(1, 1<<33).Draw(t, "fexp")
			}
			for j := range rapid.IntRange(0, grant.MaxLimits).Draw(t, "limits") {
				f.Limits = append(f.Limits, grant.Limit{Name: fmt.Sprintf("l%d", j), Value: rapid.Uint64().Draw(t, "value")})
			}
			c.Features = append(c.Features, f)
		}
		raw, err := grant.Sign(key, c)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := grant.Verify(raw, trust, v, grant.Audience)
		if err != nil {
			t.Fatal(err)
		}
		var m cose.Sign1Message
		if err := m.UnmarshalCBOR(raw); err != nil {
			t.Fatal(err)
		}
		if err := m.Verify(nil, verifier); err != nil {
			t.Fatal(err)
		}
		var theirs grant.Claims
		if err := cbor.Unmarshal(m.Payload, &theirs); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(theirs, *ours, ignoreEmpty); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzVerify(f *testing.F) {
	v := car(f, 1)
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, public)
	if err != nil {
		f.Fatal(err)
	}
	good := sign(f, twelve(f))
	f.Add(good)
	f.Add(good[:40])
	f.Add([]byte{0xd2, 0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := grant.Verify(b, trust, v, grant.Audience)
		if err != nil {
			if fault.CodeOf(err) == "" {
				t.Fatalf("a refusal without a code: %v", err)
			}
			return
		}
		var m cose.Sign1Message
		if err := m.UnmarshalCBOR(b); err != nil || m.Verify(nil, verifier) != nil {
			t.Fatalf("we accept what go-cose refuses: %v", err)
		}
		again, err := grant.Sign(key, *c)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("a second encoding of the same claims was accepted (%v)", err)
		}
	})
}

// FuzzClaims signs whatever the fuzzer makes up as claims, so that the reader behind the signature is reached.
func FuzzClaims(f *testing.F) {
	v := car(f, 1)
	f.Add(payload(f, sign(f, twelve(f))))
	f.Fuzz(func(t *testing.T, b []byte) {
		raw := message(t, b, func(*cose.Sign1Message) {})
		c, err := grant.Verify(raw, trust, v, grant.Audience)
		if err != nil {
			return
		}
		if again, err := grant.Sign(key, *c); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("a second encoding of the same claims was accepted (%v)", err)
		}
	})
}

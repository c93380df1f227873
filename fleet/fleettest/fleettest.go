// Package fleettest builds cars, and holds the suite that every fleet.Store passes.
package fleettest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// VIN returns the VIN of the n-th car.
func VIN(n int) vin.VIN {
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', n)
	if err != nil {
		panic(err)
	}
	return v
}

// Start is when the suite begins.
var Start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// Plan returns the plan of the n-th car: a pack, a primary and a secondary control unit.
func Plan(n int) fleet.Plan {
	return fleet.Plan{VIN: VIN(n), Model: "road-1", PackSerial: fmt.Sprintf("P%d", n), BuiltAt: Start, ECUs: []fleet.ECU{
		{Serial: fmt.Sprintf("head-%d", n), HardwareID: "rb-head-1", Role: fleet.Primary},
		{Serial: fmt.Sprintf("gate-%d", n), HardwareID: "rb-gate-1", Role: fleet.Secondary}}}
}

// CSR returns a new certificate request in PEM, and the key that it is for.
func CSR(t testing.TB) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), key
}

// World is what surrounds a fleet: a clock that is set by hand, a store of parts, and an authority.
type World struct {
	mu        sync.Mutex
	now       time.Time
	installed map[string]vin.VIN
	signed    int
	key       *ecdsa.PrivateKey
}

// New returns a fleet over the store, in a world of its own.
func New(t testing.TB, store fleet.Store) (*fleet.Service, *World) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{now: Start, installed: map[string]vin.VIN{}, key: key}
	return fleet.New(store, w, w, w), w
}

// Now is the world's time.
func (w *World) Now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

// Pass lets time pass.
func (w *World) Pass(d time.Duration) { w.mu.Lock(); w.now = w.now.Add(d); w.mu.Unlock() }

// Cost is the same for every car; model "none" has none.
func (w *World) Cost(_ context.Context, model, _ string, _ period.Date) (fleet.Cost, error) {
	if model == "none" {
		return fleet.Cost{}, fault.New(fault.NotFound, "model_unknown", "there is no such model")
	}
	return fleet.Cost{Pack: money.Of(7_000_000, "CNY"), BOM: money.Of(6_000_000, "CNY"), Assembly: money.Of(700_000, "CNY"),
		Warranty: money.Of(400_000, "CNY"), Supplier: "catl"}, nil
}

// Install remembers where packs are.
func (w *World) Install(_ context.Context, serial string, v vin.VIN, _ period.Date) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if had, ok := w.installed[serial]; ok && had != v {
		return fault.New(fault.Refused, "pack_installed", "pack %q is in car %s", serial, had)
	}
	w.installed[serial] = v
	return nil
}

// CertificateLife is how long the world's certificates last.
const CertificateLife = 90 * 24 * time.Hour

// SignCar signs as an authority does.
func (w *World) SignCar(csr []byte, v vin.VIN) ([]byte, string, time.Time, error) {
	block, _ := pem.Decode(csr)
	if block == nil {
		return nil, "", time.Time{}, fault.New(fault.Invalid, "csr", "no PEM").At("/csr")
	}
	req, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, "", time.Time{}, fault.New(fault.Invalid, "csr", "%v", err).At("/csr")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.signed++
	c := &x509.Certificate{SerialNumber: big.NewInt(int64(w.signed)), Subject: pkix.Name{CommonName: string(v)}, NotBefore: w.now, NotAfter: w.now.Add(CertificateLife)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, req.PublicKey, w.key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), fmt.Sprintf("%x", w.signed), c.NotAfter, err
}

// Events counts the events with that name that a store has said.
type Events func(t *testing.T, name string) int

// Suite is what every store must do; open returns an empty one, and said counts the events of the one opened last.
func Suite(t *testing.T, open func(t *testing.T) fleet.Store, said Events) {
	run := func(name string, f func(t *testing.T, s *fleet.Service, w *World)) {
		t.Run(name, func(t *testing.T) {
			s, w := New(t, open(t))
			f(t, s, w)
		})
	}
	run("build", func(t *testing.T, s *fleet.Service, _ *World) { build(t, s, said) })
	run("build again without a time", buildAgain)
	run("enrol", enrol)
	run("a secret expires", expires)
	run("concurrent enrolments", concurrent)
	run("renew", renew)
	run("revoke", func(t *testing.T, s *fleet.Service, w *World) { revoke(t, s, w, said) })
	run("sell", sell)
	run("resell", func(t *testing.T, s *fleet.Service, w *World) { resell(t, s, w, said) })
	run("sales", sales)
	run("list", list)
}

func wantCode(t testing.TB, why string, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("%s: got %v (%s), want %s %s", why, err, fault.KindOf(err), kind, code)
	}
}

func built(t testing.TB, s *fleet.Service, n int) (fleet.Car, string) {
	t.Helper()
	c, secret, err := s.Build(context.Background(), "", Plan(n))
	if err != nil {
		t.Fatal(err)
	}
	return c, secret
}

func build(t *testing.T, s *fleet.Service, said Events) {
	ctx := t.Context()
	c, secret := built(t, s, 1)
	if c.State != fleet.StateBuilt || len(c.ECUs) != 2 || c.ECUs[1] != Plan(1).ECUs[1] || c.Enrolled || len(secret) < 40 || c.Cost.Pack.Minor != 7_000_000 ||
		c.Cost.Supplier != "catl" || !c.BuiltAt.Equal(Start) {
		t.Errorf("built %+v, secret of %d characters", c, len(secret))
	}
	_, other := built(t, s, 1)
	if other == secret || other == "" {
		t.Error("a car that has not enrolled gets a fresh secret")
	}
	csr, _ := CSR(t)
	_, err := s.Enrol(ctx, VIN(1), secret, csr)
	wantCode(t, "the fresh secret has replaced the first", err, fault.Forbidden, "enrolment_denied")
	if _, err := s.Enrol(ctx, VIN(1), other, csr); err != nil {
		t.Error(err)
	}
	if c, secret := built(t, s, 1); secret != "" || !c.Enrolled {
		t.Error("a car that has enrolled gets no other secret")
	}
	if n := said(t, "fleet.Built"); n != 1 {
		t.Errorf("fleet.Built was said %d times", n)
	}
	for _, row := range []struct {
		why    string
		change func(*fleet.Plan)
		kind   fault.Kind
		code   string
	}{
		{"another model", func(p *fleet.Plan) { p.Model = "road-2" }, fault.Conflict, "idempotency_mismatch"},
		{"another pack", func(p *fleet.Plan) { p.PackSerial = "P9" }, fault.Conflict, "idempotency_mismatch"},
		{"the pack of another car", func(p *fleet.Plan) { p.VIN = VIN(2) }, fault.Refused, "pack_installed"},
		{"the control unit of another car", func(p *fleet.Plan) { p.VIN, p.PackSerial = VIN(2), "P2" }, fault.Refused, "ecu_taken"},
		{"an unknown model", func(p *fleet.Plan) { *p = Plan(3); p.Model = "none" }, fault.NotFound, "model_unknown"},
	} {
		p := Plan(1)
		row.change(&p)
		_, _, err := s.Build(ctx, "", p)
		wantCode(t, row.why, err, row.kind, row.code)
	}
	if _, err := s.Car(ctx, VIN(2)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a refused plan left a car: %v", err)
	}
	if _, _, err := s.Build(ctx, "req", Plan(4)); err != nil {
		t.Error(err)
	}
	_, _, err = s.Build(ctx, "req", Plan(5))
	wantCode(t, "a request builds one car", err, fault.Conflict, "idempotency_mismatch")
}

func buildAgain(t *testing.T, s *fleet.Service, w *World) {
	p := Plan(1)
	p.BuiltAt = time.Time{}
	first, _, err := s.Build(t.Context(), "", p)
	if err != nil || !first.BuiltAt.Equal(Start) {
		t.Fatalf("built at %s (%v)", first.BuiltAt, err)
	}
	w.Pass(time.Hour)
	if again, _, err := s.Build(t.Context(), "", p); err != nil || !again.BuiltAt.Equal(Start) {
		t.Fatalf("built again at %s (%v)", again.BuiltAt, err)
	}
}

func enrol(t *testing.T, s *fleet.Service, _ *World) {
	ctx := t.Context()
	_, secret := built(t, s, 1)
	csr, key := CSR(t)
	_, err := s.Enrol(ctx, VIN(1), "wrong", csr)
	wantCode(t, "a wrong secret", err, fault.Forbidden, "enrolment_denied")
	_, err = s.Enrol(ctx, VIN(2), secret, csr)
	wantCode(t, "an unknown car sounds the same", err, fault.Forbidden, "enrolment_denied")
	_, err = s.Enrol(ctx, VIN(1), secret, []byte("nonsense"))
	wantCode(t, "a bad request does not use the secret up", err, fault.Invalid, "csr")
	_, err = s.Key(ctx, VIN(1))
	wantCode(t, "no key yet", err, fault.NotFound, "key_unknown")
	first, err := s.Enrol(ctx, VIN(1), secret, csr)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Enrol(ctx, VIN(1), secret, csr); err != nil || again.Serial != first.Serial || string(again.Chain) != string(first.Chain) {
		t.Errorf("the answer was lost, and again is %+v %v", again, err)
	}
	other, _ := CSR(t)
	_, err = s.Enrol(ctx, VIN(1), secret, other)
	wantCode(t, "another key with the used secret", err, fault.Refused, "secret_used")
	if pub, err := s.Key(ctx, VIN(1)); err != nil || !key.PublicKey.Equal(pub) {
		t.Errorf("the car's key is %v (%v)", pub, err)
	}
	if err := s.Allowed(ctx, VIN(1), first.Serial); err != nil {
		t.Error(err)
	}
	wantCode(t, "another car with this certificate", s.Allowed(ctx, VIN(2), first.Serial), fault.Forbidden, "certificate_unknown")
	wantCode(t, "a certificate that was not recorded", s.Allowed(ctx, VIN(1), "ff"), fault.Forbidden, "certificate_unknown")
}

func expires(t *testing.T, s *fleet.Service, w *World) {
	_, secret := built(t, s, 1)
	csr, _ := CSR(t)
	w.Pass(fleet.SecretFor)
	_, err := s.Enrol(t.Context(), VIN(1), secret, csr)
	wantCode(t, "too late", err, fault.Refused, "secret_expired")
	_, fresh := built(t, s, 1)
	if _, err := s.Enrol(t.Context(), VIN(1), fresh, csr); err != nil {
		t.Errorf("with a fresh secret: %v", err)
	}
}

func concurrent(t *testing.T, s *fleet.Service, _ *World) {
	_, secret := built(t, s, 1)
	requests := make([][]byte, 6)
	for i := range requests {
		requests[i], _ = CSR(t)
	}
	var mu sync.Mutex
	var won []string
	var wg sync.WaitGroup
	for _, csr := range requests {
		wg.Go(func() {
			c, err := s.Enrol(t.Context(), VIN(1), secret, csr)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, c.Serial)
			} else if fault.CodeOf(err) != "secret_used" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := s.Certificates(t.Context(), VIN(1))
	if err != nil || len(won) != 1 || len(all) != 1 || all[0].Serial != won[0] {
		t.Errorf("%d keys have enrolled, %d certificates are recorded (%v)", len(won), len(all), err)
	}
}

func renew(t *testing.T, s *fleet.Service, w *World) {
	ctx := t.Context()
	_, secret := built(t, s, 1)
	csr, _ := CSR(t)
	_, err := s.Renew(ctx, VIN(1), csr)
	wantCode(t, "nothing to renew", err, fault.Refused, "not_enrolled")
	first, err := s.Enrol(ctx, VIN(1), secret, csr)
	if err != nil {
		t.Fatal(err)
	}
	w.Pass(60 * 24 * time.Hour)
	second, err := s.Renew(ctx, VIN(1), csr)
	if err != nil || second.Serial == first.Serial || !second.NotAfter.After(first.NotAfter) {
		t.Fatalf("renewed %+v %v", second, err)
	}
	if again, err := s.Renew(ctx, VIN(1), csr); err != nil || again.Serial != second.Serial {
		t.Errorf("asked again at once: %+v %v", again, err)
	}
	if err := errors.Join(s.Allowed(ctx, VIN(1), first.Serial), s.Allowed(ctx, VIN(1), second.Serial)); err != nil {
		t.Errorf("both certificates are good until they run out: %v", err)
	}
	w.Pass(31 * 24 * time.Hour)
	wantCode(t, "the first has run out", s.Allowed(ctx, VIN(1), first.Serial), fault.Forbidden, "certificate_expired")
	if err := s.Allowed(ctx, VIN(1), second.Serial); err != nil {
		t.Error(err)
	}
}

func revoke(t *testing.T, s *fleet.Service, _ *World, said Events) {
	ctx := t.Context()
	_, secret := built(t, s, 1)
	csr, _ := CSR(t)
	c, err := s.Enrol(ctx, VIN(1), secret, csr)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if car, err := s.Revoke(ctx, VIN(1), "stolen"); err != nil || car.RevokedAt.IsZero() || car.Reason != "stolen" {
			t.Errorf("revoked %+v %v", car, err)
		}
	}
	if car, err := s.Revoke(ctx, VIN(1), "another"); err != nil || car.Reason != "stolen" {
		t.Errorf("the first reason stands, not %q (%v)", car.Reason, err)
	}
	if n := said(t, "fleet.Revoked"); n != 1 {
		t.Errorf("fleet.Revoked was said %d times", n)
	}
	wantCode(t, "cut off", s.Allowed(ctx, VIN(1), c.Serial), fault.Forbidden, "car_revoked")
	_, err = s.Renew(ctx, VIN(1), csr)
	wantCode(t, "no other certificate", err, fault.Forbidden, "car_revoked")
	_, err = s.Enrol(ctx, VIN(1), secret, csr)
	wantCode(t, "not even the first again", err, fault.Forbidden, "car_revoked")
	if _, secret := built(t, s, 1); secret != "" {
		t.Error("a revoked car got a secret")
	}
	_, err = s.Revoke(ctx, VIN(2), "stolen")
	wantCode(t, "an unknown car", err, fault.NotFound, "car_unknown")
	_, err = s.Revoke(ctx, VIN(1), "")
	wantCode(t, "no reason", err, fault.Invalid, "reason")
}

func sell(t *testing.T, s *fleet.Service, _ *World) {
	ctx := t.Context()
	built(t, s, 1)
	built(t, s, 2)
	for range 2 {
		if err := s.MarkSold(ctx, VIN(1), "owner-1", "2026-03-10"); err != nil {
			t.Error(err)
		}
	}
	wantCode(t, "sold to somebody else", s.MarkSold(ctx, VIN(1), "owner-2", "2026-03-11"), fault.Refused, "car_sold")
	wantCode(t, "an unknown car", s.MarkSold(ctx, VIN(9), "owner-2", "2026-03-11"), fault.NotFound, "car_unknown")
	wantCode(t, "nobody", s.MarkSold(ctx, VIN(2), "", "2026-03-11"), fault.Invalid, "owner")
	if c, err := s.Car(ctx, VIN(1)); err != nil || c.State != fleet.StateSold || c.Owner != "owner-1" || c.SoldOn != "2026-03-10" {
		t.Errorf("%+v %v", c, err)
	}
	if err := s.MarkSold(ctx, VIN(2), "owner-2", "2026-03-12"); err != nil {
		t.Error(err)
	}
	for _, row := range []struct {
		why  string
		by   period.Date
		cars int
		days int64
	}{
		{"the day before", "2026-03-09", 0, 0}, {"the first day counts", "2026-03-10", 1, 1}, {"both", "2026-03-12", 2, 3 + 1},
	} {
		if cars, days, err := s.Sold(ctx, row.by); err != nil || cars != row.cars || days != row.days {
			t.Errorf("%s: %d cars, %d days (%v)", row.why, cars, days, err)
		}
	}
}

func list(t *testing.T, s *fleet.Service, _ *World) {
	ctx := t.Context()
	for n := 1; n <= 5; n++ {
		built(t, s, n)
	}
	seen := map[vin.VIN]bool{}
	for after := vin.VIN(""); ; {
		page, err := s.Cars(ctx, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			if c.VIN <= after || len(c.ECUs) != 2 {
				t.Errorf("after %s comes %+v", after, c)
			}
			after, seen[c.VIN] = c.VIN, true
		}
		if len(page) < 2 {
			break
		}
	}
	if n, err := s.Count(ctx); err != nil || n != 5 || len(seen) != 5 {
		t.Errorf("%d cars counted, %d listed (%v)", n, len(seen), err)
	}
}

package keys_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"roadbook/car/keys"
	"roadbook/fault"
	"roadbook/platform/clock"
	"roadbook/platform/pki"
	"roadbook/vin"
)

var start = time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)

func car(t testing.TB, serial int) vin.VIN {
	t.Helper()
	v, err := vin.Make("LRB", "SU7AB", 'P', 'B', serial)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// maker is the real authority behind the two routes, with one secret; corrupt changes what it answers.
type maker struct {
	pki     *pki.PKI
	srv     *httptest.Server
	enrols  int
	first   string // request that used the secret
	corrupt func(chain []byte) []byte
}

func serve(t *testing.T, c *clock.Sim) *maker {
	t.Helper()
	p, err := pki.Open(t.TempDir(), c, "localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{pki: p, corrupt: func(b []byte) []byte { return b }}
	answer := func(w http.ResponseWriter, v vin.VIN, csr string) {
		chain, _, _, err := p.SignCar([]byte(csr), v)
		if err != nil {
			http.Error(w, `{"code":"`+fault.CodeOf(err)+`"}`, http.StatusUnprocessableEntity)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"certificate": string(m.corrupt(chain))})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+keys.EnrolPath, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			VIN         vin.VIN
			Secret, CSR string
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Secret != "once" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"code":"enrol_secret","detail":"wrong secret"}`))
			return
		}
		if m.first != "" && m.first != body.CSR {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"code":"secret_used"}`))
			return
		}
		m.enrols++
		m.first = body.CSR
		answer(w, body.VIN, body.CSR)
	})
	mux.HandleFunc("POST "+keys.RenewPath, func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.VerifiedChains) == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var body struct{ CSR string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		answer(w, vin.VIN(r.TLS.PeerCertificates[0].Subject.CommonName), body.CSR)
	})
	m.srv = httptest.NewUnstartedServer(mux)
	m.srv.TLS = p.ServerTLS(nil, false)
	m.srv.StartTLS()
	t.Cleanup(m.srv.Close)
	return m
}

func (m *maker) base() string { return "https://localhost:" + m.srv.URL[len("https://127.0.0.1:"):] }

func client(t *testing.T, k *keys.Keys) *http.Client {
	tr := &http.Transport{TLSClientConfig: k.TLSConfig()}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

func TestEnrolRestartRenew(t *testing.T) {
	c, dir, v := clock.NewSim(start), t.TempDir(), car(t, 1)
	m := serve(t, c)
	open := func() *keys.Keys {
		k, err := keys.Open(dir, v, m.pki.Pool(), c)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := open()
	if err := k.Enrol(t.Context(), client(t, k), m.base(), "wrong"); fault.KindOf(err) != fault.Forbidden || fault.CodeOf(err) != "enrol_secret" {
		t.Fatalf("wrong secret: %v", err)
	}
	if _, err := k.Renew(t.Context(), client(t, k), m.base()); err != nil || k.Enrolled() {
		t.Fatalf("a car without a certificate has nothing to renew: %v", err)
	}
	if err := k.Enrol(t.Context(), client(t, k), m.base(), "once"); err != nil {
		t.Fatal(err)
	}
	again := open() // as after kill -9
	if !again.Enrolled() || !again.NotAfter().Equal(k.NotAfter()) || again.VIN() != v {
		t.Fatal("the certificate did not survive the restart")
	}
	if !k.Signer().Public().(*ecdsa.PublicKey).Equal(again.Signer().Public()) {
		t.Fatal("the key changed with a restart")
	}
	if err := again.Enrol(t.Context(), client(t, again), m.base(), "once"); err != nil || m.enrols != 1 {
		t.Errorf("an enrolled car enrolled again: %v, %d", err, m.enrols)
	}
	if did, err := again.Renew(t.Context(), client(t, again), m.base()); did || err != nil {
		t.Errorf("renewed a fresh certificate: %v", err)
	}
	c.Set(start.Add(pki.CarLife * 3 / 4))
	before := again.NotAfter()
	if did, err := again.Renew(t.Context(), client(t, again), m.base()); !did || err != nil || !again.NotAfter().After(before) {
		t.Errorf("not renewed with a quarter left: %v %v", did, err)
	}
	if !open().NotAfter().Equal(again.NotAfter()) {
		t.Error("the renewal did not reach the disk")
	}
	c.Set(start.Add(3 * pki.CarLife))
	if _, err := again.Renew(t.Context(), client(t, again), m.base()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a certificate that ran out renewed itself: %v", err)
	}
	sum := sha256.Sum256([]byte("manifest"))
	sig, err := again.Signer().Sign(nil, sum[:], nil)
	if err == nil && !ecdsa.VerifyASN1(again.Signer().Public().(*ecdsa.PublicKey), sum[:], sig) {
		t.Error("the signature does not verify")
	}
}

func TestKeepsOnlyItsOwnCertificate(t *testing.T) {
	c, v := clock.NewSim(start), car(t, 1)
	m := serve(t, c)
	stranger, err := keys.Open(t.TempDir(), v, m.pki.Pool(), c)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := stranger.Request()
	if err != nil {
		t.Fatal(err)
	}
	others, _, _, err := m.pki.SignCar(csr, v)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		reason string
		answer []byte
		code   string
	}{
		{"a certificate for somebody else's key", others, "certificate_key"},
		{"nothing", nil, "certificate_malformed"},
		{"noise", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "certificate_malformed"},
	} {
		dir := t.TempDir()
		m.first = ""
		k, err := keys.Open(dir, v, m.pki.Pool(), c)
		if err != nil {
			t.Fatal(err)
		}
		m.corrupt = func([]byte) []byte { return row.answer }
		if err := k.Enrol(t.Context(), client(t, k), m.base(), "once"); fault.CodeOf(err) != row.code || k.Enrolled() {
			t.Errorf("%s: %v, want %s", row.reason, err, row.code)
		}
		if _, err := os.Stat(filepath.Join(dir, "certificate.pem")); err == nil {
			t.Errorf("%s: reached the disk", row.reason)
		}
	}
}

func TestLostAnswer(t *testing.T) {
	c, dir, v := clock.NewSim(start), t.TempDir(), car(t, 1)
	m := serve(t, c)
	for try, corrupt := range []func([]byte) []byte{func([]byte) []byte { return nil }, func(b []byte) []byte { return b }} {
		m.corrupt = corrupt
		k, err := keys.Open(dir, v, m.pki.Pool(), c) // killed in between
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Enrol(t.Context(), client(t, k), m.base(), "once"); (err == nil) != (try == 1) {
			t.Errorf("try %d: %v", try, err)
		}
	}
}

func TestTrustsOnlyTheMaker(t *testing.T) {
	c := clock.NewSim(start)
	m := serve(t, c)
	k, err := keys.Open(t.TempDir(), car(t, 1), x509.NewCertPool(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Enrol(t.Context(), client(t, k), m.base(), "once"); fault.KindOf(err) != fault.Unavailable || m.enrols != 0 {
		t.Errorf("the secret was told to a stranger: %v", err)
	}
}

func TestFiles(t *testing.T) {
	dir, v, c := t.TempDir(), car(t, 1), clock.NewSim(start)
	if _, err := keys.Open(dir, v, x509.NewCertPool(), c); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(dir, "key.pem"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", st, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(dir, v, x509.NewCertPool(), c); err == nil {
		t.Error("a damaged key was replaced: the car would lose its name")
	}
}

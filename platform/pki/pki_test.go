package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func request(t testing.TB, cn string) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: cn}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

func open(t testing.TB, dir string, c pki.Clock) *pki.PKI {
	t.Helper()
	p, err := pki.Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSecondOpenIsTheSameAuthority(t *testing.T) {
	dir, c := t.TempDir(), clock.NewSim(start)
	a, b := open(t, dir, c), open(t, dir, c)
	if string(a.RootPEM()) != string(b.RootPEM()) {
		t.Error("the root changed with a restart: every car would lose its trust anchor")
	}
	ka, err := a.Ed25519("grant")
	if err != nil {
		t.Fatal(err)
	}
	kb, err := b.Ed25519("grant")
	if err != nil || !ka.Equal(kb) {
		t.Errorf("the grant key changed with a restart (%v)", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 4 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		if st, err := os.Stat(f); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; keys are for their owner alone", f, st.Mode(), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.WriteFile(filepath.Join(dir, "cars.pem"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pki.Open(dir, c); err == nil {
		t.Error("a damaged authority was accepted or silently replaced")
	}
}

func TestSignCarRefuses(t *testing.T) {
	p := open(t, t.TempDir(), clock.NewSim(start))
	me, other := car(t, 1), car(t, 2)
	_, good := request(t, string(me))
	broken := append([]byte(nil), good...)
	broken[len(broken)-1] ^= 1
	rk, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaDER, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(me)}}, rk)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		reason string
		csr    []byte
		v      vin.VIN
		code   string
	}{
		{"DER and PEM are both a request", good, me, ""},
		{"PEM", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: good}), me, ""},
		{"a car asks for its own name only", good, other, "csr_name"},
		{"without proof of possession anybody's key could be certified", broken, me, "csr_signature"},
		{"one kind of key, so that one kind has to be reviewed", rsaDER, me, "csr_key"},
		{"noise", []byte("noise"), me, "csr_malformed"},
		{"another PEM block", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: good}), me, "csr_type"},
		{"larger than any request", make([]byte, pki.MaxCSR+1), me, "csr_size"},
		{"a name that is no VIN", good, "localhost", "vin_length"},
	} {
		_, serial, notAfter, err := p.SignCar(row.csr, row.v)
		if fault.CodeOf(err) != row.code || (err != nil) != (row.code != "") {
			t.Errorf("%s: got %v, want %q", row.reason, err, row.code)
		}
		if err == nil && (serial == "" || !notAfter.Equal(start.Add(pki.CarLife))) {
			t.Errorf("%s: serial %q until %s", row.reason, serial, notAfter)
		}
	}
}

func TestHandshakes(t *testing.T) {
	c := clock.NewSim(start)
	p := open(t, t.TempDir(), c)
	foreign := open(t, t.TempDir(), c)
	me, revoked := car(t, 1), car(t, 9)
	enrol := func(by *pki.PKI, v vin.VIN) tls.Certificate {
		key, csr := request(t, string(v))
		chain, _, _, err := by.SignCar(csr, v)
		if err != nil {
			t.Fatal(err)
		}
		pk, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pk}))
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	verify := func(leaf *x509.Certificate) error {
		if leaf.Subject.CommonName == string(revoked) {
			return errors.New("revoked")
		}
		return nil
	}
	call := func(cfg *tls.Config, cert *tls.Certificate) error {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
		srv.Config.ErrorLog = nil
		srv.TLS = cfg
		srv.StartTLS()
		defer srv.Close()
		cc := &tls.Config{RootCAs: p.Pool(), Time: c.Now, MinVersion: tls.VersionTLS13}
		if cert != nil {
			cc.Certificates = []tls.Certificate{*cert}
		}
		tr := &http.Transport{TLSClientConfig: cc}
		defer tr.CloseIdleConnections()
		resp, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get(strings.Replace(srv.URL, "127.0.0.1", "localhost", 1))
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	mine, theirs, cut := enrol(p, me), enrol(foreign, me), enrol(p, revoked)
	for _, row := range []struct {
		reason  string
		cert    *tls.Certificate
		require bool
		ok      bool
	}{
		{"an enrolled car", &mine, true, true},
		{"a car that is not enrolled yet may call to enrol", nil, false, true},
		{"but not where a certificate is wanted", nil, true, false},
		{"another maker's certificate for the same VIN", &theirs, true, false},
		{"nor does it pass where none is wanted", &theirs, false, false},
		{"a revoked car is cut off in the handshake", &cut, true, false},
	} {
		if err := call(p.ServerTLS(verify, row.require), row.cert); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.reason, err)
		}
	}

	c.Set(start.Add(pki.CarLife + time.Hour))
	if err := call(p.ServerTLS(verify, false), nil); err != nil {
		t.Errorf("the server's certificate did not follow the simulated time: %v", err)
	}
	if err := call(p.ServerTLS(verify, true), &mine); err == nil {
		t.Error("a certificate that ran out was accepted")
	}
	c.Set(start.Add(10 * 365 * 24 * time.Hour))
	if err := call(p.ServerTLS(nil, false), nil); err != nil {
		t.Errorf("ten simulated years later: %v", err)
	}
}

func FuzzSignCar(f *testing.F) {
	p := open(f, f.TempDir(), clock.NewSim(start))
	v := car(f, 1)
	_, csr := request(f, string(v))
	f.Add(csr)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr}))
	f.Fuzz(func(t *testing.T, b []byte) {
		chain, _, _, err := p.SignCar(b, v)
		if err != nil {
			return
		}
		block, _ := pem.Decode(chain)
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil || leaf.Subject.CommonName != string(v) || leaf.IsCA {
			t.Fatalf("certified %v, %v", leaf, err)
		}
	})
}

package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"roadbook/car/flash"
	"roadbook/fault"
	"roadbook/vin"
)

// Clock tells the car's time.
type Clock interface{ Now() time.Time }

// Keys is the car's identity. It is safe for concurrent use.
type Keys struct {
	dir   string
	vin   vin.VIN
	roots *x509.CertPool
	clock Clock
	key   *ecdsa.PrivateKey
	cert  atomic.Pointer[tls.Certificate] // the newest; nil until enrolled
}

// Open loads the identity of car v from dir; on the first start it makes the key. roots recognise the maker's servers.
func Open(dir string, v vin.VIN, roots *x509.CertPool, clock Clock) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	k := &Keys{dir: dir, vin: v, roots: roots, clock: clock}
	var err error
	if k.key, err = loadKey(k.path("key.pem")); err != nil {
		return nil, err
	}
	chain, err := os.ReadFile(k.path("certificate.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	c, err := k.check(chain)
	if err != nil {
		return nil, err
	}
	k.cert.Store(c)
	return k, nil
}

func (k *Keys) path(name string) string { return filepath.Join(k.dir, name) }

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		return key, flash.Replace(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("keys: %s holds no PEM block", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("keys: %s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("keys: %s holds a %T, expected ECDSA on P-256", path, parsed)
	}
	return key, nil
}

// VIN is the car's name.
func (k *Keys) VIN() vin.VIN { return k.vin }

// Signer signs what the car reports with the car's key.
func (k *Keys) Signer() crypto.Signer { return k.key }

// Enrolled reports whether the car has a certificate, valid or not.
func (k *Keys) Enrolled() bool { return k.cert.Load() != nil }

// NotAfter is the end of the newest certificate; the zero time when there is none.
func (k *Keys) NotAfter() time.Time {
	if c := k.cert.Load(); c != nil {
		return c.Leaf.NotAfter
	}
	return time.Time{}
}

// Due reports whether less than a third of the certificate's life is left.
func (k *Keys) Due() bool {
	c := k.cert.Load()
	if c == nil {
		return false
	}
	life := c.Leaf.NotAfter.Sub(c.Leaf.NotBefore)
	return c.Leaf.NotAfter.Sub(k.clock.Now()) < life/3
}

// TLSConfig is for every connection of the car to the maker's side: it shows the newest certificate at each handshake, so
// that a renewal needs no restart.
func (k *Keys) TLSConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    k.roots,
		Time:       k.clock.Now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if c := k.cert.Load(); c != nil {
				return c, nil
			}
			return &tls.Certificate{}, nil // not enrolled yet: none
		},
	}
}

// Request returns a certificate request for the car's key and VIN, as PEM.
func (k *Keys) Request() ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(k.vin)}}, k.key)
	if err != nil {
		return nil, fmt.Errorf("keys: certificate request: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// keep checks a chain that the maker sent, brings it to the disk and only then uses it.
func (k *Keys) keep(chain []byte) error {
	c, err := k.check(chain)
	if err != nil {
		return err
	}
	if !k.clock.Now().Before(c.Leaf.NotAfter) {
		return fault.New(fault.Refused, "certificate_expired", "the certificate ran out at %s", c.Leaf.NotAfter.Format(time.RFC3339))
	}
	if err := flash.Replace(k.path("certificate.pem"), chain); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	k.cert.Store(c)
	return nil
}

// check reads a PEM chain, leaf first, and refuses one that is not for this key and VIN.
func (k *Keys) check(chain []byte) (*tls.Certificate, error) {
	c := &tls.Certificate{PrivateKey: k.key}
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c.Certificate = append(c.Certificate, block.Bytes)
		}
	}
	if len(c.Certificate) == 0 {
		return nil, fault.New(fault.Invalid, "certificate_malformed", "the answer holds no certificate")
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		return nil, fault.New(fault.Invalid, "certificate_malformed", "the certificate cannot be read: %v", err)
	}
	if !k.key.PublicKey.Equal(leaf.PublicKey) {
		return nil, fault.New(fault.Refused, "certificate_key", "the certificate is for another key than this car's")
	}
	if leaf.Subject.CommonName != string(k.vin) {
		return nil, fault.New(fault.Refused, "certificate_name", "the certificate is for %.40q, this car is %s", leaf.Subject.CommonName, k.vin)
	}
	c.Leaf = leaf
	return c, nil
}

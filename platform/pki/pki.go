// Package pki is the maker's own public-key infrastructure in one folder: a root, an authority that certifies cars, an
// authority that certifies the maker's servers, and the Ed25519 keys that sign documents for cars.
//
// A car's certificate chains to the cars' authority alone, so that a server's certificate never passes for a car's.
// All times come from the clock that is passed in: in a simulated year certificates run out and are renewed as in a real one.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"roadbook/fault"
	"roadbook/vin"
)

// Lifetimes and limits.
const (
	RootLife   = 30 * 365 * 24 * time.Hour
	IssuerLife = 20 * 365 * 24 * time.Hour
	CarLife    = 90 * 24 * time.Hour // a car that does not call for that long enrols again at a workshop
	ServerLife = 90 * 24 * time.Hour
	RenewAhead = ServerLife / 3 // a server certificate with less left is replaced
	ClockSkew  = 24 * time.Hour // certificates are valid from that long ago: a car's clock may be behind
	MaxCSR     = 8 << 10        // bytes of a certificate request
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// PKI signs. Open makes one; it is safe for concurrent use.
type PKI struct {
	dir   string
	clock Clock
	hosts []string

	root, cars, servers authority

	mu     sync.Mutex
	server *leaf // the newest server certificate
}

// authority is a certificate with its private key.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// Open loads the keys and certificates from dir and creates those that are not there yet. hosts are the DNS names and IP
// addresses of the server certificate; none means loopback.
func Open(dir string, clock Clock, hosts ...string) (*PKI, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	if len(hosts) == 0 {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	p := &PKI{dir: dir, clock: clock, hosts: hosts}
	var err error
	if p.root, err = p.authority("root", "Roadbook Root", RootLife, nil, nil); err != nil {
		return nil, err
	}
	if p.cars, err = p.authority("cars", "Roadbook Cars", IssuerLife, &p.root, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}); err != nil {
		return nil, err
	}
	if p.servers, err = p.authority("servers", "Roadbook Servers", IssuerLife, &p.root, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}); err != nil {
		return nil, err
	}
	return p, nil
}

// authority loads name.pem (which holds certificate and key, so that a crash cannot part them) or makes it.
func (p *PKI) authority(name, cn string, life time.Duration, parent *authority, eku []x509.ExtKeyUsage) (authority, error) {
	path := filepath.Join(p.dir, name+".pem")
	a, err := loadAuthority(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, fmt.Errorf("pki: key of %s: %w", name, err)
	}
	now := p.clock.Now()
	t := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: cn}, NotBefore: now.Add(-ClockSkew), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtKeyUsage: eku,
	}
	up := authority{t, key}
	if parent != nil {
		up, t.MaxPathLenZero = *parent, true // an issuer certifies leaves only
	}
	der, err := x509.CreateCertificate(rand.Reader, t, up.cert, key.Public(), up.key)
	if err != nil {
		return authority{}, fmt.Errorf("pki: certificate of %s: %w", name, err)
	}
	pk, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return authority{}, fmt.Errorf("pki: key of %s: %w", name, err)
	}
	text := append(encode("CERTIFICATE", der), encode("PRIVATE KEY", pk)...)
	if err := createFile(path, text); err != nil {
		return authority{}, fmt.Errorf("pki: %w", err)
	}
	return loadAuthority(path) // another process may have been first
}

func loadAuthority(path string) (authority, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return authority{}, err
	}
	var a authority
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			a.cert, err = x509.ParseCertificate(block.Bytes)
		case "PRIVATE KEY":
			var k any
			k, err = x509.ParsePKCS8PrivateKey(block.Bytes)
			a.key, _ = k.(crypto.Signer)
		}
		if err != nil {
			return authority{}, fmt.Errorf("pki: %s: %w", path, err)
		}
	}
	if a.cert == nil || a.key == nil {
		return authority{}, fmt.Errorf("pki: %s does not hold a certificate and its key", path)
	}
	return a, nil
}

// RootPEM is the trust anchor that is put into a car when it is made.
func (p *PKI) RootPEM() []byte { return encode("CERTIFICATE", p.root.cert.Raw) }

// Pool returns the root, for a client that wants to recognise the maker's servers.
func (p *PKI) Pool() *x509.CertPool { return pool(p.root.cert) }

// SignCar certifies the key of a certificate request (PEM or DER) as the key of car v. Of the request only the key and its
// proof of possession are taken: name, use and lifetime are ours. The chain, leaf first, is returned as PEM, with the
// leaf's serial in lower-case hexadecimal.
func (p *PKI) SignCar(csr []byte, v vin.VIN) (chain []byte, serial string, notAfter time.Time, err error) {
	if len(csr) > MaxCSR {
		return nil, "", time.Time{}, fault.New(fault.Invalid, "csr_size", "a certificate request has at most %d bytes, this one %d", MaxCSR, len(csr)).At("/csr")
	}
	if _, err := vin.Parse(string(v)); err != nil {
		return nil, "", time.Time{}, err
	}
	if block, _ := pem.Decode(csr); block != nil {
		if block.Type != "CERTIFICATE REQUEST" {
			return nil, "", time.Time{}, fault.New(fault.Invalid, "csr_type", "expected a CERTIFICATE REQUEST, got a %.40q", block.Type).At("/csr")
		}
		csr = block.Bytes
	}
	req, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, "", time.Time{}, fault.New(fault.Invalid, "csr_malformed", "the certificate request cannot be read: %v", err).At("/csr")
	}
	if err := req.CheckSignature(); err != nil {
		return nil, "", time.Time{}, fault.New(fault.Invalid, "csr_signature", "the certificate request does not prove that its sender has the key: %v", err).At("/csr")
	}
	if k, ok := req.PublicKey.(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
		return nil, "", time.Time{}, fault.New(fault.Invalid, "csr_key", "a car's key is ECDSA on P-256").At("/csr")
	}
	if cn := req.Subject.CommonName; cn != string(v) {
		return nil, "", time.Time{}, fault.New(fault.Refused, "csr_name", "the request is for %.40q, the caller is %s", cn, v).At("/csr")
	}
	now := p.clock.Now()
	t := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: string(v)}, NotBefore: now.Add(-ClockSkew), NotAfter: now.Add(CarLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, p.cars.cert, req.PublicKey, p.cars.key)
	if err != nil {
		return nil, "", time.Time{}, fmt.Errorf("pki: certify %s: %w", v, err)
	}
	chain = append(encode("CERTIFICATE", der), encode("CERTIFICATE", p.cars.cert.Raw)...)
	return chain, t.SerialNumber.Text(16), t.NotAfter.Truncate(time.Second), nil
}

// Ed25519 returns the document key of that name ("grant"), made on first use.
func (p *PKI) Ed25519(name string) (ed25519.PrivateKey, error) {
	if name == "" || filepath.Base(name) != name {
		return nil, fmt.Errorf("pki: %q is not a key's name", name)
	}
	path := filepath.Join(p.dir, "ed25519-"+name+".pem")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("pki: key %s: %w", name, err)
		}
		pk, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			return nil, fmt.Errorf("pki: key %s: %w", name, err)
		}
		if err := createFile(path, encode("PRIVATE KEY", pk)); err != nil {
			return nil, fmt.Errorf("pki: %w", err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("pki: %s holds no PEM block", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("pki: %s: %w", path, err)
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("pki: %s holds a %T, expected an Ed25519 key", path, k)
	}
	return key, nil
}

// newSerial returns 127 random bits, which is never 0 in practice and always positive (RFC 5280, 4.1.2.2).
func newSerial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand never fails (Go 1.24)
	}
	return n.Add(n, big.NewInt(1))
}

func pool(certs ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// split parts DNS names from IP addresses.
func split(hosts []string) (names []string, ips []net.IP) {
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			ips = append(ips, ip)
		} else {
			names = append(names, h)
		}
	}
	return names, ips
}

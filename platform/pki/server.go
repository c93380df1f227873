package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"time"
)

type leaf struct {
	tls      *tls.Certificate
	notAfter time.Time
}

// ServerTLS configures a server that cars call. A client certificate must chain to the cars' authority and satisfy verify
// (nil accepts every enrolled car); without requireClient a caller may also come without one, to enrol.
func (p *PKI) ServerTLS(verify func(leaf *x509.Certificate) error, requireClient bool) *tls.Config {
	auth := tls.VerifyClientCertIfGiven
	if requireClient {
		auth = tls.RequireAndVerifyClientCert
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		Time:       p.clock.Now,
		ClientAuth: auth,
		ClientCAs:  pool(p.cars.cert),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return p.serverCertificate()
		},
		// Called on resumed connections too, unlike VerifyPeerCertificate: a revoked car cannot come back on a ticket.
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				if requireClient {
					return errors.New("a car calls with its client certificate")
				}
				return nil
			}
			if c := s.PeerCertificates[0]; p.clock.Now().After(c.NotAfter) {
				return fmt.Errorf("the certificate of %.40q ran out at %s", c.Subject.CommonName, c.NotAfter.Format(time.RFC3339))
			}
			if verify == nil {
				return nil
			}
			return verify(s.PeerCertificates[0])
		},
	}
}

// serverCertificate returns the newest server certificate and makes another when less than RenewAhead is left of it.
// Its key lives in memory only: a restart makes a new one, and nobody can steal it from the disk.
func (p *PKI) serverCertificate() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if p.server != nil && now.Before(p.server.notAfter.Add(-RenewAhead)) {
		return p.server.tls, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("pki: server key: %w", err)
	}
	names, ips := split(p.hosts)
	t := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: p.hosts[0]}, NotBefore: now.Add(-ClockSkew), NotAfter: now.Add(ServerLife),
		DNSNames: names, IPAddresses: ips, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, p.servers.cert, key.Public(), p.servers.key)
	if err != nil {
		return nil, fmt.Errorf("pki: server certificate: %w", err)
	}
	p.server = &leaf{&tls.Certificate{Certificate: [][]byte{der, p.servers.cert.Raw}, PrivateKey: key}, t.NotAfter}
	return p.server.tls, nil
}

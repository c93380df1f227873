package fleet

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"time"

	"roadbook/fault"
	"roadbook/vin"
)

// Authority certifies a car's key. Of the request it takes the key and the proof that the car holds it; the name is the VIN.
// The chain is PEM, leaf first; the serial is the leaf's, in lower-case hexadecimal.
type Authority interface {
	SignCar(csr []byte, v vin.VIN) (chain []byte, serial string, notAfter time.Time, err error)
}

// Certificate is one that a car was given.
type Certificate struct {
	Serial    string    `json:"serial"`
	VIN       vin.VIN   `json:"vin"`
	CSR       string    `json:"-"` // digest of the request
	Chain     []byte    `json:"chain"`
	IssuedAt  time.Time `json:"issued_at"`
	NotAfter  time.Time `json:"not_after"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// Enrolment is what the store keeps of a car's secret.
type Enrolment struct {
	Hash    string // SHA-256 of the secret, hex
	Expires time.Time
	UsedBy  string // digest of the certificate request that used it, or empty
}

// secretBytes is the entropy of an enrolment secret: no guessing, so no counting of guesses.
const secretBytes = 32

// newSecret returns a secret, and what to keep of it.
func (s *Service) newSecret() (string, Enrolment) {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	secret := hex.EncodeToString(b)
	return secret, Enrolment{Hash: hash([]byte(secret)), Expires: s.clock.Now().Add(SecretFor).UTC()}
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// digestCSR is the same for the PEM and the DER form of one request.
func digestCSR(csr []byte) string {
	if block, _ := pem.Decode(csr); block != nil {
		csr = block.Bytes
	}
	return hash(csr)
}

// Enrol exchanges the one-time secret that was put into the car when it was built for a certificate of the car's own key.
// A car whose answer was lost asks again with the same request and gets the same certificate; a second key is refused.
func (s *Service) Enrol(ctx context.Context, v vin.VIN, secret string, csr []byte) (Certificate, error) {
	// One answer for a wrong secret and for a car that there is not: strangers learn no VINs here.
	denied := fault.New(fault.Forbidden, "enrolment_denied", "no car %.17q may enrol with this secret", string(v))
	car, err := s.store.Car(ctx, v)
	if fault.KindOf(err) == fault.NotFound {
		return Certificate{}, denied
	}
	if err != nil {
		return Certificate{}, err
	}
	e, err := s.store.Enrolment(ctx, v)
	if err != nil {
		return Certificate{}, err
	}
	if subtle.ConstantTimeCompare([]byte(hash([]byte(secret))), []byte(e.Hash)) != 1 {
		return Certificate{}, denied
	}
	now := s.clock.Now().UTC()
	request := digestCSR(csr)
	switch {
	case !car.RevokedAt.IsZero():
		return Certificate{}, revoked(car)
	case e.UsedBy == request:
		return s.store.CertificateFor(ctx, v, request)
	case e.UsedBy != "":
		return Certificate{}, fault.New(fault.Refused, "secret_used", "the secret of car %s has enrolled another key; build the car anew at a workshop", v)
	case !now.Before(e.Expires):
		return Certificate{}, fault.New(fault.Refused, "secret_expired", "the secret of car %s expired at %s", v, e.Expires.Format(time.RFC3339))
	}
	c, err := s.sign(v, csr, request, now)
	if err != nil {
		return Certificate{}, err
	}
	return s.store.Enrol(ctx, c, e.Hash)
}

// Renew gives a car that is already known a new certificate. The caller has checked the old one (Allowed). A request that
// is repeated soon gets the certificate of the first time.
func (s *Service) Renew(ctx context.Context, v vin.VIN, csr []byte) (Certificate, error) {
	car, err := s.store.Car(ctx, v)
	if err != nil {
		return Certificate{}, err
	}
	switch {
	case !car.RevokedAt.IsZero():
		return Certificate{}, revoked(car)
	case !car.Enrolled:
		return Certificate{}, fault.New(fault.Refused, "not_enrolled", "car %s has not enrolled yet", v)
	}
	now := s.clock.Now().UTC()
	request := digestCSR(csr)
	had, err := s.store.CertificateFor(ctx, v, request)
	if err == nil && now.Before(had.IssuedAt.Add(RepeatFor)) {
		return had, nil
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Certificate{}, err
	}
	c, err := s.sign(v, csr, request, now)
	if err != nil {
		return Certificate{}, err
	}
	return c, s.store.AddCertificate(ctx, c)
}

func (s *Service) sign(v vin.VIN, csr []byte, request string, now time.Time) (Certificate, error) {
	chain, serial, notAfter, err := s.authority.SignCar(csr, v)
	if err != nil {
		return Certificate{}, err
	}
	return Certificate{Serial: serial, VIN: v, CSR: request, Chain: chain, IssuedAt: now.Truncate(time.Microsecond),
		NotAfter: notAfter.UTC().Truncate(time.Microsecond)}, nil
}

// Allowed refuses a certificate by which a car may not connect. It is one read by key: ask on every connect. Revocation is
// per car, and revokes all its certificates.
func (s *Service) Allowed(ctx context.Context, v vin.VIN, serial string) error {
	c, err := s.store.Certificate(ctx, serial)
	switch {
	case fault.KindOf(err) == fault.NotFound || err == nil && c.VIN != v:
		return fault.New(fault.Forbidden, "certificate_unknown", "certificate %.64s is not one that car %.17s was given", serial, string(v))
	case err != nil:
		return err
	case !c.RevokedAt.IsZero():
		return fault.New(fault.Forbidden, "car_revoked", "car %s was cut off at %s", v, c.RevokedAt.Format(time.RFC3339))
	case !s.clock.Now().Before(c.NotAfter):
		return fault.New(fault.Forbidden, "certificate_expired", "certificate %s of car %s ran out at %s", serial, v, c.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// Certificates lists what a car was given, newest first. Leaf keys of the active ones are the car's own.
func (s *Service) Certificates(ctx context.Context, v vin.VIN) ([]Certificate, error) {
	if _, err := s.store.Car(ctx, v); err != nil {
		return nil, err
	}
	return s.store.Certificates(ctx, v)
}

// Key returns the public key of the car's newest certificate: what the car signs its reports with. A car that has not
// enrolled has none: a fault.NotFound.
func (s *Service) Key(ctx context.Context, v vin.VIN) (crypto.PublicKey, error) {
	all, err := s.Certificates(ctx, v)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "key_unknown", "car %s has not enrolled a key", v)
	}
	block, _ := pem.Decode(all[0].Chain)
	if block == nil {
		return nil, fmt.Errorf("certificate %s of car %s is no PEM", all[0].Serial, v)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("certificate %s of car %s: %w", all[0].Serial, v, err)
	}
	return leaf.PublicKey, nil
}

func revoked(c Car) error {
	return fault.New(fault.Forbidden, "car_revoked", "car %s was cut off at %s", c.VIN, c.RevokedAt.Format(time.RFC3339))
}

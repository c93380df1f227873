package uptane

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxManifest bounds a vehicle manifest, in bytes.
const MaxManifest = 256 << 10

// Installed says what an ECU runs.
type Installed struct {
	Name           string `json:"name"`
	Length         int64  `json:"length"`
	SHA256         string `json:"sha256"`
	ReleaseCounter int64  `json:"release_counter"`
	Version        string `json:"version"`
}

// Report is an ECU version report (5.4.2.1.2), signed by the ECU. Counter rises with every report, so that an old one cannot
// be shown again.
type Report struct {
	ECU        string    `json:"ecu"`
	HardwareID string    `json:"hardware_id"`
	Installed  Installed `json:"installed"`
	Attack     Attack    `json:"attack,omitempty"`
	Detail     string    `json:"detail,omitempty"`
	Time       time.Time `json:"time"`
	Counter    int64     `json:"counter"`
}

// The states of a campaign in a car that a car can speak of, in order; the last two end it.
const (
	Downloading = "downloading" // the image is being fetched
	Verified    = "verified"    // all hashes hold
	Switched    = "installed"   // the car has switched to the new slot
	Confirmed   = "confirmed"   // and runs well on it
	Failed      = "failed"      // the old slot runs
)

// Progress says how far the car is with one campaign.
type Progress struct {
	Campaign string `json:"campaign,omitempty"` // empty: whichever is open for this car
	State    string `json:"state"`
	Bytes    int64  `json:"bytes"`
}

// Manifest is a vehicle manifest (5.4.2.1.1), signed by the Primary: every ECU's signed report and the car's progress.
type Manifest struct {
	VIN      string            `json:"vin"`
	Primary  string            `json:"primary"`
	Reports  map[string]Signed `json:"reports"` // ECU → Report
	Progress *Progress         `json:"progress,omitempty"`
}

// Signed is a payload and the signature over exactly these bytes: no canonical form is needed to check it.
type Signed struct {
	Payload []byte `json:"payload"` // base64 in JSON
	KeyID   string `json:"keyid"`   // SHA-256 of the PKIX form of the public key
	Method  string `json:"method"`
	Hash    string `json:"sha256"` // of the payload
	Sig     []byte `json:"sig"`
}

// Signature methods.
const (
	methodEd25519 = "ed25519"
	methodECDSA   = "ecdsa-sha256"
)

// Sign encodes v and signs it with an Ed25519 or ECDSA key.
func Sign(v any, key crypto.Signer) (Signed, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return Signed{}, err
	}
	keyID, err := KeyID(key.Public())
	if err != nil {
		return Signed{}, err
	}
	sum := sha256.Sum256(payload)
	s := Signed{Payload: payload, KeyID: keyID, Hash: hex.EncodeToString(sum[:])}
	switch key.Public().(type) {
	case ed25519.PublicKey:
		s.Method = methodEd25519
		s.Sig, err = key.Sign(rand.Reader, payload, crypto.Hash(0))
	case *ecdsa.PublicKey:
		s.Method = methodECDSA
		s.Sig, err = key.Sign(rand.Reader, sum[:], crypto.SHA256)
	default:
		err = fmt.Errorf("cannot sign with a %T", key.Public())
	}
	return s, err
}

// Verify checks the signature by the one key that may have made it, and only then decodes the payload, strictly.
func (s Signed) Verify(pub crypto.PublicKey, into any) error {
	sum := sha256.Sum256(s.Payload)
	if s.Hash != hex.EncodeToString(sum[:]) {
		return errors.New("the payload's hash is not the one that was signed")
	}
	ok := false
	switch k := pub.(type) {
	case ed25519.PublicKey:
		ok = s.Method == methodEd25519 && len(k) == ed25519.PublicKeySize && ed25519.Verify(k, s.Payload, s.Sig)
	case *ecdsa.PublicKey:
		ok = s.Method == methodECDSA && ecdsa.VerifyASN1(k, sum[:], s.Sig)
	default:
		return fmt.Errorf("cannot verify with a %T", pub)
	}
	if !ok {
		return errors.New("the signature is not valid")
	}
	return strict(s.Payload, into)
}

// KeyID names a public key.
func KeyID(pub crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), nil
}

// ParseSigned reads a signed value as it came from the wire; nothing in it is trusted before Verify.
func ParseSigned(raw []byte) (Signed, error) {
	var s Signed
	if len(raw) > MaxManifest {
		return s, fmt.Errorf("manifest of %d bytes is longer than %d", len(raw), MaxManifest)
	}
	if err := strict(raw, &s); err != nil {
		return s, fmt.Errorf("manifest: %w", err)
	}
	return s, nil
}

// Open verifies a manifest of a car with one key for all its ECUs and returns it with its reports by ECU.
func Open(s Signed, pub crypto.PublicKey) (Manifest, map[string]Report, error) {
	var m Manifest
	if err := s.Verify(pub, &m); err != nil {
		return m, nil, fmt.Errorf("manifest: %w", err)
	}
	reports := map[string]Report{}
	for ecu, signed := range m.Reports {
		var r Report
		if err := signed.Verify(pub, &r); err != nil {
			return m, nil, fmt.Errorf("report of ECU %.60q: %w", ecu, err)
		}
		if r.ECU != ecu {
			return m, nil, fmt.Errorf("report of ECU %.60q is filed under %.60q", r.ECU, ecu)
		}
		reports[ecu] = r
	}
	if _, ok := reports[m.Primary]; !ok {
		return m, nil, fmt.Errorf("no report of the Primary %.60q", m.Primary)
	}
	return m, reports, nil
}

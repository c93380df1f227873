package car

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"

	"roadbook/fault"
)

// Provisioning is what every car is given in the factory, beside its name and its one-time secret: where the maker's
// side is and how to recognise it, the key that signs grants, and the first Root of both Uptane repositories (5.4.1).
type Provisioning struct {
	Gateway      string `json:"gateway"`             // "https://host:port"
	MQTT         string `json:"mqtt"`                // "host:port", TLS
	Roots        string `json:"roots"`               // PEM of the maker's root certificates
	GrantKey     []byte `json:"grant_key"`           // Ed25519 public key
	DirectorRoot []byte `json:"director_root"`       // TUF Root of the Director repository
	ImageRoot    []byte `json:"image_root"`          // TUF Root of the Image repository
	StoreKey     []byte `json:"store_key,omitempty"` // Ed25519 public key of the app store; without it no app can be installed
	HardwareID   string `json:"hardware_id,omitempty"`
}

// MaxProvisioning is the largest provisioning document, in bytes.
const MaxProvisioning = 1 << 20

// ParseProvisioning reads and checks a provisioning document.
func ParseProvisioning(b []byte) (Provisioning, error) {
	var p Provisioning
	if len(b) > MaxProvisioning {
		return p, fault.New(fault.Invalid, "provisioning", "larger than %d bytes", MaxProvisioning)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fault.New(fault.Invalid, "provisioning", "not JSON: %v", err)
	}
	return p, p.Check()
}

// Check refuses a document with which a car could not recognise its maker.
func (p Provisioning) Check() error {
	for at, missing := range map[string]bool{"/gateway": p.Gateway == "", "/mqtt": p.MQTT == "",
		"/director_root": len(p.DirectorRoot) == 0, "/image_root": len(p.ImageRoot) == 0} {
		if missing {
			return fault.New(fault.Invalid, "provisioning", "the field is missing").At(at)
		}
	}
	if len(p.GrantKey) != ed25519.PublicKeySize {
		return fault.New(fault.Invalid, "provisioning", "an Ed25519 public key has %d bytes, not %d", ed25519.PublicKeySize, len(p.GrantKey)).At("/grant_key")
	}
	if n := len(p.StoreKey); n != 0 && n != ed25519.PublicKeySize {
		return fault.New(fault.Invalid, "provisioning", "an Ed25519 public key has %d bytes, not %d", ed25519.PublicKeySize, n).At("/store_key")
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(p.Roots)) {
		return fault.New(fault.Invalid, "provisioning", "no certificate in PEM").At("/roots")
	}
	return nil
}

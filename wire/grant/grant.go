// Package grant is the right of one car to use features, as a document that the car verifies offline: a COSE_Sign1
// message (RFC 9052) over CWT claims (RFC 8392) in deterministic CBOR (RFC 8949, 4.2), signed with Ed25519 and nothing else.
//
// The maker's side encodes with libraries (sign.go). The car decodes with a small reader of its own (verify.go) that knows
// this one shape, allocates little, uses no reflection and accepts exactly one encoding of each document.
package grant

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"roadbook/fault"
	"roadbook/vin"
)

// Limits of a document.
const (
	MaxSize     = 4096           // bytes; twelve features take at most 512
	MaxFeatures = 64             // per car
	MaxID       = 48             // bytes of a feature's or a limit's name
	MaxLimits   = 4              // per feature
	MaxGrace    = 90 * 24        // hours
	MaxTime     = int64(1) << 40 // seconds since 1970; keeps all arithmetic far from overflow
	Audience    = "adc"          // the domain controller that evaluates grants
	ContentType = "application/cose; cose-type=\"cose-sign1\""
)

// Kind says how a feature is owned.
type Kind uint8

// The kinds of right. Perpetual has no end of its own.
const (
	Perpetual Kind = iota
	Term
	Trial
	Metered
)

var kindNames = [...]string{"perpetual", "term", "trial", "metered"}

func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// MarshalText writes the kind's name, for the JSON view.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Sub names a car in a document without telling its VIN to who finds the document.
type Sub [16]byte

// SubOf returns the name of car v: the first half of a SHA-256 with a label of its own.
func SubOf(v vin.VIN) Sub {
	sum := sha256.Sum256([]byte("roadbook grant subject\x00" + string(v)))
	return Sub(sum[:16])
}

// MarshalText writes hexadecimal, for the JSON view.
func (s Sub) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(s[:])), nil }

// Claims are the content of a document. Times are seconds since 1970 UTC. The encoder writes the CBOR keys in order; the
// private ones lie below −65536 (RFC 8392, 9.1.1).
type Claims struct {
	Sub      Sub       `cbor:"2,keyasint" json:"sub"`
	Aud      string    `cbor:"3,keyasint" json:"aud"`
	Exp      int64     `cbor:"4,keyasint" json:"exp"` // after it no feature of the document is on
	Nbf      int64     `cbor:"5,keyasint" json:"nbf"`
	Iat      int64     `cbor:"6,keyasint" json:"iat"`
	CTI      Sub       `cbor:"7,keyasint" json:"cti"`      // unique per document
	Seq      uint64    `cbor:"-65537,keyasint" json:"seq"` // per car, strictly rising
	Epoch    uint64    `cbor:"-65538,keyasint" json:"epoch"`
	Keyset   uint64    `cbor:"-65539,keyasint" json:"keyset"`
	Features []Feature `cbor:"-65540,keyasint" json:"features"` // by rising ID
}

// Feature is one right. Nbf 0 means from the document's Nbf on; Exp 0 means until the document's Exp.
type Feature struct {
	_          struct{} `cbor:",toarray"`
	ID         string   `json:"id"`
	Kind       Kind     `json:"kind"`
	Nbf        int64    `json:"nbf,omitempty"`
	Exp        int64    `json:"exp,omitempty"`
	GraceHours uint16   `json:"grace_hours,omitempty"` // the feature stays on that long after Exp
	Limits     []Limit  `json:"limits,omitempty"`      // by rising Name
}

// Limit bounds the use of a feature: {"km", 1000}.
type Limit struct {
	_     struct{} `cbor:",toarray"`
	Name  string   `json:"name"`
	Value uint64   `json:"value"`
}

// Allows reports whether feature id is on at t.
func (c *Claims) Allows(id string, t time.Time) bool {
	now := t.Unix()
	if now < c.Nbf || now >= c.Exp {
		return false
	}
	for i := range c.Features {
		f := &c.Features[i]
		if f.ID == id {
			return now >= f.Nbf && (f.Exp == 0 || now < f.Exp+int64(f.GraceHours)*3600)
		}
	}
	return false
}

// JSON is the view for people and tests. It is not signed.
func (c *Claims) JSON() ([]byte, error) { return json.MarshalIndent(c, "", "  ") }

// Check refuses claims that no document may carry. The signer and the car apply the same rules.
func (c *Claims) Check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "grant_claims", format, args...)
	}
	switch {
	case c.Aud == "" || len(c.Aud) > MaxID:
		return bad("aud has 1 to %d bytes", MaxID)
	case !timeOK(c.Nbf) || !timeOK(c.Iat) || !timeOK(c.Exp) || c.Exp <= c.Nbf:
		return bad("exp %d must lie after nbf %d", c.Exp, c.Nbf)
	case c.Seq == 0:
		return bad("seq starts at 1")
	case len(c.Features) > MaxFeatures:
		return bad("%d features, at most %d", len(c.Features), MaxFeatures)
	}
	for i := range c.Features {
		f := &c.Features[i]
		switch {
		case f.ID == "" || len(f.ID) > MaxID || !ascii(f.ID):
			return bad("feature %d: an id has 1 to %d printable ASCII characters", i, MaxID)
		case i > 0 && f.ID <= c.Features[i-1].ID:
			return bad("feature %d: ids rise; %s does not follow %s", i, f.ID, c.Features[i-1].ID)
		case int(f.Kind) >= len(kindNames):
			return bad("feature %s: unknown kind %d", f.ID, f.Kind)
		case !timeOK(f.Nbf) || !timeOK(f.Exp) || f.Exp != 0 && f.Exp <= f.Nbf:
			return bad("feature %s: exp %d must lie after nbf %d", f.ID, f.Exp, f.Nbf)
		case f.GraceHours > MaxGrace:
			return bad("feature %s: grace of %d h, at most %d", f.ID, f.GraceHours, MaxGrace)
		case len(f.Limits) > MaxLimits:
			return bad("feature %s: %d limits, at most %d", f.ID, len(f.Limits), MaxLimits)
		}
		for j, l := range f.Limits {
			if l.Name == "" || len(l.Name) > MaxID || !ascii(l.Name) || j > 0 && l.Name <= f.Limits[j-1].Name {
				return bad("feature %s: limit %d: names are 1 to %d ASCII characters and rise", f.ID, j, MaxID)
			}
		}
	}
	return nil
}

func timeOK(s int64) bool { return s >= 0 && s <= MaxTime }

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

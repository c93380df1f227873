package grant

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"math"

	"roadbook/fault"
	"roadbook/vin"
)

// protected is the only protected header that is accepted: {1: -8}, EdDSA. There is no header to confuse the verifier
// with, and a critical header (label 2) is refused like every other.
var protected = []byte{0xa1, 0x01, 0x27}

// Verify walks a document in order: size, envelope, header, signature, claims, binding. It returns the claims of a
// document that one of the trusted keys signed for car v and audience aud. Time and replay are the caller's questions.
func Verify(raw []byte, trusted []ed25519.PublicKey, v vin.VIN, aud string) (*Claims, error) {
	if len(raw) > MaxSize {
		return nil, fault.New(fault.Invalid, "grant_size", "the grant has %d bytes, at most %d", len(raw), MaxSize)
	}
	payload, sig, err := envelope(raw) // RFC 9052, 4.2
	if err != nil {
		return nil, err
	}
	if !signed(payload, sig, trusted) { // RFC 9052, 4.4
		return nil, fault.New(fault.Refused, "grant_signature", "the grant was changed, or was signed by a key that this car does not trust")
	}
	c, err := claims(payload) // RFC 8392, 3
	if err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Sub != SubOf(v) {
		return nil, fault.New(fault.Refused, "grant_vehicle", "the grant is for another car than %s", v)
	}
	if c.Aud != aud {
		return nil, fault.New(fault.Refused, "grant_audience", "the grant is for the controller %q, this one is %q", c.Aud, aud)
	}
	return c, nil
}

// envelope takes apart 18([<< {1: -8} >>, {}, payload, signature]).
func envelope(raw []byte) (payload, sig []byte, err error) {
	r := reader{b: raw}
	r.expect(major6, 18)
	r.expect(major4, 4)
	header := r.bytes(major2, math.MaxUint16)
	unprotected := r.head(major5)
	if r.ok() && (!bytes.Equal(header, protected) || unprotected != 0) {
		return nil, nil, fault.New(fault.Refused, "grant_header", "the header must be {alg: EdDSA} and nothing else")
	}
	payload = r.bytes(major2, MaxSize)
	sig = r.bytes(major2, ed25519.SignatureSize)
	if !r.done() || len(sig) != ed25519.SignatureSize {
		return nil, nil, fault.New(fault.Invalid, "grant_malformed", "not a COSE_Sign1 message of deterministic CBOR")
	}
	return payload, sig, nil
}

// signed rebuilds the Sig_structure ["Signature1", protected, an empty string, payload] and verifies the signature over it.
func signed(payload, sig []byte, trusted []ed25519.PublicKey) bool {
	tbs := make([]byte, 0, len(payload)+24)
	tbs = append(tbs, 0x84, 0x6a)
	tbs = append(tbs, "Signature1"...)
	tbs = append(tbs, 0x40|byte(len(protected)))
	tbs = append(tbs, protected...)
	tbs = append(tbs, 0x40)
	tbs = appendHead(tbs, major2, uint64(len(payload)))
	tbs = append(tbs, payload...)
	for _, k := range trusted {
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, tbs, sig) {
			return true
		}
	}
	return false
}

// claims reads the fixed claim set in its one order.
func claims(payload []byte) (*Claims, error) {
	r := reader{b: payload}
	var c Claims
	r.expect(major5, 10)
	r.expect(major0, 2)
	r.fixed(c.Sub[:])
	r.expect(major0, 3)
	c.Aud = r.text()
	r.expect(major0, 4)
	c.Exp = r.time()
	r.expect(major0, 5)
	c.Nbf = r.time()
	r.expect(major0, 6)
	c.Iat = r.time()
	r.expect(major0, 7)
	r.fixed(c.CTI[:])
	r.expect(major1, 65536) // −65537
	c.Seq = r.head(major0)
	r.expect(major1, 65537)
	c.Epoch = r.head(major0)
	r.expect(major1, 65538)
	c.Keyset = r.head(major0)
	r.expect(major1, 65539)
	n := r.upTo(major4, MaxFeatures)
	for i := uint64(0); i < n && r.ok(); i++ {
		var f Feature
		r.expect(major4, 6)
		f.ID = r.text()
		f.Kind = Kind(r.upTo(major0, math.MaxUint8))
		f.Nbf, f.Exp = r.time(), r.time()
		f.GraceHours = uint16(r.upTo(major0, math.MaxUint16))
		for m := r.upTo(major4, MaxLimits); m > 0 && r.ok(); m-- {
			r.expect(major4, 2)
			f.Limits = append(f.Limits, Limit{Name: r.text(), Value: r.head(major0)})
		}
		c.Features = append(c.Features, f)
	}
	if !r.done() {
		return nil, fault.New(fault.Invalid, "grant_malformed", "the claims are not the fixed set in deterministic CBOR")
	}
	return &c, nil
}

// The major types of CBOR (RFC 8949, 3.1), shifted to their place.
const (
	major0 = 0 << 5 // unsigned
	major1 = 1 << 5 // negative
	major2 = 2 << 5 // bytes
	major3 = 3 << 5 // text
	major4 = 4 << 5 // array
	major5 = 5 << 5 // map
	major6 = 6 << 5 // tag
)

// reader reads deterministic CBOR. After the first surprise it reads zeros and ok is false.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) ok() bool   { return !r.bad }
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// head reads the argument of a data item of the major type; an argument that is longer than needed is refused.
func (r *reader) head(major byte) uint64 {
	first := r.take(1)
	if r.bad || first[0]&0xe0 != major {
		r.bad = true
		return 0
	}
	var v, least uint64
	switch info := first[0] & 0x1f; {
	case info < 24:
		return uint64(info)
	case info <= 27:
		width := uint64(1) << (info - 24)
		arg := r.take(width)
		if r.bad {
			return 0
		}
		var wide [8]byte
		copy(wide[8-width:], arg)
		v = binary.BigEndian.Uint64(wide[:])
		least = [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]
	default: // indefinite lengths and reserved values
		r.bad = true
		return 0
	}
	if v < least {
		r.bad = true
		return 0
	}
	return v
}

func (r *reader) expect(major byte, want uint64) {
	if r.head(major) != want {
		r.bad = true
	}
}

func (r *reader) upTo(major byte, limit uint64) uint64 {
	v := r.head(major)
	if v > limit {
		r.bad = true
		return 0
	}
	return v
}

func (r *reader) bytes(major byte, limit uint64) []byte { return r.take(r.upTo(major, limit)) }
func (r *reader) text() string                          { return string(r.bytes(major3, MaxID)) }
func (r *reader) time() int64                           { return int64(r.upTo(major0, uint64(MaxTime))) }

func (r *reader) fixed(dst []byte) {
	if copy(dst, r.bytes(major2, uint64(len(dst)))) != len(dst) {
		r.bad = true
	}
}

// appendHead writes a data item's head in its shortest form.
func appendHead(b []byte, major byte, v uint64) []byte {
	switch {
	case v < 24:
		return append(b, major|byte(v))
	case v < 1<<8:
		return append(b, major|24, byte(v))
	case v < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(v))
	case v < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), v)
}

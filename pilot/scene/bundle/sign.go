package bundle

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"

	"roadbook/fault"
)

// purpose is signed with every bundle: a signature made for anything else does not hold here.
const purpose = "roadbook evidence, v1"

var (
	// deterministic writes the core deterministic encoding (RFC 8949, 4.2.1).
	deterministic = must(cbor.CoreDetEncOptions().EncMode())
	// bounded reads it and nothing that could surprise: no tags, no unknown or doubled keys, no open ends.
	bounded = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: 8, MaxArrayElements: MaxInputs, MaxMapPairs: 32, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8: cbor.UTF8RejectInvalid, FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the options are constants of the library
	}
	return v
}

// Sign sorts, checks, encodes and signs the bundle. The same content and key always give the same bytes.
func Sign(key ed25519.PrivateKey, b *Bundle) ([]byte, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fault.New(fault.Invalid, "evidence_key", "a bundle is signed by an Ed25519 key of %d bytes, got %d", ed25519.PrivateKeySize, len(key))
	}
	b.Sort()
	if err := b.Check(); err != nil {
		return nil, err
	}
	payload, err := deterministic.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode evidence: %w", err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, fmt.Errorf("sign evidence: %w", err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if err := m.Sign(rand.Reader, []byte(purpose), signer); err != nil {
		return nil, fmt.Errorf("sign evidence: %w", err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		return nil, fmt.Errorf("encode evidence: %w", err)
	}
	if len(raw) > MaxSize {
		return nil, fault.New(fault.Invalid, "evidence_size", "the bundle has %d bytes, at most %d", len(raw), MaxSize)
	}
	return raw, nil
}

// protected is the only protected header that is accepted: << {1: -8} >>, EdDSA. There is none to confuse the verifier with.
var protected = []byte{0x43, 0xa1, 0x01, 0x27}

// Verify walks a bundle in order: size, envelope, header, signature by one of the trusted keys, content, the one encoding of it.
func Verify(raw []byte, trusted []ed25519.PublicKey) (*Bundle, error) {
	if len(raw) > MaxSize {
		return nil, fault.New(fault.Invalid, "evidence_size", "the bundle has %d bytes, at most %d", len(raw), MaxSize)
	}
	if len(trusted) == 0 {
		return nil, fault.New(fault.Refused, "evidence_no_key", "no key is trusted to sign evidence")
	}
	malformed := func(why any) error {
		return fault.New(fault.Invalid, "evidence_malformed", "not a COSE_Sign1 message of deterministic CBOR: %.200v", why)
	}
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		return nil, malformed(err)
	}
	if !bytes.Equal(m.Headers.RawProtected, protected) || len(m.Headers.Unprotected) != 0 {
		return nil, fault.New(fault.Refused, "evidence_header", "the header must be {alg: EdDSA} and nothing else")
	}
	signed := false
	for _, k := range trusted {
		if len(k) != ed25519.PublicKeySize {
			continue
		}
		v, err := cose.NewVerifier(cose.AlgorithmEdDSA, k)
		signed = signed || err == nil && m.Verify([]byte(purpose), v) == nil
	}
	if !signed {
		return nil, fault.New(fault.Refused, "evidence_signature", "the bundle was changed, or was signed by a key that is not trusted")
	}
	if again, err := m.MarshalCBOR(); err != nil || !bytes.Equal(again, raw) {
		return nil, malformed("the envelope is not in its one form")
	}
	return decode(m.Payload)
}

// decode reads a payload that is signed.
func decode(payload []byte) (*Bundle, error) {
	b := &Bundle{}
	if err := bounded.Unmarshal(payload, b); err != nil {
		return nil, fault.New(fault.Invalid, "evidence_malformed", "the content cannot be read: %.200v", err)
	}
	if err := b.Check(); err != nil {
		return nil, err
	}
	if again, err := deterministic.Marshal(b); err != nil || !bytes.Equal(again, payload) {
		return nil, fault.New(fault.Invalid, "evidence_malformed", "the content is not in its one encoding")
	}
	return b, nil
}

// MaxKey is the largest key file, in bytes.
const MaxKey = 16 << 10

// PrivateKey reads an Ed25519 key in PKCS #8 PEM, as `openssl genpkey -algorithm ed25519` writes it.
func PrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, err := onePEM(text, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	k, err := x509.ParsePKCS8PrivateKey(block)
	if key, ok := k.(ed25519.PrivateKey); err == nil && ok {
		return key, nil
	}
	return nil, fault.New(fault.Invalid, "evidence_key", "expected an Ed25519 private key in PKCS #8, got %T", k)
}

// PublicKey reads an Ed25519 key in PKIX PEM, as `openssl pkey -pubout` writes it.
func PublicKey(text []byte) (ed25519.PublicKey, error) {
	block, err := onePEM(text, "PUBLIC KEY")
	if err != nil {
		return nil, err
	}
	k, err := x509.ParsePKIXPublicKey(block)
	if key, ok := k.(ed25519.PublicKey); err == nil && ok {
		return key, nil
	}
	return nil, fault.New(fault.Invalid, "evidence_key", "expected an Ed25519 public key in PKIX form, got %T", k)
}

// WriteKeys writes a key as the two files that PrivateKey and PublicKey read.
func WriteKeys(key ed25519.PrivateKey) (private, public []byte, err error) {
	sec, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	pub, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: sec}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub}), nil
}

func onePEM(text []byte, kind string) ([]byte, error) {
	if len(text) > MaxKey {
		return nil, fault.New(fault.Invalid, "evidence_key", "a key file has at most %d bytes, got %d", MaxKey, len(text))
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fault.New(fault.Invalid, "evidence_key", "expected one PEM block %q", kind)
	}
	return block.Bytes, nil
}

package grant

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"

	"roadbook/fault"
)

// deterministic writes the core deterministic encoding (RFC 8949, 4.2.1).
var deterministic = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options are constants of the library
	}
	return m
}()

// Key signs documents with one Ed25519 key.
type Key ed25519.PrivateKey

// Sign encodes and signs the claims.
func (k Key) Sign(c Claims) ([]byte, error) { return Sign(ed25519.PrivateKey(k), c) }

// Sign encodes and signs the claims. The same claims and key always give the same bytes: EdDSA needs no randomness.
func Sign(key ed25519.PrivateKey, c Claims) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c.Features = append([]Feature{}, c.Features...) // an empty array, not null; the caller's slice stays as it is
	for i := range c.Features {
		if c.Features[i].Limits == nil {
			c.Features[i].Limits = []Limit{}
		}
	}
	payload, err := deterministic.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode grant: %w", err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, fmt.Errorf("sign grant: %w", err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if err := m.Sign(rand.Reader, nil, signer); err != nil {
		return nil, fmt.Errorf("sign grant: %w", err)
	}
	raw, err := m.MarshalCBOR()
	if err != nil {
		return nil, fmt.Errorf("encode grant: %w", err)
	}
	if len(raw) > MaxSize {
		return nil, fault.New(fault.Invalid, "grant_size", "the grant has %d bytes, at most %d", len(raw), MaxSize)
	}
	return raw, nil
}

package update

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"roadbook/vin"
	"roadbook/wire/uptane"
)

// roleSigner lets go-tuf sign with any Ed25519 crypto.Signer, so that a key can live in a file, a service or a module.
type roleSigner struct{ key crypto.Signer }

func (r roleSigner) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return r.key.Public(), nil
}

func (r roleSigner) SignMessage(message io.Reader, _ ...signature.SignOption) ([]byte, error) {
	b, err := io.ReadAll(message)
	if err != nil {
		return nil, err
	}
	return r.key.Sign(rand.Reader, b, crypto.Hash(0))
}

func (s *Service) signer(ctx context.Context, repo uptane.Repo, role string) (roleSigner, error) {
	key, err := s.keys.Signer(ctx, repo, role)
	if err != nil {
		return roleSigner{}, err
	}
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return roleSigner{}, fmt.Errorf("signing key of %s %s is %T, expected Ed25519", repo, role, key.Public())
	}
	return roleSigner{key}, nil
}

// seal signs metadata with its role's key and encodes it.
func seal[T metadata.Roles](ctx context.Context, s *Service, repo uptane.Repo, v vin.VIN, role string, m *metadata.Metadata[T], version int64, expires time.Time) (*Document, error) {
	signer, err := s.signer(ctx, repo, role)
	if err != nil {
		return nil, err
	}
	if _, err := m.Sign(signer); err != nil {
		return nil, fmt.Errorf("sign %s of %s: %w", role, repo, err)
	}
	body, err := m.ToBytes(false)
	if err != nil {
		return nil, err
	}
	return &Document{Repo: repo, VIN: v, Role: role, Version: version, Expires: expires, Body: body}, nil
}

// Package updatekeys keeps the signing keys of both Uptane repositories as files, one per role.
//
// A key is made when it is first asked for. Taking a role's file away gives the role a new key, which is how a stolen
// Targets, Snapshot or Timestamp key is dealt with; a lost root key cannot be replaced, since cars trust nothing else.
// Replicas share the folder, or use another update.Keys.
package updatekeys

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"roadbook/wire/uptane"
)

// Files is a folder of keys: director-root.pem, image-targets.pem, …, in PKCS #8.
type Files struct{ dir string }

// Open returns the keys in dir, which is made when it is not there.
func Open(dir string) (*Files, error) {
	return &Files{dir}, os.MkdirAll(dir, 0o700)
}

// Signer returns the key of a role, after making it when there is none.
func (f *Files) Signer(_ context.Context, repo uptane.Repo, role string) (crypto.Signer, error) {
	if !slices.Contains(uptane.Repos, repo) || !slices.Contains(metadata.TOP_LEVEL_ROLE_NAMES[:], role) {
		return nil, fmt.Errorf("no role %q in repository %q", role, repo)
	}
	name := filepath.Join(f.dir, string(repo)+"-"+role+".pem")
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if raw, err = f.make(name); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s: not a PEM file", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	signer, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: %T, expected Ed25519", name, key)
	}
	return signer, nil
}

// make writes a new key under its name whole or not at all. When two make it at once, the first link wins and both read it.
func (f *Files) make(name string) ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	t, err := os.CreateTemp(f.dir, "new-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err := errors.Join(err, t.Sync(), t.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(t.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	d, err := os.Open(f.dir)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

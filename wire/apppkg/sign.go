package apppkg

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// What is signed begins with its purpose, so that one signature can never stand for the other.
const (
	developerPurpose = "roadbook app, developer, v1\x00"
	storePurpose     = "roadbook app, store, v1\x00"
)

// Verdict is the store's decision on one version of an app, as it was signed by its developer.
type Verdict struct {
	App          string    `json:"app"`
	Version      string    `json:"version"`
	Partner      string    `json:"partner"`
	DeveloperKey []byte    `json:"developer_key"`
	DeveloperSig []byte    `json:"developer_sig"`
	Reviewer     string    `json:"reviewer"`
	At           time.Time `json:"at"`
}

type developerSeal struct {
	Sig []byte `json:"sig"` // over files.json
}

type storeSeal struct {
	Verdict []byte `json:"verdict"` // base64 in JSON: what is signed is these bytes
	Sig     []byte `json:"sig"`
}

// Build makes a package that its developer has signed. files are the app's own, without manifest.json.
func Build(m Manifest, files map[string][]byte, developer crypto.Signer) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(files)
	if all == nil {
		all = map[string][]byte{}
	}
	all[manifestFile] = raw
	list, err := listFiles(all)
	if err != nil {
		return nil, err
	}
	sig, err := sign(developer, developerPurpose, list)
	if err != nil {
		return nil, err
	}
	seal, err := json.Marshal(developerSeal{sig})
	if err != nil {
		return nil, err
	}
	all[filesFile], all[developerFile] = list, seal
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := z.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(all[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	_, err = Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	return out.Bytes(), err
}

// VerifyDeveloper checks the developer's signature.
func (p *Package) VerifyDeveloper(key crypto.PublicKey) error {
	var s developerSeal
	if err := strict(p.developer, &s); err != nil {
		return fmt.Errorf("%s: %w", developerFile, err)
	}
	return verify(key, developerPurpose, p.files, s.Sig)
}

// Approve writes the package with the store's signature. v's reviewer, time, partner and developer key are given; the rest is
// taken from the package, whose developer signature must hold.
func (p *Package) Approve(w io.Writer, v Verdict, store crypto.Signer) error {
	if err := p.VerifyDeveloper(ed25519.PublicKey(v.DeveloperKey)); err != nil {
		return err
	}
	var d developerSeal
	if err := strict(p.developer, &d); err != nil {
		return err
	}
	v.App, v.Version, v.DeveloperSig, v.At = p.Manifest.ID, p.Manifest.Version, d.Sig, v.At.UTC()
	verdict, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sig, err := sign(store, storePurpose, verdict)
	if err != nil {
		return err
	}
	seal, err := json.Marshal(storeSeal{verdict, sig})
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	written := false
	put := func() error {
		if written {
			return nil
		}
		written = true
		f, err := z.Create(storeFile)
		if err == nil {
			_, err = f.Write(seal)
		}
		return err
	}
	for _, f := range p.zip.File {
		if f.Name == storeFile {
			continue
		}
		if f.Name > storeFile {
			if err := put(); err != nil {
				return err
			}
		}
		if err := z.Copy(f); err != nil {
			return err
		}
	}
	if err := put(); err != nil {
		return err
	}
	return z.Close()
}

// VerifyStore is what a car checks before it installs: the store has approved this app in this version as its developer signed
// it. The car needs no key but the store's.
func (p *Package) VerifyStore(store crypto.PublicKey) (Verdict, error) {
	var (
		s storeSeal
		v Verdict
		d developerSeal
	)
	if p.store == nil {
		return v, errors.New("the store has not approved this package")
	}
	if err := strict(p.store, &s); err != nil {
		return v, fmt.Errorf("%s: %w", storeFile, err)
	}
	if err := verify(store, storePurpose, s.Verdict, s.Sig); err != nil {
		return v, fmt.Errorf("%s: %w", storeFile, err)
	}
	if err := strict(s.Verdict, &v); err != nil {
		return v, fmt.Errorf("%s: %w", storeFile, err)
	}
	if err := strict(p.developer, &d); err != nil {
		return v, fmt.Errorf("%s: %w", developerFile, err)
	}
	if v.App != p.Manifest.ID || v.Version != p.Manifest.Version || !bytes.Equal(v.DeveloperSig, d.Sig) {
		return v, errors.New("the store's verdict is on another package")
	}
	return v, p.VerifyDeveloper(ed25519.PublicKey(v.DeveloperKey))
}

func sign(key crypto.Signer, purpose string, b []byte) ([]byte, error) {
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return nil, fmt.Errorf("a package is signed by an Ed25519 key, not a %T", key.Public())
	}
	return key.Sign(rand.Reader, append([]byte(purpose), b...), crypto.Hash(0))
}

func verify(key crypto.PublicKey, purpose string, b, sig []byte) error {
	k, ok := key.(ed25519.PublicKey)
	if !ok || len(k) != ed25519.PublicKeySize {
		return errors.New("the key is not an Ed25519 key")
	}
	if !ed25519.Verify(k, append([]byte(purpose), b...), sig) {
		return errors.New("the signature is not valid")
	}
	return nil
}

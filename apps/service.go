package apps

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"roadbook/fault"
	"roadbook/wire/apppkg"
)

// Limits on what is handed in.
const (
	MaxText = 500 // bytes of a reason or a name
	MaxPage = 100
)

// State is how far the review of a version is.
type State string

// The states of a version. Approved and Rejected are final.
const (
	Submitted State = "submitted"
	Approved  State = "approved"
	Rejected  State = "rejected"
)

// States lists every state, for tests that must walk them all.
var States = []State{Submitted, Approved, Rejected}

// To returns the state after a decision: only a submitted version can be decided, and the same decision again changes nothing.
func (s State) To(next State) (State, error) {
	switch {
	case s == next:
		return s, nil
	case s == Submitted && (next == Approved || next == Rejected):
		return next, nil
	}
	return s, fault.New(fault.Conflict, "decided", "the version is %s already and cannot become %s", s, next)
}

// Version is one version of an app.
type Version struct {
	ID       string           `json:"id"`
	App      string           `json:"app"`
	Version  string           `json:"version"`
	Partner  string           `json:"partner"`
	Name     string           `json:"name"`
	Category string           `json:"category"`
	Products []apppkg.Product `json:"products"`
	State    State            `json:"state"`
	Reviewer string           `json:"reviewer,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Package  string           `json:"package"` // SHA-256: as submitted, once approved with the store's signature
	Size     int64            `json:"size"`
	At       time.Time        `json:"at"` // of submission, later of decision
}

// Released tells that cars may have a version. Event "apps.Released", key the version's id.
type Released struct {
	ID       string           `json:"id"`
	App      string           `json:"app"`
	Version  string           `json:"version"`
	Partner  string           `json:"partner"`
	Package  string           `json:"package"`
	Size     int64            `json:"size"`
	Products []apppkg.Product `json:"products"`
	At       time.Time        `json:"at"`
}

// Store keeps what the package owns. Each method is one transaction.
type Store interface {
	// SetDeveloper gives a partner its developer key; another key replaces it for packages to come.
	SetDeveloper(ctx context.Context, partner string, key ed25519.PublicKey, at time.Time) error
	Developer(ctx context.Context, partner string) (ed25519.PublicKey, error)
	// AddVersion returns the stored version when the same id was added with the same digest, fault.Conflict
	// "idempotency_mismatch" when with another; fault.Refused "app_taken" when the app is another partner's, "version_taken" when
	// the version is there under another id.
	AddVersion(ctx context.Context, v Version, digest string) (Version, error)
	Version(ctx context.Context, id string) (Version, error)
	Versions(ctx context.Context, after string, limit int) ([]Version, error) // by id
	// Decide gives fn the version and writes what fn returns, with the event when there is one.
	Decide(ctx context.Context, id string, fn func(Version) (Version, *Released, error)) (Version, error)
	// Newest lists the version approved last of every app, by app.
	Newest(ctx context.Context) ([]Version, error)
}

// Blobs keeps packages by their SHA-256.
type Blobs interface {
	Add(ctx context.Context, r io.Reader, limit int64) (sha256hex string, size int64, err error)
	Open(ctx context.Context, sha256hex string) (io.ReadSeekCloser, int64, error)
}

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Service is the app store.
type Service struct {
	store Store
	blobs Blobs
	key   crypto.Signer // the store's, Ed25519
	clock Clock
}

// New joins the service to what it asks. key signs approvals; cars trust its public half.
func New(store Store, blobs Blobs, key crypto.Signer, clock Clock) *Service {
	return &Service{store, blobs, key, clock}
}

// PublicKey is what cars verify packages with.
func (s *Service) PublicKey() crypto.PublicKey { return s.key.Public() }

// SetDeveloper gives a partner its developer key.
func (s *Service) SetDeveloper(ctx context.Context, partner string, key []byte) error {
	if partner == "" || len(partner) > MaxText {
		return fault.New(fault.Invalid, "text_length", "expected 1 to %d bytes, got %d", MaxText, len(partner)).At("/partner")
	}
	if len(key) != ed25519.PublicKeySize {
		return fault.New(fault.Invalid, "developer_key", "an Ed25519 public key has %d bytes, got %d", ed25519.PublicKeySize, len(key)).At("/key")
	}
	return s.store.SetDeveloper(ctx, partner, key, s.clock.Now())
}

// Submit takes a package of a partner into review: all is checked that a machine can check.
func (s *Service) Submit(ctx context.Context, id, partner string, r io.Reader) (Version, error) {
	key, err := s.store.Developer(ctx, partner)
	if err != nil {
		return Version{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, apppkg.MaxPackage+1))
	if err != nil {
		return Version{}, err
	}
	p, err := apppkg.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return Version{}, fault.New(fault.Invalid, "package", "%v", err)
	}
	if err := p.VerifyDeveloper(key); err != nil {
		return Version{}, fault.New(fault.Refused, "developer_signature", "the package is not signed by the developer key of %s: %v", partner, err)
	}
	blob, size, err := s.blobs.Add(ctx, bytes.NewReader(raw), apppkg.MaxPackage)
	if err != nil {
		return Version{}, err
	}
	sum := sha256.Sum256([]byte(partner + "\x00" + blob))
	return s.store.AddVersion(ctx, Version{
		ID: id, App: p.Manifest.ID, Version: p.Manifest.Version, Partner: partner, Name: p.Manifest.Name, Category: p.Manifest.Category,
		Products: append([]apppkg.Product{}, p.Manifest.Products...), State: Submitted, Package: blob, Size: size, At: s.clock.Now(),
	}, hex.EncodeToString(sum[:]))
}

// Approve signs the package for the store and lets cars have it.
func (s *Service) Approve(ctx context.Context, id, reviewer string) (Version, error) {
	if reviewer == "" || len(reviewer) > MaxText {
		return Version{}, fault.New(fault.Invalid, "text_length", "a reviewer's name has 1 to %d bytes", MaxText).At("/reviewer")
	}
	v, err := s.store.Version(ctx, id)
	if err != nil || v.State == Approved {
		return v, err
	}
	if _, err := v.State.To(Approved); err != nil {
		return Version{}, err
	}
	now := s.clock.Now()
	blob, size, err := s.seal(ctx, v, reviewer, now)
	if err != nil {
		return Version{}, err
	}
	return s.store.Decide(ctx, id, func(v Version) (Version, *Released, error) {
		if v.State == Approved {
			return v, nil, nil
		}
		var err error
		if v.State, err = v.State.To(Approved); err != nil {
			return v, nil, err
		}
		v.Reviewer, v.Package, v.Size, v.At = reviewer, blob, size, now
		return v, &Released{ID: v.ID, App: v.App, Version: v.Version, Partner: v.Partner, Package: blob, Size: size, Products: v.Products, At: now}, nil
	})
}

// seal writes the package anew with the store's signature.
func (s *Service) seal(ctx context.Context, v Version, reviewer string, now time.Time) (blob string, size int64, err error) {
	key, err := s.store.Developer(ctx, v.Partner)
	if err != nil {
		return "", 0, err
	}
	body, _, err := s.blobs.Open(ctx, v.Package)
	if err != nil {
		return "", 0, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, apppkg.MaxPackage+1))
	if err != nil {
		return "", 0, err
	}
	p, err := apppkg.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return "", 0, err
	}
	var out bytes.Buffer
	if err := p.Approve(&out, apppkg.Verdict{Partner: v.Partner, DeveloperKey: key, Reviewer: reviewer, At: now}, s.key); err != nil {
		return "", 0, fault.New(fault.Refused, "developer_signature", "the developer key has changed since: %v", err)
	}
	return s.blobs.Add(ctx, &out, apppkg.MaxPackage)
}

// Reject ends a review with a reason.
func (s *Service) Reject(ctx context.Context, id, reviewer, reason string) (Version, error) {
	if reviewer == "" || len(reviewer) > MaxText {
		return Version{}, fault.New(fault.Invalid, "text_length", "a reviewer's name has 1 to %d bytes", MaxText).At("/reviewer")
	}
	if reason == "" || len(reason) > MaxText {
		return Version{}, fault.New(fault.Invalid, "text_length", "a reason has 1 to %d bytes", MaxText).At("/reason")
	}
	now := s.clock.Now()
	return s.store.Decide(ctx, id, func(v Version) (Version, *Released, error) {
		if v.State == Rejected {
			return v, nil, nil
		}
		var err error
		if v.State, err = v.State.To(Rejected); err == nil {
			v.Reviewer, v.Reason, v.At = reviewer, reason, now
		}
		return v, nil, err
	})
}

// Version returns one version.
func (s *Service) Version(ctx context.Context, id string) (Version, error) {
	return s.store.Version(ctx, id)
}

// Versions lists versions by id, after the given one.
func (s *Service) Versions(ctx context.Context, after string, limit int) ([]Version, error) {
	if limit < 1 || limit > MaxPage+1 {
		limit = MaxPage
	}
	return s.store.Versions(ctx, after, limit)
}

// Newest lists what cars may have: the version approved last of every app.
func (s *Service) Newest(ctx context.Context) ([]Version, error) { return s.store.Newest(ctx) }

// OpenPackage opens the newest approved package of an app.
func (s *Service) OpenPackage(ctx context.Context, app string) (Version, io.ReadSeekCloser, error) {
	all, err := s.store.Newest(ctx)
	if err != nil {
		return Version{}, nil, err
	}
	for _, v := range all {
		if v.App == app {
			r, _, err := s.blobs.Open(ctx, v.Package)
			return v, r, err
		}
	}
	return Version{}, nil, fault.New(fault.NotFound, "no_such_app", "no app %.80q is released", app)
}

// Package appstest holds the suite that every apps.Store passes, and a partner's app to submit.
package appstest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/apps"
	"roadbook/fault"
	"roadbook/wire/apppkg"
)

// Start is when tests begin.
var Start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// Key returns the signing key of a seed.
func Key(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

// Package builds an app's package, signed by the key of the seed.
func Package(app, version, seed string) []byte {
	b, err := apppkg.Build(apppkg.Manifest{
		ID: app, Name: "Radio", Version: version, Category: "media", DriveMode: "audio-only",
		Products: []apppkg.Product{{SKU: "app." + app, Type: "one_time"}},
	}, map[string][]byte{"index.html": []byte("<h1>" + app + "</h1>")}, Key(seed))
	if err != nil {
		panic(err)
	}
	return b
}

// Blobs keeps packages in memory.
type Blobs struct {
	mu sync.Mutex
	m  map[string][]byte
}

// Add implements apps.Blobs.
func (b *Blobs) Add(_ context.Context, r io.Reader, limit int64) (string, int64, error) {
	all, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", 0, err
	}
	sum := sha256.Sum256(all)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[string][]byte{}
	}
	b.m[hex.EncodeToString(sum[:])] = all
	return hex.EncodeToString(sum[:]), int64(len(all)), nil
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// Open implements apps.Blobs.
func (b *Blobs) Open(_ context.Context, key string) (io.ReadSeekCloser, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.m[key]
	if !ok {
		return nil, 0, fault.New(fault.NotFound, "blob_missing", "no blob %s", key)
	}
	return memory{bytes.NewReader(c)}, int64(len(c)), nil
}

// Suite is what every Store promises.
func Suite(t *testing.T, s apps.Store) {
	version := func(id, app, v, partner string) apps.Version {
		return apps.Version{
			ID: id, App: app, Version: v, Partner: partner, Name: "Radio", Category: "media", Products: []apppkg.Product{{SKU: "x", Type: "one_time"}},
			State: apps.Submitted, Package: "p-" + id, Size: 7, At: Start,
		}
	}
	for _, seed := range []string{"a", "b"} { // the second replaces the first
		if err := s.SetDeveloper(t.Context(), "ptn_1", Key(seed).Public().(ed25519.PublicKey), Start); err != nil {
			t.Fatal(err)
		}
	}
	if k, err := s.Developer(t.Context(), "ptn_1"); err != nil || !k.Equal(Key("b").Public()) {
		t.Fatal(k, err)
	}
	if _, err := s.Developer(t.Context(), "ptn_9"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	for _, row := range []struct {
		reason string
		v      apps.Version
		digest string
		code   string
	}{
		{"new", version("app_1", "radio", "1.0.0", "ptn_1"), "d1", ""},
		{"the same again", version("app_1", "radio", "1.0.0", "ptn_1"), "d1", ""},
		{"the same id for something else", version("app_1", "radio", "1.0.1", "ptn_1"), "d2", "idempotency_mismatch"},
		{"the same version in another request", version("app_2", "radio", "1.0.0", "ptn_1"), "d2", "version_taken"},
		{"the app is another partner's", version("app_2", "radio", "2.0.0", "ptn_2"), "d2", "app_taken"},
		{"its next version", version("app_2", "radio", "1.0.1", "ptn_1"), "d2", ""},
		{"another app", version("app_3", "maps", "1.0.0", "ptn_2"), "d3", ""},
	} {
		got, err := s.AddVersion(t.Context(), row.v, row.digest)
		if fault.CodeOf(err) != row.code {
			t.Fatalf("%s: %v", row.reason, err)
		}
		if err == nil && cmp.Diff(row.v, got) != "" {
			t.Errorf("%s: %s", row.reason, cmp.Diff(row.v, got))
		}
	}
	approve := func(id string, at time.Time, fail error) error {
		_, err := s.Decide(t.Context(), id, func(v apps.Version) (apps.Version, *apps.Released, error) {
			v.State, v.Reviewer, v.At = apps.Approved, "ana", at
			return v, &apps.Released{ID: id, At: at}, fail
		})
		return err
	}
	stop := errors.New("stop")
	if err := approve("app_1", Start, stop); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if v, err := s.Version(t.Context(), "app_1"); err != nil || v.State != apps.Submitted {
		t.Fatalf("a refused decision is written: %+v, %v", v, err)
	}
	if all, err := s.Newest(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, id := range []string{"app_1", "app_2", "app_2"} {
		if err := approve(id, Start.Add(time.Duration(i)*time.Hour), nil); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Newest(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != "app_2" || all[0].Reviewer != "ana" {
		t.Fatalf("%+v, %v", all, err)
	}
	page, err := s.Versions(t.Context(), "app_1", 1)
	if err != nil || len(page) != 1 || page[0].ID != "app_2" {
		t.Fatalf("%+v, %v", page, err)
	}
	if _, err := s.Version(t.Context(), "app_9"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

// Package blob keeps large files by name: update images and app packages.
//
// A key is the SHA-256 of its content in hex, so a blob never changes and writing it twice is the same as writing it once.
// Open picks the place by URL: "file:/dir" for a folder, "s3://key:secret@host:port/bucket?tls=0&region=…" for an object store.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/url"
	"regexp"
	"strings"

	"roadbook/fault"
)

var keyShape = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Store is one place that keeps blobs.
type Store struct{ place place }

// place is what a folder and a bucket both can do. put is called with a reader that fails unless the content is right,
// and must leave nothing behind under key when the reader fails.
type place interface {
	put(ctx context.Context, key string, r io.Reader, size int64) error
	open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	stat(ctx context.Context, key string) (int64, error)
	spool() string // folder for a file that is being received, "" for the system's
}

// Open returns the store at a URL.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	switch {
	case strings.HasPrefix(rawURL, "file:"):
		p, err := openFolder(strings.TrimPrefix(rawURL, "file:"))
		if err != nil {
			return nil, err
		}
		return &Store{p}, nil
	case strings.HasPrefix(rawURL, "s3:"):
		u, err := url.Parse(rawURL)
		if err != nil {
			return nil, fault.New(fault.Invalid, "blob_url", "blob store: malformed s3:// URL")
		}
		p, err := openBucket(ctx, u)
		if err != nil {
			return nil, err
		}
		return &Store{p}, nil
	}
	return nil, fault.New(fault.Invalid, "blob_url", `blob store: expected "file:/dir" or "s3://…"`)
}

// Put writes size bytes of r under key, the SHA-256 of those bytes; content that differs from its key is refused and leaves
// nothing behind. A key that is there already is left as it is.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if have, err := s.place.stat(ctx, key); err == nil && have == size {
		return nil
	}
	return s.place.put(ctx, key, &proof{r: io.LimitReader(r, size+1), h: sha256.New(), key: key, size: size}, size)
}

// Add receives r, at most limit bytes, and returns the key under which it was written and its size.
func (s *Store) Add(ctx context.Context, r io.Reader, limit int64) (key string, size int64, err error) {
	f, err := spool(s.place.spool())
	if err != nil {
		return "", 0, err
	}
	defer f.drop()
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(r, limit+1))
	if err != nil {
		return "", 0, err
	}
	if size > limit {
		return "", 0, fault.New(fault.Invalid, "blob_too_large", "the content is longer than the limit of %d bytes", limit)
	}
	key = hex.EncodeToString(h.Sum(nil))
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, err
	}
	return key, size, s.Put(ctx, key, f, size)
}

// Open returns the content of key and its size. A key that is not there is fault.NotFound.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	if err := checkKey(key); err != nil {
		return nil, 0, err
	}
	return s.place.open(ctx, key)
}

// Stat returns the size of key. A key that is not there is fault.NotFound.
func (s *Store) Stat(ctx context.Context, key string) (int64, error) {
	if err := checkKey(key); err != nil {
		return 0, err
	}
	return s.place.stat(ctx, key)
}

func checkKey(key string) error {
	if !keyShape.MatchString(key) {
		return fault.New(fault.Invalid, "blob_key", "a blob's key is its SHA-256 as 64 hexadecimal digits; got %.80q", key)
	}
	return nil
}

func missing(key string) error {
	return fault.New(fault.NotFound, "blob_missing", "no blob %s", key)
}

// proof passes content on and turns its end into an error unless length and hash are those that were promised.
type proof struct {
	r    io.Reader
	h    hash.Hash
	key  string
	size int64
	n    int64
}

func (p *proof) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	p.h.Write(b[:n])
	if p.n > p.size || errors.Is(err, io.EOF) && p.n < p.size {
		return n, fault.New(fault.Invalid, "blob_length", "the content is not %d bytes long", p.size)
	}
	// An uploader that was told the size may never read the end: check as soon as the last byte has passed.
	if p.n == p.size && hex.EncodeToString(p.h.Sum(nil)) != p.key {
		return n, fault.New(fault.Invalid, "blob_hash", "the content's SHA-256 is not %s", p.key)
	}
	return n, err
}

// Package id makes names: a prefix that says what is named, and a UUID.
package id

import (
	"crypto/sha256"
	"strings"

	"github.com/google/uuid"
)

// MaxKey is the longest idempotency key that is accepted, in bytes.
const MaxKey = 255

// New returns prefix + "_" + a random, time-ordered UUIDv7.
func New(prefix string) string { return prefix + "_" + uuid.Must(uuid.NewV7()).String() }

// From returns prefix + "_" + a UUIDv8 that depends on the parts alone: the same request names the same thing,
// so that repeating it has no second effect.
func From(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(prefix + "\x00" + strings.Join(parts, "\x00")))
	u := uuid.UUID(sum[:16])
	u[6] = u[6]&0x0f | 0x80 // version 8 (RFC 9562, 5.8)
	u[8] = u[8]&0x3f | 0x80
	return prefix + "_" + u.String()
}

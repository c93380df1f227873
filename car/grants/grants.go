package grants

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"roadbook/car/flash"
	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/grant"
)

// AskAhead is when a car should ask for a new grant: when a feature would end within it.
const AskAhead = 10 * 24 * time.Hour

// Clock tells what the car's clock shows; it may be wrong.
type Clock interface{ Now() time.Time }

// Grants is the car's rights. It is safe for concurrent use.
type Grants struct {
	dir     string
	vin     vin.VIN
	trusted []ed25519.PublicKey
	clock   Clock

	mu      sync.RWMutex
	state   state
	claims  *grant.Claims // of the newest grant; nil when there is none that can be trusted
	problem error         // why a stored grant is not used
}

// state is what must never go back. It is one file, replaced as a whole.
type state struct {
	Seq    uint64    `json:"seq"`    // highest accepted
	Digest string    `json:"digest"` // of the grant with that number
	Floor  time.Time `json:"floor"`  // no time before it is believed
	On     []string  `json:"on"`     // features since the last park, sorted
}

// Open loads the rights of car v from dir. trusted are the maker's grant keys. A stored grant that does not verify any more
// is not used and told by Problem; the features that were on stay on until park, for the car may be driving.
func Open(dir string, v vin.VIN, trusted []ed25519.PublicKey, clock Clock) (*Grants, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	g := &Grants{dir: dir, vin: v, trusted: trusted, clock: clock}
	b, err := os.ReadFile(g.path("state.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("grants: %w", err)
	default:
		if err := json.Unmarshal(b, &g.state); err != nil { // never half written: somebody else wrote it
			return nil, fault.New(fault.Refused, "grant_state", "%s cannot be read: %v", g.path("state.json"), err)
		}
	}
	raw, err := os.ReadFile(g.path("grant.cose"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return g, nil
	case err != nil:
		return nil, fmt.Errorf("grants: %w", err)
	}
	c, err := grant.Verify(raw, trusted, v, grant.Audience)
	if err == nil {
		err = g.fresh(c, digest(raw))
	}
	if err != nil {
		g.problem = err
		return g, nil
	}
	g.claims = c
	g.raise(c, digest(raw)) // the program may have been killed between the two files
	return g, nil
}

func (g *Grants) path(name string) string { return filepath.Join(g.dir, name) }

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// fresh refuses a number that was passed before, and two contents of one number.
func (g *Grants) fresh(c *grant.Claims, digest string) error {
	if c.Seq < g.state.Seq {
		return fault.New(fault.Refused, "grant_replayed", "grant %d is older than %d, which this car has accepted", c.Seq, g.state.Seq)
	}
	if c.Seq == g.state.Seq && digest != g.state.Digest {
		return fault.New(fault.Refused, "grant_replayed", "there is another grant %d, which this car has accepted", c.Seq)
	}
	return nil
}

func (g *Grants) raise(c *grant.Claims, digest string) {
	g.state.Seq, g.state.Digest = c.Seq, digest
	g.lift(time.Unix(c.Iat, 0))
}

func (g *Grants) lift(t time.Time) {
	if t = t.UTC(); t.After(g.state.Floor) {
		g.state.Floor = t
	}
}

// Accept takes a grant that came from anywhere. It reports whether the grant is a new one; it takes effect at the next Park.
func (g *Grants) Accept(raw []byte) (fresh bool, err error) {
	c, err := grant.Verify(raw, g.trusted, g.vin, grant.Audience)
	if err != nil {
		return false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	d := digest(raw)
	if err := g.fresh(c, d); err != nil {
		return false, err
	}
	if g.claims != nil && c.Seq == g.state.Seq {
		return false, nil
	}
	if now := g.now(); now.Unix() >= c.Exp {
		return false, fault.New(fault.Refused, "grant_expired", "grant %d ended at %s, it is %s", c.Seq,
			time.Unix(c.Exp, 0).UTC().Format(time.RFC3339), now.Format(time.RFC3339))
	}
	// The grant first: if the program is killed in between, Open raises the number from it.
	if err := flash.Replace(g.path("grant.cose"), raw); err != nil {
		return false, fmt.Errorf("grants: %w", err)
	}
	g.claims, g.problem = c, nil
	g.raise(c, d)
	return true, g.save()
}

// Saw lifts the floor under the car's time to t, which came from a source that the maker signed for.
func (g *Grants) Saw(t time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !t.After(g.state.Floor) {
		return nil
	}
	g.lift(t)
	return g.save()
}

// Now is the time that rights are measured by: the car's clock, but never before the floor.
func (g *Grants) Now() time.Time {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.now()
}

func (g *Grants) now() time.Time {
	t := g.clock.Now().UTC()
	if t.Before(g.state.Floor) {
		return g.state.Floor
	}
	return t
}

// Allowed reports whether a feature is on, as decided when the car last stood.
func (g *Grants) Allowed(feature string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	_, on := slices.BinarySearch(g.state.On, feature)
	return on
}

// Change is a feature that was turned on or off.
type Change struct {
	Feature string
	On      bool
}

// Park decides anew which features are on. Call it only while the car stands: at the end of a drive, and after Accept when
// the car is parked. The time of the call becomes the floor.
func (g *Grants) Park(ctx context.Context) ([]Change, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.lift(now)
	before := g.state.On
	g.state.On = nil
	if g.claims != nil {
		for _, f := range g.claims.Features { // sorted by ID
			if g.claims.Allows(f.ID, now) {
				g.state.On = append(g.state.On, f.ID)
			}
		}
	}
	return changes(before, g.state.On), g.save()
}

func changes(before, after []string) []Change {
	var out []Change
	for _, f := range before {
		if !slices.Contains(after, f) {
			out = append(out, Change{f, false})
		}
	}
	for _, f := range after {
		if !slices.Contains(before, f) {
			out = append(out, Change{f, true})
		}
	}
	return out
}

// save brings the state to the disk. When that fails the decision holds until the program ends, and the next call tries again.
func (g *Grants) save() error {
	b, err := json.Marshal(g.state)
	if err != nil {
		return fmt.Errorf("grants: %w", err)
	}
	if err := flash.Replace(g.path("state.json"), b); err != nil {
		return fmt.Errorf("grants: %w", err)
	}
	return nil
}

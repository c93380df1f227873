package app

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"roadbook/fault"
	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/suites"
	"roadbook/update"
)

// regulation is the one whose software must bring evidence: automated lane keeping.
const regulation = "R157"

// documents is what the gate asks of update's store.
type documents interface {
	Declared(ctx context.Context, hardwareID string) ([]string, error)
	Shipped(ctx context.Context, hardwareID string, below int64) (update.Release, error)
	Evidence(ctx context.Context, releaseID string) ([]update.Evidence, error)
}

// pilotGate answers update: no release that carries the pilot goes out without evidence of exactly its image, signed by a
// trusted key, within every limit and no worse than what is shipped.
//
// A release carries the pilot when it declares R157, when any release for its hardware ever did, or when its hardware is
// configured as the pilot's: leaving the declaration out is refused, it opens nothing.
type pilotGate struct {
	store    documents
	keys     []ed25519.PublicKey
	hardware []string // patterns of path.Match
	policy   func() bundle.Policy
}

// carries reports whether the release must bring evidence, and what it declares.
func (g pilotGate) carries(ctx context.Context, r update.Release) (swin string, yes bool, err error) {
	if swin, yes = r.SWIN(regulation); yes {
		return swin, true, nil
	}
	for _, p := range g.hardware {
		if ok, err := path.Match(p, r.HardwareID); err != nil || ok {
			return "", true, err
		}
	}
	declared, err := g.store.Declared(ctx, r.HardwareID)
	return "", slices.ContainsFunc(declared, func(s string) bool { return strings.HasPrefix(s, regulation+":") }), err
}

// Accept implements update.Gate: a document must be a bundle of this release that a trusted key has signed. Whether it is good
// enough is asked when a campaign starts; a bad result is kept, it is evidence too.
func (g pilotGate) Accept(ctx context.Context, r update.Release, document []byte) error {
	b, err := bundle.Verify(document, g.keys)
	if err != nil {
		return err
	}
	swin, ok := r.SWIN(regulation)
	if !ok {
		return fault.New(fault.Refused, "evidence_rxswin", "release %s declares no software of %s (rxswin), so nothing can speak for it", r.ID, regulation)
	}
	return b.For(r.Image.SHA256, swin)
}

// Verdict implements update.Gate.
func (g pilotGate) Verdict(ctx context.Context, r update.Release, _ int) error {
	a, err := g.assess(ctx, r)
	if err != nil {
		return err
	}
	return a.err()
}

// assessment is what the gate says of a release, and why.
type assessment struct {
	Release update.Release
	Needed  bool           // it carries the pilot
	Bundle  *bundle.Bundle // the newest valid one, nil without
	SHA256  string         // of it
	Shipped *bundle.Bundle // of the release that is shipped now, nil when none carries the pilot
	Verdict bundle.Verdict
	Refusal error // what stands against it before any figure is looked at
}

func (a assessment) err() error {
	if a.Refusal != nil {
		return a.Refusal
	}
	return a.Verdict.Err()
}

// assess looks at everything and says all that is wrong; its error is only that it could not look.
func (g pilotGate) assess(ctx context.Context, r update.Release) (assessment, error) {
	a := assessment{Release: r}
	swin, needed, err := g.carries(ctx, r)
	if err != nil || !needed {
		return a, err
	}
	a.Needed = true
	if swin == "" {
		a.Refusal = fault.New(fault.Refused, "pilot_undeclared", "hardware %s carries the pilot, and release %s does not declare its software: publish it with rxswin [\"%s:NUMBER\"]", r.HardwareID, r.ID, regulation)
		return a, nil
	}
	if a.Bundle, a.SHA256, a.Refusal, err = g.newest(ctx, r, swin); err != nil || a.Refusal != nil {
		return a, err
	}
	shipped, err := g.store.Shipped(ctx, r.HardwareID, r.ReleaseCounter)
	if fault.KindOf(err) != fault.NotFound {
		if err != nil {
			return a, err
		}
		if a.Shipped, a.Refusal, err = g.baseline(ctx, shipped, a.Bundle); err != nil || a.Refusal != nil {
			return a, err
		}
	}
	a.Verdict = g.policy().Judge(a.Bundle, a.Shipped)
	return a, nil
}

// newest is the release's valid bundle that was made last. An older one that was better does not count: nobody picks.
func (g pilotGate) newest(ctx context.Context, r update.Release, swin string) (*bundle.Bundle, string, error, error) {
	all, err := g.store.Evidence(ctx, r.ID)
	if err != nil {
		return nil, "", nil, err
	}
	var (
		best *bundle.Bundle
		sum  string
		bad  []string
	)
	for _, e := range all { // the newest first: of two made in the same second, the one added last
		b, err := bundle.Verify(e.Body, g.keys)
		if err == nil {
			err = b.For(r.Image.SHA256, swin)
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("%.12s…: %v", e.SHA256, err))
			continue
		}
		if best == nil || b.Made > best.Made {
			best, sum = b, e.SHA256
		}
	}
	if best != nil {
		return best, sum, nil, nil
	}
	if len(bad) > 0 {
		return nil, "", fault.New(fault.Refused, "evidence_missing", "no evidence of release %s is valid any more: %s", r.ID, strings.Join(bad, "; ")), nil
	}
	return nil, "", fault.New(fault.Refused, "evidence_missing", "release %s carries the pilot (%s) and has no evidence: roadbook evidence upload release=%s -f BUNDLE", r.ID, swin, r.ID), nil
}

// baseline is the bundle of the shipped release that the candidate must not be worse than, and that it must have been compared
// with.
func (g pilotGate) baseline(ctx context.Context, shipped update.Release, b *bundle.Bundle) (*bundle.Bundle, error, error) {
	swin, ok := shipped.SWIN(regulation)
	if !ok {
		return nil, nil, nil // shipped before the hardware carried the pilot
	}
	was, _, refusal, err := g.newest(ctx, shipped, swin)
	if err != nil || refusal != nil {
		if refusal != nil {
			refusal = fault.New(fault.Refused, "evidence_shipped", "nothing shows that release %s is not worse than the shipped one: %v", b.Subject.RXSWIN, refusal)
		}
		return nil, refusal, err
	}
	if b.Against == nil || b.Against.Image != shipped.Image.SHA256 {
		return nil, fault.New(fault.Refused, "evidence_comparison", "the shipped release is %s (%s), and the evidence was not compared with it: sign it with --against its bundle", shipped.ID, swin), nil
	}
	return was, nil, nil
}

// readEvidenceKeys reads the public keys that may sign evidence.
func readEvidenceKeys(files []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("config: key of the evidence: %w", err)
		}
		k, err := bundle.PublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("config: %s: %w", name, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// gate builds the pilot's gate over update's store.
func (a *App) gate(store documents) (pilotGate, error) {
	keys, err := readEvidenceKeys(a.cfg.EvidenceKeys)
	if err != nil {
		return pilotGate{}, err
	}
	for _, p := range a.cfg.PilotHardware {
		if _, err := path.Match(p, ""); err != nil {
			return pilotGate{}, fmt.Errorf("config: pilot hardware %q: %w", p, err)
		}
	}
	return pilotGate{store: store, keys: keys, hardware: a.cfg.PilotHardware, policy: sync.OnceValue(releasePolicy)}, nil
}

// releasePolicy is what a release needs, of the very suites that this program knows. To hash them takes a moment: only who
// releases a pilot waits for it.
func releasePolicy() bundle.Policy { return suites.Policy() }

// Package bundletest builds bundles for tests of the gate.
package bundletest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"sync"

	"roadbook/pilot/scene/bundle"
	"roadbook/pilot/scene/suites"
)

// known are the suites of the program, before they have run. Hashing their cases takes a moment: once is enough.
var known = sync.OnceValue(suites.Known)

// Key is an Ed25519 key made from a seed.
func Key(seed string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(sum[:])
}

// Trusted is the list of the public keys of the seeds.
func Trusted(seeds ...string) []ed25519.PublicKey {
	var out []ed25519.PublicKey
	for _, s := range seeds {
		out = append(out, Key(s).Public().(ed25519.PublicKey))
	}
	return out
}

// Passing is the evidence of an image that holds every limit of the default policy.
func Passing(image []byte, rxswin string) *bundle.Bundle {
	b := &bundle.Bundle{
		Format: bundle.Format, Made: "2026-11-26T12:00:00Z",
		Subject: bundle.Subject{Image: bundle.Sum(image), Length: int64(len(image)), RXSWIN: rxswin, ODD: bundle.Sum([]byte("odd")),
			Parameters: []bundle.File{{Name: "pilot", SHA256: bundle.Sum([]byte("pilot"))}, {Name: "checker", SHA256: bundle.Sum([]byte("checker"))}}},
		Runner: bundle.Runner{Program: bundle.Sum([]byte("roadbook")), Go: "go1.26.0", Arch: "linux/amd64"},
		Speed:  bundle.Speed{Scenarios: 700},
	}
	for _, r := range bundle.Default().Suites {
		s := known()[slices.IndexFunc(known(), func(k bundle.Suite) bool { return k.Name == r.Name })]
		cases := s.Defined
		s = bundle.Suite{Name: s.Name, Version: s.Version, Defined: cases, Ran: cases, MinTTC: 1.4, Inputs: slices.Clone(s.Inputs),
			Slow: bundle.Counts{Cases: cases / 2}, Fast: bundle.Counts{Cases: cases - cases/2}, Replay: bundle.Replay{Hash: bundle.Sum([]byte(r.Name)), Again: 50}}
		if len(r.Models) > 0 {
			s.Slow = bundle.Counts{Cases: s.Slow.Cases, Avoidable: cases / 2, Bound: cases / 2, Safe: 100, Harmless: 10}
			s.Fast = bundle.Counts{Cases: s.Fast.Cases, Avoidable: cases / 3, Bound: cases / 3, Collided: 1, CollidedAvoidable: 1, CollidedBound: 1, Safe: 300, HardSafe: 2, Harmless: 10}
		}
		if r.Ran > 0 {
			s.Comfort = &bundle.Comfort{Ticks: 2000 * cases, Hard: 10 * cases, Jerk: 5, JerkMost: 9, Side: 0.3, SideMost: 0.9}
		}
		switch r.Name {
		case bundle.ALKS:
			s.Fast.BothModels = 1
		case bundle.SoakSuite:
			s.Seeds, s.Soak = 20, &bundle.Soak{Seconds: 40_000, Metres: 1e6, GapBroken: 100}
		case bundle.Rules, bundle.Mutants, bundle.Lane:
			s.Checks = []bundle.Check{{Name: "all", Passed: 120}}
		}
		for _, m := range r.Models {
			s.Models = append(s.Models, bundle.Model{Name: m, Collided: 3})
		}
		b.Suites = append(b.Suites, s)
	}
	b.Sort()
	return b
}

package openx

import (
	_ "embed"
	"strings"

	"roadbook/pilot/scene"
	"roadbook/pilot/scene/bundle"
)

// sums is what sha256sum says of the files of UN R157 as ASAM publishes them (asam-oss/OSC-ALKS-scenarios, commit
// de21f223672ea5e426d5d113e0b3645b4b33e72f), below logical_scenarios, and of the values of their parameters.
//
//go:embed alks.sum
var sums string

// publishedCases is how many cases those files have: the products of 15 variations, and 15 scenarios.
const publishedCases = 121_060 + 15

// Published is the suite of those files, before it has run: the one that a release needs.
func Published() bundle.Suite {
	var in []scene.Input
	for line := range strings.Lines(sums) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		in = append(in, scene.Input{Name: name, SHA256: sum})
	}
	return bundle.Known(bundle.ALKS, Version, publishedCases, in)
}

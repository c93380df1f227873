package forecast

import (
	"roadbook/evidence"
	"roadbook/fault"
)

// Options says how much to compute. The same case, seed, paths and scrambles give the same bits for any number of workers.
type Options struct {
	Paths     int    // in all; rounded up so that each scramble has a power of two; 0: DefaultPaths
	Scrambles int    // independent ones, for the error bars; 0: DefaultScrambles; at least 2
	Seed      uint64 // of the scrambles
	Workers   int    // 0: one per processor
	Detail    int    // paths of each further analysis (levers, tornado, changes); 0: DefaultDetail
	Indices   int    // N of the Sobol indices, runs are N·(factors+2); 0: DefaultIndices; negative: none
	Before    *Case  // an earlier case: what changed since
	Progress  func(done, total int, doing string)
}

// The defaults and the limits.
const (
	DefaultPaths     = 65_536
	DefaultScrambles = 16
	DefaultDetail    = 8_192
	DefaultIndices   = 2_048
	MaxPaths         = 1 << 26
	MaxScrambles     = 256
	FanPoints        = 1_024 // of each scramble are behind the pictures; the yearly answers use all
)

// Target is one figure that can be compared with an actual.
type Target struct {
	Metric Metric `json:"metric" yaml:"metric"`
	Period string `json:"period" yaml:"period"` // 2024Q3, H12025, 9M2025 (January to September) or FY2024
}

// Observation is what the ledger's own cohorts say of an input: counts for a share, or a mean with its error.
type Observation struct {
	Input     string            `json:"input" yaml:"input"`
	Trials    int64             `json:"trials,omitempty" yaml:"trials,omitempty"`       // cars offered, contracts up for renewal, contract-quarters
	Successes int64             `json:"successes,omitempty" yaml:"successes,omitempty"` // attached, renewed, churned
	Mean      *float64          `json:"mean,omitempty" yaml:"mean,omitempty"`           // measured, in the input's unit; instead of counts
	SD        float64           `json:"sd,omitempty" yaml:"sd,omitempty"`               // of one measurement
	N         int64             `json:"n,omitempty" yaml:"n,omitempty"`                 // measurements behind Mean
	Evidence  evidence.Evidence `json:"evidence" yaml:"evidence"`
}

// Update is one input before and after the ledger was asked.
type Update struct {
	Input    string  `json:"input"`
	Method   string  `json:"method"` // "beta-binomial", "normal", "lognormal", "beta-binomial, prior matched by moments"…
	Before   Summary `json:"before"`
	After    Summary `json:"after"`
	Weight   float64 `json:"weight"`   // of the data, from 0 to 1: 1 − variance after / variance before where that is not negative
	Observed float64 `json:"observed"` // the share or the mean that was seen
	N        int64   `json:"n"`
	Surprise float64 `json:"surprise"` // distribution function of the prior at what was seen
	Record   string  `json:"record"`   // of the input after the update
}

// Summary is a law in four figures.
type Summary struct {
	Law  string  `json:"law"`
	Mean float64 `json:"mean"`
	P5   float64 `json:"p5"`
	P95  float64 `json:"p95"`
}

func badBefore(format string, args ...any) error {
	return fault.New(fault.Invalid, "before", format, args...).At("/before")
}

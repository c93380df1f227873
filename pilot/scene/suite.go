package scene

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"roadbook/pilot/scene/reference"
	"roadbook/pilot/scene/world"
)

// Part is a part of a suite: cases that are counted together, and what they change in the stack.
type Part struct {
	Name    string // in the evidence
	Version string
	Cases   []Case
	Change  func(*Stack) // nil: nothing
	Seeds   int          // cases with random parts; 0: none
}

// Suite is a set of parts that runs by name.
type Suite struct {
	Name  string
	About string
	Parts func() []Part
}

// Sizes of our own grids.
const (
	gridSeed     = 20261126
	gridCutIn    = 24_000
	gridCutOut   = 5_000
	gridDecel    = 5_000
	checkerCutIn = 8_000
	checkerOther = 1_500
	noiseCutIn   = 4_000
	noiseOther   = 500
	replayed     = 200 // cases of a part that run a second time
)

// Suites are the suites of this package, in the order in which they run.
func Suites() []Suite {
	return []Suite{
		{"grid", "our own cut-ins, cut-outs and decelerations over 10 to 130 km/h, beside four reference models and the physical bound", func() []Part {
			return []Part{
				{Name: "grid/cut_in", Version: GridVersion, Cases: Generate(reference.CutIn, gridSeed, gridCutIn)},
				{Name: "grid/cut_out", Version: GridVersion, Cases: Generate(reference.CutOut, gridSeed, gridCutOut)},
				{Name: "grid/deceleration", Version: GridVersion, Cases: Generate(reference.Deceleration, gridSeed, gridDecel)},
			}
		}},
		{"ncap", "Euro NCAP rear cases: CCRs, CCRm, CCRb and a standing motorcycle; an impact is a failure", func() []Part {
			return []Part{{Name: "ncap/rear", Version: NCAPVersion, Cases: NCAP()}}
		}},
		{"noise", "a sample of other cases of the grid with noisy sensors that lose objects", func() []Part {
			cases := mixed(gridSeed+1, noiseCutIn, noiseOther)
			for i := range cases {
				cases[i].Seed = gridSeed + uint64(i)
			}
			return []Part{{Name: "noise/grid", Version: GridVersion, Cases: cases, Seeds: len(cases), Change: func(s *Stack) { s.Sensors = world.NoisySensors() }}}
		}},
		{"checker", "the checker alone, over a planner that holds its throttle whatever happens", func() []Part {
			return []Part{{Name: "checker/grid", Version: GridVersion, Cases: mixed(gridSeed+2, checkerCutIn, checkerOther), Change: func(s *Stack) { s.Planner = ConstantThrottle }}}
		}},
	}
}

// mixed are cases of all kinds.
func mixed(seed uint64, cutIn, other int) []Case {
	out := Generate(reference.CutIn, seed, cutIn)
	out = append(out, Generate(reference.CutOut, seed, other)...)
	return append(out, Generate(reference.Deceleration, seed, other)...)
}

// Sample keeps the first n cases of each family; 0 keeps all. Generated cases are spread evenly for every n.
func (p Part) Sample(n int) []Case {
	if n <= 0 || n >= len(p.Cases) {
		return p.Cases
	}
	var have [3]int
	var out []Case
	for _, c := range p.Cases {
		if have[c.Kind]++; have[c.Kind] <= n {
			out = append(out, c)
		}
	}
	return out
}

// Inputs are the part's cases, and what it changes in the stack, by hash.
func (p Part) Inputs() []Input {
	list := []Input{{"cases", HashCases(p.Cases)}}
	if p.Change != nil {
		var s Stack
		p.Change(&s)
		list = append(list, Input{"change", hashJSON(s)})
	}
	return list
}

// HashCases is SHA-256, in hex, over the cases' JSON, a case a line.
func HashCases(cases []Case) string {
	h := sha256.New()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for i := range cases {
		b.Reset()
		if err := e.Encode(&cases[i]); err != nil {
			panic(err) // plain values
		}
		h.Write(b.Bytes())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Stack returns the stack that the part runs.
func (p Part) Stack(s Stack) Stack {
	if p.Change != nil {
		p.Change(&s)
	}
	return s
}

// Replay runs some cases, spread over all, a second time on a rig of their own and returns how many, and how many of them
// gave other bits.
func Replay(ctx context.Context, cases []Case, outcomes []Outcome, s Stack) (again, differ int, err error) {
	r, err := NewRig(s)
	if err != nil {
		return 0, 0, err
	}
	r.Bare = true
	step := max(1, len(cases)/replayed)
	for i := len(cases) - 1; i >= 0; i -= step { // backwards: another order than the first time
		if err := ctx.Err(); err != nil {
			return again, differ, err
		}
		o, err := r.Run(&cases[i])
		if err != nil {
			return again, differ, err
		}
		if again++; o.Hash != outcomes[i].Hash {
			differ++
		}
	}
	return again, differ, nil
}

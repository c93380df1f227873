package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"roadbook/fault"
)

// Format is the version of the bundle's content. Another one is refused.
const Format = "roadbook-evidence/1"

// Limits on what a bundle may hold; a hostile one is refused before it costs anything.
const (
	MaxSize    = 4 << 20 // bytes, signed
	MaxSuites  = 64
	MaxInputs  = 4096 // files of one suite, or parameter sets
	MaxFailing = 1000 // failing cases that a suite lists; the counts go on
	MaxModels  = 8
	MaxChecks  = 256
	MaxText    = 200 // bytes of a name
	maxCount   = int64(1) << 50
)

// Bundle is the evidence of one image of the pilot.
type Bundle struct {
	Format  string   `cbor:"format" json:"format"`
	Subject Subject  `cbor:"subject" json:"subject"`
	Made    string   `cbor:"made" json:"made"` // RFC 3339, UTC, whole seconds
	Runner  Runner   `cbor:"runner" json:"runner"`
	Suites  []Suite  `cbor:"suites" json:"suites"` // by name
	Speed   Speed    `cbor:"speed" json:"speed"`
	Against *Against `cbor:"against,omitempty" json:"against,omitempty"` // nil: nothing was shipped before
}

// Subject is what the evidence is of: exactly this image, with these parameters.
type Subject struct {
	Image      string `cbor:"image" json:"image"`           // SHA-256 of the image that is released, in hex
	Length     int64  `cbor:"length" json:"length"`         // bytes
	RXSWIN     string `cbor:"rxswin" json:"rxswin"`         // "R157:" and the R157SWIN (UN R156, 7.1.1.3; R157, 9)
	ODD        string `cbor:"odd" json:"odd"`               // SHA-256 of the operational design domain's data
	Parameters []File `cbor:"parameters" json:"parameters"` // by name: pilot, checker, car, sensors
}

// File is a named content.
type File struct {
	Name   string `cbor:"name" json:"name"`
	SHA256 string `cbor:"sha256" json:"sha256"`
}

// Runner is what ran the suites.
type Runner struct {
	Program string `cbor:"program" json:"program"` // SHA-256 of the program
	Go      string `cbor:"go" json:"go"`
	Arch    string `cbor:"arch" json:"arch"` // "linux/amd64"
}

// Suite is what one suite found, with the hash of all that it ran.
type Suite struct {
	Name      string    `cbor:"name" json:"name"`
	Version   string    `cbor:"version" json:"version"`
	Digest    string    `cbor:"digest" json:"digest"`       // of name, version, inputs and defined; see Suite.Manifest
	Inputs    []File    `cbor:"inputs" json:"inputs"`       // by name: grids, scenarios, catalogues, roads
	Defined   int64     `cbor:"defined" json:"defined"`     // cases of the whole suite
	Discarded int64     `cbor:"discarded" json:"discarded"` // of them not valid by the suite's own constraints
	Ran       int64     `cbor:"ran" json:"ran"`
	Seeds     int64     `cbor:"seeds" json:"seeds"` // runs with random parts; 0: none has any
	Slow      Counts    `cbor:"slow" json:"slow"`   // ego up to 60 km/h
	Fast      Counts    `cbor:"fast" json:"fast"`   // above
	Models    []Model   `cbor:"models" json:"models"`
	Mode      Modes     `cbor:"modes" json:"modes"`
	MinTTC    float64   `cbor:"min_ttc" json:"min_ttc_s"`                   // s, smallest of all cases without a collision
	Comfort   *Comfort  `cbor:"comfort,omitempty" json:"comfort,omitempty"` // nil: nothing was driven
	Soak      *Soak     `cbor:"soak,omitempty" json:"soak,omitempty"`
	Checks    []Check   `cbor:"checks" json:"checks"` // of timers, DSSAD and the like
	Replay    Replay    `cbor:"replay" json:"replay"`
	Failing   []Failing `cbor:"failing" json:"failing"` // at most MaxFailing, the worst first
}

// Counts are numbers of cases. Avoidable is what at least one reference model avoids from the same start.
type Counts struct {
	Cases             int64 `cbor:"cases" json:"cases"`
	Avoidable         int64 `cbor:"avoidable" json:"avoidable"`
	Collided          int64 `cbor:"collided" json:"collided"`
	CollidedAvoidable int64 `cbor:"collided_avoidable" json:"collided_avoidable"`
	Bound             int64 `cbor:"bound" json:"bound"`                   // avoidable by the physical bound
	CollidedBound     int64 `cbor:"collided_bound" json:"collided_bound"` // of them collided
	BothModels        int64 `cbor:"both_models" json:"both_models"`       // collided where careful driver and FSM collide too
	Safe              int64 `cbor:"safe" json:"safe"`                     // keeping speed is safe
	HardSafe          int64 `cbor:"hard_safe" json:"hard_safe"`           // of them braked harder than 3 m/s²: phantom braking
	Harmless          int64 `cbor:"harmless" json:"harmless"`             // nobody ever cuts in
	HardHarmless      int64 `cbor:"hard_harmless" json:"hard_harmless"`
}

// Model is what a reference model would have done on the suite.
type Model struct {
	Name     string `cbor:"name" json:"name"`
	Collided int64  `cbor:"collided" json:"collided"`
	Beaten   int64  `cbor:"beaten" json:"beaten"` // cases that the model avoids and the pilot does not
}

// Modes count the cases in which something happened.
type Modes struct {
	Transition int64 `cbor:"transition" json:"transition"`
	Minimum    int64 `cbor:"minimum" json:"minimum"` // minimum risk manoeuvre
	Emergency  int64 `cbor:"emergency" json:"emergency"`
	Checker    int64 `cbor:"checker" json:"checker"` // the checker stepped in
}

// Comfort is how the drives felt. Of jerk and lateral acceleration stand what 95 % of the cases stay within, and the most.
type Comfort struct {
	Ticks    int64   `cbor:"ticks" json:"ticks"`       // driven
	Hard     int64   `cbor:"hard" json:"hard"`         // of them with braking above 3 m/s²
	Jerk     float64 `cbor:"jerk" json:"jerk_95_mps3"` // mean over half a second, outside of emergency manoeuvres
	JerkMost float64 `cbor:"jerk_most" json:"jerk_mps3"`
	Side     float64 `cbor:"side" json:"side_95_mps2"`
	SideMost float64 `cbor:"side_most" json:"side_mps2"`
}

// Soak is driving in traffic without a script.
type Soak struct {
	Seconds   float64 `cbor:"seconds" json:"seconds"` // simulated time of the ego
	Metres    float64 `cbor:"metres" json:"metres"`
	Caused    int64   `cbor:"caused" json:"caused"`         // collisions that the ego caused
	GapBroken float64 `cbor:"gap_broken" json:"gap_broken"` // s with less than R157's gap
}

// Check is a group of tests that hold or not: R157's timers, the recorder's events.
type Check struct {
	Name   string `cbor:"name" json:"name"`
	Passed int64  `cbor:"passed" json:"passed"`
	Failed int64  `cbor:"failed" json:"failed"`
}

// Replay says that the same again gives the same bits.
type Replay struct {
	Hash   string `cbor:"hash" json:"hash"`     // SHA-256 over the outcomes' trace hashes in the suite's order
	Again  int64  `cbor:"again" json:"again"`   // cases run a second time
	Differ int64  `cbor:"differ" json:"differ"` // of them with other bits
}

// Failing is a case that someone should look at.
type Failing struct {
	ID   string `cbor:"id" json:"id"`
	What string `cbor:"what" json:"what"` // "collision, avoided by cc": what happened
}

// Speed is what the stack costs, on one core.
type Speed struct {
	Scenarios float64 `cbor:"scenarios" json:"scenarios_per_s"` // full-stack 20 s scenarios per second
	Allocs    float64 `cbor:"allocs" json:"allocs_per_tick"`
}

// Against names the evidence of the shipped release that this one was compared with.
type Against struct {
	Bundle string `cbor:"bundle" json:"bundle"` // SHA-256 of the signed bundle
	Image  string `cbor:"image" json:"image"`
	RXSWIN string `cbor:"rxswin" json:"rxswin"`
}

// RXSWIN is the form of a software identification: the regulation, and the maker's number for its software.
var RXSWIN = regexp.MustCompile(`^R[0-9]{1,3}:[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._/:+-]*$`)

// Manifest is the suite's identity: SHA-256 over its name, version, number of cases and every input.
func (s *Suite) Manifest() string {
	b, err := deterministic.Marshal([]any{s.Name, s.Version, s.Defined, s.Inputs})
	if err != nil {
		panic(err) // plain values
	}
	return Sum(b)
}

// Sum is SHA-256 in hex.
func Sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Suite returns the suite of that name, or nil.
func (b *Bundle) Suite(name string) *Suite {
	for i := range b.Suites {
		if b.Suites[i].Name == name {
			return &b.Suites[i]
		}
	}
	return nil
}

// checker collects the first thing that is wrong.
type check struct{ err error }

func (c *check) that(ok bool, at, format string, args ...any) {
	if c.err == nil && !ok {
		c.err = fault.New(fault.Invalid, "evidence_content", format, args...).At(at)
	}
}

func (c *check) hash(at, h string) {
	c.that(len(h) == 64 && strings.Trim(h, "0123456789abcdef") == "", at, "expected a SHA-256 of 64 hex digits, got %.80q", h)
}

func (c *check) text(at, s string) {
	c.that(len(s) <= MaxText && name.MatchString(s), at, "expected 1 to %d bytes of letters, digits and ._/:+-, got %.80q", MaxText, s)
}

func (c *check) count(at string, n, most int64) {
	c.that(n >= 0 && n <= most, at, "expected 0 to %d, got %d", most, n)
}

func (c *check) figure(at string, v float64) {
	c.that(v >= 0 && !math.IsInf(v, 0), at, "expected a figure of 0 or more, got %v", v) // NaN compares as false
}

func (c *check) files(at string, files []File) {
	c.that(len(files) <= MaxInputs, at, "expected at most %d files, got %d", MaxInputs, len(files))
	for i, f := range files {
		if c.err != nil {
			return
		}
		p := fmt.Sprintf("%s/%d", at, i)
		c.text(p+"/name", f.Name)
		c.hash(p+"/sha256", f.SHA256)
		c.that(i == 0 || files[i-1].Name < f.Name, p+"/name", "files are listed once each and by name; %.80q is not in order", f.Name)
	}
}

// Check answers with the first thing that does not hold together, by its JSON pointer.
func (b *Bundle) Check() error {
	c := &check{}
	c.that(b.Format == Format, "/format", "expected %s, got %.40q", Format, b.Format)
	c.hash("/subject/image", b.Subject.Image)
	c.hash("/subject/odd", b.Subject.ODD)
	c.count("/subject/length", b.Subject.Length, maxCount)
	c.that(RXSWIN.MatchString(b.Subject.RXSWIN), "/subject/rxswin", "expected the form %s, got %.80q", RXSWIN, b.Subject.RXSWIN)
	c.files("/subject/parameters", b.Subject.Parameters)
	c.that(len(b.Subject.Parameters) > 0, "/subject/parameters", "the parameters that were tested are not named")
	made, err := time.Parse("2006-01-02T15:04:05Z", b.Made)
	c.that(err == nil && made.Year() >= 2020 && made.Year() < 2200, "/made", "expected a time like 2026-11-26T12:00:00Z, got %.40q", b.Made)
	c.hash("/runner/program", b.Runner.Program)
	c.text("/runner/go", b.Runner.Go)
	c.text("/runner/arch", b.Runner.Arch)
	c.figure("/speed/scenarios", b.Speed.Scenarios)
	c.figure("/speed/allocs", b.Speed.Allocs)
	if a := b.Against; a != nil {
		c.hash("/against/bundle", a.Bundle)
		c.hash("/against/image", a.Image)
		c.that(RXSWIN.MatchString(a.RXSWIN), "/against/rxswin", "expected the form %s, got %.80q", RXSWIN, a.RXSWIN)
	}
	c.that(len(b.Suites) <= MaxSuites, "/suites", "expected at most %d suites, got %d", MaxSuites, len(b.Suites))
	for i := range b.Suites {
		if c.err != nil {
			break
		}
		at := fmt.Sprintf("/suites/%d", i)
		c.that(i == 0 || b.Suites[i-1].Name < b.Suites[i].Name, at+"/name", "suites are listed once each and by name; %.80q is not in order", b.Suites[i].Name)
		c.suite(at, &b.Suites[i])
	}
	return c.err
}

func (c *check) suite(at string, s *Suite) {
	c.text(at+"/name", s.Name)
	c.text(at+"/version", s.Version)
	c.files(at+"/inputs", s.Inputs)
	c.count(at+"/defined", s.Defined, maxCount)
	c.count(at+"/discarded", s.Discarded, s.Defined)
	c.count(at+"/ran", s.Ran, s.Defined-s.Discarded)
	c.count(at+"/seeds", s.Seeds, maxCount)
	if c.err == nil {
		want := s.Manifest()
		c.that(s.Digest == want, at+"/digest", "the inputs named have the digest %s, not %.80q", want, s.Digest)
	}
	c.counts(at+"/slow", &s.Slow)
	c.counts(at+"/fast", &s.Fast)
	c.that(s.Slow.Cases+s.Fast.Cases == s.Ran, at+"/ran", "%d cases ran, %d and %d are counted up to 60 km/h and above", s.Ran, s.Slow.Cases, s.Fast.Cases)
	c.that(len(s.Models) <= MaxModels, at+"/models", "expected at most %d models, got %d", MaxModels, len(s.Models))
	c.that(len(s.Checks) <= MaxChecks, at+"/checks", "expected at most %d checks, got %d", MaxChecks, len(s.Checks))
	c.that(len(s.Failing) <= MaxFailing, at+"/failing", "expected at most %d failing cases, got %d", MaxFailing, len(s.Failing))
	if c.err != nil {
		return
	}
	collided := s.Slow.CollidedAvoidable + s.Fast.CollidedAvoidable
	for i, m := range s.Models {
		p := fmt.Sprintf("%s/models/%d", at, i)
		c.text(p+"/name", m.Name)
		c.count(p+"/collided", m.Collided, s.Ran)
		c.count(p+"/beaten", m.Beaten, min(collided, s.Ran-m.Collided))
	}
	for i, k := range s.Checks {
		p := fmt.Sprintf("%s/checks/%d", at, i)
		c.that(k.Name != "" && len(k.Name) <= MaxText && printable(k.Name), p+"/name", "expected 1 to %d printable bytes", MaxText)
		c.count(p+"/passed", k.Passed, maxCount)
		c.count(p+"/failed", k.Failed, maxCount)
	}
	for i, f := range s.Failing {
		p := fmt.Sprintf("%s/failing/%d", at, i)
		c.text(p+"/id", f.ID)
		c.that(f.What != "" && len(f.What) <= MaxText && printable(f.What), p+"/what", "expected 1 to %d printable bytes", MaxText)
	}
	for _, n := range []struct {
		at string
		n  int64
	}{{"transition", s.Mode.Transition}, {"minimum", s.Mode.Minimum}, {"emergency", s.Mode.Emergency}, {"checker", s.Mode.Checker}} {
		c.count(at+"/modes/"+n.at, n.n, s.Ran)
	}
	c.figure(at+"/min_ttc", s.MinTTC)
	if k := s.Comfort; k != nil {
		c.count(at+"/comfort/ticks", k.Ticks, maxCount)
		c.count(at+"/comfort/hard", k.Hard, k.Ticks)
		for _, f := range []struct {
			at          string
			share, most float64
		}{{"jerk", k.Jerk, k.JerkMost}, {"side", k.Side, k.SideMost}} {
			c.figure(at+"/comfort/"+f.at, f.share)
			c.figure(at+"/comfort/"+f.at+"_most", f.most)
			c.that(f.share <= f.most, at+"/comfort/"+f.at, "95 %% of the cases stay within %v, all within %v", f.share, f.most)
		}
	}
	if k := s.Soak; k != nil {
		c.figure(at+"/soak/seconds", k.Seconds)
		c.figure(at+"/soak/metres", k.Metres)
		c.count(at+"/soak/caused", k.Caused, maxCount)
		c.figure(at+"/soak/gap_broken", k.GapBroken)
		c.that(k.GapBroken <= k.Seconds, at+"/soak/gap_broken", "%v s of %v s", k.GapBroken, k.Seconds)
	}
	c.hash(at+"/replay/hash", s.Replay.Hash)
	c.count(at+"/replay/again", s.Replay.Again, maxCount)
	c.count(at+"/replay/differ", s.Replay.Differ, s.Replay.Again)
}

// counts holds each part against its whole: a share above one would make a figure look better than it is.
func (c *check) counts(at string, k *Counts) {
	c.count(at+"/cases", k.Cases, maxCount)
	for _, p := range []struct {
		at      string
		n, most int64
	}{
		{"avoidable", k.Avoidable, k.Cases}, {"collided", k.Collided, k.Cases},
		{"collided_avoidable", k.CollidedAvoidable, min(k.Collided, k.Avoidable)},
		{"bound", k.Bound, k.Cases}, {"collided_bound", k.CollidedBound, min(k.Collided, k.Bound)},
		{"both_models", k.BothModels, k.Collided},
		{"safe", k.Safe, k.Cases}, {"hard_safe", k.HardSafe, k.Safe},
		{"harmless", k.Harmless, k.Cases}, {"hard_harmless", k.HardHarmless, k.Harmless},
	} {
		c.count(at+"/"+p.at, p.n, p.most)
	}
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })
}

// Sort puts suites, inputs and parameters into the order that the encoding asks for, and fills the suites' digests and what
// must not be nil.
func (b *Bundle) Sort() {
	byName := func(x, y File) int { return strings.Compare(x.Name, y.Name) }
	slices.SortFunc(b.Suites, func(x, y Suite) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(b.Subject.Parameters, byName)
	b.Subject.Parameters = append([]File{}, b.Subject.Parameters...)
	b.Suites = append([]Suite{}, b.Suites...)
	for i := range b.Suites {
		s := &b.Suites[i]
		s.Inputs = append([]File{}, s.Inputs...)
		slices.SortFunc(s.Inputs, byName)
		s.Models, s.Checks, s.Failing = append([]Model{}, s.Models...), append([]Check{}, s.Checks...), append([]Failing{}, s.Failing...)
		s.Digest = s.Manifest()
	}
}

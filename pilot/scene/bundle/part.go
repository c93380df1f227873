package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"roadbook/fault"
)

// PartFormat is the version of a part's JSON.
const PartFormat = "roadbook-evidence-part/1"

// Part is what one run adds to a bundle: `roadbook scene run` writes one per suite, other benches theirs. Parts are not signed;
// the bundle that is made of them is.
type Part struct {
	Format     string  `json:"format"`
	Suites     []Suite `json:"suites"`
	Parameters []File  `json:"parameters,omitempty"` // that it ran with; all parts must agree
	ODD        string  `json:"odd,omitempty"`        // SHA-256 of the domain's data; all parts must agree
	Runner     *Runner `json:"runner,omitempty"`
	Speed      *Speed  `json:"speed,omitempty"`
}

// ReadPart reads one part. An unknown field is an error: what is not understood must not be left out silently.
func ReadPart(b []byte) (Part, error) {
	var p Part
	if len(b) > MaxSize {
		return p, fault.New(fault.Invalid, "evidence_size", "a part has at most %d bytes, got %d", MaxSize, len(b))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fault.New(fault.Invalid, "evidence_part", "not a part of a bundle: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return p, fault.New(fault.Invalid, "evidence_part", "something follows the part's JSON")
	}
	if p.Format != PartFormat {
		return p, fault.New(fault.Invalid, "evidence_part", "expected %s, got %.40q", PartFormat, p.Format).At("/format")
	}
	return p, nil
}

// Assemble puts parts together to a bundle of one image. They must be of one stack: the same parameters and domain, and the
// same program. A suite in two parts is refused: nobody chooses the better one.
func Assemble(image []byte, rxswin, made string, parts []Part) (*Bundle, error) {
	b := &Bundle{Format: Format, Subject: Subject{Image: Sum(image), Length: int64(len(image)), RXSWIN: rxswin}, Made: made}
	differs := func(what string) error {
		return fault.New(fault.Refused, "evidence_parts", "the parts are not of one stack: their %s differ", what)
	}
	for _, p := range parts {
		for _, s := range p.Suites {
			if b.Suite(s.Name) != nil {
				return nil, fault.New(fault.Refused, "evidence_parts", "suite %.80q is in two parts", s.Name)
			}
			b.Suites = append(b.Suites, s)
		}
		if len(p.Parameters) > 0 {
			if b.Subject.Parameters == nil {
				b.Subject.Parameters = p.Parameters
			}
			if !sameFiles(b.Subject.Parameters, p.Parameters) {
				return nil, differs("parameters")
			}
		}
		if p.ODD != "" {
			if b.Subject.ODD != "" && b.Subject.ODD != p.ODD {
				return nil, differs("operational design domains")
			}
			b.Subject.ODD = p.ODD
		}
		if p.Runner != nil {
			if b.Runner != (Runner{}) && b.Runner != *p.Runner {
				return nil, differs("programs")
			}
			b.Runner = *p.Runner
		}
		if p.Speed != nil {
			if b.Speed != (Speed{}) {
				return nil, fault.New(fault.Refused, "evidence_parts", "the speed is in two parts")
			}
			b.Speed = *p.Speed
		}
	}
	b.Sort()
	return b, b.Check()
}

func sameFiles(a, b []File) bool {
	if len(a) != len(b) {
		return false
	}
	have := map[File]bool{}
	for _, f := range a {
		have[f] = true
	}
	for _, f := range b {
		if !have[f] {
			return false
		}
	}
	return true
}

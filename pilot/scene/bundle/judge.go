package bundle

import (
	"fmt"
	"math"
	"strings"

	"roadbook/fault"
)

// Policy is what a release needs: suites that must have run whole, and limits on what they found.
type Policy struct {
	Suites []Required `json:"suites"`
	Limits []Limit    `json:"limits"`
	Told   []Limit    `json:"told"` // figures that are shown beside those of the shipped release, and refuse nothing
}

// Required is a suite without which a bundle is refused.
type Required struct {
	Name string `json:"name"`
	Ran  int64  `json:"ran"` // at least so many cases
	// Digests are the manifests that count, when the program knows its suite; empty: any, from Ran cases on.
	Digests []string `json:"digests,omitempty"`
	Models  []string `json:"models,omitempty"` // reference models that must have run beside
}

// Limit holds a figure of one suite, or of every suite whose name begins with Suite when that ends in "/".
type Limit struct {
	Suite  string  `json:"suite"`
	Figure string  `json:"figure"`
	Limit  float64 `json:"limit"` // at most; at least when the figure is better higher; infinite: only compared
	// Slack is how much worse than the shipped release's figure it may be. Negative: not compared.
	Slack float64 `json:"slack"`
}

// Judged is a figure against its limits.
type Judged struct {
	Suite, Figure, Title, Unit string
	Value, Limit               float64
	Higher                     bool
	Shipped                    float64 // of the shipped release
	Compared                   bool    // Shipped is known and was run on the same inputs
	Told                       bool    // that it is worse does not refuse
	Broken, Regressed          bool
}

// Finding is a reason to refuse.
type Finding struct {
	Code string `json:"code"` // suite_missing, suite_partial, suite_other, model_missing, limit, regression, comparison
	Text string `json:"text"` // one sentence with figure and limit
}

// Verdict is all figures, and what stands against the release. Without findings it passes.
type Verdict struct {
	Figures  []Judged
	Findings []Finding
}

// OK reports whether nothing stands against the release.
func (v *Verdict) OK() bool { return len(v.Findings) == 0 }

func (v *Verdict) find(code, format string, args ...any) {
	v.Findings = append(v.Findings, Finding{code, fmt.Sprintf(format, args...)})
}

// Err is nil, or a refusal with every reason.
func (v *Verdict) Err() error {
	if v.OK() {
		return nil
	}
	texts := make([]string, len(v.Findings))
	for i, f := range v.Findings {
		texts[i] = f.Text
	}
	return fault.New(fault.Refused, "evidence_"+v.Findings[0].Code, "%s", strings.Join(texts, "; "))
}

// For holds the bundle against the image that is to be released: the evidence must be of exactly these bytes and of the software
// that the release declares.
func (b *Bundle) For(image, rxswin string) error {
	if b.Subject.Image != image {
		return fault.New(fault.Refused, "evidence_image", "the evidence is of image %s, the release is of %s", b.Subject.Image, image)
	}
	if b.Subject.RXSWIN != rxswin {
		return fault.New(fault.Refused, "evidence_rxswin", "the evidence is of %s, the release declares %s", b.Subject.RXSWIN, rxswin)
	}
	return nil
}

// Judge holds the bundle against the policy and, when it is not nil, against the shipped release's bundle. It finds everything
// that is wrong, not only the first.
func (p Policy) Judge(b, shipped *Bundle) Verdict {
	var v Verdict
	for _, r := range p.Suites {
		p.required(&v, r, b, shipped)
	}
	for i := range b.Suites { // a suite that nobody asks for must not be a sample either
		if s := &b.Suites[i]; s.Ran+s.Discarded != s.Defined {
			v.find("suite_partial", "suite %s is a sample: %d of %d cases ran", s.Name, s.Ran, s.Defined-s.Discarded)
		}
	}
	for _, l := range p.Limits {
		v.limit(l, b, shipped)
	}
	var told Verdict // whatever it finds
	for _, l := range p.Told {
		told.limit(l, b, shipped)
	}
	for _, j := range told.Figures {
		j.Told = true
		v.Figures = append(v.Figures, j)
	}
	return v
}

func (p Policy) required(v *Verdict, r Required, b, shipped *Bundle) {
	s := b.Suite(r.Name)
	if s == nil {
		v.find("suite_missing", "suite %s is required and did not run", r.Name)
		return
	}
	if s.Ran < r.Ran {
		v.find("suite_partial", "suite %s ran %d cases, at least %d are required", r.Name, s.Ran, r.Ran)
	}
	known := len(r.Digests) == 0
	for _, d := range r.Digests {
		known = known || d == s.Digest
	}
	if !known {
		v.find("suite_other", "suite %s has the manifest %.12s…, which is not the one required", r.Name, s.Digest)
	}
	for _, want := range r.Models {
		has := false
		for _, m := range s.Models {
			has = has || m.Name == want
		}
		if !has {
			v.find("model_missing", "suite %s ran without the reference model %s", r.Name, want)
		}
	}
	if shipped != nil {
		was := shipped.Suite(r.Name)
		if was != nil && was.Digest != s.Digest {
			v.find("comparison", "suite %s has changed since the shipped release was tested (manifest %.12s… then, %.12s… now): run the shipped release on it too", r.Name, was.Digest, s.Digest)
		}
		// A suite that is new has nothing to be compared with: its absolute limits hold.
	}
}

// limit holds every suite that a limit is for.
func (v *Verdict) limit(l Limit, b, shipped *Bundle) {
	f, ok := figure(l.Figure)
	if !ok {
		v.find("limit", "the policy names the figure %q, which does not exist", l.Figure)
		return
	}
	for i := range b.Suites {
		s := &b.Suites[i]
		if s.Name == l.Suite || strings.HasSuffix(l.Suite, "/") && strings.HasPrefix(s.Name, l.Suite) {
			v.hold(l, f, b, s, shipped)
		}
	}
}

func (v *Verdict) hold(l Limit, f Figure, b *Bundle, s *Suite, shipped *Bundle) {
	value, ok := f.Of(b, s)
	if !ok {
		v.find("limit", "suite %s: no case tells %s", s.Name, f.Title)
		return
	}
	j := Judged{Suite: s.Name, Figure: f.Name, Title: f.Title, Unit: f.Unit, Value: value, Limit: l.Limit, Higher: f.Higher}
	if j.Broken = worse(value, l.Limit, f.Higher); j.Broken {
		word := "at most"
		if f.Higher {
			word = "at least"
		}
		v.find("limit", "suite %s: %s: %s, %s %s", s.Name, f.Title, text(value, f.Unit), word, text(l.Limit, f.Unit))
	}
	if shipped != nil && l.Slack >= 0 {
		if was := shipped.Suite(s.Name); was != nil && was.Digest == s.Digest {
			if j.Shipped, j.Compared = f.Of(shipped, was); j.Compared {
				bar := j.Shipped + l.Slack
				if f.Higher {
					bar = j.Shipped - l.Slack
				}
				if j.Regressed = worse(value, bar, f.Higher); j.Regressed {
					v.find("regression", "suite %s: %s: %s, the shipped release has %s (allowed beside it: %s)", s.Name, f.Title, text(value, f.Unit), text(j.Shipped, f.Unit), text(l.Slack, f.Unit))
				}
			}
		}
	}
	v.Figures = append(v.Figures, j)
}

// worse compares; what is no number is worse than everything.
func worse(v, bar float64, higher bool) bool {
	if higher {
		return !(v >= bar)
	}
	return !(v <= bar)
}

// Text writes a figure's value with its unit.
func (j Judged) Text() string { return text(j.Value, j.Unit) }

// LimitText writes the limit with its direction, or a dash.
func (j Judged) LimitText() string {
	if j.Told {
		return "told only"
	}
	if math.IsInf(j.Limit, 0) {
		return "–"
	}
	if j.Higher {
		return "≥ " + text(j.Limit, j.Unit)
	}
	return "≤ " + text(j.Limit, j.Unit)
}

// ShippedText writes the shipped release's value, or a dash.
func (j Judged) ShippedText() string {
	if !j.Compared {
		return "–"
	}
	return text(j.Shipped, j.Unit)
}

func text(v float64, unit string) string {
	switch unit {
	case "share":
		return fmt.Sprintf("%.4g %%", 100*v)
	case "s", "h", "1/s", "m/s²", "m/s³":
		return fmt.Sprintf("%.4g %s", v, unit)
	}
	return fmt.Sprintf("%.10g", v)
}

package forecast

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"roadbook/fault"
	"roadbook/outlook/chance"
	"roadbook/strict"
)

// Parse reads a case from YAML (or JSON, which is YAML too), fills in its defaults and refuses what Check refuses.
func Parse(b []byte) (Case, error) {
	var c Case
	if len(b) > MaxSize {
		return c, fault.New(fault.Invalid, "case_size", "a case has at most %d bytes, this one %d", MaxSize, len(b))
	}
	if err := strict.YAML(b, &c); err != nil {
		return Case{}, fault.New(fault.Invalid, "case_yaml", "%v", err)
	}
	c.fill()
	if err := c.Check(); err != nil {
		return Case{}, err
	}
	return c, nil
}

// fill writes the defaults where the file is silent.
func (c *Case) fill() {
	for i := range c.Inputs {
		in := &c.Inputs[i]
		if in.Kind == "" && in.Value != nil {
			in.Kind = chance.KindFixed
		}
		if in.Who == "" {
			in.Who = c.Defaults.Who
		}
		if in.Vintage == "" {
			in.Vintage = c.Defaults.Vintage
		}
		if in.ID == "" {
			in.ID = fmt.Sprintf("%s/%s@%s", c.Name, in.Name, in.Vintage)
		}
	}
	for i := range c.Actuals {
		a := &c.Actuals[i]
		if a.Who == "" {
			a.Who = c.Defaults.Who
		}
		if a.Vintage == "" {
			a.Vintage = c.Defaults.Vintage
		}
	}
	for i := range c.Products {
		if p := &c.Products[i]; p.Bundle.Terms == "" {
			p.Bundle.Terms = Paid
		}
	}
	for i := range c.Models {
		if m := &c.Models[i]; m.From == "" {
			m.From = c.Start
		}
	}
	a := &c.Asked
	if a.Year == 0 {
		a.Year = c.lastYear()
	}
	if a.Probability == 0 {
		a.Probability = 0.5
	}
	if a.Confidences == nil {
		a.Confidences = []float64{0.5, 0.75, 0.9, 0.95}
	}
	for _, r := range []struct {
		of    *float64
		value float64
	}{{&a.Ranges.Volume, 8}, {&a.Ranges.Software, 100}} {
		if *r.of == 0 {
			*r.of = r.value
		}
	}
}

// lastYear is the last year of which the case has all quarters, else the last of which it has one.
func (c *Case) lastYear() int {
	end := c.Start.Index() + c.Quarters // exclusive
	if y := end/4 - 1; y*4 >= c.Start.Index() {
		return y
	}
	return (end - 1) / 4
}

// Hash is the SHA-256 of the case in its canonical form (JSON with sorted keys, defaults filled in), in hexadecimal.
func (c Case) Hash() string {
	b, err := json.Marshal(c)
	if err != nil { // no number of a checked case is infinite or NaN
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

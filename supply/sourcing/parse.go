package sourcing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"roadbook/fault"
	"roadbook/strict"
)

// Parse reads a case in YAML or JSON, gives every figure its evidence and checks the whole. Unknown keys are refused.
func Parse(b []byte) (Case, error) {
	if len(b) > MaxSize {
		return Case{}, fault.New(fault.Invalid, "source_size", "a sourcing case has at most %d bytes, this one %d", MaxSize, len(b))
	}
	var c Case
	if err := strict.YAML(b, &c); err != nil {
		return Case{}, fault.New(fault.Invalid, "source_yaml", "%v", err)
	}
	if err := c.Check(); err != nil {
		return Case{}, err
	}
	return c, nil
}

// Hash returns the SHA-256 of the case in its canonical JSON.
func (c Case) Hash() string {
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

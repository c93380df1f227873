package uptane

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Release is what a person is told about an image, and what stops an older one: the counter rises with every release of the
// same hardware.
type Release struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	R157    string `json:"r157swin,omitempty"` // what the highway pilot in it is known by (UN R157, 9): the number alone
}

// Version is the shape of a release's version: 1 to 40 plain characters, so that every record and report of the car can name it.
var Version = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z .+:_/-]{0,39}$`)

// MustMatch is the part of an entry that Director and Image repository must agree on (5.2.3.1.1).
type MustMatch struct {
	HardwareID     string  `json:"hardwareId"`
	ReleaseCounter int64   `json:"releaseCounter"`
	Release        Release `json:"release"`
}

// Custom is the custom field of a target. Only the Director fills ECUs (ECU identifier → its hardware) and Campaign.
type Custom struct {
	ECUs      map[string]ECUTarget `json:"ecuIdentifiers,omitempty"`
	Campaign  string               `json:"campaign,omitempty"`
	MustMatch MustMatch            `json:"mustMatch"`
}

// ECUTarget says which hardware the Director believes an ECU to be.
type ECUTarget struct {
	HardwareID string `json:"hardwareId"`
}

// ImageName is the shape of an image's file name: one path element that no server and no shell can misread (5.2.7).
var ImageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// MaxCustom bounds the custom field of one target, in bytes.
const MaxCustom = 16 << 10

// ParseCustom reads a custom field. Unknown fields are refused: both sides come from this package.
func ParseCustom(raw []byte) (Custom, error) {
	var c Custom
	if len(raw) > MaxCustom {
		return c, fmt.Errorf("custom field of %d bytes is longer than %d", len(raw), MaxCustom)
	}
	if err := strict(raw, &c); err != nil {
		return c, fmt.Errorf("custom field: %w", err)
	}
	if c.MustMatch.HardwareID == "" || c.MustMatch.ReleaseCounter < 0 {
		return c, errors.New("custom field: hardwareId is missing or releaseCounter is negative")
	}
	return c, nil
}

// Image is an image that both repositories agree on, for one ECU.
type Image struct {
	ECU            string            `json:"ecu"`
	Name           string            `json:"name"`
	Length         int64             `json:"length"`
	Hashes         map[string]string `json:"hashes"` // function → hex
	HardwareID     string            `json:"hardware_id"`
	ReleaseCounter int64             `json:"release_counter"`
	Release        Release           `json:"release"`
	Campaign       string            `json:"campaign,omitempty"`
}

// Path is the name under which the image is served: HASH.FILENAME (5.2.7).
func (i Image) Path() string { return i.Hashes["sha256"] + "." + i.Name }

// hashFunctions are those an ECU can compute. sha256 must be there: it names the file.
var hashFunctions = map[string]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New}

// Check reads the whole image and compares its length and every listed hash (5.4.2.4, 5.4.3.4).
func (i Image) Check(r io.Reader) error {
	sums := map[string]hash.Hash{}
	var writers []io.Writer
	for name := range i.Hashes {
		fn, ok := hashFunctions[name]
		if !ok {
			return fmt.Errorf("hash function %q is not known", name)
		}
		sums[name] = fn()
		writers = append(writers, sums[name])
	}
	if _, ok := sums["sha256"]; !ok {
		return errors.New("no sha256 is listed")
	}
	n, err := io.Copy(io.MultiWriter(writers...), io.LimitReader(r, i.Length+1))
	if err != nil {
		return err
	}
	if n != i.Length {
		return fmt.Errorf("image is not %d bytes long", i.Length)
	}
	for name, h := range sums {
		if got := hex.EncodeToString(h.Sum(nil)); got != i.Hashes[name] {
			return fmt.Errorf("%s of the image is %s, signed is %s", name, got, i.Hashes[name])
		}
	}
	return nil
}

// entry is one verified target with its custom field read.
type entry struct {
	file   *metadata.TargetFiles
	custom Custom
}

// readEntry checks what can be seen of a target without the other repository.
func readEntry(name string, f *metadata.TargetFiles) (entry, error) {
	if !ImageName.MatchString(name) {
		return entry{}, fmt.Errorf("target name %.120q is not one safe path element", name)
	}
	if f == nil || f.Custom == nil {
		return entry{}, fmt.Errorf("target %s has no custom field", name)
	}
	if f.Length <= 0 || len(f.Hashes["sha256"]) != sha256.Size {
		return entry{}, fmt.Errorf("target %s lacks length or sha256", name)
	}
	for fn := range f.Hashes {
		if hashFunctions[fn] == nil {
			return entry{}, fmt.Errorf("target %s: hash function %q is not known", name, fn)
		}
	}
	c, err := ParseCustom(*f.Custom)
	if err != nil {
		return entry{}, fmt.Errorf("target %s: %w", name, err)
	}
	return entry{f, c}, nil
}

// Entry builds a target of either repository.
func Entry(length int64, sha256hex, sha512hex string, c Custom) (*metadata.TargetFiles, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	f := &metadata.TargetFiles{Length: length, Hashes: metadata.Hashes{}, Custom: (*json.RawMessage)(&raw)}
	for fn, h := range map[string]string{"sha256": sha256hex, "sha512": sha512hex} {
		if f.Hashes[fn], err = hex.DecodeString(h); err != nil {
			return nil, fmt.Errorf("%s %.140q: %w", fn, h, err)
		}
	}
	return f, nil
}

// strict decodes exactly one JSON value without unknown fields.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

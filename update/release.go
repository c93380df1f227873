package update

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/wire/uptane"
)

// Limits on what an operator may hand in.
const (
	MaxImage      int64 = 2 << 30 // bytes of one image
	MaxName             = 100     // bytes of a name
	MaxCampaign         = 100_000 // cars of one campaign
	MaxPage             = 100
	maxHardwareID       = 60
	MaxRXSWIN           = 16 // regulations that one release declares software for
	MaxEvidence         = 4 << 20
)

// Image is a file that a car can install, named by its content.
type Image struct {
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
	Length int64  `json:"length"`
}

// Release is an image made public for one hardware. ReleaseCounter orders the releases of a hardware: a car never goes back.
type Release struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Version        string    `json:"version"`
	HardwareID     string    `json:"hardware_id"`
	ReleaseCounter int64     `json:"release_counter"`
	ImageName      string    `json:"image_name"` // file name in the repositories
	Image          Image     `json:"image"`
	RXSWIN         []string  `json:"rxswin,omitempty"` // software identifications of the regulations it touches (UN R156): "R157:RB1-2026.11"
	CreatedAt      time.Time `json:"created_at"`
}

// SWIN returns the identification that the release declares for a regulation ("R157"), or nothing.
func (r Release) SWIN(regulation string) (string, bool) {
	for _, s := range r.RXSWIN {
		if strings.HasPrefix(s, regulation+":") {
			return s, true
		}
	}
	return "", false
}

// Number is the identification without its regulation: "RB1-2026.11", as the car reports it.
func (r Release) Number(regulation string) (string, bool) {
	s, ok := r.SWIN(regulation)
	return strings.TrimPrefix(s, regulation+":"), ok
}

// Evidence is a signed document that speaks for a release. This package keeps its bytes and does not read them: the Gate does.
type Evidence struct {
	ReleaseID string    `json:"release_id"`
	SHA256    string    `json:"sha256"`
	Length    int64     `json:"length"`
	AddedAt   time.Time `json:"added_at"`
	Body      []byte    `json:"-"`
}

// ReleaseRequest is what an operator asks for. ID is chosen by the caller: the same again is a no-op.
type ReleaseRequest struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Version        string `json:"version"`
	HardwareID     string `json:"hardware_id"`
	ReleaseCounter int64  `json:"release_counter"`
	ImageName      string `json:"image_name"` // empty: ID + ".img"
	ImageSHA256    string `json:"image_sha256"`
	// RXSWIN is what the software is known by to the regulations that it touches. Hardware whose releases have declared a
	// regulation goes on declaring it: it cannot be forgotten.
	RXSWIN []string `json:"rxswin,omitempty"`
}

// rxswin is a regulation and the maker's number for its software (UN R156, 7.1.1.3).
var rxswin = regexp.MustCompile(`^(R[0-9]{1,3}):[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// regulation is the part before the colon.
func regulation(swin string) string {
	before, _, _ := strings.Cut(swin, ":")
	return before
}

func (r ReleaseRequest) check() error {
	if r.Name == "" || len(r.Name) > MaxName {
		return fault.New(fault.Invalid, "text_length", "expected 1 to %d bytes, got %d", MaxName, len(r.Name)).At("/name")
	}
	if !uptane.Version.MatchString(r.Version) {
		return fault.New(fault.Invalid, "release_version", "%.60q is no version of 1 to 40 plain characters (%s): the car's records and reports name it", r.Version, uptane.Version).At("/version")
	}
	if r.HardwareID == "" || len(r.HardwareID) > maxHardwareID {
		return fault.New(fault.Invalid, "text_length", "expected 1 to %d bytes, got %d", maxHardwareID, len(r.HardwareID)).At("/hardware_id")
	}
	if r.ReleaseCounter < 1 {
		return fault.New(fault.Invalid, "release_counter", "a release counter is 1 or more, got %d", r.ReleaseCounter).At("/release_counter")
	}
	if !uptane.ImageName.MatchString(r.ImageName) {
		return fault.New(fault.Invalid, "image_name", "%.120q is not a file name of the form %s", r.ImageName, uptane.ImageName).At("/image_name")
	}
	if len(r.RXSWIN) > MaxRXSWIN {
		return fault.New(fault.Invalid, "rxswin", "a release declares at most %d regulations, got %d", MaxRXSWIN, len(r.RXSWIN)).At("/rxswin")
	}
	seen := map[string]bool{}
	for i, s := range r.RXSWIN {
		at := fmt.Sprintf("/rxswin/%d", i)
		if !rxswin.MatchString(s) {
			return fault.New(fault.Invalid, "rxswin", "%.80q is not of the form R157:NUMBER (%s)", s, rxswin).At(at)
		}
		if seen[regulation(s)] {
			return fault.New(fault.Invalid, "rxswin", "%s is declared twice", regulation(s)).At(at)
		}
		seen[regulation(s)] = true
	}
	return nil
}

// mustMatch is what both repositories say of the release.
func (r Release) mustMatch() uptane.MustMatch {
	number, _ := r.Number("R157")
	return uptane.MustMatch{
		HardwareID: r.HardwareID, ReleaseCounter: r.ReleaseCounter,
		Release: uptane.Release{ID: r.ID, Name: r.Name, Version: r.Version, R157: number},
	}
}

// digest names the content of a request, so that the same id with other content is noticed.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own plain structs
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

package update

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"roadbook/fault"
	"roadbook/wire/uptane"
)

// Limits on what an operator may hand in.
const (
	MaxImage      int64 = 2 << 30 // bytes of one image
	MaxName             = 100     // bytes of a name or version
	MaxCampaign         = 100_000 // cars of one campaign
	MaxPage             = 100
	maxHardwareID       = 60
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
	CreatedAt      time.Time `json:"created_at"`
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
}

func (r ReleaseRequest) check() error {
	for pointer, v := range map[string]string{"/name": r.Name, "/version": r.Version} {
		if v == "" || len(v) > MaxName {
			return fault.New(fault.Invalid, "text_length", "expected 1 to %d bytes, got %d", MaxName, len(v)).At(pointer)
		}
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
	return nil
}

// mustMatch is what both repositories say of the release.
func (r Release) mustMatch() uptane.MustMatch {
	return uptane.MustMatch{
		HardwareID: r.HardwareID, ReleaseCounter: r.ReleaseCounter,
		Release: uptane.Release{ID: r.ID, Name: r.Name, Version: r.Version},
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

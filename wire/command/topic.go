package command

import (
	"encoding/json"
	"strings"

	"roadbook/fault"
	"roadbook/vin"
)

// Kind is the last part of a topic.
type Kind string

// The kinds of topics. A car publishes to Frames, Meter and Pilot and subscribes to Down.
const (
	KindFrames Kind = "frames" // wire/frame
	KindMeter  Kind = "meter"  // UsageBatch
	KindPilot  Kind = "pilot"  // wire/pilotlog
	KindDown   Kind = "down"   // Hint
)

// Frames is the topic of the car's signal frames.
func Frames(v vin.VIN) string { return topic(v, KindFrames) }

// Meter is the topic of the car's usage batches.
func Meter(v vin.VIN) string { return topic(v, KindMeter) }

// Pilot is the topic of the highway pilot's reports.
func Pilot(v vin.VIN) string { return topic(v, KindPilot) }

// Down is the topic of hints to the car.
func Down(v vin.VIN) string { return topic(v, KindDown) }

func topic(v vin.VIN, k Kind) string { return "v/" + string(v) + "/" + string(k) }

// ParseTopic reads a topic name. Wildcards, other shapes and false VINs are refused.
func ParseTopic(s string) (vin.VIN, Kind, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || parts[0] != "v" {
		return "", "", fault.New(fault.Invalid, "topic", "topic %.60q is not of the form v/VIN/kind", s)
	}
	v, err := vin.Parse(parts[1])
	if err != nil {
		return "", "", err
	}
	switch k := Kind(parts[2]); k {
	case KindFrames, KindMeter, KindPilot, KindDown:
		return v, k, nil
	}
	return "", "", fault.New(fault.Invalid, "topic", "topic kind %.20q is none of frames, meter, pilot, down", parts[2])
}

// Subject says what a hint points at.
type Subject string

// The subjects of hints.
const (
	Grant   Subject = "grant"   // a new grant document
	Update  Subject = "update"  // a new target for this car
	Apps    Subject = "apps"    // another set of apps
	Revoked Subject = "revoked" // the certificate is no longer good
)

// MaxHint bounds the payload of a hint.
const MaxHint = 256

// Hint tells a car to come and look.
type Hint struct {
	Kind Subject `json:"kind"`
}

// Encode returns the hint's bytes.
func (h Hint) Encode() []byte {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // a struct of one string
	}
	return b
}

// ParseHint reads a hint. A subject that this car does not know is refused; unknown fields are not looked at.
func ParseHint(b []byte) (Hint, error) {
	if len(b) > MaxHint {
		return Hint{}, fault.New(fault.Invalid, "hint_bytes", "the hint has %d bytes, at most %d", len(b), MaxHint)
	}
	var h Hint
	if err := json.Unmarshal(b, &h); err != nil {
		return Hint{}, fault.New(fault.Invalid, "hint_encoding", "the hint is no JSON object with a kind")
	}
	switch h.Kind {
	case Grant, Update, Apps, Revoked:
		return h, nil
	}
	return Hint{}, fault.New(fault.Invalid, "hint_kind", "hint kind %.20q is none of grant, update, apps, revoked", h.Kind)
}

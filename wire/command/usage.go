package command

import (
	"fmt"
	"regexp"
	"time"

	"github.com/fxamacker/cbor/v2"

	"roadbook/fault"
)

// Bounds of a usage batch.
const (
	MaxUsageBytes = 64 << 10
	MaxUsageItems = 500
	MaxMeter      = 64 // bytes of a meter's name
	MaxQuantity   = 24 // characters of a quantity
)

// UsageBatch is what the car's counters grew by. The same Seq of the same car is the same batch, whenever it comes.
type UsageBatch struct {
	Seq   uint64      `cbor:"1,keyasint"`
	Items []UsageItem `cbor:"2,keyasint"`
}

// UsageItem is one meter's growth. An item is identified by car, batch and its place in the batch.
type UsageItem struct {
	Meter    string // "pilot.km"
	Quantity string // decimal text, more than zero: "12.4"
	At       time.Time
}

type wireItem struct {
	Meter    string `cbor:"1,keyasint"`
	Quantity string `cbor:"2,keyasint"`
	At       int64  `cbor:"3,keyasint"` // ms since 1970 UTC
}

// MarshalCBOR writes the item with its time as milliseconds.
func (i UsageItem) MarshalCBOR() ([]byte, error) {
	return encoder.Marshal(wireItem{i.Meter, i.Quantity, i.At.UnixMilli()})
}

// UnmarshalCBOR reads the item; ParseUsage checks it.
func (i *UsageItem) UnmarshalCBOR(b []byte) error {
	var w wireItem
	if err := decoder.Unmarshal(b, &w); err != nil {
		return err
	}
	*i = UsageItem{w.Meter, w.Quantity, time.UnixMilli(w.At).UTC()}
	return nil
}

var (
	meterName = regexp.MustCompile(`^[a-z][a-z0-9._-]*$`)
	quantity  = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	nonZero   = regexp.MustCompile(`[1-9]`)

	encoder = must(cbor.CoreDetEncOptions().EncMode())
	decoder = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxArrayElements: MaxUsageItems, MaxMapPairs: 16, MaxNestedLevels: 4,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // constant options
	}
	return v
}

// Check reports what is wrong with the batch, naming the item by a JSON pointer.
func (u UsageBatch) Check() error {
	if u.Seq == 0 {
		return fault.New(fault.Invalid, "usage_seq", "a batch's sequence number is at least 1").At("/seq")
	}
	if len(u.Items) == 0 || len(u.Items) > MaxUsageItems {
		return fault.New(fault.Invalid, "usage_items", "the batch has %d items, expected 1 to %d", len(u.Items), MaxUsageItems).At("/items")
	}
	for n, i := range u.Items {
		at := fmt.Sprintf("/items/%d", n)
		switch {
		case len(i.Meter) > MaxMeter || !meterName.MatchString(i.Meter):
			return fault.New(fault.Invalid, "usage_meter", "meter %.40q is no name like pilot.km of at most %d bytes", i.Meter, MaxMeter).At(at + "/meter")
		case len(i.Quantity) > MaxQuantity || !quantity.MatchString(i.Quantity) || !nonZero.MatchString(i.Quantity):
			return fault.New(fault.Invalid, "usage_quantity", "quantity %.30q is no decimal number above zero like 12.4", i.Quantity).At(at + "/quantity")
		case i.At.Year() < 2020 || i.At.Year() >= 2120:
			return fault.New(fault.Invalid, "usage_time", "time %s is not between 2020 and 2120", i.At.UTC().Format(time.RFC3339)).At(at + "/at")
		}
	}
	return nil
}

// Encode returns the batch as deterministic CBOR, or why it is none.
func (u UsageBatch) Encode() ([]byte, error) {
	if err := u.Check(); err != nil {
		return nil, err
	}
	b, err := encoder.Marshal(u)
	if err != nil {
		return nil, fmt.Errorf("encode usage batch: %w", err)
	}
	if len(b) > MaxUsageBytes {
		return nil, fault.New(fault.Invalid, "usage_bytes", "the batch has %d bytes, at most %d", len(b), MaxUsageBytes)
	}
	return b, nil
}

// ParseUsage reads a batch from outside bytes and checks it.
func ParseUsage(b []byte) (UsageBatch, error) {
	if len(b) > MaxUsageBytes {
		return UsageBatch{}, fault.New(fault.Invalid, "usage_bytes", "the batch has %d bytes, at most %d", len(b), MaxUsageBytes)
	}
	var u UsageBatch
	if err := decoder.Unmarshal(b, &u); err != nil {
		return UsageBatch{}, fault.New(fault.Invalid, "usage_encoding", "the bytes are no usage batch in CBOR: %v", err)
	}
	if err := u.Check(); err != nil {
		return UsageBatch{}, err
	}
	return u, nil
}

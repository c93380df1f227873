package frame

import (
	"encoding/binary"
	"math"
	"time"

	"roadbook/fault"
)

// Bounds of one frame. A frame that breaks one is refused as a whole.
const (
	MaxBytes   = 64 << 10 // encoded
	MaxColumns = 256
	MaxPoints  = 16 << 10 // samples, over all columns
)

// Bounds of base_ts: what is outside was not measured by a car.
var (
	minBase = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	maxBase = time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

// MaxOffset bounds how far a sample may lie from the frame's base.
const MaxOffset = 31 * 24 * time.Hour

// Frame is what one car measured, numbered by the car.
type Frame struct {
	Catalogue uint32
	Seq       uint64    // per car, strictly increasing, survives a restart
	Base      time.Time // UTC, whole milliseconds
	Columns   []Column
}

// Column holds the samples of one signal.
type Column struct {
	Signal ID
	Points []Point
}

// Point is one sample: when, in milliseconds after the frame's base, and the value in units of the signal's scale.
type Point struct {
	Offset int64
	Raw    int64
}

// Samples counts the points of the frame.
func (f Frame) Samples() int {
	n := 0
	for _, c := range f.Columns {
		n += len(c.Points)
	}
	return n
}

// At returns the instant of a point of the frame.
func (f Frame) At(p Point) time.Time { return f.Base.Add(time.Duration(p.Offset) * time.Millisecond) }

// Check reports which bound the frame breaks. What passes can be encoded and is accepted by Decode,
// unless its bytes exceed MaxBytes.
func (f Frame) Check() error {
	if f.Seq == 0 {
		return invalid("frame_seq", "a frame's sequence number is at least 1")
	}
	base := f.Base.UnixMilli()
	if base < minBase || base >= maxBase {
		return invalid("frame_time", "base time %s is not between 2020 and 2120", f.Base.Format(time.RFC3339))
	}
	if len(f.Columns) > MaxColumns {
		return invalid("frame_columns", "%d columns, at most %d", len(f.Columns), MaxColumns)
	}
	points := 0
	for _, c := range f.Columns {
		if c.Signal == 0 {
			return invalid("frame_signal", "a column names its signal; 0 names none")
		}
		points += len(c.Points)
		for _, p := range c.Points {
			if p.Offset < -MaxOffset.Milliseconds() || p.Offset > MaxOffset.Milliseconds() {
				return invalid("frame_offset", "a sample %d ms from the base, at most %s", p.Offset, MaxOffset)
			}
		}
	}
	if points > MaxPoints {
		return invalid("frame_points", "%d samples, at most %d", points, MaxPoints)
	}
	return nil
}

// Field numbers and the protobuf wire types that they use.
const (
	varint = 0
	packed = 2

	tagCatalogue = 1<<3 | varint
	tagSeq       = 2<<3 | varint
	tagBase      = 3<<3 | varint
	tagColumn    = 4<<3 | packed
	tagSignal    = 1<<3 | varint
	tagTimes     = 2<<3 | packed
	tagValues    = 3<<3 | packed
)

// Encode returns the frame's bytes, or why it is none.
func Encode(f Frame) ([]byte, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 32+8*len(f.Columns)+6*f.Samples())
	b = binary.AppendUvarint(append(b, tagCatalogue), uint64(f.Catalogue))
	b = binary.AppendUvarint(append(b, tagSeq), f.Seq)
	b = binary.AppendUvarint(append(b, tagBase), uint64(f.Base.UnixMilli())) //nolint:gosec // checked: positive
	var col, run []byte
	for _, c := range f.Columns {
		col = binary.AppendUvarint(append(col[:0], tagSignal), uint64(c.Signal))
		if len(c.Points) > 0 {
			run = deltas(run[:0], c.Points, func(p Point) int64 { return p.Offset })
			col = append(binary.AppendUvarint(append(col, tagTimes), uint64(len(run))), run...)
			run = deltas(run[:0], c.Points, func(p Point) int64 { return p.Raw })
			col = append(binary.AppendUvarint(append(col, tagValues), uint64(len(run))), run...)
		}
		b = append(binary.AppendUvarint(append(b, tagColumn), uint64(len(col))), col...)
	}
	if len(b) > MaxBytes {
		return nil, invalid("frame_bytes", "the frame has %d bytes, at most %d; cut it earlier", len(b), MaxBytes)
	}
	return b, nil
}

// deltas appends the zigzag varint differences of a column; they wrap around, as the decoder's sums do.
func deltas(b []byte, points []Point, of func(Point) int64) []byte {
	last := int64(0)
	for _, p := range points {
		b = binary.AppendVarint(b, of(p)-last)
		last = of(p)
	}
	return b
}

// Decode reads a frame from outside bytes. Every refusal is a fault of kind Invalid.
func Decode(b []byte) (Frame, error) {
	if len(b) > MaxBytes {
		return Frame{}, invalid("frame_bytes", "the frame has %d bytes, at most %d", len(b), MaxBytes)
	}
	var f Frame
	base, points := int64(0), 0
	r := reader{b: b}
	for r.more() {
		switch tag := r.uvarint(); tag {
		case tagCatalogue:
			n := r.uvarint()
			if n > math.MaxUint32 {
				return Frame{}, invalid("frame_catalogue", "catalogue %d is no uint32", n)
			}
			f.Catalogue = uint32(n)
		case tagSeq:
			f.Seq = r.uvarint()
		case tagBase:
			base = int64(r.uvarint()) //nolint:gosec // a negative int64 travels as a large varint; Check refuses it
		case tagColumn:
			if len(f.Columns) == MaxColumns {
				return Frame{}, invalid("frame_columns", "more than %d columns", MaxColumns)
			}
			c, err := decodeColumn(r.bytes(), MaxPoints-points)
			if err != nil {
				return Frame{}, err
			}
			points += len(c.Points)
			f.Columns = append(f.Columns, c)
		default:
			r.skip(tag)
		}
	}
	if r.bad {
		return Frame{}, invalid("frame_encoding", "the bytes are no SignalFrame: truncated or malformed at byte %d", len(b)-len(r.b))
	}
	f.Base = time.UnixMilli(base).UTC()
	if err := f.Check(); err != nil {
		return Frame{}, err
	}
	return f, nil
}

func decodeColumn(b []byte, room int) (Column, error) {
	var c Column
	times, values := 0, 0 // how many of each have been read
	var at, raw int64
	grow := func(n int) bool {
		for len(c.Points) < n {
			if len(c.Points) == room {
				return false
			}
			c.Points = append(c.Points, Point{})
		}
		return true
	}
	time := func(d int64) bool {
		at += d
		times++
		if !grow(times) {
			return false
		}
		c.Points[times-1].Offset = at
		return true
	}
	value := func(d int64) bool {
		raw += d
		values++
		if !grow(values) {
			return false
		}
		c.Points[values-1].Raw = raw
		return true
	}
	r := reader{b: b}
	for ok := true; r.more(); {
		switch tag := r.uvarint(); tag {
		case tagSignal:
			n := r.uvarint()
			if n > math.MaxUint32 {
				return c, invalid("frame_signal", "signal %d is no uint32", n)
			}
			c.Signal = ID(n)
		case tagTimes:
			ok = r.each(time)
		case tagValues:
			ok = r.each(value)
		case 2<<3 | varint: // protobuf readers take unpacked elements too
			ok = time(r.varint())
		case 3<<3 | varint:
			ok = value(r.varint())
		default:
			r.skip(tag)
		}
		if !ok {
			return c, invalid("frame_points", "more than %d samples", MaxPoints)
		}
	}
	if r.bad {
		return c, invalid("frame_encoding", "a column is truncated or malformed")
	}
	if times != values {
		return c, invalid("frame_column", "signal %d has %d times and %d values", c.Signal, times, values)
	}
	return c, nil
}

func invalid(code, format string, args ...any) error {
	return fault.New(fault.Invalid, code, format, args...)
}

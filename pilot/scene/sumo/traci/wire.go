package traci

import (
	"encoding/binary"
	"math"

	"roadbook/fault"
)

// Limits on what a server may say. A context of 300 m with ten variables in dense traffic is about 10 kB.
const (
	MaxMessage = 4 << 20 // bytes of one message, both ways
	MaxString  = 16 << 10
	MaxList    = 16 << 10 // elements of a list of strings or numbers
	MaxPoints  = 255      // of a polygon whose count is one byte
	MaxObjects = 4096     // of a context subscription, and of subscription results of one step
	MaxItems   = 256      // of a compound
	MaxDepth   = 4        // of compounds in compounds
)

// Types of values on the wire.
const (
	typePos2     = 0x01
	typePos3     = 0x03
	typeRoadPos  = 0x04
	typePolygon  = 0x06
	typeUByte    = 0x07
	typeByte     = 0x08
	typeInt      = 0x09
	typeDouble   = 0x0B
	typeString   = 0x0C
	typeStrings  = 0x0E
	typeCompound = 0x0F
	typeDoubles  = 0x10
	typeColour   = 0x11
)

// Value is one typed value. Which fields hold it depends on Type, a type of the protocol.
type Value struct {
	Type    byte
	Int     int32      // ubyte, byte, int
	Num     float64    // double; of an integer too
	Pos     [3]float64 // m, 2D and 3D positions; of a road position: position on the lane, and the lane's index
	Str     string     // string; the road of a road position
	List    []string   // list of strings
	Doubles []float64  // list of doubles
	Items   []Value    // compound
}

// reader takes a message apart. After the first error all that it gives is zero.
type reader struct {
	b   []byte
	off int
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fault.New(fault.Invalid, "traci_malformed", format, args...).At("byte " + itoa(r.off))
	}
	r.off = len(r.b)
}

// take gives the next n bytes, which stay part of the message.
func (r *reader) take(n int, what string) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.b)-r.off {
		r.fail("%s needs %d bytes and %d are left", what, n, len(r.b)-r.off)
		return nil
	}
	b := r.b[r.off : r.off+n]
	r.off += n
	return b
}

func (r *reader) u8(what string) byte {
	if b := r.take(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) i32(what string) int32 {
	if b := r.take(4, what); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) f64(what string) float64 {
	b := r.take(8, what)
	if b == nil {
		return 0
	}
	v := math.Float64frombits(binary.BigEndian.Uint64(b))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		r.fail("%s is not a finite number", what)
		return 0
	}
	return v
}

// text gives the bytes of a string, which stay part of the message.
func (r *reader) text(what string) []byte {
	n := r.count(what, MaxString, 1)
	return r.take(n, what)
}

// count reads an int32 count of things of at least size bytes each, and refuses one that the message cannot hold.
func (r *reader) count(what string, limit, size int) int {
	n := int(r.i32(what))
	if r.err == nil && (n < 0 || n > limit || n*size > len(r.b)-r.off) {
		r.fail("%s counts %d: expected 0 to %d, and no more than the message holds", what, n, limit)
	}
	if r.err != nil {
		return 0
	}
	return n
}

// value reads a typed value.
func (r *reader) value(depth int) Value {
	v := Value{Type: r.u8("type")}
	switch v.Type {
	case typePos2:
		v.Pos = [3]float64{r.f64("position"), r.f64("position")}
	case typePos3:
		v.Pos = [3]float64{r.f64("position"), r.f64("position"), r.f64("position")}
	case typeRoadPos:
		v.Str = string(r.text("road"))
		v.Pos = [3]float64{r.f64("position"), float64(r.u8("lane"))}
	case typePolygon:
		n := int(r.u8("points"))
		for range n {
			v.Doubles = append(v.Doubles, r.f64("point"), r.f64("point"))
			if r.err != nil {
				break
			}
		}
	case typeUByte:
		v.Int = int32(r.u8("ubyte"))
		v.Num = float64(v.Int)
	case typeByte:
		v.Int = int32(int8(r.u8("byte")))
		v.Num = float64(v.Int)
	case typeInt:
		v.Int = r.i32("int")
		v.Num = float64(v.Int)
	case typeDouble:
		v.Num = r.f64("double")
	case typeString:
		v.Str = string(r.text("string"))
	case typeStrings:
		n := r.count("list of strings", MaxList, 4)
		for range n {
			v.List = append(v.List, string(r.text("string")))
			if r.err != nil {
				break
			}
		}
	case typeDoubles:
		n := r.count("list of doubles", MaxList, 8)
		for range n {
			v.Doubles = append(v.Doubles, r.f64("double"))
		}
	case typeColour:
		b := r.take(4, "colour")
		if b != nil {
			v.Int = int32(binary.BigEndian.Uint32(b))
		}
	case typeCompound:
		if depth >= MaxDepth {
			r.fail("compound nested more than %d deep", MaxDepth)
			break
		}
		n := r.count("compound", MaxItems, 1)
		for range n {
			v.Items = append(v.Items, r.value(depth+1))
			if r.err != nil {
				break
			}
		}
	default:
		r.fail("type 0x%02X is not known", v.Type)
	}
	return v
}

// command reads the head of a command and gives its id and a reader of its body.
func (r *reader) command() (id byte, body reader) {
	start := r.off
	n, head := int(r.u8("length")), 2
	if n == 0 {
		n, head = int(r.i32("long length")), 6
	}
	id = r.u8("id")
	if r.err == nil && n < head {
		r.off = start
		r.fail("command says that it is %d bytes long: its head alone takes %d", n, head)
	}
	b := r.take(n-head, "command")
	return id, reader{b: b, err: r.err}
}

// done fails when bytes are left over.
func (r *reader) done(what string) error {
	if r.err == nil && r.off != len(r.b) {
		r.fail("%d bytes too many after %s", len(r.b)-r.off, what)
	}
	return r.err
}

// writer puts a message together.
type writer struct{ b []byte }

func (w *writer) u8(v byte)     { w.b = append(w.b, v) }
func (w *writer) i32(v int32)   { w.b = binary.BigEndian.AppendUint32(w.b, uint32(v)) }
func (w *writer) f64(v float64) { w.b = binary.BigEndian.AppendUint64(w.b, math.Float64bits(v)) }
func (w *writer) text(s string) { w.i32(int32(len(s))); w.b = append(w.b, s...) }

func (w *writer) typedByte(v int8)      { w.u8(typeByte); w.u8(byte(v)) }
func (w *writer) typedInt(v int32)      { w.u8(typeInt); w.i32(v) }
func (w *writer) typedDouble(v float64) { w.u8(typeDouble); w.f64(v) }
func (w *writer) typedText(s string)    { w.u8(typeString); w.text(s) }
func (w *writer) compound(n int32)      { w.u8(typeCompound); w.i32(n) }

// begin writes the head of a command in its long form, which fits every length; end fills in the length.
func (w *writer) begin(id byte) (start int) {
	start = len(w.b)
	w.u8(0)
	w.i32(0)
	w.u8(id)
	return start
}

func (w *writer) end(start int) {
	binary.BigEndian.PutUint32(w.b[start+1:], uint32(len(w.b)-start))
}

package frame

import "encoding/binary"

// reader walks protobuf bytes. After the first malformed byte bad is set and everything reads as empty.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) more() bool { return !r.bad && len(r.b) > 0 }

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

// bytes returns a length-delimited field. The length is checked against what is there before it is used.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// each calls fn with every element of a packed sint64 field until fn says stop.
func (r *reader) each(fn func(int64) bool) bool {
	in := reader{b: r.bytes()}
	for in.more() {
		n := in.varint()
		if in.bad {
			break
		}
		if !fn(n) {
			return false
		}
	}
	r.bad = r.bad || in.bad
	return true
}

// skip passes over a field that this version does not know.
func (r *reader) skip(tag uint64) {
	switch tag & 7 {
	case varint:
		r.uvarint()
	case 1:
		r.drop(8)
	case packed:
		r.bytes()
	case 5:
		r.drop(4)
	default: // groups ended with proto2; 6 and 7 never were
		r.bad = true
	}
	if tag>>3 == 0 {
		r.bad = true
	}
}

func (r *reader) drop(n int) {
	if len(r.b) < n {
		r.bad = true
		return
	}
	r.b = r.b[n:]
}

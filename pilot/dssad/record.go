package dssad

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

// Sizes in bytes. MaxVersion is of a version or software identification number.
const (
	RecordSize = 192
	MaxVersion = 40
	hashed     = RecordSize - sha256.Size
	maxSeq     = 1 << 62 // of a record: more than a car can make, so that the next one has a number, too
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

// Record is one event as it was stored.
type Record struct {
	Seq      uint64 // from 1, without a gap
	Cycle    uint32 // run cycle of the car; At counts within it
	Unix     int64  // s since 1970 UTC: date and time, exact to the second
	Event    r157.Event
	Software string // version of the pilot at the time
	SWIN     string // R157 software identification number at the time
	Prev     Hash   // of the record before; all zero for the first
	Hash     Hash   // of this record
}

// layout of a record, big-endian: seq 8, cycle 4, kind, reason, from, to, tick 8, unix 8, software 40, swin 40, reserved
// up to the hash of the record before, 32, and the record's own, 32.
const (
	atSeq, atCycle, atKind, atReason, atFrom, atTo = 0, 8, 12, 13, 14, 15
	atTick, atUnix, atSoftware, atSWIN             = 16, 24, 32, 32 + MaxVersion
	atReserved, atPrev                             = 32 + 2*MaxVersion, hashed - sha256.Size
)

// put writes the record and its hash.
func put(b *[RecordSize]byte, seq uint64, cycle uint32, unix int64, e *r157.Event, software, swin *[MaxVersion]byte, prev *Hash) {
	clear(b[:])
	binary.BigEndian.PutUint64(b[atSeq:], seq)
	binary.BigEndian.PutUint32(b[atCycle:], cycle)
	b[atKind], b[atReason], b[atFrom], b[atTo] = byte(e.Kind), byte(e.Reason), byte(e.From), byte(e.To)
	binary.BigEndian.PutUint64(b[atTick:], uint64(e.At))
	binary.BigEndian.PutUint64(b[atUnix:], uint64(unix))
	copy(b[atSoftware:], software[:])
	copy(b[atSWIN:], swin[:])
	copy(b[atPrev:], prev[:])
	h := sha256.Sum256(b[:hashed])
	copy(b[hashed:], h[:])
}

// parse reads a record and checks all that it shows by itself.
func parse(b []byte) (Record, error) {
	if len(b) != RecordSize {
		return Record{}, fmt.Errorf("a record has %d bytes, expected %d", len(b), RecordSize)
	}
	if h := sha256.Sum256(b[:hashed]); h != Hash(b[hashed:]) {
		return Record{}, errors.New("the record was changed: its hash is another")
	}
	r := Record{Seq: binary.BigEndian.Uint64(b[atSeq:]), Cycle: binary.BigEndian.Uint32(b[atCycle:]), Unix: int64(binary.BigEndian.Uint64(b[atUnix:])),
		Event: r157.Event{At: motion.Tick(binary.BigEndian.Uint64(b[atTick:])), Kind: r157.Kind(b[atKind]), Reason: r157.Reason(b[atReason]),
			From: motion.Mode(b[atFrom]), To: motion.Mode(b[atTo])},
		Prev: Hash(b[atPrev:hashed]), Hash: Hash(b[hashed:])}
	var err error
	switch {
	case r.Seq == 0 || r.Seq > maxSeq:
		return Record{}, fmt.Errorf("a record's number is %d, expected 1 to %d", r.Seq, uint64(maxSeq))
	case !r.Event.Kind.Known() || !r.Event.Reason.Known() || r.Event.From > motion.Locked || r.Event.To > motion.Locked || r.Event.At < 0:
		return Record{}, fmt.Errorf("record %d holds no event of this version", r.Seq)
	case r.Unix < 0 || r.Unix > 1<<33:
		return Record{}, fmt.Errorf("record %d: its date is not between 1970 and 2242", r.Seq)
	case !zero(b[atReserved:atPrev]):
		return Record{}, fmt.Errorf("record %d: reserved bytes are in use", r.Seq)
	}
	if r.Software, err = text(b[atSoftware:atSWIN]); err == nil {
		r.SWIN, err = text(b[atSWIN:atReserved])
	}
	if err != nil {
		return Record{}, fmt.Errorf("record %d: %w", r.Seq, err)
	}
	return r, nil
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// text is a version: printable ASCII up to the first zero, zeros after it.
func text(b []byte) (string, error) {
	s, rest, _ := bytes.Cut(b, []byte{0})
	if len(s) == 0 || !zero(rest) {
		return "", errors.New("a version is empty or followed by other bytes")
	}
	for _, c := range s {
		if c < ' ' || c > '~' {
			return "", errors.New("a version is not in printable ASCII")
		}
	}
	return string(s), nil
}

// fixed puts a version into its place.
func fixed(what, s string) (out [MaxVersion]byte, err error) {
	if len(s) > MaxVersion {
		return out, fmt.Errorf("%s has %d bytes, at most %d", what, len(s), MaxVersion)
	}
	copy(out[:], s)
	if _, err := text(out[:]); err != nil {
		return out, fmt.Errorf("%s %q: %w", what, s, err)
	}
	return out, nil
}

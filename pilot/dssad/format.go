package dssad

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A ring as bytes is a header, the records from the oldest, and nothing else. The header holds the magic, the version, the size
// of a record, the number of records, the newest number and its hash. A log, which is appended to as things happen, is a header
// without the last three and then records.

const (
	version    = 1
	headerSize = 64
	// LogHeaderSize is the length of a log's header in bytes.
	LogHeaderSize = 16
	// MaxBytes bounds a ring as bytes.
	MaxBytes = headerSize + Capacity*RecordSize
	// MaxLogRecords bounds a log.
	MaxLogRecords = Capacity
)

var (
	magic    = [8]byte{'R', 'B', 'D', 'S', 'S', 'A', 'D', '\n'}
	logMagic = [8]byte{'R', 'B', 'D', 'S', 'L', 'O', 'G', '\n'}
)

// Encode appends the ring's bytes to b.
func (r *Ring) Encode(b []byte) []byte {
	b = append(b, magic[:]...)
	b = binary.BigEndian.AppendUint32(b, version)
	b = binary.BigEndian.AppendUint32(b, RecordSize)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Len()))
	b = binary.BigEndian.AppendUint64(b, r.seq)
	b = append(b, r.head[:]...)
	for seq := r.oldest; seq <= r.seq; seq++ {
		b = append(b, r.slots[(seq-1)%Capacity][:]...)
	}
	return b
}

// Decode reads a ring from outside bytes and verifies it. Begin must be called before more is appended.
func Decode(b []byte) (*Ring, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("dssad: %d bytes, at most %d", len(b), MaxBytes)
	}
	if err := header(b, magic, headerSize); err != nil {
		return nil, err
	}
	n, last := binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint64(b[24:])
	if n != min(last, Capacity) || uint64(len(b)-headerSize) != n*RecordSize {
		return nil, fmt.Errorf("dssad: %d bytes of records are not the %d that end with number %d", len(b)-headerSize, n, last)
	}
	r := &Ring{seq: last, oldest: last - n + 1, head: Hash(b[32:64])}
	for i, body := uint64(0), b[headerSize:]; i < n; i, body = i+1, body[RecordSize:] {
		seq := r.oldest + i
		if got := binary.BigEndian.Uint64(body); got != seq {
			return nil, fmt.Errorf("dssad: record %d stands where %d should", got, seq)
		}
		copy(r.slots[(seq-1)%Capacity][:], body)
	}
	if last == 0 && r.head != (Hash{}) {
		return nil, errors.New("dssad: an empty ring has a head")
	}
	if err := r.Verify(0, Hash{}); err != nil {
		return nil, fmt.Errorf("dssad: %w", err)
	}
	return r, nil
}

func header(b []byte, want [8]byte, size int) error {
	if len(b) < size {
		return fmt.Errorf("dssad: %d bytes are less than a header of %d", len(b), size)
	}
	if !bytes.Equal(b[:8], want[:]) {
		return errors.New("dssad: these are no such records")
	}
	if v, s := binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:]); v != version || s != RecordSize {
		return fmt.Errorf("dssad: version %d with records of %d bytes, expected %d with %d", v, s, version, RecordSize)
	}
	return nil
}

// LogHeader appends a log's header to b.
func LogHeader(b []byte) []byte {
	b = append(b, logMagic[:]...)
	b = binary.BigEndian.AppendUint32(b, version)
	return binary.BigEndian.AppendUint32(b, RecordSize)
}

// Replay takes the records of a log in behind those that the ring has, and returns how many bytes of the log are whole. What a
// crash tore off at the end is left: less than a record, or a last record whose hash is false. Anything false before that, and a
// record that does not follow, is an error. The first log of a ring may begin with any record.
func (r *Ring) Replay(log []byte) (whole int, err error) {
	if len(log) < LogHeaderSize {
		if h := LogHeader(nil); !bytes.Equal(log, h[:len(log)]) {
			return 0, errors.New("dssad: these are no such records")
		}
		return 0, nil // torn within the header
	}
	if err := header(log, logMagic, LogHeaderSize); err != nil {
		return 0, err
	}
	if len(log) > LogHeaderSize+MaxLogRecords*RecordSize {
		return 0, fmt.Errorf("dssad: a log of %d bytes, at most %d", len(log), LogHeaderSize+MaxLogRecords*RecordSize)
	}
	whole = LogHeaderSize
	for body := log[whole:]; len(body) >= RecordSize; body = body[RecordSize:] {
		rec, err := parse(body[:RecordSize])
		if err != nil {
			if len(body) < 2*RecordSize {
				return whole, nil
			}
			return whole, fmt.Errorf("dssad: at byte %d: %w", whole, err)
		}
		if err := r.take(rec, body[:RecordSize]); err != nil {
			return whole, fmt.Errorf("dssad: at byte %d: %w", whole, err)
		}
		whole += RecordSize
	}
	return whole, nil
}

func (r *Ring) take(rec Record, b []byte) error {
	prev, ok := r.At(r.seq)
	if err := follows(rec, prev, !ok); err != nil {
		return err
	}
	if !ok {
		r.oldest = rec.Seq
	}
	copy(r.slots[(rec.Seq-1)%Capacity][:], b)
	r.seq, r.head = rec.Seq, rec.Hash
	if r.seq-r.oldest >= Capacity {
		r.oldest = r.seq - Capacity + 1
	}
	return nil
}

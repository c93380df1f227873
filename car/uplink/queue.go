package uplink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"roadbook/car/flash"
	"roadbook/fault"
)

// Bounds of the queue on disk.
const (
	MaxQueueBytes = 256 << 20 // of frames that wait; more are refused until the cloud has taken some
	compactAbove  = 1 << 20   // a file that holds nothing unacknowledged is begun anew above this size
	maxRecord     = 128 << 10
)

// ErrFull is in the chain of what Append returns when the disk or the queue is full. Nothing that was stored is lost.
var ErrFull = errors.New("the queue is full")

// A record is: length of the body (4 bytes), CRC-32C of the body (4), body. The body is a kind (1), a sequence number (8)
// and, for a frame, its bytes. A torn tail is cut off on opening: what was there was never reported as stored. What cannot be
// read and has whole records behind it was spoiled later: it is set aside by name, and those behind it stay.
const (
	kindFrame = 1
	kindAck   = 2 // all frames up to the number are acknowledged
	kindNext  = 3 // the number of the next frame, at the head of a file that was begun anew
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type record struct {
	seq     uint64
	payload []byte
}

// queue is the append-only file of frames, and those that wait in memory. It is not safe for concurrent use.
type queue struct {
	path    string
	file    *os.File
	size    int64
	waiting []record
	bytes   int64
	next    uint64
	aside   string // the file of what could not be read on opening; "" without any
}

func openQueue(dir string) (*queue, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	q := &queue{path: filepath.Join(dir, "queue.log"), next: 1}
	f, err := os.OpenFile(q.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	q.file = f
	if err := errors.Join(q.replay(), flash.SyncDir(dir)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return q, nil
}

// replay reads the file to its last whole record and cuts off the rest.
func (q *queue) replay() error {
	b, err := io.ReadAll(q.file)
	if err != nil {
		return err
	}
	var bad []byte
	for {
		kind, seq, payload, n := parseRecord(b[q.size:])
		if n == 0 {
			skip := nextRecord(b[q.size:])
			if skip == 0 {
				break
			}
			bad = append(bad, b[q.size:q.size+int64(skip)]...)
			q.size += int64(skip)
			continue
		}
		q.size += int64(n)
		switch kind {
		case kindFrame:
			q.waiting = append(q.waiting, record{seq, append([]byte(nil), payload...)})
			q.bytes += int64(len(payload))
			q.next = max(q.next, seq+1)
		case kindAck:
			q.drop(seq)
		case kindNext:
			q.next = max(q.next, seq)
		}
	}
	if len(bad) > 0 {
		if q.aside, err = flash.AsideBytes(q.path, bad); err != nil {
			return err
		}
		return q.begin()
	}
	if q.size == int64(len(b)) {
		return nil
	}
	if err := q.file.Truncate(q.size); err != nil {
		return err
	}
	return q.file.Sync()
}

// nextRecord is where the next whole record of b begins, 0 when there is none behind its first byte.
func nextRecord(b []byte) int {
	for at := 1; at < len(b); at++ {
		if _, _, _, n := parseRecord(b[at:]); n > 0 {
			return at
		}
	}
	return 0
}

// parseRecord returns the first record of b, or n = 0 when there is no whole one.
func parseRecord(b []byte) (kind byte, seq uint64, payload []byte, n int) {
	if len(b) < 8 {
		return 0, 0, nil, 0
	}
	length := int(binary.LittleEndian.Uint32(b))
	if length < 9 || length > maxRecord || len(b) < 8+length {
		return 0, 0, nil, 0
	}
	body := b[8 : 8+length]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return 0, 0, nil, 0
	}
	return body[0], binary.LittleEndian.Uint64(body[1:]), body[9:], 8 + length
}

func encodeRecord(kind byte, seq uint64, payload []byte) []byte {
	b := make([]byte, 8, 17+len(payload))
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint64(b, seq)
	b = append(b, payload...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-8)) //nolint:gosec // bounded by maxRecord
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	return b
}

// append stores a frame durably. After an error the file is as it was.
func (q *queue) append(payload []byte) error {
	if q.bytes+int64(len(payload)) > MaxQueueBytes {
		return fmt.Errorf("%w: %w", ErrFull, fault.New(fault.Unavailable, "queue_full", "%d bytes of frames wait for the cloud, at most %d", q.bytes, MaxQueueBytes))
	}
	if len(payload)+9 > maxRecord {
		return fault.New(fault.Invalid, "frame_size", "a frame of %d bytes does not fit a record of %d", len(payload), maxRecord)
	}
	if err := q.write(encodeRecord(kindFrame, q.next, payload), true); err != nil {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	q.waiting = append(q.waiting, record{q.next, payload})
	q.bytes += int64(len(payload))
	q.next++
	return nil
}

func (q *queue) write(b []byte, durable bool) error {
	_, err := q.file.WriteAt(b, q.size)
	if err == nil && durable {
		err = q.file.Sync()
	}
	if err != nil {
		return errors.Join(err, q.file.Truncate(q.size))
	}
	q.size += int64(len(b))
	return nil
}

// ack forgets the frames up to seq. The note of it need not be durable: a frame that is sent again is known by its number.
func (q *queue) ack(seq uint64) error {
	q.drop(seq)
	if len(q.waiting) == 0 && q.size > compactAbove {
		return q.begin()
	}
	return q.write(encodeRecord(kindAck, seq, nil), false)
}

func (q *queue) drop(seq uint64) {
	n := 0
	for n < len(q.waiting) && q.waiting[n].seq <= seq {
		q.bytes -= int64(len(q.waiting[n].payload))
		n++
	}
	q.waiting = q.waiting[n:]
}

// begin replaces the file by one that holds only the next number and what waits.
func (q *queue) begin() error {
	tmp := q.path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	b := encodeRecord(kindNext, q.next, nil)
	for _, w := range q.waiting {
		b = append(b, encodeRecord(kindFrame, w.seq, w.payload)...)
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(tmp, q.path)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	old := q.file
	q.file, q.size = f, int64(len(b))
	return errors.Join(old.Close(), flash.SyncDir(filepath.Dir(q.path)))
}

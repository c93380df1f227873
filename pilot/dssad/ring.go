package dssad

import (
	"errors"
	"fmt"

	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

// Capacity is how many records the ring holds: at least 2,500 are asked for.
const Capacity = 2560

// Ring holds the newest records. It is not safe for use by several goroutines. It is large: keep it by pointer.
type Ring struct {
	slots          [Capacity][RecordSize]byte // record n lies in slot (n-1) mod Capacity
	seq            uint64                     // of the newest record, 0: none
	oldest         uint64
	head           Hash
	cycle          uint32
	software, swin [MaxVersion]byte
}

// New gives an empty ring for a run cycle of a car with this software. Versions are 1 to 40 bytes of printable ASCII.
func New(software, swin string, cycle uint32) (*Ring, error) {
	r := &Ring{oldest: 1}
	return r, r.Begin(software, swin, cycle)
}

// Begin says what the records from now on carry: a new run cycle, perhaps with other software.
func (r *Ring) Begin(software, swin string, cycle uint32) error {
	a, err := fixed("software version", software)
	if err != nil {
		return err
	}
	b, err := fixed("software identification number", swin)
	if err != nil {
		return err
	}
	r.software, r.swin, r.cycle = a, b, cycle
	return nil
}

// Append stores an event with its date in seconds since 1970 UTC and returns the record's bytes, which are good until the ring
// has come round. It allocates nothing. An unknown kind or reason is refused: it would make the ring unreadable.
func (r *Ring) Append(unix int64, e r157.Event) (record []byte, err error) {
	if !e.Kind.Known() || !e.Reason.Known() || e.At < 0 || e.From > motion.Locked || e.To > motion.Locked || unix < 0 || unix > 1<<33 {
		return nil, errNoEvent
	}
	seq := r.seq + 1
	slot := &r.slots[(seq-1)%Capacity]
	put(slot, seq, r.cycle, unix, &e, &r.software, &r.swin, &r.head)
	r.head = Hash(slot[hashed:])
	r.seq = seq
	if seq-r.oldest >= Capacity {
		r.oldest = seq - Capacity + 1
	}
	return slot[:], nil
}

var errNoEvent = errors.New("dssad: no known event, or a date before 1970")

// Len is how many records there are.
func (r *Ring) Len() int { return int(r.seq + 1 - r.oldest) }

// Last is the number of the newest record, 0 before the first.
func (r *Ring) Last() uint64 { return r.seq }

// Head is the hash of the newest record, all zero before the first.
func (r *Ring) Head() Hash { return r.head }

// At gives record seq, if the ring still holds it.
func (r *Ring) At(seq uint64) (Record, bool) {
	if seq < r.oldest || seq > r.seq || seq == 0 {
		return Record{}, false
	}
	rec, err := parse(r.slots[(seq-1)%Capacity][:])
	return rec, err == nil
}

// Records gives all records, the oldest first.
func (r *Ring) Records() []Record {
	out := make([]Record, 0, r.Len())
	for seq := r.oldest; seq <= r.seq; seq++ {
		if rec, ok := r.At(seq); ok {
			out = append(out, rec)
		}
	}
	return out
}

// Before gives what was recorded in the same run cycle within so many ticks before record seq, and the record itself: the last
// 30 s (3,000 ticks) before a trigger of the event data recorder must be retrievable.
func (r *Ring) Before(seq uint64, ticks motion.Tick) []Record {
	end, ok := r.At(seq)
	if !ok {
		return nil
	}
	from := seq
	for from > r.oldest {
		prev, ok := r.At(from - 1)
		if !ok || prev.Cycle != end.Cycle || end.Event.At-prev.Event.At > ticks {
			break
		}
		from--
	}
	var out []Record
	for ; from <= seq; from++ {
		rec, _ := r.At(from)
		out = append(out, rec)
	}
	return out
}

// Verify walks the chain of the ring, and compares it with a head that was reported earlier, if seq is not 0: a chain that was
// made anew has another one. A head older than the ring is not compared.
func (r *Ring) Verify(seq uint64, head Hash) error {
	prev := Record{}
	for n := r.oldest; n <= r.seq; n++ {
		rec, err := parse(r.slots[(n-1)%Capacity][:])
		if err != nil {
			return err
		}
		if err := follows(rec, prev, n == r.oldest); err != nil {
			return err
		}
		if rec.Seq == seq && rec.Hash != head {
			return fmt.Errorf("record %d has another hash than was reported: the chain was made anew", seq)
		}
		prev = rec
	}
	if seq > r.seq {
		return fmt.Errorf("record %d was reported, the newest is %d: records were removed", seq, r.seq)
	}
	if r.seq > 0 && prev.Hash != r.head {
		return fmt.Errorf("record %d is not the head of the chain", prev.Seq)
	}
	return nil
}

// follows reports why rec may not stand behind prev.
func follows(rec, prev Record, first bool) error {
	switch {
	case first && rec.Seq == 1 && rec.Prev != Hash{}:
		return errors.New("record 1 has something before it")
	case first:
		return nil
	case rec.Seq != prev.Seq+1:
		return fmt.Errorf("record %d follows record %d: records were removed or reordered", rec.Seq, prev.Seq)
	case rec.Prev != prev.Hash:
		return fmt.Errorf("record %d does not follow the record %d that is before it", rec.Seq, prev.Seq)
	case rec.Cycle < prev.Cycle || rec.Cycle == prev.Cycle && rec.Event.At < prev.Event.At:
		return fmt.Errorf("record %d lies before record %d in time", rec.Seq, prev.Seq)
	}
	return nil
}

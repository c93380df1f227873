package uplink

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// TestQueueSurvivesACutAnywhere appends and acknowledges, leaves any part of one more record at the end of the file, as a
// power cut does, and opens it again: every stored, unacknowledged frame is there, in order, and numbers go on rising.
func TestQueueSurvivesACutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "queue")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // the test ends
		q, err := openQueue(dir)
		if err != nil {
			t.Fatal(err)
		}
		acked, next := uint64(0), uint64(1)
		stored := map[uint64][]byte{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch {
			case len(q.waiting) > 0 && rapid.Bool().Draw(t, "ack"):
				acked = q.waiting[rapid.IntRange(0, len(q.waiting)-1).Draw(t, "upto")].seq
				if err := q.ack(acked); err != nil {
					t.Fatal(err)
				}
			case len(q.waiting) == 0 && rapid.IntRange(0, 9).Draw(t, "begin") == 0:
				if err := q.begin(); err != nil {
					t.Fatal(err)
				}
			default:
				p := rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "frame")
				if err := q.append(p); err != nil {
					t.Fatal(err)
				}
				stored[next] = p
				next++
			}
		}
		torn := encodeRecord(kindFrame, next, []byte("torn"))
		if _, err := q.file.WriteAt(torn[:rapid.IntRange(0, len(torn)-1).Draw(t, "cut")], q.size); err != nil {
			t.Fatal(err)
		}
		if err := q.file.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := openQueue(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer r.file.Close() //nolint:errcheck // the test ends
		if r.next != next {
			t.Fatalf("the next number is %d, want %d", r.next, next)
		}
		want := acked + 1
		for _, w := range r.waiting {
			if w.seq != want || !bytes.Equal(w.payload, stored[w.seq]) {
				t.Fatalf("frame %d stands where %d should, or has another content", w.seq, want)
			}
			want++
		}
		if want != next {
			t.Fatalf("frames %d to %d are missing", want, next-1)
		}
	})
}

// TestASpoiledRecordCostsItselfOnly turns a bit somewhere before the last record: what cannot be read is set aside by name, every other
// frame still waits, no number comes back, and opened again there is nothing more to set aside.
func TestASpoiledRecordCostsItselfOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "queue")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir) //nolint:errcheck // the test ends
		q, err := openQueue(dir)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(2, 20).Draw(t, "frames")
		begins := []int64{}
		for i := range n {
			begins = append(begins, q.size)
			if err := q.append(append(rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "frame"), byte(i))); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.file.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(q.path)
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.Int64Range(0, begins[n-1]-1).Draw(t, "at")
		b[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if err := os.WriteFile(q.path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		spoiled := 0
		for spoiled+1 < n && begins[spoiled+1] <= at {
			spoiled++
		}
		for _, aside := range []string{q.path + ".bad-1", ""} {
			r, err := openQueue(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.file.Close(); err != nil {
				t.Fatal(err)
			}
			if r.aside != aside || r.next != uint64(n+1) || len(r.waiting) != n-1 {
				t.Fatalf("set aside %q, next %d, %d of %d wait", r.aside, r.next, len(r.waiting), n)
			}
			for i, w := range r.waiting {
				if i >= spoiled {
					i++
				}
				if w.seq != uint64(i+1) || w.payload[len(w.payload)-1] != byte(i) {
					t.Fatalf("frame %d holds %v, spoiled was %d", w.seq, w.payload, spoiled+1)
				}
			}
		}
		kept, err := os.ReadFile(q.path + ".bad-1")
		if err != nil || !bytes.Equal(kept, b[begins[spoiled]:begins[spoiled+1]]) {
			t.Fatalf("what was set aside is not the record: %v", err)
		}
	})
}

func TestAFullDiskLosesNothing(t *testing.T) {
	dir := t.TempDir()
	q, err := openQueue(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.append([]byte("first")); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	disk := q.file
	q.file = full
	if err := q.append([]byte("second")); !errors.Is(err, ErrFull) {
		t.Fatalf("a full disk: %v", err)
	}
	q.file = disk
	if err := full.Close(); err != nil {
		t.Fatal(err)
	}
	q.bytes = MaxQueueBytes
	if err := q.append([]byte("second")); !errors.Is(err, ErrFull) {
		t.Fatalf("a full queue: %v", err)
	}
	q.bytes = 0
	if err := q.append([]byte("third")); err != nil {
		t.Fatal(err)
	}
	if err := q.file.Close(); err != nil {
		t.Fatal(err)
	}
	if q, err = openQueue(dir); err != nil {
		t.Fatal(err)
	}
	defer q.file.Close() //nolint:errcheck // the test ends
	if len(q.waiting) != 2 || string(q.waiting[0].payload) != "first" || q.waiting[1].seq != 2 || string(q.waiting[1].payload) != "third" {
		t.Fatalf("waiting %v", q.waiting)
	}
}

func FuzzReplay(f *testing.F) {
	f.Add(append(encodeRecord(kindFrame, 1, []byte("a")), encodeRecord(kindAck, 1, nil)...))
	f.Add([]byte{9, 0, 0, 0, 1, 2, 3, 4, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "queue.log"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		q, err := openQueue(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := q.append([]byte("after")); err != nil {
			t.Fatal(err)
		}
		if err := q.file.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

package dssad_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"

	"roadbook/pilot/dssad"
	"roadbook/pilot/motion"
	"roadbook/pilot/r157"
)

func ring(t testing.TB, n int) *dssad.Ring {
	t.Helper()
	r, err := dssad.New("1.4.0", "R157 HWP 1", 1)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, r, n)
	return r
}

func fill(t testing.TB, r *dssad.Ring, n int) {
	t.Helper()
	for range n {
		seq := r.Last() + 1
		e := r157.Event{At: motion.Tick(seq * 100), Kind: r157.Kind(1 + seq%17), Reason: r157.Reason(seq % 30), From: motion.Active, To: motion.Mode(seq % 7)}
		if _, err := r.Append(1_700_000_000+int64(seq), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewestAreKept(t *testing.T) {
	r := ring(t, dssad.Capacity+100)
	all := r.Records()
	if len(all) != dssad.Capacity || dssad.Capacity < 2500 || all[0].Seq != 101 || all[len(all)-1].Seq != dssad.Capacity+100 {
		t.Fatalf("%d records from %d to %d", len(all), all[0].Seq, all[len(all)-1].Seq)
	}
	rec := all[7]
	if rec.Software != "1.4.0" || rec.SWIN != "R157 HWP 1" || rec.Unix != 1_700_000_108 || rec.Event.At != 10_800 || rec.Event.Kind != r157.Kind(1+108%17) || rec.Cycle != 1 {
		t.Errorf("record %+v", rec)
	}
	back, err := dssad.Decode(r.Encode(nil))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.Encode(nil), r.Encode(nil)) || back.Head() != r.Head() {
		t.Error("another ring came back")
	}
	if err := back.Begin("1.5.0", "R157 HWP 2", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := back.Append(1_800_000_000, r157.Event{At: 3, Kind: r157.Activation, Reason: r157.Button}); err != nil {
		t.Fatal(err)
	}
	if rec, ok := back.At(back.Last()); !ok || rec.Software != "1.5.0" || rec.Cycle != 2 || rec.Prev != r.Head() {
		t.Errorf("after a restart: %+v", rec)
	}
	if err := back.Verify(r.Last(), r.Head()); err != nil {
		t.Errorf("a head reported before: %v", err)
	}
}

// TestTamperingShows changes, removes, swaps and repeats at every record, and every single byte.
func TestTamperingShows(t *testing.T) {
	const n = 12
	good := ring(t, n).Encode(nil)
	at := func(i int) int { return len(good) - (n-i)*dssad.RecordSize }
	refuse := func(what string, b []byte) {
		t.Helper()
		if _, err := dssad.Decode(b); err == nil {
			t.Errorf("%s did not show", what)
		}
	}
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 0x40
		refuse("a changed byte", b)
	}
	for i := range n {
		refuse("a removed record", append(bytes.Clone(good[:at(i)]), good[at(i+1):]...))
		refuse("a repeated record", append(bytes.Clone(good[:at(i+1)]), good[at(i):]...))
		for j := range i {
			b := bytes.Clone(good)
			copy(b[at(i):at(i+1)], good[at(j):at(j+1)])
			copy(b[at(j):at(j+1)], good[at(i):at(i+1)])
			refuse("two swapped records", b)
		}
	}
	refuse("a cut end", good[:len(good)-1])

	other := ring(t, 0) // a whole new chain is only betrayed by what was reported
	fill(t, other, n)
	if err := other.Verify(n, ring(t, n).Head()); err != nil {
		t.Errorf("the same chain: %v", err)
	}
	forged := ring(t, n-1)
	if _, err := forged.Append(1_700_000_000, r157.Event{At: 5000, Kind: r157.Deactivation, Reason: r157.Button}); err != nil {
		t.Fatal(err)
	}
	if err := forged.Verify(n, ring(t, n).Head()); err == nil {
		t.Error("a chain made anew did not show against the reported head")
	}
	if err := ring(t, n-1).Verify(n, ring(t, n).Head()); err == nil {
		t.Error("a removed newest record did not show against the reported head")
	}
}

func TestLogAfterACrash(t *testing.T) {
	const n = 5
	r := ring(t, 0)
	log := dssad.LogHeader(nil)
	for i := range n {
		b, err := r.Append(1_700_000_000, r157.Event{At: motion.Tick(i), Kind: r157.Activation, Reason: r157.Button})
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, b...)
	}
	for cut := range len(log) + 1 {
		got := ring(t, 0)
		whole, err := got.Replay(log[:cut])
		want := max(0, cut-dssad.LogHeaderSize) / dssad.RecordSize
		if err != nil || got.Len() != want || whole > cut || cut >= dssad.LogHeaderSize && whole != dssad.LogHeaderSize+want*dssad.RecordSize {
			t.Fatalf("cut at %d: %d records, %d bytes whole, %v; want %d records", cut, got.Len(), whole, err, want)
		}
	}
	for i := range log {
		b := bytes.Clone(log)
		b[i] ^= 1
		got := ring(t, 0)
		_, err := got.Replay(b)
		if last := i >= len(log)-dssad.RecordSize; last != (err == nil) || last && got.Len() != n-1 {
			t.Fatalf("byte %d of %d changed: %v with %d records; only the last record may be torn", i, len(log), err, got.Len())
		}
	}
}

func TestRefuses(t *testing.T) {
	r := ring(t, 3)
	for _, e := range []r157.Event{{}, {Kind: 200}, {Kind: r157.Activation, Reason: 200}, {Kind: r157.Activation, At: -1}, {Kind: r157.Activation, To: 9}} {
		if _, err := r.Append(0, e); err == nil {
			t.Errorf("%+v was stored", e)
		}
	}
	if r.Len() != 3 {
		t.Errorf("%d records", r.Len())
	}
	for _, v := range []string{"", "line\nbreak", string(make([]byte, 41)), "Ünicode"} {
		if _, err := dssad.New(v, "1", 1); err == nil {
			t.Errorf("version %q was taken", v)
		}
	}
}

// TestNoNumberAfterTheLast: a forged record that leaves no number for the next is refused; to walk such a ring would not end.
func TestNoNumberAfterTheLast(t *testing.T) {
	b, err := ring(t, 0).Append(1_700_000_000, r157.Event{Kind: r157.Activation, Reason: r157.Button})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		b[i] = 0xFF
	}
	sum := sha256.Sum256(b[:dssad.RecordSize-sha256.Size])
	copy(b[dssad.RecordSize-sha256.Size:], sum[:])
	r := ring(t, 0)
	if _, err := r.Replay(append(append(dssad.LogHeader(nil), b...), b...)); err == nil || r.Last() != 0 {
		t.Errorf("taken, %v; the newest is %d", err, r.Last())
	}
}

func TestBeforeATrigger(t *testing.T) {
	r := ring(t, 100) // a record each second
	got := r.Before(100, 3000)
	if len(got) != 31 || got[0].Seq != 70 || got[30].Seq != 100 {
		t.Errorf("%d records in the 30 s before a trigger", len(got))
	}
	if got := r.Before(101, 3000); got != nil {
		t.Errorf("before a record that is not there: %v", got)
	}
}

func TestRingIsItsNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, err := dssad.New("1", "1", 0)
		if err != nil {
			t.Fatal(err)
		}
		var at motion.Tick
		var kinds []r157.Kind
		n := rapid.IntRange(0, 40).Draw(t, "few")
		if rapid.Bool().Draw(t, "round") {
			n += dssad.Capacity
		}
		for range n {
			at += motion.Tick(n % 7)
			k := r157.Kind(1 + (uint64(at)+uint64(len(kinds)))%17)
			if _, err := r.Append(int64(at), r157.Event{At: at, Kind: k}); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, k)
		}
		kinds = kinds[max(0, len(kinds)-dssad.Capacity):]
		back, err := dssad.Decode(r.Encode(nil))
		if err != nil {
			t.Fatal(err)
		}
		all := back.Records()
		if len(all) != len(kinds) {
			t.Fatalf("%d records, want %d", len(all), len(kinds))
		}
		for i, rec := range all {
			if rec.Event.Kind != kinds[i] {
				t.Fatalf("record %d is %s, want %s", rec.Seq, rec.Event.Kind, kinds[i])
			}
		}
	})
}

func TestNoAllocation(t *testing.T) {
	r := ring(t, 0)
	e := r157.Event{Kind: r157.Activation, Reason: r157.Button}
	if n := testing.AllocsPerRun(5000, func() {
		e.At++
		if _, err := r.Append(1, e); err != nil {
			panic(err)
		}
	}); n != 0 {
		t.Errorf("%g allocations an append", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	r := ring(b, 0)
	e := r157.Event{Kind: r157.Activation, Reason: r157.Button}
	for b.Loop() {
		e.At++
		if _, err := r.Append(1, e); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(ring(f, 0).Encode(nil))
	f.Add(ring(f, 3).Encode(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := dssad.Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Encode(nil), b) {
			t.Fatal("other bytes were read than are written")
		}
	})
}

func FuzzReplay(f *testing.F) {
	f.Add(append(dssad.LogHeader(nil), ring(f, 2).Encode(nil)[64:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := dssad.New("1", "1", 0)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := r.Replay(b)
		if whole > len(b) {
			t.Fatalf("%d of %d bytes are whole", whole, len(b))
		}
		if err == nil {
			if err := r.Verify(0, dssad.Hash{}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

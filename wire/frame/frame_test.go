package frame

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"roadbook/fault"
)

var base = time.UnixMilli(1_790_000_000_000).UTC()

func drawFrame(t *rapid.T) Frame {
	f := Frame{
		Catalogue: rapid.Uint32().Draw(t, "catalogue"),
		Seq:       rapid.Uint64Min(1).Draw(t, "seq"),
		Base:      time.UnixMilli(rapid.Int64Range(minBase, maxBase-1).Draw(t, "base")).UTC(),
	}
	point := rapid.Custom(func(t *rapid.T) Point {
		return Point{rapid.Int64Range(-MaxOffset.Milliseconds(), MaxOffset.Milliseconds()).Draw(t, "offset"), rapid.Int64().Draw(t, "raw")}
	})
	column := rapid.Custom(func(t *rapid.T) Column {
		return Column{ID(rapid.Uint32Min(1).Draw(t, "signal")), rapid.SliceOfN(point, 0, 20).Draw(t, "points")}
	})
	f.Columns = rapid.SliceOfN(column, 0, 12).Draw(t, "columns")
	return f
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawFrame(t)
		b, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	})
}

// The bytes follow from the message in the package comment and the protobuf encoding, worked out field by field.
func TestGolden(t *testing.T) {
	f := Frame{Catalogue: 1, Seq: 300, Base: base, Columns: []Column{{Speed, []Point{{0, 725}, {1000, 723}}}}}
	b, err := Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	const want = "0801" + "10ac02" + "1880d8c1a28c34" + "220c" + "0801" + "120300d00f" + "1a03aa0b03"
	if got := hex.EncodeToString(b); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	head := "0801" + "1001" + "1880d8c1a28c34"
	for _, c := range []struct{ reason, bytes, code string }{
		{"an empty message has no sequence number", "", "frame_seq"},
		{"without base time a sample has no instant", "08011001", "frame_time"},
		{"a negative base time lies before 1970", "1001" + "18ffffffffffffffffff01", "frame_time"},
		{"a varint that never ends", "10ffffffffffffffffffff", "frame_encoding"},
		{"a length beyond the end", head + "22ff01", "frame_encoding"},
		{"a group, which proto3 does not have", head + "2b", "frame_encoding"},
		{"field number 0", head + "0000", "frame_encoding"},
		{"more times than values", head + "2207" + "0801" + "12020202" + "1a", "frame_encoding"},
		{"two times, one value", head + "2209" + "0801" + "12020202" + "1a0102", "frame_column"},
		{"a column without a signal", head + "2206" + "120102" + "1a0102", "frame_signal"},
		{"a signal id over 32 bits", head + "2206" + "08ffffffff1f", "frame_signal"},
		{"more columns than a frame may have", head + strings.Repeat("22020801", MaxColumns+1), "frame_columns"},
		{"more bytes than a frame may have", strings.Repeat("00", MaxBytes+1), "frame_bytes"},
	} {
		b, err := hex.DecodeString(c.bytes)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(b); fault.CodeOf(err) != c.code || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want %s", c.reason, err, c.code)
		}
	}
}

func TestDecodeAccepts(t *testing.T) {
	want := Frame{Catalogue: 1, Seq: 1, Base: base, Columns: []Column{{Speed, []Point{{1, 1}, {2, 2}}}}}
	head := "0801" + "1001" + "1880d8c1a28c34"
	for _, c := range []struct{ reason, bytes string }{
		{"packed, as we write it", head + "220a" + "0801" + "12020202" + "1a020202"},
		{"unpacked elements are legal protobuf", head + "220a" + "0801" + "1002" + "1002" + "1802" + "1802"},
		{"a packed field may come in pieces", head + "220c" + "0801" + "120102" + "120102" + "1a020202"},
		{"unknown fields of all wire types are skipped", head + "220a" + "0801" + "12020202" + "1a020202" + "7801" + "7a0101" + "7d00000000" + "790000000000000000"},
		{"fields in another order", "220a" + "0801" + "1a020202" + "12020202" + head},
	} {
		b, err := hex.DecodeString(c.bytes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", c.reason, d)
		}
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	many := make([]Point, MaxPoints+1)
	big := make([]Point, MaxPoints)
	for i := range big {
		big[i].Raw = int64(i%2) << 62
	}
	for _, c := range []struct {
		reason string
		f      Frame
		code   string
	}{
		{"too many samples", Frame{Seq: 1, Base: base, Columns: []Column{{Speed, many}}}, "frame_points"},
		{"too many bytes", Frame{Seq: 1, Base: base, Columns: []Column{{Speed, big}}}, "frame_bytes"},
		{"a sample far from the base", Frame{Seq: 1, Base: base, Columns: []Column{{Speed, []Point{{Offset: 1 << 40}}}}}, "frame_offset"},
	} {
		if _, err := Encode(c.f); fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %s", c.reason, err, c.code)
		}
	}
}

// A frame of 10 ticks × 20 signals that move slowly stays under 5 bytes per sample.
func TestDenseFrameIsSmall(t *testing.T) {
	f := Frame{Catalogue: 1, Seq: 1 << 20, Base: base}
	for s := range 20 {
		c := Column{Signal: ID(s + 1)}
		for i := range 10 {
			c.Points = append(c.Points, Point{int64(i) * 1000, int64(4000 + i*(s+1))})
		}
		f.Columns = append(f.Columns, c)
	}
	b, err := Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	if per := float64(len(b)) / float64(f.Samples()); per > 5 {
		t.Errorf("%.2f bytes per sample", per)
	}
}

func TestCatalogueIsDense(t *testing.T) {
	paths := map[string]bool{}
	for i, s := range Signals() {
		if int(s.ID) != i+1 || s.Scale < 1 || paths[s.Path] {
			t.Errorf("signal %d: %+v", i, s)
		}
		paths[s.Path] = true
		if got, ok := Lookup(s.ID); !ok || got != s {
			t.Errorf("Lookup(%d) = %v", s.ID, got)
		}
		if got := s.Raw(s.Value(123456)); got != 123456 {
			t.Errorf("%s: raw 123456 comes back as %d", s.Path, got)
		}
	}
	if _, ok := Lookup(0); ok {
		t.Error("signal 0 is none")
	}
	if _, err := ByPath("Vehicle.speed"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("paths are case sensitive: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	good, err := Encode(Frame{Catalogue: 1, Seq: 7, Base: base, Columns: []Column{{Speed, []Point{{0, 1}, {5, -3}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{0x22, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Decode(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("a refusal of outside bytes is Invalid: %v", err)
			}
			return
		}
		again, err := Encode(got)
		if fault.CodeOf(err) == "frame_bytes" {
			return // unpacked input may be smaller than what we would write
		}
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got, back, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	f := Frame{Catalogue: 1, Seq: 1, Base: base}
	for s := range 20 {
		c := Column{Signal: ID(s + 1)}
		for i := range 10 {
			c.Points = append(c.Points, Point{int64(i) * 1000, int64(i * s)})
		}
		f.Columns = append(f.Columns, c)
	}
	raw, err := Encode(f)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*200), "ns/sample")
}

package meter_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/car/meter"
	"roadbook/fault"
	"roadbook/wire/command"
)

var start = time.Date(2023, 9, 30, 23, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string) *meter.Meter {
	t.Helper()
	m, err := meter.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func add(t testing.TB, m *meter.Meter, milli int64, at time.Time) {
	t.Helper()
	if err := m.Add("pilot.highway", "pilot.km", milli, at); err != nil {
		t.Fatal(err)
	}
}

func seal(t testing.TB, m *meter.Meter) command.UsageBatch {
	t.Helper()
	b, ok, err := m.Seal()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := b.Encode(); err != nil {
		t.Fatalf("the wire refuses %+v: %v", b, err)
	}
	return b
}

func TestOneBatchUnderWay(t *testing.T) {
	dir := t.TempDir()
	m := open(t, dir)
	if _, ok, err := m.Seal(); ok || err != nil {
		t.Errorf("nothing was used: %v %v", ok, err)
	}
	add(t, m, 12_400, start)
	add(t, m, 1, start.Add(time.Minute))
	add(t, m, 600, start.Add(2*time.Hour)) // another day, and another month
	want := command.UsageBatch{Seq: 1, Items: []command.UsageItem{
		{Meter: "pilot.km", Quantity: "12.401", At: start.Add(time.Minute)},
		{Meter: "pilot.km", Quantity: "0.600", At: start.Add(2 * time.Hour)}}}
	if d := cmp.Diff(want, seal(t, m)); d != "" {
		t.Error(d)
	}
	add(t, m, 5_000, start.Add(3*time.Hour))
	m = open(t, dir) // killed
	if d := cmp.Diff(want, seal(t, m)); d != "" {
		t.Errorf("the same number with another content: %s", d)
	}
	if p := m.Pending(); len(p) != 1 || p[0].Milli != 5_000 {
		t.Errorf("pending %+v", p)
	}
	if err := m.Ack(2); fault.CodeOf(err) != "meter_seq" {
		t.Errorf("an answer to what was never sent: %v", err)
	}
	for range 2 {
		if err := m.Ack(1); err != nil {
			t.Fatal(err)
		}
	}
	m = open(t, dir)
	if b := seal(t, m); b.Seq != 2 || len(b.Items) != 1 || b.Items[0].Quantity != "5.000" {
		t.Errorf("next batch %+v", b)
	}
	if err := m.Ack(1); err != nil { // late and twice
		t.Fatal(err)
	}
	if b := seal(t, m); b.Seq != 2 || m.Seq() != 2 {
		t.Errorf("a late answer ended another batch: %+v", b)
	}
}

func TestAddRefuses(t *testing.T) {
	m := open(t, t.TempDir())
	for _, row := range []struct {
		reason, feature, meter string
		milli                  int64
		at                     time.Time
		code                   string
	}{
		{"a counter never goes back", "pilot", "pilot.km", -1, start, "meter_quantity"},
		{"nothing is not use", "pilot", "pilot.km", 0, start, "meter_quantity"},
		{"more than a car drives", "pilot", "pilot.km", meter.MaxStep + 1, start, "meter_quantity"},
		{"no meter", "pilot", "", 1, start, "meter_name"},
		{"a line break would end the line", "pilot\n", "pilot.km", 1, start, "meter_name"},
		{"a clock that was never set", "pilot", "pilot.km", 1, time.Time{}, "meter_time"},
	} {
		if err := m.Add(row.feature, row.meter, row.milli, row.at); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
	if p := m.Pending(); len(p) != 0 {
		t.Errorf("counted %+v", p)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Add("pilot", "pilot.km", 1, start); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("closed: %v", err)
	}
}

func TestMoreThanOneBatchHolds(t *testing.T) {
	m := open(t, t.TempDir())
	n := command.MaxUsageItems + 7
	for i := range n {
		add(t, m, 1, start.AddDate(0, 0, i))
	}
	first := seal(t, m)
	if err := m.Ack(first.Seq); err != nil {
		t.Fatal(err)
	}
	second := seal(t, m)
	if len(first.Items) != command.MaxUsageItems || len(second.Items) != 7 {
		t.Errorf("%d and %d items of %d", len(first.Items), len(second.Items), n)
	}
}

func TestTornAndForeignFiles(t *testing.T) {
	dir := t.TempDir()
	m := open(t, dir)
	add(t, m, 1_000, start)
	add(t, m, 2_000, start)
	logs, err := filepath.Glob(filepath.Join(dir, "use-*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	b, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(b) + 1 {
		if err := os.WriteFile(logs[0], b[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		whole := int64(strings.Count(string(b[:cut]), "\n"))
		m := open(t, dir)
		var got int64
		for _, u := range m.Pending() {
			got += u.Milli
		}
		if got != []int64{0, 1_000, 3_000}[whole] {
			t.Fatalf("cut at %d: %d", cut, got)
		}
		add(t, m, 500, start) // joins no torn line
		var after int64
		for _, u := range open(t, dir).Pending() {
			after += u.Milli
		}
		if after != got+500 {
			t.Fatalf("cut at %d: %d after %d", cut, after, got)
		}
	}
	m = open(t, dir)
	seal(t, m)
	add(t, m, 700, start)
	write(t, dir, "use-0.log", b) // left by a program that was killed
	if p := open(t, dir).Pending(); len(p) != 1 || p[0].Milli != 700 {
		t.Errorf("an old log was counted again: %+v", p)
	}
}

// TestSpoiledFiles: what a disk has spoiled is set aside by name and costs what stood in it, nothing else; numbers go on above
// those that were used.
func TestSpoiledFiles(t *testing.T) {
	for _, c := range []struct {
		reason string
		spoil  func(t *testing.T, dir string)
		aside  []string
		had    bool  // the batch under way is still the same
		milli  int64 // counted and in no batch
	}{
		{"nothing", func(*testing.T, string) {}, nil, true, 7_000},
		{"an empty checkpoint, as a power cut leaves it", func(t *testing.T, dir string) { write(t, dir, "meter.json", nil) }, []string{"meter.json.bad-1"}, false, 7_000},
		{"half a checkpoint", func(t *testing.T, dir string) { write(t, dir, "meter.json", read(t, dir, "meter.json")[:40]) }, []string{"meter.json.bad-1"}, false, 7_000},
		{"another digit in the checkpoint", func(t *testing.T, dir string) {
			write(t, dir, "meter.json", bytes.Replace(read(t, dir, "meter.json"), []byte(`"milli":12401`), []byte(`"milli":92401`), 1))
		}, []string{"meter.json.bad-1"}, false, 7_000},
		{"a batch that no wire takes, from before there were checksums", func(t *testing.T, dir string) {
			write(t, dir, "meter.json", []byte(`{"gen":3,"seq":2,"sealed":[{"feature":"pilot.highway","meter":"","day":"2023-09-30","milli":12401,"at":"2023-09-30T23:01:00Z"}]}`))
		}, []string{"meter.json.bad-1"}, false, 7_000},
		{"no checkpoint", func(t *testing.T, dir string) { remove(t, dir, "meter.json") }, nil, false, 7_000},
		{"no log", func(t *testing.T, dir string) { remove(t, dir, "use-3.log") }, nil, true, 0},
		{"neither can be read", func(t *testing.T, dir string) {
			remove(t, dir, "use-3.log")
			write(t, dir, "meter.json", []byte("?"))
		}, []string{"meter.json.bad-1"}, false, 0},
		{"the first line of the log", func(t *testing.T, dir string) {
			b := read(t, dir, "use-3.log")
			b[20] ^= 4
			write(t, dir, "use-3.log", b)
		}, []string{"use-3.log.bad-1"}, true, 2_000},
	} {
		t.Run(c.reason, func(t *testing.T) {
			dir := t.TempDir()
			m := open(t, dir)
			add(t, m, 1, start)
			if err := m.Ack(seal(t, m).Seq); err != nil {
				t.Fatal(err)
			}
			add(t, m, 12_401, start.Add(time.Minute))
			was := seal(t, m) // batch 2 in generation 3
			add(t, m, 5_000, start.Add(time.Hour))
			add(t, m, 2_000, start.Add(time.Hour))
			c.spoil(t, dir)
			for _, aside := range [][]string{c.aside, nil} { // opened again nothing more is set aside
				m = open(t, dir)
				var names []string
				for _, f := range m.SetAside() {
					names = append(names, filepath.Base(f))
					if _, err := os.Stat(f); err != nil {
						t.Error(err)
					}
				}
				var pending int64
				for _, u := range m.Pending() {
					pending += u.Milli
				}
				if d := cmp.Diff(aside, names); d != "" || pending != c.milli {
					t.Fatalf("pending %d, want %d; set aside %s", pending, c.milli, d)
				}
			}
			add(t, m, 300, start.Add(2*time.Hour))
			now := seal(t, m)
			if c.had && !cmp.Equal(was, now) || !c.had && now.Seq <= was.Seq {
				t.Errorf("batch %+v after %+v", now, was)
			}
			if err := m.Ack(now.Seq); err != nil {
				t.Fatal(err)
			}
			if next := open(t, dir); next.Seq() != now.Seq {
				t.Errorf("batch %d after %d", next.Seq(), now.Seq)
			}
		})
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// TestEverythingOnce walks at random through use, sealing, lost answers and restarts: the batches that were acknowledged,
// the one under way and what is pending always sum to what was used; a number never has two contents.
func TestEverythingOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		m, err := meter.Open(dir)
		if err != nil {
			rt.Fatal(err)
		}
		seen := map[uint64]command.UsageBatch{}
		var used int64
		check := func() {
			var sum int64
			for _, b := range seen {
				sum += total(b)
			}
			for _, u := range m.Pending() {
				sum += u.Milli
			}
			if sum != used {
				rt.Fatalf("used %d, told of %d", used, sum)
			}
		}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				n := rapid.Int64Range(1, 100_000).Draw(rt, "milli")
				if err := m.Add("pilot", "pilot.km", n, start.AddDate(0, 0, rapid.IntRange(0, 3).Draw(rt, "day"))); err != nil {
					rt.Fatal(err)
				}
				used += n
			case 1:
				b, ok, err := m.Seal()
				if err != nil {
					rt.Fatal(err)
				}
				if ok {
					if had, twice := seen[b.Seq]; twice && !cmp.Equal(had, b) || !twice && b.Seq != uint64(len(seen))+1 {
						rt.Fatalf("batch %d was %+v, is %+v", b.Seq, had, b)
					}
					seen[b.Seq] = b
				}
			case 2:
				if err := m.Ack(uint64(len(seen))); err != nil {
					rt.Fatal(err)
				}
			case 3:
				if err := m.Close(); err != nil {
					rt.Fatal(err)
				}
				if m, err = meter.Open(dir); err != nil {
					rt.Fatal(err)
				}
			}
			check()
		}
		if err := m.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// total sums a batch, in thousandths.
func total(b command.UsageBatch) (sum int64) {
	for _, i := range b.Items {
		var whole, milli int64
		if _, err := fmt.Sscanf(i.Quantity, "%d.%d", &whole, &milli); err != nil {
			panic(err) // the meter wrote it
		}
		sum += whole*1000 + milli
	}
	return sum
}

func FuzzLog(f *testing.F) {
	dir := f.TempDir()
	m := open(f, dir)
	add(f, m, 1_000, start)
	b, err := os.ReadFile(filepath.Join(dir, "use-0.log"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("00000000 {}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "use-0.log"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		before := open(t, dir).Pending()
		m := open(t, dir)
		if d := cmp.Diff(before, m.Pending()); d != "" {
			t.Fatalf("read twice, counted twice: %s", d)
		}
		add(t, m, 1, start)
	})
}

// FuzzCheckpoint: whatever stands in the checkpoint, the meter opens, counts, and makes batches that the wire takes.
func FuzzCheckpoint(f *testing.F) {
	dir := f.TempDir()
	m := open(f, dir)
	add(f, m, 1_000, start)
	if _, _, err := m.Seal(); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "meter.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[9:]) // as it was before there were checksums
	f.Add([]byte(`{"gen":1,"seq":1,"sealed":[{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "meter.json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		m := open(t, dir)
		for range 2 {
			add(t, m, 1, start)
			if err := m.Ack(seal(t, m).Seq); err != nil {
				t.Fatal(err)
			}
		}
	})
}

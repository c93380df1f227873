package meter_test

import (
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
	if err := os.WriteFile(filepath.Join(dir, "use-99.log"), b, 0o600); err != nil { // left by a program that was killed
		t.Fatal(err)
	}
	if p := open(t, dir).Pending(); len(p) != 1 || p[0].Milli != 3_500 {
		t.Errorf("an old log was counted again: %+v", p)
	}
	if err := os.WriteFile(filepath.Join(dir, "meter.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := meter.Open(dir); fault.CodeOf(err) != "meter_state" {
		t.Errorf("a damaged checkpoint would forget the number: %v", err)
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
		seen := map[uint64]string{}
		var used int64
		check := func() {
			var sum int64
			for _, text := range seen {
				sum += total(rt, text)
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
					text := fmt.Sprint(b.Items)
					if had, twice := seen[b.Seq]; twice && had != text || !twice && b.Seq != uint64(len(seen))+1 {
						rt.Fatalf("batch %d was %s, is %s", b.Seq, had, text)
					}
					seen[b.Seq] = text
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

// total sums the quantities in a printed list of items "{pilot.km 12.400 2023-…}".
func total(t *rapid.T, text string) (sum int64) {
	for _, item := range strings.Split(text, "{")[1:] {
		var whole, milli int64
		if _, err := fmt.Sscanf(strings.Fields(item)[1], "%d.%d", &whole, &milli); err != nil {
			t.Fatal(err)
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

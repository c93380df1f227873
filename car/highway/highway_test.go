package highway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/period"
	"roadbook/pilot/dssad"
	"roadbook/pilot/r157"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
	"roadbook/wire/uptane"
)

func open(t testing.TB, dir string) *Highway {
	t.Helper()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', 1)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(Config{Dir: dir, VIN: v, Country: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// dayStart is day i of the tests.
func dayStart(i int) (s struct {
	day period.Date
	at  time.Time
}) {
	s.at = time.Date(2023, 9, 1, 8, 0, 0, 0, time.UTC).AddDate(0, 0, i)
	s.day = period.DateOf(s.at)
	return s
}

func drive(t testing.TB, h *Highway, i int) pilotlog.Report {
	t.Helper()
	s := dayStart(i)
	r, err := h.Drive(s.day, s.at, 15_000)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAYear: the metres add up, the pilot drives most of them, and what the chances hold does happen and is told.
func TestAYear(t *testing.T) {
	h := open(t, t.TempDir())
	var active, unavailable, manual int64
	seen := map[pilotlog.Kind]int{}
	for i := range 365 {
		r := drive(t, h, i)
		if r.Active+r.Unavailable+r.Manual != 15_000 || r.Active < 0 || r.Unavailable < 0 || r.Manual < 0 || r.Seq != uint64(i+1) {
			t.Fatalf("day %d: %+v", i, r)
		}
		active, unavailable, manual = active+r.Active, unavailable+r.Unavailable, manual+r.Manual
		for _, e := range r.Events {
			seen[e.Kind]++
		}
	}
	t.Logf("%d km active, %d unavailable, %d by hand; %v", active/1000, unavailable/1000, manual/1000, seen)
	if share := float64(active) / (365 * 15_000); share < 0.8 || share > 0.99 {
		t.Errorf("the pilot drove %.3f of the way", share)
	}
	if unavailable == 0 || seen[pilotlog.Activation] < 300 || seen[pilotlog.TransitionDemand] == 0 || seen[pilotlog.Deactivation] < 300 || seen[pilotlog.Collision] != 0 {
		t.Errorf("%d m unavailable, %v", unavailable, seen)
	}
	waiting, err := h.Waiting()
	if err != nil || len(waiting) != 365 || waiting[364].Seq != 365 {
		t.Fatalf("%d reports wait: %v", len(waiting), err)
	}
	if err := h.Ack(1); err != nil {
		t.Fatal(err)
	}
	if waiting, err = h.Waiting(); err != nil || len(waiting) != 364 || waiting[0].Seq != 2 {
		t.Errorf("%d reports wait: %v", len(waiting), err)
	}
}

// TestADayIsDrivenOnce breaks days off at every byte that a crash can leave of the newest records and of the state.
func TestADayIsDrivenOnce(t *testing.T) {
	whole := open(t, t.TempDir())
	dir := t.TempDir()
	var want []pilotlog.Report
	for i := range 3 {
		want = append(want, drive(t, whole, i))
		h := open(t, dir)
		log := logName(dir, 0)
		before, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		had, err := os.ReadFile(filepath.Join(dir, stateName))
		if err != nil && i > 0 {
			t.Fatal(err)
		}
		drive(t, h, i)
		after, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		for cut := len(before); cut <= len(after); cut += 37 { // killed after so many bytes, before the report
			if err := os.WriteFile(log, after[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				_ = os.Remove(filepath.Join(dir, stateName)) // may be gone
			} else if err := os.WriteFile(filepath.Join(dir, stateName), had, 0o600); err != nil {
				t.Fatal(err)
			}
			h := open(t, dir)
			if d := cmp.Diff(want[i], drive(t, h, i)); d != "" {
				t.Fatalf("day %d cut at %d: %s", i, cut, d)
			}
			if d := cmp.Diff(want[i], drive(t, h, i)); d != "" {
				t.Fatalf("day %d driven again: %s", i, d)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
		}
		ring, err := ReadDSSAD(dir)
		if err != nil {
			t.Fatal(err)
		}
		if ring.Head() != whole.Ring().Head() || ring.Last() != whole.Ring().Last() {
			t.Fatalf("day %d: %d records, without a crash %d", i, ring.Last(), whole.Ring().Last())
		}
	}
}

// TestSpoiledFiles: a report or a state that a disk has spoiled is set aside by name; the other reports still wait, and no number
// comes a second time.
func TestSpoiledFiles(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	for i := range 4 {
		drive(t, h, i)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	report := h.reportPath(2)
	b, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{report: b[:len(b)/2], h.reportPath(3): nil, filepath.Join(dir, stateName): {0}} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h = open(t, dir)
	waits := func(want ...uint64) {
		t.Helper()
		waiting, err := h.Waiting()
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, r := range waiting {
			got = append(got, r.Seq)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	waits(1, 4)
	want := []string{filepath.Join(dir, stateName) + ".bad-1", report + ".bad-1", h.reportPath(3) + ".bad-1"}
	if d := cmp.Diff(want, h.SetAside()); d != "" {
		t.Error(d)
	}
	const day4 = 19605 // 2023-09-05 since 1970
	if r := drive(t, h, 4); r.Seq != day4 {
		t.Errorf("report %d", r.Seq)
	}
	if r := drive(t, h, 4); r.Seq != day4 {
		t.Errorf("the same day again: report %d", r.Seq)
	}
	if r := drive(t, h, 6); r.Seq != day4+1 {
		t.Errorf("the next: report %d", r.Seq)
	}
	waits(1, 4, day4, day4+1)
	if h = open(t, dir); len(h.SetAside()) != 0 {
		t.Errorf("once more: %v", h.SetAside())
	}
	waits(1, 4, day4, day4+1)
}

func TestLogsTakeTurns(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	for i := range 2*dssad.Capacity + 10 {
		if err := h.rec.append(1_700_000_000, r157.Event{At: 1, Kind: r157.Activation, Reason: r157.Button}); err != nil {
			t.Fatal(i, err)
		}
		if i%dssad.Capacity < 3 {
			ring, err := ReadDSSAD(dir)
			if err != nil || ring.Last() != uint64(i+1) || ring.Len() != min(i+1, dssad.Capacity) {
				t.Fatalf("after %d records: %v", i+1, err)
			}
		}
	}
}

// TestAWriteFails: a flash that is full for a while costs neither a record nor a day, in the same run of the program.
func TestAWriteFails(t *testing.T) {
	whole, h := open(t, t.TempDir()), open(t, t.TempDir())
	drive(t, whole, 0)
	drive(t, h, 0)
	want := drive(t, whole, 1)
	if _, err := h.rec.file.Write(make([]byte, dssad.RecordSize/2)); err != nil { // what fitted of a record
		t.Fatal(err)
	}
	if err := h.rec.file.Close(); err != nil {
		t.Fatal(err)
	}
	s := dayStart(1)
	if _, err := h.Drive(s.day, s.at, 15_000); err == nil {
		t.Fatal("a day was driven whose events nobody could store")
	}
	if d := cmp.Diff(want, drive(t, h, 1)); d != "" {
		t.Error(d)
	}
	ring, err := ReadDSSAD(h.cfg.Dir)
	if err != nil || ring.Head() != whole.Ring().Head() || ring.Last() != whole.Ring().Last() {
		t.Errorf("%v: the flash does not hold what one that never failed does", err)
	}
}

func TestDamagedRecorderMakesThePilotUnavailable(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	for i := range 3 {
		drive(t, h, i)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(logName(dir, 0))
	if err != nil {
		t.Fatal(err)
	}
	b[dssad.LogHeaderSize+20] ^= 1
	if err := os.WriteFile(logName(dir, 0), b, 0o600); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir)
	if h.Broken() == nil {
		t.Fatal("a changed record did not show")
	}
	if r := drive(t, h, 3); r.Active != 0 || r.Unavailable != 15_000 || len(r.Events) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestWhereNobodyAllowsIt: the car drives, the pilot does not, and every metre was unavailable.
func TestWhereNobodyAllowsIt(t *testing.T) {
	h, err := Open(Config{Dir: t.TempDir(), VIN: "LRBR1CNE1PB000001", Country: "XX"})
	if err != nil || h.Barred() == nil {
		t.Fatal(h.Barred(), err)
	}
	if r := drive(t, h, 0); r.Unavailable != 15_000 || r.Active != 0 || r.Country != "XX" || len(r.Events) != 0 {
		t.Errorf("%+v", r)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkDay(b *testing.B) {
	h := open(b, b.TempDir())
	i := 0
	for b.Loop() {
		drive(b, h, i)
		i++
	}
}

// TestEveryVersionOfAReleaseIsNamed: the longest version that a release can have, and the longest number of R157, stand in the report
// and in the recorder as they are.
func TestEveryVersionOfAReleaseIsNamed(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	long := Software{"1" + strings.Repeat(" .+:_/-aZ", 4) + "abc", "R" + strings.Repeat("9", 39)}
	if !uptane.Version.MatchString(long.Version) || len(long.Version) != 40 {
		t.Fatalf("%q is no version of 40 characters", long.Version)
	}
	h.cfg.Running = func() Software { return long }
	r := drive(t, h, 0)
	if r.Software != long.Version || r.SWIN != long.SWIN {
		t.Errorf("the report names %q and %q", r.Software, r.SWIN)
	}
	ring, err := ReadDSSAD(dir)
	if err != nil || ring.Len() == 0 {
		t.Fatal(ring.Len(), err)
	}
	for _, rec := range ring.Records() {
		if rec.Software != long.Version || rec.SWIN != long.SWIN {
			t.Fatalf("the recorder names %q and %q", rec.Software, rec.SWIN)
		}
	}
}

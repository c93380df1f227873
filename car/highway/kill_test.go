package highway

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// killEnv makes the test binary a car that drives day after day in the folder it names, until it is killed.
const killEnv = "ROADBOOK_HIGHWAY_DIR"

func init() {
	dir := os.Getenv(killEnv)
	if dir == "" {
		return
	}
	if err := driveOn(dir, 100_000); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// driveOn drives from the day after the newest report to day last.
func driveOn(dir string, last int) error {
	h, err := Open(Config{Dir: dir, VIN: "LRBR1CNE1PB000001", Country: "CN"})
	if err == nil {
		err = h.Broken()
	}
	for err == nil && h.state.Seq < uint64(last) {
		s := dayStart(int(h.state.Seq))
		_, err = h.Drive(s.day, s.at, 15_000)
	}
	if err != nil {
		return err
	}
	return h.Close()
}

// TestKilledAnywhere kills -9 a process that drives, again and again: afterwards recorder and reports are those of a car that was
// never killed.
func TestKilledAnywhere(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env, cmd.Stderr = append(os.Environ(), killEnv+"="+dir), os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(60+13*i) * time.Millisecond)
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
			t.Fatalf("kill %d: the car ended by itself: %v", i, err)
		}
	}
	killed, err := Open(Config{Dir: dir, VIN: "LRBR1CNE1PB000001", Country: "CN"})
	if err != nil || killed.Broken() != nil {
		t.Fatalf("after the kills: %v, %v", err, killed.Broken())
	}
	seq := killed.state.Seq
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	if seq < 12 {
		t.Fatalf("only %d days between the kills", seq)
	}
	days := int(seq) + 3
	whole := t.TempDir()
	for _, d := range []string{dir, whole} {
		if err := driveOn(d, days); err != nil {
			t.Fatal(err)
		}
	}
	a, err := ReadDSSAD(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadDSSAD(whole)
	if err != nil {
		t.Fatal(err)
	}
	if a.Head() != b.Head() || a.Last() != b.Last() || a.Len() == 0 {
		t.Errorf("%d records, without a kill %d", a.Last(), b.Last())
	}
	ha, hb := open(t, dir), open(t, whole)
	got, err := ha.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	want, err := hb.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" || len(got) != days {
		t.Errorf("%d reports of %d days: %s", len(got), days, d)
	}
	t.Logf("%d days, %d records over 12 kills", seq, a.Len())
}

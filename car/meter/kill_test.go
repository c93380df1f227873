package meter_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"roadbook/car/meter"
)

// killEnv makes the test binary a car that counts, seals and acknowledges in the folder it names, and tells each step, until it is
// killed.
const killEnv = "ROADBOOK_METER_DIR"

func init() {
	dir := os.Getenv(killEnv)
	if dir == "" {
		return
	}
	fmt.Fprintln(os.Stderr, countOn(dir))
	os.Exit(1)
}

func countOn(dir string) error {
	m, err := meter.Open(dir)
	for i := 0; err == nil; i++ {
		if err = m.Add("pilot", "pilot.km", 1, start.AddDate(0, 0, i%3)); err != nil {
			break
		}
		fmt.Println("used")
		if i%5 < 4 {
			continue
		}
		b, ok, serr := m.Seal()
		if err = serr; err != nil || !ok {
			break
		}
		fmt.Println("batch", b.Seq, total(b))
		err = m.Ack(b.Seq)
	}
	return err
}

// TestKilledAnywhere kills -9 a process that counts, again and again, and spoils its checkpoint after every third kill: every batch
// keeps its content, numbers rise, nothing is told twice and nothing is lost but what stood in a spoiled file.
func TestKilledAnywhere(t *testing.T) {
	dir := t.TempDir()
	batches := map[uint64]int64{}
	used, cut := int64(0), 0
	last := uint64(0)
	for round := range 9 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env, cmd.Stderr = append(os.Environ(), killEnv+"="+dir), os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(30+17*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var seq uint64
			var milli int64
			if _, err := fmt.Sscanf(lines.Text(), "batch %d %d", &seq, &milli); err != nil {
				used++
				continue
			}
			if was, ok := batches[seq]; ok && was != milli || seq < last {
				t.Fatalf("batch %d of %d after %d, was %d", seq, milli, last, was)
			}
			batches[seq], last = milli, seq
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
			t.Fatalf("it ended by itself: %v", err)
		}
		m := open(t, dir)
		var sum int64
		for _, milli := range batches {
			sum += milli
		}
		if b, ok, err := m.Seal(); err != nil {
			t.Fatal(err)
		} else if _, told := batches[b.Seq]; ok && !told {
			sum += total(b)
			batches[b.Seq], last = total(b), b.Seq
		}
		for _, u := range m.Pending() {
			sum += u.Milli
		}
		if sum < used || sum > used+1 { // the last addition may not have been told
			t.Fatalf("round %d: used %d, told of %d", round, used, sum)
		}
		used = sum
		if round%3 != 2 {
			continue
		}
		add(t, m, 500, start) // stands in the log behind the batch
		used += 500
		cut++
		if err := os.Truncate(filepath.Join(dir, "meter.json"), int64(7*round)); err != nil {
			t.Fatal(err)
		}
		after := open(t, dir)
		if len(after.SetAside()) != 1 {
			t.Fatalf("set aside %v", after.SetAside())
		}
		sum = 0
		for _, milli := range batches {
			sum += milli
		}
		for _, u := range after.Pending() {
			sum += u.Milli
		}
		if sum != used { // the spoiled file held the batch under way, which was told; the rest stood in the log
			t.Fatalf("used %d, told of %d", used, sum)
		}
	}
	if cut == 0 || len(batches) < 10 {
		t.Fatalf("%d batches, %d spoiled files", len(batches), cut)
	}
	t.Logf("%d used, %d batches, the last %d, over 9 kills and %d spoiled checkpoints", used, len(batches), last, cut)
}

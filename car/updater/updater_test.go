package updater_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"roadbook/car/updater"
	"roadbook/vin"
	"roadbook/wire/uptane"
	"roadbook/wire/uptane/uptanetest"
)

// rig is a car on a world.
type rig struct {
	t   *testing.T
	w   *uptanetest.World
	cfg updater.Config
	u   *updater.Updater
}

func newRig(t *testing.T) *rig {
	t.Helper()
	w := uptanetest.New()
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	r := &rig{t: t, w: w, cfg: updater.Config{
		Dir: t.TempDir(), VIN: vin.VIN(uptanetest.VIN), ECU: uptanetest.ECU, HardwareID: uptanetest.Hardware,
		Factory:      updater.Version{Release: uptane.Release{Version: "factory"}},
		DirectorRoot: w.Roots.Director.Root, ImageRoot: w.Roots.Image.Root,
		Client: srv.Client(), BaseURL: srv.URL, Clock: w, Signer: w.Key,
		SpeedFloor: 1000, SpeedWindow: 200 * time.Millisecond,
	}}
	r.restart()
	return r
}

// restart is a new process on the same disk.
func (r *rig) restart() {
	r.t.Helper()
	u, err := updater.New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.u = u
}

// installs polls and expects release n to run, from the right bytes.
func (r *rig) installs(n int64) {
	r.t.Helper()
	res, err := r.u.Poll(r.t.Context())
	if err != nil || res.Installed == nil {
		r.t.Fatalf("release %d is not installed: %+v, %v", n, res, err)
	}
	r.runs(n)
}

// runs expects release n in the slot that runs.
func (r *rig) runs(n int64) {
	r.t.Helper()
	v := r.u.Current()
	if v.ReleaseCounter != n {
		r.t.Fatalf("release %d runs, want %d", v.ReleaseCounter, n)
	}
	got, err := os.ReadFile(filepath.Join(r.cfg.Dir, v.Slot, "image"))
	if err != nil || !bytes.Equal(got, uptanetest.Content(n)) {
		r.t.Fatalf("slot %s does not hold release %d: %v", v.Slot, n, err)
	}
	slot, err := os.ReadFile(filepath.Join(r.cfg.Dir, "current"))
	if err != nil || string(slot) != v.Slot {
		r.t.Fatalf("current is %q, want %q: %v", slot, v.Slot, err)
	}
}

func (r *rig) images() []string {
	var out []string
	for _, a := range r.w.Asked() {
		if strings.Contains(a, "images/") {
			_, rng, _ := strings.Cut(strings.TrimPrefix(a, "GET "), " ")
			out = append(out, rng)
		}
	}
	return out
}

func TestUpdateAlternatesSlotsAndTellsTheMaker(t *testing.T) {
	r := newRig(t)
	for n := int64(1); n <= 3; n++ {
		r.w.Offer(n)
		r.installs(n)
		if want := map[int64]string{1: "b", 2: "a", 3: "b"}[n]; r.u.Current().Slot != want {
			t.Fatalf("release %d is in slot %s, want %s", n, r.u.Current().Slot, want)
		}
	}
	var states []string
	for _, p := range r.w.Progress[:4] {
		states = append(states, p.State)
	}
	if got := strings.Join(states, " "); got != "downloading verified installed confirmed" {
		t.Errorf("told: %s", got)
	}
	last := r.w.LastReport()
	if last.Installed.ReleaseCounter != 3 || last.Attack != "" {
		t.Errorf("last report: %+v", last)
	}
	if got := r.w.Progress[3]; got.Campaign != "cmp_1" || got.Bytes != int64(len(uptanetest.Content(1))) {
		t.Errorf("progress: %+v", got)
	}
}

func TestIdlePollIsTwoSmallRequests(t *testing.T) {
	r := newRig(t)
	r.w.Offer(1)
	r.installs(1)
	r.w.Director.Publish(r.w.Now())
	if _, err := r.u.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.w.Asked()
	res, err := r.u.Poll(t.Context())
	if err != nil || !res.Unchanged {
		t.Fatalf("%+v, %v", res, err)
	}
	if got := fmt.Sprint(r.w.Asked()); got != "[GET repo/director/2.root.json GET repo/director/timestamp.json]" {
		t.Errorf("asked %s", got)
	}
}

func TestEveryLieIsRefusedReportedAndSurvived(t *testing.T) {
	for _, lie := range uptanetest.Lies {
		t.Run(lie.Name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.w.Offer(1)
			r.installs(1)
			r.w.Offer(2)
			lie.Tell(r.w)
			_, err := r.u.Poll(t.Context())
			var refusal *uptane.Refusal
			if !errors.As(err, &refusal) || refusal.Attack != lie.Attack {
				t.Fatalf("%s: want %s, got %v", lie.Reason, lie.Attack, err)
			}
			r.runs(1)
			if last := r.w.LastReport(); last.Attack != lie.Attack || last.Installed.ReleaseCounter != 1 || last.Detail == "" {
				t.Fatalf("report: %+v", last)
			}
			r.restart()
			r.runs(1)
			r.w.Mend(3)
			r.installs(3)
		})
	}
}

// cut makes the maker's side break the connection after n bytes of an image.
func (r *rig) cut(n int) {
	r.w.SetServe(func(w http.ResponseWriter, req *http.Request, content []byte) bool {
		if req.Header.Get("Range") != "" {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

func TestCutDownloadIsContinuedByANewProcess(t *testing.T) {
	for _, n := range []int{1, 70_000, len(uptanetest.Content(1)) - 1} {
		r := newRig(t)
		r.w.Offer(1)
		r.cut(n)
		if _, err := r.u.Poll(t.Context()); err == nil {
			t.Fatal("a cut download is whole")
		}
		r.images()
		r.restart()
		r.installs(1)
		if got := fmt.Sprint(r.images()); got != fmt.Sprintf("[bytes=%d-]", n) {
			t.Errorf("cut at %d: asked for %s", n, got)
		}
		if p := r.w.Progress[len(r.w.Progress)-1]; p.State != uptane.Confirmed || p.Bytes != int64(len(uptanetest.Content(1))) {
			t.Errorf("cut at %d: %+v", n, p)
		}
	}
}

func TestDamagedRestIsFetchedFromTheStart(t *testing.T) {
	r := newRig(t)
	r.w.Offer(1)
	r.cut(5000)
	_, err := r.u.Poll(t.Context())
	if err == nil {
		t.Fatal("a cut download is whole")
	}
	parts, err := filepath.Glob(filepath.Join(r.cfg.Dir, "fetch", "*.part"))
	if err != nil || len(parts) != 1 {
		t.Fatal(parts, err)
	}
	if err := os.WriteFile(parts[0], make([]byte, 5000), 0o600); err != nil { // what a power cut leaves of unsynced blocks
		t.Fatal(err)
	}
	r.w.SetServe(nil)
	r.images()
	r.restart()
	r.installs(1)
	if got := fmt.Sprint(r.images()); got != "[bytes=5000- ]" {
		t.Errorf("asked for %s", got)
	}
}

func TestFullDiskKeepsTheOldSlot(t *testing.T) {
	r := newRig(t)
	r.w.Offer(1)
	r.installs(1)
	r.w.Offer(2)
	sum := uptanetest.Entry(2, uptanetest.Content(2), "", uptanetest.Hardware).Hashes["sha256"].String()
	// /dev/full answers every write with ENOSPC.
	if err := os.RemoveAll(filepath.Join(r.cfg.Dir, "fetch")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(r.cfg.Dir, "fetch"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(r.cfg.Dir, "fetch", sum+".part")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.u.Poll(t.Context()); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("want ENOSPC, got %v", err)
	}
	r.runs(1)
	p := r.w.Progress[len(r.w.Progress)-1]
	if p.State != uptane.Failed || p.Campaign != "cmp_2" || !strings.Contains(r.w.LastReport().Detail, "no space") {
		t.Fatalf("told %+v %+v", p, r.w.LastReport())
	}
	r.w.Offer(3)
	r.installs(3)
}

func TestConsentComesBeforeTheFirstByte(t *testing.T) {
	r := newRig(t)
	agreed := false
	r.cfg.Consent = func(_ context.Context, rel uptane.Release) bool { return agreed && rel.Version == "1.0" }
	r.restart()
	r.w.Offer(1)
	for range 2 { // also when there is nothing new since
		res, err := r.u.Poll(t.Context())
		if err != nil || res.Waiting == nil || res.Waiting.ID != "rel_1" || r.u.Status().State != "waiting" {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	if got := r.images(); len(got) != 0 {
		t.Fatalf("fetched without consent: %v", got)
	}
	agreed = true
	r.restart()
	r.installs(1)
}

func TestUnhealthySlotIsLeft(t *testing.T) {
	r := newRig(t)
	sick := errors.New("no camera")
	r.cfg.Health = func(context.Context) error { return sick }
	r.w.Offer(1)
	r.restart()
	if _, err := r.u.Poll(t.Context()); !errors.Is(err, sick) {
		t.Fatal(err)
	}
	if v := r.u.Current(); v.Slot != "a" || v.ReleaseCounter != 0 {
		t.Fatalf("runs %+v", v)
	}
	if p := r.w.Progress[len(r.w.Progress)-1]; p.State != uptane.Failed {
		t.Fatalf("told %+v", p)
	}
	r.cfg.Health = nil
	r.restart()
	if res, err := r.u.Poll(t.Context()); err != nil || !res.Unchanged {
		t.Fatalf("what has failed is not tried again by itself: %+v, %v", res, err)
	}
	r.w.Offer(2)
	r.installs(2)
}

// A process that dies after any write it makes finds a state from which the next one goes on. Each round lets one more of the
// maker's answers through before everything stops.
func TestDeathAfterAnyAnswer(t *testing.T) {
	for allowed := range 16 {
		r := newRig(t)
		r.w.Offer(1)
		left := allowed
		inner := r.cfg.Client
		r.cfg.Client = &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if left--; left < 0 {
				return nil, errors.New("dead")
			}
			return inner.Transport.RoundTrip(req)
		})}
		r.restart()
		_, _ = r.u.Poll(t.Context())
		r.cfg.Client = inner
		r.restart()
		if _, err := r.u.Poll(t.Context()); err != nil {
			t.Fatalf("after %d answers: %v", allowed, err)
		}
		r.runs(1)
		if last := r.w.Progress[len(r.w.Progress)-1]; last.State != uptane.Confirmed {
			t.Fatalf("after %d answers: told %+v", allowed, last)
		}
	}
}

// A process killed between two of its own writes: every mixture of an old and a new file that the order of writes allows.
func TestDeathBetweenWrites(t *testing.T) {
	for _, row := range []struct {
		reason string
		undo   func(r *rig, before map[string][]byte)
	}{
		{"the switch is done, its note is not", func(r *rig, before map[string][]byte) {
			write(r.t, filepath.Join(r.cfg.Dir, "state.json"), before["state.json"])
		}},
		{"the image is in its slot, neither switch nor note is done", func(r *rig, before map[string][]byte) {
			write(r.t, filepath.Join(r.cfg.Dir, "state.json"), before["state.json"])
			write(r.t, filepath.Join(r.cfg.Dir, "current"), before["current"])
		}},
	} {
		r := newRig(t)
		before := map[string][]byte{}
		r.w.Offer(1)
		r.cfg.Health = func(context.Context) error { return nil }
		// The state before the image was placed: Consent runs after the verification was saved.
		r.cfg.Consent = func(context.Context, uptane.Release) bool {
			for _, f := range []string{"state.json", "current"} {
				b, err := os.ReadFile(filepath.Join(r.cfg.Dir, f))
				if err != nil {
					t.Error(err)
				}
				if before[f] == nil {
					before[f] = b
				}
			}
			return true
		}
		r.restart()
		r.installs(1)
		row.undo(r, before)
		r.restart()
		if _, err := r.u.Poll(t.Context()); err != nil {
			t.Fatalf("%s: %v", row.reason, err)
		}
		r.runs(1)
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

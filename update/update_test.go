package update_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/update"
	"roadbook/update/updatekeys"
	"roadbook/update/updatesql"
	"roadbook/update/updatetest"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// maker is the maker's side over a real store, and a car that believes it by the full verification.
type maker struct {
	*update.Service
	t       *testing.T
	clock   *clock.Sim
	keys    *updatetest.Keys
	gate    *updatetest.Gate
	trusted map[vin.VIN]uptane.State
	counter int64
}

func newMaker(t *testing.T) *maker {
	t.Helper()
	m := &maker{t: t, clock: clock.NewSim(updatetest.Start), keys: &updatetest.Keys{Rotated: map[string]bool{}}, gate: &updatetest.Gate{}, trusted: map[vin.VIN]uptane.State{}}
	store := updatesql.New(sqldbtest.SQLite(t, "update", updatesql.Migrations()))
	m.Service = update.New(store, &updatetest.Blobs{}, m.keys, updatetest.Inventory{}, m.gate, m.clock)
	return m
}

// release uploads and releases content with a counter.
func (m *maker) release(counter int64, content string) update.Release {
	m.t.Helper()
	img, err := m.Upload(m.t.Context(), strings.NewReader(content))
	if err != nil {
		m.t.Fatal(err)
	}
	r, err := m.Release(m.t.Context(), update.ReleaseRequest{
		ID: "rel_" + content, Name: "Cockpit", Version: content, HardwareID: "cockpit-1", ReleaseCounter: counter, ImageSHA256: img.SHA256,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

func (m *maker) start(id, release string, cars ...vin.VIN) update.Campaign {
	m.t.Helper()
	c, err := m.Start(m.t.Context(), update.CampaignRequest{ID: id, Name: id, ReleaseID: release, VINs: cars})
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// poll is a car that asks what to run.
func (m *maker) poll(v vin.VIN, installed uptane.ECU) (uptane.Outcome, error) {
	m.t.Helper()
	s, ok := m.trusted[v]
	if !ok {
		d, i, err := m.Roots(m.t.Context())
		if err != nil {
			m.t.Fatal(err)
		}
		s = uptane.State{Director: uptane.Trusted{Root: d}, Image: uptane.Trusted{Root: i}}
	}
	installed.HardwareID = "cockpit-1"
	car := uptane.Vehicle{VIN: string(v), ECUs: map[string]uptane.ECU{string(v) + "-cockpit": installed}}
	walk := uptane.Begin(s, car, m.clock.Now(), func(ctx context.Context, repo uptane.Repo, file string, _ int64) ([]byte, error) {
		b, err := m.File(ctx, repo, v, file)
		if fault.KindOf(err) == fault.NotFound {
			return nil, uptane.ErrMissing
		}
		return b, err
	})
	out, err := walk.Run(m.t.Context())
	m.trusted[v] = walk.Trusted()
	return out, err
}

// manifest seals what a car says.
func (m *maker) manifest(v vin.VIN, change func(*uptane.Report, *uptane.Manifest)) []byte {
	m.t.Helper()
	m.counter++
	ecu := string(v) + "-cockpit"
	r := uptane.Report{ECU: ecu, HardwareID: "cockpit-1", Time: m.clock.Now(), Counter: m.counter}
	man := uptane.Manifest{VIN: string(v), Primary: ecu}
	change(&r, &man)
	sr, err := uptane.Sign(r, updatetest.Key(string(v)))
	if err != nil {
		m.t.Fatal(err)
	}
	man.Reports = map[string]uptane.Signed{r.ECU: sr}
	s, err := uptane.Sign(man, updatetest.Key(string(v)))
	if err != nil {
		m.t.Fatal(err)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		m.t.Fatal(err)
	}
	return raw
}

func (m *maker) says(v vin.VIN, campaign string, s update.State, sha string) []byte {
	return m.manifest(v, func(r *uptane.Report, man *uptane.Manifest) {
		r.Installed.SHA256 = sha
		man.Progress = &uptane.Progress{Campaign: campaign, State: string(s), Bytes: 3}
	})
}

func (m *maker) counts(id string) update.Counts {
	m.t.Helper()
	c, err := m.Campaign(m.t.Context(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	return c.Counts
}

func TestStatesOnlyMoveForward(t *testing.T) {
	order := map[update.State]int{}
	for i, s := range update.States {
		order[s] = i
	}
	for _, from := range update.States {
		for _, to := range update.States {
			got, moved := from.To(to)
			want := order[to] > order[from] && !from.Final()
			if moved != want || moved && got != to || !moved && got != from {
				t.Errorf("%s → %s: got %s, moved %v", from, to, got, moved)
			}
		}
		if got, _ := from.To("nonsense"); got != from {
			t.Errorf("%s → nonsense: %s", from, got)
		}
	}
	for _, s := range []update.State{update.Pending, update.Offered, update.Downloading, update.Verified, update.Installed} {
		if got, _ := s.To(update.Failed); got != update.Failed {
			t.Errorf("%s cannot fail", s)
		}
	}
}

// In whatever order reports arrive, and however often, a delivery never goes back and ends where its first end was.
func TestReportsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, ended := update.Pending, update.State("")
		for _, next := range rapid.SliceOf(rapid.SampledFrom(update.States)).Draw(rt, "reports") {
			before := s
			s, _ = s.To(next)
			if slices.Index(update.States, s) < slices.Index(update.States, before) {
				rt.Fatalf("%s went back to %s", before, s)
			}
			if ended != "" && s != ended {
				rt.Fatalf("%s became %s", ended, s)
			}
			if s.Final() {
				ended = s
			}
		}
	})
}

func TestOneCarTakesARelease(t *testing.T) {
	m, car := newMaker(t), updatetest.Car(1)
	if out, err := m.poll(car, uptane.ECU{}); err != nil || len(out.Images) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	r := m.release(1, "one")
	m.start("cmp_1", r.ID, car, updatetest.Car(2))
	out, err := m.poll(car, uptane.ECU{})
	if err != nil || len(out.Images) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	img := out.Images[0]
	if img.Hashes["sha256"] != r.Image.SHA256 || img.Campaign != "cmp_1" || img.Release.Version != "one" {
		t.Errorf("%+v", img)
	}
	body, _, err := m.OpenImage(t.Context(), img.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := img.Check(body); err != nil {
		t.Error(err)
	}
	for _, s := range []update.State{update.Offered, update.Downloading, update.Verified, update.Installed, update.Confirmed} {
		if s != update.Offered {
			if err := m.Report(t.Context(), car, m.says(car, "cmp_1", s, r.Image.SHA256)); err != nil {
				t.Fatal(err)
			}
		}
		if c := m.counts("cmp_1"); c[s] != 1 || c[update.Pending] != 1 {
			t.Fatalf("at %s: %v", s, c)
		}
	}
	// A car that is done hears nothing new, not even a new signature.
	if out, err := m.poll(car, uptane.ECU{SHA256: r.Image.SHA256, ReleaseCounter: 1}); err != nil || !out.Unchanged {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestManifestsThatAreNotTaken(t *testing.T) {
	m, car := newMaker(t), updatetest.Car(1)
	r := m.release(1, "one")
	m.start("cmp_1", r.ID, car)
	if _, err := m.poll(car, uptane.ECU{}); err != nil {
		t.Fatal(err)
	}
	first := m.says(car, "cmp_1", update.Downloading, "")
	second := m.says(car, "cmp_1", update.Verified, "")
	for _, row := range []struct {
		reason string
		raw    []byte
		code   string
	}{
		{"the first is news", first, ""},
		{"the same again is not an error: the answer may have been lost", first, ""},
		{"the next is news", second, ""},
		{"5.3.2.1: yesterday's report shown again", first, "manifest_replay"},
		{"another car's manifest over this car's connection", m.manifest(car, func(_ *uptane.Report, man *uptane.Manifest) { man.VIN = string(updatetest.Car(2)) }), "manifest_vehicle"},
		{"signed by another car", m.says(updatetest.Car(2), "", "", ""), "manifest_signature"},
		{"an ECU that the inventory does not have", m.manifest(car, func(r *uptane.Report, man *uptane.Manifest) { r.ECU, man.Primary = "x", "x" }), "manifest_inventory"},
		{"hardware that the inventory does not have", m.manifest(car, func(r *uptane.Report, _ *uptane.Manifest) { r.HardwareID = "x" }), "manifest_inventory"},
		{"a state that does not exist", m.says(car, "cmp_1", "flying", ""), "manifest_state"},
		{"confirmed without the hash to show", m.says(car, "cmp_1", update.Confirmed, "00"), "not_installed"},
		{"not a manifest", []byte("{}x"), "manifest"},
	} {
		if err := m.Report(t.Context(), car, row.raw); fault.CodeOf(err) != row.code {
			t.Errorf("%s: got %v, want %q", row.reason, err, row.code)
		}
	}
	if c := m.counts("cmp_1"); c[update.Verified] != 1 {
		t.Errorf("%v", c)
	}
}

func TestAttackInAReport(t *testing.T) {
	for _, a := range uptane.Attacks {
		m, car := newMaker(t), updatetest.Car(1)
		r := m.release(1, "one")
		m.start("cmp_1", r.ID, car)
		if _, err := m.poll(car, uptane.ECU{}); err != nil {
			t.Fatal(err)
		}
		raw := m.manifest(car, func(r *uptane.Report, _ *uptane.Manifest) { r.Attack, r.Detail = a, "seen" })
		if err := m.Report(t.Context(), car, raw); err != nil {
			t.Fatal(err)
		}
		all, err := m.CarDeliveries(t.Context(), car)
		if err != nil {
			t.Fatal(err)
		}
		want := update.Failed
		if a.Passing() {
			want = update.Offered // it asks again
		}
		if all[0].Attack != a || all[0].State != want {
			t.Errorf("%s: %+v", a, all[0])
		}
	}
}

func TestPausedCampaignOffersNothing(t *testing.T) {
	m, car := newMaker(t), updatetest.Car(1)
	m.start("cmp_1", m.release(1, "one").ID, car)
	if _, err := m.Pause(t.Context(), "cmp_1"); err != nil {
		t.Fatal(err)
	}
	if out, err := m.poll(car, uptane.ECU{}); err != nil || len(out.Images) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	if c, err := m.Resume(t.Context(), "cmp_1"); err != nil || c.State != update.Running || c.Counts[update.Pending] != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	if out, err := m.poll(car, uptane.ECU{}); err != nil || len(out.Images) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
}

func TestCampaignsThatDoNotStart(t *testing.T) {
	m := newMaker(t)
	r := m.release(1, "one")
	cars := []vin.VIN{updatetest.Car(1)}
	m.start("cmp_1", r.ID, cars...)
	for _, row := range []struct {
		reason string
		req    update.CampaignRequest
		gate   error
		code   string
	}{
		{"the same again is the same", update.CampaignRequest{ID: "cmp_1", Name: "cmp_1", ReleaseID: r.ID, VINs: cars}, nil, ""},
		{"the same id for something else", update.CampaignRequest{ID: "cmp_1", Name: "other", ReleaseID: r.ID, VINs: cars}, nil, "idempotency_mismatch"},
		{"no such release", update.CampaignRequest{ID: "c", Name: "c", ReleaseID: "rel_x", VINs: cars}, nil, "no_such_release"},
		{"a car nobody built", update.CampaignRequest{ID: "c", Name: "c", ReleaseID: r.ID, VINs: []vin.VIN{updatetest.Car(404)}}, nil, "no_such_car"},
		{"a car twice", update.CampaignRequest{ID: "c", Name: "c", ReleaseID: r.ID, VINs: append(cars, cars...)}, nil, "vin_twice"},
		{"no car", update.CampaignRequest{ID: "c", Name: "c", ReleaseID: r.ID}, nil, "campaign_size"},
		{"no name", update.CampaignRequest{ID: "c", ReleaseID: r.ID, VINs: cars}, nil, "text_length"},
		{"the gate says no", update.CampaignRequest{ID: "c", Name: "c", ReleaseID: r.ID, VINs: cars}, fault.New(fault.Refused, "scenes_failed", "3 of 40"), "scenes_failed"},
	} {
		m.gate.Err = row.gate
		if _, err := m.Start(t.Context(), row.req); fault.CodeOf(err) != row.code {
			t.Errorf("%s: got %v, want %q", row.reason, err, row.code)
		}
	}
}

// A car that polls now and then over six years never meets an expired file: all is signed anew in time.
func TestMetadataStaysFresh(t *testing.T) {
	m, car := newMaker(t), updatetest.Car(1)
	for range 60 {
		if _, err := m.poll(car, uptane.ECU{}); err != nil {
			t.Fatalf("at %s: %v", m.clock.Now(), err)
		}
		m.clock.Set(m.clock.Now().Add(37 * 24 * time.Hour))
	}
}

func TestStolenKeyIsReplacedUnderWay(t *testing.T) {
	m, car := newMaker(t), updatetest.Car(1)
	m.start("cmp_1", m.release(1, "one").ID, car)
	if _, err := m.poll(car, uptane.ECU{}); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"targets", "snapshot", "timestamp"} {
		m.keys.Rotated["director"+role] = true
		if _, err := m.poll(car, uptane.ECU{}); err != nil {
			t.Errorf("after another key for %s: %v", role, err)
		}
	}
	m.keys.Rotated["directorroot"] = true
	if _, err := m.poll(car, uptane.ECU{}); err == nil {
		t.Error("a root key that no car trusts is published")
	}
}

func TestFileNames(t *testing.T) {
	m, car := newMaker(t), updatetest.Car(1)
	if _, err := m.poll(car, uptane.ECU{}); err != nil {
		t.Fatal(err)
	}
	for file, ok := range map[string]bool{
		"1.root.json": true, "timestamp.json": true, "1.targets.json": true, "1.snapshot.json": true,
		"2.root.json": false, "01.root.json": false, "root.json": false, "1.timestamp.json": false, "9999999999.root.json": false, "../1.root.json": false,
	} {
		_, err := m.File(t.Context(), uptane.Director, car, file)
		if (err == nil) != ok || !ok && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", file, err)
		}
	}
	// One car's Director is not another's.
	if _, err := m.File(t.Context(), uptane.Director, updatetest.Car(2), "1.targets.json"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

func TestKeysInFilesStay(t *testing.T) {
	dir := t.TempDir()
	var first string
	for range 2 {
		k, err := updatekeys.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Signer(t.Context(), uptane.Director, "targets")
		if err != nil {
			t.Fatal(err)
		}
		id, err := uptane.KeyID(s.Public())
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = id
		}
		if id != first {
			t.Error("another key after a restart")
		}
		if _, err := k.Signer(t.Context(), uptane.Director, "../targets"); err == nil {
			t.Error("a role that is a path")
		}
	}
}

// Evidence is kept when the gate accepts it; what a regulation was told once is not left out later.
func TestEvidence(t *testing.T) {
	m := newMaker(t)
	r := m.release(1, "a")
	e, err := m.AddEvidence(t.Context(), r.ID, []byte("signed"))
	if err != nil || e.Length != 6 || !e.AddedAt.Equal(updatetest.Start) {
		t.Fatalf("%+v, %v", e, err)
	}
	m.clock.Set(updatetest.Start.Add(time.Hour))
	if again, err := m.AddEvidence(t.Context(), r.ID, []byte("signed")); err != nil || !again.AddedAt.Equal(updatetest.Start) {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	m.gate.Err = fault.New(fault.Refused, "forged", "forged")
	for _, row := range []struct {
		reason, release, body, code string
	}{
		{"the gate does not accept it", r.ID, "forged", "forged"},
		{"nothing", r.ID, "", "evidence_size"},
		{"too much", r.ID, strings.Repeat("x", update.MaxEvidence+1), "evidence_size"},
		{"of nothing", "rel_9", "signed", "no_such_release"},
	} {
		if _, err := m.AddEvidence(t.Context(), row.release, []byte(row.body)); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
	if all, err := m.Evidence(t.Context(), r.ID); err != nil || len(all) != 1 || string(all[0].Body) != "signed" {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := m.Evidence(t.Context(), "rel_9"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

func TestDeclares(t *testing.T) {
	m := newMaker(t)
	img, err := m.Upload(t.Context(), strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range []struct {
		reason string
		swin   []string
		code   string
	}{
		{"nothing regulated so far", nil, ""},
		{"no number", []string{"R157"}, "rxswin"},
		{"a line break would split it", []string{"R157:a b"}, "rxswin"},
		{"one regulation, two numbers", []string{"R157:a", "R157:b"}, "rxswin"},
		{"declared", []string{"R157:RB1-1", "R155:C"}, ""},
		{"left out", []string{"R155:C"}, "rxswin_missing"},
		{"a prefix is another regulation", []string{"R155:C", "R15:7"}, "rxswin_missing"},
		{"the next number", []string{"R155:C", "R157:RB1-2"}, ""},
	} {
		req := update.ReleaseRequest{ID: "rel_" + string(rune('a'+i)), Name: "Cockpit", Version: "1", HardwareID: "cockpit-1", ReleaseCounter: int64(i + 1), ImageSHA256: img.SHA256, RXSWIN: row.swin}
		r, err := m.Release(t.Context(), req)
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %q", row.reason, err, row.code)
		}
		if err == nil && !slices.Equal(r.RXSWIN, row.swin) {
			t.Errorf("%s: %q", row.reason, r.RXSWIN)
		}
	}
	if _, err := m.Release(t.Context(), update.ReleaseRequest{ID: "rel_a", Name: "Cockpit", Version: "1", HardwareID: "cockpit-1", ReleaseCounter: 1, ImageSHA256: img.SHA256}); err != nil {
		t.Errorf("the first one again: %v", err)
	}
}

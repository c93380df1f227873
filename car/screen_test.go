package car

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roadbook/car/cockpit"
	"roadbook/car/drive"
	"roadbook/car/updater"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/wire/uptane"
)

func TestOffersSayWhatIsAgreedTo(t *testing.T) {
	cny := func(minor int64) money.Amount { return money.Of(minor, "CNY") }
	for _, row := range []struct {
		reason string
		item   string
		want   *cockpit.Offer
	}{
		{"a subscription names its next charge and how it ends", pilotItem,
			&cockpit.Offer{SKU: "pilot.month", Name: "Highway pilot", Price: cny(9900), Per: "month", Term: "month by month", Renews: "2023-10-01",
				Cancel: "through the maker's service; it runs to the end of the paid month", State: cockpit.Available}},
		{"a running one renews when it ends", `{"sku":"s","name":"S","kind":"subscription","unit":"1","due":{"minor":100,"currency":"CNY"},"state":"owned","until":"2023-09-20"}`,
			&cockpit.Offer{SKU: "s", Name: "S", Price: cny(100), Per: "month", Term: "month by month", Renews: "2023-09-20",
				Cancel: "through the maker's service; it runs to the end of the paid month", State: cockpit.Owned}},
		{"a term is paid once", `{"sku":"t","name":"T","kind":"term","term_months":12,"unit":"1","due":{"minor":100,"currency":"CNY"},"state":"available"}`,
			&cockpit.Offer{SKU: "t", Name: "T", Price: cny(100), Term: "12 months", State: cockpit.Available}},
		{"a bought term says until when", `{"sku":"t","name":"T","kind":"term","term_months":1,"unit":"1","due":{"minor":100,"currency":"CNY"},"state":"owned","until":"2024-03-01"}`,
			&cockpit.Offer{SKU: "t", Name: "T", Price: cny(100), Term: "until 1 March 2024", State: cockpit.Owned}},
		{"an app says whose it is", `{"sku":"a","name":"A","kind":"app","partner":"kino","unit":"1","due":{"minor":100,"currency":"CNY"},"state":"pending"}`,
			&cockpit.Offer{SKU: "a", Name: "A", About: "by kino", Price: cny(100), Term: "for good", State: cockpit.Pending}},
		{"what is metered shows the unit's price, not the nothing that is due now",
			`{"sku":"m","name":"M","kind":"metered","meter":"pilot.km","unit":"0.35","due":{"minor":0,"currency":"CNY"},"state":"available"}`,
			&cockpit.Offer{SKU: "m", Name: "M", Price: cny(35), Per: "km", Term: "as used: 0.35 CNY a km, billed when the month is over", Cancel: "stop using it", State: cockpit.Available}},
		{"a price below the smallest coin is not rounded",
			`{"sku":"m","name":"M","kind":"metered","meter":"pilot.km","unit":"0.005","due":{"minor":0,"currency":"CNY"},"state":"available"}`,
			&cockpit.Offer{SKU: "m", Name: "M", Price: cny(0), Term: "as used: 0.005 CNY a km, billed when the month is over", Cancel: "stop using it", State: cockpit.Available}},
		{"terms that this car does not know are not shown", `{"sku":"l","name":"L","kind":"lease","state":"available"}`, nil},
		{"nor is a state that it does not know", `{"sku":"l","name":"L","kind":"app","state":"auction"}`, nil},
	} {
		items, err := parseList[item]([]byte(`{"data":[` + row.item + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := items[0].offer("2023-09-01")
		if ok != (row.want != nil) {
			t.Errorf("%s: shown %t", row.reason, ok)
		}
		if row.want != nil {
			if d := cmp.Diff(*row.want, got); d != "" {
				t.Errorf("%s:\n%s", row.reason, d)
			}
		}
	}
}

func TestTheShopCanBeReadOffline(t *testing.T) {
	m, srv := newMaker(t)
	dir := t.TempDir()
	a := parked(t, dir, srv.URL, nil)
	s := screenOf(t, a)
	m.set(func() { m.broken = true })
	if _, err := s.Shop(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("never seen: %v", err)
	}
	m.set(func() { m.broken = false })
	seen, err := s.Shop(t.Context())
	if err != nil || len(seen) != 1 {
		t.Fatal(seen, err)
	}
	m.set(func() { m.broken = true })
	if got, err := s.Shop(t.Context()); err != nil || !cmp.Equal(got, seen) {
		t.Errorf("the maker's side is in trouble: %v %v", got, err)
	}
	srv.Close()
	if got, err := s.Shop(t.Context()); err != nil || !cmp.Equal(got, seen) {
		t.Errorf("the maker's side is away: %v %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, appsFile), []byte("{"), 0o600); err != nil { // a power cut: worth nothing, and no reason not to start
		t.Fatal(err)
	}
	after := screenOf(t, a)
	if got, err := after.Shop(t.Context()); err != nil || !cmp.Equal(got, seen) {
		t.Errorf("after a restart: %v %v", got, err)
	}
	if err := after.Buy(t.Context(), "pilot.month", "k"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an order that was never sent: %v", err)
	}
	want := []cockpit.Feature{{ID: FeaturePilot, Name: "Highway pilot", Reason: "not bought"}}
	if st, err := after.State(t.Context()); err != nil || st.Connected || !cmp.Equal(st.Features, want) {
		t.Errorf("%+v %v", st, err)
	}
}

func TestAPurchaseTurnsTheFeatureOn(t *testing.T) {
	m, srv := newMaker(t)
	s := screenOf(t, parked(t, t.TempDir(), srv.URL, nil))
	if _, err := s.Shop(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.set(func() { m.slow = 2 })
	if err := s.Buy(t.Context(), "pilot.month", "key-1"); err != nil {
		t.Fatal(err)
	}
	st, err := s.State(t.Context())
	want := []cockpit.Feature{{ID: FeaturePilot, Name: "Highway pilot", On: true, Until: noon.AddDate(0, 1, 0)}}
	if err != nil || !cmp.Equal(st.Features, want) {
		t.Errorf("%+v %v", st.Features, err)
	}
	if err := s.Buy(t.Context(), "pilot.month", "key-1"); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := s.Buy(t.Context(), "gone", "key-2"); fault.CodeOf(err) != "not_sold" {
		t.Errorf("the maker's refusal is what the driver reads: %v", err)
	}
}

func TestAPurchaseWithoutAnswerMayHaveHappened(t *testing.T) {
	m, srv := newMaker(t)
	s := screenOf(t, parked(t, t.TempDir(), srv.URL, nil))
	m.set(func() { m.drop = true })
	if err := s.Buy(t.Context(), "pilot.month", "key-1"); fault.KindOf(err) != fault.Unknown {
		t.Errorf("the order was taken, the connection ended: %v", err)
	}
	m.set(func() {
		if m.bought["key-1"] != "pilot.month" {
			t.Error("not taken")
		}
	})
}

func TestARightThatIsLateIsLeftToTheNextSync(t *testing.T) {
	m, srv := newMaker(t)
	a := parked(t, t.TempDir(), srv.URL, nil)
	s := screenOf(t, a)
	s.rights = time.Millisecond
	if _, err := s.Shop(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.set(func() { m.slow = 1000 })
	if err := s.Buy(t.Context(), "pilot.month", "key-1"); err != nil || !a.Hinted() {
		t.Errorf("%v, hinted %t", err, a.Hinted())
	}
}

func TestTheScreenFollowsTheDrive(t *testing.T) {
	_, srv := newMaker(t)
	dir := t.TempDir()
	a := parked(t, dir, srv.URL, nil)
	s := screenOf(t, a)
	st, err := s.State(t.Context())
	if err != nil || !st.Stands() || st.Software != FactoryVersion || st.Charge != 80 || st.OdometerKm != 0 {
		t.Fatalf("%+v %v", st, err)
	}
	trace := drive.Generate(1, 45, 0.5)
	if day, ok := a.NextDay("2023-09-01"); !ok || day != "2023-09-01" {
		t.Error(day, ok)
	}
	done := make(chan error)
	go func() { done <- s.Drive(t.Context(), "2023-09-01", trace, 600*time.Millisecond) }()
	fastest, locked := 0.0, 0
	for driving := true; driving; {
		select {
		case err := <-done:
			if driving = false; err != nil {
				t.Fatal(err)
			}
		default:
			st, _ := s.State(t.Context())
			if fastest = max(fastest, st.Speed); st.Drive == cockpit.Moving && !st.Stands() {
				locked++
			}
			if err := s.fetchRights(t.Context()); st.Drive == cockpit.Moving && err == nil {
				// The drive may have ended between the two.
				if now, _ := s.State(t.Context()); now.Drive == cockpit.Moving {
					t.Error("rights were decided while the car moved")
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	if fastest < 20 || locked == 0 {
		t.Errorf("fastest %.0f km/h, %d times locked", fastest, locked)
	}
	st, err = s.State(t.Context())
	if err != nil || !st.Stands() || st.OdometerKm < 40 || st.Charge >= 80 || st.RangeKm <= 0 {
		t.Errorf("%+v %v", st, err)
	}
	if _, ok := a.NextDay("2023-09-01"); ok {
		t.Error("a day is driven once")
	}
	// A day that was broken off comes before any other.
	if err := (journal{Day: "2023-09-02", First: 1, State: a.last()}).write(dir); err != nil {
		t.Fatal(err)
	}
	if a.journal, err = readJournal(dir); err != nil {
		t.Fatal(err)
	}
	if day, ok := a.NextDay("2023-09-07"); !ok || day != "2023-09-02" {
		t.Error(day, ok)
	}
}

// work is an updater at some point of its work.
type work struct{ status updater.Status }

func (w *work) Status() updater.Status { return w.status }

func TestAnUpdateWaitsForTheDriver(t *testing.T) {
	dir := t.TempDir()
	a := parked(t, dir, "http://127.0.0.1:1", nil)
	s := screenOf(t, a)
	r := uptane.Release{ID: "rel_1", Name: "Spring", Version: "1.1.0"}
	w := &work{updater.Status{State: "idle"}}
	s.update = w
	shows := func(reason string, want cockpit.UpdateState, percent int) {
		t.Helper()
		up, err := s.Update(t.Context())
		switch {
		case err != nil:
			t.Errorf("%s: %v", reason, err)
		case want == "" && up != nil || want != "" && (up == nil || up.State != want || up.Percent != percent || up.Version != "1.1.0"):
			t.Errorf("%s: %+v, want %q", reason, up, want)
		}
	}
	agreed := DriversConsent(dir)
	shows("nothing to do", "", 0)
	if err := s.Consent(t.Context(), "rel_1", true); fault.KindOf(err) != fault.Conflict {
		t.Errorf("nothing waits: %v", err)
	}
	w.status = updater.Status{State: "waiting", Release: r, Length: 200}
	shows("not asked yet", cockpit.Waiting, 0)
	if agreed(t.Context(), r) {
		t.Error("no answer is no yes")
	}
	if err := s.Consent(t.Context(), "rel_1", false); err != nil {
		t.Fatal(err)
	}
	shows("not now", cockpit.Declined, 0)
	if agreed(t.Context(), r) || a.Hinted() {
		t.Error("a no installs nothing")
	}
	if err := s.Consent(t.Context(), "rel_1", true); err != nil {
		t.Fatal(err)
	}
	if !agreed(t.Context(), r) || !a.Hinted() || agreed(t.Context(), uptane.Release{ID: "rel_2"}) {
		t.Error("a yes is to one release, and the next sync polls")
	}
	shows("agreed, not begun", cockpit.Downloading, 0)
	w.status = updater.Status{State: uptane.Downloading, Release: r, Have: 50, Length: 200}
	shows("on its way", cockpit.Downloading, 25)
	w.status.State, w.status.Have = uptane.Verified, 200
	shows("believed", cockpit.Ready, 100)
	if err := s.Consent(t.Context(), "rel_1", true); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if yes, ok := screenOf(t, a).answer("rel_1"); !yes || !ok {
		t.Error("the answer was forgotten at the restart")
	}
	if err := os.WriteFile(filepath.Join(dir, consentFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if agreed(t.Context(), r) {
		t.Error("an answer that cannot be read is no yes")
	}
	if _, ok := screenOf(t, a).answer("rel_1"); ok {
		t.Error("an answer that cannot be read is none")
	}
}

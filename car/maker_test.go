package car

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"roadbook/car/grants"
	"roadbook/car/meter"
	"roadbook/car/updater"
	"roadbook/car/uplink"
	"roadbook/vin"
	"roadbook/wire/command"
	"roadbook/wire/grant"
	"roadbook/wire/uptane"
)

var (
	grantKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	storeKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	noon     = time.Date(2023, 9, 1, 12, 0, 0, 0, time.UTC)
)

type still struct{}

func (still) Now() time.Time { return noon }

func testVIN(t testing.TB) vin.VIN {
	t.Helper()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// maker is the maker's side as far as a screen asks it. It turns a feature on once its product is bought.
type maker struct {
	t  testing.TB
	mu sync.Mutex

	shop   string // the items
	bought map[string]string
	slow   int // grants that are asked for before the right is there
	broken bool
	drop   bool // take an order and hang up
	apps   string
	pack   func(app string) []byte // nil: there is none
}

func (m *maker) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *maker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	problem := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":%q,"detail":"no"}`, code)
	}
	app, isPackage := strings.CutPrefix(r.URL.Path, "/car/v1/apps/")
	switch {
	case m.broken:
		problem(http.StatusInternalServerError, "broken")
	case r.URL.Path == "/car/v1/shop":
		fmt.Fprintf(w, `{"data":[%s]}`, m.shop)
	case r.URL.Path == "/car/v1/apps":
		fmt.Fprintf(w, `{"data":[%s]}`, m.apps)
	case r.URL.Path == "/car/v1/purchases":
		var in struct{ SKU string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.SKU == "gone" {
			problem(http.StatusConflict, "not_sold")
			return
		}
		m.bought[r.Header.Get("Idempotency-Key")] = in.SKU
		if m.drop {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusCreated)
	case r.URL.Path == "/car/v1/grant":
		if len(m.bought) == 0 {
			problem(http.StatusNotFound, "no_grant")
			return
		}
		if m.slow--; m.slow >= 0 {
			_, _ = w.Write(m.grant(1))
			return
		}
		_, _ = w.Write(m.grant(2, grant.Feature{ID: FeaturePilot, Kind: grant.Term, Exp: noon.AddDate(0, 1, 0).Unix()}))
	case isPackage:
		if b := m.pack(strings.TrimSuffix(app, "/package")); b != nil {
			_, _ = w.Write(b)
			return
		}
		problem(http.StatusNotFound, "not_found")
	}
}

func (m *maker) grant(seq uint64, features ...grant.Feature) []byte {
	raw, err := grant.Sign(grantKey, grant.Claims{Sub: grant.SubOf(testVIN(m.t)), Aud: grant.Audience, Seq: seq, Iat: noon.Unix(), Nbf: noon.Unix(),
		Exp: noon.AddDate(1, 0, 0).Unix(), Features: features})
	if err != nil {
		m.t.Error(err)
	}
	return raw
}

func newMaker(t testing.TB) (*maker, *httptest.Server) {
	m := &maker{t: t, bought: map[string]string{}, shop: pilotItem}
	srv := httptest.NewUnstartedServer(m)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	t.Cleanup(srv.Close)
	return m, srv
}

const pilotItem = `{"sku":"pilot.month","name":"Highway pilot","kind":"subscription","features":["pilot.highway"],"unit":"99.00",
	"due":{"minor":9900,"currency":"CNY"},"state":"available"}`

// parked is an agent without the parts that the screen does not ask: no key, and a broker that is away.
func parked(t testing.TB, dir, gateway string, key ed25519.PublicKey) *Agent {
	t.Helper()
	v := testVIN(t)
	a := &Agent{cfg: Config{Dir: dir, VIN: v, Clock: still{}, Provisioning: Provisioning{Gateway: gateway, StoreKey: key}},
		log: slog.New(slog.DiscardHandler), http: &http.Client{}, hinted: map[command.Subject]bool{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	a.journal, err = readJournal(dir)
	must(err)
	a.grants, err = grants.Open(filepath.Join(dir, "grants"), v, []ed25519.PublicKey{grantKey.Public().(ed25519.PublicKey)}, still{})
	must(err)
	a.meter, err = meter.Open(filepath.Join(dir, "meter"))
	must(err)
	a.updater, err = updater.New(updater.Config{Dir: filepath.Join(dir, "software"), VIN: v, ECU: "ECU-1", HardwareID: "rb-head-1",
		Factory: updater.Version{Release: uptane.Release{Version: FactoryVersion}}, DirectorRoot: []byte("{}"), ImageRoot: []byte("{}"),
		Client: a.http, BaseURL: gateway, Clock: still{}, Signer: grantKey})
	must(err)
	a.uplink, err = uplink.Open(filepath.Join(dir, "uplink"), uplink.Config{VIN: v, Broker: "ssl://127.0.0.1:1", TLS: func() *tls.Config { return &tls.Config{} }})
	must(err)
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

func screenOf(t testing.TB, a *Agent) *Screen {
	t.Helper()
	s, err := NewScreen(a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func publicStoreKey() ed25519.PublicKey { return storeKey.Public().(ed25519.PublicKey) }

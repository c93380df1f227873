package cockpit

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"roadbook/fault"
	"roadbook/money"
)

// toy is a car in memory that remembers what was asked of it.
type toy struct {
	mu      sync.Mutex
	state   State
	shopErr error
	buyErr  error
	price   int64
	keys    []string
	owned   bool
	update  *Update
	apps    []App
}

func newToy() *toy {
	return &toy{price: 19_900,
		state: State{SpeedKnown: true, Charge: 64.4, RangeKm: 402, OdometerKm: 18_204, Drive: Parked, Software: "2.3.1", Connected: true,
			Features: []Feature{{ID: "conn", Name: "Connectivity", On: true, Until: time.Date(2025, 1, 20, 0, 0, 0, 0, time.UTC)},
				{ID: "karaoke", Name: "Karaoke", On: true}, {ID: "pilot", Name: "Highway pilot", Reason: "trial ended on 20 April"}}},
		update: &Update{ReleaseID: "rel_24", Version: "2.4.0", Notes: []string{"Warms the battery before a fast charge", "Clearer lane view at night"}, Bytes: 8_000_000, Minutes: 12, State: Waiting},
		apps: []App{{ID: "lark", Name: "Karaoke", Maker: "Lark Studio", About: "Sing while you charge", Version: "1.2.0", Signals: []string{"Vehicle.Speed"}},
			{ID: "plug", Name: "Plug", Maker: "Plug GmbH", About: "Finds a free charger", Version: "3.0.1", Installed: true}}}
}

func (c *toy) State(context.Context) (State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, nil
}

func (c *toy) Shop(context.Context) ([]Offer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := Offer{SKU: "pilot.highway", Name: "Highway pilot", About: "Keeps lane and distance on motorways.", Price: money.Of(c.price, "CNY"), Per: "month",
		Term: "one month at a time", Renews: "2025-01-31", Cancel: "any day, here or in the app", Tax: "incl. 13 % VAT", State: Available}
	if c.owned {
		o.State = Owned
	}
	return []Offer{o, {SKU: "seat.heat", Name: "Seat heating", About: "Front and rear.", Price: money.Of(150_000, "CNY"), Term: "for good", State: Owned}}, c.shopErr
}

func (c *toy) Buy(_ context.Context, _, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buyErr != nil {
		return c.buyErr
	}
	if !slices.Contains(c.keys, key) {
		c.keys = append(c.keys, key)
	}
	c.owned = true
	return nil
}

func (c *toy) Update(context.Context) (*Update, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.update, nil
}

func (c *toy) Consent(_ context.Context, release string, yes bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	up := *c.update
	if up.State = Declined; yes {
		up.State = Downloading
	}
	c.update = &up
	return nil
}

func (c *toy) Apps(context.Context) ([]App, error) { return c.apps, c.shopErr }

func (c *toy) InstallApp(_ context.Context, id string) error { c.apps[0].Installed = true; return nil }

func (c *toy) set(change func(*toy)) { c.mu.Lock(); defer c.mu.Unlock(); change(c) }

func handler(c *toy) http.Handler {
	return Handler(c, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func ask(h http.Handler, method, path string, form url.Values, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost:8090"+path, strings.NewReader(form.Encode()))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for k, v := range header {
		if k == "Host" {
			r.Host = v
		} else if r.Header.Set(k, v); v == "" {
			r.Header.Del(k)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// fields reads the hidden fields of the first form of a page.
func fields(t *testing.T, body string) url.Values {
	t.Helper()
	v := url.Values{}
	for n := range parse(t, body).Descendants() {
		if n.Data == "input" && attr(n, "type") == "hidden" && !v.Has(attr(n, "name")) {
			v.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	if !v.Has("seal") {
		t.Fatalf("the page has no sealed form:\n%s", body)
	}
	return v
}

func TestScreens(t *testing.T) {
	c := newToy()
	h := handler(c)
	for _, connected := range []bool{true, false} {
		c.set(func(c *toy) { c.state.Connected = connected })
		for path, want := range map[string]string{"/": "trial ended on 20 April", "/shop": "199.00", "/shop/pilot.highway": "Buy for 199.00", "/shop/seat.heat": "is yours: for good",
			"/apps": "May read: Vehicle.Speed", "/update": "8.0 MB", "/shop/none": "not on offer", "/none": "no such screen"} {
			w := ask(h, "GET", path, nil, nil)
			doc := parse(t, w.Body.String())
			if !strings.Contains(strings.ReplaceAll(w.Body.String(), "\u00a0", " "), want) {
				t.Errorf("%s does not say %q:\n%s", path, want, w.Body)
			}
			if w.Header().Get("Content-Security-Policy") != Policy {
				t.Errorf("%s has the policy %q", path, w.Header().Get("Content-Security-Policy"))
			}
			for n := range doc.Descendants() {
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
						t.Errorf("%s: <%s %s> is inline", path, n.Data, a.Key)
					}
				}
				if n.Data == "style" && n.Type == html.ElementNode || n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
					t.Errorf("%s: <%s> is inline", path, n.Data)
				}
			}
		}
	}
	c.set(func(c *toy) { c.shopErr = fault.New(fault.Unavailable, "offline", "no connection") })
	if w := ask(h, "GET", "/shop", nil, nil); w.Code != 200 || !strings.Contains(w.Body.String(), "The car is offline") {
		t.Errorf("the shop is unreadable offline: %d", w.Code)
	}
}

func TestBuyOnce(t *testing.T) {
	c := newToy()
	h := handler(c)
	form := fields(t, ask(h, "GET", "/shop/pilot.highway", nil, nil).Body.String())
	for range 2 { // a double tap sends the same form twice
		w := ask(h, "POST", "/shop/pilot.highway", form, nil)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/shop/pilot.highway?sent=1" {
			t.Fatalf("%d to %q:\n%s", w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	if len(c.keys) != 1 || c.keys[0] != form.Get("key") {
		t.Errorf("bought under %q", c.keys)
	}
}

func TestBuyRefused(t *testing.T) {
	for _, tc := range []struct {
		reason string
		code   int
		says   string
		change func(c *toy, form url.Values, header map[string]string)
	}{
		{"while moving", 409, "Park first", func(c *toy, _ url.Values, _ map[string]string) { c.state.Drive, c.state.Speed = Moving, 50 }},
		{"a lost speed counts as moving", 409, "Park first", func(c *toy, _ url.Values, _ map[string]string) { c.state.SpeedKnown = false }},
		{"a rolling car is not parked, whatever its gear says", 409, "Park first", func(c *toy, _ url.Values, _ map[string]string) { c.state.Speed = 2 }},
		{"an unknown drive state counts as moving", 409, "Park first", func(c *toy, _ url.Values, _ map[string]string) { c.state.Drive = "" }},
		{"the price rose since it was shown", 409, "no longer current", func(c *toy, _ url.Values, _ map[string]string) { c.price++ }},
		{"a form without a seal", 409, "no longer current", func(_ *toy, f url.Values, _ map[string]string) { f.Del("seal") }},
		{"a key that was not made here", 409, "no longer current", func(_ *toy, f url.Values, _ map[string]string) { f.Set("key", "mine") }},
		{"a form of another origin", 403, "Only the screens", func(_ *toy, _ url.Values, h map[string]string) { h["Sec-Fetch-Site"] = "cross-site" }},
		{"an app on another local name", 403, "Only the screens", func(_ *toy, _ url.Values, h map[string]string) { h["Sec-Fetch-Site"] = "same-site" }},
		{"an old browser's Origin of elsewhere", 403, "Only the screens", func(_ *toy, _ url.Values, h map[string]string) {
			h["Sec-Fetch-Site"], h["Origin"] = "", "http://radio.localhost:8090"
		}},
		{"a request that does not say where it is from", 403, "Only the screens", func(_ *toy, _ url.Values, h map[string]string) { h["Sec-Fetch-Site"] = "" }},
		{"a rebound name", 403, "does not answer", func(_ *toy, _ url.Values, h map[string]string) { h["Host"] = "evil.example" }},
		{"a form beyond the limit", 422, "could not be read", func(_ *toy, f url.Values, _ map[string]string) { f.Set("x", strings.Repeat("x", MaxForm)) }},
		{"offline: nothing is charged", 503, "needs a connection", func(c *toy, _ url.Values, _ map[string]string) {
			c.buyErr = fault.New(fault.Unavailable, "offline", "buying needs a connection; nothing was charged")
		}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			c := newToy()
			h := handler(c)
			form, header := fields(t, ask(h, "GET", "/shop/pilot.highway", nil, nil).Body.String()), map[string]string{}
			tc.change(c, form, header)
			w := ask(h, "POST", "/shop/pilot.highway", form, header)
			if w.Code != tc.code || !strings.Contains(strings.ToLower(w.Body.String()), strings.ToLower(tc.says)) || len(c.keys) > 0 {
				t.Errorf("%d, bought %v, want %d and %q:\n%s", w.Code, c.keys, tc.code, tc.says, w.Body)
			}
		})
	}
}

// A purchase of unknown outcome is asked again under the same key, never a new one.
func TestUnsureKeepsItsKey(t *testing.T) {
	c := newToy()
	h := handler(c)
	form := fields(t, ask(h, "GET", "/shop/pilot.highway", nil, nil).Body.String())
	c.buyErr = errors.New("read tcp: connection reset")
	again := fields(t, ask(h, "POST", "/shop/pilot.highway", form, nil).Body.String())
	if again.Get("key") != form.Get("key") {
		t.Fatalf("asks again as %q, was %q", again.Get("key"), form.Get("key"))
	}
	c.buyErr = nil
	if w := ask(h, "POST", "/shop/pilot.highway", again, nil); w.Code != http.StatusSeeOther || len(c.keys) != 1 {
		t.Errorf("%d %v", w.Code, c.keys)
	}
}

func TestConsentAndInstall(t *testing.T) {
	c := newToy()
	h := handler(c)
	form := fields(t, ask(h, "GET", "/update", nil, nil).Body.String())
	other := url.Values{"key": form["key"], "seal": form["seal"], "release": {"rel_evil"}, "answer": {"yes"}}
	if w := ask(h, "POST", "/update", other, nil); w.Code != 409 {
		t.Errorf("consent to one release served for another: %d", w.Code)
	}
	form.Set("answer", "yes")
	if w := ask(h, "POST", "/update", form, nil); w.Code != http.StatusSeeOther || c.update.State != Downloading {
		t.Errorf("%d %s", w.Code, c.update.State)
	}
	app := fields(t, ask(h, "GET", "/apps", nil, nil).Body.String())
	if w := ask(h, "POST", "/apps/plug", app, nil); w.Code != 409 {
		t.Errorf("the form of one app served for another: %d", w.Code)
	}
	if w := ask(h, "POST", "/apps/lark", app, nil); w.Code != http.StatusSeeOther || !c.apps[0].Installed {
		t.Errorf("%d", w.Code)
	}
}

func TestEvents(t *testing.T) {
	c := newToy()
	srv := httptest.NewServer(handler(c))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/events", nil)
	r.Header.Set("Last-Event-ID", "41")
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer cancel() // before the server closes: it waits for the stream
	lines := bufio.NewScanner(resp.Body)
	next := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("the stream ended before %q", want)
	}
	next("id: 42")
	next(`data: {"speed":0,"charge":64,"range_km":402,"stands":true,"connected":true}`)
	c.set(func(c *toy) { c.state.SpeedKnown = false })
	next(`data: {"speed":null,"charge":64,"range_km":402,"stands":false,"connected":true}`)
}

func TestUpdateStatesAreWorded(t *testing.T) {
	for _, s := range []UpdateState{Waiting, Declined, Downloading, Ready, Failed} {
		if got := updateText(Update{State: s}); got == string(s) {
			t.Errorf("state %q is shown as it is", s)
		}
	}
}

func parse(t *testing.T, body string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

package offerhttp_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"roadbook/money"
	"roadbook/offer"
	"roadbook/offer/offerhttp"
	"roadbook/offer/offersql"
	"roadbook/offer/offertest"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/platform/web"
	"roadbook/vin"
	"roadbook/wire/grant"
)

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

type floor struct{}

func (floor) Minimum(context.Context, vin.VIN, period.Date) (money.Amount, error) {
	return offertest.CNY(14_000_000), nil
}

// plain wants nothing.
type plain struct{}

func (plain) Word(string, []string) (string, error) { return "", nil }

type site struct {
	t   *testing.T
	svc *offer.Service
	url string
	car vin.VIN // who calls on car routes
}

func open(t *testing.T) *site {
	db := sqldbtest.SQLite(t, "offer", offersql.Migrations())
	s := &site{t: t, svc: offer.New(offersql.New(db), clock.NewSim(offertest.Start.Add(48*time.Hour)), floor{}, grant.Key(key), plain{})}
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "test", "1", "")
	offerhttp.Register(api, s.svc)
	offerhttp.RegisterCar(api, s.svc)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(web.WithCar(r.Context(), s.car)))
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

// call returns status, header and body; key empty sends none.
func (s *site) call(method, path, key, body string, header ...string) (int, http.Header, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func TestRoutes(t *testing.T) {
	s := open(t)
	v := offertest.Car(t, 1)
	for _, p := range offertest.Catalogue() {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if code, _, body := s.call("POST", "/v1/products", "", string(b)); code != 200 {
				t.Fatalf("%s: %d %s", p.SKU, code, body)
			}
		}
	}
	sale := `{"vin":"` + string(v) + `","customer":"cus","market":"CN","currency":"CNY","lines":[{"sku":"car.road-1","price":{"minor":14700000,"currency":"CNY"}}]}`
	rep := strings.NewReplacer
	for _, row := range []struct {
		reason, key, body string
		status            int
		code, pointer     string
	}{
		{"a key is needed", "", sale, 422, "", ""},
		{"a VIN with a wrong check digit", "k0", rep(string(v), string(v[:8])+"X"+string(v[9:])).Replace(sale), 422, "vin_check_digit", "/vin"},
		{"unknown SKU", "k0", rep("car.road-1", "car.road-2").Replace(sale), 404, "sku_unknown", "/lines/0/sku"},
		{"negative amount", "k0", rep("14700000", "-1").Replace(sale), 422, "amount_negative", "/lines/0/price"},
		{"mixed currencies", "k0", rep(`00,"currency":"CNY"`, `00,"currency":"USD"`).Replace(sale), 422, "currency_mixed", "/lines/0/price"},
		{"below the floor", "k0", rep("14700000", "13999999").Replace(sale), 422, "below_floor", "/lines"},
		{"a key that was refused is free", "k0", sale, 201, "", ""},
		{"the same again", "k0", sale, 201, "", ""},
		{"the same key for another request", "k0", rep(`"cus"`, `"cut"`).Replace(sale), 422, "idempotency_mismatch", ""},
		{"the same car under another key", "k1", sale, 422, "vehicle_sold", "/vin"},
		{"a field that nobody knows", "k2", rep("market", "marked").Replace(sale), 422, "", ""},
	} {
		code, h, body := s.call("POST", "/v1/orders", row.key, row.body)
		if code != row.status || row.code != "" && !strings.Contains(body, `"`+row.code+`"`) || !strings.Contains(body, row.pointer) {
			t.Errorf("%s: %d %s", row.reason, code, body)
		}
		if code >= 400 && h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: answered as %s", row.reason, h.Get("Content-Type"))
		}
	}

	s.car = v
	if code, _, body := s.call("GET", "/car/v1/grant", "", ""); code != 404 || !strings.Contains(body, "grant_none") {
		t.Errorf("no grant yet: %d %s", code, body)
	}
	var bought offer.Order
	for range 2 {
		code, _, body := s.call("POST", "/car/v1/purchases", "k0", `{"sku":"boost.rear"}`)
		if err := json.Unmarshal([]byte(body), &bought); code != 201 || err != nil {
			t.Fatalf("%d %s", code, body)
		}
	}
	if bought.Customer != "cus" || bought.VIN != v || bought.Lines[0].Price != offertest.CNY(199_900) {
		t.Errorf("%+v", bought)
	}
	if code, _, body := s.call("POST", "/car/v1/purchases", "k9", `{"sku":"launch"}`); code != 422 || !strings.Contains(body, "sku_not_in_car") {
		t.Errorf("a car bought a car: %d %s", code, body)
	}
	shop := func() string {
		_, _, body := s.call("GET", "/car/v1/shop", "", "")
		return body
	}
	if b := shop(); !strings.Contains(b, `"sku":"boost.rear"`) || !strings.Contains(b, `"pending"`) || strings.Contains(b, "car.road-1") {
		t.Errorf("shop after the purchase: %s", b)
	}
	if _, err := s.svc.Activate(t.Context(), bought.ID, v, offer.Activation{SKU: "boost.rear", Kind: offer.Perpetual, Features: []string{"boost.rear"}, From: "2023-09-03"}); err != nil {
		t.Fatal(err)
	}
	if b := shop(); !strings.Contains(b, `"owned"`) || strings.Contains(b, `"pending"`) {
		t.Errorf("shop after the payment: %s", b)
	}
	code, h, body := s.call("GET", "/car/v1/grant", "", "")
	if code != 200 || h.Get("ETag") != `"1"` || h.Get("Content-Type") != grant.ContentType {
		t.Fatalf("%d %v", code, h)
	}
	c, err := grant.Verify([]byte(body), []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, v, grant.Audience)
	if err != nil || !c.Allows("boost.rear", offertest.Start.Add(49*time.Hour)) {
		t.Errorf("%v %v", c, err)
	}
	if code, _, body := s.call("GET", "/car/v1/grant", "", "", "If-None-Match", `"1"`); code != 304 || body != "" {
		t.Errorf("unchanged: %d %q", code, body)
	}
	if code, _, body := s.call("GET", "/v1/cars/"+string(v)+"/rights", "", ""); code != 200 || !strings.Contains(body, `"seq":1`) || !strings.Contains(body, bought.ID) {
		t.Errorf("rights: %d %s", code, body)
	}
	s.car = offertest.Car(t, 2)
	if code, _, body := s.call("POST", "/car/v1/purchases", "k0", `{"sku":"boost.rear"}`); code != 422 || !strings.Contains(body, "vehicle_not_sold") {
		t.Errorf("a car that was not sold: %d %s", code, body)
	}
}

func TestPages(t *testing.T) {
	s := open(t)
	for _, p := range offertest.Catalogue() {
		if _, err := s.svc.PutProduct(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		_, err := s.svc.Place(t.Context(), offer.Request{ID: "ord_" + string(rune('a'+i)), VIN: offertest.Car(t, i+1), Customer: "c", Market: "CN", Currency: "CNY",
			Lines: []offer.RequestLine{{SKU: "car.road-1"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	walk := func(path string) (n int) {
		cursor := ""
		for {
			code, _, body := s.call("GET", path+"?limit=2&cursor="+cursor, "", "")
			var page struct {
				Data []any  `json:"data"`
				Next string `json:"next_cursor"`
			}
			if err := json.Unmarshal([]byte(body), &page); err != nil || code != 200 {
				t.Fatalf("%d %s", code, body)
			}
			n += len(page.Data)
			if cursor = page.Next; cursor == "" {
				return n
			}
		}
	}
	if n := walk("/v1/orders"); n != 5 {
		t.Errorf("%d orders", n)
	}
	if n := walk("/v1/products"); n != len(offertest.Catalogue()) {
		t.Errorf("%d products", n)
	}
	for _, q := range []string{"/v1/orders?cursor=%21", "/v1/orders?cursor=Zm9v", "/v1/products?limit=101", "/v1/orders?vin=x", "/v1/cars/x/rights"} {
		if code, _, body := s.call("GET", q, "", ""); code != 422 {
			t.Errorf("%s: %d %s", q, code, body)
		}
	}
	if code, _, body := s.call("GET", "/v1/orders/ord_x", "", ""); code != 404 {
		t.Errorf("%d %s", code, body)
	}
}

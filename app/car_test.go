package app_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"roadbook/app"
	"roadbook/app/client"
	"roadbook/app/demo"
	"roadbook/app/scenario"
	"roadbook/billing"
	"roadbook/car"
	"roadbook/car/cockpit"
	"roadbook/car/drive"
	"roadbook/examples"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/platform/clock"
)

// oneCar starts a maker's side with one car that has enrolled.
func oneCar(t *testing.T) (scenario.Scenario, *client.Client, car.Config, *car.Agent) {
	t.Helper()
	s, _, api, cfg, agent := oneCarWith(t, nil)
	return s, api, cfg, agent
}

// oneCarWith is oneCar with the maker's side itself, and a car of another configuration.
func oneCarWith(t *testing.T, change func(c *car.Config)) (scenario.Scenario, *app.App, *client.Client, car.Config, *car.Agent) {
	t.Helper()
	return oneCarOf(t, nil, change)
}

// oneCarOf is oneCarWith of a maker's side of another configuration.
func oneCarOf(t *testing.T, makers func(c *app.Config), change func(c *car.Config)) (scenario.Scenario, *app.App, *client.Client, car.Config, *car.Agent) {
	t.Helper()
	ctx := t.Context()
	s, err := scenario.Parse(examples.Xiaomi2023)
	if err != nil {
		t.Fatal(err)
	}
	maker := app.Config{Data: t.TempDir(), Console: "127.0.0.1:0", Gateway: "127.0.0.1:0", MQTT: "127.0.0.1:0", Simulate: s.Start}
	if makers != nil {
		makers(&maker)
	}
	a, err := app.New(ctx, maker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(t.Context()); err != nil {
			t.Log(err) // the test's context has ended
		}
	})
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	api := &client.Client{Base: a.Console(), Token: a.Token()}
	now := clock.NewSim(s.Start.Time().Add(20 * time.Hour))
	if err := api.Post(ctx, "/v1/clock", "now", map[string]any{"now": now.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	cfg, err := demo.BuildOne(ctx, demo.Config{Scenario: s, API: api})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Dir, cfg.Clock = t.TempDir(), now
	if change != nil {
		change(&cfg)
	}
	agent, err := car.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return s, a, api, cfg, agent
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestRevokedCarIsCutOff: a car that is revoked is refused by HTTPS and by MQTT, also on the connections that it has, and
// what it drives afterwards stays on the car.
func TestRevokedCarIsCutOff(t *testing.T) {
	ctx := t.Context()
	s, api, cfg, agent := oneCar(t)
	if err := agent.Drive(ctx, s.Start, drive.Generate(1, 10, 0.5)); err != nil {
		t.Fatal(err)
	}
	if err := agent.Sync(ctx); err != nil {
		t.Fatalf("a car in good standing: %v", err)
	}

	if err := api.Post(ctx, "/v1/cars/"+string(cfg.VIN)+"/revoke", "revoke", map[string]string{"reason": "stolen"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := agent.FetchGrant(ctx); fault.CodeOf(err) != "car_revoked" {
		t.Fatalf("by HTTPS: %v, want car_revoked", err)
	}
	for deadline := time.Now().Add(10 * time.Second); agent.Connected(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the MQTT session of a revoked car goes on")
		}
	}
	if err := agent.Drive(ctx, s.Start.AddDays(1), drive.Generate(2, 10, 0.5)); err != nil {
		t.Fatal(err)
	}
	var n struct {
		Stored int64 `json:"stored"`
	}
	if err := api.Get(ctx, "/v1/cars/"+string(cfg.VIN)+"/counts", &n); err != nil || n.Stored != 1 {
		t.Fatalf("%d frames stored, %v; want the one from before", n.Stored, err)
	}
}

// TestBoughtInTheCockpitTurnsOn: what the driver buys on the head unit is ordered, invoiced, paid and granted by the maker's
// side, and the car turns it on because it can verify the grant itself; the same key again buys nothing more.
func TestBoughtInTheCockpitTurnsOn(t *testing.T) {
	ctx := t.Context()
	s, api, cfg, agent := oneCar(t)
	order := map[string]any{"vin": cfg.VIN, "customer": "owner", "market": s.Market, "currency": s.Currency,
		"lines": []map[string]any{{"sku": "car.road-1", "price": money.Of(20_000_000, s.Currency)}}}
	if err := api.Post(ctx, "/v1/orders", "sale", order, nil); err != nil {
		t.Fatal(err)
	}
	screen, err := car.NewScreen(agent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := screen.Shop(ctx); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := screen.Buy(ctx, "boost.rear", "key"); err != nil {
			t.Fatal(err)
		}
	}
	st, err := screen.State(ctx)
	if err != nil || !slices.ContainsFunc(st.Features, func(f cockpit.Feature) bool { return f.ID == "boost.rear" && f.On }) {
		t.Fatalf("the feature is not on: %+v, %v", st.Features, err)
	}
	var invoices struct {
		Data []billing.Invoice `json:"data"`
	}
	if err := api.Get(ctx, "/v1/invoices?vin="+string(cfg.VIN), &invoices); err != nil || len(invoices.Data) != 2 {
		t.Fatalf("%d invoices, %v; want the car's and the feature's", len(invoices.Data), err)
	}
}

package tour_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"roadbook/app"
	"roadbook/app/client"
	"roadbook/car"
	"roadbook/car/grants"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/vin"
)

// The little that the example leans on.

// in is what a request says.
type in = map[string]any

// always is valid from the first day on.
var always = in{"from": "2023-09-01"}

// road is the maker's side with an operator at its API, and the time that both sides share.
type road struct {
	ctx   context.Context
	dir   string
	app   *app.App
	api   *client.Client
	clock *clock.Sim
	posts int // numbers the requests: a key of their own each
}

// list is a page of an answer.
type list[T any] struct{ Data []T }

func begin(day period.Date) *road {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "roadbook-tour-"))
	a := must(app.New(ctx, app.Config{Data: filepath.Join(dir, "maker"), Console: "127.0.0.1:0", Gateway: "127.0.0.1:0", MQTT: "127.0.0.1:0", Simulate: day}))
	check(a.Start(ctx))
	r := &road{ctx: ctx, dir: dir, app: a, api: &client.Client{Base: a.Console(), Token: a.Token()}, clock: clock.NewSim(day.Time())}
	r.pass(day, 9)
	return r
}

func (r *road) end() {
	check(r.app.Stop(r.ctx))
	check(os.RemoveAll(r.dir))
}

// pass lets time pass until an hour of a day: the maker's side does all that falls due, and the car's clock follows.
func (r *road) pass(day period.Date, hour time.Duration) {
	to := day.Time().Add(hour * time.Hour)
	r.post("/v1/clock", in{"now": to}, nil)
	r.clock.Set(to)
}

func (r *road) get(path string, out any) { check(r.api.Get(r.ctx, path, out)) }

func (r *road) post(path string, what in, out any) {
	r.posts++
	check(r.api.Post(r.ctx, path, fmt.Sprint("tour-", r.posts), what, out))
}

// refused posts what must not be, and prints why.
func (r *road) refused(path string, what in) {
	err := r.api.Post(r.ctx, path, "refused-"+path, what, nil)
	fmt.Println("refused:", fault.CodeOf(err))
}

// product puts a product into the catalogue.
func (r *road) product(sku, kind, account string, unit money.Decimal, more in) {
	p := in{"sku": sku, "name": sku, "kind": kind, "account": account, "stand_alone": must(money.Round("CNY", unit)),
		"prices": []in{{"currency": "CNY", "unit": unit, "valid": always, "source": "price list"}}}
	for k, v := range more {
		p[k] = v
	}
	r.post("/v1/products", p, nil)
}

// open starts the car on its own folder, with what it was given in the factory.
func (r *road) open(v vin.VIN, secret string) *car.Agent {
	dir := filepath.Join(r.dir, "car")
	check(os.Mkdir(dir, 0o700))
	return must(car.Open(r.ctx, car.Config{Dir: dir, VIN: v, ECU: "ECU-1", HardwareID: "rb-head-1", Secret: secret,
		Provisioning: must(r.app.Provisioning(r.ctx)), Clock: r.clock}))
}

// rights prints what is on in the car by the grant that it has stored.
func (r *road) rights(v vin.VIN) {
	var on []string
	for _, f := range r.grants(v).Features() {
		if f.On {
			on = append(on, f.ID)
		}
	}
	fmt.Println("in the car, on:", strings.Join(on, ", "))
}

// grants verifies the stored grant for a car, with nothing but the maker's public key.
func (r *road) grants(v vin.VIN) *grants.Grants {
	key := must(r.app.Provisioning(r.ctx)).GrantKey
	return must(grants.Open(filepath.Join(r.dir, "car", "grants"), v, []ed25519.PublicKey{key}, r.clock))
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

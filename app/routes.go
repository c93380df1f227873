package app

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"roadbook/apps/appshttp"
	"roadbook/billing/billinghttp"
	"roadbook/car"
	"roadbook/car/keys"
	"roadbook/console"
	"roadbook/fleet/fleethttp"
	"roadbook/inservice/inservicehttp"
	"roadbook/ledger/ledgerhttp"
	"roadbook/offer/offerhttp"
	"roadbook/outlook/outlookhttp"
	"roadbook/partner/partnerhttp"
	"roadbook/platform/runs"
	"roadbook/platform/web"
	"roadbook/signal/signalhttp"
	"roadbook/supply/supplyhttp"
	"roadbook/update/updatehttp"
)

// Version is told in the OpenAPI document and by --version.
const Version = "0.1.0"

// The document keys: what signs grants, and what signs the app store's verdicts.
const (
	grantKey = "grant"
	storeKey = "store"
)

// gatewayHandler is what cars call. All but enrolment needs the car's certificate.
func (a *App) gatewayHandler() http.Handler {
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "Roadbook for cars", Version, "What a car calls, with its client certificate.")
	fleethttp.RegisterCar(api, a.Fleet)
	offerhttp.RegisterCar(api, a.Offer)
	updatehttp.RegisterCar(api, a.Update)
	appshttp.RegisterCar(api, a.Apps)
	mux.Handle("GET /car/v1/images/{name}", updatehttp.CarImages(a.Update))
	mux.Handle("GET /car/v1/apps/{app}/package", appshttp.CarPackages(a.Apps))
	return web.Cars(a.Fleet.Allowed, map[string]bool{keys.EnrolPath: true}, mux)
}

// consoleHandler is the operator's side: the API under /v1 with the token, the pages without, on loopback names only.
func (a *App) consoleHandler() http.Handler {
	mux := http.NewServeMux()
	api := web.NewAPI(mux, "Roadbook", Version, "The maker's side of Roadbook: build, sell, connect, update, bill and account for cars.")
	fleethttp.Register(api, a.Fleet)
	supplyhttp.Register(api, a.Supply)
	supplyhttp.RegisterPassports(api, a.Passport)
	ledgerhttp.Register(api, a.Ledger)
	offerhttp.Register(api, a.Offer)
	billinghttp.Register(api, a.Billing)
	partnerhttp.Register(api, a.Partner)
	updatehttp.Register(api, a.Update)
	signalhttp.Register(api, a.Signal)
	inservicehttp.Register(api, a.Pilots, a.clock)
	appshttp.Register(api, a.Apps)
	outlookhttp.Register(api, a.Outlook)
	outlookhttp.RegisterRecords(api, a.Records)
	runs.Register(api, a.runs)
	a.registerOwn(api)
	a.registerEvidence(api)
	a.registerAside(api)
	mux.Handle("GET /metrics", promhttp.Handler())

	root := http.NewServeMux()
	root.Handle("/v1/", web.Token(a.token, mux))
	root.Handle("GET /metrics", web.Token(a.token, mux))
	root.Handle("GET /openapi.json", mux)
	root.Handle("GET /openapi.yaml", mux)
	root.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	root.Handle("/passport/", supplyhttp.PassportPages(a.Passport, a.log)) // public: the QR code on a battery leads here
	src := newSource(a)
	root.Handle("/", console.Handler(src, src, src, a.log, a.cfg.Hosts...))
	return root
}

type clockBody struct {
	Now       time.Time `json:"now"`
	Simulated bool      `json:"simulated" readOnly:"true" required:"false"`
}

// registerOwn adds what belongs to no domain: the clock and what cars are given in the factory.
func (a *App) registerOwn(api huma.API) {
	clock := func() clockBody { return clockBody{a.clock.Now(), a.sim != nil} }
	huma.Register(api, huma.Operation{OperationID: "get-clock", Method: http.MethodGet, Path: "/v1/clock", Tags: []string{"app"},
		Summary: "The time by which the maker's side works"},
		func(context.Context, *struct{}) (*struct{ Body clockBody }, error) {
			return &struct{ Body clockBody }{clock()}, nil
		})
	huma.Register(api, huma.Operation{OperationID: "set-clock", Method: http.MethodPost, Path: "/v1/clock", Tags: []string{"app"},
		Summary: "Move simulated time and do what falls due", DefaultStatus: http.StatusOK,
		Description: "Only with --simulate. Time never goes back; an earlier time changes nothing. Answers when all that fell due is done."},
		func(ctx context.Context, in *struct {
			Body struct {
				Now time.Time `json:"now"`
			}
		}) (*struct{ Body clockBody }, error) {
			if err := a.Advance(ctx, in.Body.Now); err != nil {
				return nil, web.Error(err)
			}
			return &struct{ Body clockBody }{clock()}, nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-provisioning", Method: http.MethodGet, Path: "/v1/provisioning", Tags: []string{"app"},
		Summary: "What every car is given in the factory"},
		func(ctx context.Context, _ *struct{}) (*struct{ Body car.Provisioning }, error) {
			p, err := a.Provisioning(ctx)
			if err != nil {
				return nil, web.Error(err)
			}
			return &struct{ Body car.Provisioning }{p}, nil
		})
}

// Provisioning is what every car is given in the factory.
func (a *App) Provisioning(ctx context.Context) (car.Provisioning, error) {
	director, image, err := a.Update.Roots(ctx)
	if err != nil {
		return car.Provisioning{}, err
	}
	key, err := a.pki.Ed25519(grantKey)
	if err != nil {
		return car.Provisioning{}, err
	}
	store, err := a.pki.Ed25519(storeKey)
	if err != nil {
		return car.Provisioning{}, err
	}
	return car.Provisioning{Gateway: a.Gateway(), MQTT: a.MQTT(), Roots: string(a.pki.RootPEM()), GrantKey: key.Public().(ed25519.PublicKey), StoreKey: store.Public().(ed25519.PublicKey),
		DirectorRoot: director, ImageRoot: image}, nil
}

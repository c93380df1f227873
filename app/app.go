package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"roadbook/apps"
	"roadbook/apps/appssql"
	"roadbook/billing"
	"roadbook/billing/billingsql"
	"roadbook/billing/fakepay"
	"roadbook/fleet"
	"roadbook/fleet/fleetsql"
	"roadbook/inservice"
	"roadbook/inservice/inservicesql"
	"roadbook/ledger"
	"roadbook/ledger/ledgersql"
	"roadbook/offer"
	"roadbook/offer/offersql"
	"roadbook/outlook"
	"roadbook/outlook/outlooksql"
	"roadbook/outlook/record"
	"roadbook/partner"
	"roadbook/partner/partnersql"
	"roadbook/pilot/r157"
	"roadbook/platform/blob"
	"roadbook/platform/bus"
	"roadbook/platform/clock"
	"roadbook/platform/jobs"
	"roadbook/platform/mqttedge"
	"roadbook/platform/pki"
	"roadbook/platform/runs"
	"roadbook/platform/sqldb"
	"roadbook/platform/web"
	"roadbook/signal"
	"roadbook/signal/signalsql"
	"roadbook/supply"
	"roadbook/supply/passport"
	"roadbook/supply/supplysql"
	"roadbook/update"
	"roadbook/update/updatekeys"
	"roadbook/update/updatesql"
	"roadbook/wire/command"
	"roadbook/wire/grant"
)

// App is the maker's side.
type App struct {
	cfg   Config
	log   *slog.Logger
	clock clock.Clock
	sim   *clock.Sim // nil: real time
	token string

	db     *sqldb.DB
	bus    *bus.Bus
	frames *bus.Lane
	pki    *pki.PKI
	events *jobs.Dispatcher
	edge   *mqttedge.Edge
	marks  marks
	asides asides
	runs   *runs.Runs

	Fleet    *fleet.Service
	Supply   *supply.Service
	Ledger   *ledger.Service
	Offer    *offer.Service
	Billing  *billing.Service
	Partner  *partner.Service
	Update   *update.Service
	Signal   *signal.Service
	Pilots   *inservice.Service
	Apps     *apps.Service
	Outlook  *outlook.Service
	Records  *record.Service
	Passport *passport.Service
	books    books
	pilot    pilotGate
	wording  wording

	servers []*web.Server
	console string // where they listen
	gateway string
	mqtt    string
	tick    sync.Mutex // one run of the regular work at a time
	stop    context.CancelFunc
	done    chan struct{}
}

// New opens everything and builds every part once, in order. Nothing listens before Start.
func New(ctx context.Context, cfg Config) (*App, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: cfg.Log}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	a.listen()
	return a, nil
}

// open opens what lasts: keys, database, streams, blobs.
func (a *App) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return err
	}
	if a.db, err = sqldb.Open(ctx, a.cfg.DB); err != nil {
		return err
	}
	for _, m := range []struct {
		domain string
		files  fs.FS
	}{
		{"app", migrations()}, {"fleet", fleetsql.Migrations()}, {"supply", supplysql.Migrations()}, {"ledger", ledgersql.Migrations()},
		{"offer", offersql.Migrations()}, {"billing", billingsql.Migrations()}, {"fakepay", fakepay.Migrations()},
		{"partner", partnersql.Migrations()}, {"update", updatesql.Migrations()}, {"signal", signalsql.Migrations()}, {"apps", appssql.Migrations()},
		{"outlook", outlooksql.Migrations()}, {"inservice", inservicesql.Migrations()}, {"runs", runs.Migrations()},
	} {
		if err := a.db.Migrate(ctx, m.domain, m.files); err != nil {
			return err
		}
	}
	a.marks, a.asides = marks{a.db}, asides{a.db}
	a.clock = clock.Real{}
	if a.cfg.Simulate != "" {
		now := a.cfg.Simulate.Time()
		stood, err := a.marks.get(ctx, markClock)
		if err != nil {
			return err
		}
		if t, err := time.Parse(time.RFC3339Nano, stood); err == nil {
			now = t
		}
		a.sim = clock.NewSim(now)
		a.clock = a.sim
	}
	if a.pki, err = pki.Open(filepath.Join(a.cfg.Data, "pki"), a.clock, a.cfg.Hosts...); err != nil {
		return err
	}
	if a.token, err = token(filepath.Join(a.cfg.Data, "token")); err != nil {
		return err
	}
	if a.bus, err = bus.Open(ctx, bus.Config{URL: a.cfg.NATS, Dir: filepath.Join(a.cfg.Data, "streams"), Logger: a.log}); err != nil {
		return err
	}
	a.frames, err = a.bus.Lane(ctx, "frames", "roll")
	return err
}

// build makes the domains and lets one ask the other.
func (a *App) build(ctx context.Context) error {
	var err error
	a.Ledger = ledger.New(ledgersql.New(a.db), a.clock)
	if a.Supply, err = supply.New(supplysql.New(a.db), supply.Config{Currency: a.cfg.Currency}); err != nil {
		return err
	}
	a.Fleet = fleet.New(fleetsql.New(a.db), a.clock, parts{a.Supply}, authority{a.pki})
	a.books = books{ledger: a.Ledger, fleet: a.Fleet, supply: a.Supply}

	key, err := a.pki.Ed25519(grantKey)
	if err != nil {
		return err
	}
	if a.wording.markets, err = r157.Markets(); err != nil {
		return err
	}
	a.Offer = offer.New(offersql.New(a.db), a.clock, floor{a.Fleet, a.Supply, a.cfg.Margin}, grant.Key(key), a.wording)
	pay, err := fakepay.New(a.db, fakepay.DefaultConfig())
	if err != nil {
		return err
	}
	if a.Billing, err = billing.New(billingsql.New(a.db), a.Ledger, pay, billing.DefaultConfig()); err != nil {
		return err
	}
	a.Partner = partner.New(partnersql.New(a.db), a.Ledger)

	blobs, err := blob.Open(ctx, a.cfg.Blobs)
	if err != nil {
		return err
	}
	keys, err := updatekeys.Open(filepath.Join(a.cfg.Data, "uptane"))
	if err != nil {
		return err
	}
	releases := updatesql.New(a.db)
	if a.pilot, err = a.gate(releases); err != nil {
		return err
	}
	a.Update = update.New(releases, blobs, keys, inventory{a.Fleet}, a.pilot, a.clock)
	store, err := a.pki.Ed25519(storeKey)
	if err != nil {
		return err
	}
	a.Apps = apps.New(appssql.New(a.db), blobs, store, a.clock)
	a.Signal = signal.New(signalsql.New(a.db), a.frames, a.clock)
	a.Pilots = inservice.New(inservicesql.New(a.db), a.clock)
	if err := a.buildPassports(); err != nil {
		return err
	}
	a.Records = record.New(outlooksql.New(a.db))
	a.runs = runs.New(a.db, a.log)
	a.Outlook, err = outlook.New(a.Ledger, a.Fleet, a.Billing, a.clock, a.cfg.Currency)
	return err
}

// token reads the operator's token, made on the first start.
func token(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err == nil && len(b) >= 32 {
		return string(b[:len(b)-1]), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	t := hex.EncodeToString(raw)
	return t, os.WriteFile(file, []byte(t+"\n"), 0o600)
}

// listen says who hears of what. Every handler is idempotent: it may be called again with the same event.
func (a *App) listen() {
	a.events = jobs.New(a.db, a.log)
	a.events.On("fleet.Built", jobs.Handle(func(ctx context.Context, _ jobs.Event, e fleet.Built) error {
		return a.books.built(ctx, e)
	}))
	a.events.On("fleet.Resold", jobs.Handle(func(ctx context.Context, _ jobs.Event, e fleet.Resold) error {
		return a.resold(ctx, e)
	}))
	a.events.On("fleet.Revoked", jobs.Handle(func(_ context.Context, _ jobs.Event, e fleet.Revoked) error {
		return a.hint(e.VIN, command.Revoked)
	}))
	a.events.On("offer.Placed", jobs.Handle(func(ctx context.Context, _ jobs.Event, e offer.Placed) error {
		return a.Billing.OnPlaced(ctx, e)
	}))
	a.events.On("billing.Invoiced", jobs.Handle(func(ctx context.Context, _ jobs.Event, e billing.Invoiced) error {
		return errors.Join(a.Billing.OnInvoiced(ctx, e), a.Partner.OnInvoiced(ctx, e.Invoice), a.books.delivered(ctx, e.Invoice), a.sold(ctx, e.Invoice))
	}))
	a.events.On("billing.Paid", jobs.Handle(func(ctx context.Context, _ jobs.Event, e billing.Paid) error {
		return a.activate(ctx, e)
	}))
	a.events.On("supply.CostAccrued", jobs.Handle(func(ctx context.Context, _ jobs.Event, e supply.CostAccrued) error {
		return a.books.accrued(ctx, e)
	}))
	a.events.On("supply.PriceVaried", jobs.Handle(func(ctx context.Context, _ jobs.Event, e supply.PriceVaried) error {
		return a.books.priceVaried(ctx, e)
	}))
	a.events.On("supply.ContractSettled", jobs.Handle(func(ctx context.Context, _ jobs.Event, e supply.ContractSettled) error {
		return a.books.settled(ctx, e)
	}))
	a.hints()
	a.studies()
}

// Start begins to listen and to work. The addresses are known when it returns.
func (a *App) Start(ctx context.Context) error {
	if err := a.roll(ctx); err != nil {
		return fmt.Errorf("frames: %w", err)
	}
	if err := a.startEdge(ctx); err != nil {
		return fmt.Errorf("mqtt edge: %w", err)
	}
	gw, err := web.Serve(a.cfg.Gateway, a.pki.ServerTLS(nil, false), a.gatewayHandler(), a.log)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	a.servers = append(a.servers, gw)
	a.gateway = gw.Addr()
	con, err := web.Serve(a.cfg.Console, nil, a.consoleHandler(), a.log)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	a.servers = append(a.servers, con)
	a.console = con.Addr()
	a.events.Start(ctx)
	if err := a.runs.Start(ctx); err != nil {
		return fmt.Errorf("long work: %w", err)
	}
	ctx, a.stop = context.WithCancel(ctx)
	a.done = make(chan struct{})
	go a.work(ctx)
	return nil
}

// Console, Gateway and MQTT are where the app listens, once started.
func (a *App) Console() string { return "http://" + a.console }

// Gateway is the cars' HTTPS.
func (a *App) Gateway() string { return "https://" + a.gateway }

// MQTT is the cars' broker.
func (a *App) MQTT() string { return a.mqtt }

// Token is the operator's.
func (a *App) Token() string { return a.token }

// Stop ends what Start began, last first, and closes everything. Twice is fine.
func (a *App) Stop(ctx context.Context) error {
	var errs []error
	if a.stop != nil {
		a.stop()
		<-a.done
	}
	for i := len(a.servers) - 1; i >= 0; i-- {
		errs = append(errs, a.servers[i].Stop(ctx))
	}
	a.servers = nil
	if a.edge != nil {
		errs = append(errs, a.edge.Stop())
		a.edge = nil
	}
	if a.runs != nil {
		a.runs.Close()
	}
	if a.events != nil {
		a.events.Stop()
	}
	return errors.Join(append(errs, a.close())...)
}

func (a *App) close() error {
	var errs []error
	if a.bus != nil {
		errs = append(errs, a.bus.Close())
		a.bus = nil
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
		a.db = nil
	}
	return errors.Join(errs...)
}

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"roadbook/app"
	"roadbook/money"
	"roadbook/period"
)

// engines are the flags that say where things are kept; both serve and demo have them.
type engines struct {
	DB    string `help:"Database: postgres://… (default: SQLite in the data folder)." placeholder:"URL" env:"ROADBOOK_DB"`
	NATS  string `name:"nats" help:"NATS with JetStream: nats://… (default: embedded, in the data folder)." placeholder:"URL" env:"ROADBOOK_NATS"`
	Blobs string `help:"Object store: s3://… (default: files in the data folder)." placeholder:"URL" env:"ROADBOOK_BLOBS"`
}

// addresses are the flags that say where to listen.
type addresses struct {
	Console string   `help:"Address of the console and the operator's API." default:"127.0.0.1:8080" placeholder:"ADDR"`
	Gateway string   `help:"Address of the cars' HTTPS." default:"127.0.0.1:8443" placeholder:"ADDR"`
	MQTT    string   `name:"mqtt" help:"Address of the cars' MQTT." default:"127.0.0.1:8883" placeholder:"ADDR"`
	Hosts   []string `help:"Further host names of this server, for its certificate and its console." placeholder:"NAME"`
}

type serveCmd struct {
	Data          string `help:"Folder for keys and, by default, everything else." default:"data" type:"path"`
	engines       `embed:""`
	addresses     `embed:""`
	Currency      string   `help:"Currency of the books (ISO 4217)." default:"CNY"`
	Margin        string   `help:"Target margin of the price floor." default:"0.01"`
	Passports     string   `help:"Address before /passport/SERIAL in the QR codes of battery passports (default: http:// and the console's)." placeholder:"URL" env:"ROADBOOK_PASSPORTS"`
	EvidenceKey   []string `help:"File with an Ed25519 public key (PEM) that may sign a pilot's evidence; again for more. Without one no pilot goes out." placeholder:"FILE" env:"ROADBOOK_EVIDENCE_KEY" type:"existingfile"`
	PilotHardware []string `help:"Patterns of the hardware that carries the pilot." default:"rb-pilot-*" placeholder:"PATTERN"`
	Simulate      string   `help:"Let time stand still from this day until it is set through the API (for demos and tests)." placeholder:"YYYY-MM-DD"`
}

// Help is shown by roadbook serve --help.
func (serveCmd) Help() string {
	return `One process on files is the default. The same program runs as replicas when it is given a database, NATS and an
object store.

    roadbook serve --data data
    roadbook serve --data data --db postgres://user:password@host/roadbook --nats nats://host:4222 --blobs s3://…`
}

func (c serveCmd) config(log *slog.Logger) app.Config {
	return app.Config{Data: c.Data, DB: c.DB, NATS: c.NATS, Blobs: c.Blobs, Console: c.Console, Gateway: c.Gateway, MQTT: c.MQTT, Hosts: c.Hosts,
		EvidenceKeys: c.EvidenceKey, PilotHardware: c.PilotHardware, Passports: c.Passports, Currency: money.Currency(c.Currency), Margin: money.Decimal(c.Margin), Simulate: period.Date(c.Simulate), Log: log}
}

// Run serves until interrupted.
func (c serveCmd) Run(ctx context.Context, out io.Writer, log *slog.Logger) error {
	a, err := start(ctx, c.config(log))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "console %s\ngateway %s\nmqtt    %s\ntoken   %s\nready\n", a.Console(), a.Gateway(), a.MQTT(), filepath.Join(c.Data, "token"))
	<-ctx.Done()
	return a.Stop(context.WithoutCancel(ctx))
}

// start builds and starts the maker's side. It outlives ctx until it is stopped, so that what is under way can end.
func start(ctx context.Context, cfg app.Config) (*app.App, error) {
	a, err := app.New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := a.Start(context.WithoutCancel(ctx)); err != nil {
		if serr := a.Stop(context.WithoutCancel(ctx)); serr != nil {
			log := cfg.Log
			log.Error("stop", "err", serr)
		}
		return nil, err
	}
	return a, nil
}

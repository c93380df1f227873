// Package app joins the maker's side: it opens what the domains need, builds each once, in order and by hand, lets one
// ask the other through the small interfaces that they declare, and starts and stops the whole.
//
// Start reading at [New].
package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"

	"roadbook/money"
	"roadbook/period"
)

// Config is what an operator decides. The zero value of each field but Data has a default.
type Config struct {
	Data      string // folder of keys, and of the database, the streams and the blobs unless these are elsewhere
	DB        string // "postgres://…"; default a SQLite file in Data
	NATS      string // "nats://…"; default an embedded JetStream in Data
	Blobs     string // "s3://…"; default files in Data
	Console   string // address of the console and the operator's API, default 127.0.0.1:8080
	Gateway   string // address of the cars' HTTPS, default 127.0.0.1:8443
	MQTT      string // address of the cars' MQTT, default 127.0.0.1:8883
	Passports string // address before /passport/SERIAL in the QR codes of battery passports, default http:// and Console
	Hosts     []string
	// EvidenceKeys are files with the Ed25519 public keys (PEM) that may sign a pilot's evidence. Without one no pilot goes out.
	EvidenceKeys []string
	// PilotHardware are patterns (path.Match) of the hardware that carries the pilot; default rb-pilot-*. A release for it must
	// declare the pilot's software and bring evidence. Hardware that a release once declared it for is among them for good.
	PilotHardware []string

	Currency money.Currency // of the books, default CNY
	Margin   money.Decimal  // target margin of the price floor, default 0.01
	Simulate period.Date    // not empty: time stands still until it is set through the API, and begins on this day
	Log      *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Data == "" {
		return c, fmt.Errorf("config: a data folder is needed")
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return c, err
	}
	c.Data = abs
	c.DB = cmp.Or(c.DB, "file:"+filepath.Join(abs, "roadbook.db"))
	c.Blobs = cmp.Or(c.Blobs, "file:"+filepath.Join(abs, "blobs"))
	c.Console = cmp.Or(c.Console, "127.0.0.1:8080")
	c.Gateway = cmp.Or(c.Gateway, "127.0.0.1:8443")
	c.MQTT = cmp.Or(c.MQTT, "127.0.0.1:8883")
	c.Passports = cmp.Or(c.Passports, "http://"+c.Console)
	c.Currency = cmp.Or(c.Currency, "CNY")
	c.Margin = cmp.Or(c.Margin, "0.01")
	if c.PilotHardware == nil {
		c.PilotHardware = []string{"rb-pilot-*"}
	}
	if _, err := c.Currency.Exponent(); err != nil {
		return c, err
	}
	if err := c.Margin.Check(); err != nil {
		return c, err
	}
	if c.Simulate != "" {
		if _, err := period.ParseDate(string(c.Simulate)); err != nil {
			return c, err
		}
	}
	for _, a := range []string{c.Console, c.Gateway, c.MQTT} {
		host, _, err := net.SplitHostPort(a)
		if err != nil {
			return c, fmt.Errorf("config: address %q: %w", a, err)
		}
		if host != "" && host != "localhost" && !strings.HasPrefix(host, "127.") && host != "0.0.0.0" && host != "::" {
			c.Hosts = append(c.Hosts, host)
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

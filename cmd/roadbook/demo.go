package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"

	"roadbook/app"
	"roadbook/app/client"
	"roadbook/app/demo"
	"roadbook/app/scenario"
	"roadbook/car/drive"
	"roadbook/car/highway"
	"roadbook/examples"
)

type demoCmd struct {
	Cars      int    `help:"How many cars." default:"20"`
	Months    int    `help:"How many months pass." default:"12"`
	Scenario  string `help:"Case to read (default: the embedded xiaomi-2023)." placeholder:"FILE" type:"existingfile"`
	Drive     string `help:"Replay the speed traces (CSV) below this folder." placeholder:"DIR" type:"existingdir"`
	Candidate string `help:"A candidate's parameters of the pilot (JSON: version, params) that run in the shadow of every car's; the pilots page lists what they would do otherwise." placeholder:"FILE"`
	Data      string `help:"Keep everything here; a second start goes on where it was (default: a temporary folder)." placeholder:"DIR" type:"path"`
	Once      bool   `help:"End after the table."`
	Attach    string `help:"Drive a server that runs already (serve --simulate …) instead of an own one; wants --token-file." placeholder:"URL"`
	TokenFile string `help:"The token of the server to attach to." type:"existingfile" placeholder:"FILE"`
	engines   `embed:""`
	addresses `embed:""`
}

// Help is shown by roadbook demo --help.
func (demoCmd) Help() string {
	return `Starts the maker's side on embedded defaults and a fleet of real cars that reach it only by MQTT and HTTPS with
mutual TLS. A simulated clock lets a year pass in about a minute. Ends with the profit and loss of every car, and
serves the console until interrupted.

    roadbook demo
    roadbook demo --cars 5 --months 3 --once
    roadbook demo --drive ../shared/data/drive-cycles/cmap_subset --data demo-data`
}

// attachPatience is how long the cars and the driver wait for an attached server that is away.
const attachPatience = time.Minute

// Run drives the road.
func (c demoCmd) Run(ctx context.Context, out io.Writer, log *slog.Logger) (err error) {
	s, err := c.scenario()
	if err != nil {
		return err
	}
	var traces []drive.Trace
	if c.Drive != "" {
		if traces, err = drive.ReadDir(c.Drive); err != nil {
			return err
		}
	}
	candidate, err := highway.ReadCandidate(c.Candidate)
	if err != nil {
		return fmt.Errorf("--candidate: %w", err)
	}
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "roadbook-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Data)) }()
	}
	began := time.Now()
	api := &client.Client{}
	if c.Attach != "" {
		token, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return fmt.Errorf("--attach wants --token-file: %w", err)
		}
		if _, err := url.ParseRequestURI(c.Attach); err != nil {
			return err
		}
		api = &client.Client{Base: c.Attach, Token: strings.TrimSpace(string(token)), Patience: attachPatience}
	} else {
		a, err := start(ctx, app.Config{Data: filepath.Join(c.Data, "maker"), DB: c.DB, NATS: c.NATS, Blobs: c.Blobs,
			Console: c.Console, Gateway: c.Gateway, MQTT: c.MQTT, Hosts: c.Hosts,
			Currency: s.Currency, Margin: s.HardwareMargin.Value, Simulate: s.Start, Log: log})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Stop(context.WithoutCancel(ctx))) }()
		api = &client.Client{Base: a.Console(), Token: a.Token()}
		fmt.Fprintf(out, "%s: %d cars, %d months. The console is at %s\n", s.Title, c.Cars, c.Months, consoleName(a.Console()))
	}
	err = demo.Run(ctx, demo.Config{Scenario: s, Cars: c.Cars, Months: c.Months, Dir: filepath.Join(c.Data, "cars"), Traces: traces, API: api, Log: log, Candidate: candidate,
		Progress: progress(os.Stderr)})
	if err != nil {
		if ctx.Err() != nil {
			return nil // interrupted: a start on the same --data goes on
		}
		return err
	}
	if err := demo.Report(ctx, api, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%.0f s, %.0f CPU-s.\n", time.Since(began).Seconds(), cpuSeconds())
	if c.Once || c.Attach != "" {
		return nil
	}
	fmt.Fprintf(out, "Still serving %s: every figure there leads to its entries. Interrupt to end.\n", consoleName(api.Base))
	<-ctx.Done()
	return nil
}

func (c demoCmd) scenario() (scenario.Scenario, error) {
	if c.Scenario == "" {
		return scenario.Parse(examples.Xiaomi2023)
	}
	b, err := os.ReadFile(c.Scenario)
	if err != nil {
		return scenario.Scenario{}, err
	}
	s, err := scenario.Parse(b)
	if err != nil {
		return s, fmt.Errorf("%s: %w", c.Scenario, err)
	}
	return s, nil
}

// consoleName writes a loopback address as a person types it.
func consoleName(url string) string { return strings.Replace(url, "127.0.0.1", "localhost", 1) }

// progress draws a bar on a terminal; elsewhere it writes a line for each tenth.
func progress(to *os.File) func(done, total int, doing string) {
	if info, err := to.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		tenth := -1
		return func(done, total int, doing string) {
			if now := done * 10 / total; now > tenth {
				tenth = now
				fmt.Fprintf(to, "%3d %%  %s\n", now*10, doing)
			}
		}
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(to), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount())
	return func(done, total int, doing string) {
		bar.ChangeMax(total)
		bar.Describe(doing)
		_ = bar.Set(done) // a bar that cannot be drawn stops nothing
	}
}

// cpuSeconds is the processor time of this process, user and system.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

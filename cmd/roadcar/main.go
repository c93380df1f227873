// Command roadcar is the program in the car: it drives, tells what it measures, takes updates and rights that it can prove,
// and serves the head unit's screen.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"roadbook/car"
	"roadbook/car/cockpit"
	"roadbook/car/drive"
	"roadbook/car/highway"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/vin"
)

// Limits of the program.
const (
	patience    = 3 * time.Second // with a maker's side that is away
	stopWithin  = 5 * time.Second
	readWithin  = 10 * time.Second
	writeWithin = 2 * time.Minute // an app is installed within an answer
	maxHeader   = 64 << 10
	minEvery    = 100 * time.Millisecond
)

var country = regexp.MustCompile(`^[A-Z]{2}$`)

type cli struct {
	Dir          string        `help:"Folder for all that the car keeps. The car goes on where it was." required:"" type:"path" placeholder:"DIR"`
	Provisioning string        `help:"What every car is given in the factory, as JSON (GET /v1/provisioning)." required:"" placeholder:"FILE"`
	VIN          string        `name:"vin" help:"The car's name (ISO 3779)." required:"" placeholder:"VIN"`
	ECU          string        `name:"ecu" help:"Serial of the primary control unit, as the car was built with." required:"" placeholder:"SERIAL"`
	Hardware     string        `help:"Hardware of that control unit (default: what the provisioning says)." placeholder:"ID"`
	Secret       string        `help:"One-time enrolment secret; needed at the first start only." env:"ROADCAR_SECRET" placeholder:"SECRET"`
	Cockpit      string        `help:"Address of the head unit's screen." default:"127.0.0.1:8090" placeholder:"ADDR"`
	Drive        string        `help:"Drive this recorded speed trace, or one of this folder each day (CSV; default: made up for the car and the day)." placeholder:"FILE|DIR"`
	Every        time.Duration `help:"How often the car looks whether there is a day to drive and something to tell." default:"30s"`
	Simulate     period.Date   `help:"Do not wait for the days: begin on this one and drive another at each --every." placeholder:"YYYY-MM-DD"`
	Country      string        `help:"Where the car is driven (ISO 3166-1): what the pilot may do there." default:"CN" placeholder:"XX"`
	Candidate    string        `help:"A candidate's parameters of the pilot (JSON: version, params) that run in its shadow and move nothing; what they would do otherwise is reported." placeholder:"FILE"`
	Log          string        `help:"What to log to standard error: debug, info, warn, error." default:"warn" enum:"debug,info,warn,error"`
}

// Help is shown by roadcar --help.
func (cli) Help() string {
	return `Build the car first; the answer holds its one-time secret:

    roadbook car build vin=LRBR1CNE1PB000001 model=road-1 pack_serial=C-1 'ecus=[{"serial":"ECU-1","hardware_id":"rb-head-1","role":"primary"}]'
    curl -H "Authorization: Bearer $(cat data/token)" http://127.0.0.1:8080/v1/provisioning > provisioning.json
    roadcar --dir car1 --provisioning provisioning.json --vin LRBR1CNE1PB000001 --ecu ECU-1 --hardware rb-head-1 --secret=SECRET

The car drives once a day, departing at 08:00 UTC: the newest day whose drive is over. With --simulate the maker's side
should run with --simulate too.

    roadcar dssad --dir car1

verifies and prints what the pilot's recorder holds; the car need not run.`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "roadcar:", err)
		os.Exit(1)
	}
}

// run parses the command line and lets the car live until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "dssad" {
		return readDSSAD(args[1:], out)
	}
	var c cli
	parser, err := kong.New(&c, kong.Name("roadcar"), kong.Description("The program in the car."), kong.UsageOnError())
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	traces, err := readTraces(c.Drive)
	if err != nil {
		return fmt.Errorf("--drive: %w", err)
	}
	listener, err := net.Listen("tcp", c.Cockpit)
	if err != nil {
		return fmt.Errorf("--cockpit: %w", err)
	}
	defer listener.Close()
	agent, err := car.Open(ctx, cfg)
	if err != nil {
		return openError(err)
	}
	defer func() {
		if err := agent.Stop(context.WithoutCancel(ctx)); err != nil {
			cfg.Log.Error("stop", "err", err)
		}
	}()
	screen, err := car.NewScreen(agent)
	if err != nil {
		return err
	}
	stop := serve(ctx, listener, cockpit.Handler(screen, cfg.Log, hosts(c.Cockpit)...), cfg.Log)
	defer stop()
	fmt.Fprintf(out, "cockpit http://%s\ngateway %s\nmqtt    %s\nready\n", listener.Addr(), cfg.Provisioning.Gateway, cfg.Provisioning.MQTT)
	r := road{agent: agent, screen: screen, vin: cfg.VIN, traces: traces, every: c.Every, clock: cfg.Clock, log: cfg.Log}
	r.sim, _ = cfg.Clock.(*clock.Sim)
	r.run(ctx)
	return nil
}

// config checks what the command line says.
func (c cli) config() (car.Config, error) {
	var none car.Config
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return none, err
	}
	v, err := vin.Parse(c.VIN)
	if err != nil {
		return none, fmt.Errorf("--vin: %w", err)
	}
	if !country.MatchString(c.Country) {
		return none, fmt.Errorf("--country: %.20q is no country like DE", c.Country)
	}
	if c.Every < minEvery {
		return none, fmt.Errorf("--every: %s is too often, expected at least %s", c.Every, minEvery)
	}
	candidate, err := highway.ReadCandidate(c.Candidate)
	if err != nil {
		return none, fmt.Errorf("--candidate: %w", err)
	}
	raw, err := os.ReadFile(c.Provisioning)
	if err != nil {
		return none, fmt.Errorf("--provisioning: %w", err)
	}
	p, err := car.ParseProvisioning(raw)
	if err != nil {
		return none, fmt.Errorf("--provisioning: %s: %w", c.Provisioning, err)
	}
	if c.Hardware == "" {
		c.Hardware = p.HardwareID
	}
	if c.Hardware == "" {
		return none, errors.New("--hardware: is needed, the provisioning does not name the hardware")
	}
	var now car.Clock = clock.Real{}
	if c.Simulate != "" {
		day, err := period.ParseDate(string(c.Simulate))
		if err != nil {
			return none, fmt.Errorf("--simulate: %w", err)
		}
		now = clock.NewSim(day.Time().Add(evening))
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return none, fmt.Errorf("--dir: %w", err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return car.Config{Dir: c.Dir, VIN: v, ECU: c.ECU, HardwareID: c.Hardware, Secret: c.Secret, Provisioning: p, Clock: now,
		Consent: car.DriversConsent(c.Dir), Patience: patience, Country: c.Country, Candidate: candidate, Log: log}, nil
}

func readTraces(name string) ([]drive.Trace, error) {
	if name == "" {
		return nil, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return drive.ReadDir(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := drive.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []drive.Trace{t}, nil
}

// openError says what a person can do about a car that does not start.
func openError(err error) error {
	switch fault.KindOf(err) {
	case fault.Unavailable:
		return fmt.Errorf("%w (the first start needs the maker's side: is roadbook serve running?)", err)
	case fault.Unauthorized, fault.Forbidden, fault.Refused:
		return fmt.Errorf("%w (is --secret the one that this car was built with?)", err)
	}
	return err
}

// hosts are the names, beside loopback, that the screen answers to.
func hosts(addr string) []string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return nil
	}
	return []string{strings.ToLower(host)}
}

// serve serves the screen until ctx ends or the returned function is called, which waits for answers under way.
func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) (stop func()) {
	streams, end := context.WithCancel(ctx) // the streams of readings never end by themselves
	srv := &http.Server{Handler: h, ReadTimeout: readWithin, WriteTimeout: writeWithin, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return streams }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("cockpit", "err", err)
		}
	}()
	return func() {
		end()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		if err := srv.Shutdown(within); err != nil {
			log.Warn("cockpit", "err", errors.Join(err, srv.Close()))
		}
		<-done
	}
}

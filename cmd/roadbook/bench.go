package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"roadbook/app"
	"roadbook/app/client"
	"roadbook/app/demo"
	"roadbook/app/scenario"
	"roadbook/examples"
	"roadbook/outlook/forecast"
	"roadbook/supply/sourcing"
)

type benchCmd struct {
	Start   benchStartCmd   `cmd:"" help:"How long serve takes until it is ready, and what it needs when idle."`
	Outlook benchOutlookCmd `cmd:"" help:"Paths a second of the forecast's engine, beside the same model in numpy."`
	Source  benchSourceCmd  `cmd:"" help:"Time and proven gap of the sourcing engine, beside cbc."`
	Scene   benchSceneCmd   `cmd:"" help:"Scenarios a second of the highway pilot's full stack, beside the scalar limit."`
}

type benchOutlookCmd struct {
	Paths int    `help:"Of each engine and round." default:"131072"`
	Runs  int    `help:"Rounds, the engines in turn; the median counts." default:"5"`
	Seed  uint64 `help:"Of all draws." default:"1"`
}

// Help is shown by roadbook bench outlook --help.
func (benchOutlookCmd) Help() string {
	return `60 quarters, 24 correlated inputs, on one core, in CPU time: the column engine, the plain engine and numpy (Debian's
python3-numpy) on the same model in one run. Checks that they agree, that the result does not depend on the number of
workers, and that memory does not grow with the paths.`
}

// Run measures and prints.
func (c benchOutlookCmd) Run(ctx context.Context, out io.Writer) error {
	return forecast.Bench(ctx, out, forecast.BenchConfig{Paths: c.Paths, Runs: c.Runs, Seed: c.Seed})
}

type benchSourceCmd struct {
	Seconds float64  `help:"Wall clock that cbc gets for each case; 0 leaves it out." default:"60"`
	Seeds   []uint64 `help:"One case of each family for every seed." default:"1"`
}

// Help is shown by roadbook bench source --help.
func (benchSourceCmd) Help() string {
	return `Generated cases of growing size, up to 8 suppliers, 36 months, 4 chemistries and 5 tiers with minimum orders, and one with
scenarios and CVaR: cost, proven gap and CPU seconds of the built-in engine, and of cbc where it is installed.`
}

// Run measures and prints.
func (c benchSourceCmd) Run(ctx context.Context, out io.Writer) error {
	return sourcing.Bench(ctx, out, c.Seconds, c.Seeds...)
}

type benchStartCmd struct {
	Runs int           `help:"How often." default:"5"`
	Idle time.Duration `help:"How long to wait before the memory is read." default:"5s"`
	Car  string        `help:"Also measure this roadcar program, as the car of the last server." placeholder:"FILE" type:"existingfile"`
}

// Help is shown by roadbook bench start --help.
func (benchStartCmd) Help() string {
	return `Starts this program's serve as a process of its own on a new folder, and again on the same folder; beside it, in the
same run, the start of a process that does nothing: what the machine needs anyway.

    go build -o bin/ ./cmd/... && bin/roadbook bench start --car bin/roadcar`
}

// started is one measured start.
type started struct {
	ready time.Duration
	cpu   time.Duration // user and system, until the end of the idle time
	rss   int64         // bytes
	lines []string      // what it printed until it was ready
}

// Run measures and prints.
func (c benchStartCmd) Run(ctx context.Context, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var first, again, nothing []started
	dir, err := os.MkdirTemp("", "roadbook-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i := range c.Runs {
		data := filepath.Join(dir, strconv.Itoa(i))
		serve := []string{"serve", "--data", data, "--console", "127.0.0.1:0", "--gateway", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"}
		for _, to := range []*[]started{&first, &again} {
			s, err := measure(ctx, c.Idle, self, serve...)
			if err != nil {
				return err
			}
			*to = append(*to, s)
		}
		began := time.Now()
		if err := exec.CommandContext(ctx, self, "--help").Run(); err != nil {
			return err
		}
		nothing = append(nothing, started{ready: time.Since(began)})
	}
	fmt.Fprintf(out, "%d runs, medians\n\n", c.Runs)
	fmt.Fprintf(out, "%-28s %10s %10s %10s\n", "", "ready", "CPU-s", "memory")
	show := func(name string, s []started) {
		m := median(s)
		fmt.Fprintf(out, "%-28s %7.0f ms %10.2f %7.1f MB\n", name, float64(m.ready)/1e6, m.cpu.Seconds(), float64(m.rss)/1e6)
	}
	show("serve, new folder", first)
	show("serve, same folder", again)
	if c.Car != "" {
		cars, err := c.cars(ctx, dir)
		if err != nil {
			return err
		}
		show("roadcar, enrolled", cars)
	}
	fmt.Fprintf(out, "%-28s %7.0f ms   (roadbook --help: loading the program)\n", "nothing", float64(median(nothing).ready)/1e6)
	for _, f := range []string{self, c.Car} {
		if info, err := os.Stat(f); f != "" && err == nil {
			fmt.Fprintf(out, "%-28s %7.1f MB\n", filepath.Base(f)+", size", float64(info.Size())/1e6)
		}
	}
	return nil
}

// cars starts the car's program again and again against a server with one car, and returns all starts but the first, in
// which it enrols.
func (c benchStartCmd) cars(ctx context.Context, dir string) (out []started, err error) {
	data := filepath.Join(dir, "for-car")
	s, err := scenario.Parse(examples.Xiaomi2023)
	if err != nil {
		return nil, err
	}
	a, err := start(ctx, app.Config{Data: data, Console: "127.0.0.1:0", Gateway: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Stop(context.WithoutCancel(ctx))) }()
	one, err := demo.BuildOne(ctx, demo.Config{Scenario: s, API: &client.Client{Base: a.Console(), Token: a.Token()}})
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(one.Provisioning)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "provisioning.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return nil, err
	}
	for range c.Runs + 1 {
		m, err := measure(ctx, c.Idle, c.Car, "--dir", filepath.Join(dir, "car"), "--provisioning", file, "--vin", string(one.VIN),
			"--ecu", one.ECU, "--hardware", one.HardwareID, "--secret", one.Secret, "--cockpit", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out[1:], nil
}

func median(s []started) started {
	if len(s) == 0 {
		return started{}
	}
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b started) int { return int(a.ready - b.ready) })
	return s[len(s)/2]
}

// measure starts a program, waits until it prints "ready", lets it idle and reads what it used.
func measure(ctx context.Context, idle time.Duration, program string, args ...string) (s started, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return s, err
	}
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
		if state := cmd.ProcessState; state != nil {
			s.cpu = state.UserTime() + state.SystemTime()
		}
	}()
	ready := false
	for lines := bufio.NewScanner(stdout); !ready && lines.Scan(); {
		ready = lines.Text() == "ready"
		s.lines = append(s.lines, lines.Text())
	}
	if !ready {
		return s, fmt.Errorf("%s ended before it was ready", filepath.Base(program))
	}
	s.ready = time.Since(began)
	select {
	case <-ctx.Done():
		return s, ctx.Err()
	case <-time.After(idle):
	}
	s.rss, err = resident(cmd.Process.Pid)
	return s, err
}

// resident reads a process's memory, in bytes, from /proc (Linux).
func resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb * 1024, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

package sumo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"roadbook/fault"
	"roadbook/pilot/scene/sumo/traci"
)

// stepLength is the step of SUMO in s; a step of SUMO holds stepTicks ticks.
const (
	stepLength = 0.1
	stepTicks  = 10
)

// attempts bounds how often a process is started again because another program took its port.
const attempts = 3

// find looks for one of SUMO's programs.
func find(name string) (string, error) {
	p, err := exec.LookPath(name)
	if err != nil {
		return "", fault.New(fault.Unavailable, "sumo_missing", "%s is not installed: on Debian, apt-get install --no-install-recommends sumo (.ci/services does it)", name)
	}
	return p, nil
}

// Version asks the installed SUMO for its version, such as "SUMO 1.15.0".
func Version(ctx context.Context) (string, error) {
	tool, err := find("sumo")
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, tool, "--version").Output()
	if err != nil {
		return "", fault.New(fault.Unavailable, "sumo_failed", "sumo --version: %v", err)
	}
	line, _, _ := bytes.Cut(out, []byte("\n"))
	if _, v, ok := bytes.Cut(line, []byte("Version ")); ok {
		return "SUMO " + string(bytes.TrimSpace(v)), nil
	}
	return string(bytes.TrimSpace(line)), nil
}

// ports hands out TCP ports of this machine and never the same twice, so that two simulations of one soak cannot meet.
type ports struct {
	mu   sync.Mutex
	used map[int]bool
}

func (p *ports) next() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if !p.used[port] {
			if p.used == nil {
				p.used = make(map[int]bool)
			}
			p.used[port] = true
			return port, nil
		}
	}
	return 0, fault.New(fault.Unavailable, "no_port", "no free TCP port found")
}

// process is one running simulation.
type process struct {
	*traci.Client
	cmd    *exec.Cmd
	said   bounded
	exited chan struct{}
	cancel context.CancelFunc
}

// start runs SUMO on a network and routes and connects to it.
func start(ctx context.Context, p *ports, network, demand string, change float64, seed uint64) (*process, error) {
	tool, err := find("sumo")
	if err != nil {
		return nil, err
	}
	for range attempts {
		var port int
		if port, err = p.next(); err != nil {
			return nil, err
		}
		var s *process
		if s, err = launch(ctx, tool, port, network, demand, change, seed); err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, err
}

// simulate is how SUMO simulates, apart from files, port and seed. It hides no collision and moves nobody by magic.
func simulate(change float64) []string {
	return []string{"--step-length", fmt.Sprint(stepLength), "--lanechange.duration", fmt.Sprint(change),
		"--step-method.ballistic", "true", "--collision.action", "warn", "--collision.check-junctions", "true", "--collision.mingap-factor", "0",
		"--time-to-teleport", "-1", "--no-warnings", "true", "--no-step-log", "true", "--xml-validation", "never", "--xml-validation.net", "never",
		"--default.speeddev", "0", "--threads", "1"}
}

func launch(ctx context.Context, tool string, port int, network, demand string, change float64, seed uint64) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &process{exited: make(chan struct{}), cancel: cancel}
	s.cmd = exec.CommandContext(ctx, tool, append(simulate(change), "--net-file", network, "--route-files", demand,
		"--remote-port", strconv.Itoa(port), "--seed", strconv.FormatUint(seed%(1<<31-1), 10))...)
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	s.cmd.WaitDelay = 5 * time.Second
	if err := s.cmd.Start(); err != nil {
		cancel()
		return nil, fault.New(fault.Unavailable, "sumo_failed", "sumo did not start: %v", err)
	}
	go func() {
		s.cmd.Wait()
		cancel() // also ends the attempts to connect
		close(s.exited)
	}()
	client, err := traci.Dial(ctx, "127.0.0.1:"+strconv.Itoa(port), traci.Config{})
	if err != nil {
		cancel()
		<-s.exited
		return nil, fault.New(fault.Unavailable, "sumo_failed", "%v; sumo says: %s", err, s.said.text())
	}
	s.Client = client
	var r traci.Reply
	client.Version()
	if err := client.Do(ctx, &r); err != nil {
		s.stop()
		return nil, errors.Join(err, fault.New(fault.Unavailable, "sumo_failed", "sumo says: %s", s.said.text()))
	}
	if r.API < traci.API {
		s.stop()
		return nil, fault.New(fault.Unavailable, "sumo_old", "%s speaks version %d of TraCI: expected at least %d", r.Name, r.API, traci.API)
	}
	return s, nil
}

// stop ends the process and waits for it.
func (s *process) stop() {
	s.Close()
	s.cancel()
	<-s.exited
}

// bounded keeps the last bytes that a process said.
type bounded struct {
	mu sync.Mutex
	b  []byte
}

const maxSaid = 4 << 10

func (w *bounded) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.b = append(w.b, p...)
	if n := len(w.b) - maxSaid; n > 0 {
		w.b = append(w.b[:0], w.b[n:]...)
	}
	return len(p), nil
}

func (w *bounded) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(tail(w.b))
}

// tail is the end of what a program said, for an error.
func tail(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if n := len(b) - 500; n > 0 {
		b = b[n:]
	}
	return b
}

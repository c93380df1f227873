package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roadbook/app/client"
	"roadbook/app/demo"
	"roadbook/app/scenario"
	"roadbook/examples"
	"roadbook/ledger"
)

// serverEnv makes the test binary be the program, so that a process of its own can be killed.
const serverEnv = "ROADBOOK_BE_SERVER"

// The program runs instead of the tests if the environment says so.
func init() { beServer() }

func beServer() {
	args := os.Getenv(serverEnv)
	if args == "" {
		return
	}
	var list []string
	if err := json.Unmarshal([]byte(args), &list); err != nil {
		panic(err)
	}
	if err := run(context.Background(), list, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// server is a maker's side in a process of its own, on fixed ports, so that it comes back where it was.
type server struct {
	t    *testing.T
	dir  string
	addr [3]string
	cmd  *exec.Cmd
}

func newServer(t *testing.T) *server {
	s := &server{t: t, dir: t.TempDir()}
	for i := range s.addr {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.addr[i] = ln.Addr().String()
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.kill)
	return s
}

// program returns the program with these arguments, as a process of its own.
func program(args ...string) (*exec.Cmd, error) {
	b, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), serverEnv+"="+string(b))
	return cmd, nil
}

func (s *server) start() (err error) {
	if s.cmd, err = program("serve", "--data", s.dir, "--simulate", "2023-09-01",
		"--console", s.addr[0], "--gateway", s.addr[1], "--mqtt", s.addr[2], "--log", "error"); err != nil {
		return err
	}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return nil
		}
	}
	return fmt.Errorf("the server ended before it was ready: %v", s.cmd.Wait())
}

// kill is kill -9.
func (s *server) kill() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait() // it was killed: its error says so
	}
}

func (s *server) client() *client.Client {
	b, err := os.ReadFile(filepath.Join(s.dir, "token"))
	if err != nil {
		s.t.Fatal(err)
	}
	return &client.Client{Base: "http://" + s.addr[0], Token: strings.TrimSpace(string(b)), Patience: time.Minute}
}

// maxKills bounds the kills of one run: each costs a start of the server.
const maxKills = 25

// TestKilledServerKeepsTheBooks drives the demo against a server that is killed again and again at random moments, and
// compares the books with those of an undisturbed run: every entry, every frame, nothing twice.
func TestKilledServerKeepsTheBooks(t *testing.T) {
	calm, calmFrames := road(t, newServer(t), 0)
	for seed := range uint64(2) {
		books, frames := road(t, newServer(t), seed+1)
		if !slices.Equal(books, calm) {
			t.Errorf("seed %d: %d entries after kills, %d without; the first difference:\n%s", seed, len(books), len(calm), difference(books, calm))
		}
		if frames != calmFrames {
			t.Errorf("seed %d: frames after kills %s, without %s", seed, frames, calmFrames)
		}
	}
}

// TestKilledDemoGoesOn kills the whole demo, both sides at once, at random moments, also while the cars download their
// update; each start on the same folder goes on where it was, and the books are those of an undisturbed run.
func TestKilledDemoGoesOn(t *testing.T) {
	finish := func(kills int) ([]string, string) {
		dir := t.TempDir()
		rng := rand.New(rand.NewPCG(7, uint64(kills))) //nolint:gosec // a test's seed
		for i := 0; ; i++ {
			cmd, err := program("demo", "--cars", "3", "--months", "5", "--once", "--data", dir,
				"--console", "127.0.0.1:0", "--gateway", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if i < kills {
				time.Sleep(time.Duration(100+rng.IntN(700)) * time.Millisecond)
				_ = cmd.Process.Kill() // it may have ended by itself
				if cmd.Wait() != nil {
					continue
				}
			} else if err := cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			t.Logf("killed %d times", i)
			break
		}
		s := newServer(t)
		s.dir = filepath.Join(dir, "maker")
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
		return entries(t, s.client()), counts(t, s.client())
	}
	calm, calmFrames := finish(0)
	books, frames := finish(15)
	if !slices.Equal(books, calm) {
		t.Errorf("%d entries after kills, %d without; the first difference:\n%s", len(books), len(calm), difference(books, calm))
	}
	if frames != calmFrames {
		t.Errorf("frames after kills %s, without %s", frames, calmFrames)
	}
}

// road runs a small demo against the server, killing it at random when kills is not 0, and returns what was booked and
// how many frames were sent, received and stored.
func road(t *testing.T, s *server, kills uint64) (books []string, frames string) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	api := s.client()
	sc, err := scenario.Parse(examples.Xiaomi2023)
	if err != nil {
		t.Fatal(err)
	}
	sc.Release.Month = 1
	cfg := demo.Config{Scenario: sc, Cars: 3, Months: 3, Dir: t.TempDir(), API: api, Progress: func(int, int, string) {}, Log: quiet()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var done atomic.Bool
	killer := make(chan int, 1)
	go func() {
		rng := rand.New(rand.NewPCG(kills, 1))
		n := 0
		for kills != 0 && n < maxKills && !done.Load() {
			time.Sleep(time.Duration(100+rng.IntN(500)) * time.Millisecond)
			if done.Load() {
				break
			}
			s.kill()
			n++
			if err := s.start(); err != nil {
				t.Error(err)
				cancel()
				break
			}
		}
		killer <- n
	}()
	err = demo.Run(ctx, cfg)
	done.Store(true)
	n := <-killer
	if err != nil {
		t.Fatal(err)
	}
	if kills != 0 && n < 3 {
		t.Fatalf("the server was killed %d times only: the run is too short to prove anything", n)
	}
	t.Logf("killed %d times", n)
	return entries(t, api), counts(t, api)
}

// entries lists what was booked, in an order of its own: the order of booking may differ.
func entries(t *testing.T, api *client.Client) []string {
	t.Helper()
	var out []string
	for cursor := ""; ; {
		var page struct {
			Data       []ledger.Booked `json:"data"`
			NextCursor string          `json:"next_cursor"`
		}
		if err := api.Get(t.Context(), "/v1/ledger/entries?limit=100&cursor="+cursor, &page); err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Data {
			b.Memo = "" // names invoice numbers, which follow the order of booking
			out = append(out, fmt.Sprintf("%s %s %s %v", b.Date, b.Kind, b.Ref, b.Postings))
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	slices.Sort(out)
	if len(out) < 20 {
		t.Fatalf("only %d entries: the demo booked nothing to speak of", len(out))
	}
	if len(slices.Compact(slices.Clone(out))) != len(out) {
		t.Error("something is booked twice")
	}
	var verdict map[string]any
	if err := api.Get(t.Context(), "/v1/ledger/verify", &verdict); err != nil {
		t.Fatal(err)
	}
	if ok, _ := verdict["ok"].(bool); !ok {
		t.Errorf("the ledger does not verify: %v", verdict)
	}
	return out
}

func counts(t *testing.T, api *client.Client) string {
	t.Helper()
	var cars struct {
		Data []struct {
			VIN string `json:"vin"`
		} `json:"data"`
	}
	if err := api.Get(t.Context(), "/v1/cars", &cars); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range cars.Data {
		var n struct {
			Sent     int64 `json:"sent"`
			Received int64 `json:"received"`
			Stored   int64 `json:"stored"`
		}
		if err := api.Get(t.Context(), "/v1/cars/"+c.VIN+"/counts", &n); err != nil {
			t.Fatal(err)
		}
		if n.Sent == 0 || n.Sent != n.Received || n.Received != n.Stored {
			t.Errorf("%s: sent %d, received %d, stored %d", c.VIN, n.Sent, n.Received, n.Stored)
		}
		out = append(out, fmt.Sprintf("%s %d", c.VIN, n.Stored))
	}
	return strings.Join(out, ", ")
}

// difference names the first entry that only one of two sorted lists has.
func difference(a, b []string) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return "missing: " + b[i]
		case i >= len(b):
			return "too much: " + a[i]
		case a[i] != b[i]:
			return "with kills:    " + a[i] + "\nwithout kills: " + b[i]
		}
	}
	return "none"
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

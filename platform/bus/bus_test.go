package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"roadbook/platform/bus"
)

func open(t testing.TB, cfg bus.Config) *bus.Bus {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// both runs a test on the embedded bus and on one reached by URL.
func both(t *testing.T, run func(t *testing.T, cfg bus.Config)) {
	t.Run("embedded", func(t *testing.T) { run(t, bus.Config{Dir: t.TempDir()}) })
	t.Run("url", func(t *testing.T) {
		srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		go srv.Start()
		if !srv.ReadyForConnections(10 * time.Second) {
			t.Fatal("server not ready")
		}
		t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
		run(t, bus.Config{URL: srv.ClientURL()})
	})
}

// seen collects what handlers took.
type seen struct {
	mu  sync.Mutex
	ids map[string]int
}

func (s *seen) take(_ context.Context, batch []bus.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]int{}
	}
	for _, m := range batch {
		s.ids[m.ID]++
	}
	return nil
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func fill(t testing.TB, l *bus.Lane, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := l.Append(within(t), "CAR", fmt.Sprint("CAR:", i), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryMessageIsHandledOnce(t *testing.T) {
	both(t, func(t *testing.T, cfg bus.Config) {
		l, err := open(t, cfg).Lane(within(t), "frames", "roll")
		if err != nil {
			t.Fatal(err)
		}
		fill(t, l, 0, 100)
		fill(t, l, 50, 100) // the same ids again
		var s seen
		if _, err := l.Consume(t.Context(), s.take); err != nil {
			t.Fatal(err)
		}
		if err := l.Settle(within(t)); err != nil {
			t.Fatal(err)
		}
		if len(s.ids) != 100 {
			t.Errorf("%d messages, want 100", len(s.ids))
		}
		for id, n := range s.ids {
			if n != 1 {
				t.Errorf("%s handled %d times", id, n)
			}
		}
	})
}

func TestReplicasShareTheDurable(t *testing.T) {
	both(t, func(t *testing.T, cfg bus.Config) {
		b := open(t, cfg)
		l, err := b.Lane(within(t), "frames", "roll")
		if err != nil {
			t.Fatal(err)
		}
		second := l
		if cfg.URL != "" {
			if second, err = open(t, cfg).Lane(within(t), "frames", "roll"); err != nil {
				t.Fatal(err)
			}
		}
		var s seen
		for _, lane := range []*bus.Lane{l, second} {
			if _, err := lane.Consume(t.Context(), s.take); err != nil {
				t.Fatal(err)
			}
		}
		fill(t, l, 0, 200)
		if err := second.Settle(within(t)); err != nil {
			t.Fatal(err)
		}
		if len(s.ids) != 200 {
			t.Errorf("%d messages, want 200", len(s.ids))
		}
	})
}

func TestAFailedBatchComesAgain(t *testing.T) {
	both(t, func(t *testing.T, cfg bus.Config) {
		l, err := open(t, cfg).Lane(within(t), "frames", "roll")
		if err != nil {
			t.Fatal(err)
		}
		fill(t, l, 0, 20)
		var s seen
		fails := 3
		c, err := l.Consume(t.Context(), func(ctx context.Context, batch []bus.Message) error {
			if fails > 0 {
				fails--
				return errors.New("the store is away")
			}
			return s.take(ctx, batch)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Settle(within(t)); err != nil {
			t.Fatal(err)
		}
		c.Stop()
		if len(s.ids) != 20 {
			t.Errorf("%d messages, want 20", len(s.ids))
		}
	})
}

func TestWhatWasAcknowledgedIsThereAfterARestart(t *testing.T) {
	cfg := bus.Config{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := b.Lane(within(t), "frames", "roll")
	if err != nil {
		t.Fatal(err)
	}
	fill(t, l, 0, 30)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if l, err = open(t, cfg).Lane(within(t), "frames", "roll"); err != nil {
		t.Fatal(err)
	}
	var s seen
	if _, err := l.Consume(t.Context(), s.take); err != nil {
		t.Fatal(err)
	}
	if err := l.Settle(within(t)); err != nil {
		t.Fatal(err)
	}
	if len(s.ids) != 30 {
		t.Errorf("%d messages after the restart, want 30", len(s.ids))
	}
}

func TestSettleOfAQuietLaneIsImmediate(t *testing.T) {
	l, err := open(t, bus.Config{Dir: t.TempDir()}).Lane(within(t), "frames", "roll")
	if err != nil {
		t.Fatal(err)
	}
	var s seen
	if _, err := l.Consume(t.Context(), s.take); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := l.Settle(within(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBroadcastReachesEveryReplica(t *testing.T) {
	both(t, func(t *testing.T, cfg bus.Config) {
		b := open(t, cfg)
		got := make(chan string, 2)
		for range 2 {
			if err := b.Listen("kick", func(p []byte) { got <- string(p) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Broadcast("kick", []byte("CAR")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			select {
			case <-got:
			case <-within(t).Done():
				t.Fatal("a listener heard nothing")
			}
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for reason, cfg := range map[string]bus.Config{
		"no folder and no URL":        {Logger: log},
		"no logger":                   {Dir: t.TempDir()},
		"nobody listens there":        {URL: "nats://127.0.0.1:1", Logger: log},
		"a folder that cannot be one": {Dir: "/dev/null/x", Logger: log},
	} {
		if b, err := bus.Open(within(t), cfg); err == nil {
			t.Errorf("%s: opened", reason)
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	l, err := open(t, bus.Config{Dir: t.TempDir()}).Lane(within(t), "frames", "roll")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(within(t), "a.b", "1", nil); err == nil {
		t.Error("a key with a dot would be another subject")
	}
}

func BenchmarkAppend(b *testing.B) {
	l, err := open(b, bus.Config{Dir: b.TempDir()}).Lane(within(b), "frames", "roll")
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 300)
	for i := 0; b.Loop(); i++ {
		if err := l.Append(b.Context(), "CAR", fmt.Sprint(i), payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSettleQuiet(b *testing.B) {
	l, err := open(b, bus.Config{Dir: b.TempDir()}).Lane(within(b), "frames", "roll")
	if err != nil {
		b.Fatal(err)
	}
	var s seen
	if _, err := l.Consume(b.Context(), s.take); err != nil {
		b.Fatal(err)
	}
	fill(b, l, 0, 10)
	for b.Loop() {
		if err := l.Settle(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

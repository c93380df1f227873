// Package bus carries messages that must not be lost: NATS JetStream, embedded in this process or reached by URL.
//
// Embedded, the server has no socket: the only connection is in memory, and every append is on disk (fsync) before its
// PubAck unless Config.SyncEvery says otherwise. By URL the same calls go to a cluster and any number of replicas share
// a durable consumer. What is published with a message id is kept once within the stream's duplicate window; consumers
// see every message at least once and must be idempotent.
//
// Start reading at Bus and Lane.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Limits of a bus.
const (
	MaxPayload   = 1 << 20
	ReadyWithin  = 10 * time.Second // the embedded server must accept connections by then
	PublishWait  = 5 * time.Second  // for a PubAck when the caller's context has no deadline
	DrainWithin  = 5 * time.Second  // for what is under way when the bus closes
	DedupeWithin = 2 * time.Minute  // window in which a message id is kept once
	AckWait      = 20 * time.Second // after which an unacknowledged message is given to another worker
)

// Config says where the bus is.
type Config struct {
	URL       string        // "nats://…" of a cluster; empty: embedded
	Dir       string        // where the embedded server stores; required when embedded
	SyncEvery time.Duration // embedded: 0 = fsync before every PubAck; else at that interval (survives kill -9, not a power cut)
	Replicas  int           // copies of a stream in a cluster; 0 = 1
	Logger    *slog.Logger
}

func (c Config) check() error {
	switch {
	case c.Logger == nil:
		return errors.New("bus: a logger is required")
	case c.URL == "" && c.Dir == "":
		return errors.New("bus: an embedded bus needs a folder")
	case c.SyncEvery < 0 || c.Replicas < 0 || c.Replicas > 5:
		return fmt.Errorf("bus: sync interval %s and %d replicas: expected 0 or more, 0 to 5", c.SyncEvery, c.Replicas)
	}
	return nil
}

// Bus is a connection to JetStream, with the server itself when it is embedded.
type Bus struct {
	cfg    Config
	log    *slog.Logger
	srv    *server.Server // nil when reached by URL
	nc     *nats.Conn
	js     jetstream.JetStream
	closed chan struct{} // the connection's end

	mu      sync.Mutex
	workers []*Consumer
	once    sync.Once
	err     error
}

// Open starts the embedded server or connects to the one at Config.URL.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	b := &Bus{cfg: cfg, log: cfg.Logger, closed: make(chan struct{})}
	opts := []nats.Option{
		nats.Name("roadbook"), nats.MaxReconnects(-1), nats.ReconnectJitter(100*time.Millisecond, time.Second),
		nats.DrainTimeout(DrainWithin), nats.ClosedHandler(func(*nats.Conn) { close(b.closed) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("bus disconnected", "err", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.log.Warn("bus error", "err", err) }),
	}
	url := cfg.URL
	if url == "" {
		srv, err := embed(cfg)
		if err != nil {
			return nil, err
		}
		b.srv, url = srv, nats.DefaultURL
		opts = append(opts, nats.InProcessServer(srv))
	}
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		b.stopServer()
		return nil, fmt.Errorf("bus at %s does not answer: %w", url, err)
	}
	b.nc = nc
	if b.js, err = jetstream.New(nc); err == nil {
		_, err = b.js.AccountInfo(ctx)
	}
	if err != nil {
		nc.Close()
		b.stopServer()
		return nil, fmt.Errorf("bus has no JetStream: %w", err)
	}
	return b, nil
}

func embed(cfg Config) (*server.Server, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded bus: %w", err)
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "roadbook", DontListen: true, NoSigs: true, MaxPayload: MaxPayload,
		JetStream: true, StoreDir: cfg.Dir, SyncAlways: cfg.SyncEvery == 0, SyncInterval: cfg.SyncEvery,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 40, // the disk decides
	})
	if err != nil {
		return nil, fmt.Errorf("embedded bus: %w", err)
	}
	srv.SetLoggerV2(quiet{cfg.Logger}, false, false, false)
	go srv.Start()
	if !srv.ReadyForConnections(ReadyWithin) {
		srv.Shutdown()
		return nil, fmt.Errorf("embedded bus in %s is not ready after %s", cfg.Dir, ReadyWithin)
	}
	return srv, nil
}

// quiet passes the server's log to slog: its notices are our details.
type quiet struct{ log *slog.Logger }

func (q quiet) Noticef(f string, a ...any) { q.log.Debug("nats: " + fmt.Sprintf(f, a...)) }
func (q quiet) Debugf(f string, a ...any)  { q.log.Debug("nats: " + fmt.Sprintf(f, a...)) }
func (q quiet) Tracef(f string, a ...any)  { q.log.Debug("nats: " + fmt.Sprintf(f, a...)) }
func (q quiet) Warnf(f string, a ...any)   { q.log.Debug("nats: " + fmt.Sprintf(f, a...)) }
func (q quiet) Errorf(f string, a ...any)  { q.log.Error("nats: " + fmt.Sprintf(f, a...)) }
func (q quiet) Fatalf(f string, a ...any)  { q.log.Error("nats: " + fmt.Sprintf(f, a...)) }

// Stream says what to keep.
type Stream struct {
	Name     string
	Subjects []string
	MaxAge   time.Duration // 0 = for ever
}

// EnsureStream makes the stream, or changes it to what is asked for.
func (b *Bus) EnsureStream(ctx context.Context, s Stream) error {
	_, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: s.Name, Subjects: s.Subjects, MaxAge: s.MaxAge, Duplicates: DedupeWithin,
		Storage: jetstream.FileStorage, Replicas: max(1, b.cfg.Replicas), Retention: jetstream.LimitsPolicy,
	})
	if err != nil {
		return fmt.Errorf("stream %s: %w", s.Name, err)
	}
	return nil
}

// Publish returns when the stream holds the message. An id that the stream has seen within its window is a no-op.
// After an error the message may or may not be held: publish again with the same id.
func (b *Bus) Publish(ctx context.Context, subject, msgID string, payload []byte) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, PublishWait)
		defer cancel()
	}
	if _, err := b.js.Publish(ctx, subject, payload, jetstream.WithMsgID(msgID)); err != nil {
		return fmt.Errorf("publish on %s: %w", subject, err)
	}
	return nil
}

// Broadcast tells every replica that listens on the subject, once and without storing: for hints that may be lost.
func (b *Bus) Broadcast(subject string, payload []byte) error { return b.nc.Publish(subject, payload) }

// Listen calls fn with every broadcast on the subject until the bus closes.
func (b *Bus) Listen(subject string, fn func(payload []byte)) error {
	_, err := b.nc.Subscribe(subject, func(m *nats.Msg) { fn(m.Data) })
	return err
}

// Close stops the consumers after the batch that each has in hand, flushes and, when embedded, stops the server.
// Twice is fine.
func (b *Bus) Close() error {
	b.once.Do(func() {
		b.mu.Lock()
		workers := b.workers
		b.mu.Unlock()
		for _, w := range workers {
			w.Stop()
		}
		if err := b.nc.Drain(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
			b.err = fmt.Errorf("drain bus: %w", err)
			b.nc.Close()
		}
		<-b.closed
		b.stopServer()
	})
	return b.err
}

func (b *Bus) stopServer() {
	if b.srv != nil {
		b.srv.Shutdown()
		b.srv.WaitForShutdown()
	}
}

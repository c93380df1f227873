package mqttedge

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"

	"roadbook/vin"
)

// conn is a connection whose handshake is done, with the identity that the certificate gave it.
type conn struct {
	*tls.Conn
	vin      vin.VIN
	serial   string
	notAfter time.Time
}

// listener accepts, shakes hands under a deadline, and hands the broker connections that have a name.
type listener struct {
	ln    net.Listener
	tls   *tls.Config
	log   *slog.Logger
	conns sync.WaitGroup

	mu     sync.Mutex
	closed bool
	open   map[net.Conn]struct{}
}

func newListener(ln net.Listener, tc *tls.Config, log *slog.Logger) *listener {
	return &listener{ln: ln, tls: tc, log: log, open: map[net.Conn]struct{}{}}
}

func (l *listener) ID() string              { return "cars" }
func (l *listener) Address() string         { return l.ln.Addr().String() }
func (l *listener) Protocol() string        { return "mqtts" }
func (l *listener) Init(*slog.Logger) error { return nil }
func (l *listener) forget(c net.Conn)       { l.mu.Lock(); delete(l.open, c); l.mu.Unlock() }
func (l *listener) remember(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.open[c] = struct{}{}
	l.conns.Add(1)
	return true
}

// Serve accepts until Close.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		raw, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, say
			l.log.Warn("accept", "err", err)
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !l.remember(raw) {
			_ = raw.Close()
			return
		}
		go func() {
			defer l.conns.Done()
			defer l.forget(raw)
			defer raw.Close() //nolint:errcheck // closing twice is expected
			c, err := l.shake(raw)
			if err != nil {
				l.log.Info("handshake refused", "remote", raw.RemoteAddr().String(), "err", err)
				return
			}
			if err := establish(l.ID(), c); err != nil {
				l.log.Debug("connection ended", "vin", c.vin, "err", err)
			}
		}()
	}
}

// shake leaves the deadline standing: the broker lifts it when CONNECT has come.
func (l *listener) shake(raw net.Conn) (*conn, error) {
	if err := raw.SetDeadline(time.Now().Add(HandshakeWithin)); err != nil {
		return nil, err
	}
	tc := tls.Server(raw, l.tls)
	ctx, cancel := context.WithTimeout(context.Background(), HandshakeWithin)
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	chains := tc.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return nil, errors.New("no verified client certificate")
	}
	leaf := chains[0][0]
	v, err := vin.Parse(leaf.Subject.CommonName)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: tc, vin: v, serial: leaf.SerialNumber.Text(16), notAfter: leaf.NotAfter}, nil
}

// Close ends the sessions through the broker, then what has none yet, and returns when every handler has.
func (l *listener) Close(closeClients listeners.CloseFn) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	_ = l.ln.Close()
	closeClients(l.ID())
	l.mu.Lock()
	for c := range l.open {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.conns.Wait()
}

// quiet passes the broker's log on as details: what matters is logged by the hook.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return q.Handler.Handle(ctx, r)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }
func (q quiet) WithGroup(n string) slog.Handler      { return quiet{q.Handler.WithGroup(n)} }

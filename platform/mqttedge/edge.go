// Package mqttedge is the cars' way in: an MQTT 3.1.1 and 5 broker behind mutual TLS that trusts a client certificate
// and nothing else.
//
// A car's identity is the common name of its verified certificate, a VIN. Its client id must be that VIN (else CONNACK
// 0x86, on 3.1.1 code 5). It may publish only on its own up topics (else PUBACK reason 0x87; 3.1.1 has no reason code, so
// the connection ends and the attempt is counted) and subscribe only to its own down topic. A QoS 1 publish is
// acknowledged after the Sink has taken it; when the Sink fails the connection ends without an acknowledgement, so that
// the car sends again.
//
// Waiting for the Sink blocks that car's read loop: one message in flight per car. The broker keeps no sessions and no
// retained messages, takes no wills, and hints to a car that is away are dropped: the car looks when it connects.
//
// Start reading at Edge and hook.
package mqttedge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/command"
)

// Limits of the edge.
const (
	MaxPayload      = 64 << 10         // of one message
	MaxPacket       = MaxPayload + 512 // with topic and properties
	MaxPendingDown  = 64               // hints waiting for one car's socket; more are dropped
	HandshakeWithin = 10 * time.Second // TLS handshake and CONNECT
	SinkWithin      = 10 * time.Second // else the message counts as not taken
	maxCars         = 1 << 20
)

// Sink takes what a car published. It returns nil when the message is durably held. A fault of kind Invalid or Refused says
// that the message will never be taken.
type Sink func(ctx context.Context, v vin.VIN, topic string, payload []byte) error

// Allow says whether the car with that certificate serial (lower-case hex) may connect. A fault of kind Unavailable makes
// the car come back later; any other error turns it away.
type Allow func(ctx context.Context, v vin.VIN, certSerial string) error

// Config of an edge. TLS must require and verify client certificates; its Time is the clock against which certificates expire.
type Config struct {
	TLS    *tls.Config
	Allow  Allow
	Sink   Sink
	Logger *slog.Logger
}

func (c Config) check() error {
	switch {
	case c.TLS == nil || c.TLS.ClientAuth != tls.RequireAndVerifyClientCert:
		return errors.New("mqttedge: the TLS configuration must require and verify client certificates")
	case c.Allow == nil || c.Sink == nil || c.Logger == nil:
		return errors.New("mqttedge: Allow, Sink and Logger are required")
	}
	return nil
}

// Stats counts what happened since the start.
type Stats struct {
	Connected  int   // cars with an open session
	Taken      int64 // messages that the sink took
	Failed     int64 // messages that the sink did not take; not acknowledged
	Denied     int64 // publishes and subscriptions outside the car's own topics
	TurnedAway int64 // connections with a foreign client id, a will, or refused by Allow
}

// Edge is the broker.
type Edge struct {
	cfg    Config
	log    *slog.Logger
	server *mqtt.Server
	addr   net.Addr
	now    func() time.Time
	ctx    context.Context // ends when the edge stops: a sink that waits is told
	cancel context.CancelFunc

	mu      sync.Mutex
	cars    map[vin.VIN]map[*mqtt.Client]struct{}
	started bool
	stop    sync.Once

	taken, failed, denied, turnedAway atomic.Int64
}

// New returns an edge that does not listen yet.
func New(cfg Config) (*Edge, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	now := cfg.TLS.Time
	if now == nil {
		now = time.Now
	}
	e := &Edge{cfg: cfg, log: cfg.Logger, now: now, cars: map[vin.VIN]map[*mqtt.Client]struct{}{}}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	can := mqtt.NewDefaultServerCapabilities()
	can.MaximumClients = maxCars
	can.MaximumPacketSize = MaxPacket
	can.MaximumClientWritesPending = MaxPendingDown // the queue's slots are most of an idle car's memory
	can.MaximumSessionExpiryInterval = 0
	can.TopicAliasMaximum = 0 // an alias would pass the topic check with an empty name
	can.RetainAvailable = 0
	can.SharedSubAvailable, can.WildcardSubAvailable = 0, 0
	can.MinimumProtocolVersion = 4
	e.server = mqtt.New(&mqtt.Options{
		Capabilities: can, InlineClient: true, SysTopicResendInterval: int64((24 * time.Hour).Seconds()),
		Logger: slog.New(quiet{cfg.Logger.Handler()}),
	})
	if err := e.server.AddHook(&hook{edge: e}, nil); err != nil {
		return nil, fmt.Errorf("mqttedge: %w", err)
	}
	return e, nil
}

// Start serves cars on ln, which it takes over, and returns.
func (e *Edge) Start(ln net.Listener) error {
	e.addr = ln.Addr()
	if err := e.server.AddListener(newListener(ln, e.cfg.TLS, e.log)); err != nil {
		return fmt.Errorf("mqttedge: %w", err)
	}
	if err := e.server.Serve(); err != nil {
		return fmt.Errorf("mqttedge: %w", err)
	}
	e.mu.Lock()
	e.started = true
	e.mu.Unlock()
	return nil
}

// Listen starts the edge on a TCP address; port 0 chooses one, see Addr.
func (e *Edge) Listen(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("mqttedge: %w", err)
	}
	return e.Start(ln)
}

// Addr is where the edge listens.
func (e *Edge) Addr() string { return e.addr.String() }

// Stop ends every connection and returns when the last handler has. Twice is fine.
func (e *Edge) Stop() error {
	var err error
	e.stop.Do(func() {
		e.cancel()
		e.mu.Lock()
		started := e.started
		e.mu.Unlock()
		if started {
			err = e.server.Close()
		}
	})
	return err
}

// Connected counts the cars that are connected to this replica.
func (e *Edge) Connected() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.cars)
}

// Has reports whether the car is connected to this replica.
func (e *Edge) Has(v vin.VIN) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.cars[v]) > 0
}

// Stats returns what was counted.
func (e *Edge) Stats() Stats {
	return Stats{e.Connected(), e.taken.Load(), e.failed.Load(), e.denied.Load(), e.turnedAway.Load()}
}

// ErrAway says that the car has no session on this replica.
var ErrAway = fault.New(fault.Unavailable, "car_away", "the car is not connected here")

// Publish sends a hint to the car (QoS 1). ErrAway means that it was not sent; nil does not mean that the car has read it.
func (e *Edge) Publish(v vin.VIN, payload []byte) error {
	if !e.Has(v) {
		return ErrAway
	}
	if err := e.server.Publish(command.Down(v), payload, false, 1); err != nil {
		return fmt.Errorf("hint to %s: %w", v, err)
	}
	return nil
}

// Kick ends the car's connections on this replica and reports whether there was one. Refuse the car in Allow first, or it
// comes back.
func (e *Edge) Kick(v vin.VIN) bool {
	e.mu.Lock()
	var clients []*mqtt.Client
	for cl := range e.cars[v] {
		clients = append(clients, cl)
	}
	e.mu.Unlock()
	for _, cl := range clients {
		cl.Stop(errKicked)
	}
	return len(clients) > 0
}

var errKicked = errors.New("kicked")

func (e *Edge) enter(v vin.VIN, cl *mqtt.Client) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cars[v] == nil {
		e.cars[v] = map[*mqtt.Client]struct{}{}
	}
	e.cars[v][cl] = struct{}{}
}

func (e *Edge) leave(v vin.VIN, cl *mqtt.Client) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.cars[v], cl)
	if len(e.cars[v]) == 0 {
		delete(e.cars, v)
	}
}

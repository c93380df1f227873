// Package uplink carries the car's frames to the cloud: each is stored on the car until the cloud has acknowledged that it
// is stored there.
//
// # Owns
//
// The queue of frames on disk, their sequence numbers, and the MQTT connection.
//
// # Does not own
//
// What is in a frame (wire/frame), the certificate (car/keys), the counters (car/meter), the pilot's reports (car/highway).
//
// # Always true
//
// A frame that Append accepted is on disk until its PUBACK. Sequence numbers rise by one and survive a restart. Frames go
// in order; one may go twice, never not at all. A message that is not acknowledged does not keep its caller for ever.
//
// # Says
//
// Frames, usage batches and reports of the pilot by MQTT with QoS 1; hints from the cloud go to Config.OnHint.
//
// # Start reading at
//
// [Open], then run.
package uplink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/command"
	"roadbook/wire/frame"
	"roadbook/wire/pilotlog"
)

// Times of the connection.
const (
	connectWithin = 10 * time.Second
	ackWithin     = 10 * time.Second // then the connection is given up and made anew
	tries         = 5                // of a message that is not acknowledged; the caller keeps it and has other things to do
	keepAlive     = 60 * time.Second
	minPause      = 20 * time.Millisecond
	maxPause      = 30 * time.Second // between two tries to connect, with jitter
)

// Config is what an uplink is given.
type Config struct {
	VIN    vin.VIN
	Broker string               // "host:port" of the edge, TLS
	TLS    func() *tls.Config   // asked at every connect, so that a renewed certificate is used
	OnHint func(h command.Hint) // called from the connection's goroutine; must not block
	// OnConnect is called at each new connection: hints sent while the car was away are lost, so it should ask by itself.
	OnConnect func()
	Log       *slog.Logger
}

// Uplink sends a car's frames. It is safe for concurrent use.
type Uplink struct {
	cfg  Config
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	queue   *queue
	client  *link         // nil while there is no connection
	changed chan struct{} // closed and replaced when the queue or the connection changes
}

// link is one connection: its context ends when it is lost.
type link struct {
	mqtt.Client
	ctx context.Context
	end context.CancelFunc
}

// Open opens the queue in dir and begins to connect.
func Open(dir string, cfg Config) (*Uplink, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	q, err := openQueue(dir)
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	if q.aside != "" {
		cfg.Log.Error("a part of the queue of frames cannot be read and was set aside; the frames behind it go on", "vin", cfg.VIN, "file", q.aside)
	}
	ctx, stop := context.WithCancel(context.Background()) // ended by Stop
	u := &Uplink{cfg: cfg, queue: q, stop: stop, done: make(chan struct{}), changed: make(chan struct{})}
	go u.run(ctx)
	return u, nil
}

// NextSeq is the number that the next frame will get.
func (u *Uplink) NextSeq() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.queue.next
}

// Waiting is the number of frames that the cloud has not acknowledged.
func (u *Uplink) Waiting() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.queue.waiting)
}

// Connected reports whether there is a connection.
func (u *Uplink) Connected() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.client != nil
}

// Append numbers a frame and stores it durably; it will be sent. An error with ErrFull stored nothing and lost nothing.
func (u *Uplink) Append(f frame.Frame) (uint64, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f.Seq = u.queue.next
	b, err := frame.Encode(f)
	if err != nil {
		return 0, err
	}
	if err := u.queue.append(b); err != nil {
		return 0, err
	}
	u.signal()
	return f.Seq, nil
}

// signal wakes whoever waits for a change. The lock is held.
func (u *Uplink) signal() {
	close(u.changed)
	u.changed = make(chan struct{})
}

// Flush returns when every frame appended so far is acknowledged.
func (u *Uplink) Flush(ctx context.Context) error {
	last := u.NextSeq() - 1
	return u.await(ctx, func() bool { return len(u.queue.waiting) == 0 || u.queue.waiting[0].seq > last })
}

// await returns when ok, which is called with the lock held, says so.
func (u *Uplink) await(ctx context.Context, ok func() bool) error {
	for {
		u.mu.Lock()
		good, changed := ok(), u.changed
		u.mu.Unlock()
		if good {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-u.done:
			return fault.New(fault.Unavailable, "uplink_stopped", "the uplink is stopped")
		case <-changed:
		}
	}
}

// SendUsage sends a usage batch and returns when it is acknowledged. The caller sends the same batch again after an error, which is
// fault.Unavailable "not_taken" when there was a connection, and no acknowledgement on several.
func (u *Uplink) SendUsage(ctx context.Context, b command.UsageBatch) error {
	payload, err := b.Encode()
	if err != nil {
		return err
	}
	return u.deliver(ctx, command.Meter(u.cfg.VIN), payload)
}

// SendPilot sends a report of the highway pilot, like SendUsage.
func (u *Uplink) SendPilot(ctx context.Context, r pilotlog.Report) error {
	payload, err := r.Encode()
	if err != nil {
		return err
	}
	return u.deliver(ctx, command.Pilot(u.cfg.VIN), payload)
}

// deliver publishes and returns when the message is acknowledged, over as many connections as it takes to make a few tries: MQTT
// 3.1.1 does not tell a refusal from a maker's side in trouble.
func (u *Uplink) deliver(ctx context.Context, topic string, payload []byte) error {
	for try := 1; ; try++ {
		var client *link
		if err := u.await(ctx, func() bool { client = u.client; return client != nil }); err != nil {
			return err
		}
		err := client.publish(ctx, topic, payload)
		if err == nil || ctx.Err() != nil {
			return err
		}
		u.lost(client)
		if try == tries {
			return fault.New(fault.Unavailable, "not_taken", "the maker's side did not acknowledge a message to %s in %d tries: %v", topic, tries, err)
		}
	}
}

// Reconnect makes a new connection, with the newest certificate.
func (u *Uplink) Reconnect() {
	u.mu.Lock()
	c := u.client
	u.mu.Unlock()
	if c != nil {
		u.lost(c)
	}
}

// Stop ends the connection. What is queued stays on disk. Twice is fine.
func (u *Uplink) Stop(context.Context) error {
	u.stop()
	<-u.done
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.queue.file == nil {
		return nil
	}
	err := u.queue.file.Close()
	u.queue.file = nil
	return err
}

// run connects, sends what waits, and connects again until ctx ends. It pauses, longer each time and with jitter, until the
// cloud has acknowledged something: an edge that takes cars in and then nothing from them must not be stormed.
func (u *Uplink) run(ctx context.Context) {
	defer close(u.done)
	pause := minPause
	for ctx.Err() == nil {
		began := time.Now()
		progress, err := u.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if progress || time.Since(began) > maxPause {
			pause = minPause
		}
		u.cfg.Log.Debug("uplink: connection ended", "vin", u.cfg.VIN, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + time.Duration(rand.Int64N(int64(pause)))): //nolint:gosec // jitter
		}
		pause = min(2*pause, maxPause)
	}
}

// session is one connection. progress: the cloud acknowledged a frame.
func (u *Uplink) session(ctx context.Context) (progress bool, err error) {
	client, err := u.connect(ctx)
	if err != nil {
		return false, err
	}
	defer client.Disconnect(0)
	defer client.end()
	defer u.lost(client)
	u.setClient(client)
	return u.send(ctx, client)
}

func (u *Uplink) setClient(c *link) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.client = c
	u.signal()
}

// lost forgets a connection that is no good any more.
func (u *Uplink) lost(c *link) {
	c.end()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.client == c {
		u.client = nil
		u.signal()
	}
}

func (u *Uplink) connect(ctx context.Context) (*link, error) {
	o := mqtt.NewClientOptions().AddBroker("ssl://" + u.cfg.Broker).SetClientID(string(u.cfg.VIN)).SetProtocolVersion(4).
		SetTLSConfig(u.cfg.TLS()).SetAutoReconnect(false).SetConnectRetry(false).SetCleanSession(true).
		SetConnectTimeout(connectWithin).SetWriteTimeout(ackWithin).SetKeepAlive(keepAlive).SetOrderMatters(false)
	c := &link{}
	c.ctx, c.end = context.WithCancel(ctx)
	o.SetConnectionLostHandler(func(mqtt.Client, error) { u.lost(c) })
	c.Client = mqtt.NewClient(o)
	if err := wait(ctx, c.ctx, c.Connect(), connectWithin); err != nil {
		c.end()
		c.Disconnect(0)
		return nil, err
	}
	heard := func(_ mqtt.Client, m mqtt.Message) {
		h, err := command.ParseHint(m.Payload())
		if err != nil {
			u.cfg.Log.Warn("uplink: hint", "vin", u.cfg.VIN, "err", err)
			return
		}
		if u.cfg.OnHint != nil {
			u.cfg.OnHint(h)
		}
	}
	if err := wait(ctx, c.ctx, c.Subscribe(command.Down(u.cfg.VIN), 1, heard), connectWithin); err != nil {
		c.end()
		c.Disconnect(0)
		return nil, err
	}
	if u.cfg.OnConnect != nil {
		u.cfg.OnConnect()
	}
	return c, nil
}

// send sends what waits, in order, until the connection fails or ctx ends.
func (u *Uplink) send(ctx context.Context, client *link) (progress bool, err error) {
	for {
		var next record
		err := u.await(ctx, func() bool {
			if u.client != client {
				return true
			}
			if len(u.queue.waiting) == 0 {
				return false
			}
			next = u.queue.waiting[0]
			return true
		})
		if err != nil {
			return progress, err
		}
		if next.seq == 0 {
			return progress, errLost
		}
		if err := client.publish(ctx, command.Frames(u.cfg.VIN), next.payload); err != nil {
			return progress, err
		}
		if err := u.acked(next.seq); err != nil {
			return progress, err
		}
		progress = true
	}
}

func (u *Uplink) acked(seq uint64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer u.signal()
	return u.queue.ack(seq)
}

// publish returns when the broker has acknowledged, which it does after the durable write. The library's Publish may itself block,
// up to its write timeout, on a connection that is just being lost; nobody waits for that.
func (c *link) publish(ctx context.Context, topic string, payload []byte) error {
	handed := make(chan mqtt.Token, 1)
	go func() { handed <- c.Publish(topic, 1, false, payload) }()
	select {
	case t := <-handed:
		return wait(ctx, c.ctx, t, ackWithin)
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ctx.Done():
		return errLost
	}
}

var errLost = errors.New("connection lost")

func wait(ctx, link context.Context, t mqtt.Token, within time.Duration) error {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-link.Done():
		return errLost
	case <-timer.C:
		return errors.New("no answer in time")
	}
}

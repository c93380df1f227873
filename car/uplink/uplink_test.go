package uplink_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"roadbook/car/uplink"
	"roadbook/fault"
	"roadbook/platform/clock"
	"roadbook/platform/mqttedge"
	"roadbook/platform/pki"
	"roadbook/vin"
	"roadbook/wire/command"
	"roadbook/wire/frame"
)

const patience = 30 * time.Second

// cloud is an edge on a fixed address that can be killed and started again, and what it holds.
type cloud struct {
	t    *testing.T
	pki  *pki.PKI
	addr string
	edge *mqttedge.Edge

	mu    sync.Mutex
	held  map[uint64]string // frames by number
	again int               // frames that came a second time
	usage map[uint64]int
	deaf  bool                   // holds no usage
	sink  func(seq uint64) error // asked after a frame is held: an error loses the acknowledgement
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	p, err := pki.Open(t.TempDir(), clock.Real{}, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{t: t, pki: p, addr: ln.Addr().String(), held: map[uint64]string{}, usage: map[uint64]int{}, sink: func(uint64) error { return nil }}
	c.start(ln)
	t.Cleanup(c.kill)
	return c
}

func (c *cloud) start(ln net.Listener) {
	c.t.Helper()
	e, err := mqttedge.New(mqttedge.Config{TLS: c.pki.ServerTLS(nil, true), Sink: c.take, Logger: slog.New(slog.DiscardHandler),
		Allow: func(context.Context, vin.VIN, string) error { return nil }})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := e.Start(ln); err != nil {
		c.t.Fatal(err)
	}
	c.edge = e
}

func (c *cloud) kill() {
	if err := c.edge.Stop(); err != nil {
		c.t.Error(err)
	}
}

// restart takes the same address.
func (c *cloud) restart() {
	c.t.Helper()
	c.kill()
	ln, err := net.Listen("tcp", c.addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.start(ln)
}

func (c *cloud) take(_ context.Context, _ vin.VIN, topic string, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, kind, _ := command.ParseTopic(topic); kind == command.KindMeter {
		u, err := command.ParseUsage(payload)
		if c.deaf {
			return errors.New("in trouble")
		}
		if err == nil {
			c.usage[u.Seq]++
		}
		return err
	}
	f, err := frame.Decode(payload)
	if err != nil {
		return err
	}
	if old, ok := c.held[f.Seq]; ok {
		c.again++
		if old != string(payload) {
			c.t.Errorf("frame %d came with two contents", f.Seq)
		}
	}
	c.held[f.Seq] = string(payload)
	return c.sink(f.Seq)
}

func (c *cloud) counts() (held, again int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held), c.again
}

// car is an uplink's configuration with a certificate of the cloud.
func (c *cloud) car() uplink.Config {
	c.t.Helper()
	v, err := vin.Make("LRB", "R1CNE", 'P', 'B', 1)
	if err != nil {
		c.t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(v)}}, key)
	if err != nil {
		c.t.Fatal(err)
	}
	chain, _, _, err := c.pki.SignCar(csr, v)
	if err != nil {
		c.t.Fatal(err)
	}
	cert := tls.Certificate{PrivateKey: key}
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		cert.Certificate = append(cert.Certificate, block.Bytes)
	}
	return uplink.Config{VIN: v, Broker: c.addr, TLS: func() *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: c.pki.Pool(), Certificates: []tls.Certificate{cert}}
	}}
}

func open(t *testing.T, dir string, cfg uplink.Config) *uplink.Uplink {
	t.Helper()
	u, err := uplink.Open(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := u.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	return u
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func appendFrames(t *testing.T, u *uplink.Uplink, n int) {
	t.Helper()
	for i := range n {
		f := frame.Frame{Catalogue: frame.Catalogue, Base: time.Date(2026, 3, 1, 8, 0, i, 0, time.UTC),
			Columns: []frame.Column{{Signal: frame.Speed, Points: []frame.Point{{Raw: int64(i)}}}}}
		if _, err := u.Append(f); err != nil {
			t.Fatal(err)
		}
	}
}

func flush(t *testing.T, u *uplink.Uplink) {
	t.Helper()
	if err := u.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestALostAcknowledgementLosesNothing(t *testing.T) {
	c := newCloud(t)
	lost := map[uint64]bool{}
	c.sink = func(seq uint64) error {
		if seq%7 == 0 && !lost[seq] {
			lost[seq] = true
			return errors.New("held, and then the edge dies")
		}
		return nil
	}
	dir := t.TempDir()
	u := open(t, dir, c.car())
	appendFrames(t, u, 30)
	flush(t, u)
	if held, again := c.counts(); held != 30 || again != 4 {
		t.Errorf("%d frames held, %d came again; want 30 and 4", held, again)
	}
	if n := u.Waiting(); n != 0 {
		t.Errorf("%d frames wait", n)
	}
}

func TestAKilledEdgeLosesNothing(t *testing.T) {
	c := newCloud(t)
	u := open(t, t.TempDir(), c.car())
	for range 3 {
		reached := make(chan struct{})
		var once sync.Once
		c.mu.Lock()
		c.sink = func(uint64) error { once.Do(func() { close(reached) }); return nil }
		c.mu.Unlock()
		appendFrames(t, u, 40)
		<-reached // in the middle of the stream
		c.restart()
	}
	flush(t, u)
	if held, _ := c.counts(); held != 120 || u.NextSeq() != 121 {
		t.Errorf("%d frames held, next is %d; want 120 and 121", held, u.NextSeq())
	}
}

func TestACarThatRestartsGoesOnWhereItWas(t *testing.T) {
	c := newCloud(t)
	dir, cfg := t.TempDir(), c.car()
	away := cfg
	away.Broker = "127.0.0.1:1" // nobody is there
	for round := range 3 {
		u := open(t, dir, away)
		if want := uint64(round*10 + 1); u.NextSeq() != want {
			t.Fatalf("round %d: next number %d, want %d", round, u.NextSeq(), want)
		}
		appendFrames(t, u, 10)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if err := u.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flushed to nobody: %v", err)
		}
		cancel()
		if err := u.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	u := open(t, dir, cfg)
	flush(t, u)
	if held, again := c.counts(); held != 30 || again != 0 {
		t.Errorf("%d frames held, %d twice; want 30 and 0", held, again)
	}
	if err := u.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	u = open(t, dir, cfg)
	if u.NextSeq() != 31 || u.Waiting() != 0 {
		t.Errorf("next %d, waiting %d; want 31 and 0", u.NextSeq(), u.Waiting())
	}
}

func TestUsageIsAcknowledgedAndHintsAreHeard(t *testing.T) {
	c := newCloud(t)
	hints, connected := make(chan command.Hint, 1), make(chan struct{}, 8)
	cfg := c.car()
	cfg.OnHint = func(h command.Hint) { hints <- h }
	cfg.OnConnect = func() { connected <- struct{}{} }
	u := open(t, t.TempDir(), cfg)
	batch := command.UsageBatch{Seq: 1, Items: []command.UsageItem{{Meter: "pilot.km", Quantity: "12.4", At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}}
	if err := u.SendUsage(within(t), batch); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	if c.usage[1] == 0 {
		t.Error("acknowledged and not held")
	}
	c.mu.Unlock()
	if err := c.edge.Publish(cfg.VIN, command.Hint{Kind: command.Grant}.Encode()); err != nil {
		t.Fatal(err)
	}
	select {
	case h := <-hints:
		if h.Kind != command.Grant {
			t.Errorf("heard %q", h.Kind)
		}
	case <-within(t).Done():
		t.Fatal("no hint")
	}
	<-connected
	u.Reconnect()
	select {
	case <-connected:
	case <-within(t).Done():
		t.Fatal("no new connection")
	}
}

// TestABatchThatIsNotTakenHoldsUpNothing: the car makes a few tries and has its hands free again; frames go through meanwhile, and
// the batch does when the maker's side has recovered.
func TestABatchThatIsNotTakenHoldsUpNothing(t *testing.T) {
	c := newCloud(t)
	c.deaf = true
	u := open(t, t.TempDir(), c.car())
	appendFrames(t, u, 10)
	batch := command.UsageBatch{Seq: 1, Items: []command.UsageItem{{Meter: "pilot.km", Quantity: "12.4", At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}}
	if err := u.SendUsage(within(t), batch); fault.CodeOf(err) != "not_taken" || fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("nobody takes it: %v", err)
	}
	flush(t, u)
	c.mu.Lock()
	c.deaf = false
	c.mu.Unlock()
	if err := u.SendUsage(within(t), batch); err != nil {
		t.Fatal(err)
	}
	if held, _ := c.counts(); held != 10 || c.usage[1] != 1 {
		t.Errorf("%d frames held, the batch %d times", held, c.usage[1])
	}
}

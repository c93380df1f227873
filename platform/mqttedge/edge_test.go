package mqttedge_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"roadbook/fault"
	"roadbook/platform/mqttedge"
	"roadbook/vin"
	"roadbook/wire/command"
)

const patience = 20 * time.Second

// world is one edge, its authority and two cars.
type world struct {
	*mqttedge.Edge
	ca       *authority
	a, b     vin.VIN
	certs    map[vin.VIN]tls.Certificate
	now      atomic.Pointer[time.Time]
	mu       sync.Mutex
	got      []string // topic=payload
	sinkErr  error
	allowErr error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{ca: newAuthority(t), certs: map[vin.VIN]tls.Certificate{}}
	for i, v := range []*vin.VIN{&w.a, &w.b} {
		var err error
		if *v, err = vin.Make("LXM", "SU7AA", 'R', 'B', i+1); err != nil {
			t.Fatal(err)
		}
		w.certs[*v] = w.ca.issue(string(*v))
	}
	now := time.Now()
	w.now.Store(&now)
	tc := w.ca.serverTLS()
	tc.Time = func() time.Time { return *w.now.Load() }
	e, err := mqttedge.New(mqttedge.Config{TLS: tc, Logger: slog.New(slog.DiscardHandler),
		Allow: func(_ context.Context, _ vin.VIN, serial string) error {
			if serial == "" {
				t.Error("no serial")
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.allowErr
		},
		Sink: func(_ context.Context, _ vin.VIN, topic string, payload []byte) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.sinkErr == nil {
				w.got = append(w.got, topic+"="+string(payload))
			}
			return w.sinkErr
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 {
			if err := e.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	w.Edge = e
	return w
}

func (w *world) set(sink, allow error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sinkErr, w.allowErr = sink, allow
}

func (w *world) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.got...)
}

// pub runs the real mosquitto_pub and returns what it said.
func (w *world) pub(t *testing.T, version, cert, clientID, topic, payload string, more ...string) (string, error) {
	t.Helper()
	bin, err := exec.LookPath("mosquitto_pub")
	if err != nil {
		t.Fatal("mosquitto_pub is not installed; apt-get install mosquitto-clients")
	}
	host, port, err := net.SplitHostPort(w.Addr())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-d", "-h", host, "-p", port, "-V", version, "-i", clientID, "-t", topic, "-m", payload, "-q", "1", "--cafile", filepath.Join(w.ca.dir, "ca.pem")}
	if cert != "" {
		args = append(args, "--cert", filepath.Join(w.ca.dir, cert+".pem"), "--key", filepath.Join(w.ca.dir, cert+".key"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, bin, append(args, more...)...).CombinedOutput()
	return string(out), err
}

func TestMosquitto(t *testing.T) {
	for _, version := range []string{"311", "5"} {
		t.Run("mqtt"+version, func(t *testing.T) {
			w := newWorld(t)
			a, b := string(w.a), string(w.b)
			w.ca.issue("toaster")
			other := newAuthority(t)
			other.issue(a)
			v5 := version == "5"
			for _, c := range []struct {
				reason, cert, id, topic string
				more                    []string
				ok                      bool
				says5, says311          string
			}{
				{"its own frames are taken", a, a, command.Frames(w.a), nil, true, "PUBACK (Mid: 1, RC:0)", "PUBACK (Mid: 1, RC:0)"},
				{"its own usage is taken", a, a, command.Meter(w.a), nil, true, "RC:0", "RC:0"},
				{"its own pilot's report is taken", a, a, command.Pilot(w.a), nil, true, "RC:0", "RC:0"},
				{"no certificate, no handshake", "", a, command.Frames(w.a), nil, false, "", ""},
				{"a certificate whose name is no VIN", "toaster", a, command.Frames(w.a), nil, false, "", ""},
				{"another car's client id", a, b, command.Frames(w.b), nil, false, "CONNACK (134)", "CONNACK (5)"},
				{"an empty client id", a, "x", command.Frames(w.a), nil, false, "CONNACK (134)", "CONNACK (5)"},
				{"another car's topic", a, a, command.Frames(w.b), nil, false, "RC:135", ""},
				{"its own down topic is the cloud's to write", a, a, command.Down(w.a), nil, false, "RC:135", ""},
				{"another car's down topic", a, a, command.Down(w.b), nil, false, "RC:135", ""},
				{"a topic of nobody", a, a, "$SYS/x", nil, false, "RC:135", ""},
				{"a will would be published without a check", a, a, command.Frames(w.a), []string{"--will-topic", command.Down(w.b), "--will-payload", "x"}, false, "CONNACK (135)", "CONNACK (5)"},
				{"a payload over the limit", a, a, command.Frames(w.a), []string{"-s"}, false, "", ""},
			} {
				before, denied := len(w.taken()), w.Stats().Denied
				payload := "x"
				more := c.more
				if len(more) == 1 {
					payload, more = strings.Repeat("x", mqttedge.MaxPayload+1), nil
				}
				out, err := w.pub(t, "mqttv"+version, c.cert, c.id, c.topic, payload, more...)
				says := c.says311
				if v5 {
					says = c.says5
				}
				if !strings.Contains(out, says) {
					t.Errorf("%s: want %q in\n%s", c.reason, says, out)
				}
				if got := len(w.taken()) - before; (got == 1) != c.ok {
					t.Errorf("%s: %d messages taken\n%s", c.reason, got, out)
				}
				if !c.ok && !v5 && err == nil {
					t.Errorf("%s: mosquitto_pub believes that it worked\n%s", c.reason, out)
				}
				if c.cert == a && c.id == a && strings.HasPrefix(c.topic, "v/") && !c.ok && len(c.more) == 0 && w.Stats().Denied == denied {
					t.Errorf("%s: not counted", c.reason)
				}
			}
			w.ca.dir = other.dir // the same name under another authority
			if _, err := w.pub(t, "mqttv"+version, a, a, command.Frames(w.a), "x"); err == nil {
				t.Error("another authority's certificate was let in")
			}
		})
	}
}

func TestMosquittoQoS(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"311", "5"} {
		for _, qos := range []string{"0", "1", "2"} {
			if out, err := w.pub(t, "mqttv"+version, string(w.a), string(w.a), command.Frames(w.a), "x", "-q", qos, "--retain"); err != nil && qos != "0" && version == "311" {
				t.Errorf("MQTT %s, QoS %s: %v\n%s", version, qos, err, out)
			}
		}
	}
}

func (w *world) client(t *testing.T, name vin.VIN, id string, change ...func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	o := paho.NewClientOptions().AddBroker("ssl://" + w.Addr()).SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false).
		SetTLSConfig(w.ca.clientTLS(w.certs[name])).SetConnectTimeout(patience)
	for _, f := range change {
		f(o)
	}
	c := paho.NewClient(o)
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func done(t *testing.T, what string, tok paho.Token) error {
	t.Helper()
	if !tok.WaitTimeout(patience) {
		t.Fatalf("%s: no answer", what)
	}
	return tok.Error()
}

func TestPahoPublishesAndHears(t *testing.T) {
	w := newWorld(t)
	c := w.client(t, w.a, string(w.a))
	if err := done(t, "connect", c.Connect()); err != nil {
		t.Fatal(err)
	}
	hints := make(chan string, 1)
	sub := c.Subscribe(command.Down(w.a), 1, func(_ paho.Client, m paho.Message) { hints <- string(m.Payload()) })
	if err := done(t, "subscribe", sub); err != nil {
		t.Fatal(err)
	}
	if err := done(t, "publish", c.Publish(command.Frames(w.a), 1, false, "frame")); err != nil {
		t.Fatal(err)
	}
	if got := w.taken(); len(got) != 1 || got[0] != command.Frames(w.a)+"=frame" {
		t.Errorf("taken: %q", got)
	}
	if err := w.Publish(w.a, []byte("hint")); err != nil {
		t.Fatal(err)
	}
	select {
	case h := <-hints:
		if h != "hint" {
			t.Errorf("hint %q", h)
		}
	case <-time.After(patience):
		t.Fatal("no hint")
	}
	if n := w.Connected(); n != 1 {
		t.Errorf("%d cars connected", n)
	}
	if !w.Has(w.a) || w.Has(w.b) {
		t.Errorf("connected: the car that is %t, the car that is away %t", w.Has(w.a), w.Has(w.b))
	}
	if err := w.Publish(w.b, []byte("hint")); !errors.Is(err, mqttedge.ErrAway) {
		t.Errorf("a hint to a car that is away: %v", err)
	}
}

func TestPahoSubscribesOnlyToItsOwn(t *testing.T) {
	w := newWorld(t)
	c := w.client(t, w.a, string(w.a))
	if err := done(t, "connect", c.Connect()); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{command.Down(w.b), "#", "v/+/down", command.Frames(w.a), "$SYS/#", "$share/g/" + command.Down(w.b)} {
		tok := c.Subscribe(topic, 1, nil)
		_ = done(t, "subscribe", tok)
		codes := tok.(*paho.SubscribeToken).Result()
		if len(codes) != 1 {
			t.Errorf("subscription to %s: %v", topic, codes)
		}
		for _, code := range codes { // paho's key for a shared subscription lacks its prefix
			if code != 0x80 {
				t.Errorf("subscription to %s granted: %d", topic, code)
			}
		}
	}
}

func TestASinkThatFailsIsNeverAcknowledged(t *testing.T) {
	w := newWorld(t)
	lost := make(chan error, 1)
	c := w.client(t, w.a, string(w.a), func(o *paho.ClientOptions) {
		o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	})
	if err := done(t, "connect", c.Connect()); err != nil {
		t.Fatal(err)
	}
	w.set(errors.New("the disk is full"), nil)
	if err := done(t, "publish", c.Publish(command.Frames(w.a), 1, false, "frame")); err == nil {
		t.Error("acknowledged")
	}
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("the connection stays")
	}
	w.set(fault.New(fault.Invalid, "frame_encoding", "no frame"), nil)
	out, _ := w.pub(t, "mqttv5", string(w.a), string(w.a), command.Frames(w.a), "x")
	if !strings.Contains(out, "RC:153") {
		t.Errorf("what will never be taken gets reason 0x99 on MQTT 5:\n%s", out)
	}
	if got := w.taken(); len(got) != 0 {
		t.Errorf("taken: %q", got)
	}
}

func TestARevokedCarIsCutOff(t *testing.T) {
	w := newWorld(t)
	lost := make(chan error, 1)
	c := w.client(t, w.a, string(w.a), func(o *paho.ClientOptions) {
		o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	})
	if err := done(t, "connect", c.Connect()); err != nil {
		t.Fatal(err)
	}
	if err := done(t, "publish", c.Publish(command.Frames(w.a), 1, false, "frame")); err != nil { // the session is established
		t.Fatal(err)
	}
	w.set(nil, fault.New(fault.Forbidden, "revoked", "revoked"))
	if !w.Kick(w.a) {
		t.Error("nobody was kicked")
	}
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("the connection stays")
	}
	out, _ := w.pub(t, "mqttv5", string(w.a), string(w.a), command.Frames(w.a), "x")
	if !strings.Contains(out, "CONNACK (135)") {
		t.Errorf("revoked car:\n%s", out)
	}
	w.set(nil, fault.New(fault.Unavailable, "database", "away"))
	out, _ = w.pub(t, "mqttv311", string(w.a), string(w.a), command.Frames(w.a), "x")
	if !strings.Contains(out, "CONNACK (3)") {
		t.Errorf("an answer that is not to be had is no refusal:\n%s", out)
	}
}

func TestAConnectionDoesNotOutliveItsCertificate(t *testing.T) {
	w := newWorld(t)
	c := w.client(t, w.a, string(w.a))
	if err := done(t, "connect", c.Connect()); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(2 * time.Hour)
	w.now.Store(&later)
	if err := done(t, "publish", c.Publish(command.Frames(w.a), 1, false, "frame")); err == nil {
		t.Error("a frame under an expired certificate was acknowledged")
	}
	if err := done(t, "connect", w.client(t, w.a, string(w.a)).Connect()); err == nil {
		t.Error("an expired certificate was let in")
	}
}

func TestTheLastConnectionOfACarWins(t *testing.T) {
	w := newWorld(t)
	for range 10 {
		if err := done(t, "connect", w.client(t, w.a, string(w.a)).Connect()); err != nil {
			t.Fatal(err)
		}
	}
	if err := done(t, "connect", w.client(t, w.b, string(w.b)).Connect()); err != nil {
		t.Fatal(err)
	}
	last := w.client(t, w.a, string(w.a))
	if err := done(t, "connect", last.Connect()); err != nil {
		t.Fatal(err)
	}
	if err := done(t, "publish", last.Publish(command.Frames(w.a), 1, false, "x")); err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := mqttedge.Config{TLS: newAuthority(t).serverTLS(), Logger: slog.New(slog.DiscardHandler),
		Allow: func(context.Context, vin.VIN, string) error { return nil },
		Sink:  func(context.Context, vin.VIN, string, []byte) error { return nil }}
	for reason, change := range map[string]func(*mqttedge.Config){
		"no TLS":                        func(c *mqttedge.Config) { c.TLS = nil },
		"certificates are not required": func(c *mqttedge.Config) { c.TLS = c.TLS.Clone(); c.TLS.ClientAuth = tls.RequestClientCert },
		"nobody takes the messages":     func(c *mqttedge.Config) { c.Sink = nil },
	} {
		c := good
		change(&c)
		if _, err := mqttedge.New(c); err == nil {
			t.Errorf("%s: accepted", reason)
		}
	}
}

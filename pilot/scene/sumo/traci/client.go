package traci

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"roadbook/fault"
)

// API is the version of the protocol that this package was written against (SUMO 1.15); a newer server may be steered too.
const API = 20

// Config is how a connection behaves.
type Config struct {
	Connect time.Duration // how long the server may take to listen; 0: 20 s
	Retry   time.Duration // between attempts to connect; 0: 20 ms
	Answer  time.Duration // how long one message may take; 0: 60 s
}

func (c Config) filled() Config {
	if c.Connect == 0 {
		c.Connect = 20 * time.Second
	}
	if c.Retry == 0 {
		c.Retry = 20 * time.Millisecond
	}
	if c.Answer == 0 {
		c.Answer = 60 * time.Second
	}
	return c
}

// message is a message of commands that is being put together.
type message struct {
	writer
	wants []want
}

// Client is a connection to one simulation. It is not safe for use by several goroutines.
// Commands are put together by its methods and sent by Do: in one message, but a step in one of its own, since SUMO forgets
// the answers to what came before a step in the same message.
type Client struct {
	conn net.Conn
	cfg  Config
	out  []message // the first used of them are to be sent
	used int
	in   []byte
	dec  decoder
	err  error // why the connection cannot be used any more
}

// Dial connects to a server at addr, which may still be starting.
func Dial(ctx context.Context, addr string, cfg Config) (*Client, error) {
	cfg = cfg.filled()
	ctx, cancel := context.WithTimeout(ctx, cfg.Connect)
	defer cancel()
	var d net.Dialer
	for {
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			return NewClient(conn, cfg), nil
		}
		select {
		case <-ctx.Done():
			return nil, fault.New(fault.Unavailable, "traci_connect", "no TraCI server answers at %s: %v", addr, err)
		case <-time.After(cfg.Retry):
		}
	}
}

// NewClient speaks over a connection that exists. Close closes it.
func NewClient(conn net.Conn, cfg Config) *Client {
	return &Client{conn: conn, cfg: cfg.filled()}
}

// Close ends the connection without a word; End says goodbye first.
func (c *Client) Close() error {
	if c.err == nil {
		c.err = fault.New(fault.Refused, "traci_closed", "the connection was closed")
	}
	return c.conn.Close()
}

// Do sends the commands put together since the last call and reads their answers into out. An answer that refuses one of
// them is an error; what the other commands of the message did stays done, and the connection cannot be used any more.
func (c *Client) Do(ctx context.Context, out *Reply) error {
	defer func() { c.used = 0 }()
	if c.err != nil {
		return c.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range c.out[:c.used] {
		if n := len(c.out[i].b); n > MaxMessage {
			return fault.New(fault.Invalid, "traci_too_long", "a message of %d bytes: expected at most %d", n, MaxMessage)
		}
	}
	out.reset()
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	var err error
	for i := 0; i < c.used && err == nil; i++ {
		err = c.exchange(ctx, &c.out[i], out)
	}
	if !stop() && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		c.err = err
		c.conn.Close()
	}
	return err
}

func (c *Client) exchange(ctx context.Context, m *message, out *Reply) error {
	if err := c.conn.SetDeadline(time.Now().Add(c.cfg.Answer)); err != nil {
		return broken("cannot be used", err)
	}
	if err := ctx.Err(); err != nil { // the deadline may have overwritten the one that ended the wait
		return err
	}
	binary.BigEndian.PutUint32(m.b, uint32(len(m.b)))
	if _, err := c.conn.Write(m.b); err != nil {
		return broken("took no message", err)
	}
	var head [4]byte
	if _, err := io.ReadFull(c.conn, head[:]); err != nil {
		return broken("gave no answer", err)
	}
	n := int(int32(binary.BigEndian.Uint32(head[:])))
	if n < len(head) || n > MaxMessage {
		return fault.New(fault.Invalid, "traci_malformed", "a message of %d bytes: expected %d to %d", n, len(head), MaxMessage)
	}
	n -= len(head)
	if cap(c.in) < n {
		c.in = make([]byte, n)
	}
	c.in = c.in[:n]
	if _, err := io.ReadFull(c.conn, c.in); err != nil {
		return broken("broke off in its answer", err)
	}
	return c.dec.reply(c.in, m.wants, out)
}

func broken(what string, err error) error {
	return fault.New(fault.Unavailable, "traci_broken", "the TraCI server %s: %v", what, err)
}

// add puts a command into the message that is being put together. alone: into one of its own.
func (c *Client) add(w want, alone bool, body func(w *writer)) {
	if c.used == 0 || alone || c.out[c.used-1].stepped() {
		if c.used == len(c.out) {
			c.out = append(c.out, message{})
		}
		m := &c.out[c.used]
		m.b, m.wants = append(m.b[:0], 0, 0, 0, 0), m.wants[:0]
		c.used++
	}
	m := &c.out[c.used-1]
	start := m.begin(w.cmd)
	if body != nil {
		body(&m.writer)
	}
	m.end(start)
	m.wants = append(m.wants, w)
}

func (m *message) stepped() bool { return len(m.wants) > 0 && m.wants[0].cmd == cmdStep }

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

// Client is a connection to one simulation. It is not safe for use by several goroutines.
// Commands are put together by its methods and sent in one message by Do.
type Client struct {
	conn  net.Conn
	cfg   Config
	out   writer
	wants []want
	in    []byte
	dec   decoder
	err   error // why the connection cannot be used any more
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
	c := &Client{conn: conn, cfg: cfg.filled()}
	c.reset()
	return c
}

func (c *Client) reset() {
	c.out.b = append(c.out.b[:0], 0, 0, 0, 0)
	c.wants = c.wants[:0]
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
	defer c.reset()
	if c.err != nil {
		return c.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(c.out.b) > MaxMessage {
		return fault.New(fault.Invalid, "traci_too_long", "a message of %d bytes: expected at most %d", len(c.out.b), MaxMessage)
	}
	binary.BigEndian.PutUint32(c.out.b, uint32(len(c.out.b)))
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	err := c.exchange(out)
	if !stop() && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		c.err = err
		c.conn.Close()
	}
	return err
}

func (c *Client) exchange(out *Reply) error {
	if err := c.conn.SetDeadline(time.Now().Add(c.cfg.Answer)); err != nil {
		return broken("cannot be used", err)
	}
	if _, err := c.conn.Write(c.out.b); err != nil {
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
	return c.dec.reply(c.in, c.wants, out)
}

func broken(what string, err error) error {
	return fault.New(fault.Unavailable, "traci_broken", "the TraCI server %s: %v", what, err)
}

func (c *Client) add(cmd, answer, variable byte, body func(w *writer)) {
	start := c.out.begin(cmd)
	if body != nil {
		body(&c.out)
	}
	c.out.end(start)
	c.wants = append(c.wants, want{cmd, answer, variable})
}

package bus

import (
	"context"
	"fmt"

	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Limits of a consumer.
const (
	MaxBatch  = 256                    // messages handed to a handler at once
	minPause  = 10 * time.Millisecond  // before a failed batch is given again
	maxPause  = 5 * time.Second        // it doubles up to here
	settleMin = 500 * time.Microsecond // first pause of Settled's polling
	settleMax = 20 * time.Millisecond
)

// Message is one message of a stream.
type Message struct {
	Subject string
	ID      string // the publisher's message id
	Data    []byte
	Tries   uint64 // 1 at the first delivery
}

// Handler takes messages in stream order, up to MaxBatch at once. When it returns nil all of them are acknowledged; an error
// gives all of them back. It may see a message again, also after it succeeded.
type Handler func(ctx context.Context, batch []Message) error

// Consumer runs a handler over a durable consumer. Several consumers, in one process or many, may share the durable.
type Consumer struct {
	bus  *Bus
	js   jetstream.Consumer
	name string
	stop context.CancelFunc
	done chan struct{}
}

// Consume starts to hand the stream's messages to the handler: from where the durable stands, or from the first message.
// A message is redelivered until it is acknowledged. The consumer ends with Stop, with ctx or when the bus closes.
func (b *Bus) Consume(ctx context.Context, stream, durable string, handle Handler) (*Consumer, error) {
	js, err := b.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable: durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: AckWait,
		MaxDeliver: -1, DeliverPolicy: jetstream.DeliverAllPolicy, MaxAckPending: 4 * MaxBatch,
	})
	if err != nil {
		return nil, fmt.Errorf("consumer %s of %s: %w", durable, stream, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &Consumer{bus: b, js: js, name: durable, stop: cancel, done: make(chan struct{})}
	b.mu.Lock()
	b.workers = append(b.workers, c)
	b.mu.Unlock()
	go c.run(ctx, handle)
	return c, nil
}

// Stop returns when the handler has returned and its batch is acknowledged or given back. Twice is fine.
func (c *Consumer) Stop() {
	c.stop()
	<-c.done
}

// run pulls messages into inbox and hands on what has gathered there while the handler was at work.
func (c *Consumer) run(ctx context.Context, handle Handler) {
	defer close(c.done)
	for pause := minPause; ctx.Err() == nil; pause = min(2*pause, maxPause) {
		inbox := make(chan jetstream.Msg, MaxBatch)
		pull, err := c.js.Consume(func(m jetstream.Msg) { inbox <- m }, jetstream.PullMaxMessages(MaxBatch),
			jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
				c.bus.log.Debug("pull", "consumer", c.name, "err", err)
			}))
		if err != nil {
			c.bus.log.Warn("consumer does not start", "consumer", c.name, "err", err, "again_in", pause)
			wait(ctx, pause)
			continue
		}
		c.work(ctx, handle, inbox, pull.Closed())
		pull.Drain()
		for over := false; !over; { // what is in hand goes to others, now
			select {
			case m := <-inbox:
				c.giveBack(m)
			case <-pull.Closed():
				over = true
			}
		}
		for len(inbox) > 0 {
			c.giveBack(<-inbox)
		}
	}
}

// work handles batches until ctx or the pull ends.
func (c *Consumer) work(ctx context.Context, handle Handler, inbox <-chan jetstream.Msg, over <-chan struct{}) {
	pause := minPause
	for {
		var msgs []jetstream.Msg
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case m := <-inbox:
			msgs = append(msgs, m)
		}
		for len(msgs) < MaxBatch && len(inbox) > 0 {
			msgs = append(msgs, <-inbox) // the only receiver
		}
		err := c.hand(ctx, handle, msgs)
		if err == nil {
			pause = minPause
			continue
		}
		c.bus.log.Warn("batch given back", "consumer", c.name, "messages", len(msgs), "err", err, "pause", pause)
		wait(ctx, pause)
		pause = min(2*pause, maxPause)
	}
}

func (c *Consumer) hand(ctx context.Context, handle Handler, msgs []jetstream.Msg) error {
	batch := make([]Message, len(msgs))
	for i, m := range msgs {
		batch[i] = Message{Subject: m.Subject(), ID: m.Headers().Get(jetstream.MsgIDHeader), Data: m.Data(), Tries: 1}
		if meta, err := m.Metadata(); err == nil {
			batch[i].Tries = meta.NumDelivered
		}
	}
	// The handler finishes what it began: Stop waits for it.
	if err := handle(context.WithoutCancel(ctx), batch); err != nil {
		for _, m := range msgs {
			c.giveBack(m)
		}
		return err
	}
	for _, m := range msgs {
		if err := m.Ack(); err != nil {
			return fmt.Errorf("acknowledge: %w", err) // it comes again; the handler is idempotent
		}
	}
	return nil
}

// giveBack asks for another delivery. If the word is lost, AckWait says the same.
func (c *Consumer) giveBack(m jetstream.Msg) {
	if err := m.Nak(); err != nil {
		c.bus.log.Debug("not given back", "consumer", c.name, "err", err)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Settled returns when everything that the stream held at the call has been handled and acknowledged, by whichever replica.
func (b *Bus) Settled(ctx context.Context, stream, durable string) error {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("settle %s: %w", stream, err)
	}
	last := s.CachedInfo().State.LastSeq
	c, err := s.Consumer(ctx, durable)
	if err != nil {
		return fmt.Errorf("settle %s: %w", durable, err)
	}
	info := c.CachedInfo()
	for pause := settleMin; ; pause = min(2*pause, settleMax) {
		if info.AckFloor.Stream >= last || info.NumPending == 0 && info.NumAckPending == 0 && info.Delivered.Stream >= last {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("settle %s: %d waiting, %d in hand: %w", durable, info.NumPending, info.NumAckPending, ctx.Err())
		case <-time.After(pause):
		}
		if info, err = c.Info(ctx); err != nil {
			return fmt.Errorf("settle %s: %w", durable, err)
		}
	}
}

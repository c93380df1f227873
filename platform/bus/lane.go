package bus

import (
	"context"
	"fmt"
	"regexp"
)

// Lane is a stream with one subject per key and one durable consumer: append, handle, settle.
// A key's messages are held in order and handled in order, but for a batch that was given back: it comes after later ones.
type Lane struct {
	bus     *Bus
	stream  Stream
	prefix  string
	durable string
}

// keyPattern is what may stand in a subject as one token.
var keyPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Lane makes the stream name with the subjects name.KEY and the durable consumer to go with it.
func (b *Bus) Lane(ctx context.Context, name, durable string) (*Lane, error) {
	l := &Lane{bus: b, prefix: name + ".", durable: durable, stream: Stream{Name: name, Subjects: []string{name + ".*"}}}
	if err := b.EnsureStream(ctx, l.stream); err != nil {
		return nil, err
	}
	return l, nil
}

// Append returns when the message is durably held. The same id again is a no-op within the stream's window.
func (l *Lane) Append(ctx context.Context, key, msgID string, payload []byte) error {
	if !keyPattern.MatchString(key) {
		return fmt.Errorf("lane %s: key %.40q is no subject token", l.stream.Name, key)
	}
	return l.bus.Publish(ctx, l.prefix+key, msgID, payload)
}

// Key returns the key that the message was appended under.
func (l *Lane) Key(m Message) string { return m.Subject[len(l.prefix):] }

// Consume hands the lane's messages to the handler.
func (l *Lane) Consume(ctx context.Context, handle Handler) (*Consumer, error) {
	return l.bus.Consume(ctx, l.stream.Name, l.durable, handle)
}

// Settle returns when all that was appended before the call has been handled.
func (l *Lane) Settle(ctx context.Context) error { return l.bus.Settled(ctx, l.stream.Name, l.durable) }

package mqttedge

import (
	"bytes"
	"context"
	"errors"
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"roadbook/fault"
	"roadbook/vin"
	"roadbook/wire/command"
)

// hook is where the broker asks: may this car in, may it say this, and who keeps what it said?
type hook struct {
	mqtt.HookBase
	edge *Edge
}

// ID names the hook.
func (h *hook) ID() string { return "roadbook" }

// Provides lists the questions that the hook answers.
func (h *hook) Provides(b byte) bool {
	return bytes.Contains([]byte{mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnPacketRead, mqtt.OnACLCheck, mqtt.OnPublish,
		mqtt.OnSessionEstablished, mqtt.OnDisconnect}, []byte{b})
}

// OnConnect turns a connection away with a CONNACK that says why. The broker sends none by itself here.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	code, err := h.admit(cl, pk)
	if err == nil {
		return nil
	}
	h.edge.turnedAway.Add(1)
	h.edge.log.Info("car turned away", "client_id", cl.ID, "remote", cl.Net.Remote, "err", err)
	if serr := h.edge.server.SendConnack(cl, code, false, nil); serr != nil {
		return errors.Join(err, serr)
	}
	return err
}

func (h *hook) admit(cl *mqtt.Client, pk packets.Packet) (packets.Code, error) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return packets.ErrNotAuthorized, errors.New("a connection without a certificate")
	}
	// 0x86 is what a car sees that uses another car's name; the broker turns it into return code 5 on 3.1.1.
	if cl.ID != string(c.vin) {
		return packets.ErrBadUsernameOrPassword, fault.New(fault.Forbidden, "client_id", "client id %.40q under the certificate of %s", cl.ID, c.vin)
	}
	if pk.Connect.WillFlag { // a will is published without a topic check
		return h.code(cl, packets.ErrNotAuthorized), fault.New(fault.Forbidden, "will", "cars leave no wills")
	}
	ctx, cancel := context.WithTimeout(h.edge.ctx, SinkWithin)
	defer cancel()
	err := h.edge.cfg.Allow(ctx, c.vin, c.serial)
	switch {
	case err == nil:
		return packets.CodeSuccess, nil
	case fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil:
		return packets.ErrServerUnavailable, err
	default:
		return h.code(cl, packets.ErrNotAuthorized), err
	}
}

// code picks one that the broker can translate for 3.1.1.
func (h *hook) code(cl *mqtt.Client, v5 packets.Code) packets.Code {
	if cl.Properties.ProtocolVersion < 5 {
		return packets.ErrBadUsernameOrPassword // becomes 5, not authorized
	}
	return v5
}

// OnConnectAuthenticate has nothing to add: OnConnect let the car in.
func (h *hook) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

// OnSessionEstablished makes the car known to Kick and then asks Allow again: a car that was revoked between the first
// answer and here would otherwise stay.
func (h *hook) OnSessionEstablished(cl *mqtt.Client, _ packets.Packet) {
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return
	}
	h.edge.enter(c.vin, cl) // OnDisconnect follows in any case
	ctx, cancel := context.WithTimeout(h.edge.ctx, SinkWithin)
	defer cancel()
	if err := h.edge.cfg.Allow(ctx, c.vin, c.serial); err != nil {
		cl.Stop(err)
	}
}

func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	if c, ok := cl.Net.Conn.(*conn); ok {
		h.edge.leave(c.vin, cl)
	}
}

// OnPacketRead keeps the broker from dropping a publish on a $ topic without a word: under a name that is merely not
// allowed, it takes the road of every other denied publish.
func (h *hook) OnPacketRead(_ *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish && strings.HasPrefix(pk.TopicName, "$") {
		pk.TopicName = "denied/" + pk.TopicName
	}
	return pk, nil
}

// OnACLCheck is asked before each publish (write) and subscription, and before a hint is handed to a subscriber.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	c, ok := cl.Net.Conn.(*conn)
	if ok && allowed(c.vin, topic, write) {
		return true
	}
	h.edge.denied.Add(1)
	h.edge.log.Warn("topic denied", "client_id", cl.ID, "topic", topic, "write", write)
	if write && cl.Properties.ProtocolVersion < 5 {
		cl.Stop(packets.ErrNotAuthorized) // 3.1.1 has no way to say no but to hang up
	}
	return false
}

func allowed(v vin.VIN, topic string, write bool) bool {
	if write {
		return topic == command.Frames(v) || topic == command.Meter(v) || topic == command.Pilot(v)
	}
	return topic == command.Down(v)
}

// OnPublish runs before the acknowledgement and waits for the sink. Any error but those two below would be acknowledged
// by the broker all the same.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil // our own hint
	}
	c, ok := cl.Net.Conn.(*conn)
	if !ok {
		return pk, packets.ErrRejectPacket
	}
	if h.edge.now().After(c.notAfter) { // a connection does not outlive its certificate
		return h.refuse(cl, pk, packets.ErrNotAuthorized, errors.New("the certificate has expired"))
	}
	if len(pk.Payload) > MaxPayload {
		return h.refuse(cl, pk, packets.ErrPacketTooLarge, errors.New("payload too large"))
	}
	ctx, cancel := context.WithTimeout(h.edge.ctx, SinkWithin)
	defer cancel()
	err := h.edge.cfg.Sink(ctx, c.vin, pk.TopicName, pk.Payload)
	switch kind := fault.KindOf(err); {
	case err == nil:
		h.edge.taken.Add(1)
		return pk, packets.CodeSuccessIgnore // acknowledge; no car subscribes to what cars say
	case cl.Properties.ProtocolVersion >= 5 && (kind == fault.Invalid || kind == fault.Refused):
		h.edge.failed.Add(1)
		h.edge.log.Warn("message refused", "vin", c.vin, "topic", pk.TopicName, "err", err)
		return pk, packets.ErrPayloadFormatInvalid // PUBACK 0x99: do not send it again
	default:
		return h.refuse(cl, pk, packets.ErrUnspecifiedError, err)
	}
}

// refuse hangs up without an acknowledgement: the car still has the message and comes back with it.
func (h *hook) refuse(cl *mqtt.Client, pk packets.Packet, code packets.Code, err error) (packets.Packet, error) {
	h.edge.failed.Add(1)
	h.edge.log.Warn("message not taken", "client_id", cl.ID, "topic", pk.TopicName, "err", err)
	if cl.Properties.ProtocolVersion >= 5 {
		_ = h.edge.server.DisconnectClient(cl, code) // returns the code that it was given
	}
	cl.Stop(code)
	return pk, packets.ErrRejectPacket
}

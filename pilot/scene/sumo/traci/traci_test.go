package traci

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"roadbook/fault"
)

// server answers each message with the next of its replies and keeps what it was sent.
type server struct {
	addr string
	got  chan []byte
}

func serve(t *testing.T, replies ...[]byte) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String(), got: make(chan []byte, len(replies)+1)}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for _, r := range replies {
			var head [4]byte
			if _, err := io.ReadFull(conn, head[:]); err != nil {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(head[:])-4)
			if _, err := io.ReadFull(conn, body); err != nil {
				return
			}
			s.got <- body
			if r != nil {
				conn.Write(r)
			}
		}
		io.Copy(io.Discard, conn) // until the client goes
	}()
	return s
}

func dial(t *testing.T, s *server, cfg Config) *Client {
	t.Helper()
	c, err := Dial(t.Context(), s.addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// message frames commands, each given as id and body in the short form.
func framed(cmds ...[]byte) []byte {
	var b []byte
	for _, c := range cmds {
		b = append(b, c...)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b)+4)), b...)
}

func short(id byte, body ...byte) []byte {
	return append([]byte{byte(len(body) + 2), id}, body...)
}

func ok(id byte) []byte { return short(id, 0, 0, 0, 0, 0) }

// put gives the bytes that a function writes.
func put(f func(w *writer)) []byte {
	var w writer
	f(&w)
	return w.b
}

// The bytes of each command, by hand from the protocol.
func TestCommandsOnTheWire(t *testing.T) {
	for _, c := range []struct {
		name string
		add  func(c *Client)
		want []byte
	}{
		{"version", func(c *Client) { c.Version() }, []byte{0, 0, 0, 0, 6, 0x00}},
		{"end", func(c *Client) { c.End() }, []byte{0, 0, 0, 0, 6, 0x7F}},
		{"step to 1 s", func(c *Client) { c.Step(1) }, []byte{0, 0, 0, 0, 14, 0x02, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0}},
		{"speed mode", func(c *Client) { c.SpeedMode("a", 0) }, []byte{0, 0, 0, 0, 17, 0xC4, 0xB3, 0, 0, 0, 1, 'a', 0x09, 0, 0, 0, 0}},
		{"lane change mode", func(c *Client) { c.LaneChangeMode("a", 1621) }, []byte{0, 0, 0, 0, 17, 0xC4, 0xB6, 0, 0, 0, 1, 'a', 0x09, 0, 0, 0x06, 0x55}},
		{"remove", func(c *Client) { c.Remove("a") }, []byte{0, 0, 0, 0, 14, 0xC4, 0x81, 0, 0, 0, 1, 'a', 0x08, 3}},
		{"get", func(c *Client) { c.GetVehicle("a", VarSpeed) }, []byte{0, 0, 0, 0, 12, 0xA4, 0x40, 0, 0, 0, 1, 'a'}},
	} {
		var cl Client
		c.add(&cl)
		if cl.used != 1 || !reflect.DeepEqual(cl.out[0].b[4:], c.want) {
			t.Errorf("%s: % X, expected % X", c.name, cl.out[0].b[4:], c.want)
		}
	}
	var cl Client
	cl.MoveToXY("a", "m1", 2, 1, 1, 90)
	w := put(func(w *writer) {
		w.begin(0xC4)
		w.u8(0xB4)
		w.text("a")
		w.compound(6)
		w.typedText("m1")
		w.typedInt(2)
		w.typedDouble(1)
		w.typedDouble(1)
		w.typedDouble(90)
		w.typedByte(1)
	})
	if got := cl.out[0].b[4:]; !reflect.DeepEqual(got[5:], w[5:]) || int(got[4]) != len(w) {
		t.Errorf("move: % X", got)
	}
}

// A step goes out alone: SUMO forgets the answers to what came before it in the same message.
func TestStepIsAloneInItsMessage(t *testing.T) {
	step := append(ok(cmdStep), 0, 0, 0, 0)
	s := serve(t, framed(ok(cmdSetVehicle), ok(cmdSetVehicle)), framed(step), framed(ok(cmdClose)))
	c := dial(t, s, Config{})
	c.SpeedMode("a", 0)
	c.LaneChangeMode("a", 0)
	c.Step(0)
	c.End()
	var r Reply
	if err := c.Do(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	if one, two, three := <-s.got, <-s.got, <-s.got; one[5] != cmdSetVehicle || two[5] != cmdStep || len(two) != 14 || three[5] != cmdClose {
		t.Errorf("messages % X, % X, % X", one, two, three)
	}
}

func TestAnswers(t *testing.T) {
	version := short(cmdVersion, put(func(w *writer) { w.i32(20); w.text("SUMO 1.15") })...)
	speed := short(ansGetVehicle, put(func(w *writer) { w.u8(VarSpeed); w.text("a"); w.typedDouble(12.5) })...)
	s := serve(t, framed(ok(cmdVersion), version, ok(cmdGetVehicle), speed))
	c := dial(t, s, Config{})
	c.Version()
	c.GetVehicle("a", VarSpeed)
	var r Reply
	if err := c.Do(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	if r.API != 20 || r.Name != "SUMO 1.15" || len(r.Values) != 1 || r.Values[0].Num != 12.5 {
		t.Errorf("%+v", r)
	}
}

// around gives a context subscription's body with vehicles in the given order.
func around(ids ...string) []byte {
	return put(func(w *writer) {
		w.text("ego")
		w.u8(domainVehicles)
		w.u8(2)
		w.i32(int32(len(ids)))
		for i, id := range ids {
			w.text(id)
			w.u8(VarPosition)
			w.u8(0)
			w.u8(typePos2)
			w.f64(float64(i))
			w.f64(-5.25)
			w.u8(VarSpeed)
			w.u8(0)
			w.typedDouble(30)
		}
	})
}

// long frames a command in its long form.
func long(id byte, body []byte) []byte {
	b := put(func(w *writer) { w.u8(0); w.i32(int32(len(body) + 6)); w.u8(id) })
	return append(b, body...)
}

func TestAroundIsSortedAndTyped(t *testing.T) {
	b := append(ok(cmdStep), 0, 0, 0, 1)
	b = append(b, long(ansContext, around("v2", "ego", "v1"))...)
	var d decoder
	var r Reply
	if err := d.reply(b, []want{{cmdStep, 0, 0}}, &r); err != nil {
		t.Fatal(err)
	}
	expect := []Vehicle{{ID: "ego", X: 1, Y: -5.25, V: 30}, {ID: "v1", X: 2, Y: -5.25, V: 30}, {ID: "v2", X: 0, Y: -5.25, V: 30}}
	if !r.HaveAround || !reflect.DeepEqual(r.Around, expect) {
		t.Errorf("%+v", r.Around)
	}
	if n := testing.AllocsPerRun(100, func() {
		r.reset()
		if err := d.reply(b, []want{{cmdStep, 0, 0}}, &r); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%g allocations for a step with known vehicles: expected none but the list of what is wanted", n)
	}
}

// Values of every type, as the protocol writes them.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want Value
	}{
		{[]byte{typeUByte, 200}, Value{Type: typeUByte, Int: 200, Num: 200}},
		{[]byte{typeByte, 0xFF}, Value{Type: typeByte, Int: -1, Num: -1}},
		{[]byte{typeInt, 0xFF, 0xFF, 0xFF, 0xFE}, Value{Type: typeInt, Int: -2, Num: -2}},
		{[]byte{typeString, 0, 0, 0, 2, 'h', 'i'}, Value{Type: typeString, Str: "hi"}},
		{[]byte{typeStrings, 0, 0, 0, 2, 0, 0, 0, 1, 'a', 0, 0, 0, 0}, Value{Type: typeStrings, List: []string{"a", ""}}},
		{[]byte{typeColour, 1, 2, 3, 4}, Value{Type: typeColour, Int: 0x01020304}},
		{append([]byte{typePos2}, put(func(w *writer) { w.f64(1); w.f64(2) })...), Value{Type: typePos2, Pos: [3]float64{1, 2}}},
		{append([]byte{typePos3}, put(func(w *writer) { w.f64(1); w.f64(2); w.f64(3) })...), Value{Type: typePos3, Pos: [3]float64{1, 2, 3}}},
		{append([]byte{typeDoubles, 0, 0, 0, 1}, put(func(w *writer) { w.f64(7) })...), Value{Type: typeDoubles, Doubles: []float64{7}}},
		{append([]byte{typePolygon, 1}, put(func(w *writer) { w.f64(7); w.f64(8) })...), Value{Type: typePolygon, Doubles: []float64{7, 8}}},
		{append([]byte{typeRoadPos}, put(func(w *writer) { w.text("m1"); w.f64(8); w.u8(2) })...), Value{Type: typeRoadPos, Str: "m1", Pos: [3]float64{8, 2}}},
		{[]byte{typeCompound, 0, 0, 0, 1, typeUByte, 3}, Value{Type: typeCompound, Items: []Value{{Type: typeUByte, Int: 3, Num: 3}}}},
	} {
		r := reader{b: c.b}
		if got := r.value(0); r.done("value") != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("% X: %+v, %v; expected %+v", c.b, got, r.err, c.want)
		}
	}
}

// A server that lies gives an error that says where, and never more memory than the limits.
func TestHostileAnswers(t *testing.T) {
	step := []want{{cmdStep, 0, 0}}
	get := []want{{cmdGetVehicle, ansGetVehicle, VarSpeed}}
	value := func(b ...byte) []byte {
		return append(ok(cmdGetVehicle), long(ansGetVehicle, append(put(func(w *writer) { w.u8(VarSpeed); w.text("a") }), b...))...)
	}
	nan := put(func(w *writer) { w.u8(typeDouble); w.b = append(w.b, 0x7F, 0xF8, 0, 0, 0, 0, 0, 1) })
	deep := []byte{}
	for range MaxDepth + 1 {
		deep = append(deep, typeCompound, 0, 0, 0, 1)
	}
	for _, c := range []struct {
		name  string
		b     []byte
		wants []want
		code  string
	}{
		{"nothing", nil, step, "traci_malformed"},
		{"a command shorter than its head", []byte{1, 2}, step, "traci_malformed"},
		{"a long length of zero", []byte{0, 0, 0, 0, 0, 2}, step, "traci_malformed"},
		{"a negative long length", []byte{0, 0xFF, 0xFF, 0xFF, 0xFF, 2}, step, "traci_malformed"},
		{"a command longer than the message", []byte{200, 2, 0}, step, "traci_malformed"},
		{"the status of another command", ok(cmdClose), step, "traci_malformed"},
		{"a refusal", short(cmdStep, 0xFF, 0, 0, 0, 2, 'n', 'o'), step, "traci_refused"},
		{"an unknown command", short(cmdStep, 1, 0, 0, 0, 0), step, "traci_not_implemented"},
		{"an unknown result", short(cmdStep, 7, 0, 0, 0, 0), step, "traci_malformed"},
		{"a description longer than its status", short(cmdStep, 0, 0, 0, 0, 9), step, "traci_malformed"},
		{"two billion subscriptions", append(ok(cmdStep), 0x7F, 0xFF, 0xFF, 0xFF), step, "traci_malformed"},
		{"fewer than no subscriptions", append(ok(cmdStep), 0x80, 0, 0, 0), step, "traci_malformed"},
		{"bytes left over", append(ok(cmdStep), 0, 0, 0, 0, 9), step, "traci_malformed"},
		{"a subscription that is none", append(append(ok(cmdStep), 0, 0, 0, 1), short(0x55)...), step, "traci_malformed"},
		{"another variable", append(ok(cmdGetVehicle), short(ansGetVehicle, 1, 0, 0, 0, 0, typeUByte, 1)...), get, "traci_malformed"},
		{"another answer", append(ok(cmdGetVehicle), short(ansGetSim)...), get, "traci_malformed"},
		{"an unknown type", value(0x77), get, "traci_malformed"},
		{"not a number", value(nan...), get, "traci_malformed"},
		{"a list that the message cannot hold", value(typeStrings, 0, 0, 0x20, 0), get, "traci_malformed"},
		{"a list over the limit", value(typeDoubles, 0, 1, 0, 0), get, "traci_malformed"},
		{"compounds without end", value(deep...), get, "traci_malformed"},
		{"a value with a tail", value(typeUByte, 1, 2), get, "traci_malformed"},
	} {
		var d decoder
		var r Reply
		if err := d.reply(c.b, c.wants, &r); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, expected %s", c.name, err, c.code)
		}
	}
}

func TestConnectionFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply []byte
		code  string
	}{
		{"a message too long", []byte{0x7F, 0xFF, 0xFF, 0xFF}, "traci_malformed"},
		{"a message shorter than its head", []byte{0, 0, 0, 1}, "traci_malformed"},
		{"no answer", nil, "traci_broken"},
		{"half an answer", []byte{0, 0, 0, 20, 1}, "traci_broken"},
	} {
		s := serve(t, c.reply)
		cl := dial(t, s, Config{Answer: 100 * time.Millisecond})
		cl.End()
		var r Reply
		if err := cl.Do(t.Context(), &r); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, expected %s", c.name, err, c.code)
		}
		cl.End()
		if err := cl.Do(t.Context(), &r); fault.CodeOf(err) != c.code {
			t.Errorf("%s: the connection goes on after it failed: %v", c.name, err)
		}
		cl.Close()
	}
}

func TestContextEndsTheWait(t *testing.T) {
	s := serve(t, nil)
	c := dial(t, s, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-s.got; cancel() }()
	c.Step(0)
	var r Reply
	if err := c.Do(ctx, &r); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("%v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	if _, err := Dial(t.Context(), addr, Config{Connect: 100 * time.Millisecond}); fault.CodeOf(err) != "traci_connect" {
		t.Error(err)
	}
}

// FuzzReply: whatever the server says, the decoder ends with an answer or an error.
func FuzzReply(f *testing.F) {
	f.Add(byte(0), append(ok(cmdStep), 0, 0, 0, 0))
	f.Add(byte(0), append(append(ok(cmdStep), 0, 0, 0, 1), long(ansContext, around("v2", "ego"))...))
	f.Add(byte(1), append(ok(cmdGetVehicle), short(ansGetVehicle, put(func(w *writer) { w.u8(VarSpeed); w.text("a"); w.typedDouble(12.5) })...)...))
	f.Add(byte(2), append(ok(cmdVersion), short(cmdVersion, put(func(w *writer) { w.i32(20); w.text("SUMO") })...)...))
	f.Add(byte(3), append(ok(cmdSubSim), long(ansSubSim, []byte{0, 0, 0, 0, 1, VarDeparted, 0, typeStrings, 0, 0, 0, 1, 0, 0, 0, 1, 'a'})...))
	f.Fuzz(func(t *testing.T, kind byte, b []byte) {
		wants := [][]want{{{cmdStep, 0, 0}}, {{cmdGetVehicle, ansGetVehicle, VarSpeed}}, {{cmdVersion, cmdVersion, 0}}, {{cmdSubSim, ansSubSim, 0}},
			{{cmdSetVehicle, 0, 0}, {cmdContext, ansContext, 0}}}
		var d decoder
		var r Reply
		err := d.reply(b, wants[int(kind)%len(wants)], &r)
		if err != nil && fault.CodeOf(err) == "" {
			t.Errorf("an error without a code: %v", err)
		}
		if len(r.Around) > MaxObjects || len(r.Vars) > len(b) || len(r.Values) > len(b) {
			t.Errorf("%d vehicles, %d variables, %d values out of %d bytes", len(r.Around), len(r.Vars), len(r.Values), len(b))
		}
	})
}

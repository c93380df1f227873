package command

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/vin"
)

func car(t testing.TB) vin.VIN {
	t.Helper()
	v, err := vin.Make("LXM", "SU7AA", 'R', 'B', 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTopics(t *testing.T) {
	v := car(t)
	for name, kind := range map[string]Kind{Frames(v): KindFrames, Meter(v): KindMeter, Pilot(v): KindPilot, Down(v): KindDown} {
		got, k, err := ParseTopic(name)
		if err != nil || got != v || k != kind {
			t.Errorf("%s: %v %v %v", name, got, k, err)
		}
	}
	for _, c := range []struct{ reason, topic string }{
		{"empty", ""},
		{"another tree", "x/" + string(v) + "/frames"},
		{"a wildcard is no car", "v/+/frames"},
		{"a tail below the kind", Frames(v) + "/x"},
		{"a leading slash makes another topic", "/" + Frames(v)},
		{"an unknown kind", "v/" + string(v) + "/up"},
		{"a wildcard kind", "v/" + string(v) + "/#"},
		{"a VIN in lower case is another spelling", "v/" + strings.ToLower(string(v)) + "/frames"},
		{"a shared subscription", "$share/g/" + Down(v)},
	} {
		if _, _, err := ParseTopic(c.topic); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %q accepted: %v", c.reason, c.topic, err)
		}
	}
}

func TestHints(t *testing.T) {
	for _, s := range []Subject{Grant, Update, Apps, Revoked} {
		if h, err := ParseHint(Hint{s}.Encode()); err != nil || h.Kind != s {
			t.Errorf("%s: %v %v", s, h, err)
		}
	}
	for reason, payload := range map[string]string{
		"no JSON": "grant", "no kind": "{}", "an unknown kind": `{"kind":"explode"}`, "too long": `{"kind":"` + strings.Repeat("x", MaxHint) + `"}`,
	} {
		if _, err := ParseHint([]byte(payload)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestUsageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.Custom(func(t *rapid.T) UsageItem {
			return UsageItem{
				Meter:    rapid.StringMatching(`[a-z][a-z0-9._-]{0,20}`).Draw(t, "meter"),
				Quantity: rapid.StringMatching(`[1-9][0-9]{0,8}(\.[0-9]{1,6})?`).Draw(t, "quantity"),
				At:       time.UnixMilli(rapid.Int64Range(1_600_000_000_000, 4_000_000_000_000).Draw(t, "at")).UTC(),
			}
		})
		want := UsageBatch{Seq: rapid.Uint64Min(1).Draw(t, "seq"), Items: rapid.SliceOfN(item, 1, 30).Draw(t, "items")}
		b, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseUsage(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestUsageRefuses(t *testing.T) {
	at := time.UnixMilli(1_790_000_000_000).UTC()
	good := UsageItem{"pilot.km", "12.4", at}
	one := func(change func(*UsageItem)) UsageBatch {
		i := good
		change(&i)
		return UsageBatch{1, []UsageItem{good, i}}
	}
	for _, c := range []struct {
		reason string
		u      UsageBatch
		code   string
	}{
		{"no sequence number: it could not be told from another", UsageBatch{0, []UsageItem{good}}, "usage_seq"},
		{"nothing was used", UsageBatch{1, nil}, "usage_items"},
		{"more than one batch holds", UsageBatch{1, make([]UsageItem, MaxUsageItems+1)}, "usage_items"},
		{"a counter never goes back", one(func(i *UsageItem) { i.Quantity = "-1" }), "usage_quantity"},
		{"nothing used is nothing to tell", one(func(i *UsageItem) { i.Quantity = "0.00" }), "usage_quantity"},
		{"a float's exponent is not a decimal text", one(func(i *UsageItem) { i.Quantity = "1e9" }), "usage_quantity"},
		{"no digits after the point", one(func(i *UsageItem) { i.Quantity = "1." }), "usage_quantity"},
		{"one number has one spelling", one(func(i *UsageItem) { i.Quantity = "007" }), "usage_quantity"},
		{"a quantity longer than any meter counts", one(func(i *UsageItem) { i.Quantity = strings.Repeat("9", 25) }), "usage_quantity"},
		{"a meter without a name", one(func(i *UsageItem) { i.Meter = "" }), "usage_meter"},
		{"a line break in a name", one(func(i *UsageItem) { i.Meter = "pilot.km\n" }), "usage_meter"},
		{"1970 is a clock that was never set", one(func(i *UsageItem) { i.At = time.Unix(0, 0) }), "usage_time"},
	} {
		if err := c.u.Check(); fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %s", c.reason, err, c.code)
		}
		if _, err := c.u.Encode(); err == nil {
			t.Errorf("%s: encoded", c.reason)
		}
	}
}

func FuzzParseUsage(f *testing.F) {
	b, err := UsageBatch{3, []UsageItem{{"pilot.km", "12.4", time.UnixMilli(1_790_000_000_000)}}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0xa2, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := ParseUsage(b)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := u.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseUsage(again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(u, back); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzParseTopicAndHint(f *testing.F) {
	f.Add("v/LXMSU7AA0RB000001/frames", []byte(`{"kind":"grant"}`))
	f.Fuzz(func(t *testing.T, topic string, hint []byte) {
		if v, k, err := ParseTopic(topic); err == nil && "v/"+string(v)+"/"+string(k) != topic {
			t.Fatalf("%q is not what it parses to", topic)
		}
		if h, err := ParseHint(hint); err == nil {
			if _, err := ParseHint(h.Encode()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

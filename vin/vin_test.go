package vin_test

import (
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/vin"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ why, in, code string }{
		{"the worked example of 49 CFR 565", "1M8GDM9AXKP042788", ""},
		{"all ones checks to itself", "11111111111111111", ""},
		{"a wrong check digit", "1M8GDM9A1KP042788", "vin_check_digit"},
		{"the letter O is not in the alphabet", "1M8GDM9AXKPO42788", "vin_character"},
		{"lower case is another spelling", "1m8gdm9axkp042788", "vin_character"},
		{"too short", "1M8GDM9AXKP04278", "vin_length"},
		{"no room for a path", "../../etc/passwd!", "vin_character"},
	} {
		if _, err := vin.Parse(c.in); fault.CodeOf(err) != c.code {
			t.Errorf("%s: Parse(%q): %v, want %q", c.why, c.in, err, c.code)
		}
	}
}

func TestMadeVINsParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, err := vin.Make("LRB", "R1CNE", 'P', 'B', rapid.IntRange(0, 999999).Draw(t, "serial"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vin.Parse(string(v)); err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(11, 16).Draw(t, "position")
		b := []byte(v)
		b[i] = '0' + (b[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if _, err := vin.Parse(string(b)); err == nil {
			t.Fatalf("%s and %s both parse", v, b)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("1M8GDM9AXKP042788")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := vin.Parse(s); err == nil && string(v) != s {
			t.Fatalf("%q became %q", s, v)
		}
	})
}

package inservice

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/wire/pilotlog"
)

func TestGarwood(t *testing.T) {
	for _, c := range []struct { // Garwood's table (1936), 95 %
		n         int64
		low, high float64
	}{{0, 0, 3.6889}, {1, 0.0253, 5.5716}, {3, 0.6187, 8.7673}, {10, 4.7954, 18.3904}, {50, 37.1110, 65.9185}} {
		low, high := Garwood(c.n, 0.95)
		if math.Abs(low-c.low) > 1e-3 || math.Abs(high-c.high) > 1e-3 {
			t.Errorf("%d: %.4f to %.4f, expected %.4f to %.4f", c.n, low, high, c.low, c.high)
		}
	}
}

// fleet drives days of km by two versions at rates per 1,000 km.
func fleet(rng *rand.Rand, days int, km int64, a, b float64) []Day {
	var out []Day
	for i := range days {
		for _, v := range []struct {
			name string
			rate float64
		}{{"1.0", a}, {"1.1", b}} {
			out = append(out, Day{Day: period.Date("2023-09-01").AddDays(i), Software: v.name, Cars: 10, Active: km * 1000,
				Counts: map[pilotlog.Kind]int64{pilotlog.EmergencyStart: poisson(rng, v.rate*float64(km)/1000)}})
		}
	}
	return out
}

func poisson(rng *rand.Rand, mean float64) (n int64) {
	for p, l := rng.Float64(), math.Exp(-mean); p > l; p *= rng.Float64() {
		n++
	}
	return n
}

var emergency = Limits{Alpha: 0.05, Source: "test", Rates: []Limit{{pilotlog.EmergencyStart, 2, true}}}

// TestLookingEveryDay shows that a version at its limit, no worse than the other one, is stopped in at most α of its
// lives though it is judged every day, and that one three times as bad is stopped soon.
func TestLookingEveryDay(t *testing.T) {
	stopped := func(rate float64, lives, days int) (n int, last int) {
		for life := range lives {
			all := fleet(rand.New(rand.NewPCG(7, uint64(life))), days, 500, 2, rate)
			for d := 1; d <= days; d++ {
				if Judge(Name{Software: "1.1"}, all[:2*d], emergency).Broken {
					n++
					last = max(last, d)
					break
				}
			}
		}
		return n, last
	}
	if n, _ := stopped(2, 400, 60); n > 20+9 { // 5 %, and two standard errors
		t.Errorf("%d of 400 good versions were stopped", n)
	}
	if n, day := stopped(6, 40, 60); n != 40 || day > 20 {
		t.Errorf("%d of 40 bad versions were stopped, the last on day %d", n, day)
	}
}

func TestJudge(t *testing.T) {
	day := func(software string, km int64, n int64) Day {
		return Day{Day: "2023-09-01", Software: software, Cars: 1, Active: km * 1000, Counts: map[pilotlog.Kind]int64{pilotlog.EmergencyStart: n}}
	}
	for _, c := range []struct {
		reason         string
		days           []Day
		broken         bool
		limit, compare bool // evidence above the need
	}{
		{"nothing driven, nothing said", nil, false, false, false},
		{"no event, no evidence", []Day{day("1.0", 1000, 0), day("1.1", 1000, 0)}, false, false, false},
		{"twenty times the limit", []Day{day("1.1", 1000, 40)}, true, true, false},
		{"within the limit, ten times worse than the others", []Day{day("1.0", 20000, 4), day("1.1", 20000, 38)}, true, false, true},
		{"the others are as bad", []Day{day("1.0", 1000, 2), day("1.1", 1000, 2)}, false, false, false},
		{"another version's events are not mine", []Day{day("1.0", 1000, 40)}, false, false, false},
	} {
		v := Judge(Name{Software: "1.1"}, c.days, emergency)
		f := v.Findings[0]
		if v.Broken != c.broken || f.Absolute >= f.Needed != c.limit || f.Relative >= f.Needed != c.compare || f.Sentence == "" || f.Needed != 40 {
			t.Errorf("%s: %+v", c.reason, f)
		}
	}
}

// TestEvidence: the more events on the same road the more evidence; it is never negative and always a number.
func TestEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1_000_000).Draw(t, "n")
		km := rapid.Int64Range(1, 10_000_000).Draw(t, "km")
		days := func(n int64) []Day {
			return []Day{{Day: "2023-09-01", Software: "a", Active: km * 1000, Counts: map[pilotlog.Kind]int64{pilotlog.EmergencyStart: 3}},
				{Day: "2023-09-01", Software: "b", Active: km * 1000, Counts: map[pilotlog.Kind]int64{pilotlog.EmergencyStart: n}}}
		}
		f, g := Judge(Name{Software: "b"}, days(n), emergency).Findings[0], Judge(Name{Software: "b"}, days(n+1), emergency).Findings[0]
		for _, e := range []float64{f.Absolute, f.Relative, g.Absolute, g.Relative} {
			if !(e >= 0) || math.IsInf(e, 0) {
				t.Fatalf("evidence %g", e)
			}
		}
		if g.Absolute < f.Absolute || g.Relative < f.Relative {
			t.Fatalf("one event more is less evidence: %+v %+v", f, g)
		}
	})
}

func TestLimitsCheck(t *testing.T) {
	if err := Default().Check(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		reason, at string
		change     func(*Limits)
	}{
		{"no chance is none", "/alpha", func(l *Limits) { l.Alpha = 0 }},
		{"not a number", "/alpha", func(l *Limits) { l.Alpha = math.NaN() }},
		{"none", "/rates", func(l *Limits) { l.Rates = nil }},
		{"an activation is no harm", "/rates/0/kind", func(l *Limits) { l.Rates[0].Kind = pilotlog.Activation }},
		{"twice", "/rates/1/kind", func(l *Limits) { l.Rates[1].Kind = l.Rates[0].Kind }},
		{"a limit that always breaks", "/rates/2/per_1000_km", func(l *Limits) { l.Rates[2].Per = 0 }},
		{"a limit that never breaks", "/rates/2/per_1000_km", func(l *Limits) { l.Rates[2].Per = math.Inf(1) }},
		{"nobody decided it", "/source", func(l *Limits) { l.Source = "" }},
	} {
		l := Default()
		c.change(&l)
		if err := l.Check(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

func TestMiles(t *testing.T) {
	for m, want := range map[int64]string{0: "0.00", 1609: "1.00", 1_609_344: "1000.00", 8: "0.00", 9: "0.01", 16_093: "10.00", 24_140_160: "15000.00"} {
		if got := miles(m); got != want {
			t.Errorf("%d m: %s, expected %s", m, got, want)
		}
	}
}

// TestEveryWatchedKindHasWords: a person reads what is counted, one and many, and what it means.
func TestEveryWatchedKindHasWords(t *testing.T) {
	for _, k := range Watched {
		if w := WordsFor(k); w.One == "" || w.Many == "" || w.One == w.Many || w.Meaning == "" {
			t.Errorf("%s: %+v", k, w)
		}
	}
	if w := WordsFor(pilotlog.LaneChangeStart); w.One != "lane change start" {
		t.Errorf("a kind that is not watched: %+v", w)
	}
}

package economics

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
)

func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.10g, want %.10g ± %g", what, got, want, tolerance)
	}
}

func must(t testing.TB) func(v float64, err error) float64 {
	return func(v float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestLifetime(t *testing.T) {
	for _, c := range []struct {
		why                       string
		a, g, churn, r, want, tol float64
	}{
		{"undiscounted it is the margin over the churn: 20·0.6/0.05", 20, 0.6, 0.05, 0, 240, 1e-9},
		{"Gupta and Lehmann's multiple (1+r)/(1+r−retention) at 90 % retention and 10 % discount is 5.5", 100, 1, 0.1, 0.1, 550, 1e-9},
		{"a subscriber who leaves at once pays once", 99, 0.5, 1, 0.1, 49.5, 1e-12},
		{"no churn is a perpetuity due: 12·(1.08/0.08)", 12, 1, 0, 0.08, 162, 1e-9},
		{"a loss a period is a loss for life", 10, -0.2, 0.1, 0, -20, 1e-12},
	} {
		near(t, c.why, must(t)(Lifetime(c.a, c.g, c.churn, c.r)), c.want, c.tol)
	}
	if _, err := Lifetime(1, 1, 0, 0); fault.CodeOf(err) != "no_end" {
		t.Errorf("without churn and discount: %v", err)
	}
	near(t, "5 % a month is 45.96 % a year", must(t)(PerPeriod(1-math.Pow(0.95, 12), 12)), 0.05, 1e-12)
	near(t, "certain churn stays certain", must(t)(PerPeriod(1, 12)), 1, 0)
}

// TestProductCliff: one free year in months, 30 % renewal, 4 % churn.
func TestProductCliff(t *testing.T) {
	p := Product{Attach: 0.8, Bundle: 12, Renewal: 0.3, Churn: 0.04, SecondOwnerAge: 60, SecondOwnerFactor: 0.5}
	for _, c := range []struct {
		age  int
		want float64
	}{{0, 0.8}, {11, 0.8}, {12, 0.24}, {13, 0.2304}, {59, 0.24 * math.Pow(0.96, 47)}, {60, 0.12 * math.Pow(0.96, 48)}} {
		near(t, "active", p.Active(c.age), c.want, 1e-15)
	}
	plain := Product{Attach: 1, Renewal: 1, Churn: 0.1}
	near(t, "without a bundle it is Lifetime", must(t)(plain.Value(0, 100, 0.1)), 550, 1e-9)
}

// TestValueIsTheSumOverAges for any product: the closed form against a long horizon.
func TestValueIsTheSumOverAges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Product{
			Attach: rapid.Float64Range(0, 1).Draw(t, "attach"), Bundle: rapid.IntRange(0, 40).Draw(t, "bundle"),
			Renewal: rapid.Float64Range(0, 1).Draw(t, "renewal"), Churn: rapid.Float64Range(0.02, 1).Draw(t, "churn"),
			SecondOwnerAge: rapid.IntRange(0, 60).Draw(t, "second"), SecondOwnerFactor: rapid.Float64Range(0, 2).Draw(t, "factor"),
		}
		b, q := rapid.Float64Range(-5, 50).Draw(t, "bundled"), rapid.Float64Range(-5, 50).Draw(t, "paid")
		r := rapid.SampledFrom([]float64{0, 0.01, 0.2}).Draw(t, "discount")
		closed, err := p.Value(b, q, r)
		if err != nil {
			t.Fatal(err)
		}
		long, err := p.Horizon(b, q, r, 2000, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(closed-long) > 1e-8*(1+math.Abs(long)) {
			t.Fatalf("closed form %v, sum %v", closed, long)
		}
	})
}

// TestWright: T. P. Wright's 80 % curve, and BNEF's 18 % a doubling.
func TestWright(t *testing.T) {
	b := must(t)(LearningExponent(0.2))
	near(t, "exponent of 80 %", b, 0.3219280948873623, 1e-15)
	for doublings, want := range []float64{100, 80, 64, 51.2, 40.96} {
		near(t, "80 % curve", must(t)(Wright(100, 1, math.Exp2(float64(doublings)), b)), want, 1e-10)
	}
	near(t, "18 % a doubling", must(t)(LearningExponent(0.18)), 0.28630418515664, 1e-13)
	near(t, "and back", must(t)(LearningRate(must(t)(LearningExponent(0.18)))), 0.18, 1e-15)
}

func TestPackKeepsLithiumOutOfLearning(t *testing.T) {
	p := Pack{KWh: 101, Base: 400, From: 100, Exponent: must(t)(LearningExponent(0.18)), Commodities: []Commodity{{"lithium carbonate", 0.6}}}
	cost := must(t)(p.Cost(200, []float64{80}))
	near(t, "one doubling", cost, 101*(400*0.82+0.6*80), 1e-8)
	// +80 kRMB/t is +80 RMB/kg: 0.6 kg/kWh makes +48 RMB/kWh, +4.8 k on 101 kWh, at any cumulative volume.
	for _, volume := range []float64{100, 200, 5000} {
		near(t, "lithium +80", must(t)(p.Cost(volume, []float64{160}))-must(t)(p.Cost(volume, []float64{80})), 4848, 1e-6)
	}
	if _, err := p.Cost(200, nil); err == nil {
		t.Error("a pack without index prices was costed")
	}
}

func TestWeibull(t *testing.T) {
	w, err := WeibullByMean(14.5, 3)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "scale 14.5/Γ(4/3)", w.Scale, 14.5/0.8929795115692493, 1e-10)
	near(t, "mean", w.Mean(), 14.5, 1e-12)
	near(t, "at the scale 1/e live", w.Survival(w.Scale), 1/math.E, 1e-15)
	near(t, "at the median half live", w.Survival(w.Median()), 0.5, 1e-15)
	near(t, "a new car expects the mean", w.Remaining(0), 14.5, 1e-12)
	e := Weibull{Shape: 1, Scale: 7}
	near(t, "shape 1 has no memory", e.Remaining(30), 7, 1e-9)
	near(t, "constant hazard", e.Hazard(30), 1.0/7, 1e-15)
	r := Weibull{Shape: 2, Scale: 1} // Rayleigh: ∫_1^∞ e^(−x²)dx·e = √π/2·erfc(1)·e
	near(t, "Rayleigh after 1", r.Remaining(1), math.SqrtPi/2*math.Erfc(1)*math.E, 1e-12)
	near(t, "fleet", w.Fleet([]float64{100, 200, 300}, 1), 100*w.Survival(1)+200, 1e-12)
	if _, err := WeibullByMean(0, 3); err == nil {
		t.Error("a life of mean 0 was accepted")
	}
}

// TestRemainingIsTheIntegral of survival, and survival never rises.
func TestRemainingIsTheIntegral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := WeibullByMean(rapid.Float64Range(1, 30).Draw(t, "mean"), rapid.Float64Range(0.8, 6).Draw(t, "shape"))
		if err != nil {
			t.Fatal(err)
		}
		age := rapid.Float64Range(0.1, 40).Draw(t, "age")
		if w.Survival(age) > w.Survival(age*0.9) {
			t.Fatal("survival rises")
		}
		if w.Survival(age) < 1e-12 {
			return
		}
		const n = 20_000
		h := 3 * math.Max(w.Remaining(age), 1e-3) * 8 / n
		sum := 0.0
		for i := range n {
			sum += w.Survival(age+(float64(i)+0.5)*h) * h
		}
		if want := sum / w.Survival(age); math.Abs(w.Remaining(age)-want) > 2e-3*want {
			t.Fatalf("remaining %v, integral %v", w.Remaining(age), want)
		}
	})
}

func TestAdoption(t *testing.T) {
	near(t, "half at mid", must(t)(Logistic(0.4, 1.1, 2028, 2028)), 0.2, 1e-15)
	b := Bass{0.03, 0.38} // the averages of Sultan, Farley and Lehmann (1990)
	near(t, "peak ln(0.38/0.03)/0.41", must(t)(b.Peak()), 6.1926, 1e-4)
	peak := must(t)(b.Peak())
	near(t, "at the peak ½ − p/2q have adopted", must(t)(b.Adopted(peak)), 0.5-0.03/0.76, 1e-12)
	near(t, "the peak rate is (p+q)²/4q", must(t)(b.Rate(peak)), 0.41*0.41/(4*0.38), 1e-12)
	near(t, "nobody at the start", must(t)(b.Adopted(0)), 0, 0)
	near(t, "all in the end", must(t)(b.Adopted(1e4)), 1, 1e-15)
	near(t, "without imitation it is exponential", must(t)(Bass{0.1, 0}.Adopted(5)), 1-math.Exp(-0.5), 1e-15)
	near(t, "and peaks at once", must(t)(Bass{0.1, 0.05}.Peak()), 0, 0)
}

// TestBassSolvesItsEquation: the difference quotient of F is (p+qF)(1−F).
func TestBassSolvesItsEquation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Bass{rapid.Float64Range(0.001, 0.2).Draw(t, "p"), rapid.Float64Range(0, 0.8).Draw(t, "q")}
		at, h := rapid.Float64Range(0.1, 30).Draw(t, "t"), 1e-4
		hi, _ := b.Adopted(at + h)
		lo, _ := b.Adopted(at - h)
		rate, err := b.Rate(at)
		if err != nil || math.Abs((hi-lo)/(2*h)-rate) > 1e-6 {
			t.Fatalf("slope %v, rate %v, %v", (hi-lo)/(2*h), rate, err)
		}
	})
}

// TestCarPeriod by hand: 0.8·(100·0.7·0.95 − 4) − (12 + 0.5·8 + 1).
func TestCarPeriod(t *testing.T) {
	p := []Product{{Attach: 0.8, Bundle: 12, Renewal: 0.25, Churn: 0}}
	u := []Unit{{ARPU: 100, Partner: 0.3, Fees: 0.05, Compute: 4}}
	c := Carried{Connectivity: 12, OTABytesGB: 0.5, PerGB: 8, Retention: 1}
	near(t, "in the bundle", must(t)(CarPeriod(p, u, c, 3)), 0.8*62.5-17, 1e-12)
	near(t, "after it the car costs more than it brings", must(t)(CarPeriod(p, u, c, 12)), 0.2*62.5-17, 1e-12)
	w := Weibull{Shape: 1, Scale: 1e9}
	near(t, "two cohorts", must(t)(FleetPeriod([]float64{10, 5, 99}, w, p, u, c, 1)), 15*33, 1e-5)
	if _, err := CarPeriod(p, nil, c, 0); err == nil {
		t.Error("a product without its unit was accepted")
	}
	if _, err := CarPeriod(p, []Unit{{ARPU: 1, Partner: 1.2}}, c, 0); err == nil || !strings.Contains(err.Error(), "/partner") {
		t.Errorf("a partner's part above one: %v", err)
	}
}

// TestBlack76: Hull's put on crude oil futures (20, 20, 9 %, 25 %, 4 months: 1.12) and Haug's option on Brent futures (19, 19, 10 %, 28 %,
// 9 months: 1.7011).
func TestBlack76(t *testing.T) {
	_, put, err := Black76(20, 20, 0.25, 4.0/12, math.Exp(-0.09*4/12))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Hull", put, 1.12, 0.005)
	call, put, err := Black76(19, 19, 0.28, 0.75, math.Exp(-0.1*0.75))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Haug call", call, 1.7011, 5e-5)
	near(t, "Haug put", put, 1.7011, 5e-5)
	if call, put, _ = Black76(100, 80, 0, 1, 1); call != 20 || put != 0 {
		t.Errorf("without volatility: %v, %v", call, put)
	}
	if _, _, err := Black76(-1, 1, 0.2, 1, 1); err == nil {
		t.Error("a negative forward was accepted")
	}
}

// TestCollar: parity, bounds and the integral of the held index over the lognormal law.
func TestCollar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, v, years := rapid.Float64Range(1, 500).Draw(t, "forward"), rapid.Float64Range(0, 1.5).Draw(t, "volatility"), rapid.Float64Range(0, 4).Draw(t, "time")
		c := Collar{Floor: rapid.Float64Range(0, 300).Draw(t, "floor")}
		if rapid.Bool().Draw(t, "capped") {
			c.Cap = c.Floor + rapid.Float64Range(0.1, 300).Draw(t, "width")
		}
		got, err := c.Expected(f, v, years)
		if err != nil {
			t.Fatal(err)
		}
		sd := v * math.Sqrt(years)
		sum, weight := 0.0, 0.0
		const n = 8000
		for i := range n {
			z := -9 + 18*(float64(i)+0.5)/n
			w := math.Exp(-z * z / 2)
			sum += w * c.Hold(f*math.Exp(sd*z-sd*sd/2))
			weight += w
		}
		if want := sum / weight; math.Abs(got-want) > 1e-4*(want+f*sd) {
			t.Fatalf("expected %v, integral %v", got, want)
		}
		if got < c.Floor-1e-9 || c.Cap > 0 && got > c.Cap+1e-9 {
			t.Fatalf("%v lies outside the collar %+v", got, c)
		}
		call, put, err := Black76(f, c.Floor, v, years, 0.9)
		if err != nil || math.Abs(call-put-0.9*(f-c.Floor)) > 1e-9*f {
			t.Fatalf("put-call parity: %v − %v, %v", call, put, err)
		}
	})
	out, err := Collar{Lag: 2, Floor: 80, Cap: 150}.PassThrough([]float64{100, 60, 200, 120, 90})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{100, 100, 100, 80, 150} {
		near(t, "lag 2, held", out[i], want, 0)
	}
	if err := (Collar{Floor: 5, Cap: 4}).Check(); err == nil {
		t.Error("a cap below the floor was accepted")
	}
}

// taylorAshe is the triangle of Taylor and Ashe (1983), cumulative, on which Mack (1993) shows his method.
var taylorAshe = [][]float64{
	{357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463},
	{352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085},
	{290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315},
	{310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268},
	{443160, 1136350, 2128333, 2897821, 3402672, 3873311},
	{396132, 1333217, 2180715, 2985752, 3691712},
	{440832, 1288463, 2419861, 3483130},
	{359480, 1421128, 2864498},
	{376686, 1363294},
	{344014},
}

func TestMackOnTaylorAshe(t *testing.T) {
	d, err := Mack(taylorAshe)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{3.4906, 1.7473, 1.4574, 1.1739, 1.1038, 1.0863, 1.0539, 1.0766, 1.0177} {
		near(t, "factor", d.Factors[k], want, 5e-5)
	}
	for i, want := range []float64{0, 94634, 469511, 709638, 984889, 1419459, 2177641, 3920301, 4278972, 4625811} {
		near(t, "reserve", d.Reserve[i], want, 0.5)
	}
	for i, want := range []float64{0, 75535, 121699, 133549, 261406, 411010, 558317, 875328, 971258, 1363155} {
		near(t, "standard error", d.SE[i], want, 0.5)
	}
	near(t, "total reserve", d.Total, 18680856, 0.5)
	near(t, "its standard error", d.TotalSE, 2447095, 0.5)
}

func TestMackRefuses(t *testing.T) {
	for _, c := range []struct {
		triangle [][]float64
		says     string
	}{
		{nil, "3 to"}, {[][]float64{{1, 2}, {1}}, "3 to"},
		{[][]float64{{1, 2, 3}, {1, 2, 3}, {1}}, "cohort 1 has 3"},
		{[][]float64{{1, 2, 3}, {1, -2}, {1}}, "not negative"},
		{[][]float64{{0, 2, 3}, {0, 2}, {1}}, "no claims to develop"},
	} {
		if _, err := Mack(c.triangle); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %q", c.triangle, err, c.says)
		}
	}
}

// TestMackOfAnExactPattern: claims that follow one pattern are developed without error, at any scale of cohorts.
func TestMackOfAnExactPattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 12).Draw(t, "n")
		pattern := []float64{1}
		for range n - 1 {
			pattern = append(pattern, pattern[len(pattern)-1]*rapid.Float64Range(1, 3).Draw(t, "factor"))
		}
		tri := make([][]float64, n)
		want := 0.0
		for i := range tri {
			s := rapid.Float64Range(1, 1e6).Draw(t, "size")
			for k := range n - i {
				tri[i] = append(tri[i], s*pattern[k])
			}
			want += s * (pattern[n-1] - pattern[n-1-i])
		}
		d, err := Mack(tri)
		if err != nil || math.Abs(d.Total-want) > 1e-8*(1+want) || d.TotalSE > 1e-5*(1+want) {
			t.Fatalf("reserve %v ± %v, want %v, %v", d.Total, d.TotalSE, want, err)
		}
	})
}

func TestReserves(t *testing.T) {
	m, err := WarrantyReserve(1000, 5, []float64{100, 200}, []float64{300, 2500})
	if err != nil || m[0].Closing != 1200 || m[1].Opening != 1200 || m[1].Closing != -300 {
		t.Errorf("%+v, %v", m, err)
	}
	d, err := Deferred(5400, []float64{5200}, []float64{0}, []float64{3100}) // GM: 5.4 at the end of 2025, 3.1 recognised, 7.5 guided
	if err != nil || d[0].Closing != 7500 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Deferred(10, []float64{5}, nil, []float64{20}); fault.CodeOf(err) != "deferred_negative" {
		t.Errorf("more recognised than deferred: %v", err)
	}
	if _, err := Deferred(10, []float64{5}, nil, nil); err == nil {
		t.Error("periods of different number were accepted")
	}
}

func TestFloor(t *testing.T) {
	p, terms, err := Floor(190_000, 4_000, 6_000, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "(190 + 4 − 6)/0.99", p, 188_000/0.99, 1e-6)
	sum := 0.0
	for _, term := range terms {
		sum += term.Amount
	}
	near(t, "the terms make the price", sum, p, 1e-6)
	near(t, "the margin is left", p-190_000-4_000+6_000, 0.01*p, 1e-6)
	if _, _, err := Floor(1, 0, 0, 1); err == nil {
		t.Error("a margin of 100 % has no price")
	}
	if _, _, err := Floor(10, 0, 20, 0.1); fault.CodeOf(err) != "no_floor" {
		t.Errorf("software above cost: %v", err)
	}
	if _, _, err := Floor(math.NaN(), 0, 0, 0.1); err == nil {
		t.Error("NaN was priced")
	}
}

// TestBreakEven on the founding facts: 6.68 bn of fixed cost at 67.9 k a car is about 98.4 k cars; 3.1 bn over 629 k cars is 1,643 a month.
func TestBreakEven(t *testing.T) {
	v, ok, err := BreakEvenVolume(6.68e9, 7.384e9/108_796)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	near(t, "2025Q3", v, 98_500, 700)
	near(t, "2026Q1", must(t)(RequiredPerCar(3.1e9, 629_000, 3)), 1643, 1)
	if _, ok, _ := BreakEvenVolume(1, 0); ok {
		t.Error("a car that brings nothing breaks even")
	}
	if v, ok, _ := BreakEvenVolume(-1, -5); !ok || v != 0 {
		t.Error("nothing to cover is covered by nothing")
	}
	rapid.Check(t, func(t *rapid.T) {
		f, m := rapid.Float64Range(0.01, 1e10).Draw(t, "fixed"), rapid.Float64Range(0.01, 1e5).Draw(t, "per car")
		v, ok, err := BreakEvenVolume(f, m)
		if err != nil || !ok || v*m < f || v > 0 && (v-1)*m >= f {
			t.Fatalf("%v cars at %v for %v: %v %v", v, m, f, ok, err)
		}
		if v < 1e9 {
			got, ok := BreakEvenAt(1e9, func(q int) float64 { return float64(q)*m - f })
			if !ok || float64(got) != v {
				t.Fatalf("by bisection %v, by division %v", got, v)
			}
		}
	})
	if _, ok := BreakEvenAt(10, func(int) float64 { return -1 }); ok {
		t.Error("a result that stays negative breaks even")
	}
}

func TestSolve(t *testing.T) {
	cdf := func(x float64) (float64, error) { return phi((x - 1640) / 300), nil }
	r, err := Solve(cdf, 0.9, 0, 10_000, 1e-9)
	if err != nil || !r.Found {
		t.Fatal(r, err)
	}
	near(t, "the 90 % point", r.At, 1640+300*1.2815515655446004, 1e-6)
	if r.Value < 0.9 {
		t.Errorf("the answer must reach the target: %v", r.Value)
	}
	none, err := Solve(cdf, 0.9, 0, 1000, 1e-9)
	if err != nil || none.Found || none.High >= 0.9 {
		t.Errorf("no root within the range is a result: %+v, %v", none, err)
	}
	at, err := Solve(cdf, 0, 5, 10, 1)
	if err != nil || !at.Found || at.At != 5 {
		t.Errorf("met at the lower end: %+v, %v", at, err)
	}
	step := func(x float64) (float64, error) {
		if x >= 7 {
			return 1, nil
		}
		return 0, nil
	}
	s, err := Solve(step, 0.5, 0, 100, 1e-12)
	if err != nil || math.Abs(s.At-7) > 1e-12 {
		t.Errorf("a step: %+v, %v", s, err)
	}
	boom := errors.New("boom")
	if _, err := Solve(func(float64) (float64, error) { return 0, boom }, 1, 0, 1, 1); !errors.Is(err, boom) {
		t.Errorf("%v", err)
	}
	if _, err := Solve(func(float64) (float64, error) { return math.NaN(), nil }, 1, 0, 1, 1); err == nil {
		t.Error("NaN was taken for an answer")
	}
	if _, err := Solve(cdf, 0.5, 2, 1, 1); err == nil {
		t.Error("a range that ends before it begins was accepted")
	}
}

// TestWagnerWhitin on the example of their paper: twelve months at least cost 864.
func TestWagnerWhitin(t *testing.T) {
	demand := []float64{69, 29, 36, 61, 61, 26, 34, 67, 45, 67, 79, 56}
	setup := []float64{85, 102, 102, 101, 98, 114, 105, 86, 119, 110, 98, 114}
	hold := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	plan, err := WagnerWhitin(demand, setup, hold)
	if err != nil || plan.Cost != 864 {
		t.Fatalf("%+v, %v; want 864", plan, err)
	}
	if got := cost(plan.Order, demand, setup, hold); got != 864 {
		t.Errorf("the plan costs %v", got)
	}
}

// cost returns what orders cost; +Inf when a demand is not met.
func cost(order, demand, setup, hold []float64) float64 {
	total, stock := 0.0, 0.0
	for t := range order {
		if order[t] > 0 {
			total += setup[t]
		}
		if stock += order[t] - demand[t]; stock < -1e-9 {
			return math.Inf(1)
		}
		total += stock * hold[t]
	}
	return total
}

// TestWagnerWhitinAgainstEnumeration of every set of order periods.
func TestWagnerWhitinAgainstEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 9).Draw(t, "n")
		whole := func(most int, what string) []float64 {
			out := make([]float64, n)
			for i := range out {
				out[i] = float64(rapid.IntRange(0, most).Draw(t, what))
			}
			return out
		}
		demand, setup, hold := whole(9, "demand"), whole(40, "setup"), whole(4, "hold")
		plan, err := WagnerWhitin(demand, setup, hold)
		if err != nil {
			t.Fatal(err)
		}
		if got := cost(plan.Order, demand, setup, hold); got != plan.Cost {
			t.Fatalf("the plan says %v and costs %v", plan.Cost, got)
		}
		best := math.Inf(1)
		for set := range 1 << n {
			order, last := make([]float64, n), -1
			for i := range n {
				if set>>i&1 == 1 {
					last = i
				}
				if last >= 0 {
					order[last] += demand[i]
				} else if demand[i] > 0 {
					order = nil
					break
				}
			}
			if order != nil {
				best = math.Min(best, cost(order, demand, setup, hold))
			}
		}
		if plan.Cost != best {
			t.Fatalf("cost %v, best of all sets %v", plan.Cost, best)
		}
	})
}

func TestCashFlows(t *testing.T) {
	near(t, "−100, 60, 60 at 10 %", must(t)(NPV(0.1, []float64{-100, 60, 60})), -100+60/1.1+60/1.21, 1e-12)
	if need, at := PeakCashNeed([]float64{-50, 20, -40, 30, -10, 500}); need != 70 || at != 2 {
		t.Errorf("need %v in period %d, want 70 in 2", need, at)
	}
	if need, at := PeakCashNeed([]float64{5, -5, 1}); need != 0 || at != -1 {
		t.Errorf("never below zero: %v, %d", need, at)
	}
}

// TestRangesAreNamed: a bad input is refused by its name.
func TestRangesAreNamed(t *testing.T) {
	nan := math.NaN()
	for name, err := range map[string]error{
		"/churn":      second(Lifetime(1, 1, 1.5, 0)),
		"/discount":   second(Lifetime(1, 1, 0.5, -1)),
		"/rate":       second(LearningExponent(1)),
		"/x":          second(Wright(1, 1, 0, 0.3)),
		"/c0":         second(Wright(nan, 1, 1, 0.3)),
		"/b":          second(LearningRate(-1)),
		"/p":          second(Bass{0, 1}.Adopted(1)),
		"/ceiling":    second(Logistic(-1, 1, 1, 1)),
		"/kwh":        second(Pack{}.Cost(1, nil)),
		"/attach":     second(Product{Attach: 2}.Value(1, 1, 0)),
		"/fleet":      second(RequiredPerCar(1, 0, 1)),
		"/flow":       second(NPV(0.1, []float64{math.Inf(1)})),
		"/demand/0":   func() error { _, err := WagnerWhitin([]float64{-1}, []float64{1}, []float64{1}); return err }(),
		"/volatility": func() error { _, _, err := Black76(1, 1, nan, 1, 1); return err }(),
	} {
		f, ok := err.(*fault.Error)
		if !ok || f.Pointer != name || f.Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ float64, err error) error { return err }

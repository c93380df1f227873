package forecast

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/outlook/chance"
	"roadbook/outlook/economics"
)

// quick are options for cases that need few paths.
func quick(seed uint64) Options {
	return Options{Paths: 16 * 512, Detail: 16 * 128, Indices: 256, Seed: seed}
}

func run(t testing.TB, c Case, o Options) Result {
	t.Helper()
	r, err := Run(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Everything known: all that comes out can be worked out by hand.
func TestKnownCase(t *testing.T) {
	c := small(t, map[string]chance.Spec{"cars": is(1000), "price": is(200_000), "bom": is(120_000), "kwh": is(70), "cell": is(500), "assembly": is(10_000),
		"warranty": is(5_000), "opex": is(40e6), "attach": is(0.5), "bundle": is(2), "renewal": is(0.4), "churn": is(0.1), "arpu": is(100), "partner": is(0.2), "payment": is(0.05),
		"infer": is(10), "net": is(4), "fixed": is(8e6), "margin": is(0.75), "rate": is(0.21)}, func(c *Case) {
		c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), BOM: of("bom"), Pack: &Pack{KWh: "kwh", Cell: "cell"}, Assembly: of("assembly"), Warranty: of("warranty")}}
		c.Products = []Product{{ID: "p", Attach: of("attach"), Bundle: Bundle{Quarters: "bundle", Terms: Free}, Renewal: "renewal", Churn: "churn", ARPU: at("arpu"), Partner: "partner", Payment: "payment", Inference: of("infer")}}
		c.Running.Connectivity = of("net")
		c.Licences = []Licence{{ID: "l", Fixed: of("fixed"), Margin: "margin"}}
		c.Overhead.OpEx = of("opex")
		c.Discount = "rate"
		c.Asked = Asked{Year: 2027, Margin: 0.01, Confidences: []float64{0.9}}
	})
	r := run(t, c, quick(1))
	fan := func(m Metric, q int) float64 {
		for _, f := range r.Fans {
			if f.Metric == m {
				p := f.Points[q]
				if p.P5 != p.P95 || math.Abs(p.Mean-p.P50) > 1e-9*math.Abs(p.Mean) {
					t.Errorf("%s of a known case spreads from %g to %g about %g", m, p.P5, p.P95, p.Mean)
				}
				return p.P50
			}
		}
		t.Fatalf("no fan of %s", m)
		return 0
	}
	// Quarter 3 (the fourth): cohorts of age 3, 2 renewed (0.4·0.9 and 0.4), ages 1 and 0 in the free bundle.
	renewed, bundled := 500*0.4*0.9+500*0.4, 1000.0
	revenue := 3 * 100 * renewed
	software := revenue*0.8*0.95 - 3*10*(renewed+bundled) - 3*4*4000
	hardware := 1000 * (200_000 - 120_000 - 35_000 - 10_000 - 5_000.0)
	for _, row := range []struct {
		why  string
		got  float64
		want float64
	}{
		{"cars", fan(Deliveries, 3), 1000}, {"nobody is scrapped without a survival curve", fan(Fleet, 3), 4000}, {"hardware", fan(Hardware, 3), hardware},
		{"software after the cliff", fan(Software, 3), software}, {"software earned", fan(Recognised, 3), revenue}, {"licence after its cost", fan(LicenceIncome, 3), 6e6},
		{"result", fan(Profit, 3), hardware + software + 6e6 - 40e6}, {"margin of cars", fan(VehicleMargin, 3), 30.0 / 200},
		{"gross margin", fan(GrossMargin, 3), (hardware + software + 6e6) / (200e6 + revenue + 8e6)}, {"price", fan(ASP, 3), 200_000},
		{"break-even volume", *r.BreakEven.Quarters[3].Volume.P50, (40e6 - 6e6 - software) / 30_000},
	} {
		if math.Abs(row.got-row.want) > 1e-9*math.Abs(row.want) {
			t.Errorf("%s: %v, want %v", row.why, row.got, row.want)
		}
	}
	// A car's life: the closed sum of a geometric series, discounted by 1.21^(1/4) a quarter.
	d := math.Pow(1.21, -0.25)
	sum := func(x float64, n int) float64 { return (1 - math.Pow(x, float64(n))) / (1 - x) }
	tail := 0.5 * 0.4 * d * d * sum(0.9*d, LifeQuarters-2)
	life := tail*3*(100*0.76-10) - 0.5*3*10*(1+d) - 3*4*sum(d, LifeQuarters)
	got := r.Floors[0].List[0]
	if math.Abs(got.Credit.Value-life) > 1e-9*math.Abs(life) {
		t.Errorf("a car's software is worth %v, want %v", got.Credit.Value, life)
	}
	if want := (165_000 + 5_000 - life) / 0.99; math.Abs(got.Floor.Value-want) > 1e-9*want {
		t.Errorf("price floor %v, want %v", got.Floor.Value, want)
	}
}

// Lifetime value under constant churn, the reference's closed form: a·g/(1−(1−c)/(1+r)), here to the horizon of a life.
func TestLifetimeValue(t *testing.T) {
	c := small(t, map[string]chance.Spec{"cars": is(1), "price": is(1), "margin": is(0), "all": is(1), "churn": is(0.2), "arpu": is(10), "partner": is(0.3), "rate": is(0.4641)}, func(c *Case) {
		c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), GrossMargin: of("margin")}}
		c.Products = []Product{{ID: "p", Attach: of("all"), ARPU: at("arpu"), Churn: "churn", Partner: "partner"}}
		c.Discount = "rate" // 10 % a quarter
		c.Asked = Asked{Confidences: []float64{0.5}}
	})
	r := run(t, c, quick(1))
	want, err := economics.Lifetime(30, 0.7, 0.2, 0.1) // the rest after 60 quarters is 5e-9 of it
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Floors[0].List[0].Credit.Value; math.Abs(got-want) > 1e-7*want {
		t.Errorf("lifetime value %v, want %v", got, want)
	}
}

// The fleet's software is that of the closed formula of the reference, cohort by cohort, also past the cliff and the resale.
func TestFleetPeriod(t *testing.T) {
	c := small(t, map[string]chance.Spec{"cars": is(1000), "growth": is(0.5), "price": is(1), "margin": is(0), "mean": is(3), "shape": is(2), "resale": is(6), "second": is(0.5),
		"attach": is(0.6), "bundle": is(3), "renewal": is(0.3), "churn": is(0.08), "arpu": is(90), "partner": is(0.1), "fees": is(0.06), "infer": is(7), "net": is(5), "gb": is(2), "per": is(1.5), "store": is(0.5)}, func(c *Case) {
		c.Quarters = 12
		c.Models = []Model{{ID: "a", Volume: Path{Base: "cars", Growth: "growth"}, Price: at("price"), GrossMargin: of("margin")}}
		c.Survival = &Survival{MeanYears: "mean", Shape: "shape", Resale: "resale", SecondOwner: "second"}
		c.Products = []Product{{ID: "p", Attach: of("attach"), Bundle: Bundle{Quarters: "bundle"}, Renewal: "renewal", Churn: "churn", ARPU: at("arpu"), Partner: "partner", Payment: "fees", Inference: of("infer")}}
		c.Running = Running{Connectivity: of("net"), OTAGB: of("gb"), OTACost: of("per"), Store: of("store")}
	})
	r := run(t, c, quick(1))
	alive, err := economics.WeibullByMean(12, 2)
	if err != nil {
		t.Fatal(err)
	}
	var sold []float64
	for q := range 12 {
		sold = append(sold, 1000*math.Pow(1.5, float64(q)/4))
		want, err := economics.FleetPeriod(sold, alive,
			[]economics.Product{{Attach: 0.6, Bundle: 3, Renewal: 0.3, Churn: 0.08, SecondOwnerAge: 6, SecondOwnerFactor: 0.5}},
			[]economics.Unit{{ARPU: 270, Partner: 0.1, Fees: 0.06, Compute: 21}}, economics.Carried{Connectivity: 15, OTABytesGB: 6, PerGB: 1.5, Retention: 1.5}, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Fans {
			if got := f.Points[q].P50; f.Metric == Software && math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Errorf("quarter %d: software %v, want %v", q, got, want)
			}
		}
	}
}

// Wright: cost falls by the learning rate with each doubling, and the commodity does not learn.
func TestWright(t *testing.T) {
	c := small(t, map[string]chance.Spec{"cars": is(100), "price": is(1000), "kwh": is(10), "cell": is(50), "lr": is(0.2), "before": is(100),
		"start": is(8), "kappa": is(1), "sigma": is(0), "kg": is(0.5)}, func(c *Case) {
		c.Processes = []Process{{Name: "metal", Start: "start", Mean: "start", Kappa: "kappa", Sigma: "sigma"}}
		c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), Pack: &Pack{KWh: "kwh", Cell: "cell", Learning: "lr", Volume: "before", Contents: []Content{{Process: "metal", PerKWh: "kg"}}}}}
	})
	r := run(t, c, quick(1))
	for q, doublings := range map[int]float64{0: 0, 1: 1, 3: 2, 7: 3} {
		want := 100 * (1000 - 10*(50*math.Pow(0.8, doublings)+0.5*8))
		for _, f := range r.Fans {
			if got := f.Points[q].P50; f.Metric == Hardware && math.Abs(got-want) > 1e-9*want {
				t.Errorf("after %g doublings the cars bring %v, want %v", doublings, got, want)
			}
		}
	}
}

// A prepaid bundle: cash at the sale, earned evenly, the rest deferred; the three curves differ and close.
func TestThreeCurves(t *testing.T) {
	c := small(t, map[string]chance.Spec{"cars": is(10), "price": is(1), "margin": is(0), "all": is(1), "quarters": is(4), "none": is(0), "arpu": is(5), "old": is(20)}, func(c *Case) {
		c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), GrossMargin: of("margin")}}
		c.Products = []Product{{ID: "p", Attach: of("all"), Bundle: Bundle{Quarters: "quarters", Terms: Prepaid}, Renewal: "none", ARPU: at("arpu")}}
		c.Fleet = []Sold{{Quarter: "2025Q3", Cars: "old"}}
	})
	r := run(t, c, quick(1))
	deferred := 20 * 15 * 2.0 // sold two quarters before the start: two of four quarters left
	for q, p := range r.Curves.Points {
		earned := 15.0 * 10 * math.Min(float64(q+1), 4)
		if q < 2 {
			earned += 15 * 20
		}
		deferred += 600 - earned
		if p.Billed != 600 || p.Recognised != earned || math.Abs(p.Deferred-deferred) > 1e-9 {
			t.Errorf("%s: received %v earned %v deferred %v, want 600, %v, %v", p.Quarter, p.Billed, p.Recognised, p.Deferred, earned, deferred)
		}
	}
}

// The process's median and spread are those of the exact solution, within the error that the scrambles show.
func TestProcessMoments(t *testing.T) {
	c := small(t, map[string]chance.Spec{"one": is(1), "start": is(150), "mean": is(80), "kappa": is(0.7), "sigma": is(0.5), "margin": is(0)}, func(c *Case) {
		c.Quarters = 20
		c.Processes = []Process{{Name: "metal", Start: "start", Mean: "mean", Kappa: "kappa", Sigma: "sigma"}}
		c.Models = []Model{{ID: "a", Volume: at("one"), Price: Path{Base: "one", Times: []string{"metal"}}, GrossMargin: of("margin")}}
	})
	r := run(t, c, Options{Paths: 1 << 15, Detail: 512, Indices: -1, Seed: 3})
	ou := chance.OU{Kappa: 0.7, Mu: math.Log(80), Sigma: 0.5}
	for _, f := range r.Fans {
		if f.Metric != ASP {
			continue
		}
		for q, p := range f.Points {
			m, v := ou.Moments(math.Log(150), float64(q+1)/4)
			for _, x := range []struct{ got, z float64 }{{p.P5, -chance.Z95}, {p.P50, 0}, {p.P95, chance.Z95}} {
				want := math.Exp(m + x.z*math.Sqrt(v))
				// The 5 % quantile's error is some 1.7 times the median's; a bin is 0.005 of the spread.
				if d := math.Abs(x.got - want); d > 8*p.SE+0.006*want*math.Sqrt(v) {
					t.Errorf("%s: quantile %v, want %v ± %v", p.Quarter, x.got, want, p.SE)
				}
			}
			if want := ou.PriceMean(math.Log(150), float64(q+1)/4); math.Abs(p.Mean-want) > 0.002*want {
				t.Errorf("%s: mean %v, want %v", p.Quarter, p.Mean, want)
			}
		}
	}
}

// linear is profit = a·x + b·y − c with x, y normal and correlated: everything is known in closed form.
func linear(t testing.TB, rho float64) (c Case, mean, sd float64) {
	c = small(t, map[string]chance.Spec{"cars": is(10), "price": chance.NormalSpec(100, 4), "bom": chance.NormalSpec(80, 3), "opex": is(190)}, func(c *Case) {
		c.Quarters = 4
		c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), BOM: of("bom")}}
		c.Overhead.OpEx = of("opex")
		if rho != 0 {
			c.Correlations = []Correlation{{Of: []string{"price", "bom"}, Rho: rho}}
		}
	})
	r := 2 * math.Sin(math.Pi*rho/6)
	return c, 4 * (10*20 - 190), 40 * math.Sqrt(16+9-2*r*12)
}

func TestLinearCase(t *testing.T) {
	for _, rho := range []float64{0, 0.6} {
		c, mean, sd := linear(t, rho)
		r := run(t, c, Options{Paths: 1 << 14, Detail: 1 << 13, Indices: 4096, Seed: 5})
		y := r.Years[0]
		want := chance.Phi(mean / sd)
		if d := math.Abs(y.Chance.Value - want); d > 4*y.Chance.SE || y.Chance.SE > 0.004 {
			t.Errorf("ρ=%g: P(profit) %v ± %v, want %v", rho, y.Chance.Value, y.Chance.SE, want)
		}
		if d := math.Abs(y.Profit.Mean.Value - mean); d > 4*y.Profit.Mean.SE+1e-9 {
			t.Errorf("ρ=%g: mean %v, want %v", rho, y.Profit.Mean, mean)
		}
		for _, q := range []struct {
			got Estimate
			z   float64
		}{{y.Profit.P5, -chance.Z95}, {y.Profit.P50, 0}, {y.Profit.P95, chance.Z95}} {
			if want := mean + q.z*sd; math.Abs(q.got.Value-want) > 4*q.got.SE+0.002*sd {
				t.Errorf("ρ=%g: quantile %v, want %v", rho, q.got, want)
			}
		}
		// Tornado: pinning the price moves the mean by its own 10 % and 90 % quantile times 40.
		const z90 = 1.2815515655446004
		for _, b := range r.Tornado.Bars {
			s := map[string]float64{"price": 4, "bom": -3}[b.Input]
			if want := 80 * s * z90; math.Abs((b.ProfitHigh-b.ProfitLow)-want) > 4*b.SE+1e-6 {
				t.Errorf("ρ=%g: tornado of %s swings by %v, want %v", rho, b.Input, b.ProfitHigh-b.ProfitLow, want)
			}
		}
		// Licence needed: −profit/4 at the probability asked for.
		for _, l := range r.Answer.Levers {
			if want := -mean / 4; l.Name == "licence" && (l.Value == nil || math.Abs(*l.Value-want) > 5*l.SE) {
				t.Errorf("ρ=%g: licence %+v, want %v", rho, l, want)
			}
		}
		// Indices on the independent factors: bom is listed first, so price's factor is what is left of it.
		k := 2 * math.Sin(math.Pi*rho/6)
		own := map[string]float64{"bom": math.Pow(4*k-3, 2), "price": 16 * (1 - k*k)}
		total := own["bom"] + own["price"]
		for _, x := range r.Indices.List {
			want := own[x.Factor] / total
			if math.Abs(x.First-want) > 0.03 || math.Abs(x.Total-want) > 0.03 || x.TotalLow > want+0.01 || x.TotalHigh < want-0.01 {
				t.Errorf("ρ=%g: index of %s %v and %v, want %v", rho, x.Factor, x.First, x.Total, want)
			}
		}
		if len(r.Indices.List) != 2 || len(r.Tornado.Bars) != 2 {
			t.Fatalf("two inputs are uncertain, not %d and %d", len(r.Indices.List), len(r.Tornado.Bars))
		}
	}
}

// The 95 % interval of P(profit) holds the truth about 95 times in a hundred: between 88 and 100 of 100 seeds.
func TestIntervalsCover(t *testing.T) {
	c, mean, sd := linear(t, 0.6)
	want := chance.Phi(mean / sd)
	p, err := compile(&c, nil)
	if err != nil {
		t.Fatal(err)
	}
	hit := 0
	for seed := range uint64(100) {
		s, err := newSim(p, Options{Paths: 16 * 64, Scrambles: 16, Detail: 1, Workers: 1, Seed: 1000 + seed})
		if err != nil {
			t.Fatal(err)
		}
		m := newMainPass(s, make([]float64, p.years))
		if err := m.lean(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if e := m.chanceAbove(m.profit[0]); e.Low <= want && want <= e.High {
			hit++
		}
	}
	t.Logf("%d of 100", hit)
	if hit < 88 {
		t.Errorf("%d of 100 intervals hold the truth", hit)
	}
}

// The same bits for any number of workers, in every number of the result.
func TestWorkersDoNotMatter(t *testing.T) {
	c := load(t, "full.yaml")
	before := c
	before.Inputs = append([]Input{}, c.Inputs...)
	before.Inputs[0].Spec = chance.LogNormalSpec(50_000, 120_000)
	var first string
	for _, workers := range []int{1, 2, 3} {
		r := run(t, c, Options{Paths: 2 * 2048, Scrambles: 2, Detail: 512, Indices: 256, Seed: 9, Workers: workers, Before: &before})
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(b)
		} else if first != string(b) {
			t.Fatalf("%d workers give another result", workers)
		}
	}
	o := Options{Paths: 128, Scrambles: 2, Detail: 2, Indices: -1, Seed: 9}
	nine := run(t, c, o)
	if o.Seed = 10; nine.NPV.Mean == run(t, c, o).NPV.Mean {
		t.Fatal("another seed gives the same bits")
	}
}

// A run allocates the same at eight times the paths.
func TestMemoryIsFlat(t *testing.T) {
	c := load(t, "full.yaml")
	p, err := compile(&c, nil)
	if err != nil {
		t.Fatal(err)
	}
	took := func(paths int) float64 {
		s, err := newSim(p, Options{Paths: paths, Scrambles: 2, Detail: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		m := newMainPass(s, make([]float64, p.years))
		return testing.AllocsPerRun(1, func() {
			m.pilot, m.workers, m.sums = nil, nil, nil
			if err := m.run(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
	few, many := took(1<<12), took(1<<15)
	if many > few+64 { // goroutines, one more each time
		t.Errorf("%v allocations at 4,096 paths, %v at 32,768", few, many)
	}
}

func TestProgressAndCancel(t *testing.T) {
	c := load(t, "full.yaml")
	last, calls, total := 0, 0, 0
	o := Options{Paths: 2 * 512, Scrambles: 2, Detail: 512, Indices: 256, Seed: 1}
	o.Progress = func(done, of int, doing string) {
		if done < last || done > of || doing == "" || total != 0 && of != total {
			t.Errorf("progress %d of %d (%s) after %d of %d", done, of, doing, last, total)
		}
		last, total = done, of
		calls++
	}
	run(t, c, o)
	if last != total || calls < 20 {
		t.Errorf("progress ended at %d of %d in %d calls", last, total, calls)
	}
	for _, doing := range []string{"paths", "levers", "tornado", "indices"} {
		ctx, cancel := context.WithCancel(t.Context())
		o.Progress = func(_, _ int, now string) {
			if now == doing {
				cancel()
			}
		}
		if _, err := Run(ctx, c, o); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %s: %v", doing, err)
		}
		cancel()
	}
}

// The answer's first word, and what it says would close the gap.
func TestAnswer(t *testing.T) {
	type figures struct{ price, bom, opex, arpu, cost float64 }
	for _, row := range []struct {
		why     string
		f       figures
		verdict Verdict
		says    []string
	}{
		{"software fills a small gap", figures{200, 190, 12_000, 20, 1}, Yes, []string{"Yes: software closes the gap", "without it 0.0 %"}},
		{"there is no gap", figures{200, 150, 12_000, 20, 1}, NoGap, []string{"Yes, but there is no gap"}},
		{"the gap is too wide", figures{200, 190, 190_000, 20, 1}, No, []string{"No: software does not close the gap: required", "modelled P5/P50/P95", "best public comparable 26", "volume ≥", "pack cost: no root", "licence income ≥"}},
		{"every car loses more than its software earns: no volume closes it", figures{200, 1_500, 12_000, 20, 1}, No, []string{"volume: no root", "licence income"}},
		{"no licence within all revenue is enough", figures{200, 190, 5e6, 20, 1}, No, []string{"licence income: no root", "volume: no root"}},
		{"software that costs more than it earns is no help", figures{200, 187, 12_000, 1, 50}, No, []string{"No:", "takes it away"}},
	} {
		c := small(t, map[string]chance.Spec{"cars": is(1000), "price": is(row.f.price), "bom": is(row.f.bom - 5), "kwh": is(1), "cell": is(5), "opex": is(row.f.opex), "all": is(1),
			"arpu": is(row.f.arpu), "infer": is(row.f.cost), "disclosed": is(26)}, func(c *Case) {
			c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), BOM: of("bom"), Pack: &Pack{KWh: "kwh", Cell: "cell"}}}
			c.Products = []Product{{ID: "p", Attach: of("all"), ARPU: at("arpu"), Inference: of("infer")}}
			c.Overhead.OpEx = of("opex")
			c.Asked = Asked{Year: 2026, Comparables: []Comparable{{Name: "Tesla", Value: "disclosed"}}}
		})
		r := run(t, c, quick(2))
		if r.Answer.Verdict != row.verdict {
			t.Errorf("%s: %s: %s", row.why, r.Answer.Verdict, r.Answer.Sentence)
		}
		for _, s := range row.says {
			if !strings.Contains(r.Answer.Sentence, s) {
				t.Errorf("%s: %q does not say %q", row.why, r.Answer.Sentence, s)
			}
		}
	}
}

// A lever's root is one: with that volume, that pack cost, that licence the probability is what was asked for.
func TestLeversAreRoots(t *testing.T) {
	c := load(t, "full.yaml")
	o := Options{Paths: 1 << 12, Scrambles: 4, Detail: 1 << 12, Indices: -1, Seed: 4}
	r := run(t, c, o)
	for _, l := range r.Answer.Levers {
		if l.Value == nil {
			t.Fatalf("%s has no root in %s", l.Name, r.Answer.Sentence)
		}
		p, err := compile(&c, nil)
		if err != nil {
			t.Fatal(err)
		}
		settled, err := o.settle()
		if err != nil {
			t.Fatal(err)
		}
		s, err := newSim(p, settled)
		if err != nil {
			t.Fatal(err)
		}
		base, _ := p.completed()
		d, err := s.draw(t.Context(), base[p.asked], "", changed{volume: map[bool]float64{true: *l.Value / l.Modelled}[l.Name == "volume"]})
		if err != nil {
			t.Fatal(err)
		}
		cars := chance.MeanOf(d.deliveries)
		for i := range d.profit {
			switch l.Name {
			case "licence":
				d.profit[i] += float64(d.quarters)**l.Value - d.licence[i]
			case "pack":
				d.profit[i] += d.pack[i] * (1 - *l.Value*cars/chance.MeanOf(d.pack))
			case "software":
				d.profit[i] = *l.Value - d.needPaid[i]
			}
		}
		if p := above(d.profit); math.Abs(p-c.Asked.Probability) > 0.002 {
			t.Errorf("with %s %s %v P is %v, asked for %v", l.Name, l.Direction, *l.Value, p, c.Asked.Probability)
		}
	}
}

// Quarters that were reported complete the year in which the case begins.
func TestReportedQuarters(t *testing.T) {
	build := func(vintage string) Case {
		return small(t, map[string]chance.Spec{"cars": is(10), "price": is(100), "margin": is(0.2), "opex": is(150)}, func(c *Case) {
			c.Start, c.Quarters = "2026Q3", 6
			c.Models = []Model{{ID: "a", Volume: at("cars"), Price: at("price"), GrossMargin: of("margin")}}
			c.Overhead.OpEx = of("opex")
			for _, a := range []Actual{{Metric: Profit, Period: "H12026", Value: -500}, {Metric: Deliveries, Period: "2026Q1", Value: 4}, {Metric: Deliveries, Period: "2026Q2", Value: 6},
				{Metric: ASP, Period: "2026Q1", Value: 50}, {Metric: ASP, Period: "2026Q2", Value: 60}} {
				a.Evidence = proof()
				if a.Metric == Profit {
					a.Vintage = "2025-12-31"
					if vintage != "" {
						a.Vintage = "2027-01-01"
					}
				}
				c.Actuals = append(c.Actuals, a)
			}
		})
	}
	r := run(t, build(""), quick(1))
	if y := r.Years[0]; y.Partial || len(y.Actual) != 2 || y.Profit.P50.Value != 100-500 || y.Chance.Value != 0 {
		t.Errorf("with the reported half year: %+v", y)
	}
	r = run(t, build("later"), quick(1))
	if y := r.Years[0]; !y.Partial || len(y.Actual) != 0 || y.Profit.P50.Value != 100 || y.Chance.Value != 1 {
		t.Errorf("what was not known is not used: %+v", y)
	}
	for _, f := range r.Fans {
		if f.Metric == Profit && (len(f.Dots) != 1 || f.Dots[0].Used) {
			t.Errorf("what was not known is drawn as a dot: %+v", f.Dots)
		}
	}
	targets := []Target{{Deliveries, "FY2026"}, {ASP, "FY2026"}, {Deliveries, "2026Q4"}, {GrossMargin, "FY2027"}, {Fleet, "2027Q1"}, {Deliveries, "9M2027"}}
	got, err := Samples(t.Context(), build(""), Options{Paths: 32, Scrambles: 2}, targets)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{30, (4*50 + 6*60 + 20*100) / 30.0, 10, 0.2, 30, 30} {
		for _, v := range got[i] {
			if math.Abs(v-want) > 1e-12*want {
				t.Fatalf("%v: %v, want %v", targets[i], v, want)
			}
		}
		if len(got[i]) != 64 {
			t.Fatalf("%d values", len(got[i]))
		}
	}
	for _, bad := range []Target{{Deliveries, "FY2028"}, {Deliveries, "FY2025"}, {"delights", "FY2026"}, {Deliveries, "soon"}, {Revenue, "FY2026"}} {
		if _, err := Samples(t.Context(), build(""), Options{}, []Target{bad}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "/targets/0") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// Steps of a change add up, and each is the effect of its input.
func TestChanges(t *testing.T) {
	before, _, _ := linear(t, 0)
	after, _, _ := linear(t, 0)
	after.Inputs = append([]Input{}, before.Inputs...)
	for i := range after.Inputs {
		switch after.Inputs[i].Name {
		case "price":
			after.Inputs[i].Spec = chance.NormalSpec(102, 4)
		case "opex":
			after.Inputs[i].Spec = is(200)
		}
	}
	o := Options{Paths: 1 << 12, Detail: 1 << 12, Indices: -1, Seed: 1, Before: &before}
	r := run(t, after, o)
	want := map[string]float64{"structure": 0, "opex": -40, "price": 80}
	sum := r.Changes.Before.Profit
	for _, s := range r.Changes.Steps {
		sum += s.Profit
		if math.Abs(s.Profit-want[s.Input]) > 1e-6 {
			t.Errorf("%s moves the profit by %v, want %v", s.Input, s.Profit, want[s.Input])
		}
	}
	if len(r.Changes.Steps) != 3 || math.Abs(sum-r.Changes.After.Profit) > 1e-6 || r.Changes.Steps[1].Input != "opex" {
		t.Errorf("steps %+v do not lead from %v to %v", r.Changes.Steps, r.Changes.Before, r.Changes.After)
	}
	other := before
	other.Currency = "USD"
	if _, err := Run(t.Context(), after, Options{Before: &other}); fault.CodeOf(err) != "before" {
		t.Errorf("an earlier case in another currency: %v", err)
	}
}

// A matrix that cannot be is repaired, and the result says so.
func TestRepairIsReported(t *testing.T) {
	c := small(t, map[string]chance.Spec{"a": chance.NormalSpec(100, 5), "b": chance.NormalSpec(100, 5), "c": chance.NormalSpec(100, 5), "one": is(1)}, func(c *Case) {
		c.Models = []Model{{ID: "m", Volume: at("one"), Price: at("a"), BOM: of("b"), Assembly: of("c")}}
		c.Correlations = []Correlation{{Of: []string{"a", "b"}, Rho: 0.9}, {Of: []string{"b", "c"}, Rho: 0.9}, {Of: []string{"a", "c"}, Rho: -0.9}}
	})
	r := run(t, c, quick(1))
	if !r.Matrix.Repaired || r.Matrix.Least >= 0 || len(r.Matrix.Changes) != 3 || len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "cannot hold together") {
		t.Errorf("matrix %+v, notes %v", r.Matrix, r.Notes)
	}
}

func TestOptionsRefused(t *testing.T) {
	c, _, _ := linear(t, 0)
	for _, row := range []struct {
		o  Options
		at string
	}{{Options{Scrambles: 1}, "/scrambles"}, {Options{Paths: -1}, "/paths"}, {Options{Paths: MaxPaths + 1}, "/paths"}, {Options{Workers: -1}, "/workers"}, {Options{Paths: MaxPaths, Scrambles: 2}, "/paths"}, {Options{Detail: -1}, "/detail"}} {
		if _, err := Run(t.Context(), c, row.o); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), row.at) {
			t.Errorf("%+v: %v", row.o, err)
		}
	}
}

// Today's case answers no, in its first word, with the figures that the honest-answer rule asks for; the text follows the reference's order.
func TestTodaysAnswer(t *testing.T) {
	b, err := os.ReadFile("../../examples/xiaomi-2023/forecast.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, c, Options{Paths: 1 << 12, Scrambles: 4, Detail: 1 << 10, Indices: 256, Seed: 1})
	s := r.Answer.Sentence
	if !strings.HasPrefix(s, "No: software does not close the gap: required ") || r.Answer.Verdict != No {
		t.Errorf("%s", s)
	}
	for _, in := range r.Inputs {
		if in.Record == "" || in.Evidence.Source == "" {
			t.Errorf("input %s has no record or source", in.Name)
		}
	}
	var out strings.Builder
	if err := WriteText(&out, r); err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, head := range []string{"No: software", "What reaches", "P(profit) by year", "Deliveries (cars)", "Break-even", "per fleet car-month in 2027", "A car over", "Who earns what", "Mean profit of 2027",
		"Sobol indices", "three curves", "Price floor", "Values", "Inputs", "model " + ModelVersion} {
		i := strings.Index(out.String(), head)
		if i <= at {
			t.Errorf("%q is missing or out of order", head)
		}
		at = i
	}
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("a number of the result is not finite: %v", err)
	}
}

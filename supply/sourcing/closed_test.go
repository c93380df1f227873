package sourcing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"roadbook/evidence"
	"roadbook/money"
)

func num(v float64) Figure {
	v = math.Round(v*1e9) / 1e9
	return Figure{Value: money.Decimal(strconv.FormatFloat(v, 'f', -1, 64))}
}

func list(v ...float64) Series {
	var s Series
	for _, x := range v {
		s.Values = append(s.Values, num(x).Value)
	}
	return s
}

// bare is a case of one pack and one trim without suppliers.
func bare(demand ...float64) Case {
	return Case{Name: "bare", Currency: "CNY", AsOf: "2023-12-31", Start: "2024-01", Periods: len(demand),
		Evidence: map[string]evidence.Evidence{"default": {Source: "test", Date: "2023-12-31", Vintage: "2023-12-31", Who: "test", Level: evidence.Assumed}},
		Packs:    []Pack{{ID: "LFP", Chemistry: "LFP", KWh: num(60), Holding: num(0), Shortage: num(1e6)}},
		Trims:    []Trim{{ID: "std", Packs: []string{"LFP"}, Demand: list(demand...)}}}
}

func offer(price, capacity float64) Offer {
	return Offer{Pack: "LFP", Price: Price{Per: "pack", Base: num(price)}, Capacity: list(capacity)}
}

func solved(t *testing.T, c Case, o Options) Plan {
	t.Helper()
	if o.Gap == 0 {
		o.Gap = 1e-7
	}
	if o.Engine == "" {
		o.Engine = "builtin"
	}
	p, err := Solve(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func major(a money.Amount) float64 { return float64(a.Minor) / 100 }

func near(t *testing.T, why string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6*math.Abs(want)+0.02 {
		t.Errorf("%s: %.2f, want %.2f", why, got, want)
	}
}

// wagnerWhitin is the exact dynamic program of uncapacitated lot sizing: cost[t] is the least cost of periods before t.
func wagnerWhitin(demand []float64, setup, price, hold float64) float64 {
	best := make([]float64, len(demand)+1)
	for end := 1; end <= len(demand); end++ {
		best[end] = math.Inf(1)
		for from := range end { // one order in period from serves from..end-1
			c := best[from]
			sum := 0.0
			for t := from; t < end; t++ {
				sum += demand[t]
				c += demand[t] * hold * float64(t-from)
			}
			if sum > 0 {
				c += setup + sum*price
			}
			best[end] = math.Min(best[end], c)
		}
	}
	return best[len(demand)]
}

func TestWagnerWhitin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		n := 4 + r.IntN(6)
		demand := make([]float64, n)
		total := 0.0
		for t := range demand {
			demand[t] = float64(r.IntN(120))
			total += demand[t]
		}
		setup, hold := float64(50+r.IntN(400)), 1+float64(r.IntN(3))
		want := wagnerWhitin(demand, setup, 10, hold)
		least := math.Inf(1) // every subset of order periods
		for set := range 1 << n {
			c, from, ok := 0.0, -1, true
			sums := make([]float64, n)
			for t := range n {
				if set>>t&1 == 1 {
					from = t
				}
				if from < 0 {
					ok = ok && demand[t] == 0
					continue
				}
				sums[from] += demand[t]
				c += demand[t] * (10 + hold*float64(t-from))
			}
			for _, s := range sums {
				if s > 0 {
					c += setup
				}
			}
			if ok {
				least = math.Min(least, c)
			}
		}
		near(t, "dynamic program against enumeration", want, least)
		c := bare(demand...)
		c.Packs[0].Holding = num(hold)
		c.Suppliers = []Supplier{{ID: "one", OrderCost: num(setup), Offers: []Offer{offer(10, total+1)}}}
		p := solved(t, c, Options{Plain: true})
		near(t, fmt.Sprintf("lot sizing %d", i), major(p.Mean), want)
		if p.Run.Status != Optimal {
			t.Errorf("lot sizing %d: %s with gap %g", i, p.Run.Status, p.Run.Gap)
		}
	}
}

// TestTwoSuppliersDiscountsByHand works out every pair of tiers: within a pair the cheaper supplier takes as much as its
// tier allows, and the breakpoints are the only candidates.
func TestTwoSuppliersDiscountsByHand(t *testing.T) {
	type sup struct{ price, cap, brk, off float64 }
	best := func(need float64, a, b sup) float64 {
		cost := func(s sup, v float64) float64 {
			if v >= s.brk {
				return v * s.price * (1 - s.off)
			}
			return v * s.price
		}
		least := math.Inf(1)
		for _, v := range []float64{0, need, a.brk, need - b.brk, a.cap, need - b.cap} {
			for _, e := range []float64{0, -1e-9} {
				if x := v + e; x >= -1e-6 && x <= a.cap && need-x <= b.cap+1e-6 && need-x >= -1e-6 {
					least = math.Min(least, cost(a, math.Max(0, x))+cost(b, math.Max(0, need-x)))
				}
			}
		}
		return least
	}
	for _, row := range []struct {
		why  string
		need float64
		a, b sup
		want float64 // 0: by the breakpoints alone
	}{
		{"one supplier reaches its break and takes all", 100, sup{100, 100, 80, 0.1}, sup{95, 100, 200, 0}, 9000},
		{"the break is out of reach, the cheaper list price wins", 70, sup{100, 100, 80, 0.1}, sup{95, 100, 200, 0}, 6650},
		{"capacity splits: the discount keeps the break's volume", 150, sup{100, 120, 90, 0.1}, sup{92, 100, 200, 0}, 0},
		{"both breaks at once", 150, sup{100, 100, 70, 0.1}, sup{100, 100, 70, 0.12}, 0},
	} {
		c := bare(row.need)
		for i, s := range []sup{row.a, row.b} {
			c.Suppliers = append(c.Suppliers, Supplier{ID: fmt.Sprintf("s%d", i+1), Tiers: []Tier{{From: num(0), Discount: num(0)}, {From: num(s.brk), Discount: num(s.off)}}, Offers: []Offer{offer(s.price, s.cap)}})
		}
		want := row.want
		if byHand := best(row.need, row.a, row.b); want == 0 {
			want = byHand
		} else if math.Abs(byHand-want) > 1e-6 {
			t.Fatalf("%s: the breakpoints say %g, the row %g", row.why, byHand, want)
		}
		near(t, row.why, major(solved(t, c, Options{Plain: true}).Mean), want)
	}
}

func TestCVaRByHand(t *testing.T) {
	for _, row := range []struct {
		why    string
		totals []float64
		prob   []float64
		alpha  float64
		want   float64
	}{
		{"alpha 0 is the mean", []float64{1, 2, 3, 10}, []float64{0.25, 0.25, 0.25, 0.25}, 0, 4},
		{"the worst quarter is the worst scenario", []float64{1, 2, 3, 10}, []float64{0.25, 0.25, 0.25, 0.25}, 0.75, 10},
		{"the quantile cuts a scenario: (0.25·10 + 0.15·3)/0.4", []float64{1, 2, 3, 10}, []float64{0.25, 0.25, 0.25, 0.25}, 0.6, 7.375},
		{"unequal weights: (0.1·20 + 0.1·5)/0.2", []float64{5, 20, 1}, []float64{0.3, 0.1, 0.6}, 0.8, 12.5},
		{"beyond the last scenario it is the worst", []float64{5, 20, 1}, []float64{0.3, 0.1, 0.6}, 0.99, 20},
	} {
		near(t, row.why, cvar(row.totals, row.prob, row.alpha), row.want)
	}
	// The objective of a plan is that of its scenarios: a fixed award, two demands, λ = 0.5, α = 0.5.
	c := bare(100)
	c.Suppliers = []Supplier{{ID: "one", Offers: []Offer{offer(10, 1000)}}}
	c.Scenarios = []Scenario{{ID: "low", Probability: num(0.5)}, {ID: "high", Probability: num(0.5), Demand: list(3)}}
	c.Risk = Risk{Lambda: num(0.5), Alpha: num(0.5)}
	p := solved(t, c, Options{Plain: true})
	near(t, "mean", major(p.Mean), 2000)
	near(t, "CVaR", major(p.CVaR), 3000)
	near(t, "objective", major(p.Objective), 2500)
	near(t, "worst", major(p.Worst), 3000)
}

func TestPriceFormula(t *testing.T) {
	c := bare(1, 1, 1, 1)
	c.Step = 3
	c.Rates = []Rate{{From: "USD", To: "CNY", Rate: num(7)}}
	c.Commodities = []Commodity{{ID: "li", Currency: "USD", Path: list(10, 20, 50, 5), Before: num(8)}}
	c.Suppliers = []Supplier{{ID: "one", Currency: "USD", Offers: []Offer{{Pack: "LFP", Capacity: list(10),
		Price: Price{Per: "kwh", Base: num(100), Learn: Learn{Rate: num(0.2), Growth: num(1)},
			Index: []Term{{Commodity: "li", Content: num(0.5), At: num(12), Lag: 3, Floor: num(9), Cap: num(40)}}}}}}}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	s := &c.Suppliers[0]
	for i, want := range []float64{
		// (100 − 0.5·12) learns by 0.8^years since volume doubles each year; the index lags one period and is clamped.
		60 * 7 * (94 + 0.5*9),
		60 * 7 * (94*math.Pow(0.8, 0.25) + 0.5*10),
		60 * 7 * (94*math.Pow(0.8, 0.5) + 0.5*20),
		60 * 7 * (94*math.Pow(0.8, 0.75) + 0.5*40),
	} {
		near(t, fmt.Sprintf("price of period %d", i), priceOf(&c, s, &s.Offers[0], -1, i), want)
	}
}

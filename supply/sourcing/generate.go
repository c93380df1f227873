package sourcing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"roadbook/evidence"
	"roadbook/money"
)

// Size shapes a generated case.
type Size struct {
	Name      string
	Suppliers int
	Periods   int
	Step      int // months in a period; 0 means 1
	Packs     int
	Tiers     int
	Offers    int // in all; 0 means two thirds of suppliers × packs
	MOQ       bool
	Orders    bool // with order costs; set by MOQ too
	TakeOrPay bool
	Scenarios int // 0 or 1: one
	Lambda    float64
	Alpha     float64
	MaxShare  float64 // 0: no cap
	Dual      bool
	Exclude   bool // two exclusions, one of half the horizon
	CO2       bool
	NoElse    bool // nothing can be bought elsewhere
	Flexible  bool // one trim takes two packs
}

// Families are the sizes that are measured: s1 and m1 small, cn1 and cm1 large without and with minimum orders, cv1 under
// twenty scenarios.
func Families() []Size {
	return []Size{
		{Name: "s1", Suppliers: 4, Periods: 36, Packs: 2, Tiers: 3, Offers: 8, MOQ: true, MaxShare: 0.7},
		{Name: "m1", Suppliers: 5, Periods: 36, Packs: 3, Tiers: 4, Offers: 11, MaxShare: 0.7},
		{Name: "cn1", Suppliers: 8, Periods: 36, Packs: 4, Tiers: 5, Offers: 24, MaxShare: 0.7, Dual: true},
		{Name: "cm1", Suppliers: 8, Periods: 36, Packs: 4, Tiers: 5, Offers: 24, MOQ: true, MaxShare: 0.7, Dual: true},
		{Name: "cv1", Suppliers: 8, Periods: 12, Step: 3, Packs: 4, Tiers: 5, Offers: 24, Scenarios: 20, Lambda: 0.5, Alpha: 0.9, MaxShare: 0.7, Dual: true, TakeOrPay: true},
	}
}

// Generate makes a case of a size from a seed: the same for the same arguments. Prices, capacities and demand are
// invented (level A) and of the order of Chinese packs of 2023 to 2025.
func Generate(seed uint64, z Size) Case {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	num := func(v float64, decimals int) money.Decimal {
		return money.Decimal(strconv.FormatFloat(v, 'f', decimals, 64))
	}
	fig := func(v float64, decimals int) Figure { return Figure{Value: num(v, decimals)} }
	c := Case{Name: fmt.Sprintf("%s-%d", z.Name, seed), Currency: "CNY", AsOf: "2023-12-31", Start: "2024-01", Periods: z.Periods, Step: max(1, z.Step),
		Evidence: map[string]evidence.Evidence{"default": {Source: "generated, seed " + strconv.FormatUint(seed, 10), Date: "2023-12-31", Vintage: "2023-12-31", Who: "generator", Level: evidence.Assumed}}}
	months := z.Periods * c.Step
	lithium := Series{}
	for t := range z.Periods {
		lithium.Values = append(lithium.Values, num(110*math.Exp(-0.4*float64(t*c.Step)/12)+20*r.Float64(), 2))
	}
	c.Commodities = []Commodity{{ID: "lithium", Path: lithium, Before: fig(130, 0)}}
	base, names := []float64{520, 640, 560, 700, 600, 660}, []string{"LFP", "NMC", "LMFP", "NCM811", "NaIon", "M3P"}
	kwh := []float64{73.6, 101, 60, 95, 50, 80}
	size := make([]float64, z.Packs)
	for i := range z.Packs {
		j := i % len(base)
		price := base[j] * kwh[j]
		p := Pack{ID: fmt.Sprintf("%s%s", names[j], map[bool]string{true: strconv.Itoa(i), false: ""}[i >= len(base)]), Chemistry: names[j],
			KWh: fig(kwh[j], 1), Holding: fig(price*0.012, 2), Shortage: fig(price*1.6, 2)}
		if z.NoElse {
			p.Shortage = Figure{}
			p.Stock = fig(20000, 0)
		}
		c.Packs = append(c.Packs, p)
		size[i] = 1500 + 3500*r.Float64()
		demand, growth, phase := Series{}, 0.1+0.4*r.Float64(), r.Float64()*12
		for t := range z.Periods {
			m := float64(t * c.Step)
			v := size[i] * math.Pow(1+growth, m/12) * (1 + 0.25*math.Sin((m+phase)*math.Pi/6)) * (0.9 + 0.2*r.Float64()) * float64(c.Step)
			demand.Values = append(demand.Values, num(v, 0))
		}
		t := Trim{ID: "trim-" + strconv.Itoa(i+1), Packs: []string{p.ID}, Demand: demand}
		if z.Flexible && i > 0 && i == z.Packs-1 {
			t.Packs = append(t.Packs, c.Packs[0].ID)
		}
		c.Trims = append(c.Trims, t)
	}
	offers := z.Offers
	if offers == 0 {
		offers = max(z.Suppliers, z.Suppliers*z.Packs*2/3)
	}
	offered := make([]map[int]bool, z.Suppliers)
	offers = max(offers, z.Suppliers)
	for n, s := 0, 0; n < min(offers, z.Suppliers*z.Packs); s = (s + 1) % z.Suppliers {
		if offered[s] == nil {
			offered[s] = map[int]bool{}
		}
		if len(offered[s]) == z.Packs {
			continue
		}
		i := (s + r.IntN(z.Packs)) % z.Packs
		for offered[s][i] {
			i = (i + 1) % z.Packs
		}
		offered[s][i] = true
		n++
	}
	for s := range z.Suppliers {
		sup := Supplier{ID: fmt.Sprintf("s%d", s+1)}
		if z.MOQ || z.Orders {
			sup.OrderCost = fig(40000+80000*r.Float64(), 0)
		}
		if z.TakeOrPay {
			sup.TakeOrPay = fig(0.2+0.3*r.Float64(), 2)
		}
		level, total := 0.96+0.10*r.Float64(), 0.0
		for i := range z.Packs {
			if !offered[s][i] {
				continue
			}
			j := i % len(base)
			perkwh := base[j] * level * (0.97 + 0.06*r.Float64())
			share := (0.35 + 0.5*r.Float64()) * size[i] * 1.3
			o := Offer{Pack: c.Packs[i].ID, Capacity: Series{Values: []money.Decimal{num(share, 0)}},
				Price: Price{Per: "kwh", Base: fig(perkwh, 2), Learn: Learn{Rate: fig(0.18, 2), Growth: fig(0.2+0.2*r.Float64(), 2)},
					Index: []Term{{Commodity: "lithium", Content: fig(0.5+0.2*r.Float64(), 2), At: fig(120, 0), Lag: r.IntN(4), Floor: fig(60, 0), Cap: fig(200, 0)}}},
				Qualification: Qualification{Cost: fig(2e6+8e6*r.Float64(), 0), Months: fig(float64(min(r.IntN(4), months/4)), 0)},
				CO2:           fig(60+40*r.Float64(), 1)}
			if z.MOQ {
				o.MOQ = fig(share*float64(c.Step)*(0.15+0.25*r.Float64()), 0)
			}
			total += share * 12
			sup.Offers = append(sup.Offers, o)
		}
		from, off := 0.0, 0.0
		for t := range z.Tiers {
			sup.Tiers = append(sup.Tiers, Tier{From: fig(from, 0), Discount: fig(off, 4)})
			from = total * (float64(t+1) - 0.4*r.Float64()) / float64(z.Tiers) * 0.8
			off += 0.01 + 0.02*r.Float64()
		}
		c.Suppliers = append(c.Suppliers, sup)
	}
	for i := range z.Packs {
		n := 0
		for s := range z.Suppliers {
			if offered[s][i] {
				n++
			}
		}
		if z.Dual && n >= 2 {
			c.Rules.DualSource = append(c.Rules.DualSource, DualSource{Pack: c.Packs[i].ID, Suppliers: fig(2, 0)})
		}
		if z.MaxShare > 0 && n >= 2 {
			c.Rules.MaxShare = append(c.Rules.MaxShare, MaxShare{Pack: c.Packs[i].ID, Share: fig(z.MaxShare, 2)})
		}
	}
	if z.CO2 {
		c.Rules.CO2Average = fig(76+6*r.Float64(), 1)
	}
	if z.Exclude {
		ev := c.Evidence["default"]
		half := c.Start.First().AddMonths(months / 2)
		c.Exclusions = []Exclusion{
			{ID: "whole", Supplier: "s1", Scope: Scope{Pack: c.Suppliers[0].Offers[0].Pack}, From: "2023-01-01", Reason: "generated", Owner: "generator", Review: "2030-01-01", Evidence: ev},
			{ID: "half", Supplier: "s2", From: "2023-01-01", To: half, Reason: "generated", Owner: "generator", Review: "2030-01-01", Evidence: ev},
		}
	}
	for w := range z.Scenarios {
		if z.Scenarios < 2 {
			break
		}
		p := 1 / float64(z.Scenarios)
		c.Scenarios = append(c.Scenarios, Scenario{ID: fmt.Sprintf("w%d", w+1), Probability: fig(p, 10), Demand: Series{Values: []money.Decimal{num(math.Exp(0.25*r.NormFloat64()), 3)}},
			Commodities: []CommodityPath{{Commodity: "lithium", Factor: Series{Values: []money.Decimal{num(math.Exp(0.4*r.NormFloat64()), 3)}}}}})
	}
	if z.Lambda > 0 && len(c.Scenarios) > 0 {
		c.Risk = Risk{Lambda: fig(z.Lambda, 3), Alpha: fig(z.Alpha, 3)}
	}
	return c
}

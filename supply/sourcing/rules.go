package sourcing

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"roadbook/money"
)

// price answers what each rule costs, what the best single supplier would cost and how the cost follows a commodity, by
// solving the case again without the rule, with one supplier, along the other path. The solves are independent of each
// other and of how many run side by side.
func (n *net) price(ctx context.Context, base answer, o Options, p *Plan) {
	var tasks []func(context.Context)
	o.Engine = map[bool]string{true: o.Engine, false: "builtin"}[o.Engine == "search" || o.Engine == "cbc"]
	rules := n.withouts()
	p.Prices = make([]RulePrice, len(rules))
	for i, r := range rules {
		tasks = append(tasks, func(ctx context.Context) { p.Prices[i] = n.rulePrice(ctx, base, r, o) })
	}
	p.Singles = make([]Single, n.S)
	for s := range n.S {
		tasks = append(tasks, func(ctx context.Context) { p.Singles[s] = n.single(ctx, base, s, o) })
	}
	good, factors := n.sensitivity()
	p.Sensitivity = make([]SensitiveRow, len(factors))
	for i, f := range factors {
		tasks = append(tasks, func(ctx context.Context) { p.Sensitivity[i] = n.sensitive(ctx, base, good, f, o) })
	}
	var mu sync.Mutex
	done := 0
	next := make(chan func(context.Context))
	var wait sync.WaitGroup
	quiet := o
	quiet.Progress = nil
	for range min(o.Workers, len(tasks)) {
		wait.Go(func() {
			for task := range next {
				task(ctx)
				mu.Lock()
				done++
				if o.Progress != nil {
					o.Progress(Progress{Doing: "prices", Done: done, Of: len(tasks), Nodes: base.nodes, Incumbent: base.cost * unit, Bound: base.bound * unit, Gap: gapOf(base.cost, base.bound)})
				}
				mu.Unlock()
			}
		})
	}
	for _, task := range tasks {
		next <- task
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		p.Run.Stopped = "interrupted"
		p.Notes = append(p.Notes, Note{Code: "interrupted", Words: "the prices of the rules were cut short: their intervals are wider than they need be"})
	}
}

// without is a case that lacks a rule.
type without struct {
	rule, kind, words string
	edit              func(*Case)
	idle              string // why the rule does not bind
}

func (n *net) withouts() []without {
	var list []without
	binding := 0
	for i := range n.exclusions {
		e := &n.c.Exclusions[i]
		b := n.exclusions[i]
		r := without{rule: "exclusion[" + e.ID + "]", kind: "exclusion", words: fmt.Sprintf("Leaving %s out (%s)", n.name(e.Supplier), e.ID),
			edit: func(c *Case) { c.Exclusions = slices.Delete(slices.Clone(c.Exclusions), i, i+1) }}
		switch {
		case b.status == "expired":
			r.idle = fmt.Sprintf("expired on %s: it does not bind, and waits for a review", e.To)
		case b.status == "outside":
			r.idle = "lies outside the horizon"
		case b.status == "elsewhere":
			r.idle = "is for another region"
		case len(b.cells) == 0:
			r.idle = "the supplier offers nothing that it bars"
		default:
			binding++
		}
		list = append(list, r)
	}
	if binding > 1 {
		list = append(list, without{rule: "exclusions", kind: "exclusion", words: "All exclusions together", edit: func(c *Case) { c.Exclusions = nil }})
	}
	for i := range n.c.Rules.DualSource {
		d := &n.c.Rules.DualSource[i]
		list = append(list, without{rule: "dual_source[" + d.ID + "]", kind: "dual_source", words: fmt.Sprintf("Asking for %s suppliers (%s)", d.Suppliers.Value, d.ID),
			edit: func(c *Case) { c.Rules.DualSource = slices.Delete(slices.Clone(c.Rules.DualSource), i, i+1) }})
	}
	for i := range n.c.Rules.MaxShare {
		m := &n.c.Rules.MaxShare[i]
		list = append(list, without{rule: "max_share[" + m.ID + "]", kind: "max_share", words: fmt.Sprintf("Capping shares at %g %% (%s)", 100*m.Share.Float(), m.ID),
			edit: func(c *Case) { c.Rules.MaxShare = slices.Delete(slices.Clone(c.Rules.MaxShare), i, i+1) }})
	}
	if n.co2cap >= 0 {
		list = append(list, without{rule: "co2_cap", kind: "co2", words: "The CO2 cap", edit: func(c *Case) { c.Rules.CO2Cap = Figure{} }})
	}
	if n.co2avg >= 0 {
		list = append(list, without{rule: "co2_average", kind: "co2", words: "The CO2 average", edit: func(c *Case) { c.Rules.CO2Average = Figure{} }})
	}
	return list
}

func (n *net) name(supplier string) string {
	for i := range n.c.Suppliers {
		if s := &n.c.Suppliers[i]; s.ID == supplier && s.Name != "" {
			return s.Name
		}
	}
	return supplier
}

// rulePrice solves without the rule. The plan with the rule is also a plan without it, so that the price is never
// negative, and the interval follows from both bounds: [bound with − plan without, plan with − bound without].
func (n *net) rulePrice(ctx context.Context, base answer, r without, o Options) RulePrice {
	zero := n.amount(0)
	out := RulePrice{Rule: r.rule, Kind: r.kind, Words: r.words, Note: r.idle, Low: zero, High: zero, Found: zero, LowPerCar: zero, HighPerCar: zero, FoundPerCar: zero}
	if r.idle != "" {
		return out
	}
	cost, bound := base.cost, 0.0
	c := *n.c
	r.edit(&c)
	if free, err := compile(&c); err == nil {
		if a, err := free.decide(ctx, o, o.effort(free.lightEffort()), base.flow.choice); err == nil && a.flow != nil {
			cost, bound = math.Min(base.cost, a.cost), a.bound
			out.Gap = gapOf(cost, bound)
		}
	}
	bound = math.Min(bound, cost)
	low, found, high := math.Max(0, base.bound-cost), base.cost-cost, base.cost-bound
	out.Low, out.Found, out.High = n.amount(low), n.amount(found), n.amount(high)
	out.LowPerCar, out.FoundPerCar, out.HighPerCar = n.perCar(low), n.perCar(found), n.perCar(high)
	if ctx.Err() != nil {
		out.Note = "interrupted"
	}
	return out
}

// only leaves one supplier in the net and drops the rules that one supplier cannot keep.
func (n *net) only(s int) (*net, string) {
	c := *n.c
	c.Rules.DualSource, c.Rules.MaxShare = nil, nil
	one, err := compile(&c)
	if err != nil {
		return nil, err.Error()
	}
	offers := map[int]bool{}
	for k := range one.pairs {
		if p := &one.pairs[k]; p.s != s {
			clear(p.open)
		} else if p.usable() {
			offers[p.c] = true
		}
	}
	for i := range one.M {
		if !slices.ContainsFunc(one.allowed[i], func(c int) bool { return offers[c] }) {
			why := "offers no pack that fits the trim " + c.Trims[i].ID
			for _, k := range n.of[s] {
				if len(n.pairs[k].barred) > 0 && slices.Contains(one.allowed[i], n.pairs[k].c) {
					why = "is barred by the exclusion " + c.Exclusions[n.pairs[k].barred[0]].ID + " for the trim " + c.Trims[i].ID
				}
			}
			return nil, why
		}
	}
	return one, ""
}

func (n *net) single(ctx context.Context, base answer, s int, o Options) Single {
	out := Single{Supplier: n.c.Suppliers[s].ID, Cost: n.amount(0), Bound: n.amount(0), PerCar: n.amount(0)}
	one, why := n.only(s)
	if one == nil {
		out.Why = why
		return out
	}
	a, err := one.decide(ctx, o, o.effort(one.lightEffort()))
	switch {
	case err != nil:
		out.Why = err.Error()
		return out
	case a.flow == nil:
		out.Why = "cannot cover the demand alone"
		if a.status == Unknown {
			out.Why = "no plan was found within the limit"
		}
		return out
	}
	for w := range one.W {
		for c := range one.C {
			for t := range one.T {
				out.Short += one.prob[w] * a.flow.short[w][c][t]
			}
		}
	}
	out.Feasible, out.Cost, out.Bound, out.PerCar = true, n.amount(a.cost), n.amount(a.bound), n.perCar(a.cost-base.cost)
	return out
}

// sensitivity says which commodity is moved, and how.
func (n *net) sensitivity() (string, []float64) {
	good := n.c.Sensitivity.Commodity
	if good == "" {
		if len(n.c.Commodities) == 0 {
			return "", nil
		}
		good = n.c.Commodities[0].ID
	}
	var factors []float64
	for _, f := range n.c.Sensitivity.Factors {
		factors = append(factors, floatOf(f))
	}
	if len(factors) == 0 {
		factors = []float64{0.5, 0.75, 1, 1.5, 2}
	}
	return good, factors
}

// scaled returns the case with a commodity's future path multiplied in every scenario; what lies before the start stays.
func (c Case) scaled(good string, factor float64) Case {
	mul := func(s Series) Series {
		out := s
		out.Values = make([]money.Decimal, len(s.Values))
		for i, v := range s.Values {
			out.Values[i] = money.Decimal(fmt.Sprintf("%.9f", floatOf(v)*factor))
		}
		return out
	}
	c.Commodities = slices.Clone(c.Commodities)
	for i := range c.Commodities {
		if m := &c.Commodities[i]; m.ID == good {
			if !m.Before.Given() {
				m.Before = Figure{Value: m.Path.Values[0], Evidence: m.Path.Evidence}
			}
			m.Path = mul(m.Path)
		}
	}
	c.Scenarios = slices.Clone(c.Scenarios)
	for i := range c.Scenarios {
		paths := slices.Clone(c.Scenarios[i].Commodities)
		for j := range paths {
			if paths[j].Commodity == good && paths[j].Path.Given() {
				paths[j].Path = mul(paths[j].Path)
			}
		}
		c.Scenarios[i].Commodities = paths
	}
	return c
}

func (n *net) sensitive(ctx context.Context, base answer, good string, factor float64, o Options) SensitiveRow {
	zero := n.amount(0)
	out := SensitiveRow{Commodity: good, Factor: factor, Fixed: zero, Resolved: zero, Bound: zero, PerCar: zero}
	c := n.c.scaled(good, factor)
	moved, err := compile(&c)
	if err != nil {
		return out
	}
	kept, err := newSearch(moved, o.Gap, o.effort(moved.lightEffort()))
	if err != nil {
		return out
	}
	kept.offer(ctx, base.flow.choice, kept.eff.tries)
	if kept.best != nil {
		out.Fixed = n.amount(kept.cost)
	}
	if factor == 1 {
		out.Fixed, out.Resolved, out.Bound, out.PerCar = n.amount(base.cost), n.amount(base.cost), n.amount(base.bound), n.perCar(base.cost)
		return out
	}
	a, err := moved.decide(ctx, o, o.effort(moved.lightEffort()), base.flow.choice)
	if err != nil || a.flow == nil {
		return out
	}
	if kept.best != nil && kept.cost < a.cost {
		a.flow, a.cost = kept.best, kept.cost
	}
	out.Resolved, out.Bound, out.PerCar = n.amount(a.cost), n.amount(math.Min(a.bound, a.cost)), n.perCar(a.cost)
	for k := range n.pairs {
		if a.flow.a[k] != base.flow.a[k] {
			p := &n.pairs[k]
			out.Changed = append(out.Changed, map[bool]string{true: "+", false: "−"}[a.flow.a[k]]+n.c.Suppliers[p.s].ID+"/"+n.c.Packs[p.c].ID)
		}
	}
	return out
}

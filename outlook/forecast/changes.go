package forecast

import (
	"context"
	"fmt"
	"reflect"

	"roadbook/outlook/chance"
)

// changes decomposes what moved the answer from an earlier case to a later one. The first step is the structure: the later case's
// equations, horizon, correlations and new inputs, with all inputs that both have as the earlier case had them. Then each input
// that differs is swapped, in the later case's order, on the same points. Steps add up to the whole; each one's share depends on the order.
func changes(ctx context.Context, before, after Case, o Options, tell *teller) (*Changes, error) {
	before.fill()
	if err := before.Check(); err != nil {
		return nil, err
	}
	if before.Currency != after.Currency {
		return nil, badBefore("the earlier case is in %s, this one in %s", before.Currency, after.Currency)
	}
	if after.Asked.Year < before.Start.Year() || after.Asked.Year > before.Start.Add(before.Quarters-1).Year() {
		return nil, badBefore("the earlier case covers %s to %s and says nothing about %d", before.Start, before.Start.Add(before.Quarters-1), after.Asked.Year)
	}
	before.Asked.Year = after.Asked.Year
	old := map[string]Input{}
	for _, in := range before.Inputs {
		old[in.Name] = in
	}
	// Every input that is uncertain in either case keeps its dimension throughout.
	also := map[string]bool{}
	for _, c := range []Case{before, after} {
		for _, in := range c.Inputs {
			if in.Kind != chance.KindFixed {
				also[in.Name] = true
			}
		}
	}
	out := &Changes{From: before.Name, Since: string(before.AsOf)}
	last, err := stand(ctx, before, also, o, tell)
	if err != nil {
		return nil, err
	}
	out.Before = last.standing()
	step := func(c Case, change Change) error {
		now, err := stand(ctx, c, also, o, tell)
		if err != nil {
			return err
		}
		a, b := last.standing(), now.standing()
		change.Chance, change.Profit, change.NPV = b.Chance-a.Chance, b.Profit-a.Profit, b.NPV-a.NPV
		for i := range last.profit {
			last.profit[i] = now.profit[i] - last.profit[i]
		}
		change.SE = estimate(last.each(last.profit, chance.MeanOf)).SE
		out.Steps = append(out.Steps, change)
		last = now
		return nil
	}
	mixed := after
	mixed.Inputs = append([]Input{}, after.Inputs...)
	var changed []int
	for i, in := range mixed.Inputs {
		if was, ok := old[in.Name]; ok && !reflect.DeepEqual(was.Spec, in.Spec) {
			changed = append(changed, i)
			mixed.Inputs[i].Spec = was.Spec
		}
	}
	if err := mixed.Check(); err != nil {
		return nil, badBefore("the earlier inputs do not fit the later equations: %v", err)
	}
	if err := step(mixed, Change{Input: "structure", Before: fmt.Sprintf("%s, %d quarters", before.Start, before.Quarters), After: fmt.Sprintf("%s, %d quarters", after.Start, after.Quarters)}); err != nil {
		return nil, err
	}
	for _, i := range changed {
		was, now := mixed.Inputs[i].Spec, after.Inputs[i]
		mixed.Inputs[i].Spec = now.Spec
		if err := step(mixed, Change{Input: now.Name, Before: Law(was), After: Law(now.Spec), Records: []string{old[now.Name].ID, now.ID}}); err != nil {
			return nil, err
		}
	}
	out.After = last.standing()
	return out, nil
}

func (o *sample) standing() Standing {
	return Standing{Chance: above(o.profit), Profit: chance.MeanOf(o.profit), NPV: chance.MeanOf(o.npv)}
}

// stand runs a sample of a case.
func stand(ctx context.Context, c Case, also map[string]bool, o Options, tell *teller) (*sample, error) {
	p, err := compile(&c, also)
	if err != nil {
		return nil, err
	}
	s, err := newSim(p, o)
	if err != nil {
		return nil, err
	}
	s.tell = tell
	base, _ := p.completed()
	return s.draw(ctx, base[p.asked], "changes", changed{})
}

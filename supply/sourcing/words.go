package sourcing

import (
	"fmt"
	"slices"
	"strings"
)

// words says a row or bound of the program as a person would.
func (n *net) words(row string) string {
	kind, rest, ok := strings.Cut(row, "[")
	if !ok {
		return row
	}
	inside, _, _ := strings.Cut(rest, "]") // a bound goes on: "buy[catl,LFP,2024-03] <= 400"
	args := strings.Split(inside, ",")
	in := ""
	if len(n.c.Scenarios) > 1 {
		if last := args[len(args)-1]; slices.ContainsFunc(n.c.Scenarios, func(s Scenario) bool { return s.ID == last }) {
			in, args = " in scenario "+last, args[:len(args)-1]
		}
	}
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return "?"
	}
	say := func(format string, i ...int) string {
		vals := make([]any, len(i))
		for j := range i {
			vals[j] = arg(i[j])
		}
		return fmt.Sprintf(format, vals...) + in
	}
	switch kind {
	case "balance":
		return say("the cars of %[2]s need %[1]s packs", 0, 1)
	case "demand":
		return say("the trim %s needs a pack for each car of %s", 0, 1)
	case "capacity", "buy":
		return say("%s delivers at most its capacity of %s in %s", 0, 1, 2)
	case "minimum_order", "order":
		return say("%s has a minimum order of %s in %s", 0, 1, 2)
	case "awarded", "award":
		return say("%s delivers %s only when it is awarded", 0, 1)
	case "qualification":
		return say("%s delivers %s only after its qualification", 0, 1)
	case "exclusion":
		for _, e := range n.c.Exclusions {
			if e.ID == arg(0) {
				return fmt.Sprintf("the exclusion %q: nothing %sfrom %s from %s%s (%s; %s decides)", e.ID, scopeWords(e.Scope), e.Supplier, e.From, until(e), e.Reason, e.Owner)
			}
		}
	case "dual_source", "source":
		for i := range n.duals {
			if n.duals[i].id == arg(0) {
				return fmt.Sprintf("the dual-source rule %q: at least %g suppliers", arg(0), n.duals[i].n)
			}
		}
	case "max_share":
		for i := range n.shares {
			if n.shares[i].id == arg(0) {
				return fmt.Sprintf("the share cap %q: at most %g %% from %s in contract year %s", arg(0), 100*n.shares[i].sigma, arg(1), strings.TrimPrefix(arg(2), "Y")) + in
			}
		}
	case "co2_cap":
		return fmt.Sprintf("the CO2 cap of %g kg", n.co2cap) + in
	case "co2_average":
		return fmt.Sprintf("the CO2 average of at most %g kg per kWh", n.co2avg) + in
	case "one_tier":
		return say("%s gives one discount tier in contract year %s", 0, 1)
	case "tier_floor":
		return say("tier %[3]s of %[1]s begins at its least volume in contract year %[2]s", 0, 1, 2)
	case "tier_ceiling", "volume":
		return say("tier %[3]s of %[1]s ends at its largest volume in contract year %[2]s", 0, 1, 2)
	case "tier_volume", "tier_spend", "spend_least", "spend_most", "spend":
		return say("what is bought from %s in contract year %s is bought in one of its tiers", 0, 1)
	case "tier":
		return say("tier %[3]s of %[1]s in contract year %[2]s", 0, 1, 2)
	case "stock":
		return say("the stock of %s in %s is not negative", 0, 1)
	case "elsewhere":
		return say("packs %s from elsewhere in %s", 0, 1)
	}
	return row
}

func scopeWords(s Scope) string {
	var parts []string
	for _, p := range []string{s.Pack, s.Chemistry, s.Model, s.Region} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "of " + strings.Join(parts, ", ") + " "
}

func until(e Exclusion) string {
	if e.To == "" {
		return " until further notice"
	}
	return " to " + string(e.To)
}

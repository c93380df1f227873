package supplytest

import (
	"testing"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
)

// Door returns a structure of the trim road-1/max: four doors of a frame and a pane each; a tenth of the panes breaks.
func Door() supply.Structure {
	return supply.Structure{Model: "road-1", Trim: "max", Root: "road-1.max", Valid: period.Span{From: "2024-01-01"}, Evidence: Proof("2024-01-01"),
		Edges: []supply.Edge{
			{Assembly: "road-1.max", Part: "door", Quantity: "4"},
			{Assembly: "door", Part: "frame", Quantity: "1"},
			{Assembly: "door", Part: "pane", Quantity: "1", Scrap: "0.1"},
		}}
}

// Frame returns a should-cost of 150.00 CNY: 20 kg at 5 and 60 s at 1,200 an hour, and a quarter on both.
func Frame() supply.ShouldCost {
	p := Proof("2024-01-01")
	return supply.ShouldCost{Part: "frame", Currency: "CNY", Valid: period.Span{From: "2024-01-01"}, Evidence: p,
		Material: []supply.Material{{Name: "steel", Kg: "20", Price: "5", Evidence: p}},
		Process:  []supply.Process{{Name: "press", Seconds: "60", Rate: "1200", Evidence: p}},
		Overhead: supply.Overhead{Share: "0.25", Evidence: &p}}
}

func quote(supplier string, price money.Decimal, vintage period.Date) supply.Quote {
	return supply.Quote{ID: "q-" + supplier + "-" + string(vintage), Supplier: supplier, Part: "frame", Price: price, Currency: "CNY",
		Valid: period.Span{From: "2024-01-01"}, Evidence: Proof(vintage)}
}

func rollUp(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	ask := supply.Asked{Date: "2024-06-01"}
	_, err := s.RollUp(ctx, "road-1", "max", ask)
	wantCode(t, "nothing is recorded", err, fault.NotFound, "structure_missing")
	must(t)(s.AddStructure(ctx, "", Door()))
	must(t)(s.AddStructure(ctx, "", Door()))
	cyclic := Door()
	cyclic.Edges = append(cyclic.Edges, supply.Edge{Assembly: "pane", Part: "door", Quantity: "1"})
	_, err = s.AddStructure(ctx, "x", cyclic)
	wantCode(t, "a door in its own pane", err, fault.Invalid, "cycle")
	must(t)(s.AddShouldCost(ctx, "", Frame()))
	pane := Frame()
	pane.Part, pane.Process, pane.Overhead, pane.Material[0].Kg = "pane", nil, supply.Overhead{}, "9" // 45.00
	must(t)(s.AddShouldCost(ctx, "", pane))
	r, err := s.RollUp(ctx, "road-1", "max", ask)
	// 4 × 150 + 4 / 0.9 × 45 = 600 + 200
	if err != nil || r.Should != money.Of(80_000, "CNY") || !r.Complete || len(r.Missing) != 2 || r.Root.Parts[0].Parts[1].Needed != "40/9" {
		t.Errorf("roll-up %+v %v", r, err)
	}
	for _, q := range []supply.Quote{quote("catl", "148", "2024-01-02"), quote("calb", "152", "2024-01-02"), quote("byd", "90", "2024-01-02")} {
		must(t)(s.AddQuote(ctx, "", q))
	}
	newer := quote("catl", "156", "2024-07-01")
	newer.Supersedes = "q-catl-2024-01-02"
	must(t)(s.AddQuote(ctx, "", newer))
	must(t)(s.Exclude(ctx, supply.Exclusion{Supplier: "byd", Span: period.Span{From: "2023-08-01"}, Reason: "legal conflict", Owner: "o", Evidence: "e"}))
	c, err := s.Compare(ctx, "frame", ask)
	if err != nil || len(c.Quotes) != 3 || c.Best != "q-catl-2024-01-02" || c.Should == nil || c.Should.Unit != money.Of(15_000, "CNY") {
		t.Fatalf("comparison %+v %v", c, err)
	}
	if q := c.Quotes[0]; q.Supplier != "byd" || q.May || !q.Outlier || q.Against != "-40.0 %" || q.Standing != supply.NotRecorded {
		t.Errorf("the excluded supplier's %+v", q)
	}
	if q := c.Quotes[1]; q.Outlier || !q.May {
		t.Errorf("an ordinary one %+v", q)
	}
	if later, err := s.Compare(ctx, "frame", supply.Asked{Date: "2024-06-01", AsOf: "2024-07-01"}); err != nil || later.Best != "q-calb-2024-01-02" {
		t.Errorf("once the correction is known %+v %v", later, err)
	}
	if r, err = s.RollUp(ctx, "road-1", "max", ask); err != nil || r.Quoted != money.Of(59_200, "CNY") || len(r.Missing) != 1 || r.Missing[0] != "pane: quote" {
		t.Errorf("with quotes %+v %v", r, err)
	}
	_, err = s.AddStructure(ctx, "", supply.Structure{})
	wantCode(t, "an empty one", err, fault.Invalid, "id")
	stranger := Door()
	stranger.Model = "road-9"
	_, err = s.AddStructure(ctx, "", stranger)
	wantCode(t, "a structure needs its model", err, fault.NotFound, "model_unknown")
	if all, err := s.Structures(ctx, "road-1", ""); err != nil || len(all) != 1 {
		t.Errorf("structures %+v %v", all, err)
	}
	if all, err := s.Quotes(ctx, ""); err != nil || len(all) != 4 {
		t.Errorf("quotes %+v %v", all, err)
	}
	if all, err := s.ShouldCosts(ctx, "pane"); err != nil || len(all) != 1 {
		t.Errorf("should-costs %+v %v", all, err)
	}
}

func credit(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	floor := func(on period.Date) supply.Floor {
		f, err := s.Floor(ctx, "road-1", "P3", on, "0.01")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := floor("2023-10-01"); f.Credit != nil || f.Minimum != money.Of(14_494_950, "CNY") {
		t.Errorf("nothing is credited: %+v", f)
	}
	c := supply.Credit{Model: "road-1", Amount: money.Of(350_000, "CNY"), Confidence: "0.9", Valid: period.Span{From: "2023-09-15"}, Evidence: Proof("2023-09-20")}
	must(t)(s.AddCredit(ctx, "", c))
	if f := floor("2023-09-19"); f.Credit != nil {
		t.Errorf("before it was known: %+v", f.Credit)
	}
	f := floor("2023-10-01")
	if f.Credit == nil || f.Minimum != money.Of(14_141_415, "CNY") { // 140,000 / 0.99 = 141,414.1414…
		t.Errorf("credited %+v", f)
	}
	var sum money.Amount
	for _, x := range f.Terms {
		sum.Minor += x.Amount.Minor
	}
	if sum.Minor != f.Minimum.Minor || len(f.Terms) != 6 || f.Terms[4].Amount.Minor != -350_000 || f.Terms[4].Source != "a test" {
		t.Errorf("terms %+v", f.Terms)
	}
	less := c
	less.Amount, less.Evidence = money.Of(-100_000, "CNY"), Proof("2023-11-01")
	must(t)(s.AddCredit(ctx, "", less))
	if f := floor("2023-11-01"); f.Minimum != money.Of(14_595_960, "CNY") { // 144,500 / 0.99
		t.Errorf("software that costs raises the floor: %+v", f)
	}
	huge := c
	huge.Amount, huge.Evidence = money.Of(14_350_001, "CNY"), Proof("2023-12-01")
	must(t)(s.AddCredit(ctx, "", huge))
	_, err := s.Floor(ctx, "road-1", "P3", "2023-12-01", "0.01")
	wantCode(t, "more than the car costs", err, fault.Refused, "credit_exceeds_cost")
	c.Amount.Currency = "USD"
	_, err = s.AddCredit(ctx, "usd", c)
	wantCode(t, "in another currency than the model", err, fault.Invalid, "credit_currency")
	if all, err := s.Credits(ctx, "road-1"); err != nil || len(all) != 3 {
		t.Errorf("credits %+v %v", all, err)
	}
}

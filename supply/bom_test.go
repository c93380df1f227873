package supply_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/supply/supplytest"
)

func edge(assembly, part string) supply.Edge {
	return supply.Edge{Assembly: assembly, Part: part, Quantity: "1"}
}

func TestStructuresAreTrees(t *testing.T) {
	chain := []supply.Edge{edge("car", "p0")}
	for i := range supply.MaxDepth + 1 {
		chain = append(chain, edge(fmt.Sprintf("p%d", i), fmt.Sprintf("p%d", i+1)))
	}
	wide := []supply.Edge{}
	for i := range 8 { // four ways at each of eight levels: 4^8 leaves
		for k := range 4 {
			way := fmt.Sprintf("%s-%d", at(i), k)
			wide = append(wide, edge(at(i), way), edge(way, at(i+1)))
		}
	}
	first, then := edge("car", "a"), edge("car", "a")
	first.Valid, then.Valid = period.Span{From: "2024-01-01", To: "2024-07-01"}, period.Span{From: "2024-07-01"}
	for _, row := range []struct {
		why   string
		edges []supply.Edge
		code  string
		says  string
	}{
		{"a tree", []supply.Edge{edge("car", "door"), edge("door", "pane")}, "", ""},
		{"an assembly used twice is no cycle", []supply.Edge{edge("car", "a"), edge("car", "b"), edge("a", "screw"), edge("b", "screw")}, "", ""},
		{"a part that follows itself in time", []supply.Edge{first, then}, "", ""},
		{"itself", []supply.Edge{edge("car", "car")}, "cycle", "car → car"},
		{"through two others", []supply.Edge{edge("car", "door"), edge("door", "pane"), edge("pane", "seal"), edge("seal", "door")}, "cycle", "door → pane → seal → door"},
		{"a cycle beside the root", []supply.Edge{edge("car", "door"), edge("a", "b"), edge("b", "a")}, "cycle", "a → b → a"},
		{"an assembly of nothing", []supply.Edge{edge("car", "door"), edge("boat", "sail")}, "not_in_root", `"boat"`},
		{"a root without parts", []supply.Edge{edge("door", "pane")}, "root", `"car"`},
		{"a part twice at one time", []supply.Edge{edge("car", "a"), then}, "edge_twice", "/edges/0"},
		{"too deep", chain, "depth", ""},
		{"too many leaves", wide, "paths", ""},
	} {
		s := supplytest.Door()
		s.Root, s.Edges = "car", row.edges
		err := s.Check()
		if fault.CodeOf(err) != row.code || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q that says %q", row.why, err, row.code, row.says)
		}
	}
}

func at(i int) string {
	if i == 0 {
		return "car"
	}
	return fmt.Sprintf("l%d", i)
}

// A part holds on the days on which it is used.
func TestEffectiveDates(t *testing.T) {
	s := supplytest.Door()
	s.Edges = []supply.Edge{
		{Assembly: "road-1.max", Part: "old", Quantity: "2", Valid: period.Span{From: "2024-01-01", To: "2024-07-01"}},
		{Assembly: "road-1.max", Part: "new", Quantity: "3", Valid: period.Span{From: "2024-07-01"}},
	}
	unit := func(string) (supply.UnitCost, error) {
		p, err := supplytest.Frame().Cost("CNY", nil)
		return supply.UnitCost{Should: &p}, err
	}
	for on, want := range map[period.Date]int64{"2024-06-30": 30_000, "2024-07-01": 45_000} {
		if r, err := s.RollUp(on, "CNY", unit); err != nil || r.Should.Minor != want {
			t.Errorf("on %s: %s %v", on, r.Should, err)
		}
	}
	if _, err := s.RollUp("2023-12-31", "CNY", unit); fault.CodeOf(err) != "bom_empty" {
		t.Errorf("before any part: %v", err)
	}
}

// sums checks that every assembly is the sum of its parts and returns the sum of the leaves.
func sums(t interface{ Fatalf(string, ...any) }, n supply.Node) int64 {
	var parts, leaves int64
	for _, p := range n.Parts {
		sums(t, p)
		parts += p.Should.Minor
	}
	if len(n.Parts) > 0 && parts != n.Should.Minor {
		t.Fatalf("%s is %s, its parts %d", n.Part, n.Should, parts)
	}
	n.Leaves(func(l supply.Node) { leaves += l.Should.Minor })
	return leaves
}

func TestRollUpIsTheSumOfItsLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := supplytest.Door()
		s.Root, s.Edges = "n0", nil
		n := rapid.IntRange(2, 12).Draw(t, "parts")
		for i := 1; i < n; i++ {
			above := rapid.IntRange(0, i-1).Draw(t, "above")
			s.Edges = append(s.Edges, supply.Edge{Assembly: fmt.Sprintf("n%d", above), Part: fmt.Sprintf("n%d", i),
				Quantity: money.Decimal(rapid.StringMatching(`[1-9][0-9]?(\.[0-9]{1,3})?`).Draw(t, "quantity")),
				Scrap:    money.Decimal(rapid.SampledFrom([]string{"", "0", "0.02", "0.333", "0.5"}).Draw(t, "scrap"))})
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		kg := money.Decimal(rapid.StringMatching(`[1-9]\.[0-9]{1,4}`).Draw(t, "kg"))
		r, err := s.RollUp("2024-06-01", "CNY", func(string) (supply.UnitCost, error) {
			c := supplytest.Frame()
			c.Material[0].Kg = kg
			p, err := c.Cost("CNY", nil)
			return supply.UnitCost{Should: &p}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := sums(t, r.Root); got != r.Should.Minor || !r.Complete {
			t.Fatalf("the whole is %s, the leaves %d", r.Should, got)
		}
	})
}

func TestShouldCost(t *testing.T) {
	p := supplytest.Proof("2024-01-01")
	c := supply.ShouldCost{Part: "rail", Currency: "USD", Valid: period.Span{From: "2024-01-01"}, Evidence: p,
		Material: []supply.Material{{Name: "aluminium", Kg: "3.2", Price: "2.45", Evidence: p}, {Name: "insert", Kg: "0.11", Price: "9", Evidence: p}},
		Process:  []supply.Process{{Name: "extrude", Seconds: "47", Rate: "180", Evidence: p}, {Name: "mill", Seconds: "100", Rate: "95", Evidence: p}},
		Overhead: supply.Overhead{Share: "0.18", Evidence: &p}}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	// 8.83 + 4.98888… = 13.81888…; × 1.18 = 16.30628…
	got, err := c.Cost("USD", nil)
	if err != nil || got.Material != money.Of(883, "USD") || got.Process != money.Of(499, "USD") || got.Unit != money.Of(1631, "USD") || got.Overhead.Minor != 1631-883-499 || len(got.Formula) != 5 {
		t.Errorf("%+v %v", got, err)
	}
	if cny, err := c.Cost("CNY", &supply.Rate{From: "USD", To: "CNY", Rate: "7.2", Date: "2024-01-01"}); err != nil || cny.Unit != money.Of(11741, "CNY") { // 117.4052…
		t.Errorf("%+v %v", cny, err)
	}
	if _, err := c.Cost("CNY", nil); fault.CodeOf(err) != "rate_missing" {
		t.Errorf("without a rate: %v", err)
	}
	c.Material[1].Evidence.Source = ""
	if err := c.Check(); fault.CodeOf(err) != "evidence" {
		t.Errorf("a component that nothing speaks for: %v", err)
	}
}

// Whatever JSON makes a structure: if it passes the check it unfolds, and the whole is the sum of its leaves.
func FuzzStructure(f *testing.F) {
	b, err := json.Marshal(supplytest.Door())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"model":"m","trim":"t","root":"a","valid":{"from":"2024-01-01"},"edges":[{"assembly":"a","part":"b","quantity":"1","scrap":"0.999999"},{"assembly":"b","part":"a","quantity":"9"}]}`))
	unit := func(string) (supply.UnitCost, error) {
		p, err := supplytest.Frame().Cost("CNY", nil)
		return supply.UnitCost{Should: &p}, err
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s supply.Structure
		if json.Unmarshal(b, &s) != nil || s.Check() != nil {
			return
		}
		r, err := s.RollUp("2024-06-01", "CNY", unit)
		if err == nil && sums(t, r.Root) != r.Should.Minor {
			t.Fatalf("the whole is %s", r.Should)
		}
	})
}

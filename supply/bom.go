package supply

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Limits of bills of materials.
const (
	MaxEdges = 5000 // of one version
	MaxDepth = 30   // levels of assemblies
	MaxPaths = 50_000
)

// Structure is one version of the bill of materials of a model's trim: a tree of assemblies and parts. A part that several
// assemblies use is listed in each; what it costs is told elsewhere, by a ShouldCost and by Quotes.
type Structure struct {
	ID    string      `json:"id,omitempty"`
	Model string      `json:"model,omitempty"` // taken from the path of the request
	Trim  string      `json:"trim,omitempty"`  // taken from the path of the request
	Root  string      `json:"root" doc:"the whole: the assembly that is part of none"`
	Valid period.Span `json:"valid"`
	Edges []Edge      `json:"edges"`
	evidence.Evidence
}

// Edge says that so many of a part go into one assembly while it is in force. Scrap is the share of the pieces that is lost
// on the way: for one good piece 1 / (1 − scrap) are needed.
type Edge struct {
	Assembly string        `json:"assembly"`
	Part     string        `json:"part"`
	Quantity money.Decimal `json:"quantity"`
	Scrap    money.Decimal `json:"scrap,omitempty" doc:"share that is lost, 0.02 is two percent; default 0"`
	Valid    period.Span   `json:"valid,omitzero" doc:"days on which the part is used; default as long as the version holds"`
}

func (s Structure) key() string              { return s.ID }
func (s Structure) proof() evidence.Evidence { return s.Evidence }

func structureSpan(s Structure) period.Span { return s.Valid }

// Check refuses a structure that is no tree of assemblies under its root. Of a cycle it names the path.
func (s Structure) Check() error {
	if err := firstOf(checkID("/model", s.Model), checkID("/trim", s.Trim), checkID("/root", s.Root), checkSpan("/valid", s.Valid)); err != nil {
		return err
	}
	if len(s.Edges) == 0 || len(s.Edges) > MaxEdges {
		return fault.New(fault.Invalid, "edges", "a structure has 1 to %d edges, this one %d", MaxEdges, len(s.Edges)).At("/edges")
	}
	for i, e := range s.Edges {
		at := fmt.Sprintf("/edges/%d", i)
		if err := firstOf(checkID(at+"/assembly", e.Assembly), checkID(at+"/part", e.Part), positive(at+"/quantity", e.Quantity)); err != nil {
			return err
		}
		if e.Scrap != "" {
			if err := decimalIn(at+"/scrap", e.Scrap, "0", "0.999999", "a scrap rate"); err != nil {
				return err
			}
		}
		if e.Valid != (period.Span{}) {
			if err := checkSpan(at+"/valid", e.Valid); err != nil {
				return err
			}
		}
	}
	if err := s.checkTree(); err != nil {
		return err
	}
	return checkProof("", s.Evidence)
}

// checkTree refuses cycles, assemblies that the root does not contain, one part twice in an assembly at one time, and
// structures that are too deep or unfold to too many paths.
func (s Structure) checkTree() error {
	kids := s.children(func(Edge) bool { return true })
	if len(kids[s.Root]) == 0 {
		return fault.New(fault.Invalid, "root", "the root %q has no parts: no edge names it as assembly", s.Root).At("/root")
	}
	paths, height := map[string]int{}, map[string]int{} // leaves and levels below; none: not counted yet
	var trail []string
	var walk func(part string) error
	walk = func(part string) error {
		if i := slices.Index(trail, part); i >= 0 {
			return fault.New(fault.Invalid, "cycle", "%s contains itself: %s", part, strings.Join(append(slices.Clone(trail[i:]), part), " → ")).At("/edges")
		}
		if paths[part] > 0 {
			return nil
		}
		trail = append(trail, part)
		n := 0
		for _, e := range kids[part] {
			if err := walk(e.Part); err != nil {
				return err
			}
			n += paths[e.Part]
			height[part] = max(height[part], 1+height[e.Part])
		}
		trail = trail[:len(trail)-1]
		paths[part] = max(1, n)
		if paths[part] > MaxPaths {
			return fault.New(fault.Invalid, "paths", "the structure unfolds to more than %d leaves below %q", MaxPaths, part).At("/edges")
		}
		if height[part] > MaxDepth {
			return fault.New(fault.Invalid, "depth", "%q lies on more than %d levels of parts", part, MaxDepth).At("/edges")
		}
		return nil
	}
	if err := walk(s.Root); err != nil {
		return err
	}
	for i, e := range s.Edges {
		if paths[e.Assembly] == 0 {
			// It may hang in a cycle of its own: say that first.
			if err := walk(e.Assembly); err != nil {
				return err
			}
			return fault.New(fault.Invalid, "not_in_root", "assembly %q is no part of %q", e.Assembly, s.Root).At(fmt.Sprintf("/edges/%d/assembly", i))
		}
		if j := slices.IndexFunc(s.Edges[:i], func(o Edge) bool {
			return o.Assembly == e.Assembly && o.Part == e.Part && meet(o.Valid, e.Valid)
		}); j >= 0 {
			return fault.New(fault.Invalid, "edge_twice", "%q has part %q twice at one time, also at /edges/%d: add the quantities up", e.Assembly, e.Part, j).At(fmt.Sprintf("/edges/%d", i))
		}
	}
	return nil
}

// meet reports whether two spans share a day.
func meet(a, b period.Span) bool {
	return (a.To == "" || b.From < a.To) && (b.To == "" || a.From < b.To)
}

// children lists each assembly's edges, in the order of the version.
func (s Structure) children(which func(Edge) bool) map[string][]Edge {
	out := map[string][]Edge{}
	for _, e := range s.Edges {
		if which(e) {
			out[e.Assembly] = append(out[e.Assembly], e)
		}
	}
	return out
}

// Node is an assembly or a part in its place in a roll-up. Amounts are for one whole, so that an assembly's are exactly the
// sums of its parts' and the root's the sum of all leaves'.
type Node struct {
	Part     string        `json:"part"`
	Quantity money.Decimal `json:"quantity"`        // per assembly
	Scrap    money.Decimal `json:"scrap,omitempty"` //
	Needed   string        `json:"needed"`          // for one whole, scrap included; a fraction where it is no short decimal
	Should   money.Amount  `json:"should"`          // should-cost
	Quoted   money.Amount  `json:"quoted"`          // by the best quote of each part
	Unit     *UnitCost     `json:"unit,omitempty"`  // of a leaf
	Missing  []string      `json:"missing,omitempty"`
	Parts    []Node        `json:"parts,omitempty"`

	needed *big.Rat
}

// UnitCost is what one piece of a part costs. A figure that is not there is nil, never 0.
type UnitCost struct {
	Should *ShouldPart  `json:"should,omitempty"`
	Quote  *QuotedPrice `json:"quote,omitempty"` // the lowest of the quotes that may be taken
}

// RollUp is what a trim costs by its structure, as far as was known on AsOf.
type RollUp struct {
	Model     string       `json:"model"`
	Trim      string       `json:"trim"`
	Date      period.Date  `json:"date"`
	AsOf      period.Date  `json:"as_of"`
	Structure string       `json:"structure"` // id of the version
	Should    money.Amount `json:"should"`
	Quoted    money.Amount `json:"quoted"`
	Complete  bool         `json:"complete"`          // whether every part has a should-cost
	Missing   []string     `json:"missing,omitempty"` // parts without a should-cost, or "part: quote" without a quote
	Root      Node         `json:"root"`
}

// RollUp unfolds the structure on a day and adds up what its parts cost, in one currency. Each leaf is rounded once; every
// sum above is of rounded amounts. What a part costs is asked of unit; a missing figure counts nothing and is named.
func (s Structure) RollUp(on period.Date, in money.Currency, unit func(part string) (UnitCost, error)) (RollUp, error) {
	r := RollUp{Model: s.Model, Trim: s.Trim, Date: on, Structure: s.ID}
	kids := s.children(func(e Edge) bool { return e.Valid.Contains(on) })
	units := map[string]UnitCost{}
	var build func(part string, needed *big.Rat) (Node, error)
	build = func(part string, needed *big.Rat) (Node, error) {
		n := Node{Part: part, Needed: fractionText(needed), needed: needed, Should: money.Of(0, in), Quoted: money.Of(0, in)}
		if len(kids[part]) == 0 {
			u, ok := units[part]
			if !ok {
				var err error
				if u, err = unit(part); err != nil {
					return n, err
				}
				units[part] = u
			}
			return n, n.price(u)
		}
		for _, e := range kids[part] {
			child, err := build(e.Part, new(big.Rat).Mul(needed, e.perAssembly()))
			if err != nil {
				return n, err
			}
			child.Quantity, child.Scrap = e.Quantity, e.Scrap
			n.Parts = append(n.Parts, child)
			n.Missing = append(n.Missing, child.Missing...)
			if n.Should, err = n.Should.Add(child.Should); err != nil {
				return n, err
			}
			if n.Quoted, err = n.Quoted.Add(child.Quoted); err != nil {
				return n, err
			}
		}
		return n, nil
	}
	root, err := build(s.Root, big.NewRat(1, 1))
	if err != nil {
		return r, err
	}
	if len(root.Parts) == 0 {
		return r, fault.New(fault.Refused, "bom_empty", "no part of %q is in force on %s in the bill of materials of trim %q", s.Root, on, s.Trim)
	}
	root.Quantity = "1"
	slices.Sort(root.Missing)
	r.Root, r.Should, r.Quoted = root, root.Should, root.Quoted
	r.Missing = slices.Compact(slices.Clone(root.Missing))
	r.Complete = !slices.ContainsFunc(r.Missing, func(m string) bool { return !strings.HasSuffix(m, noQuote) })
	r.Root.Missing = nil // said once, above
	return r, nil
}

// noQuote ends what Missing says of a part that nobody quotes.
const noQuote = ": quote"

// perAssembly is quantity / (1 − scrap).
func (e Edge) perAssembly() *big.Rat {
	left := new(big.Rat).Sub(big.NewRat(1, 1), ratio(cmp.Or(e.Scrap, "0")))
	return new(big.Rat).Quo(ratio(e.Quantity), left)
}

// price multiplies what a leaf costs by what is needed, each figure rounded once.
func (n *Node) price(u UnitCost) (err error) {
	n.Unit = &u
	if u.Should == nil {
		n.Missing = append(n.Missing, n.Part)
	} else if n.Should, err = round(n.Should.Currency, new(big.Rat).Mul(n.needed, u.Should.exact)); err != nil {
		return err
	}
	if u.Quote == nil {
		n.Missing = append(n.Missing, n.Part+noQuote)
	} else if n.Quoted, err = round(n.Quoted.Currency, new(big.Rat).Mul(n.needed, u.Quote.exact)); err != nil {
		return err
	}
	return nil
}

// Leaves calls fn with every leaf of the tree.
func (n Node) Leaves(fn func(Node)) {
	if len(n.Parts) == 0 {
		fn(n)
	}
	for _, p := range n.Parts {
		p.Leaves(fn)
	}
}

// fractionText writes a number as a decimal where that is exact, else as a fraction.
func fractionText(r *big.Rat) string {
	if d := decimal(r); ratio(d).Cmp(r) == 0 {
		return string(d)
	}
	return r.RatString()
}

package supply

import (
	"cmp"
	"fmt"
	"math/big"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// MaxComponents is how many materials, and how many steps, a should-cost may have.
const MaxComponents = 100

// ShouldCost is what one piece of a part should cost by what goes into it, whatever anybody asks for it:
//
//	(Σ mass × price + Σ cycle time × rate of the machine) × (1 + overhead)
type ShouldCost struct {
	ID       string         `json:"id,omitempty"`
	Part     string         `json:"part"`
	Currency money.Currency `json:"currency"`
	Valid    period.Span    `json:"valid"`
	Material []Material     `json:"material,omitempty"`
	Process  []Process      `json:"process,omitempty"`
	Overhead Overhead       `json:"overhead,omitzero"`
	evidence.Evidence
}

// Material is what a piece is made of: Kg bought per piece, offcuts included.
type Material struct {
	Name     string            `json:"name"`
	Kg       money.Decimal     `json:"kg"`
	Price    money.Decimal     `json:"price" doc:"major units per kg"`
	Evidence evidence.Evidence `json:"evidence"`
}

// Process is a step that a piece goes through on a machine with its crew.
type Process struct {
	Name     string            `json:"name"`
	Seconds  money.Decimal     `json:"seconds" doc:"cycle time per piece"`
	Rate     money.Decimal     `json:"rate" doc:"major units per hour of the machine with its crew"`
	Evidence evidence.Evidence `json:"evidence"`
}

// Overhead is the share for what is not told apart: administration, tools, freight, the maker's own profit.
type Overhead struct {
	Share    money.Decimal      `json:"share,omitempty" doc:"of material and process, 0.15 is fifteen percent"`
	Evidence *evidence.Evidence `json:"evidence,omitempty"`
}

func (s ShouldCost) key() string              { return s.ID }
func (s ShouldCost) proof() evidence.Evidence { return s.Evidence }

func shouldSpan(s ShouldCost) period.Span { return s.Valid }

// Check refuses a should-cost with a component that nothing speaks for.
func (s ShouldCost) Check() error {
	if err := firstOf(checkID("/part", s.Part), checkCurrency("/currency", s.Currency), checkSpan("/valid", s.Valid)); err != nil {
		return err
	}
	if n := len(s.Material) + len(s.Process); n == 0 {
		return fault.New(fault.Invalid, "components", "a should-cost has a material or a process").At("/material")
	}
	if len(s.Material) > MaxComponents || len(s.Process) > MaxComponents {
		return fault.New(fault.Invalid, "components", "a should-cost has at most %d materials and %d steps", MaxComponents, MaxComponents).At("/material")
	}
	for i, m := range s.Material {
		at := fmt.Sprintf("/material/%d", i)
		if err := firstOf(checkText(at+"/name", m.Name, MaxName), positive(at+"/kg", m.Kg), notNegative(at+"/price", m.Price, "a price of a material"), checkProof(at+"/evidence", m.Evidence)); err != nil {
			return err
		}
	}
	for i, p := range s.Process {
		at := fmt.Sprintf("/process/%d", i)
		if err := firstOf(checkText(at+"/name", p.Name, MaxName), positive(at+"/seconds", p.Seconds), notNegative(at+"/rate", p.Rate, "a rate of a machine"), checkProof(at+"/evidence", p.Evidence)); err != nil {
			return err
		}
	}
	if o := s.Overhead; o.Share != "" {
		if err := decimalIn("/overhead/share", o.Share, "0", "10", "an overhead"); err != nil {
			return err
		}
		if o.Evidence == nil {
			return fault.New(fault.Invalid, "evidence", "an overhead says where it comes from, as every component does").At("/overhead/evidence")
		}
		if err := checkProof("/overhead/evidence", *o.Evidence); err != nil {
			return err
		}
	}
	return checkProof("", s.Evidence)
}

// ShouldPart is the should-cost of one piece, term by term: material + process + overhead = unit, to the minor unit.
type ShouldPart struct {
	Record   string       `json:"record"`
	Material money.Amount `json:"material"`
	Process  money.Amount `json:"process"`
	Overhead money.Amount `json:"overhead"` // with what the rounding of the other two leaves
	Unit     money.Amount `json:"unit"`
	Formula  []string     `json:"formula"`
	Rate     *Rate        `json:"rate,omitempty"` // into the currency that was asked for

	exact *big.Rat
}

// Cost adds a should-cost up in a currency. The exact number goes into roll-ups; what is shown is rounded.
func (s ShouldCost) Cost(in money.Currency, rate *Rate) (ShouldPart, error) {
	p := ShouldPart{Record: s.ID, Rate: rate}
	into := big.NewRat(1, 1)
	if s.Currency != in {
		if rate == nil || rate.From != s.Currency || rate.To != in {
			return p, fault.New(fault.Refused, "rate_missing", "the should-cost of %q is in %s and there is no rate to %s", s.Part, s.Currency, in)
		}
		into = ratio(rate.Rate)
	}
	material, process := new(big.Rat), new(big.Rat)
	for _, m := range s.Material {
		material.Add(material, new(big.Rat).Mul(ratio(m.Kg), ratio(m.Price)))
		p.Formula = append(p.Formula, fmt.Sprintf("%s: %s kg × %s %s/kg", m.Name, m.Kg, m.Price, s.Currency))
	}
	for _, st := range s.Process {
		hours := new(big.Rat).Quo(ratio(st.Seconds), big.NewRat(3600, 1))
		process.Add(process, hours.Mul(hours, ratio(st.Rate)))
		p.Formula = append(p.Formula, fmt.Sprintf("%s: %s s × %s %s/h", st.Name, st.Seconds, st.Rate, s.Currency))
	}
	overhead := cmp.Or(s.Overhead.Share, "0")
	p.Formula = append(p.Formula, fmt.Sprintf("overhead: %s of both", overhead))
	if rate != nil {
		p.Formula = append(p.Formula, fmt.Sprintf("at %s %s/%s of %s", rate.Rate, in, s.Currency, rate.Date))
	}
	material.Mul(material, into)
	process.Mul(process, into)
	p.exact = new(big.Rat).Add(material, process)
	p.exact.Mul(p.exact, new(big.Rat).Add(big.NewRat(1, 1), ratio(overhead)))
	var err error
	if p.Unit, err = round(in, p.exact); err != nil {
		return p, err
	}
	if p.Material, err = round(in, material); err != nil {
		return p, err
	}
	if p.Process, err = round(in, process); err != nil {
		return p, err
	}
	p.Overhead, err = money.Sum(p.Unit, p.Material.Neg(), p.Process.Neg())
	return p, err
}

package sourcing

import (
	"roadbook/evidence"
	"roadbook/money"
	"roadbook/period"
)

// Status says what is known about a plan.
type Status string

// The states of a plan.
const (
	Optimal    Status = "optimal"    // plan and proven bound agree within the gap asked for
	Feasible   Status = "feasible"   // a plan that keeps every rule, with a proven bound
	Infeasible Status = "infeasible" // proven: no plan keeps every rule; Conflicts says why
	Unknown    Status = "unknown"    // stopped by a limit before a plan was found
)

// Plan is the answer to a case. Quantities are packs and continuous, as the model is; money is rounded for reading.
type Plan struct {
	Case     string         `json:"case"`
	Title    string         `json:"title,omitempty"`
	CaseHash string         `json:"case_hash"` // SHA-256 of the case as it was read
	Currency money.Currency `json:"currency"`
	AsOf     period.Date    `json:"as_of"`
	Answer   string         `json:"answer"` // the first sentence
	Run      Run            `json:"run"`

	Objective money.Amount `json:"objective"` // (1−λ)·mean + λ·CVaR
	Bound     money.Amount `json:"bound"`     // no plan is cheaper
	Mean      money.Amount `json:"mean"`
	CVaR      money.Amount `json:"cvar"`
	Worst     money.Amount `json:"worst"` // the dearest scenario
	Lambda    float64      `json:"lambda"`
	Alpha     float64      `json:"alpha"`
	Cars      float64      `json:"cars"` // expected, over the horizon
	PerCar    money.Amount `json:"per_car"`
	CO2       float64      `json:"co2_kg"` // expected, of what suppliers deliver
	CO2Cap    float64      `json:"co2_cap_kg,omitempty"`

	Months     []period.Month `json:"months"` // first month of each period
	Awards     []Award        `json:"awards"`
	Tiers      []TierChoice   `json:"tiers"`
	Cost       []CostLine     `json:"cost"`      // expected; sums to Mean
	Scenarios  []Outcome      `json:"scenarios"` // each with its quantities
	Suppliers  []SupplierCost `json:"suppliers"` // expected cost by supplier
	Shares     []ShareSeries  `json:"shares"`    // for a stacked picture
	Currencies []CurrencyRow  `json:"currencies"`

	Singles     []Single               `json:"singles,omitempty"` // the best plan with one supplier alone
	Prices      []RulePrice            `json:"prices,omitempty"`  // what each rule costs
	Sensitivity []SensitiveRow         `json:"sensitivity,omitempty"`
	Conflicts   []Conflict             `json:"conflicts,omitempty"`
	Notes       []Note                 `json:"notes,omitempty"`
	Levels      map[evidence.Level]int `json:"levels"` // how many figures rest on which level of evidence
}

// Run says how a plan was found.
type Run struct {
	Status     Status  `json:"status"`
	Engine     string  `json:"engine"`
	BoundBy    string  `json:"bound_by"`
	Gap        float64 `json:"gap"`       // (plan − bound)/plan, proven
	Tolerance  float64 `json:"tolerance"` // the gap asked for
	Nodes      int     `json:"nodes"`
	Iterations int     `json:"iterations"` // of the bound
	LPs        int     `json:"lps"`        // linear programs solved
	CPU        float64 `json:"cpu_seconds"`
	Seed       uint64  `json:"seed"`
	Columns    int     `json:"columns"`
	Rows       int     `json:"rows"`
	Binaries   int     `json:"binaries"`
	Stopped    string  `json:"stopped,omitempty"` // "gap", "limit", "interrupted"
}

// Award is the decision for one offer.
type Award struct {
	Supplier      string       `json:"supplier"`
	Pack          string       `json:"pack"`
	Chemistry     string       `json:"chemistry"`
	Awarded       bool         `json:"awarded"`
	Packs         float64      `json:"packs"`          // expected
	Share         float64      `json:"share"`          // of all that is bought of the pack, elsewhere included
	From          period.Month `json:"from,omitempty"` // first delivery that is possible
	Qualification money.Amount `json:"qualification"`
	Excluded      []string     `json:"excluded,omitempty"` // exclusions that bind somewhere in the horizon
}

// TierChoice is the tier of a supplier in a contract year.
type TierChoice struct {
	Supplier  string       `json:"supplier"`
	Year      int          `json:"year"` // from 1
	Begins    period.Month `json:"begins"`
	Scenario  string       `json:"scenario,omitempty"` // empty: the same in all
	Tier      int          `json:"tier"`               // from 1; 0: nothing is bought
	From      float64      `json:"from"`
	To        float64      `json:"to,omitempty"` // 0: no end
	Discount  float64      `json:"discount"`
	Volume    float64      `json:"volume"`    // expected packs
	Shortfall float64      `json:"shortfall"` // expected packs paid but not taken
}

// Kinds of cost, in the order of a plan.
var kinds = []string{"purchase", "discount", "qualification", "orders", "holding", "shortage", "take_or_pay"}

// CostLine is one kind of cost: purchase (before discount), discount (negative), qualification, orders, holding,
// shortage, take_or_pay.
type CostLine struct {
	Kind   string       `json:"kind"`
	Amount money.Amount `json:"amount"`
}

// Outcome is the plan within one scenario.
type Outcome struct {
	ID          string       `json:"id"`
	Probability float64      `json:"probability"`
	Total       money.Amount `json:"total"`
	Cost        []CostLine   `json:"cost"` // sums to Total
	Cars        float64      `json:"cars"`
	PerCar      money.Amount `json:"per_car"`
	CO2         float64      `json:"co2_kg"`
	Rows        []MonthRow   `json:"rows"`
}

// MonthRow is one pack in one period: Stock before + bought + short = Used + Stock.
type MonthRow struct {
	Month period.Month `json:"month"`
	Pack  string       `json:"pack"`
	Buys  []Buy        `json:"buys,omitempty"`
	Used  float64      `json:"used"`
	Stock float64      `json:"stock"` // at the end of the period
	Short float64      `json:"short"` // bought elsewhere
}

// Buy is one order. Price is per pack, before discount, in the case's currency.
type Buy struct {
	Supplier string  `json:"supplier"`
	Packs    float64 `json:"packs"`
	Price    float64 `json:"price"`
	Discount float64 `json:"discount"`
}

// SupplierCost is what one supplier is paid, expected; the supplier "" stands for what is bought elsewhere.
type SupplierCost struct {
	Supplier string       `json:"supplier"`
	Packs    float64      `json:"packs"`
	Amount   money.Amount `json:"amount"` // purchase less discount, qualification, orders, take-or-pay
}

// ShareSeries is a supplier's expected packs of one pack type in each period; the supplier "" stands for elsewhere.
type ShareSeries struct {
	Supplier string    `json:"supplier"`
	Pack     string    `json:"pack"`
	Packs    []float64 `json:"packs"`
}

// CurrencyRow is the expected spend in one currency.
type CurrencyRow struct {
	Currency money.Currency    `json:"currency"`
	Own      money.Amount      `json:"own"`
	Rate     float64           `json:"rate"`
	Spend    money.Amount      `json:"spend"` // in the case's currency
	Evidence evidence.Evidence `json:"evidence,omitzero"`
}

// Single is the best plan with one supplier alone. The share caps and dual-source rules, which one supplier cannot keep,
// are left out; exclusions and everything else hold.
type Single struct {
	Supplier string       `json:"supplier"`
	Feasible bool         `json:"feasible"`
	Why      string       `json:"why,omitempty"` // why not
	Cost     money.Amount `json:"cost"`
	Bound    money.Amount `json:"bound"`
	Short    float64      `json:"short"`   // expected packs that had to be bought elsewhere
	PerCar   money.Amount `json:"per_car"` // cost of this plan less the award's, per car
}

// RulePrice is what a rule costs: optimum with it less optimum without, between Low and High for certain.
type RulePrice struct {
	Rule        string       `json:"rule"` // "exclusion[byd-legal]"
	Kind        string       `json:"kind"` // exclusion, dual_source, max_share, co2
	Words       string       `json:"words"`
	Low         money.Amount `json:"low"`
	High        money.Amount `json:"high"`
	Found       money.Amount `json:"found"` // difference of the two plans
	LowPerCar   money.Amount `json:"low_per_car"`
	HighPerCar  money.Amount `json:"high_per_car"`
	FoundPerCar money.Amount `json:"found_per_car"`
	Gap         float64      `json:"gap"` // of the solve without the rule
	Note        string       `json:"note,omitempty"`
}

// SensitiveRow is the cost at a multiple of a commodity's path.
type SensitiveRow struct {
	Commodity string       `json:"commodity"`
	Factor    float64      `json:"factor"`
	Fixed     money.Amount `json:"fixed"`             // the plan's award and tiers kept, quantities adapted
	Resolved  money.Amount `json:"resolved"`          // decided anew
	Bound     money.Amount `json:"bound"`             // of the new decision
	PerCar    money.Amount `json:"per_car"`           // Resolved per car
	Changed   []string     `json:"changed,omitempty"` // awards that differ from the plan's
}

// Conflict is one member of a minimal set of rules that cannot hold together.
type Conflict struct {
	Row   string `json:"row"`
	Words string `json:"words"`
}

// Note asks a person to look: an expired exclusion, a review that is due, a figure that is only assumed.
type Note struct {
	Code    string `json:"code"`
	Pointer string `json:"pointer,omitempty"`
	Words   string `json:"words"`
}

package sourcing

import (
	"roadbook/evidence"
	"roadbook/money"
	"roadbook/period"
)

// Limits of a case.
const (
	MaxSize        = 4 << 20 // of a file, in bytes
	MaxPeriods     = 120
	MaxSuppliers   = 40
	MaxPacks       = 24
	MaxTrims       = 60
	MaxTiers       = 12
	MaxScenarios   = 100
	MaxCommodities = 12
	MaxExclusions  = 200
	MaxRules       = 60
	MaxFactors     = 12
	MaxCells       = 400_000 // supplier × pack × period × scenario
)

// Case is one sourcing question. Money is in major units, quantities in packs, CO2 in kg, times in months.
type Case struct {
	Name     string         `json:"name" yaml:"name"`
	Title    string         `json:"title,omitempty" yaml:"title"`
	Currency money.Currency `json:"currency" yaml:"currency"`       // of the plan
	Region   string         `json:"region,omitempty" yaml:"region"` // where the cars are sold; exclusions may name a region
	AsOf     period.Date    `json:"as_of" yaml:"as_of"`             // the day of the decision: what is known, what has expired
	Start    period.Month   `json:"start" yaml:"start"`             // first month of the horizon
	Periods  int            `json:"periods" yaml:"periods"`         // their number, 1 to MaxPeriods
	Step     int            `json:"step,omitempty" yaml:"step"`     // months in a period: 1 (default), 2, 3, 4, 6 or 12
	// YearFrom is the month (1 to 12) in which contract years begin, 0 for the month of Start.
	YearFrom int `json:"year_from,omitempty" yaml:"year_from"`
	// Rebates says when a tier is settled: "contract" (default) fixes one tier for all scenarios when the contract is
	// signed; "year_end" lets the tier follow the year's volume in each scenario.
	Rebates string `json:"rebates,omitempty" yaml:"rebates"`

	// Evidence holds defaults: "default" for the whole case, or a section's: rates, commodities, packs, trims, suppliers,
	// rules, scenarios.
	Evidence map[string]evidence.Evidence `json:"evidence,omitempty" yaml:"evidence"`

	Rates       []Rate      `json:"rates,omitempty" yaml:"rates"`
	Commodities []Commodity `json:"commodities,omitempty" yaml:"commodities"`
	Packs       []Pack      `json:"packs" yaml:"packs"`
	Trims       []Trim      `json:"trims" yaml:"trims"`
	Suppliers   []Supplier  `json:"suppliers" yaml:"suppliers"`
	Rules       Rules       `json:"rules,omitzero" yaml:"rules"`
	Exclusions  []Exclusion `json:"exclusions,omitempty" yaml:"exclusions"`
	Scenarios   []Scenario  `json:"scenarios,omitempty" yaml:"scenarios"`
	Risk        Risk        `json:"risk,omitzero" yaml:"risk"`
	Sensitivity Sensitivity `json:"sensitivity,omitzero" yaml:"sensitivity"`
}

// Rate is the price of one unit of From in units of To; To is the case's currency.
type Rate struct {
	From money.Currency `json:"from" yaml:"from"`
	To   money.Currency `json:"to" yaml:"to"`
	Rate Figure         `json:"rate" yaml:"rate"`
}

// Commodity is an index that prices follow, in Currency per kg.
type Commodity struct {
	ID       string         `json:"id" yaml:"id"`
	Currency money.Currency `json:"currency,omitempty" yaml:"currency"` // empty: the case's
	Path     Series         `json:"path" yaml:"path"`                   // price per kg in each period
	// Before is the price in the months before the horizon, which a lag reaches back to; not given: the path's first value.
	Before Figure `json:"before,omitzero" yaml:"before"`
}

// Pack is a thing that is bought: one chemistry and one size. Suppliers' offers of the same pack are interchangeable.
type Pack struct {
	ID        string `json:"id" yaml:"id"`
	Chemistry string `json:"chemistry" yaml:"chemistry"`
	KWh       Figure `json:"kwh" yaml:"kwh"`
	Holding   Figure `json:"holding" yaml:"holding"`            // cost of keeping one pack for a month
	Shortage  Figure `json:"shortage,omitzero" yaml:"shortage"` // price of one pack bought elsewhere; not given: there is no elsewhere
	Stock     Figure `json:"stock,omitzero" yaml:"stock"`       // packs in stock at the start
}

// Trim is a car variant with the packs that fit it, and how many cars are built in each period.
type Trim struct {
	ID     string   `json:"id" yaml:"id"`
	Model  string   `json:"model,omitempty" yaml:"model"`
	Packs  []string `json:"packs" yaml:"packs"`
	Demand Series   `json:"demand" yaml:"demand"`
}

// Supplier is one who quotes.
type Supplier struct {
	ID        string         `json:"id" yaml:"id"`
	Name      string         `json:"name,omitempty" yaml:"name"`
	Currency  money.Currency `json:"currency,omitempty" yaml:"currency"`    // of all its money; empty: the case's
	OrderCost Figure         `json:"order_cost,omitzero" yaml:"order_cost"` // of each order: one pack type in one period
	// TakeOrPay is the part of the mean price that is paid for each pack by which a tier's lower volume is missed.
	// Not given: a tier must be reached.
	TakeOrPay Figure             `json:"take_or_pay,omitzero" yaml:"take_or_pay"`
	Tiers     []Tier             `json:"tiers,omitempty" yaml:"tiers"` // on all packs of a contract year; none: no discount
	Years     []YearTiers        `json:"years,omitempty" yaml:"years"` // other tiers in single contract years
	Offers    []Offer            `json:"offers" yaml:"offers"`
	Evidence  *evidence.Evidence `json:"evidence,omitempty" yaml:"evidence"` // default of this supplier's figures
}

// Tier gives Discount on all packs of a contract year whose volume lies in [From, To].
type Tier struct {
	From     Figure `json:"from" yaml:"from"`
	To       Figure `json:"to,omitzero" yaml:"to"`    // not given: the next tier's From, or no end
	Discount Figure `json:"discount" yaml:"discount"` // 0 to 0.9
}

// YearTiers replaces a supplier's tiers in one contract year, counted from 1.
type YearTiers struct {
	Year  int    `json:"year" yaml:"year"`
	Tiers []Tier `json:"tiers" yaml:"tiers"`
}

// Offer is a supplier's quote for a pack.
type Offer struct {
	Pack          string        `json:"pack" yaml:"pack"`
	Price         Price         `json:"price" yaml:"price"`
	Capacity      Series        `json:"capacity" yaml:"capacity"` // packs a month
	MOQ           Figure        `json:"moq,omitzero" yaml:"moq"`  // least packs of an order, when there is one
	Qualification Qualification `json:"qualification,omitzero" yaml:"qualification"`
	CO2           Figure        `json:"co2,omitzero" yaml:"co2"` // kg per kWh
}

// Qualification is paid once when a supplier is awarded a pack; it delivers from period Start + Months on.
type Qualification struct {
	Cost   Figure `json:"cost,omitzero" yaml:"cost"`
	Months Figure `json:"months,omitzero" yaml:"months"`
}

// Price is per kWh or per pack: Base·learning + Σ content·(index − at). A quote that includes the commodity at a stated
// price names that price as the index term's At; the rest of the base alone learns.
type Price struct {
	Per   string `json:"per" yaml:"per"` // "kwh" or "pack"
	Base  Figure `json:"base" yaml:"base"`
	Learn Learn  `json:"learn,omitzero" yaml:"learn"`
	Index []Term `json:"index,omitempty" yaml:"index"`
}

// Learn lowers the base by Wright's law: ×(X_t/X_0)^−b, b = −log2(1−Rate), cumulative volume X growing by Growth a year.
type Learn struct {
	Rate   Figure `json:"rate,omitzero" yaml:"rate"`     // 0 to 0.5 per doubling
	Growth Figure `json:"growth,omitzero" yaml:"growth"` // 0 to 5 a year
}

// Term passes a commodity through: Content kg per kWh (or per pack), with a lag in months and a collar on the index.
type Term struct {
	Commodity string `json:"commodity" yaml:"commodity"`
	Content   Figure `json:"content" yaml:"content"`
	At        Figure `json:"at,omitzero" yaml:"at"` // index price that the base includes; not given: the base includes none
	Lag       int    `json:"lag,omitempty" yaml:"lag"`
	Floor     Figure `json:"floor,omitzero" yaml:"floor"`
	Cap       Figure `json:"cap,omitzero" yaml:"cap"`
}

// Rules are the buyer's own.
type Rules struct {
	MaxShare   []MaxShare   `json:"max_share,omitempty" yaml:"max_share"`
	DualSource []DualSource `json:"dual_source,omitempty" yaml:"dual_source"`
	CO2Cap     Figure       `json:"co2_cap,omitzero" yaml:"co2_cap"`         // kg over the horizon
	CO2Average Figure       `json:"co2_average,omitzero" yaml:"co2_average"` // kg per kWh bought, over the horizon
}

// MaxShare caps each supplier's part of the packs bought in a contract year: of one pack, of a chemistry, or of all.
type MaxShare struct {
	ID        string `json:"id,omitempty" yaml:"id"`
	Pack      string `json:"pack,omitempty" yaml:"pack"`
	Chemistry string `json:"chemistry,omitempty" yaml:"chemistry"`
	Supplier  string `json:"supplier,omitempty" yaml:"supplier"` // empty: each
	Share     Figure `json:"share" yaml:"share"`                 // above 0 to 1
}

// DualSource asks for at least Suppliers awarded suppliers: for one pack, for a chemistry, or over all.
type DualSource struct {
	ID        string `json:"id,omitempty" yaml:"id"`
	Pack      string `json:"pack,omitempty" yaml:"pack"`
	Chemistry string `json:"chemistry,omitempty" yaml:"chemistry"`
	Suppliers Figure `json:"suppliers" yaml:"suppliers"` // 1 to 10
}

// Exclusion bars a supplier on the days [From, To): nothing is bought in a period that holds one of them. An exclusion
// that has ended does not bind any more, and the plan asks for its review.
type Exclusion struct {
	ID       string            `json:"id" yaml:"id"`
	Supplier string            `json:"supplier" yaml:"supplier"`
	Scope    Scope             `json:"scope,omitzero" yaml:"scope"` // empty: everything
	From     period.Date       `json:"from" yaml:"from"`
	To       period.Date       `json:"to,omitempty" yaml:"to"` // empty: until further notice
	Reason   string            `json:"reason" yaml:"reason"`
	Owner    string            `json:"owner" yaml:"owner"`   // answers for the decision
	Review   period.Date       `json:"review" yaml:"review"` // when it is looked at again
	Evidence evidence.Evidence `json:"evidence" yaml:"evidence"`
}

// Scope narrows an exclusion; all that is named must match.
type Scope struct {
	Chemistry string `json:"chemistry,omitempty" yaml:"chemistry"`
	Pack      string `json:"pack,omitempty" yaml:"pack"`
	Model     string `json:"model,omitempty" yaml:"model"` // a trim's model or id
	Region    string `json:"region,omitempty" yaml:"region"`
}

// Scenario is one state of the world after the contracts are signed.
type Scenario struct {
	ID          string          `json:"id" yaml:"id"`
	Probability Figure          `json:"probability" yaml:"probability"`
	Demand      Series          `json:"demand,omitzero" yaml:"demand"` // factor on every trim's demand; not given: 1
	Commodities []CommodityPath `json:"commodities,omitempty" yaml:"commodities"`
}

// CommodityPath replaces (Path) or multiplies (Factor) a commodity's path within a scenario.
type CommodityPath struct {
	Commodity string `json:"commodity" yaml:"commodity"`
	Path      Series `json:"path,omitzero" yaml:"path"`
	Factor    Series `json:"factor,omitzero" yaml:"factor"`
}

// Risk weighs the objective (1−λ)·mean + λ·CVaR_α of the cost.
type Risk struct {
	Lambda Figure `json:"lambda,omitzero" yaml:"lambda"` // 0 to 1
	Alpha  Figure `json:"alpha,omitzero" yaml:"alpha"`   // 0 to below 1
}

// Sensitivity asks for the plan's cost at multiples of a commodity's path.
type Sensitivity struct {
	Commodity string          `json:"commodity,omitempty" yaml:"commodity"`
	Factors   []money.Decimal `json:"factors,omitempty" yaml:"factors"`
}

package forecast

import (
	"roadbook/evidence"
	"roadbook/money"
	"roadbook/outlook/chance"
	"roadbook/period"
)

// Case is a maker's business as a set of inputs and the structure that joins them. Every number is an Input; everything
// else in a Case refers to inputs by name. What a case leaves out contributes nothing. FORMAT.md describes the file.
type Case struct {
	Name         string         `json:"name" yaml:"name"`
	Title        string         `json:"title,omitempty" yaml:"title,omitempty"`
	Currency     money.Currency `json:"currency" yaml:"currency"`
	AsOf         period.Date    `json:"as_of" yaml:"as_of"`       // what was not known on this day is refused
	Start        Quarter        `json:"start" yaml:"start"`       // the first quarter forecast
	Quarters     int            `json:"quarters" yaml:"quarters"` // 1 to MaxQuarters
	Defaults     Defaults       `json:"defaults,omitzero" yaml:"defaults,omitempty"`
	Inputs       []Input        `json:"inputs" yaml:"inputs"` // the important ones first: they get the best dimensions
	Correlations []Correlation  `json:"correlations,omitempty" yaml:"correlations,omitempty"`
	Processes    []Process      `json:"processes,omitempty" yaml:"processes,omitempty"`
	Regimes      []Regime       `json:"regimes,omitempty" yaml:"regimes,omitempty"`
	Seasons      []Season       `json:"seasons,omitempty" yaml:"seasons,omitempty"`
	Models       []Model        `json:"models" yaml:"models"`
	Fleet        []Sold         `json:"fleet,omitempty" yaml:"fleet,omitempty"`
	Survival     *Survival      `json:"survival,omitempty" yaml:"survival,omitempty"`
	Products     []Product      `json:"products,omitempty" yaml:"products,omitempty"`
	Running      Running        `json:"running,omitzero" yaml:"running,omitempty"`
	Licences     []Licence      `json:"licences,omitempty" yaml:"licences,omitempty"`
	Overhead     Overhead       `json:"overhead,omitzero" yaml:"overhead,omitempty"`
	Discount     string         `json:"discount,omitempty" yaml:"discount,omitempty"` // a year; none: not discounted
	Asked        Asked          `json:"asked,omitzero" yaml:"asked,omitempty"`
	Actuals      []Actual       `json:"actuals,omitempty" yaml:"actuals,omitempty"`
}

// Defaults fills in the who and the vintage of inputs and actuals that name none. A source, a date and a level are always the figure's own.
type Defaults struct {
	Who     string      `json:"who,omitempty" yaml:"who,omitempty"`
	Vintage period.Date `json:"vintage,omitempty" yaml:"vintage,omitempty"`
}

// Input is one figure: a law (or {value: 3}, a known figure), its unit, and where it comes from.
type Input struct {
	Name              string `json:"name" yaml:"name"`
	ID                string `json:"id,omitempty" yaml:"id,omitempty"` // of its record; none: case/name@vintage
	Unit              string `json:"unit,omitempty" yaml:"unit,omitempty"`
	chance.Spec       `yaml:",inline"`
	evidence.Evidence `yaml:",inline"`
}

// Correlation is Spearman's ρ of two uncertain inputs, from −1 to 1.
type Correlation struct {
	Of  []string `json:"of" yaml:"of"` // two
	Rho float64  `json:"rho" yaml:"rho"`
	Why string   `json:"why,omitempty" yaml:"why,omitempty"`
}

// Path is a quantity over the quarters: level · (1+growth)^(t/4) · ramp · times…, or (level + drift·t/4) · ramp · times….
// t counts quarters from the case's start (a model's from its first quarter on sale).
type Path struct {
	Base   string         `json:"base,omitempty" yaml:"base,omitempty"`
	ByYear map[int]string `json:"by_year,omitempty" yaml:"by_year,omitempty"` // the level of a calendar year; years not named keep the last one named before, else Base
	Growth string         `json:"growth,omitempty" yaml:"growth,omitempty"`   // a year, compound: −0.05 falls by 5 % a year
	Drift  string         `json:"drift,omitempty" yaml:"drift,omitempty"`     // a year, added
	Ramp   string         `json:"ramp,omitempty" yaml:"ramp,omitempty"`       // quarters until the level is reached, in equal steps
	Per    string         `json:"per,omitempty" yaml:"per,omitempty"`         // "quarter" (default) or "year": a yearly level is divided by four
	Times  []string       `json:"times,omitempty" yaml:"times,omitempty"`     // processes, regimes and seasons that multiply it
}

// Process is an Ornstein–Uhlenbeck path of a price's logarithm (Schwartz's one-factor model), one step a quarter.
type Process struct {
	Name  string `json:"name" yaml:"name"`
	Start string `json:"start" yaml:"start"` // the price known at the start, > 0
	Mean  string `json:"mean" yaml:"mean"`   // the long-run median, > 0
	Kappa string `json:"kappa" yaml:"kappa"` // speed of return a year, > 0
	Sigma string `json:"sigma" yaml:"sigma"` // volatility of the logarithm per √year, ≥ 0
}

// Regime multiplies by Factor from a quarter on. It comes with Probability (default 1), at From, or, with a Hazard, in
// each quarter from From on with that chance; it ends after Lasts quarters (default: never).
type Regime struct {
	Name        string  `json:"name" yaml:"name"`
	From        Quarter `json:"from" yaml:"from"`
	Probability string  `json:"probability,omitempty" yaml:"probability,omitempty"`
	Hazard      string  `json:"hazard,omitempty" yaml:"hazard,omitempty"`
	Lasts       string  `json:"lasts,omitempty" yaml:"lasts,omitempty"`
	Factor      string  `json:"factor" yaml:"factor"`
}

// Season multiplies by a factor per calendar quarter; the four are divided by their mean, so a year's sum is kept.
type Season struct {
	Name string `json:"name" yaml:"name"`
	Q1   string `json:"q1" yaml:"q1"`
	Q2   string `json:"q2" yaml:"q2"`
	Q3   string `json:"q3" yaml:"q3"`
	Q4   string `json:"q4" yaml:"q4"`
}

// Model is a car on sale: how many, for how much, at what cost. GrossMargin, a share of the price, stands for all cost
// terms where only a margin is known.
type Model struct {
	ID          string   `json:"id" yaml:"id"`
	Name        string   `json:"name,omitempty" yaml:"name,omitempty"`
	From        Quarter  `json:"from,omitempty" yaml:"from,omitempty"`   // first quarter on sale; none: the start
	Until       Quarter  `json:"until,omitempty" yaml:"until,omitempty"` // first quarter no longer on sale; none: never
	Volume      Path     `json:"volume" yaml:"volume"`                   // cars a quarter
	Price       Path     `json:"price" yaml:"price"`                     // a car, without value-added tax
	GrossMargin *Path    `json:"gross_margin,omitempty" yaml:"gross_margin,omitempty"`
	BOM         *Path    `json:"bom,omitempty" yaml:"bom,omitempty"` // a car, without the pack
	Pack        *Pack    `json:"pack,omitempty" yaml:"pack,omitempty"`
	Assembly    *Path    `json:"assembly,omitempty" yaml:"assembly,omitempty"`
	Logistics   *Path    `json:"logistics,omitempty" yaml:"logistics,omitempty"`
	Warranty    *Path    `json:"warranty,omitempty" yaml:"warranty,omitempty"` // accrued a car at the sale
	Claims      []string `json:"claims,omitempty" yaml:"claims,omitempty"`     // shares of the accrual paid out in the 1st, 2nd… year of age, divided by their sum; none: paid at the sale
}

// Pack costs kwh · [cell · (X/X₀)^(−b) + Σ content · price], b = −log₂(1−learning). Commodities stay outside the learning.
type Pack struct {
	KWh       string    `json:"kwh" yaml:"kwh"`
	Chemistry string    `json:"chemistry,omitempty" yaml:"chemistry,omitempty"`
	Cell      string    `json:"cell" yaml:"cell"`                             // cost per kWh today without the commodities below
	Learning  string    `json:"learning,omitempty" yaml:"learning,omitempty"` // fall per doubling of X, 0 ≤ LR < 1
	Growth    string    `json:"growth,omitempty" yaml:"growth,omitempty"`     // of the market's cumulative volume X a year; or
	Volume    string    `json:"volume,omitempty" yaml:"volume,omitempty"`     // packs built before the start, to which those of this model are added
	Contents  []Content `json:"contents,omitempty" yaml:"contents,omitempty"`
}

// Content is a commodity in the pack, priced by a process with a lag and between a floor and a cap.
type Content struct {
	Process string `json:"process" yaml:"process"`
	PerKWh  string `json:"per_kwh" yaml:"per_kwh"`             // units of the process's price per kWh
	Lag     string `json:"lag,omitempty" yaml:"lag,omitempty"` // quarters, a known whole number
	Floor   string `json:"floor,omitempty" yaml:"floor,omitempty"`
	Cap     string `json:"cap,omitempty" yaml:"cap,omitempty"`
}

// Sold are cars sold in a quarter before the start.
type Sold struct {
	Quarter Quarter `json:"quarter" yaml:"quarter"`
	Cars    string  `json:"cars" yaml:"cars"`
	Model   string  `json:"model,omitempty" yaml:"model,omitempty"` // none: the first model
}

// Survival is Weibull's: exp(−(age/λ)^shape) with λ = mean/Γ(1+1/shape). From the resale on, products are used by
// SecondOwner times as many cars.
type Survival struct {
	MeanYears   string `json:"mean_years" yaml:"mean_years"`
	Shape       string `json:"shape" yaml:"shape"`
	Resale      string `json:"resale,omitempty" yaml:"resale,omitempty"` // quarters of age, a known whole number
	SecondOwner string `json:"second_owner,omitempty" yaml:"second_owner,omitempty"`
}

// Terms says how a product is paid within its bundle.
type Terms string

// The terms.
const (
	Paid    Terms = "paid"    // each month, as afterwards (default)
	Free    Terms = "free"    // not before the renewal
	Prepaid Terms = "prepaid" // the whole bundle at the sale; earned evenly over it
)

// Product is software or a service that cars go on paying for.
type Product struct {
	ID        string    `json:"id" yaml:"id"`
	Name      string    `json:"name,omitempty" yaml:"name,omitempty"`
	Models    []string  `json:"models,omitempty" yaml:"models,omitempty"` // none: all
	Attach    *Path     `json:"attach,omitempty" yaml:"attach,omitempty"` // share of the quarter's cars; or
	Adoption  *Adoption `json:"adoption,omitempty" yaml:"adoption,omitempty"`
	Bundle    Bundle    `json:"bundle,omitzero" yaml:"bundle,omitempty"`
	Renewal   string    `json:"renewal,omitempty" yaml:"renewal,omitempty"`     // share that stays when the bundle ends; none: all
	Churn     string    `json:"churn,omitempty" yaml:"churn,omitempty"`         // share lost each quarter after the bundle
	ARPU      Path      `json:"arpu" yaml:"arpu"`                               // per active car-month
	Partner   string    `json:"partner,omitempty" yaml:"partner,omitempty"`     // share of revenue
	Payment   string    `json:"payment,omitempty" yaml:"payment,omitempty"`     // fees and taxes on revenue, a share of what the partner leaves: revenue·(1−partner)·(1−payment)
	Inference *Path     `json:"inference,omitempty" yaml:"inference,omitempty"` // compute per active car-month
}

// Bundle is what comes with the car: for how many quarters, and how it is paid.
type Bundle struct {
	Quarters string `json:"quarters,omitempty" yaml:"quarters,omitempty"` // a known whole number
	Terms    Terms  `json:"terms,omitempty" yaml:"terms,omitempty"`
}

// Adoption is the share of new cars with a product over calendar time: ceiling · F(t), with
// logistic F = 1/(1+e^(−slope·(t−midpoint))) or Bass's F = (1−e^(−(p+q)t))/(1+(q/p)e^(−(p+q)t)); t in quarters since Launch.
type Adoption struct {
	Kind     string  `json:"kind" yaml:"kind"` // logistic or bass
	Ceiling  string  `json:"ceiling" yaml:"ceiling"`
	Launch   Quarter `json:"launch,omitempty" yaml:"launch,omitempty"` // none: the start; 0 before it
	Midpoint string  `json:"midpoint,omitempty" yaml:"midpoint,omitempty"`
	Slope    string  `json:"slope,omitempty" yaml:"slope,omitempty"`
	P        string  `json:"p,omitempty" yaml:"p,omitempty"`
	Q        string  `json:"q,omitempty" yaml:"q,omitempty"`
}

// Running is what every live car costs a month, whether it pays or not.
type Running struct {
	Connectivity *Path `json:"connectivity,omitempty" yaml:"connectivity,omitempty"`
	OTAGB        *Path `json:"ota_gb,omitempty" yaml:"ota_gb,omitempty"`     // gigabytes
	OTACost      *Path `json:"ota_cost,omitempty" yaml:"ota_cost,omitempty"` // per gigabyte
	Store        *Path `json:"store,omitempty" yaml:"store,omitempty"`       // retained data
}

// Licence is what other makers pay: fixed a quarter plus a royalty on their cars.
type Licence struct {
	ID      string `json:"id" yaml:"id"`
	Name    string `json:"name,omitempty" yaml:"name,omitempty"`
	Fixed   *Path  `json:"fixed,omitempty" yaml:"fixed,omitempty"`
	Royalty *Path  `json:"royalty,omitempty" yaml:"royalty,omitempty"` // a car of theirs
	Cars    *Path  `json:"cars,omitempty" yaml:"cars,omitempty"`       // theirs a quarter
	Margin  string `json:"margin,omitempty" yaml:"margin,omitempty"`   // share that is left after the cost of serving; none: all
}

// Overhead is what does not follow the car. CapEx is cash only; depreciation is profit only.
type Overhead struct {
	OpEx         *Path  `json:"opex,omitempty" yaml:"opex,omitempty"`                 // a quarter
	OpExShare    string `json:"opex_share,omitempty" yaml:"opex_share,omitempty"`     // of the price of the cars sold, beside OpEx
	RnD          *Path  `json:"rnd,omitempty" yaml:"rnd,omitempty"`                   // a quarter
	Depreciation *Path  `json:"depreciation,omitempty" yaml:"depreciation,omitempty"` // a quarter
	CapEx        *Path  `json:"capex,omitempty" yaml:"capex,omitempty"`               // a quarter
}

// Asked is the question. It states what is wanted, not what is known, so its numbers carry no evidence.
type Asked struct {
	Year        int          `json:"year,omitempty" yaml:"year,omitempty"`               // none: the last full calendar year of the case, else its last year
	Probability float64      `json:"probability,omitempty" yaml:"probability,omitempty"` // of a profit in that year; none: 0.5
	Margin      float64      `json:"margin,omitempty" yaml:"margin,omitempty"`           // of the price floor, from 0 to below 1
	Confidences []float64    `json:"confidences,omitempty" yaml:"confidences,omitempty"` // of the price floor; none: 0.5 0.75 0.9 0.95
	Comparables []Comparable `json:"comparables,omitempty" yaml:"comparables,omitempty"`
	Ranges      Ranges       `json:"ranges,omitzero" yaml:"ranges,omitempty"`
}

// Comparable is another maker's software revenue per car-month: Value · Rate, both inputs.
type Comparable struct {
	Name  string `json:"name" yaml:"name"`
	Value string `json:"value" yaml:"value"`
	Rate  string `json:"rate,omitempty" yaml:"rate,omitempty"` // into the case's currency
	Basis string `json:"basis,omitempty" yaml:"basis,omitempty"`
}

// Ranges bound the search for what would close the gap, as multiples of what the case models.
// None: volume up to 8, pack cost from 0, licence income up to all revenue, software up to 100.
type Ranges struct {
	Volume   float64 `json:"volume,omitempty" yaml:"volume,omitempty"`     // most, times the modelled volume
	Pack     float64 `json:"pack,omitempty" yaml:"pack,omitempty"`         // least, times the modelled pack cost
	Licence  float64 `json:"licence,omitempty" yaml:"licence,omitempty"`   // most a quarter, in currency
	Software float64 `json:"software,omitempty" yaml:"software,omitempty"` // most, times the modelled software revenue
}

// Actual is a reported figure: a dot on the pictures, and what completes a year that began before the start.
// One with a vintage after the case's AsOf is drawn and never used.
type Actual struct {
	Metric            Metric  `json:"metric" yaml:"metric"`
	Period            string  `json:"period" yaml:"period"` // 2025Q3
	Value             float64 `json:"value" yaml:"value"`
	Unit              string  `json:"unit,omitempty" yaml:"unit,omitempty"`
	evidence.Evidence `yaml:",inline"`
}

// Metric names what can be asked of a forecast.
type Metric string

// The metrics. Flows are summed over a period; ratios are taken of sums; levels are those at the period's end.
const (
	Deliveries     Metric = "deliveries"      // cars sold; flow
	VehicleRevenue Metric = "vehicle_revenue" // of cars; flow
	Revenue        Metric = "revenue"         // of cars, software and licences; flow
	ASP            Metric = "asp"             // vehicle revenue per delivery; ratio
	VehicleMargin  Metric = "vehicle_margin"  // hardware contribution / vehicle revenue; ratio
	GrossMargin    Metric = "gross_margin"    // all contributions / revenue; ratio
	Hardware       Metric = "hardware"        // contribution of cars; flow
	Software       Metric = "software"        // contribution of software after running costs; flow
	LicenceIncome  Metric = "licence"         // contribution of licences; flow
	Fixed          Metric = "fixed"           // opex, R&D and depreciation; flow
	Profit         Metric = "result"          // operating: before interest and tax; flow
	Cash           Metric = "cash"            // flow, before interest and tax
	Fleet          Metric = "fleet"           // live cars; level
	Billed         Metric = "billed"          // software revenue received; flow
	Recognised     Metric = "recognised"      // software revenue earned; flow
	Deferred       Metric = "deferred"        // software revenue received and not yet earned; level
)

// Metrics lists every metric in the order of the tables.
var Metrics = []Metric{Deliveries, VehicleRevenue, Revenue, ASP, VehicleMargin, GrossMargin, Hardware, Software, LicenceIncome, Fixed, Profit, Cash, Fleet, Billed, Recognised, Deferred}

// Limits of a case.
const (
	MaxSize         = 1 << 20 // bytes of a case file
	MaxQuarters     = 80      // of the horizon
	MaxInputs       = 200
	MaxModels       = 12
	MaxProducts     = 16
	MaxProcesses    = 4
	MaxRegimes      = 8
	MaxSold         = 80
	MaxCorrelations = 2000
	LifeQuarters    = 60 // over which a car's life is valued
)

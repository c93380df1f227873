package forecast

import (
	"roadbook/evidence"
	"roadbook/money"
	"roadbook/outlook/chance"
	"roadbook/period"
)

// ModelVersion names the equations. It changes whenever the same case, seed and paths would give other numbers.
const ModelVersion = "2026.2"

// Result is what a run says, in the order in which it is shown. Amounts are in the case's currency, not in minor units.
// A nil number is one that does not exist ("no root"); none is NaN or infinite.
type Result struct {
	Case     string         `json:"case"`
	Title    string         `json:"title,omitempty"`
	Currency money.Currency `json:"currency"`
	AsOf     period.Date    `json:"as_of"`
	Start    Quarter        `json:"start"`
	Quarters int            `json:"quarters"`

	Answer    Answer      `json:"answer"`
	Years     []Year      `json:"years"`
	Fans      []Fan       `json:"fans"`
	BreakEven BreakEven   `json:"break_even"`
	Required  Required    `json:"required"`
	Waterfall Waterfall   `json:"waterfall"`
	Split     []SplitYear `json:"split"`
	Tornado   Tornado     `json:"tornado"`
	Indices   Indices     `json:"indices"`
	Curves    Curves      `json:"curves"`
	Floors    []Floors    `json:"floors"`
	NPV       Spread      `json:"npv"`        // of cash over the case's quarters, the first undiscounted
	PeakCash  Spread      `json:"peak_cash"`  // the most that must be paid in before it comes back; ≥ 0
	ProfitNPV Spread      `json:"profit_npv"` // of profit
	NPVChance Estimate    `json:"npv_chance"` // P(NPV > 0)
	Changes   *Changes    `json:"changes,omitempty"`
	Updates   []Update    `json:"updates,omitempty"`
	Inputs    []InputUse  `json:"inputs"`
	Matrix    Matrix      `json:"matrix"`
	Run       RunRecord   `json:"run"`
	Notes     []string    `json:"notes,omitempty"` // what a reader must know: ranges met, years that are partial, methods
}

// Estimate is a Monte-Carlo answer with its standard error over the scrambles and a 95 % interval (Student's t).
type Estimate struct {
	Value float64 `json:"value"`
	SE    float64 `json:"se"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Spread is a distribution: mean and quantiles, each with its error.
type Spread struct {
	Mean    Estimate `json:"mean"`
	P5      Estimate `json:"p5"`
	P25     Estimate `json:"p25"`
	P50     Estimate `json:"p50"`
	P75     Estimate `json:"p75"`
	P95     Estimate `json:"p95"`
	Records []string `json:"records,omitempty"`
}

// Quantiles are the five of a fan.
type Quantiles struct {
	P5  float64 `json:"p5"`
	P25 float64 `json:"p25"`
	P50 float64 `json:"p50"`
	P75 float64 `json:"p75"`
	P95 float64 `json:"p95"`
}

// Verdict is the answer's first word.
type Verdict string

// The verdicts.
const (
	Yes       Verdict = "Yes"       // software closes the gap at the stated probability
	No        Verdict = "No"        // it does not
	NoGap     Verdict = "NoGap"     // yes, but there is a profit at that probability without software
	Undecided Verdict = "Undecided" // the error of the estimate does not allow either
)

// Answer is the founding question's.
type Answer struct {
	Verdict     Verdict  `json:"verdict"`
	Sentence    string   `json:"sentence"`
	Year        int      `json:"year"`
	Probability float64  `json:"probability"` // asked for
	Chance      Estimate `json:"chance"`      // P(profit in the year)
	Without     Estimate `json:"without"`     // the same without software
	Levers      []Lever  `json:"levers"`      // what would close the gap
	Records     []string `json:"records"`
}

// Lever is one quantity that, changed alone, reaches the probability asked for, on common random numbers.
type Lever struct {
	Name      string   `json:"name"`      // volume, pack, licence, software
	Label     string   `json:"label"`     // "volume"
	Unit      string   `json:"unit"`      // "cars a quarter"
	Direction string   `json:"direction"` // ≥ or ≤
	Modelled  float64  `json:"modelled"`  // the mean in the year asked about
	Value     *float64 `json:"value"`     // nil: no root within the range
	SE        float64  `json:"se,omitempty"`
	Low       float64  `json:"range_low"` // searched from
	High      float64  `json:"range_high"`
	Best      float64  `json:"best"` // the highest probability within the range
	Note      string   `json:"note,omitempty"`
	Records   []string `json:"records"`
}

// Year is one calendar year.
type Year struct {
	Year    int       `json:"year"`
	From    Quarter   `json:"from"`
	Until   Quarter   `json:"until"`             // the last quarter
	Partial bool      `json:"partial,omitempty"` // fewer than four quarters, and no actuals for the rest
	Actual  []Quarter `json:"actual,omitempty"`  // quarters before the start that reported results complete
	Chance  Estimate  `json:"chance"`            // P(profit > 0)
	Without Estimate  `json:"without"`           // P(profit without software > 0)
	Profit  Spread    `json:"profit"`
	Records []string  `json:"records"`
}

// Fan is a metric quarter by quarter.
type Fan struct {
	Metric  Metric     `json:"metric"`
	Label   string     `json:"label"`
	Unit    string     `json:"unit"`
	Points  []FanPoint `json:"points"`
	Dots    []Dot      `json:"dots,omitempty"`
	Records []string   `json:"records"`
}

// FanPoint is one quarter of a Fan. SE is that of the median.
type FanPoint struct {
	Quarter Quarter `json:"quarter"`
	Mean    float64 `json:"mean"`
	Quantiles
	SE float64 `json:"se"`
}

// Dot is an actual.
type Dot struct {
	Period            string  `json:"period"`
	Value             float64 `json:"value"`
	Used              bool    `json:"used"` // known on the case's day
	evidence.Evidence `json:"evidence"`
}

// BreakEven is, quarter by quarter, how many cars and how large a fleet it takes.
type BreakEven struct {
	Quarters []BreakEvenQuarter `json:"quarters"`
	Records  []string           `json:"records"`
}

// BreakEvenQuarter is one quarter. A nil quantile lies among the paths that never break even: the margin of one more car
// (or what one more live car pays) is not above zero there.
type BreakEvenQuarter struct {
	Quarter     Quarter  `json:"quarter"`
	Volume      Possible `json:"volume"`       // smallest with a result ≥ 0
	Modelled    float64  `json:"modelled"`     // mean volume
	Reached     Estimate `json:"reached"`      // P(result ≥ 0)
	Fleet       Possible `json:"fleet"`        // smallest with software + licences ≥ fixed cost
	ModelledCar float64  `json:"modelled_car"` // mean fleet
}

// Possible is a quantity that exists on some paths only.
type Possible struct {
	P5     *float64 `json:"p5"`
	P50    *float64 `json:"p50"`
	P95    *float64 `json:"p95"`
	NoRoot float64  `json:"no_root"` // share of the paths
}

// Required is the software revenue per fleet car-month that closes the gap in the year asked about, beside what is modelled and disclosed.
type Required struct {
	Year         int            `json:"year"`
	Probability  float64        `json:"probability"`
	Revenue      *Estimate      `json:"revenue"`      // per fleet car-month, at the modelled shares and running costs; nil: no root
	Contribution *Estimate      `json:"contribution"` // per fleet car-month; nil: no fleet
	Modelled     Spread         `json:"modelled"`     // revenue per fleet car-month
	Earned       Spread         `json:"earned"`       // contribution per fleet car-month
	Comparables  []ComparedWith `json:"comparables"`
	Records      []string       `json:"records"`
}

// ComparedWith is a disclosed figure in the case's currency.
type ComparedWith struct {
	Name    string   `json:"name"`
	Value   float64  `json:"value"`
	Basis   string   `json:"basis,omitempty"`
	Records []string `json:"records"`
}

// Waterfall is a car sold in the first quarter, over LifeQuarters of life, discounted to its sale; mean over paths and models by volume.
type Waterfall struct {
	Steps   []Step   `json:"steps"`
	Records []string `json:"records"`
}

// Step is one line: costs are negative, totals sum the lines above.
type Step struct {
	Key     string   `json:"key"`
	Label   string   `json:"label"`
	Mean    float64  `json:"mean"`
	P5      float64  `json:"p5"`
	P95     float64  `json:"p95"`
	SE      float64  `json:"se"`
	Total   bool     `json:"total,omitempty"`
	Records []string `json:"records,omitempty"`
}

// SplitYear says who earned a year's contribution.
type SplitYear struct {
	Year     int      `json:"year"`
	Hardware Estimate `json:"hardware"`
	Software Estimate `json:"software"`
	Licence  Estimate `json:"licence"`
	Fixed    Estimate `json:"fixed"` // ≤ 0
	Profit   Estimate `json:"profit"`
	Records  []string `json:"records"`
}

// Tornado moves one input at a time to its 10 % and 90 % quantile while the others vary as they do, on common random numbers.
type Tornado struct {
	Year int   `json:"year"`
	Base Bar   `json:"base"`
	Bars []Bar `json:"bars"` // the widest swing of the year's mean profit first
}

// Bar is one input of a Tornado.
type Bar struct {
	Input      string   `json:"input"`
	Label      string   `json:"label"`
	Low        float64  `json:"low"`         // the input's 10 % quantile
	High       float64  `json:"high"`        // the input's 90 % quantile
	ProfitLow  float64  `json:"profit_low"`  // mean profit of the year at Low
	ProfitHigh float64  `json:"profit_high"` // at High
	NPVLow     float64  `json:"npv_low"`
	NPVHigh    float64  `json:"npv_high"`
	ChanceLow  float64  `json:"chance_low"` // P(profit > 0)
	ChanceHigh float64  `json:"chance_high"`
	SE         float64  `json:"se"` // of ProfitHigh − ProfitLow
	Records    []string `json:"records"`
}

// Indices are Sobol's, of the year's profit. They assume independent factors, so they are taken on the independent normals
// behind the copula: an input's factor is what it adds to those listed before it.
type Indices struct {
	Of     string  `json:"of"`
	Method string  `json:"method"`
	N      int     `json:"n"`
	Runs   int     `json:"runs"`
	List   []Index `json:"list"` // the largest total first
}

// Index is one factor's share of the variance: alone, and with all its interactions.
type Index struct {
	Factor    string   `json:"factor"`
	First     float64  `json:"first"`
	FirstLow  float64  `json:"first_low"` // 95 % bootstrap
	FirstHigh float64  `json:"first_high"`
	Total     float64  `json:"total"`
	TotalLow  float64  `json:"total_low"`
	TotalHigh float64  `json:"total_high"`
	Records   []string `json:"records"`
}

// Curves are three different ones of the same software revenue, mean per quarter.
type Curves struct {
	Points  []CurvePoint `json:"points"`
	Records []string     `json:"records"`
}

// CurvePoint is one quarter: deferred at its end = deferred at its start + billed − recognised.
type CurvePoint struct {
	Quarter    Quarter   `json:"quarter"`
	Billed     float64   `json:"billed"`
	Recognised float64   `json:"recognised"`
	Deferred   float64   `json:"deferred"`
	Bands      CurveBand `json:"bands"`
}

// CurveBand holds the 5 % and 95 % quantiles.
type CurveBand struct {
	Billed     [2]float64 `json:"billed"`
	Recognised [2]float64 `json:"recognised"`
	Deferred   [2]float64 `json:"deferred"`
}

// Floors is a model's price floor against the confidence in its software: (cost + warranty − credit) / (1 − margin).
type Floors struct {
	Model    string   `json:"model"`
	Price    float64  `json:"price"`    // mean, first quarter on sale
	Cost     float64  `json:"cost"`     // mean, without warranty
	Warranty float64  `json:"warranty"` // mean
	Margin   float64  `json:"margin"`
	List     []Floor  `json:"list"`
	Records  []string `json:"records"`
}

// Floor is one confidence: only the software value exceeded with that probability is credited.
type Floor struct {
	Confidence float64  `json:"confidence"`
	Credit     Estimate `json:"credit"` // the (1−confidence) quantile of a car's discounted software contribution
	Floor      Estimate `json:"floor"`
}

// Changes says what moved the answer since an earlier case: inputs are swapped one by one in the new case's order, so each
// step's share depends on that order.
type Changes struct {
	From   string   `json:"from"` // name and day of the earlier case
	Since  string   `json:"since"`
	Before Standing `json:"before"`
	Steps  []Change `json:"steps"`
	After  Standing `json:"after"`
}

// Standing is where a case stands.
type Standing struct {
	Chance float64 `json:"chance"`
	Profit float64 `json:"profit"`
	NPV    float64 `json:"npv"`
}

// Change is one step.
type Change struct {
	Input   string   `json:"input"` // or "structure": equations, horizon and inputs that are new
	Before  string   `json:"before"`
	After   string   `json:"after"`
	Chance  float64  `json:"chance"` // added by this step
	Profit  float64  `json:"profit"`
	NPV     float64  `json:"npv"`
	SE      float64  `json:"se"` // of Profit
	Records []string `json:"records"`
}

// InputUse is an input as the run used it.
type InputUse struct {
	Name      string            `json:"name"`
	Record    string            `json:"record"`
	Unit      string            `json:"unit,omitempty"`
	Law       string            `json:"law"` // "lognormal 5 % 40,000, 95 % 110,000"
	Spec      chance.Spec       `json:"spec"`
	Mean      float64           `json:"mean"`
	P5        float64           `json:"p5"`
	P95       float64           `json:"p95"`
	Uncertain bool              `json:"uncertain"`
	Evidence  evidence.Evidence `json:"evidence"`
}

// Matrix says what the copula's correlation matrix had to suffer.
type Matrix struct {
	Pairs    int        `json:"pairs"`
	Repaired bool       `json:"repaired"`
	Least    float64    `json:"least_eigenvalue"` // before the repair
	Moved    float64    `json:"largest_change"`   // of a coefficient
	Changes  []Repaired `json:"changes,omitempty"`
}

// Repaired is one coefficient (Pearson's, of the normals) before and after the repair.
type Repaired struct {
	Of     [2]string `json:"of"`
	Before float64   `json:"before"`
	After  float64   `json:"after"`
}

// RunRecord is what it takes to repeat the run to the bit.
type RunRecord struct {
	Model     string   `json:"model_version"`
	Engine    string   `json:"engine"`
	CaseHash  string   `json:"case_sha256"`
	Seed      uint64   `json:"seed"`
	Paths     int      `json:"paths"` // in all
	Scrambles int      `json:"scrambles"`
	Points    int      `json:"points"` // per scramble, a power of two
	FanPaths  int      `json:"fan_paths"`
	Dims      int      `json:"dims"`
	Sobol     int      `json:"sobol_dims"` // the rest is pseudo-random
	Records   []string `json:"records"`
}

// Package scenario reads a case: what a maker assumes about its car, its suppliers and its customers, each figure with
// its date and source.
package scenario

import (
	"fmt"
	"strconv"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/strict"
)

// MaxSize is the largest scenario file that is read, in bytes.
const MaxSize = 1 << 20

// Evidence says where a figure comes from. Date is the fact's own where its day is known, else that of its entry. Level is R reported, D derived, A assumed or U uncertain.
type Evidence struct {
	Date   period.Date `yaml:"date"`
	Level  string      `yaml:"level"`
	Source string      `yaml:"source"`
}

// Figure is a number with its evidence.
type Figure struct {
	Value    money.Decimal `yaml:"value"`
	Evidence `yaml:",inline"`
}

// Scenario is one case.
type Scenario struct {
	Name           string         `yaml:"name"`
	Title          string         `yaml:"title"`
	Currency       money.Currency `yaml:"currency"`
	Market         string         `yaml:"market"`
	Start          period.Date    `yaml:"start"`
	HardwareMargin Figure         `yaml:"hardware_margin"`
	Rates          []Rate         `yaml:"rates"`
	Suppliers      []Supplier     `yaml:"suppliers"`
	Exclusions     []Exclusion    `yaml:"exclusions"`
	Packs          []Pack         `yaml:"packs"`
	Model          Model          `yaml:"model"`
	Tariffs        []Tariff       `yaml:"tariffs"`
	Products       []Product      `yaml:"products"`
	Partners       []Partner      `yaml:"partners"`
	TakeRates      []TakeRate     `yaml:"take_rates"`
	Driving        Driving        `yaml:"driving"`
	Release        Release        `yaml:"release"`
}

// Rate is a currency's price in another.
type Rate struct {
	From     money.Currency `yaml:"from"`
	To       money.Currency `yaml:"to"`
	Rate     money.Decimal  `yaml:"rate"`
	Evidence `yaml:",inline"`
}

// Supplier delivers parts.
type Supplier struct {
	ID    string   `yaml:"id"`
	Name  string   `yaml:"name"`
	Parts []string `yaml:"parts"`
}

// Exclusion bars a supplier while it holds.
type Exclusion struct {
	Supplier string      `yaml:"supplier"`
	From     period.Date `yaml:"from"`
	To       period.Date `yaml:"to"`
	Reason   string      `yaml:"reason"`
	Owner    string      `yaml:"owner"`
	Evidence string      `yaml:"evidence"`
}

// Pack is a contract for battery packs. Share is its part of the cars, in percent.
type Pack struct {
	Contract  string         `yaml:"contract"`
	Supplier  string         `yaml:"supplier"`
	Part      string         `yaml:"part"`
	Chemistry string         `yaml:"chemistry"`
	KWh       money.Decimal  `yaml:"kwh"`
	Currency  money.Currency `yaml:"currency"`
	Prices    []PackPrice    `yaml:"prices"`
	Share     int            `yaml:"share"`
}

// PackPrice holds from a date and from a cumulative volume on.
type PackPrice struct {
	From      period.Date   `yaml:"from"`
	MinVolume int64         `yaml:"min_volume"`
	Unit      money.Decimal `yaml:"unit"`
	Evidence  `yaml:",inline"`
}

// Model is a car with its bill of materials.
type Model struct {
	ID         string    `yaml:"id"`
	Name       string    `yaml:"name"`
	WMI        string    `yaml:"wmi"`
	VDS        string    `yaml:"vds"`
	HardwareID string    `yaml:"hardware_id"`
	BOM        []BOMLine `yaml:"bom"`
}

// BOMLine is one part beside the pack. Category is bom, assembly or warranty.
type BOMLine struct {
	Part     string        `yaml:"part"`
	Category string        `yaml:"category"`
	Quantity money.Decimal `yaml:"quantity"`
	Unit     money.Decimal `yaml:"unit"`
	Evidence `yaml:",inline"`
}

// Tariff is what a carrier takes for a metered unit.
type Tariff struct {
	Meter    string        `yaml:"meter"`
	Supplier string        `yaml:"supplier"`
	Unit     money.Decimal `yaml:"unit"`
	Per      int64         `yaml:"per"` // the unit price is for this many, 0 means 1
	Evidence `yaml:",inline"`
}

// Product is one entry of the catalogue.
type Product struct {
	SKU        string        `yaml:"sku"`
	Name       string        `yaml:"name"`
	Kind       string        `yaml:"kind"`
	TermMonths int           `yaml:"term_months"`
	Meter      string        `yaml:"meter"`
	Features   []string      `yaml:"features"`
	Account    string        `yaml:"account"`
	Partner    string        `yaml:"partner"`
	Unit       money.Decimal `yaml:"unit"`
	Evidence   `yaml:",inline"`
}

// Partner sells apps and is owed ShareBps ten-thousandths of their price.
type Partner struct {
	ID       string      `yaml:"id"`
	Name     string      `yaml:"name"`
	Market   string      `yaml:"market"`
	ShareBps int64       `yaml:"share_bps"`
	From     period.Date `yaml:"from"`
	Evidence `yaml:",inline"`
}

// TakeRate is the chance that an owner buys a product AfterMonths months after the sale of the car.
type TakeRate struct {
	SKU         string        `yaml:"sku"`
	AfterMonths int           `yaml:"after_months"`
	Rate        money.Decimal `yaml:"rate"`
	Evidence    `yaml:",inline"`
}

// Driving is how the cars are used where no speed traces are given.
type Driving struct {
	KmPerDay     Figure `yaml:"km_per_day"`
	HighwayShare Figure `yaml:"highway_share"`
}

// Release is the software update of the story: an image of SizeMB × 10^6 bytes, published Month months after the start.
type Release struct {
	Version string `yaml:"version"`
	SizeMB  int    `yaml:"size_mb"`
	Month   int    `yaml:"month"`
}

// Parse reads and checks a scenario. Unknown keys are refused, and so is a figure without a source.
func Parse(b []byte) (Scenario, error) {
	var s Scenario
	if len(b) > MaxSize {
		return s, fault.New(fault.Invalid, "scenario_size", "a scenario has at most %d bytes, this one %d", MaxSize, len(b))
	}
	if err := strict.YAML(b, &s); err != nil {
		return Scenario{}, fault.New(fault.Invalid, "scenario_yaml", "%v", err)
	}
	return s, s.check()
}

func (s Scenario) check() error {
	bad := func(at, format string, args ...any) error {
		return fault.New(fault.Invalid, "scenario", format, args...).At(at)
	}
	if s.Name == "" || s.Model.ID == "" || len(s.Packs) == 0 || len(s.Products) == 0 {
		return bad("/", "a scenario needs a name, a model, at least one pack contract and one product")
	}
	if _, err := period.ParseDate(string(s.Start)); err != nil {
		return bad("/start", "%v", err)
	}
	if _, err := s.Currency.Exponent(); err != nil {
		return bad("/currency", "%v", err)
	}
	shares := 0
	for i, p := range s.Packs {
		if p.Share < 0 {
			return bad(fmt.Sprintf("/packs/%d/share", i), "a share is 0 to 100 percent, not %d", p.Share)
		}
		shares += p.Share
	}
	if shares != 100 {
		return bad("/packs", "the shares of the pack contracts sum to %d, not 100", shares)
	}
	if s.Release.SizeMB < 0 || s.Release.SizeMB > 512 {
		return bad("/release/size_mb", "an image has 0 to 512 MB, not %d", s.Release.SizeMB)
	}
	return s.evidence(bad)
}

// evidence refuses a number without a source, a date or a level, wherever it stands.
func (s Scenario) evidence(bad func(at, format string, args ...any) error) error {
	type row struct {
		at string
		v  money.Decimal
		e  Evidence
	}
	rows := []row{{"/hardware_margin", s.HardwareMargin.Value, s.HardwareMargin.Evidence},
		{"/driving/km_per_day", s.Driving.KmPerDay.Value, s.Driving.KmPerDay.Evidence},
		{"/driving/highway_share", s.Driving.HighwayShare.Value, s.Driving.HighwayShare.Evidence}}
	add := func(list string, i int, v money.Decimal, e Evidence) {
		rows = append(rows, row{fmt.Sprintf("/%s/%d", list, i), v, e})
	}
	for i, r := range s.Rates {
		add("rates", i, r.Rate, r.Evidence)
	}
	for i, p := range s.Packs {
		for j, q := range p.Prices {
			add(fmt.Sprintf("packs/%d/prices", i), j, q.Unit, q.Evidence)
		}
	}
	for i, b := range s.Model.BOM {
		add("model/bom", i, b.Unit, b.Evidence)
	}
	for i, r := range s.Tariffs {
		add("tariffs", i, r.Unit, r.Evidence)
	}
	for i, p := range s.Products {
		add("products", i, p.Unit, p.Evidence)
	}
	for i, p := range s.Partners {
		add("partners", i, money.Decimal(strconv.FormatInt(p.ShareBps, 10)), p.Evidence)
	}
	for i, r := range s.TakeRates {
		add("take_rates", i, r.Rate, r.Evidence)
	}
	for _, r := range rows {
		if err := r.v.Check(); err != nil || r.v.Sign() < 0 {
			return bad(r.at, "%q is not a number of 0 or more", r.v)
		}
		if r.e.Source == "" {
			return bad(r.at+"/source", "the figure %s has no source", r.v)
		}
		if _, err := period.ParseDate(string(r.e.Date)); err != nil {
			return bad(r.at+"/date", "the figure %s has no date of the form YYYY-MM-DD", r.v)
		}
		switch r.e.Level {
		case "R", "D", "A", "U":
		default:
			return bad(r.at+"/level", "level %q is not R (reported), D (derived), A (assumed) or U (uncertain)", r.e.Level)
		}
	}
	return nil
}

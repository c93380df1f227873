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

// Limits of indexation.
const (
	MaxIndices = 20
	MaxLag     = 36 // months
)

// masses are the units in which contents and indices are told, in powers of ten of a gram. A power of ten between any two
// is a decimal, so that no conversion rounds.
var masses = map[string]int{"g": 0, "kg": 3, "t": 6}

// Indexation lets a price follow a commodity: each pack costs pass_through × content × (index − base) more, where the index
// is the value of the month lag before that of receipt, as it was known on the day of receipt, held between floor and cap.
type Indexation struct {
	Index       string        `json:"index"`
	Content     money.Decimal `json:"content" doc:"mass in one kWh or in one piece"`
	Unit        string        `json:"unit" doc:"of the content: g, kg or t"`
	Per         string        `json:"per,omitempty" doc:"kwh (default) or piece"`
	Base        money.Decimal `json:"base" doc:"index value that the price contains, in the index's own unit and currency"`
	Lag         int           `json:"lag,omitempty" doc:"months before the month of receipt"`
	Cap         money.Decimal `json:"cap,omitempty" doc:"highest index value that counts"`
	Floor       money.Decimal `json:"floor,omitempty" doc:"lowest index value that counts"`
	PassThrough money.Decimal `json:"pass_through,omitempty" doc:"share of the change that is passed on, 0 to 1; default 1"`
}

func (x Indexation) check(at string, perKWh bool) error {
	if err := firstOf(checkID(at+"/index", x.Index), positive(at+"/content", x.Content), positive(at+"/base", x.Base)); err != nil {
		return err
	}
	if _, ok := masses[x.Unit]; !ok {
		return fault.New(fault.Invalid, "unit", "a content is told in g, kg or t, not in %.40q", x.Unit).At(at + "/unit")
	}
	switch x.Per {
	case "piece":
	case "", "kwh":
		if !perKWh {
			return fault.New(fault.Invalid, "per", "a part that is no pack has no kWh: per is \"piece\"").At(at + "/per")
		}
	default:
		return fault.New(fault.Invalid, "per", "a content is per kwh or per piece, not per %.40q", x.Per).At(at + "/per")
	}
	if x.Lag < 0 || x.Lag > MaxLag {
		return fault.New(fault.Invalid, "lag", "a lag is 0 to %d months, not %d", MaxLag, x.Lag).At(at + "/lag")
	}
	for _, f := range []struct {
		at string
		d  money.Decimal
	}{{"/cap", x.Cap}, {"/floor", x.Floor}} {
		if f.d != "" {
			if err := notNegative(at+f.at, f.d, "a bound of the collar"); err != nil {
				return err
			}
		}
	}
	if x.Cap != "" && x.Floor != "" && less(x.Cap, x.Floor) {
		return fault.New(fault.Invalid, "collar", "the cap %s lies below the floor %s", x.Cap, x.Floor).At(at + "/cap")
	}
	if x.PassThrough != "" {
		return decimalIn(at+"/pass_through", x.PassThrough, "0", "1", "a share that is passed on")
	}
	return nil
}

// Held returns the index value that counts: between floor and cap.
func (x Indexation) Held(value money.Decimal) money.Decimal {
	if x.Cap != "" && less(x.Cap, value) {
		return x.Cap
	}
	if x.Floor != "" && less(value, x.Floor) {
		return x.Floor
	}
	return value
}

// month is the month whose value counts for a receipt on a day.
func (x Indexation) month(on period.Date) period.Month {
	return on.Month().First().AddMonths(-x.Lag).Month()
}

// IndexValue is the value of a commodity index in a month: Value units of Currency for one Per.
type IndexValue struct {
	ID       string         `json:"id,omitempty"`
	Index    string         `json:"index"`
	Month    period.Month   `json:"month" doc:"YYYY-MM"`
	Value    money.Decimal  `json:"value"`
	Currency money.Currency `json:"currency"`
	Per      string         `json:"per" doc:"mass that the value is for: g, kg or t"`
	evidence.Evidence
}

func (v IndexValue) key() string              { return v.ID }
func (v IndexValue) proof() evidence.Evidence { return v.Evidence }

// Check refuses a value that could not be used.
func (v IndexValue) Check() error {
	if err := firstOf(checkID("/index", v.Index), checkMonth("/month", v.Month), notNegative("/value", v.Value, "an index value"),
		checkCurrency("/currency", v.Currency)); err != nil {
		return err
	}
	if _, ok := masses[v.Per]; !ok {
		return fault.New(fault.Invalid, "per", "an index is told per g, kg or t, not per %.40q", v.Per).At("/per")
	}
	return checkProof("", v.Evidence)
}

func checkMonth(at string, m period.Month) error {
	if len(m) != len("2006-01") || checkDate(at, m.First()) != nil {
		return fault.New(fault.Invalid, "month", "%.40q is not a month of the form YYYY-MM", m).At(at)
	}
	return nil
}

// Market is what a price may depend on beside its contract: index values of every vintage, and exchange rates.
type Market struct {
	Values []IndexValue
	Rates  []Rate
}

// Value returns the index's value for a month as it was known on a day: of several vintages the last one by then.
func (m Market) Value(index string, month period.Month, asOf period.Date) (IndexValue, error) {
	var best IndexValue
	for _, v := range known(m.Values, asOf) {
		if v.Index == index && v.Month == month && cmp.Or(cmp.Compare(v.Vintage, best.Vintage), cmp.Compare(v.ID, best.ID)) > 0 {
			best = v
		}
	}
	if best.Index == "" {
		return best, fault.New(fault.Refused, "index_missing", "no value of index %q for %s was known on %s", index, month, asOf)
	}
	return best, nil
}

// Rate returns the latest rate for the day or before, or nil where nothing is to convert.
func (m Market) Rate(from, to money.Currency, on period.Date) (*Rate, error) {
	if from == to {
		return nil, nil
	}
	var best *Rate
	for _, r := range m.Rates {
		if r.From == from && r.To == to && r.Date <= on && (best == nil || r.Date > best.Date) {
			best = &r
		}
	}
	if best == nil {
		return nil, fault.New(fault.Refused, "rate_missing", "no rate from %s to %s is recorded for %s or before", from, to, on)
	}
	return best, nil
}

// PriceTerm is one addend of a price, in major units of the price's currency.
type PriceTerm struct {
	Key     string        `json:"key"` // "step" or "index"
	Label   string        `json:"label"`
	Amount  money.Decimal `json:"amount"`
	Formula string        `json:"formula,omitempty"` // with the numbers in it
	Source  string        `json:"source"`
	Record  string        `json:"record,omitempty"` // id of the index value
	Rate    string        `json:"rate,omitempty"`   // id of the exchange rate
}

// surcharge is what the indexation adds to the price of a piece of so many kWh, rounded once to the minor unit.
func (x Indexation) surcharge(kwh money.Decimal, in money.Currency, on, asOf period.Date, m Market) (PriceTerm, error) {
	month := x.month(on)
	v, err := m.Value(x.Index, month, asOf)
	if err != nil {
		return PriceTerm{}, err
	}
	held := x.Held(v.Value)
	share := cmp.Or(x.PassThrough, "1")
	factors := []money.Decimal{share, x.Content, massRatio(x.Unit, v.Per), minus(held, x.Base)}
	t := PriceTerm{Key: "index", Label: fmt.Sprintf("%s of %s", x.Index, month), Source: v.Source, Record: v.ID}
	size := ""
	if x.Per != "piece" {
		factors = append(factors, kwh)
		size = fmt.Sprintf("/kWh × %s kWh", kwh)
	}
	collar := ""
	if held != v.Value {
		collar = fmt.Sprintf(", held from %s", v.Value)
	}
	t.Formula = fmt.Sprintf("%s × %s %s%s × (%s − %s) %s/%s%s", share, x.Content, x.Unit, size, held, x.Base, v.Currency, v.Per, collar)
	rate, err := m.Rate(v.Currency, in, on)
	if err != nil {
		return PriceTerm{}, err
	}
	if rate != nil {
		factors = append(factors, rate.Rate)
		t.Formula += fmt.Sprintf(" × %s %s/%s", rate.Rate, in, v.Currency)
		t.Rate = rate.ID
	}
	a, err := money.Round(in, factors...)
	t.Amount = major(a)
	return t, err
}

// massRatio is how many of the second unit the first one is: "kg" is 0.001 "t".
func massRatio(unit, per string) money.Decimal {
	r := new(big.Rat).SetFrac(power(masses[unit]), power(masses[per]))
	return decimal(r)
}

package sourcing

import (
	"encoding/json"
	"strconv"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
)

// MaxFigure is the largest figure of a case: packs, major units of money, kg, months.
const MaxFigure = 1e12

// Figure is a number with its evidence. In a file it is a bare number, which takes the evidence of its section, or a
// mapping {value, source, date, vintage, who, level} with evidence of its own. The zero Figure is "not given".
type Figure struct {
	Value             money.Decimal `json:"value" yaml:"value"`
	evidence.Evidence `yaml:",inline"`
}

type plainFigure Figure

// UnmarshalYAML reads a bare number or a mapping.
func (f *Figure) UnmarshalYAML(into func(any) error) error {
	var bare money.Decimal
	if into(&bare) == nil {
		f.Value = bare
		return nil
	}
	return into((*plainFigure)(f))
}

// UnmarshalJSON reads a bare number, a text or an object.
func (f *Figure) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plainFigure)(f))
	}
	d, err := bareDecimal(b)
	f.Value = d
	return err
}

func bareDecimal(b []byte) (money.Decimal, error) {
	var s string
	if json.Unmarshal(b, &s) == nil {
		return money.Decimal(s), nil
	}
	var n json.Number
	err := json.Unmarshal(b, &n)
	return money.Decimal(n), err
}

// Given reports whether the case states the figure.
func (f Figure) Given() bool { return f.Value != "" }

// Float returns the figure for statistics and optimisation; 0 when it is not given.
func (f Figure) Float() float64 { return floatOf(f.Value) }

func floatOf(d money.Decimal) float64 {
	v, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return 0
	}
	return v
}

// Series is one number for all periods or one for each, with one evidence. In a file it is a bare number, a list, or a
// mapping {values: [...], source, …}.
type Series struct {
	Values            []money.Decimal `json:"values" yaml:"values"`
	evidence.Evidence `yaml:",inline"`
}

type plainSeries Series

// UnmarshalYAML reads a bare number, a list or a mapping.
func (s *Series) UnmarshalYAML(into func(any) error) error {
	var bare money.Decimal
	if into(&bare) == nil {
		s.Values = nil
		if bare != "" {
			s.Values = []money.Decimal{bare}
		}
		return nil
	}
	var list []money.Decimal
	if into(&list) == nil {
		s.Values = list
		return nil
	}
	return into((*plainSeries)(s))
}

// UnmarshalJSON reads a bare number, a text, a list or an object.
func (s *Series) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, (*plainSeries)(s))
	}
	if len(b) > 0 && b[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, raw := range list {
			d, err := bareDecimal(raw)
			if err != nil {
				return err
			}
			s.Values = append(s.Values, d)
		}
		return nil
	}
	d, err := bareDecimal(b)
	s.Values = []money.Decimal{d}
	return err
}

// Given reports whether the case states the series.
func (s Series) Given() bool { return len(s.Values) > 0 }

// At returns the value of a period; a series of one value holds for all periods.
func (s Series) At(period int) float64 {
	switch {
	case len(s.Values) == 0:
		return 0
	case period >= len(s.Values):
		return floatOf(s.Values[len(s.Values)-1])
	}
	return floatOf(s.Values[period])
}

// checkNumber refuses what is no number in [lo, hi].
func checkNumber(at string, d money.Decimal, lo, hi float64) error {
	if err := d.Check(); err != nil {
		return fault.New(fault.Invalid, "figure", "%.40q is not a decimal number such as 12.5", d).At(at)
	}
	if v := floatOf(d); v < lo || v > hi {
		return fault.New(fault.Invalid, "figure", "%.40s is outside the range %g to %g", d, lo, hi).At(at)
	}
	return nil
}

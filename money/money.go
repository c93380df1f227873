// Package money holds exact amounts: int64 minor units with an ISO 4217 code. Nothing here uses floats.
package money

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"roadbook/fault"
)

// Currency is an ISO 4217 alphabetic code.
type Currency string

// exponents holds the minor-unit exponents (ISO 4217, column "Mnr") of the currencies that Roadbook books.
var exponents = map[Currency]int{
	"CNY": 2, "USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "SEK": 2, "NOK": 2, "DKK": 2, "HKD": 2, "SGD": 2,
	"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "CLF": 4, "UYW": 4,
}

// Exponent returns the number of decimals of the currency's minor unit.
func (c Currency) Exponent() (int, error) {
	e, ok := exponents[c]
	if !ok {
		return 0, fault.New(fault.Invalid, "currency_unknown", "currency %.10q is not in the ISO 4217 table", string(c))
	}
	return e, nil
}

// Amount is a number of minor units of one currency. The zero Amount has no currency and adds to any.
type Amount struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

// Of returns minor units of c.
func Of(minor int64, c Currency) Amount { return Amount{minor, c} }

// Check refuses a currency that ISO 4217 does not know.
func (a Amount) Check() error { _, err := a.Currency.Exponent(); return err }

// IsZero reports whether the amount is nothing, in any currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Neg returns -a. It panics only for math.MinInt64, which Add, MulDiv and Parse never return.
func (a Amount) Neg() Amount { return Amount{-a.Minor, a.Currency} }

// Add returns a + b; it refuses two currencies and overflow.
func (a Amount) Add(b Amount) (Amount, error) {
	switch {
	case a == Amount{}:
		return b, nil
	case b == Amount{}:
		return a, nil
	case a.Currency != b.Currency:
		return Amount{}, fault.New(fault.Invalid, "currency_mixed", "cannot add %s to %s", b.Currency, a.Currency)
	}
	s := a.Minor + b.Minor
	if (s > a.Minor) != (b.Minor > 0) && b.Minor != 0 || s == math.MinInt64 {
		return Amount{}, fault.New(fault.Invalid, "amount_overflow", "%s + %s overflows", a, b)
	}
	return Amount{s, a.Currency}, nil
}

// Sub returns a - b.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Sum adds amounts of one currency.
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return Amount{}, err
		}
	}
	return total, nil
}

// MulDiv returns a × num / den, rounded half away from zero, through a 128-bit product.
func (a Amount) MulDiv(num, den int64) (Amount, error) {
	if den == 0 || num == math.MinInt64 || den == math.MinInt64 || a.Minor == math.MinInt64 {
		return Amount{}, fault.New(fault.Invalid, "amount_overflow", "%s × %d / %d is not defined", a, num, den)
	}
	neg := (a.Minor < 0) != (num < 0) != (den < 0)
	hi, lo := bits.Mul64(abs(a.Minor), abs(num))
	d := abs(den)
	lo, carry := bits.Add64(lo, d/2, 0)
	hi += carry
	if hi >= d {
		return Amount{}, fault.New(fault.Invalid, "amount_overflow", "%s × %d / %d overflows", a, num, den)
	}
	q, _ := bits.Div64(hi, lo, d)
	if q > math.MaxInt64 {
		return Amount{}, fault.New(fault.Invalid, "amount_overflow", "%s × %d / %d overflows", a, num, den)
	}
	m := int64(q)
	if neg {
		m = -m
	}
	return Amount{m, a.Currency}, nil
}

func abs(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}

// Allocate splits a in proportion to the weights by largest remainder: each part is floored and the leftover minor
// units go to the largest remainders, ties to the earlier part. The parts always sum to a; a negative amount is
// split as its absolute value and negated. Weights are 0 or more and not all 0.
func (a Amount) Allocate(weights []int64) ([]Amount, error) {
	var total uint64
	for i, w := range weights {
		if w < 0 {
			return nil, fault.New(fault.Invalid, "weight_negative", "weight %d is %d", i, w)
		}
		total += uint64(w)
		if total > math.MaxInt64 {
			return nil, fault.New(fault.Invalid, "amount_overflow", "the weights sum beyond %d", int64(math.MaxInt64))
		}
	}
	if total == 0 {
		return nil, fault.New(fault.Invalid, "weight_zero", "nothing to split %s by: all %d weights are 0", a, len(weights))
	}
	parts := make([]Amount, len(weights))
	rem := make([]uint64, len(weights))
	left := abs(a.Minor)
	for i, w := range weights {
		hi, lo := bits.Mul64(abs(a.Minor), uint64(w))
		q, r := bits.Div64(hi, lo, total)
		parts[i] = Amount{int64(q), a.Currency}
		rem[i] = r
		left -= q
	}
	for ; left > 0; left-- {
		best := -1
		for i := range rem {
			if rem[i] > 0 && (best < 0 || rem[i] > rem[best]) {
				best = i
			}
		}
		parts[best].Minor++
		rem[best] = 0
	}
	if a.Minor < 0 {
		for i := range parts {
			parts[i].Minor = -parts[i].Minor
		}
	}
	return parts, nil
}

// String writes the amount as people read it: "1,234.50 CNY".
func (a Amount) String() string {
	exp := exponents[a.Currency]
	s := strconv.FormatUint(abs(a.Minor), 10)
	for len(s) <= exp {
		s = "0" + s
	}
	whole, frac := s[:len(s)-exp], s[len(s)-exp:]
	var b strings.Builder
	if a.Minor < 0 {
		b.WriteByte('-')
	}
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if exp > 0 {
		b.WriteString("." + frac)
	}
	if a.Currency != "" {
		b.WriteString(" " + string(a.Currency))
	}
	return b.String()
}

// exact traps everything that would lose a digit (house rule: Inexact only at the one named rounding step).
var exact = apd.Context{Precision: 60, MaxExponent: 1000, MinExponent: -1000, Traps: apd.DefaultTraps | apd.Inexact | apd.Rounded}

// MaxDecimals is the number of decimals that a unit price or quantity may have.
const MaxDecimals = 12

// Decimal is an exact decimal number written as text: a unit price, a quantity or a rate.
type Decimal string

func (d Decimal) parse() (*apd.Decimal, error) {
	v, _, err := apd.NewFromString(string(d))
	if err != nil || v.Form != apd.Finite || len(d) > 40 || strings.ContainsAny(string(d), "eE") || v.Exponent < -MaxDecimals {
		return nil, fault.New(fault.Invalid, "decimal", "%.40q is not a decimal number with at most %d decimals", string(d), MaxDecimals)
	}
	return v, nil
}

// Check refuses what is not a finite decimal number of at most MaxDecimals decimals.
func (d Decimal) Check() error { _, err := d.parse(); return err }

// Sign returns -1, 0 or 1; an invalid decimal has sign 0.
func (d Decimal) Sign() int {
	v, err := d.parse()
	if err != nil {
		return 0
	}
	return v.Sign()
}

// Round is the one rounding step: it multiplies the factors exactly, takes the product as major units of c and rounds
// half away from zero to c's minor unit. Round("0.35", "1204.7") prices 1,204.7 km at 0.35 a kilometre.
func Round(c Currency, factors ...Decimal) (Amount, error) {
	exp, err := c.Exponent()
	if err != nil {
		return Amount{}, err
	}
	p := apd.New(1, int32(exp))
	for _, f := range factors {
		v, err := f.parse()
		if err != nil {
			return Amount{}, err
		}
		if _, err := exact.Mul(p, p, v); err != nil {
			return Amount{}, fault.New(fault.Invalid, "amount_overflow", "the product of %v needs more than %d digits", factors, exact.Precision)
		}
	}
	rounding := apd.Context{Precision: 60, MaxExponent: 1000, MinExponent: -1000, Rounding: apd.RoundHalfUp}
	var r apd.Decimal
	if _, err := rounding.Quantize(&r, p, 0); err != nil {
		return Amount{}, fault.New(fault.Invalid, "amount_overflow", "the product of %v cannot be rounded: %v", factors, err)
	}
	m, err := r.Int64()
	if err != nil || m == math.MinInt64 {
		return Amount{}, fault.New(fault.Invalid, "amount_overflow", "the product of %v does not fit %s", factors, c)
	}
	return Amount{m, c}, nil
}

// Parse reads "1234.50" as an amount of c; more decimals than the currency has are refused, not rounded.
func Parse(s string, c Currency) (Amount, error) {
	exp, err := c.Exponent()
	if err != nil {
		return Amount{}, err
	}
	v, err := Decimal(s).parse()
	if err != nil {
		return Amount{}, err
	}
	v.Exponent += int32(exp)
	m, err := v.Int64()
	if err != nil || m == math.MinInt64 {
		return Amount{}, fault.New(fault.Invalid, "amount_precision", "%.40q is not a whole number of minor units of %s (%d decimals)", s, c, exp)
	}
	return Amount{m, c}, nil
}

package supply

import (
	"math/big"
	"strings"

	"roadbook/fault"
	"roadbook/money"
)

// Arithmetic that money.Round, which multiplies, does not cover: sums, differences and quotients of decimals, exact.

// ratio reads a decimal that was checked before.
func ratio(d money.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// plus adds decimals; each has at most money.MaxDecimals decimals, and so has the sum.
func plus(ds ...money.Decimal) money.Decimal {
	sum := new(big.Rat)
	for _, d := range ds {
		sum.Add(sum, ratio(d))
	}
	return decimal(sum)
}

func minus(a, b money.Decimal) money.Decimal {
	return decimal(new(big.Rat).Sub(ratio(a), ratio(b)))
}

// less reports whether a < b.
func less(a, b money.Decimal) bool { return ratio(a).Cmp(ratio(b)) < 0 }

// decimal writes a number to at most money.MaxDecimals decimals, without zeros at the end.
func decimal(r *big.Rat) money.Decimal {
	s := r.FloatString(money.MaxDecimals)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		s = "0"
	}
	return money.Decimal(s)
}

// major writes an amount as major units: 123450 minor units of CNY are "1234.5".
func major(a money.Amount) money.Decimal {
	return decimal(inMajor(a))
}

func inMajor(a money.Amount) *big.Rat {
	exp, err := a.Currency.Exponent()
	if err != nil {
		return new(big.Rat).SetInt64(a.Minor)
	}
	return new(big.Rat).SetFrac(big.NewInt(a.Minor), power(exp))
}

func power(exp int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil)
}

// round takes major units to the minor unit, half away from zero, as money.Round does. It is for quotients, which are no
// decimals: what is a product of decimals goes through money.Round.
func round(c money.Currency, r *big.Rat) (money.Amount, error) {
	exp, err := c.Exponent()
	if err != nil {
		return money.Amount{}, err
	}
	minor := new(big.Rat).Mul(r, new(big.Rat).SetInt(power(exp)))
	twice := new(big.Int).Add(new(big.Int).Mul(new(big.Int).Abs(minor.Num()), big.NewInt(2)), minor.Denom())
	q := new(big.Int).Quo(twice, new(big.Int).Mul(minor.Denom(), big.NewInt(2)))
	if minor.Sign() < 0 {
		q.Neg(q)
	}
	if !q.IsInt64() || !new(big.Int).Neg(q).IsInt64() {
		return money.Amount{}, fault.New(fault.Invalid, "amount_overflow", "%s %s is too large", r.FloatString(0), c)
	}
	return money.Of(q.Int64(), c), nil
}

// decimalIn refuses what is no decimal number from lo to hi.
func decimalIn(at string, d money.Decimal, lo, hi money.Decimal, what string) error {
	if err := d.Check(); err != nil || less(d, lo) || less(hi, d) {
		return fault.New(fault.Invalid, "decimal", "%s is a decimal number from %s to %s, not %.40q", what, lo, hi, string(d)).At(at)
	}
	return nil
}

// notNegative refuses what is no decimal number of 0 or more.
func notNegative(at string, d money.Decimal, what string) error {
	if err := d.Check(); err != nil || d.Sign() < 0 {
		return fault.New(fault.Invalid, "decimal", "%s is a decimal number of 0 or more, not %.40q", what, string(d)).At(at)
	}
	return nil
}

package money_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/money"
)

func TestAddRefuses(t *testing.T) {
	for _, c := range []struct {
		why  string
		a, b money.Amount
		code string
	}{
		{"two currencies have no sum", money.Of(1, "CNY"), money.Of(1, "USD"), "currency_mixed"},
		{"above the largest amount", money.Of(math.MaxInt64, "CNY"), money.Of(1, "CNY"), "amount_overflow"},
		{"below the smallest amount", money.Of(-math.MaxInt64, "CNY"), money.Of(-2, "CNY"), "amount_overflow"},
		{"MinInt64 has no negative, so no sum may be it", money.Of(-math.MaxInt64, "CNY"), money.Of(-1, "CNY"), "amount_overflow"},
	} {
		if got, err := c.a.Add(c.b); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v + %v = %v, %v; want %s", c.why, c.a, c.b, got, err, c.code)
		}
	}
}

func TestRoundIsHalfAwayFromZeroOnce(t *testing.T) {
	for _, c := range []struct {
		why     string
		cur     money.Currency
		factors []money.Decimal
		want    int64
	}{
		{"a half goes up", "CNY", []money.Decimal{"0.005"}, 1},
		{"a half goes away from zero", "CNY", []money.Decimal{"-0.005"}, -1},
		{"just below a half goes down", "CNY", []money.Decimal{"0.004999999999"}, 0},
		{"the product is exact before it is rounded", "CNY", []money.Decimal{"0.35", "1204.7"}, 42165},
		{"a currency without minor units", "JPY", []money.Decimal{"100", "1.005"}, 101},
		{"a currency with three decimals", "KWD", []money.Decimal{"1.2345"}, 1235},
		{"binary floats would give 1.00", "USD", []money.Decimal{"1.005"}, 101},
	} {
		got, err := money.Round(c.cur, c.factors...)
		if err != nil || got.Minor != c.want {
			t.Errorf("%s: Round(%v) = %v, %v; want %d", c.why, c.factors, got, err, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		why, in string
		cur     money.Currency
		want    int64
		code    string
	}{
		{"plain", "1234.50", "CNY", 123450, ""},
		{"fewer decimals than the currency has", "-7", "CNY", -700, ""},
		{"more decimals are refused, not rounded", "1.005", "CNY", 0, "amount_precision"},
		{"no exponent notation", "1e3", "CNY", 0, "decimal"},
		{"not a number", "NaN", "CNY", 0, "decimal"},
		{"unknown currency", "1", "XYZ", 0, "currency_unknown"},
		{"too large", "99999999999999999999", "CNY", 0, "amount_precision"},
	} {
		got, err := money.Parse(c.in, c.cur)
		if fault.CodeOf(err) != c.code || got.Minor != c.want {
			t.Errorf("%s: Parse(%q) = %v, %v", c.why, c.in, got, err)
		}
	}
}

func TestString(t *testing.T) {
	for want, a := range map[string]money.Amount{
		"1,234,567.05 CNY": money.Of(123456705, "CNY"),
		"-0.05 CNY":        money.Of(-5, "CNY"),
		"1,000 JPY":        money.Of(1000, "JPY"),
		"0.001 KWD":        money.Of(1, "KWD"),
	} {
		if a.String() != want {
			t.Errorf("%#v = %q, want %q", a, a.String(), want)
		}
	}
}

func TestAllocateGivesEveryCentToSomeone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Of(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "amount"), "CNY")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/64), 1, 32).Draw(t, "weights")
		parts, err := a.Allocate(weights)
		var total int64
		for _, w := range weights {
			total += w
		}
		if total == 0 {
			if fault.CodeOf(err) != "weight_zero" {
				t.Fatalf("all weights 0: %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := new(big.Int)
		for i, p := range parts {
			sum.Add(sum, big.NewInt(p.Minor))
			// Each part is within one minor unit of its exact share.
			exact := new(big.Rat).Mul(big.NewRat(a.Minor, 1), big.NewRat(weights[i], total))
			diff := new(big.Rat).Sub(exact, big.NewRat(p.Minor, 1))
			if diff.Abs(diff).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("part %d is %d, its share %s", i, p.Minor, exact.FloatString(3))
			}
		}
		if sum.Cmp(big.NewInt(a.Minor)) != 0 {
			t.Fatalf("the parts sum to %s, not %d", sum, a.Minor)
		}
	})
}

func TestMulDivIsExactRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "minor")
		num := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "num")
		den := rapid.Int64Range(1, math.MaxInt64).Draw(t, "den")
		got, err := money.Of(m, "CNY").MulDiv(num, den)
		// Oracle: floor(|m·num|·2 + den over 2·den), with the sign put back.
		p := new(big.Int).Mul(big.NewInt(m), big.NewInt(num))
		sign := p.Sign()
		p.Abs(p).Lsh(p, 1).Add(p, big.NewInt(den)).Quo(p, new(big.Int).Lsh(big.NewInt(den), 1))
		if !p.IsInt64() {
			if fault.CodeOf(err) != "amount_overflow" {
				t.Fatalf("overflow not refused: %v, %v", got, err)
			}
			return
		}
		if want := p.Int64() * int64(sign); err != nil || got.Minor != want {
			t.Fatalf("%d × %d / %d = %d, %v; want %d", m, num, den, got.Minor, err, want)
		}
	})
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-1.5", "1e9", "NaN", "Infinity", "000000000000.1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if money.Decimal(s).Check() == nil {
			if _, err := money.Round("CNY", money.Decimal(s)); err != nil && fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
		}
	})
}

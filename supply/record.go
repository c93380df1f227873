package supply

import (
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// recorded is a record that says where it comes from. What is recorded is never changed: a correction is a further record
// that names the one it supersedes.
type recorded interface {
	key() string
	proof() evidence.Evidence
}

// known keeps the records that were known on a day, less those that a record known on that day supersedes, in their order.
func known[T recorded](in []T, asOf period.Date) []T {
	gone := map[string]bool{}
	for _, r := range in {
		if e := r.proof(); e.Known(asOf) && e.Supersedes != "" {
			gone[e.Supersedes] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(in), func(r T) bool { return !r.proof().Known(asOf) || gone[r.key()] })
}

// newest returns, of the records that hold on a day as far as was known on asOf, the one with the latest beginning, of
// several with one beginning the one that became known last, and of those the greatest id, so that there is one answer.
func newest[T recorded](in []T, valid func(T) period.Span, on, asOf period.Date) (best T, ok bool) {
	for _, r := range known(in, asOf) {
		if !valid(r).Contains(on) {
			continue
		}
		if !ok || later(r, best, valid) {
			best, ok = r, true
		}
	}
	return best, ok
}

func later[T recorded](a, b T, valid func(T) period.Span) bool {
	if x, y := valid(a).From, valid(b).From; x != y {
		return x > y
	}
	if x, y := a.proof().Vintage, b.proof().Vintage; x != y {
		return x > y
	}
	return a.key() > b.key()
}

// checkProof refuses evidence that is not whole; its fields stand beside the record's own.
func checkProof(at string, e evidence.Evidence) error { return e.Check(at) }

// checkOptional accepts an empty id.
func checkOptional(at, s string) error {
	if s == "" {
		return nil
	}
	return checkID(at, s)
}

func checkCurrency(at string, c money.Currency) error {
	if _, err := c.Exponent(); err != nil {
		return fault.New(fault.Invalid, "currency_unknown", "%v", err).At(at)
	}
	return nil
}

// firstOf returns the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

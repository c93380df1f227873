package ledger

import (
	"context"
	"fmt"
	"slices"

	"roadbook/money"
)

// MaxProblems is how many problems a Verdict lists; a broken chain breaks everything after it.
const MaxProblems = 20

// Turnover is all that was debited and credited in one currency.
type Turnover struct {
	Currency money.Currency `json:"currency"`
	Debit    int64          `json:"debit"`
	Credit   int64          `json:"credit"`
}

// Verdict is the result of going through all the books.
type Verdict struct {
	OK       bool       `json:"ok"`
	Entries  int64      `json:"entries"`
	Chain    string     `json:"chain"` // the last link: to compare two copies of the books
	Turnover []Turnover `json:"turnover"`
	Problems []string   `json:"problems,omitempty"`
}

// Verify goes through all entries: digests, chain and numbers fit, debits equal credits per currency, and the roll-up is
// the sum of the postings, by vehicle and of the fleet. A Verdict with problems is an answer, not an error.
func (s *Service) Verify(ctx context.Context) (Verdict, error) {
	head, rollup, totals, err := s.store.State(ctx)
	if err != nil {
		return Verdict{}, err
	}
	a := auditor{sums: map[Sum]Sum{}}
	for a.head.Seq < head.Seq {
		page, err := s.store.Entries(ctx, Filter{}, a.head.Seq, MaxPage)
		if err != nil {
			return Verdict{}, err
		}
		if len(page) == 0 {
			a.problem("the entries end at number %d, the head is at %d", a.head.Seq, head.Seq)
			break
		}
		for _, b := range page {
			if b.Seq <= head.Seq { // later ones are not in the roll-up that was read
				a.entry(b)
			}
		}
		if page[len(page)-1].Seq > head.Seq {
			break
		}
	}
	if a.head != head {
		a.problem("the chain ends with %.12s at number %d, the head says %.12s at %d", a.head.Chain, a.head.Seq, head.Chain, head.Seq)
	}
	want := sorted(a.sums)
	a.rollup("roll-up", want, rollup)
	a.rollup("roll-up of the fleet", Fleet(want), totals)
	v := Verdict{Entries: head.Seq, Chain: head.Chain, Turnover: a.turnover(rollup), Problems: a.problems}
	v.OK = len(v.Problems) == 0
	return v, nil
}

// auditor adds up the books anew.
type auditor struct {
	head     Head
	sums     map[Sum]Sum
	problems []string
}

func (a *auditor) problem(format string, args ...any) {
	if len(a.problems) < MaxProblems {
		a.problems = append(a.problems, fmt.Sprintf(format, args...))
	}
}

func (a *auditor) entry(b Booked) {
	if b.Seq != a.head.Seq+1 {
		a.problem("entry %d follows entry %d", b.Seq, a.head.Seq)
	}
	if d := b.ContentDigest(); d != b.Digest {
		a.problem("entry %d (%s) was changed: its content has digest %.12s, booked was %.12s", b.Seq, b.Ref, d, b.Digest)
	}
	if l := Link(a.head.Chain, b.Digest); l != b.Chain {
		a.problem("entry %d (%s) does not continue the chain", b.Seq, b.Ref)
	}
	if err := b.Check(); err != nil {
		a.problem("entry %d (%s) should not have been booked: %v", b.Seq, b.Ref, err)
	}
	a.head = Head{b.Seq, b.Chain}
	for _, s := range RollUp(b.Entry) {
		addTo(a.sums, s.key(), s.Debit, s.Credit)
	}
}

// rollup compares what a roll-up should be, in the order of the rows' keys, with what is stored.
func (a *auditor) rollup(name string, want, stored []Sum) {
	stored = slices.Clone(stored)
	slices.SortFunc(stored, compareSums)
	for len(want) > 0 || len(stored) > 0 {
		switch {
		case len(stored) == 0 || len(want) > 0 && compareSums(want[0], stored[0]) < 0:
			a.problem("the %s lacks %+v", name, want[0])
			want = want[1:]
		case len(want) == 0 || compareSums(want[0], stored[0]) > 0:
			a.problem("the %s has %+v without a posting", name, stored[0])
			stored = stored[1:]
		default:
			if want[0] != stored[0] {
				a.problem("the %s says %+v, the postings %+v", name, stored[0], want[0])
			}
			want, stored = want[1:], stored[1:]
		}
	}
}

func (a *auditor) turnover(rollup []Sum) []Turnover {
	var out []Turnover
	for _, s := range rollup {
		i := slices.IndexFunc(out, func(t Turnover) bool { return t.Currency == s.Currency })
		if i < 0 {
			i, out = len(out), append(out, Turnover{Currency: s.Currency})
		}
		out[i].Debit += s.Debit
		out[i].Credit += s.Credit
	}
	for _, t := range out {
		if t.Debit != t.Credit {
			a.problem("debits of %d %s are not credits of %d", t.Debit, t.Currency, t.Credit)
		}
	}
	return out
}

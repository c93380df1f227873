package supply

import (
	"cmp"
	"fmt"
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/period"
)

// ReviewMonths is after how many months an exclusion without an end and without a review date is to be looked at again.
const ReviewMonths = 12

// Exclusion bars a supplier on the days of a span: nothing is contracted, received, picked or built in from it, as far as
// the scope reaches.
type Exclusion struct {
	ID       string             `json:"id"`
	Supplier string             `json:"supplier"`
	Span     period.Span        `json:"span"`
	Scope    Scope              `json:"scope,omitzero"`
	Reason   string             `json:"reason"`
	Owner    string             `json:"owner"`            // who answers for the decision
	Evidence string             `json:"evidence"`         // what it rests on
	Review   period.Date        `json:"review,omitempty"` // on which day it is to be looked at again at the latest
	Record   *evidence.Evidence `json:"record,omitempty"` // where, since when and by whom it is known; nil: not recorded
}

// Scope narrows an exclusion. What is empty narrows nothing; of several each must fit.
type Scope struct {
	Chemistry string `json:"chemistry,omitempty"`
	Model     string `json:"model,omitempty"`
	Region    string `json:"region,omitempty"` // market that the packs are bought for, as contracts name it
}

// String says the scope in words, "" for everything.
func (s Scope) String() string {
	out := ""
	for _, f := range []struct{ what, name string }{{"chemistry", s.Chemistry}, {"model", s.Model}, {"region", s.Region}} {
		if f.name != "" {
			out += fmt.Sprintf(", %s %s", f.what, f.name)
		}
	}
	if out == "" {
		return ""
	}
	return out[2:]
}

// Covers reports whether an act lies in the scope. What is not known of the act is not covered by a scope that names it: a
// contract knows its chemistry and region and no model, so an exclusion from one model does not forbid the contract, but it
// keeps the packs out of that model.
func (s Scope) Covers(act Scope) bool {
	fits := func(scope, act string) bool { return scope == "" || scope == act }
	return fits(s.Chemistry, act.Chemistry) && fits(s.Model, act.Model) && fits(s.Region, act.Region)
}

// Check refuses an exclusion that does not say why, who and on what grounds.
func (e Exclusion) Check() error {
	if err := checkID("/supplier", e.Supplier); err != nil {
		return err
	}
	if err := checkSpan("/span", e.Span); err != nil {
		return err
	}
	for _, f := range []struct{ at, text string }{{"/reason", e.Reason}, {"/owner", e.Owner}, {"/evidence", e.Evidence}} {
		if err := checkText(f.at, f.text, MaxText); err != nil {
			return err
		}
	}
	for _, f := range []struct{ at, text string }{{"/scope/chemistry", e.Scope.Chemistry}, {"/scope/model", e.Scope.Model}, {"/scope/region", e.Scope.Region}} {
		if len(f.text) > MaxName {
			return fault.New(fault.Invalid, "text", "a scope has at most %d bytes", MaxName).At(f.at)
		}
	}
	if e.Review != "" {
		if err := checkDate("/review", e.Review); err != nil {
			return err
		}
		if e.Review <= e.Span.From || e.Span.To != "" && e.Review > e.Span.To {
			return fault.New(fault.Invalid, "review", "a review lies after the exclusion's first day %s and not after its end %s, unlike %s",
				e.Span.From, open(e.Span.To), e.Review).At("/review")
		}
	}
	if e.Record != nil {
		return e.Record.Check("/record")
	}
	return nil
}

// Barred returns the refusal if one of the supplier's exclusions of everything holds on the day.
func Barred(exclusions []Exclusion, supplier string, on period.Date) error {
	return BarredFor(exclusions, supplier, Scope{}, on)
}

// BarredFor returns the refusal if one of the supplier's exclusions that covers the act holds on the day.
func BarredFor(exclusions []Exclusion, supplier string, act Scope, on period.Date) error {
	for _, e := range exclusions {
		if e.Supplier == supplier && e.Span.Contains(on) && e.Scope.Covers(act) {
			within := ""
			if s := e.Scope.String(); s != "" {
				within = " for " + s
			}
			return fault.New(fault.Refused, "supplier_excluded", "supplier %q is excluded%s on %s (from %s until %s): %s; decided by %s",
				supplier, within, on, e.Span.From, open(e.Span.To), e.Reason, e.Owner)
		}
	}
	return nil
}

// Due is the day from which on somebody must look at the exclusion again, and why: its review date or its end, whichever
// comes first, and ReviewMonths after its beginning if it has neither.
func (e Exclusion) Due() (on period.Date, why string) {
	switch {
	case e.Review != "":
		return e.Review, "the review date has come"
	case e.Span.To != "":
		return e.Span.To, "it has ended: the supplier is allowed again unless it is renewed"
	}
	return e.Span.From.AddMonths(ReviewMonths), fmt.Sprintf("it has no end and no review date, and is %d months old", ReviewMonths)
}

// Outcome is what a review decided.
type Outcome string

// The outcomes.
const (
	Ended   Outcome = "ended"   // it is over, and the supplier allowed: from the decision's date on if it would have held on
	Renewed Outcome = "renewed" // another exclusion goes on where this one ends
	Kept    Outcome = "kept"    // it holds on as it is; it is to be reviewed again
)

// Outcomes lists every outcome.
var Outcomes = []Outcome{Ended, Renewed, Kept}

// Decision answers one review of an exclusion. It changes no exclusion: what is renewed is a new one.
type Decision struct {
	ID        string      `json:"id,omitempty"`
	Exclusion string      `json:"exclusion,omitempty"` // taken from the path of the request
	Outcome   Outcome     `json:"outcome"`
	By        string      `json:"renewed_by,omitempty"` // the exclusion that goes on, if renewed
	Next      period.Date `json:"next,omitempty"`       // the next review, if kept
	evidence.Evidence
}

func (d Decision) key() string              { return d.ID }
func (d Decision) proof() evidence.Evidence { return d.Evidence }

// Check refuses a decision that does not say what, by whom and why.
func (d Decision) Check() error {
	if err := firstOf(checkID("/exclusion", d.Exclusion), checkProof("", d.Evidence)); err != nil {
		return err
	}
	if !slices.Contains(Outcomes, d.Outcome) {
		return fault.New(fault.Invalid, "outcome", "outcome %.40q is none of %v", d.Outcome, Outcomes).At("/outcome")
	}
	if (d.Outcome == Renewed) != (d.By != "") {
		return fault.New(fault.Invalid, "renewed_by", "a renewal names the exclusion that goes on, and nothing else does").At("/renewed_by")
	}
	if (d.Outcome == Kept) != (d.Next != "") {
		return fault.New(fault.Invalid, "next", "what is kept names the day of its next review, and nothing else does").At("/next")
	}
	if d.Outcome == Kept {
		if err := checkDate("/next", d.Next); err != nil {
			return err
		}
		if d.Next <= d.Date {
			return fault.New(fault.Invalid, "next", "the next review lies after the decision of %s, unlike %s", d.Date, d.Next).At("/next")
		}
	}
	return nil
}

// suits refuses a decision that does not answer the exclusion.
func (d Decision) suits(e Exclusion) error {
	switch {
	case d.Date <= e.Span.From:
		return fault.New(fault.Refused, "not_begun", "exclusion %q begins on %s: nothing is decided about it on %s", e.ID, e.Span.From, d.Date).At("/date")
	case d.Outcome == Kept && e.Span.To != "" && e.Span.To <= d.Date:
		return fault.New(fault.Refused, "exclusion_over", "exclusion %q ended on %s: it is renewed by a new one, not kept", e.ID, e.Span.To).At("/outcome")
	}
	return nil
}

// Lifted returns the exclusions as decisions have left them: one that was called ended before its end holds until the day of
// that decision. The records stay as they are.
func Lifted(exclusions []Exclusion, decisions []Decision) []Exclusion {
	out := slices.Clone(exclusions)
	for _, d := range known(decisions, endOfTime) {
		for i, e := range out {
			if d.Outcome == Ended && d.Exclusion == e.ID && (e.Span.To == "" || d.Date < e.Span.To) {
				out[i].Span.To = d.Date
			}
		}
	}
	return out
}

// Review is a task: an exclusion that somebody must look at. It stays until a decision answers it.
type Review struct {
	Exclusion Exclusion   `json:"exclusion"`
	Due       period.Date `json:"due"`
	Why       string      `json:"why"`
	Holds     bool        `json:"holds"` // whether the exclusion still bars the supplier
}

// Reviews lists what is due on a day, the longest due first: no exclusion ends, and none goes on, without somebody's
// decision. A decision counts from the day on which it became known.
func Reviews(exclusions []Exclusion, decisions []Decision, on period.Date) []Review {
	last := map[string]Decision{}
	for _, d := range known(decisions, on) {
		if had, ok := last[d.Exclusion]; !ok || d.Date > had.Date || d.Date == had.Date && d.Vintage > had.Vintage {
			last[d.Exclusion] = d
		}
	}
	var out []Review
	for _, e := range Lifted(exclusions, decisions) {
		due, why := e.Due()
		if d, ok := last[e.ID]; ok {
			if d.Outcome != Kept {
				continue
			}
			due, why = d.Next, "the next review, set on "+string(d.Date)+", has come"
			if e.Span.To != "" && e.Span.To <= due {
				due, why = e.Span.To, "it has ended: the supplier is allowed again unless it is renewed"
			}
		}
		if due <= on {
			out = append(out, Review{Exclusion: e, Due: due, Why: why, Holds: e.Span.Contains(on)})
		}
	}
	slices.SortFunc(out, func(a, b Review) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Exclusion.ID, b.Exclusion.ID))
	})
	return out
}

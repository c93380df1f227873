package supply

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Limits of sites and qualifications.
const (
	MaxCapacities = 100
	MaxWeeks      = 520     // of a lead time
	MaxPieces     = 1 << 40 // of a capacity, a volume or a minimum order
)

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

// Site is a place where a supplier makes parts.
type Site struct {
	ID       string     `json:"id"`
	Supplier string     `json:"supplier,omitempty"` // taken from the path of the request
	Name     string     `json:"name"`
	Country  string     `json:"country" doc:"ISO 3166-1 alpha-2, as CN"`
	Capacity []Capacity `json:"capacity,omitempty"`
	evidence.Evidence
}

// Capacity is how many pieces a site can make in a month, from a day on: of one part or, if the part is empty, of one
// chemistry. Of several that fit, the one with the latest beginning counts, and of a part's and a chemistry's the part's.
type Capacity struct {
	Part      string      `json:"part,omitempty"`
	Chemistry string      `json:"chemistry,omitempty"`
	From      period.Date `json:"from"`
	PerMonth  int64       `json:"per_month"`
}

func (s Site) key() string              { return s.ID }
func (s Site) proof() evidence.Evidence { return s.Evidence }

// Check refuses a site that cannot be recorded.
func (s Site) Check() error {
	if err := firstOf(checkID("/id", s.ID), checkID("/supplier", s.Supplier), checkText("/name", s.Name, MaxName)); err != nil {
		return err
	}
	if !countryForm.MatchString(s.Country) {
		return fault.New(fault.Invalid, "country", "a country is two capital letters (ISO 3166-1 alpha-2, as CN), not %.40q", s.Country).At("/country")
	}
	if len(s.Capacity) > MaxCapacities {
		return fault.New(fault.Invalid, "capacity", "a site has at most %d capacities, this one %d", MaxCapacities, len(s.Capacity)).At("/capacity")
	}
	for i, c := range s.Capacity {
		at := fmt.Sprintf("/capacity/%d", i)
		if (c.Part == "") == (c.Chemistry == "") {
			return fault.New(fault.Invalid, "capacity", "a capacity is of a part or of a chemistry: exactly one of the two is named").At(at)
		}
		if err := firstOf(checkOptional(at+"/part", c.Part), checkDate(at+"/from", c.From)); err != nil {
			return err
		}
		if c.PerMonth < 0 || c.PerMonth > MaxPieces {
			return fault.New(fault.Invalid, "capacity", "a capacity is 0 to %d pieces per month, not %d", MaxPieces, c.PerMonth).At(at + "/per_month")
		}
		if slices.ContainsFunc(s.Capacity[:i], func(o Capacity) bool {
			return o.Part == c.Part && o.Chemistry == c.Chemistry && o.From == c.From
		}) {
			return fault.New(fault.Invalid, "capacity", "two capacities of the same begin on %s", c.From).At(at)
		}
	}
	return checkProof("", s.Evidence)
}

// CapacityOn returns how many pieces of the part the site can make per month on a day; ok is false when nothing says so.
func (s Site) CapacityOn(part, chemistry string, on period.Date) (perMonth int64, ok bool) {
	var best Capacity
	for _, c := range s.Capacity {
		if c.From > on || c.Part != "" && c.Part != part || c.Chemistry != "" && c.Chemistry != chemistry {
			continue
		}
		if !ok || cmp.Or(cmp.Compare(len(c.Part), len(best.Part)), cmp.Compare(c.From, best.From)) > 0 {
			best, ok = c, true
		}
	}
	return best.PerMonth, ok
}

// QualificationState is how far a supplier's part is on its way to being used.
type QualificationState string

// The states.
const (
	Started   QualificationState = "started"
	Qualified QualificationState = "qualified"
	Failed    QualificationState = "failed"
	Withdrawn QualificationState = "withdrawn" // was qualified and is no more
)

// QualificationStates lists every state.
var QualificationStates = []QualificationState{Started, Qualified, Failed, Withdrawn}

// NotRecorded is what Standing says of a supplier and part of which no qualification was ever recorded: it is allowed, so
// that what was bought before qualifications were recorded stays possible, but never called qualified.
const NotRecorded = "not recorded"

// Qualification says how far a supplier's part is from a day on: Qualified's day for that state, Started's for "started",
// and the day of its evidence otherwise.
type Qualification struct {
	ID          string             `json:"id,omitempty"`
	Supplier    string             `json:"supplier"`
	Part        string             `json:"part"`
	Site        string             `json:"site,omitempty"`
	State       QualificationState `json:"state"`
	Started     period.Date        `json:"started"`
	QualifiedOn period.Date        `json:"qualified_on,omitempty"`
	Cost        money.Amount       `json:"cost,omitzero"`        // of the qualification, so far
	LeadWeeks   int                `json:"lead_weeks,omitempty"` // from order to delivery, once qualified
	evidence.Evidence
}

func (q Qualification) key() string              { return q.ID }
func (q Qualification) proof() evidence.Evidence { return q.Evidence }

// Check refuses a qualification whose state and days contradict each other.
func (q Qualification) Check() error {
	if err := firstOf(checkID("/supplier", q.Supplier), checkID("/part", q.Part), checkOptional("/site", q.Site), checkDate("/started", q.Started)); err != nil {
		return err
	}
	if !slices.Contains(QualificationStates, q.State) {
		return fault.New(fault.Invalid, "state", "state %.40q is none of %v", q.State, QualificationStates).At("/state")
	}
	if q.State == Qualified || q.QualifiedOn != "" {
		if err := checkDate("/qualified_on", q.QualifiedOn); err != nil {
			return err
		}
		if q.QualifiedOn < q.Started {
			return fault.New(fault.Invalid, "qualified_on", "qualified on %s, before it was started on %s", q.QualifiedOn, q.Started).At("/qualified_on")
		}
	}
	if (q.State == Started || q.State == Failed) && q.QualifiedOn != "" {
		return fault.New(fault.Invalid, "qualified_on", "what is %s has no day on which it was qualified", q.State).At("/qualified_on")
	}
	if q.Cost != (money.Amount{}) {
		if err := checkCurrency("/cost/currency", q.Cost.Currency); err != nil {
			return err
		}
		if q.Cost.Minor < 0 {
			return fault.New(fault.Invalid, "cost", "a cost is 0 or more, not %s", q.Cost).At("/cost")
		}
	}
	if q.LeadWeeks < 0 || q.LeadWeeks > MaxWeeks {
		return fault.New(fault.Invalid, "lead_weeks", "a lead time is 0 to %d weeks, not %d", MaxWeeks, q.LeadWeeks).At("/lead_weeks")
	}
	return checkProof("", q.Evidence)
}

// since is the day from which on the state holds.
func (q Qualification) since() period.Date {
	switch q.State {
	case Qualified:
		return q.QualifiedOn
	case Started:
		return q.Started
	}
	return q.Date
}

// Standing is how a supplier's part stands on a day.
type Standing struct {
	Supplier  string         `json:"supplier"`
	Part      string         `json:"part"`
	Date      period.Date    `json:"date"`
	State     string         `json:"state"` // a QualificationState, "not started" or "not recorded"
	MayBuy    bool           `json:"may_buy"`
	LeadWeeks int            `json:"lead_weeks,omitempty"`
	By        *Qualification `json:"by,omitempty"` // the record that says so
}

// StandingOf says how a supplier's part stands on a day. Corrections count from the beginning: records that another one
// supersedes are left out, whatever their vintage. With no record at all the answer is NotRecorded, which may be bought.
func StandingOf(records []Qualification, supplier, part string, on period.Date) Standing {
	st := Standing{Supplier: supplier, Part: part, Date: on, State: NotRecorded, MayBuy: true}
	var best *Qualification
	for _, q := range known(records, endOfTime) {
		if q.Supplier != supplier || q.Part != part {
			continue
		}
		if st.State == NotRecorded {
			st.State, st.MayBuy = "not started", false
		}
		if q.since() > on {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(q.since(), best.since()), cmp.Compare(q.Vintage, best.Vintage), cmp.Compare(q.ID, best.ID)) > 0 {
			best = &q
		}
	}
	if best != nil {
		st.State, st.By, st.MayBuy, st.LeadWeeks = string(best.State), best, best.State == Qualified, best.LeadWeeks
	}
	return st
}

// endOfTime is after every vintage.
const endOfTime period.Date = "9999-12-31"

// refuse returns the refusal to buy what is not qualified.
func (s Standing) refuse() error {
	if s.MayBuy {
		return nil
	}
	return fault.New(fault.Refused, "not_qualified", "part %q of supplier %q is not qualified on %s: its state is %q", s.Part, s.Supplier, s.Date, s.State)
}

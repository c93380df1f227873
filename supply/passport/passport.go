package passport

import (
	"encoding/json"
	"slices"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
)

// Pack is the battery that a passport is of.
type Pack struct {
	Serial string      `json:"serial"`
	Lot    string      `json:"lot"`
	Model  string      `json:"model"` // the supplier's part number
	Since  period.Date `json:"since"` // the day on which it was received
	VIN    vin.VIN     `json:"vin,omitempty"`
}

// Subjects lists what values of the battery may be recorded for, the coarsest first.
func (p Pack) Subjects() []Subject {
	return []Subject{{Model, p.Model}, {Lot, p.Lot}, {Item, p.Serial}}
}

// Passport is what is known of one battery on a day, to one reader. A value that is not known is not there.
type Passport struct {
	Link     string      `json:"link"` // what the QR code carries
	Serial   string      `json:"serial"`
	AsOf     period.Date `json:"as_of"`
	Access   Reader      `json:"access"`
	Category Category    `json:"category,omitempty"` // "" if it is not recorded
	Entries  []Entry     `json:"entries"`            // each attribute that the reader may see, in the catalogue's order
	Withheld int         `json:"withheld"`           // attributes that the reader may not see, known or not
	Refused  []Refusal   `json:"refused,omitempty"`  // what other rooms told and is no value; only to the maker
}

// Refusal is a fact that another room told and that cannot be shown.
type Refusal struct {
	Attribute string `json:"attribute"`
	Source    string `json:"source"`
	Why       string `json:"why"`
}

// Entry is one attribute of a passport.
type Entry struct {
	Attribute Attribute `json:"attribute"`
	Need      Need      `json:"need,omitempty"`   // of the passport's category; "" if that is not recorded
	Record    *Record   `json:"record,omitempty"` // nil: not known
}

// Missing reports whether the entry is owed and not there.
func (e Entry) Missing() bool { return e.Need == Mandatory && e.Record == nil }

// Assemble makes the whole passport from records of the battery, its lot and its model: of each attribute the record that
// counts on the day, and what follows from others by a rule where nothing is recorded. Nothing is defaulted.
func (c Catalogue) Assemble(p Pack, records []Record, link string, asOf period.Date) Passport {
	subjects := p.Subjects()
	best := map[string]Record{}
	for _, r := range known(records, asOf) {
		if _, ok := c.at[r.Attribute]; !ok || !slices.Contains(subjects, r.Subject) {
			continue
		}
		if had, ok := best[r.Attribute]; !ok || r.counts(had) {
			best[r.Attribute] = r
		}
	}
	c.derive(p, best)
	out := Passport{Link: link, Serial: p.Serial, AsOf: asOf, Access: Maker}
	var category string
	if r, ok := best[BatteryCategory]; ok && json.Unmarshal(r.Value, &category) == nil {
		out.Category = Category(category)
	}
	for _, a := range c.all {
		e := Entry{Attribute: a}
		if out.Category != "" {
			e.Need = a.Needs.Of(out.Category)
		}
		if r, ok := best[a.ID]; ok {
			e.Record = &r
		}
		out.Entries = append(out.Entries, e)
	}
	return out
}

// For returns what the reader may see. Who entered a value is told to the maker alone: it may be a person's name.
func (p Passport) For(r Reader) Passport {
	out := p
	out.Access, out.Entries = r, nil
	if r != Maker {
		out.Refused = nil
	}
	for _, e := range p.Entries {
		if r.May(e.Attribute.Access) {
			if r != Maker && e.Record != nil {
				told := *e.Record
				told.Who = string(told.Origin)
				e.Record = &told
			}
			out.Entries = append(out.Entries, e)
		} else {
			out.Withheld++
		}
	}
	return out
}

// Entry returns the entry of an attribute; false where the reader may not see it.
func (p Passport) Entry(id string) (Entry, bool) {
	i := slices.IndexFunc(p.Entries, func(e Entry) bool { return e.Attribute.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return p.Entries[i], true
}

// Report says how complete a passport is for a category of batteries.
type Report struct {
	Serial    string      `json:"serial"`
	AsOf      period.Date `json:"as_of"`
	Category  Category    `json:"category"`
	From      period.Date `json:"from"`    // the day from which such a battery has a passport
	Owed      bool        `json:"owed"`    // that day has come; a battery placed on the market before it owes none
	Present   int         `json:"present"` // mandatory attributes that are known
	Mandatory int         `json:"mandatory"`
	Missing   []Gap       `json:"missing"`         // mandatory and not known
	Open      []Gap       `json:"open,omitempty"`  // conditional and not known: somebody has to say whether it applies
	Alien     []Gap       `json:"alien,omitempty"` // known, but not part of a passport of this category
}

// Gap is one attribute of a report.
type Gap struct {
	Attribute string  `json:"attribute"`
	Name      string  `json:"name"`
	Cluster   Cluster `json:"cluster"`
	Basis     string  `json:"basis"`
	Origin    Origin  `json:"origin"` // who has to bring it
	Note      string  `json:"note,omitempty"`
}

// Complete reports what is missing. Without a category that of the passport is taken; if it has none, nothing can be said.
func (p Passport) Complete(category Category) (Report, error) {
	if category == "" {
		category = p.Category
	}
	if category == "" {
		return Report{}, fault.New(fault.Refused, "category_missing", "the category of battery %q is not recorded, and it decides what its passport owes: record %s, or name one of %v",
			p.Serial, BatteryCategory, Categories).At("/category")
	}
	if !slices.Contains(Categories, category) {
		return Report{}, fault.New(fault.Invalid, "category", "category %.40q is none of %v", category, Categories).At("/category")
	}
	out := Report{Serial: p.Serial, AsOf: p.AsOf, Category: category, From: From, Owed: p.AsOf >= From, Missing: []Gap{}}
	for _, e := range p.Entries {
		a := e.Attribute
		gap := Gap{a.ID, a.Name, a.Cluster, a.Basis, a.Origin, a.Note}
		switch need := a.Needs.Of(category); {
		case need == Mandatory && e.Record != nil:
			out.Present++
			out.Mandatory++
		case need == Mandatory:
			out.Mandatory++
			out.Missing = append(out.Missing, gap)
		case need == Conditional && e.Record == nil:
			out.Open = append(out.Open, gap)
		case need == NotOwed && e.Record != nil:
			out.Alien = append(out.Alien, gap)
		}
	}
	return out, nil
}

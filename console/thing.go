package console

import (
	"net/url"

	"github.com/a-h/templ"
)

// Sort names a kind of thing that has a page of its own.
type Sort string

// The sorts of things. A Thing of another sort is shown as text.
const (
	CarThing      Sort = "car"      // ID is the VIN
	EntryThing    Sort = "entry"    // ID is the entry's seq
	InvoiceThing  Sort = "invoice"  // ID is the invoice id
	CampaignThing Sort = "campaign" // ID is the campaign id
	EntriesThing  Sort = "entries"  // ID is the query string of a Filter
)

// Sorts lists them, for tests that must walk them all.
var Sorts = []Sort{CarThing, EntryThing, InvoiceThing, CampaignThing, EntriesThing}

// Thing points to something that a person may want to open. Sources name things; only the console knows addresses.
type Thing struct {
	Sort  Sort
	ID    string
	Label string // "Invoice INV-7"
	Note  string // "paid on 2024-03-01"
}

// Path returns the address of the thing's page, or "" when it has none.
func (t Thing) Path() templ.SafeURL {
	if t.ID == "" {
		return ""
	}
	seg := url.PathEscape(t.ID)
	switch t.Sort {
	case CarThing:
		return templ.SafeURL("/cars/" + seg)
	case EntryThing:
		return templ.SafeURL("/ledger/" + seg)
	case InvoiceThing:
		return templ.SafeURL("/invoices/" + seg)
	case CampaignThing:
		return templ.SafeURL("/campaigns/" + seg)
	case EntriesThing:
		q, err := url.ParseQuery(t.ID)
		if err != nil {
			return ""
		}
		return templ.SafeURL("/ledger?" + q.Encode())
	}
	return ""
}

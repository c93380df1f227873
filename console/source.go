package console

import (
	"context"
	"time"

	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/vin"
)

// Source answers what the pages ask. An unknown car, entry, invoice or campaign is a fault of kind NotFound; a bad cursor
// or filter one of kind Invalid. Lists return at most [PageSize] rows and the cursor of the next page, empty at the end.
type Source interface {
	Home(ctx context.Context) (Home, error)
	Cars(ctx context.Context, cursor string) (Cars, error)
	Cohorts(ctx context.Context) (Cohorts, error)
	Car(ctx context.Context, v vin.VIN) (Car, error)
	Ledger(ctx context.Context, f Filter) (Ledger, error)
	Entry(ctx context.Context, seq int64) (Entry, error)
	Invoice(ctx context.Context, id string) (Invoice, error)
	Campaigns(ctx context.Context) (Campaigns, error)
	Campaign(ctx context.Context, id, cursor string) (Campaign, error)
	Scenery
	Pilots(ctx context.Context) (Pilots, error)
}

// Live answers with the counters of this moment. It is asked once per [Tick] and open page, so it must be cheap.
type Live interface {
	Counters(ctx context.Context) (Counters, error)
}

// PageSize is the most rows that one page of a list shows.
const PageSize = 50

// Home is the fleet in one sentence and the figures behind it.
type Home struct {
	Answer    string            // the fleet's answer, one sentence: "Twenty cars earn 3,120 CNY each, 69 % of it after the sale."
	Hardware  money.Amount      // hardware margin per car sold
	Software  money.Amount      // software contribution per car and month
	Statement outlook.Statement // of the fleet; its AsOf is the page's
	Counters  []Figure          // recurring revenue per month, paying cars, attach rate…
}

// Figure is one labelled value that is no amount of the ledger, already written for people: {"Paying cars", "17 of 20", "85 %"}.
type Figure struct {
	Label, Value, Note string
	Link               Thing // where the figure comes from; the zero Thing leads nowhere
}

// Cars is one page of the fleet.
type Cars struct {
	AsOf period.Date
	Rows []CarRow
	Next string
}

// CarRow is one car of the list.
type CarRow struct {
	VIN        vin.VIN
	Model      string
	State      string // "sold", "connected", "revoked"
	OdometerKm int64
	Net        money.Amount
}

// Car is everything that one page shows about a car.
type Car struct {
	VIN        vin.VIN
	Model      string
	State      string
	Customer   string
	OdometerKm int64
	Software   string
	Identity   []Figure // pack serial, supplier, market, certificate…
	Road       []Stop   // in the order of time
	Statement  outlook.Statement
	Signals    []Signal
	Rights     []Right
	Frames     Frames
}

// Stop is one event on a car's road: built, sold, updated, invoiced…
type Stop struct {
	At     time.Time
	Title  string // "Pack installed"
	Detail string // "CATL, serial CATL-2023-000417"
	Link   Thing
}

// Signal is the latest value of one signal.
type Signal struct {
	Path, Value, Unit string
	At                time.Time
}

// Right is one thing that the car may use.
type Right struct {
	SKU, Name, State string
	Until            time.Time // zero: for good
	Link             Thing
}

// Frames counts telemetry frames along their way. Sent, received and stored agree when nothing is under way.
type Frames struct {
	Sent, Received, Stored int64
}

// Ledger is one page of entries that match a filter, newest first.
type Ledger struct {
	AsOf    period.Date
	Entries []ledger.Booked
	Total   money.Amount // effect of all matching entries on the filter's accounts, over all pages; see [Effect]
	Next    string
}

// Entry is one booked entry with its neighbours on the road.
type Entry struct {
	Booked ledger.Booked
	Back   []Thing // what it was booked for: the invoice, the order, the car, the entry that it reverses
	Ahead  []Thing // what followed: the payment, the recognitions, the statement
}

// Invoice is one invoice and the entries that it led to.
type Invoice struct {
	ID, Number string
	VIN        vin.VIN
	Customer   string
	Issued     period.Date
	State      string
	Lines      []InvoiceLine
	Total      money.Amount
	Entries    []ledger.Booked
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	SKU, Name, Partner string
	Period             period.Span // what the line pays for; open for a sale at a point in time
	Amount             money.Amount
}

// Campaigns lists the rollouts, newest first.
type Campaigns struct {
	AsOf period.Date
	Rows []CampaignRow
}

// CampaignRow is one rollout with its counts.
type CampaignRow struct {
	ID, Name, Release, State string
	Started                  time.Time
	Counts                   []Count
}

// Count says how many cars of a campaign are in a state. A campaign lists its states in the order in which a car passes them.
type Count struct {
	State string
	Cars  int
}

// Campaign is one rollout and one page of its cars.
type Campaign struct {
	CampaignRow
	AsOf  period.Date
	Cars  []CampaignCar
	Proof SceneRow // what speaks for its release; the zero row when it does not carry the pilot
	Next  string
}

// CampaignCar is one car of a rollout.
type CampaignCar struct {
	VIN     vin.VIN
	State   string
	Version string // reported by the car's primary
	Changed time.Time
	Detail  string // progress, or why it failed
}

// Counters are the live figures that every page carries. Progress is in percent; negative when no long work is running.
type Counters struct {
	CarsConnected int64       `json:"cars_connected"`
	FramesStored  int64       `json:"frames_stored"`
	Entries       int64       `json:"entries"`
	Date          period.Date `json:"date"`
	Progress      int         `json:"progress"`
	Doing         string      `json:"doing,omitempty"` // what the progress is of: "June 2024"
}

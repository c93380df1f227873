package cockpit

import (
	"context"
	"time"

	"roadbook/money"
	"roadbook/period"
)

// Car is what the pages ask of the car program. Refusals are faults and their text is shown to the driver. Kind Unavailable
// means that nothing happened, for want of a connection; Unknown that it may have happened and the same key may be sent again.
type Car interface {
	State(ctx context.Context) (State, error)
	Shop(ctx context.Context) ([]Offer, error)
	Buy(ctx context.Context, sku, key string) error // the same key again has no second effect
	Update(ctx context.Context) (*Update, error)    // nil: nothing is waiting
	Consent(ctx context.Context, releaseID string, yes bool) error
	Apps(ctx context.Context) ([]App, error)
	InstallApp(ctx context.Context, id string) error // of an app that is installed: no effect
}

// Drive is whether the car stands.
type Drive string

// The drive states. Everything but Parked locks the forms.
const (
	Parked Drive = "parked"
	Moving Drive = "moving"
)

// State is the car at this moment.
type State struct {
	Speed      float64 // km/h
	SpeedKnown bool    // false: the signal is lost or stale
	Charge     float64 // state of charge, percent
	RangeKm    int64
	OdometerKm int64
	Drive      Drive
	Software   string
	Connected  bool
	Features   []Feature
}

// Stands reports whether the driver may decide things: only when the car is known to be parked.
func (s State) Stands() bool { return s.SpeedKnown && s.Drive == Parked && s.Speed == 0 }

// Feature is something that the car can do, when it has the right to.
type Feature struct {
	ID, Name string
	On       bool
	Until    time.Time // end of the right; zero: for good
	Reason   string    // why it is off: "not bought", "ended on 1 March"
}

// Offer is one thing that can be bought in the car.
type Offer struct {
	SKU, Name, About string
	Price            money.Amount // due now
	Per              string       // "month", "km"; empty for a price paid once
	Term             string       // "12 months", "for good"
	Renews           period.Date  // next charge if nothing is done; empty: never
	Cancel           string       // how it ends: "any day, in the app or here"
	Tax              string       // "incl. 13 % VAT"
	State            OfferState
}

// OfferState says whether there is something to buy.
type OfferState string

// The states of an offer.
const (
	Available OfferState = "available"
	Pending   OfferState = "pending" // bought; the right has not arrived yet
	Owned     OfferState = "owned"
)

// Update is a release that waits for the driver.
type Update struct {
	ReleaseID, Version string
	Notes              []string
	Bytes              int64
	Minutes            int // how long the car cannot be driven
	State              UpdateState
	Percent            int // of the state's work
}

// UpdateState is where a release is on its way into the car.
type UpdateState string

// The states of an update; only a Waiting one asks for consent.
const (
	Waiting     UpdateState = "waiting"
	Declined    UpdateState = "declined"
	Downloading UpdateState = "downloading"
	Ready       UpdateState = "ready" // installed at the next stop
	Failed      UpdateState = "failed"
)

// App is a partner's app in the store of the car.
type App struct {
	ID, Name, Maker, About, Version string
	Signals                         []string // what it may read
	Installed                       bool
}

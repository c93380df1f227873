package update

import (
	"slices"
	"time"

	"roadbook/vin"
	"roadbook/wire/uptane"
)

// State is how far one car is with one campaign.
type State string

// The states of a delivery, in order; Failed can follow any but Confirmed.
const (
	Pending     State = "pending"          // the car has not asked yet
	Offered     State = "offered"          // the Director has named the image to the car
	Downloading State = uptane.Downloading // the car is fetching it
	Verified    State = uptane.Verified    // all hashes hold, the image is in the inactive slot
	Installed   State = uptane.Switched    // the car has switched to it
	Confirmed   State = uptane.Confirmed   // the car runs well on it and its signed report shows the hash
	Failed      State = uptane.Failed      // refused or rolled back; the old slot runs
)

// States lists every state in order, for counts and for tests that must walk them all.
var States = []State{Pending, Offered, Downloading, Verified, Installed, Confirmed, Failed}

// Final reports whether nothing can follow.
func (s State) Final() bool { return s == Confirmed || s == Failed }

// To returns the state after the car says next, and whether that is news. Reports come late and twice: what does not lead
// forward leaves the state as it is.
func (s State) To(next State) (State, bool) {
	if s.Final() || slices.Index(States, next) <= slices.Index(States, s) {
		return s, false
	}
	return next, true
}

// CampaignState is what the operator wants of a campaign.
type CampaignState string

// The states of a campaign. Done is derived: no delivery is open.
const (
	Running CampaignState = "running"
	Paused  CampaignState = "paused"
	Done    CampaignState = "done"
)

// Campaign is one release for a list of cars.
type Campaign struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	ReleaseID string        `json:"release_id"`
	State     CampaignState `json:"state"`
	CreatedAt time.Time     `json:"created_at"`
	Counts    Counts        `json:"counts"` // of cars by state
	VINs      []vin.VIN     `json:"-"`      // on creation only; later ask for the deliveries
}

// Counts are cars by state; every state is there, also with 0.
type Counts map[State]int

// Open counts the cars that can still move.
func (c Counts) Open() int {
	n := 0
	for s, k := range c {
		if !s.Final() {
			n += k
		}
	}
	return n
}

// Total counts all cars.
func (c Counts) Total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// CampaignRequest is what an operator asks for.
type CampaignRequest struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	ReleaseID string    `json:"release_id"`
	VINs      []vin.VIN `json:"vins"`
}

// Delivery is one car's part of a campaign.
type Delivery struct {
	CampaignID string        `json:"campaign_id"`
	VIN        vin.VIN       `json:"vin"`
	ReleaseID  string        `json:"release_id"`
	State      State         `json:"state"`
	Attack     uptane.Attack `json:"attack,omitempty"` // the last one that the car named
	Detail     string        `json:"detail,omitempty"`
	Bytes      int64         `json:"bytes"` // downloaded so far, as the car says
	UpdatedAt  time.Time     `json:"updated_at"`
	Paused     bool          `json:"paused"` // its campaign is
	Image      Image         `json:"-"`      // its release's
}

// Car is what the Director last heard from a car.
type Car struct {
	VIN       vin.VIN          `json:"vin"`
	Counter   int64            `json:"counter"` // of the last report
	Digest    string           `json:"-"`       // of the last manifest
	Installed uptane.Installed `json:"installed"`
	Attack    uptane.Attack    `json:"attack,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	SeenAt    time.Time        `json:"seen_at"`
}

// CampaignStarted tells that cars have something to fetch. Event "update.CampaignStarted", key the campaign's id.
type CampaignStarted struct {
	CampaignID string    `json:"campaign_id"`
	ReleaseID  string    `json:"release_id"`
	VINs       []vin.VIN `json:"vins"`
	At         time.Time `json:"at"`
}

// CarInstalled tells that a car has taken a release. Event "update.Installed", key campaign "/" VIN: once per car and campaign.
// Bytes is the image's length, whatever was fetched twice on the way, so that a delivery costs the same in every run.
type CarInstalled struct {
	CampaignID string    `json:"campaign_id"`
	VIN        vin.VIN   `json:"vin"`
	ReleaseID  string    `json:"release_id"`
	Bytes      int64     `json:"bytes"`
	At         time.Time `json:"at"`
}

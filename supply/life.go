package supply

import (
	"slices"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
)

// PackState is where a pack is in its life.
type PackState string

// The states, in the order of a life.
const (
	Received   PackState = "received"
	Installed  PackState = "installed" // in the car with its VIN
	Removed    PackState = "removed"
	SecondLife PackState = "second_life" // in use elsewhere
	Recycled   PackState = "recycled"
)

// PackStates lists every state.
var PackStates = []PackState{Received, Installed, Removed, SecondLife, Recycled}

// moves lists where a pack may go from each state. Nothing goes back: what was taken out of a car is in no new one.
var moves = map[PackState][]PackState{
	Received:   {Installed},
	Installed:  {Removed},
	Removed:    {SecondLife, Recycled},
	SecondLife: {Recycled},
	Recycled:   {},
}

// PackEvent is one step of a pack's life. Events are appended and never changed.
type PackEvent struct {
	ID     string      `json:"id,omitempty"`
	Serial string      `json:"serial"`
	State  PackState   `json:"state"`
	Date   period.Date `json:"date,omitempty"` // empty: built in before dates of it were recorded
	VIN    vin.VIN     `json:"vin,omitempty"`  // of the car that it was built into, or taken out of
	Place  string      `json:"place,omitempty"`
	Source string      `json:"source,omitempty"` // what says so: a work order, a delivery note
	Who    string      `json:"who,omitempty"`
}

// Check refuses an event that does not say what, when, by what evidence and by whom.
func (e PackEvent) Check() error {
	if err := checkID("/serial", e.Serial); err != nil {
		return err
	}
	if !slices.Contains(PackStates, e.State) {
		return fault.New(fault.Invalid, "state", "state %.40q is none of %v", e.State, PackStates).At("/state")
	}
	if e.State == Received || e.State == Installed {
		return fault.New(fault.Invalid, "state", "a pack is %s by receiving its lot or by building a car, not by a move", e.State).At("/state")
	}
	if err := firstOf(checkDate("/date", e.Date), checkText("/source", e.Source, MaxText), checkText("/who", e.Who, MaxName)); err != nil {
		return err
	}
	if e.State == SecondLife {
		return checkText("/place", e.Place, MaxText)
	}
	if len(e.Place) > MaxText {
		return fault.New(fault.Invalid, "text", "a place has at most %d bytes", MaxText).At("/place")
	}
	return nil
}

// Next decides whether an event may follow on a pack's last one, and returns what the pack becomes. A pack that leaves its
// car has no VIN; the event keeps it.
func (p Pack) Next(last PackEvent, e PackEvent) (Pack, PackEvent, error) {
	if !slices.Contains(moves[p.State], e.State) {
		may := "nothing"
		if m := moves[p.State]; len(m) > 0 {
			may = string(m[0])
			for _, other := range m[1:] {
				may += " or " + string(other)
			}
		}
		return p, e, fault.New(fault.Refused, "move_impossible", "pack %q is %s and may become %s, not %s", p.Serial, p.State, may, e.State).At("/state")
	}
	if e.Date < last.Date {
		return p, e, fault.New(fault.Refused, "move_back", "pack %q became %s on %s; nothing can have happened to it on %s", p.Serial, last.State, last.Date, e.Date).At("/date")
	}
	switch e.State {
	case Installed:
		p.VIN = e.VIN
	case Removed:
		e.VIN, p.VIN = p.VIN, ""
	}
	p.State = e.State
	return p, e, nil
}

// Arrival is the first event of a pack's life, which its lot tells.
func (p Pack) Arrival() PackEvent {
	return PackEvent{Serial: p.Serial, State: Received, Date: p.Received, Source: "lot " + p.Lot}
}

// History is a pack's life, from the lot that brought it on.
type History struct {
	Pack     Pack        `json:"pack"`
	Lot      Lot         `json:"lot"`
	Contract Contract    `json:"contract"`
	Events   []PackEvent `json:"events"`             // in the order in which they happened
	Variance *Variance   `json:"variance,omitempty"` // what it cost beside its standard; nil: no standard was set
}

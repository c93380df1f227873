package fleet

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
)

// Resell gives a sold car to its next owner from a day on, and returns all its owners. Owners are only ever appended. The
// request names the caller's attempt; empty means that car, owner and day do.
func (s *Service) Resell(ctx context.Context, request string, v vin.VIN, owner string, on period.Date) ([]Ownership, error) {
	if _, err := period.ParseDate(string(on)); err != nil {
		return nil, fault.New(fault.Invalid, "date", "%v", err).At("/on")
	}
	if owner == "" || len(owner) > MaxText {
		return nil, fault.New(fault.Invalid, "owner", "an owner has a name of 1 to %d bytes", MaxText).At("/owner")
	}
	now := s.clock.Now().UTC().Truncate(time.Microsecond)
	if today := period.DateOf(now); on > today {
		return nil, fault.New(fault.Invalid, "date_ahead", "a car is resold by today, %s, not on %s", today, on).At("/on")
	}
	return s.store.Resell(ctx, cmp.Or(request, fmt.Sprintf("resell/%s/%s/%s", v, on, owner)), v, owner, on, now)
}

// Next decides what a resale makes of a car's owners: the new owner, or nothing when it has that owner since that day.
func Next(v vin.VIN, owners []Ownership, owner string, on period.Date) (next Ownership, fresh bool, err error) {
	if len(owners) == 0 {
		return next, false, fault.New(fault.Refused, "car_not_sold", "car %s is not sold yet; its first owner buys it by an order", v).At("/vin")
	}
	last := owners[len(owners)-1]
	switch {
	case last.Owner == owner && last.Since == on && last.N > 1:
		return last, false, nil
	case last.Owner == owner:
		return next, false, fault.New(fault.Refused, "owner_same", "%.60q has car %s since %s", owner, v, last.Since).At("/owner")
	case on < last.Since:
		return next, false, fault.New(fault.Invalid, "date_before", "car %s has its owner since %s; it is not resold on %s", v, last.Since, on).At("/on")
	}
	return Ownership{N: last.N + 1, Owner: owner, Since: on}, true, nil
}

package app

import (
	"cmp"
	"context"
	"slices"

	"roadbook/console"
	"roadbook/update"
	"roadbook/vin"
)

// Campaigns lists all rollouts, the newest first.
func (s *source) Campaigns(ctx context.Context) (console.Campaigns, error) {
	out := console.Campaigns{AsOf: s.today()}
	releases := map[string]string{}
	for after := ""; ; {
		page, err := s.a.Update.Campaigns(ctx, after, update.MaxPage)
		if err != nil {
			return out, err
		}
		for _, c := range page {
			row, err := s.campaignRow(ctx, c, releases)
			if err != nil {
				return out, err
			}
			out.Rows = append(out.Rows, row)
			after = c.ID
		}
		if len(page) < update.MaxPage {
			break
		}
	}
	slices.SortFunc(out.Rows, func(a, b console.CampaignRow) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// campaignRow counts a rollout's cars by state; releases remembers what was looked up.
func (s *source) campaignRow(ctx context.Context, c update.Campaign, releases map[string]string) (console.CampaignRow, error) {
	if _, ok := releases[c.ReleaseID]; !ok {
		r, err := s.a.Update.ReleaseByID(ctx, c.ReleaseID)
		if err != nil {
			return console.CampaignRow{}, err
		}
		releases[c.ReleaseID] = r.Name + " " + r.Version
	}
	row := console.CampaignRow{ID: c.ID, Name: cmp.Or(c.Name, c.ID), Release: releases[c.ReleaseID], State: string(c.State), Started: c.CreatedAt}
	for _, state := range update.States {
		row.Counts = append(row.Counts, console.Count{State: string(state), Cars: c.Counts[state]})
	}
	return row, nil
}

// Campaign is a rollout with a page of its cars.
func (s *source) Campaign(ctx context.Context, id, cursor string) (console.Campaign, error) {
	after, err := carCursor(cursor)
	if err != nil {
		return console.Campaign{}, err
	}
	c, err := s.a.Update.Campaign(ctx, id)
	if err != nil {
		return console.Campaign{}, err
	}
	out := console.Campaign{AsOf: s.today()}
	if out.CampaignRow, err = s.campaignRow(ctx, c, map[string]string{}); err != nil {
		return out, err
	}
	r, err := s.a.Update.ReleaseByID(ctx, c.ReleaseID)
	if err != nil {
		return out, err
	}
	if out.Proof, _, err = s.sceneRow(ctx, r); err != nil {
		return out, err
	}
	page, err := s.a.Update.Deliveries(ctx, id, after, console.PageSize+1)
	if err != nil {
		return out, err
	}
	if len(page) > console.PageSize {
		page = page[:console.PageSize]
		out.Next = writeCursor(string(page[console.PageSize-1].VIN))
	}
	for _, d := range page {
		car, err := s.a.Update.Car(ctx, d.VIN)
		if err != nil {
			return out, err
		}
		out.Cars = append(out.Cars, console.CampaignCar{VIN: d.VIN, State: string(d.State), Version: car.Installed.Version,
			Changed: d.UpdatedAt, Detail: cmp.Or(d.Detail, string(d.Attack))})
	}
	return out, nil
}

// carCursor reads the cursor of a list that goes by VIN.
func carCursor(cursor string) (vin.VIN, error) {
	if cursor == "" {
		return "", nil
	}
	text, err := readCursor(cursor)
	if err != nil {
		return "", err
	}
	v, err := vin.Parse(text)
	if err != nil {
		return "", errCursor(cursor)
	}
	return v, nil
}

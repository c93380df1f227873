package app

import (
	"context"

	"roadbook/fault"
	"roadbook/inservice"
	"roadbook/update"
)

// watchPilots pauses every running rollout of a version of the pilot that the fleet's own reports speak against.
func (a *App) watchPilots(ctx context.Context) error {
	var running []update.Campaign
	var names []inservice.Name
	for after := ""; ; {
		cs, err := a.Update.Campaigns(ctx, after, update.MaxPage)
		if err != nil {
			return err
		}
		for _, c := range cs {
			after = c.ID
			if c.State != update.Running {
				continue
			}
			r, err := a.Update.ReleaseByID(ctx, c.ReleaseID)
			if err != nil {
				return err
			}
			swin, _ := r.Number(regulation)
			running, names = append(running, c), append(names, inservice.Name{Software: r.Version, SWIN: swin})
		}
		if len(cs) < update.MaxPage {
			break
		}
	}
	if len(running) == 0 {
		return nil
	}
	verdicts, err := a.Pilots.Judge(ctx, names...)
	if err != nil {
		return err
	}
	for i, c := range running {
		if err := a.answerVerdict(ctx, c, verdicts[i]); err != nil {
			return err
		}
	}
	return nil
}

// answerVerdict pauses a rollout for what the fleet says of its version.
func (a *App) answerVerdict(ctx context.Context, c update.Campaign, v inservice.Verdict) error {
	if news, err := a.Pilots.News(ctx, c.ID, v); err != nil || !news {
		return err
	}
	// Paused first: after a crash between the two the findings are still new, and pausing again changes nothing.
	if _, err := a.Update.Pause(ctx, c.ID); err != nil && fault.KindOf(err) != fault.Refused {
		return err
	}
	stops, err := a.Pilots.Stopped(ctx, c.ID, v)
	for _, s := range stops {
		a.log.Warn("rollout paused", "campaign", c.ID, "release", c.ReleaseID, "reason", s.Reason)
	}
	return err
}

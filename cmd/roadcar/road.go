package main

import (
	"context"
	"hash/fnv"
	"log/slog"
	"time"

	"roadbook/car"
	"roadbook/car/drive"
	"roadbook/period"
	"roadbook/platform/clock"
	"roadbook/vin"
)

// The rhythm of the car.
const (
	evening    = 18 * time.Hour         // after midnight UTC; the hour of a simulated day
	homeBy     = 12 * time.Hour         // after midnight UTC: a day's drive is over
	look       = 200 * time.Millisecond // for a hint or a connection
	syncWithin = time.Minute            // then the car drives on; an update goes on where it was
)

// A made-up day: assumed, about 16,000 km a year.
const (
	kmPerDay     = 45
	highwayShare = 0.35
)

// road is what the car does from day to day.
type road struct {
	agent  *car.Agent
	screen *car.Screen
	vin    vin.VIN
	traces []drive.Trace
	every  time.Duration
	clock  car.Clock
	sim    *clock.Sim // nil: real time
	log    *slog.Logger
}

// run drives and syncs until ctx ends. What fails is told and tried again at the next turn.
func (r *road) run(ctx context.Context) {
	turn := time.NewTicker(r.every)
	defer turn.Stop()
	hint := time.NewTicker(look)
	defer hint.Stop()
	r.sync(ctx) // what was bought while the car stood is on when it drives away
	r.drive(ctx)
	due, calm := true, true // calm: the last sync did not fail
	for {
		if (due || calm && r.agent.Hinted()) && r.agent.Connected() {
			due, calm = false, r.sync(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-hint.C:
		case <-turn.C:
			r.drive(ctx)
			due = true
		}
	}
}

// drive drives the next day, if it has come. Simulated days come when they are asked for.
func (r *road) drive(ctx context.Context) {
	day, ok := r.agent.NextDay(r.today())
	for ; !ok && r.sim != nil; day, ok = r.agent.NextDay(r.today()) {
		r.sim.Set(r.sim.Now().AddDate(0, 0, 1))
	}
	if !ok {
		return
	}
	if err := r.screen.Drive(ctx, day, r.trace(day), r.every/2); err == nil {
		r.log.Info("driven", "day", day)
	} else if ctx.Err() == nil {
		r.log.Error("drive", "day", day, "err", err)
	}
}

// today is the newest day whose drive is over.
func (r *road) today() period.Date {
	if r.sim != nil {
		return period.DateOf(r.sim.Now())
	}
	return period.DateOf(r.clock.Now().Add(-homeBy))
}

func (r *road) sync(parent context.Context) bool {
	ctx, cancel := context.WithTimeout(parent, syncWithin)
	defer cancel()
	if err := r.agent.Sync(ctx); err != nil {
		if parent.Err() == nil {
			r.log.Warn("sync", "err", err)
		}
		return false
	}
	return true
}

// trace is what the car drives on a day, the same whenever it is asked for: a day that was broken off goes on.
func (r *road) trace(day period.Date) drive.Trace {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(r.vin) + "/" + string(day))) // a hash never fails
	if n := len(r.traces); n > 0 {
		return r.traces[h.Sum64()%uint64(n)]
	}
	return drive.Generate(h.Sum64(), kmPerDay, highwayShare)
}

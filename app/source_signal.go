package app

import (
	"context"
	"strconv"

	"roadbook/console"
	"roadbook/signal"
	"roadbook/vin"
	"roadbook/wire/frame"
)

// What the console shows of connections and telemetry.

// connectedCars counts the cars that are connected to this replica.
func (s *source) connectedCars() int64 {
	if s.a.edge == nil {
		return 0
	}
	return int64(s.a.edge.Connected())
}

func (s *source) connected(v vin.VIN) bool { return s.a.edge != nil && s.a.edge.Has(v) }

func (s *source) framesStored(ctx context.Context) (int64, error) {
	t, err := s.a.Signal.Totals(ctx)
	return t.Frames, err
}

// odometer is in whole kilometres: one that is not complete does not count.
func (s *source) odometer(ctx context.Context, v vin.VIN) (int64, error) {
	meters, err := s.a.Signal.Odometer(ctx, v)
	return meters / 1000, err
}

func (s *source) frames(ctx context.Context, v vin.VIN) (console.Frames, error) {
	c, err := s.a.Signal.Counts(ctx, v)
	return console.Frames{Sent: int64(c.Sent), Received: c.Received, Stored: c.Stored}, err
}

func (s *source) signals(ctx context.Context, v vin.VIN) ([]console.Signal, error) {
	latest, err := s.a.Signal.Latest(ctx, v)
	out := make([]console.Signal, len(latest))
	for i, r := range latest {
		value, unit := readingText(r)
		out[i] = console.Signal{Path: r.Signal.Path, Value: value, Unit: unit, At: r.At}
	}
	return out, err
}

// units are the catalogue's that people write with a sign.
var units = map[string]string{"percent": "%", "Celsius": "°C", "degrees": "°"}

// readingText writes a reading with the decimals that its signal has on the wire.
func readingText(r signal.Reading) (value, unit string) {
	if r.Signal.ID == frame.IsMoving || r.Signal.ID == frame.IsCharging {
		if r.Value != 0 {
			return "yes", ""
		}
		return "no", ""
	}
	decimals := 0
	for n := r.Signal.Scale; n >= 10; n /= 10 {
		decimals++
	}
	if sign, ok := units[r.Signal.Unit]; ok {
		return strconv.FormatFloat(r.Value, 'f', decimals, 64), sign
	}
	return strconv.FormatFloat(r.Value, 'f', decimals, 64), r.Signal.Unit
}

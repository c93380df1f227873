package app

import (
	"context"

	"roadbook/console"
	"roadbook/vin"
)

// What the console shows of telemetry and connections.

// connectedCars counts the cars that are connected to this replica.
func (s *source) connectedCars() int64 {
	if s.a.edge == nil {
		return 0
	}
	return int64(s.a.edge.Connected())
}

func (s *source) connected(v vin.VIN) bool { return s.a.edge != nil && s.a.edge.Has(v) }

func (s *source) framesStored(ctx context.Context) (int64, error) { return 0, nil }

func (s *source) odometer(ctx context.Context, v vin.VIN) (int64, error) { return 0, nil }

func (s *source) signals(ctx context.Context, v vin.VIN) ([]console.Signal, error) { return nil, nil }

func (s *source) frames(ctx context.Context, v vin.VIN) (console.Frames, error) {
	return console.Frames{}, nil
}

package backtest

import (
	"context"

	"roadbook/fault"
)

// Model is outlook/forecast as a Forecaster.
type Model struct {
	Workers int // 0: one per processor
}

// Version names the model's equations.
func (Model) Version() string { return "" }

// Samples runs a case.
func (m Model) Samples(ctx context.Context, text []byte, s Sampling, targets []Target) ([][]float64, error) {
	return nil, fault.New(fault.Unavailable, "x", "x")
}

package backtest

import (
	"context"

	"roadbook/outlook/forecast"
)

// Model is outlook/forecast as a Forecaster.
type Model struct {
	Workers int // 0: one per processor; the numbers do not depend on it
}

// Version names the model's equations.
func (Model) Version() string { return forecast.ModelVersion }

// Samples runs a case and returns its ensembles. A target that the case does not cover is refused.
func (m Model) Samples(ctx context.Context, text []byte, s Sampling, targets []Target) ([][]float64, error) {
	c, err := forecast.Parse(text)
	if err != nil {
		return nil, within(err, "/case")
	}
	asked := make([]forecast.Target, len(targets))
	for i, t := range targets {
		asked[i] = forecast.Target{Metric: forecast.Metric(t.Asked()), Period: t.Period}
	}
	return forecast.Samples(ctx, c, forecast.Options{Paths: s.Paths, Scrambles: s.Scrambles, Seed: s.Seed, Workers: m.Workers}, asked)
}

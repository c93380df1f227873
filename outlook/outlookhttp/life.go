package outlookhttp

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/outlook"
	"roadbook/platform/web"
	"roadbook/vin"
)

type lifeOutput struct{ Body outlook.Life }

type observationsOutput struct{ Body outlook.Observations }

// registerLife adds the routes of lives and of what they teach.
func registerLife(api huma.API, s *outlook.Service) {
	huma.Register(api, op("outlook-life", "/v1/outlook/life", "Show what the fleet earned month by month, with cash, deferred and recognised as three curves"),
		func(ctx context.Context, in *struct {
			Grain string `query:"grain" enum:"month,quarter" default:"month"`
		}) (*lifeOutput, error) {
			l, err := s.Life(ctx, "", outlook.Grain(in.Grain))
			return &lifeOutput{l}, web.Error(err)
		})
	huma.Register(api, op("outlook-car-life", "/v1/outlook/cars/{vin}/life", "Show what one car earned by its age, with cash, deferred and recognised as three curves; every line leads to its entries"),
		func(ctx context.Context, in *struct {
			VIN   string `path:"vin"`
			Grain string `query:"grain" enum:"month,quarter" default:"month"`
		}) (*lifeOutput, error) {
			v, err := vin.Parse(in.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			l, err := s.Life(ctx, v, outlook.Grain(in.Grain))
			return &lifeOutput{l}, web.Error(err)
		})
	huma.Register(api, op("outlook-observations", "/v1/outlook/observations", "Show what the fleet says about a forecast's inputs: attach, renewal, churn and unit costs by cohort, each with its counts and source"),
		func(ctx context.Context, _ *struct{}) (*observationsOutput, error) {
			o, err := s.Observations(ctx)
			return &observationsOutput{o}, web.Error(err)
		})
}

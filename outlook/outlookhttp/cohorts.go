package outlookhttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/vin"
)

type cohortsOutput struct{ Body outlook.Cohorts }

type cohortOutput struct{ Body outlook.Cohort }

// CohortCar is one car behind a cohort's figures.
type CohortCar struct {
	SoldOn period.Date `json:"sold_on"`
	Owners int         `json:"owners"`
	outlook.Statement
}

type cohortCarsOutput struct {
	Body struct {
		Data       []CohortCar `json:"data"`
		NextCursor string      `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

type varianceOutput struct {
	Body struct {
		Data []outlook.Variance `json:"data"`
	}
}

// registerCohorts adds the routes of cohorts.
func registerCohorts(api huma.API, s *outlook.Service) {
	huma.Register(api, op("outlook-cohorts", "/v1/outlook/cohorts", "Show the fleet by the quarter of the sale; cohorts and rest sum to the total"),
		func(ctx context.Context, in *struct {
			Key string `query:"key" enum:"cars_sold,car_months,delivery_cost" doc:"also split what is booked for no car, by this key; its parts sum to the ledger's total"`
		}) (*cohortsOutput, error) {
			c, err := s.Cohorts(ctx, outlook.Key(in.Key))
			return &cohortsOutput{c}, web.Error(err)
		})
	huma.Register(api, op("outlook-cohort", "/v1/outlook/cohorts/{quarter}", "Show one cohort: lines, ages, attach, renewal, churn and resale"),
		func(ctx context.Context, in *struct {
			Quarter string `path:"quarter" example:"2024Q1"`
		}) (*cohortOutput, error) {
			c, err := s.Cohort(ctx, outlook.Quarter(in.Quarter))
			return &cohortOutput{c}, web.Error(err)
		})
	huma.Register(api, op("outlook-cohort-cars", "/v1/outlook/cohorts/{quarter}/cars", "List the cars of a cohort with their profit and loss; every line leads to its entries"),
		func(ctx context.Context, in *struct {
			Quarter string `path:"quarter" example:"2024Q1"`
			Line    string `query:"line" doc:"only this line of each statement" maxLength:"100"`
			Cursor  string `query:"cursor" doc:"next_cursor of the page before" maxLength:"100"`
			Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"100"`
		}) (*cohortCarsOutput, error) {
			after, err := parseSale(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			page, sales, err := s.CohortCars(ctx, outlook.Quarter(in.Quarter), after, in.Limit)
			out := &cohortCarsOutput{}
			out.Body.Data = make([]CohortCar, len(page))
			for i, st := range page {
				if in.Line != "" {
					st.Lines = only(st.Lines, in.Line)
				}
				out.Body.Data[i] = CohortCar{sales[i].On, len(sales[i].Owners), st}
			}
			if len(page) == in.Limit {
				last := sales[len(sales)-1]
				out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(string(last.On) + " " + string(last.VIN)))
			}
			return out, web.Error(err)
		})
	compare := op("outlook-cohort-variance", "/v1/outlook/cohorts/{quarter}/variance", "Set a cohort's lines per car beside forecasts of the same lines; nothing is stored")
	compare.Method, compare.DefaultStatus = http.MethodPost, http.StatusOK
	huma.Register(api, compare, func(ctx context.Context, in *struct {
		Quarter string `path:"quarter" example:"2024Q1"`
		Body    struct {
			Forecast []outlook.Forecast `json:"forecast" maxItems:"100" doc:"per car, in major units; costs are negative; the key net is the whole"`
		}
	}) (*varianceOutput, error) {
		c, err := s.Cohort(ctx, outlook.Quarter(in.Quarter))
		if err != nil {
			return nil, web.Error(err)
		}
		v, err := outlook.Compare(c.PerCar(), in.Body.Forecast)
		out := &varianceOutput{}
		out.Body.Data = v
		return out, web.Error(err)
	})
}

func only(lines []outlook.StatementLine, key string) []outlook.StatementLine {
	out := []outlook.StatementLine{}
	for _, l := range lines {
		if l.Key == key {
			out = append(out, l)
		}
	}
	return out
}

// parseSale reads a cursor that the list of a cohort's cars made.
func parseSale(cursor string) (fleet.Sale, error) {
	if cursor == "" {
		return fleet.Sale{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	day, v, ok := strings.Cut(string(b), " ")
	if _, bad := period.ParseDate(day); err != nil || !ok || bad != nil {
		return fleet.Sale{}, fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor")
	}
	return fleet.Sale{On: period.Date(day), VIN: vin.VIN(v)}, nil
}

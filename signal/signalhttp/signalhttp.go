// Package signalhttp answers what cars have told: latest values, days, and whether anything is missing.
package signalhttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/signal"
	"roadbook/vin"
)

// LatestReading is the latest value of a signal.
type LatestReading struct {
	Path  string    `json:"path" doc:"VSS 6.0 path" example:"Vehicle.TraveledDistance"`
	Value float64   `json:"value"`
	Unit  string    `json:"unit,omitempty"`
	At    time.Time `json:"at" doc:"when the car measured it"`
}

// DrivenDay is the roll-up of a day in UTC.
type DrivenDay struct {
	Date     period.Date `json:"date"`
	Meters   int64       `json:"meters" doc:"driven since the day before ended"`
	EnergyWh int64       `json:"energy_wh" doc:"taken from the battery"`
	Samples  int64       `json:"samples"`
	Frames   int64       `json:"frames"`
	Bytes    int64       `json:"bytes" doc:"of the frames"`
}

// FrameCounts tells whether what the car sent is what is stored.
type FrameCounts struct {
	Sent       uint64     `json:"sent" doc:"highest frame number seen"`
	Received   int64      `json:"received"`
	Stored     int64      `json:"stored"`
	Duplicates int64      `json:"duplicates" doc:"frames that came again and had no second effect"`
	Agree      bool       `json:"agree" doc:"sent, received and stored are the same and nothing is missing"`
	Gaps       []FrameGap `json:"gaps" doc:"numbers that are not stored, oldest first, at most 100 runs"`
}

// FrameGap is a run of frame numbers, both ends included.
type FrameGap struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

type list[T any] struct {
	Body struct {
		Data       []T    `json:"data"`
		NextCursor string `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

type carInput struct {
	VIN string `path:"vin"`
}

func op(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: "/v1/cars/{vin}" + path, Summary: summary, Tags: []string{"signal"}}
}

// Register adds the operator's routes.
func Register(api huma.API, s *signal.Service) {
	huma.Register(api, op("car-signals", "/signals", "Show the latest value of each signal"), func(ctx context.Context, in *carInput) (*list[LatestReading], error) {
		v, err := parseVIN(in.VIN)
		if err != nil {
			return nil, web.Error(err)
		}
		latest, err := s.Latest(ctx, v)
		if err != nil {
			return nil, web.Error(err)
		}
		out := &list[LatestReading]{}
		out.Body.Data = []LatestReading{}
		for _, r := range latest {
			out.Body.Data = append(out.Body.Data, LatestReading{r.Signal.Path, r.Value, r.Signal.Unit, r.At})
		}
		return out, nil
	})
	huma.Register(api, op("car-days", "/days", "List the days on which the car sent"), func(ctx context.Context, in *struct {
		VIN    string `path:"vin"`
		Cursor string `query:"cursor" doc:"next_cursor of the page before" maxLength:"100"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"31"`
	}) (*list[DrivenDay], error) {
		v, err := parseVIN(in.VIN)
		if err != nil {
			return nil, web.Error(err)
		}
		after, err := parseCursor(in.Cursor)
		if err != nil {
			return nil, web.Error(err)
		}
		days, err := s.Days(ctx, v, after, in.Limit)
		if err != nil {
			return nil, web.Error(err)
		}
		out := &list[DrivenDay]{}
		out.Body.Data = []DrivenDay{}
		for _, d := range days {
			out.Body.Data = append(out.Body.Data, DrivenDay{d.Date, d.Meters, d.Wh, d.Samples, d.Frames, d.Bytes})
		}
		if len(days) == in.Limit {
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(days[len(days)-1].Date))
		}
		return out, nil
	})
	huma.Register(api, op("car-counts", "/counts", "Compare what the car sent with what is stored"), func(ctx context.Context, in *carInput) (*struct{ Body FrameCounts }, error) {
		v, err := parseVIN(in.VIN)
		if err != nil {
			return nil, web.Error(err)
		}
		c, err := s.Counts(ctx, v)
		if err != nil {
			return nil, web.Error(err)
		}
		out := &struct{ Body FrameCounts }{FrameCounts{c.Sent, c.Received, c.Stored, c.Duplicates, c.Agree(), []FrameGap{}}}
		for _, g := range c.Gaps {
			out.Body.Gaps = append(out.Body.Gaps, FrameGap(g))
		}
		return out, nil
	})
}

func parseVIN(s string) (vin.VIN, error) {
	v, err := vin.Parse(s)
	if err != nil {
		return "", fault.New(fault.Invalid, fault.CodeOf(err), "%v", err).At("/vin")
	}
	return v, nil
}

func parseCursor(s string) (period.Date, error) {
	if s == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		var d period.Date
		if d, err = period.ParseDate(string(b)); err == nil {
			return d, nil
		}
	}
	return "", fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor")
}

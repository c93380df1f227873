package outlookhttp

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/outlook/backtest"
	"roadbook/outlook/record"
	"roadbook/period"
	"roadbook/platform/web"
)

// newRecord is a record to keep; without an id it gets one from the Idempotency-Key.
type newRecord struct {
	ID string `json:"id,omitempty" doc:"chosen by the caller; from the Idempotency-Key when absent"`
	record.Record
}

type recordOutput struct{ Body record.Record }

type recordsOutput struct {
	Body struct {
		Data       []record.Record `json:"data"`
		NextCursor string          `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

type factsOutput struct {
	Body struct {
		AsOf period.Date   `json:"as_of"`
		Data []record.Fact `json:"data"`
	}
}

// Imported says what an import did.
type Imported struct {
	Read  int `json:"read" doc:"figures in the file"`
	Added int `json:"added" doc:"those that were not there yet"`
}

type importedOutput struct{ Body Imported }

// RegisterRecords adds the operator's routes of records: what is known of the world, and since when.
func RegisterRecords(api huma.API, s *record.Service) {
	post := func(id, path, summary string) huma.Operation {
		o := op(id, path, summary)
		o.Method, o.DefaultStatus = http.MethodPost, http.StatusCreated
		return o
	}
	huma.Register(api, post("record-create", "/v1/records", "Keep a figure with its source, date, vintage and author; a correction is another record that supersedes"),
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" doc:"the same key with the same body has no second effect; with another body it is refused"`
			Body newRecord
		}) (*recordOutput, error) {
			r := in.Body.Record
			if r.ID = in.Body.ID; r.ID == "" {
				var err error
				if r.ID, err = web.Key("rec", "/v1/records", in.Key); err != nil {
					return nil, web.Error(err)
				}
			}
			_, err := s.Add(ctx, r)
			return &recordOutput{r}, web.Error(err)
		})
	huma.Register(api, op("records", "/v1/records", "List records as they were added, corrected ones too; with as_of only what was known on that day"),
		func(ctx context.Context, in *struct {
			Prefix string      `query:"prefix" doc:"of the key, such as xiaomi/ or xiaomi/2024Q2/" maxLength:"200"`
			AsOf   period.Date `query:"as_of" doc:"no later vintage, YYYY-MM-DD" maxLength:"10"`
			Cursor string      `query:"cursor" doc:"next_cursor of the page before" maxLength:"400"`
			Limit  int         `query:"limit" minimum:"1" maximum:"500" default:"100"`
		}) (*recordsOutput, error) {
			after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
			if err != nil {
				return nil, web.Error(fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor"))
			}
			if in.AsOf != "" {
				if _, err := period.ParseDate(string(in.AsOf)); err != nil {
					return nil, web.Error(err)
				}
			}
			page, err := s.List(ctx, record.Filter{Prefix: in.Prefix, AsOf: in.AsOf, After: string(after), Limit: in.Limit})
			out := &recordsOutput{}
			out.Body.Data = append([]record.Record{}, page...)
			if len(page) == in.Limit {
				out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(page[len(page)-1].ID))
			}
			return out, web.Error(err)
		})
	huma.Register(api, op("record", "/v1/records/{id}", "Show a record"),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*recordOutput, error) {
			r, err := s.Record(ctx, in.ID)
			return &recordOutput{r}, web.Error(err)
		})
	huma.Register(api, op("facts", "/v1/facts", "Show what counted on a day: per key and definition the newest vintage, with conflicts and what it supersedes"),
		func(ctx context.Context, in *struct {
			Prefix string      `query:"prefix" doc:"of the key, such as xiaomi/ or xiaomi/2024Q2/" maxLength:"200"`
			AsOf   period.Date `query:"as_of" required:"true" doc:"YYYY-MM-DD" maxLength:"10"`
		}) (*factsOutput, error) {
			facts, err := s.At(ctx, in.AsOf, in.Prefix)
			out := &factsOutput{}
			out.Body.AsOf, out.Body.Data = in.AsOf, append([]record.Fact{}, facts...)
			return out, web.Error(err)
		})
	upload := post("record-import", "/v1/records/import", "Import a calibration file (a block per company or topic, each row with its source); again adds nothing")
	upload.DefaultStatus = http.StatusOK
	upload.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	huma.Register(api, upload, func(ctx context.Context, in *struct{ RawBody []byte }) (*importedOutput, error) {
		read, added, err := s.Import(ctx, in.RawBody)
		return &importedOutput{Imported{read, added}}, web.Error(err)
	})
}

type backtestsOutput struct {
	Body struct {
		Data []backtest.Kept `json:"data"`
	}
}

type backtestOutput struct{ Body backtest.Report }

// RegisterBacktests adds the operator's routes of backtests that were kept.
func RegisterBacktests(api huma.API, s backtest.Shelf) {
	huma.Register(api, op("backtests", "/v1/backtests", "List the registered backtests"),
		func(ctx context.Context, _ *struct{}) (*backtestsOutput, error) {
			list, err := s.List(ctx)
			out := &backtestsOutput{}
			out.Body.Data = append([]backtest.Kept{}, list...)
			return out, web.Error(err)
		})
	huma.Register(api, op("backtest", "/v1/backtests/{name}", "Show a registration, whole, with its scores"),
		func(ctx context.Context, in *struct {
			Name string `path:"name"`
		}) (*backtestOutput, error) {
			r, err := s.Report(ctx, in.Name)
			return &backtestOutput{r}, web.Error(err)
		})
}

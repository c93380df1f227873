// Package fleethttp lets the operator build and cut off cars, and cars get their certificates.
package fleethttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/vin"
)

// BuiltCar is the answer to building: the secret is shown this once.
type BuiltCar struct {
	fleet.Car
	Secret string `json:"secret,omitempty" doc:"one-time enrolment secret to put into the car; absent when the car has enrolled"`
}

type planBody struct {
	VIN        string      `json:"vin" doc:"ISO 3779, with check digit" example:"LRBR1CNE1PB000001"`
	Model      string      `json:"model"`
	PackSerial string      `json:"pack_serial"`
	ECUs       []fleet.ECU `json:"ecus" minItems:"1"`
	BuiltAt    time.Time   `json:"built_at,omitempty" doc:"default: now"`
}

type carOutput struct{ Body fleet.Car }

type carsOutput struct {
	Body struct {
		Data       []fleet.Car `json:"data"`
		NextCursor string      `json:"next_cursor,omitempty" doc:"absent on the last page"`
	}
}

type ownersOutput struct {
	Body struct {
		Data []fleet.Ownership `json:"data"`
	}
}

func ownersOf(all []fleet.Ownership, err error) (*ownersOutput, error) {
	out := &ownersOutput{}
	out.Body.Data = append([]fleet.Ownership{}, all...)
	return out, web.Error(err)
}

type vinInput struct {
	VIN string `path:"vin"`
}

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"fleet"}}
}

// Register adds the operator's routes.
func Register(api huma.API, s *fleet.Service) {
	create := op("car-build", http.MethodPost, "/v1/cars", "Build a car")
	create.DefaultStatus = http.StatusCreated
	huma.Register(api, create, func(ctx context.Context, in *struct {
		Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" doc:"the same key with the same body has no second effect; with another body it is refused"`
		Body planBody
	}) (*struct{ Body BuiltCar }, error) {
		request, err := web.Key("car", "/v1/cars", in.Key)
		if err != nil {
			return nil, web.Error(err)
		}
		v, err := parseVIN(in.Body.VIN)
		if err != nil {
			return nil, web.Error(err)
		}
		b := in.Body
		car, secret, err := s.Build(ctx, request, fleet.Plan{VIN: v, Model: b.Model, PackSerial: b.PackSerial, ECUs: b.ECUs, BuiltAt: b.BuiltAt})
		return &struct{ Body BuiltCar }{BuiltCar{car, secret}}, web.Error(err)
	})
	huma.Register(api, op("cars", http.MethodGet, "/v1/cars", "List cars"), func(ctx context.Context, in *struct {
		Cursor string `query:"cursor" doc:"next_cursor of the page before" maxLength:"100"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}) (*carsOutput, error) {
		after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		if err != nil {
			return nil, web.Error(fault.New(fault.Invalid, "cursor", "the cursor is not one that a list has returned").At("/cursor"))
		}
		page, err := s.Cars(ctx, vin.VIN(after), in.Limit)
		out := &carsOutput{}
		out.Body.Data = append([]fleet.Car{}, page...)
		if len(page) == in.Limit {
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(page[len(page)-1].VIN))
		}
		return out, web.Error(err)
	})
	huma.Register(api, op("car", http.MethodGet, "/v1/cars/{vin}", "Show a car"), func(ctx context.Context, in *vinInput) (*carOutput, error) {
		v, err := parseVIN(in.VIN)
		if err != nil {
			return nil, web.Error(err)
		}
		car, err := s.Car(ctx, v)
		return &carOutput{car}, web.Error(err)
	})
	huma.Register(api, op("car-owners", http.MethodGet, "/v1/cars/{vin}/owners", "List a car's owners, the first first"),
		func(ctx context.Context, in *vinInput) (*ownersOutput, error) {
			v, err := parseVIN(in.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			return ownersOf(s.Owners(ctx, v))
		})
	huma.Register(api, op("car-resell", http.MethodPost, "/v1/cars/{vin}/owner", "Give a sold car to its next owner; what was bought for good stays with the car, what is paid by the month or by use ends with its buyer"),
		func(ctx context.Context, in *struct {
			VIN  string `path:"vin"`
			Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255"`
			Body struct {
				Owner string `json:"owner" minLength:"1" maxLength:"500"`
				On    string `json:"on" doc:"first day of the new owner, YYYY-MM-DD" example:"2026-03-01"`
			}
		}) (*ownersOutput, error) {
			v, err := parseVIN(in.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			request, err := web.Key("own", "/v1/cars/"+in.VIN+"/owner", in.Key)
			if err != nil {
				return nil, web.Error(err)
			}
			return ownersOf(s.Resell(ctx, request, v, in.Body.Owner, period.Date(in.Body.On)))
		})
	huma.Register(api, op("car-revoke", http.MethodPost, "/v1/cars/{vin}/revoke", "Cut a car off; again is a no-op"),
		func(ctx context.Context, in *struct {
			VIN  string `path:"vin"`
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"500"`
			}
		}) (*carOutput, error) {
			v, err := parseVIN(in.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			car, err := s.Revoke(ctx, v, in.Body.Reason)
			return &carOutput{car}, web.Error(err)
		})
}

func parseVIN(s string) (vin.VIN, error) {
	v, err := vin.Parse(s)
	if err != nil {
		return "", fault.New(fault.Invalid, fault.CodeOf(err), "%v", err).At("/vin")
	}
	return v, nil
}

// Issued is the answer that gives a car its certificate.
type Issued struct {
	Certificate string    `json:"certificate" doc:"PEM chain, the car's own first"`
	Serial      string    `json:"serial"`
	NotAfter    time.Time `json:"not_after"`
}

type issuedOutput struct{ Body Issued }

func issued(c fleet.Certificate, err error) (*issuedOutput, error) {
	return &issuedOutput{Issued{string(c.Chain), c.Serial, c.NotAfter}}, web.Error(err)
}

// RegisterCar adds the cars' routes. /car/v1/enrol is for cars without a certificate; both are repeatable by the request.
func RegisterCar(api huma.API, s *fleet.Service) {
	huma.Register(api, op("car-enrol", http.MethodPost, "/car/v1/enrol", "Exchange the one-time secret for a certificate of the car's key"),
		func(ctx context.Context, in *struct {
			Body struct {
				VIN    string `json:"vin"`
				Secret string `json:"secret" minLength:"1" maxLength:"200"`
				CSR    string `json:"csr" maxLength:"8192" doc:"certificate request, PEM"`
			}
		}) (*issuedOutput, error) {
			v, err := parseVIN(in.Body.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			return issued(s.Enrol(ctx, v, in.Body.Secret, []byte(in.Body.CSR)))
		})
	huma.Register(api, op("car-renew", http.MethodPost, "/car/v1/renew", "Get a new certificate before the old one runs out"),
		func(ctx context.Context, in *struct {
			Body struct {
				CSR string `json:"csr" maxLength:"8192" doc:"certificate request, PEM"`
			}
		}) (*issuedOutput, error) {
			v := web.CarVIN(ctx)
			if v == "" {
				return nil, web.Error(fault.New(fault.Unauthorized, "certificate_missing", "a car renews with its client certificate"))
			}
			return issued(s.Renew(ctx, v, []byte(in.Body.CSR)))
		})
}

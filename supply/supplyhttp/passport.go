package supplyhttp

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/platform/web"
	"roadbook/supply/passport"
)

// valueBody is a value to record. Its fields are flat, so that a command line can name them.
type valueBody struct {
	Grain      passport.Grain  `json:"grain" enum:"model,lot,item" doc:"what the value is true of: all batteries of a part number, a lot, or one battery"`
	Subject    string          `json:"subject" doc:"part number, lot or serial"`
	Attribute  string          `json:"attribute" doc:"id of one of the 93 attributes: GET /v1/passport-attributes"`
	Value      json.RawMessage `json:"value" doc:"as the attribute's form says; a number may be sent as its text"`
	Origin     passport.Origin `json:"origin,omitempty" enum:"supplier,factory,telemetry" doc:"default: where the attribute comes from"`
	Source     string          `json:"source" doc:"the document or measurement"`
	Date       period.Date     `json:"date" doc:"the fact's own"`
	Vintage    period.Date     `json:"vintage" doc:"when it became known"`
	Who        string          `json:"who" doc:"entered it"`
	Level      evidence.Level  `json:"level" enum:"R,D,A,U" doc:"reported, derived, assumed, uncertain"`
	Definition string          `json:"definition,omitempty"`
	Supersedes string          `json:"supersedes,omitempty" doc:"id of the record that this one corrects"`
}

// shown is a passport without what says nothing of this battery.
type shown struct {
	Link     string             `json:"link"`
	Serial   string             `json:"serial"`
	AsOf     period.Date        `json:"as_of"`
	Access   passport.Reader    `json:"access"`
	Category passport.Category  `json:"category,omitempty"`
	Known    []known            `json:"known"`
	Missing  []string           `json:"missing" doc:"ids of attributes that are mandatory for the category, visible to the reader, and not known"`
	Withheld int                `json:"withheld" doc:"attributes that the reader may not see, known or not"`
	Refused  []passport.Refusal `json:"refused,omitempty"`
}

type known struct {
	Attribute string          `json:"attribute"`
	Name      string          `json:"name"`
	Value     json.RawMessage `json:"value"`
	Unit      string          `json:"unit,omitempty"`
	Need      passport.Need   `json:"need,omitempty"`
	Access    passport.Access `json:"access"`
	Record    passport.Record `json:"record"`
}

func show(p passport.Passport) shown {
	out := shown{Link: p.Link, Serial: p.Serial, AsOf: p.AsOf, Access: p.Access, Category: p.Category, Known: []known{}, Missing: []string{},
		Withheld: p.Withheld, Refused: p.Refused}
	for _, e := range p.Entries {
		switch {
		case e.Record != nil:
			out.Known = append(out.Known, known{e.Attribute.ID, e.Attribute.Name, e.Record.Value, e.Attribute.Form.Unit, e.Need, e.Attribute.Access, *e.Record})
		case e.Missing():
			out.Missing = append(out.Missing, e.Attribute.ID)
		}
	}
	return out
}

// view asks for a passport as a reader sees it. Behind the operator's token the default is the maker's own view.
type view struct {
	Serial string `path:"serial"`
	Access string `query:"access" enum:"public,legitimate_interest,authority,maker" default:"maker" doc:"show what such a reader may see (Art. 77(2))"`
	AsOf   string `query:"as_of" doc:"a day; only what was known on it (default: today)"`
}

func (v view) passport(ctx context.Context, s *passport.Service) (passport.Passport, error) {
	reader, err := passport.ParseReader(v.Access)
	if err != nil {
		return passport.Passport{}, err
	}
	return s.Passport(ctx, v.Serial, period.Date(v.AsOf), reader)
}

type file struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// RegisterPassports adds the operator's routes of battery passports.
func RegisterPassports(api huma.API, s *passport.Service) {
	huma.Register(api, op("passport-attributes", http.MethodGet, "/v1/passport-attributes", "List the 93 attributes of a battery passport"),
		func(context.Context, *struct{}) (*many[passport.Attribute], error) { return all(s.Attributes()), nil })
	create(api, "passport-value-create", "/v1/passport-values", "Record a value of a battery passport's attribute", "psv",
		func(ctx context.Context, request string, b valueBody) (passport.Record, error) {
			return set(ctx, s, request, b)
		})
	huma.Register(api, op("passport", http.MethodGet, "/v1/passports/{serial}", "Show a battery passport as a reader sees it"),
		func(ctx context.Context, in *view) (*one[shown], error) {
			p, err := in.passport(ctx, s)
			return &one[shown]{show(p)}, web.Error(err)
		})
	huma.Register(api, op("passport-missing", http.MethodGet, "/v1/passports/{serial}/missing", "Report what a battery passport owes and has not"),
		func(ctx context.Context, in *struct {
			Serial   string `path:"serial"`
			Category string `query:"category" doc:"ev, lmt, industrial or stationary (default: what is recorded)"`
			AsOf     string `query:"as_of"`
		}) (*one[passport.Report], error) {
			r, err := s.Missing(ctx, in.Serial, period.Date(in.AsOf), passport.Category(in.Category))
			return &one[passport.Report]{r}, web.Error(err)
		})
	huma.Register(api, op("passport-values", http.MethodGet, "/v1/passports/{serial}/values", "List every record made for a battery, its lot and its model"),
		func(ctx context.Context, in *struct {
			Serial    string `path:"serial"`
			Attribute string `query:"attribute"`
		}) (*many[passport.Record], error) {
			found, err := s.History(ctx, in.Serial, in.Attribute)
			return all(found), web.Error(err)
		})
	huma.Register(api, op("passport-keep", http.MethodPost, "/v1/passports/{serial}/readings", "Record what the battery's car reports now"),
		func(ctx context.Context, in *struct {
			Serial string `path:"serial"`
		}) (*many[passport.Record], error) {
			kept, err := s.Keep(ctx, in.Serial)
			return all(kept), web.Error(err)
		})
	huma.Register(api, op("passport-export", http.MethodGet, "/v1/passports/{serial}/export", "Write a battery passport as JSON-LD"),
		func(ctx context.Context, in *view) (*file, error) {
			p, err := in.passport(ctx, s)
			if err != nil {
				return nil, web.Error(err)
			}
			doc, err := p.JSONLD()
			return &file{"application/ld+json", doc}, web.Error(err)
		})
	huma.Register(api, op("passport-qr", http.MethodGet, "/v1/passports/{serial}/qr", "Draw the QR code of a battery passport"),
		func(ctx context.Context, in *struct {
			Serial string `path:"serial"`
			Format string `query:"format" enum:"svg,png" default:"svg"`
		}) (*file, error) {
			p, err := s.Passport(ctx, in.Serial, "", passport.Anyone)
			if err != nil {
				return nil, web.Error(err)
			}
			if in.Format == "png" {
				pic, err := passport.PNG(p.Link)
				return &file{"image/png", pic}, web.Error(err)
			}
			pic, err := passport.SVG(p.Link)
			return &file{"image/svg+xml", pic}, web.Error(err)
		})
}

func set(ctx context.Context, s *passport.Service, request string, b valueBody) (passport.Record, error) {
	r := passport.Record{Subject: passport.Subject{Grain: b.Grain, ID: b.Subject}, Attribute: b.Attribute, Value: b.Value, Origin: b.Origin,
		Evidence: evidence.Evidence{Source: b.Source, Date: b.Date, Vintage: b.Vintage, Who: b.Who, Level: b.Level, Definition: b.Definition, Supersedes: b.Supersedes}}
	if r.Origin == "" {
		for _, a := range s.Attributes() {
			if a.ID == b.Attribute {
				r.Origin = a.Origin
			}
		}
		r.Origin = cmp.Or(r.Origin, passport.Factory)
	}
	out, err := s.Set(ctx, request, r)
	if fault.KindOf(err) == fault.Invalid {
		return out, pointerIn(err)
	}
	return out, err
}

// pointerIn names the fields of the flat body where the record's are nested.
func pointerIn(err error) error {
	for _, m := range [][2]string{{"/subject/grain", "/grain"}, {"/subject/id", "/subject"}} {
		if f, ok := asFault(err); ok && f.Pointer == m[0] {
			return f.At(m[1])
		}
	}
	return err
}

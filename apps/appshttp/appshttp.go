// Package appshttp serves package apps to operators and cars.
package appshttp

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/apps"
	"roadbook/fault"
	"roadbook/platform/web"
	"roadbook/wire/apppkg"
)

// UploadTimeout bounds the receiving of one package.
const UploadTimeout = 5 * time.Minute

type one struct{ Body apps.Version }

type list struct {
	Body struct {
		Data       []apps.Version `json:"data"`
		NextCursor string         `json:"next_cursor,omitempty"`
	}
}

// upload takes the request's body as a stream.
type upload struct {
	Key     string `header:"Idempotency-Key" required:"true"`
	Partner string `query:"partner" required:"true" doc:"Whose package it is"`
	body    io.Reader
}

// Resolve implements huma.Resolver.
func (u *upload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	if err := ctx.SetReadDeadline(time.Now().Add(UploadTimeout)); err != nil { // the network's time, not the business's
		return []error{err}
	}
	return nil
}

// Register adds the operators' routes.
func Register(api huma.API, s *apps.Service) {
	op := func(method, path, id, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Tags: []string{"apps"}}
	}
	developer := op(http.MethodPut, "/v1/apps/developers/{partner}", "set-developer", "Give a partner its developer key")
	developer.DefaultStatus = http.StatusNoContent
	huma.Register(api, developer, func(ctx context.Context, in *struct {
		Partner string `path:"partner"`
		Body    struct {
			Key []byte `json:"key" doc:"Ed25519 public key, base64"`
		}
	}) (*struct{}, error) {
		return nil, web.Error(s.SetDeveloper(ctx, in.Partner, in.Body.Key))
	})

	submit := op(http.MethodPost, "/v1/apps/versions", "submit-app", "Submit a package (.rbapp) for review")
	submit.DefaultStatus = http.StatusCreated
	submit.Description = fmt.Sprintf("The body is the package itself, at most %d bytes.", apppkg.MaxPackage)
	submit.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	huma.Register(api, submit, func(ctx context.Context, in *upload) (*one, error) {
		id, err := web.Key("app", "apps", in.Key)
		if err != nil {
			return nil, web.Error(err)
		}
		v, err := s.Submit(ctx, id, in.Partner, in.body)
		return &one{v}, web.Error(err)
	})
	huma.Register(api, op(http.MethodGet, "/v1/apps/versions", "list-app-versions", "List submitted versions"), func(ctx context.Context, in *struct {
		Cursor string `query:"cursor" doc:"next_cursor of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}) (*list, error) {
		after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		if err != nil {
			return nil, web.Error(fault.New(fault.Invalid, "cursor", "%.40q is not a cursor of this list", in.Cursor).At("/cursor"))
		}
		rows, err := s.Versions(ctx, string(after), in.Limit+1)
		if err != nil {
			return nil, web.Error(err)
		}
		out := &list{}
		if len(rows) > in.Limit {
			rows = rows[:in.Limit]
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(rows[in.Limit-1].ID))
		}
		out.Body.Data = append([]apps.Version{}, rows...)
		return out, nil
	})
	huma.Register(api, op(http.MethodGet, "/v1/apps/versions/{id}", "get-app-version", "Show a version"), func(ctx context.Context, in *struct {
		ID string `path:"id"`
	}) (*one, error) {
		v, err := s.Version(ctx, in.ID)
		return &one{v}, web.Error(err)
	})
	huma.Register(api, op(http.MethodPost, "/v1/apps/versions/{id}/approve", "approve-app", "Approve a version: cars may have it"), func(ctx context.Context, in *struct {
		ID   string `path:"id"`
		Body struct {
			Reviewer string `json:"reviewer"`
		}
	}) (*one, error) {
		v, err := s.Approve(ctx, in.ID, in.Body.Reviewer)
		return &one{v}, web.Error(err)
	})
	huma.Register(api, op(http.MethodPost, "/v1/apps/versions/{id}/reject", "reject-app", "Reject a version"), func(ctx context.Context, in *struct {
		ID   string `path:"id"`
		Body struct {
			Reviewer string `json:"reviewer"`
			Reason   string `json:"reason"`
		}
	}) (*one, error) {
		v, err := s.Reject(ctx, in.ID, in.Body.Reviewer, in.Body.Reason)
		return &one{v}, web.Error(err)
	})
}

// RegisterCar adds the cars' list of apps.
func RegisterCar(api huma.API, s *apps.Service) {
	huma.Register(api, huma.Operation{
		Method: http.MethodGet, Path: "/car/v1/apps", OperationID: "car-apps", Summary: "Apps that this car may have", Tags: []string{"car"},
	}, func(ctx context.Context, _ *struct{}) (*list, error) {
		rows, err := s.Newest(ctx)
		out := &list{}
		out.Body.Data = append([]apps.Version{}, rows...)
		return out, web.Error(err)
	})
}

// CarPackages serves GET /car/v1/apps/{app}/package, with byte ranges: the newest approved package of an app.
func CarPackages(s *apps.Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, body, err := s.OpenPackage(r.Context(), r.PathValue("app"))
		if err != nil {
			web.WriteError(w, err)
			return
		}
		defer body.Close()
		w.Header().Set("ETag", `"`+v.Package+`"`)
		w.Header().Set("Content-Type", "application/zip")
		http.ServeContent(w, r, "", time.Time{}, body)
	})
}

// Package updatehttp serves package update to operators, and the two repositories and the images to cars.
package updatehttp

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/platform/web"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/uptane"
)

// UploadTimeout bounds the receiving of one image.
const UploadTimeout = 30 * time.Minute

type one[T any] struct{ Body T }

type listInput struct {
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

func (in listInput) after() (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return "", fault.New(fault.Invalid, "cursor", "%.40q is not a cursor of this list", in.Cursor).At("/cursor")
	}
	return string(b), nil
}

type list[T any] struct {
	Body struct {
		Data       []T    `json:"data"`
		NextCursor string `json:"next_cursor,omitempty"`
	}
}

// lister turns a domain's list into a page: it asks for one row too many to see whether there is a next page.
func lister[T any](rows func(ctx context.Context, after string, limit int) ([]T, error), key func(T) string) func(context.Context, *listInput) (*list[T], error) {
	return func(ctx context.Context, in *listInput) (*list[T], error) {
		after, err := in.after()
		if err != nil {
			return nil, web.Error(err)
		}
		all, err := rows(ctx, after, in.Limit+1)
		if err != nil {
			return nil, web.Error(err)
		}
		out := &list[T]{}
		if len(all) > in.Limit {
			all = all[:in.Limit]
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(key(all[in.Limit-1])))
		}
		out.Body.Data = append([]T{}, all...)
		return out, nil
	}
}

// upload takes the request's body as a stream: huma would read it into memory.
type upload struct{ body io.Reader }

// Resolve implements huma.Resolver.
func (u *upload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	if err := ctx.SetReadDeadline(time.Now().Add(UploadTimeout)); err != nil { // the network's time, not the business's
		return []error{err}
	}
	return nil
}

type byID struct {
	ID string `path:"id"`
}

// Register adds the operators' routes.
func Register(api huma.API, s *update.Service) {
	op := func(method, path, id, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Tags: []string{"update"}}
	}
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }

	images := made(op(http.MethodPost, "/v1/images", "upload-image", "Upload an image"))
	images.Description = fmt.Sprintf("The body is the image itself, at most %d bytes. An image is named by its SHA-256: the same bytes again are the same image.", update.MaxImage)
	images.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	huma.Register(api, images, func(ctx context.Context, in *upload) (*one[update.Image], error) {
		img, err := s.Upload(ctx, in.body)
		return &one[update.Image]{img}, web.Error(err)
	})
	huma.Register(api, op(http.MethodGet, "/v1/images", "list-images", "List images"),
		lister(s.Images, func(i update.Image) string { return i.SHA256 }))

	huma.Register(api, made(op(http.MethodPost, "/v1/releases", "create-release", "Make an image public for one hardware")), func(ctx context.Context, in *struct {
		Key  string `header:"Idempotency-Key" required:"true"`
		Body struct {
			Name           string   `json:"name"`
			Version        string   `json:"version" example:"2.1.0"`
			HardwareID     string   `json:"hardware_id"`
			ReleaseCounter int64    `json:"release_counter" doc:"Higher than that of every other release for this hardware"`
			ImageName      string   `json:"image_name,omitempty" doc:"File name in the repositories; made from the id when empty"`
			ImageSHA256    string   `json:"image_sha256"`
			RXSWIN         []string `json:"rxswin,omitempty" doc:"Software identifications of the regulations that it touches (UN R156)" example:"R157:RB1-2026.11"`
		}
	}) (*one[update.Release], error) {
		id, err := web.Key("rel", "releases", in.Key)
		if err != nil {
			return nil, web.Error(err)
		}
		b := in.Body
		r, err := s.Release(ctx, update.ReleaseRequest{
			ID: id, Name: b.Name, Version: b.Version, HardwareID: b.HardwareID, ReleaseCounter: b.ReleaseCounter, ImageName: b.ImageName, ImageSHA256: b.ImageSHA256, RXSWIN: b.RXSWIN,
		})
		return &one[update.Release]{r}, web.Error(err)
	})
	huma.Register(api, op(http.MethodGet, "/v1/releases", "list-releases", "List releases"),
		lister(s.Releases, func(r update.Release) string { return r.ID }))
	huma.Register(api, op(http.MethodGet, "/v1/releases/{id}", "get-release", "Show a release"), func(ctx context.Context, in *byID) (*one[update.Release], error) {
		r, err := s.ReleaseByID(ctx, in.ID)
		return &one[update.Release]{r}, web.Error(err)
	})

	evidence := made(op(http.MethodPost, "/v1/releases/{id}/evidence", "add-evidence", "Add a signed document that speaks for a release"))
	evidence.Description = fmt.Sprintf("The body is the document itself, at most %d bytes. What the gate does not accept is not kept. The same document again is a no-op.", update.MaxEvidence)
	evidence.MaxBodyBytes = update.MaxEvidence
	huma.Register(api, evidence, func(ctx context.Context, in *struct {
		ID      string `path:"id"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*one[update.Evidence], error) {
		e, err := s.AddEvidence(ctx, in.ID, in.RawBody)
		return &one[update.Evidence]{e}, web.Error(err)
	})
	huma.Register(api, op(http.MethodGet, "/v1/releases/{id}/evidence", "list-evidence", "List the documents that speak for a release, the newest first"), func(ctx context.Context, in *byID) (*list[update.Evidence], error) {
		all, err := s.Evidence(ctx, in.ID)
		out := &list[update.Evidence]{}
		out.Body.Data = append([]update.Evidence{}, all...)
		return out, web.Error(err)
	})

	huma.Register(api, made(op(http.MethodPost, "/v1/campaigns", "start-campaign", "Send a release to cars")), func(ctx context.Context, in *struct {
		Key  string `header:"Idempotency-Key" required:"true"`
		Body struct {
			Name      string   `json:"name"`
			ReleaseID string   `json:"release_id"`
			VINs      []string `json:"vins" minItems:"1"`
		}
	}) (*one[update.Campaign], error) {
		id, err := web.Key("cmp", "campaigns", in.Key)
		if err != nil {
			return nil, web.Error(err)
		}
		req := update.CampaignRequest{ID: id, Name: in.Body.Name, ReleaseID: in.Body.ReleaseID}
		for i, raw := range in.Body.VINs {
			v, err := vin.Parse(raw)
			if err != nil {
				return nil, web.Error(fault.New(fault.KindOf(err), fault.CodeOf(err), "%v", err).At(fmt.Sprintf("/vins/%d", i)))
			}
			req.VINs = append(req.VINs, v)
		}
		c, err := s.Start(ctx, req)
		return &one[update.Campaign]{c}, web.Error(err)
	})
	huma.Register(api, op(http.MethodGet, "/v1/campaigns", "list-campaigns", "List campaigns"),
		lister(s.Campaigns, func(c update.Campaign) string { return c.ID }))
	for path, do := range map[string]func(context.Context, string) (update.Campaign, error){"": s.Campaign, "/pause": s.Pause, "/resume": s.Resume} {
		o := op(http.MethodGet, "/v1/campaigns/{id}", "get-campaign", "Show a campaign and how many cars are in which state")
		switch path {
		case "/pause":
			o = op(http.MethodPost, "/v1/campaigns/{id}/pause", "pause-campaign", "Keep cars that have not started from starting")
		case "/resume":
			o = op(http.MethodPost, "/v1/campaigns/{id}/resume", "resume-campaign", "Let cars start again")
		}
		huma.Register(api, o, func(ctx context.Context, in *byID) (*one[update.Campaign], error) {
			c, err := do(ctx, in.ID)
			return &one[update.Campaign]{c}, web.Error(err)
		})
	}
	huma.Register(api, op(http.MethodGet, "/v1/campaigns/{id}/cars", "list-campaign-cars", "List the cars of a campaign"), func(ctx context.Context, in *struct {
		ID     string `path:"id"`
		Cursor string `query:"cursor" doc:"next_cursor of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}) (*list[update.Delivery], error) {
		return lister(func(ctx context.Context, after string, limit int) ([]update.Delivery, error) {
			return s.Deliveries(ctx, in.ID, vin.VIN(after), limit)
		}, func(d update.Delivery) string { return string(d.VIN) })(ctx, &listInput{in.Cursor, in.Limit})
	})
}

// RegisterCar adds the cars' routes but CarImages.
func RegisterCar(api huma.API, s *update.Service) {
	huma.Register(api, huma.Operation{
		Method: http.MethodGet, Path: "/car/v1/repo/{repo}/{file}", OperationID: "get-metadata", Tags: []string{"car"},
		Summary: "Uptane metadata of the Director (for the calling car) or of the Image repository; 404 when there is no such version",
	}, func(ctx context.Context, in *struct {
		Repo string `path:"repo" enum:"director,image"`
		File string `path:"file" example:"timestamp.json"`
	}) (*struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}, error) {
		b, err := s.File(ctx, uptane.Repo(in.Repo), web.CarVIN(ctx), in.File)
		if err != nil {
			return nil, web.Error(err)
		}
		return &struct {
			ContentType string `header:"Content-Type"`
			Body        []byte
		}{"application/json", b}, nil
	})
	huma.Register(api, huma.Operation{
		Method: http.MethodPut, Path: "/car/v1/manifest", OperationID: "put-manifest", Tags: []string{"car"}, DefaultStatus: http.StatusNoContent,
		Summary: "Signed vehicle manifest: what each ECU runs, and how far the update is", MaxBodyBytes: uptane.MaxManifest,
		SkipValidateBody: true, // the bytes are signed: update reads them itself
	}, func(ctx context.Context, in *struct {
		RawBody []byte `contentType:"application/json"`
	}) (*struct{}, error) {
		return nil, web.Error(s.Report(ctx, web.CarVIN(ctx), in.RawBody))
	})
}

// CarImages serves GET and HEAD /car/v1/images/{name}, name being HASH.FILENAME, with byte ranges.
func CarImages(s *update.Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		body, _, err := s.OpenImage(r.Context(), name)
		if err != nil {
			web.WriteError(w, err)
			return
		}
		defer body.Close()
		w.Header().Set("ETag", `"`+name[:64]+`"`) // so that a resumed download can ask If-Range
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		http.ServeContent(w, r, "", time.Time{}, body)
	})
}

package offerhttp

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/offer"
	"roadbook/platform/web"
	"roadbook/wire/grant"
)

// Shop is what the car's owner can buy.
type Shop struct {
	Data []offer.Item `json:"data"`
}

// Grant is the signed document, or nothing when the caller has it already.
type Grant struct {
	Status      int
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Body        []byte
}

// RegisterCar adds the routes that cars call. Who calls is known from the client certificate alone.
func RegisterCar(api huma.API, s *offer.Service) {
	tags := []string{"car"}
	huma.Register(api, huma.Operation{OperationID: "car-shop", Method: http.MethodGet, Path: "/car/v1/shop", Tags: tags,
		Summary: "List what can be bought in this car and what is bought already"},
		func(ctx context.Context, _ *struct{}) (*one[Shop], error) {
			items, err := s.Shop(ctx, web.CarVIN(ctx))
			return answer(Shop{items}, err)
		})
	huma.Register(api, huma.Operation{OperationID: "car-purchase", Method: http.MethodPost, Path: "/car/v1/purchases", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Buy a product for this car at today's price"},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body struct {
				SKU offer.SKU `json:"sku"`
			}
		}) (*one[offer.Order], error) {
			v := web.CarVIN(ctx)
			id, err := web.Key("ord", "/car/v1/purchases/"+string(v), in.Key) // one car's keys say nothing about another's
			if err != nil {
				return nil, web.Error(err)
			}
			return answer(s.Purchase(ctx, v, id, in.Body.SKU))
		})
	huma.Register(api, huma.Operation{OperationID: "car-grant", Method: http.MethodGet, Path: "/car/v1/grant", Tags: tags,
		Summary: "Get this car's signed grant (COSE_Sign1); the ETag is its sequence number",
		Responses: map[string]*huma.Response{
			"200": {Description: "The grant", Content: map[string]*huma.MediaType{grant.ContentType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
			"304": {Description: "The car has it already"},
		}},
		func(ctx context.Context, in *struct {
			Have string `header:"If-None-Match" doc:"ETag of the grant that the car has"`
		}) (*Grant, error) {
			d, err := s.Document(ctx, web.CarVIN(ctx))
			if err != nil {
				return nil, web.Error(err)
			}
			tag := `"` + strconv.FormatUint(d.Seq, 10) + `"`
			if strings.TrimPrefix(in.Have, "W/") == tag {
				return &Grant{Status: http.StatusNotModified, ETag: tag}, nil
			}
			return &Grant{Status: http.StatusOK, ContentType: grant.ContentType, ETag: tag, Body: d.Raw}, nil
		})
}

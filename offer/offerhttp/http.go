// Package offerhttp serves the catalogue, orders and rights: to operators under /v1 and to cars under /car/v1.
package offerhttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/platform/web"
	"roadbook/vin"
)

// Page is one page of a list.
type Page[T any] struct {
	Body struct {
		Data       []T    `json:"data"`
		NextCursor string `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last"`
	}
}

// page cuts the one row too many that was asked for and points behind the last that is shown.
func page[T any](rows []T, limit int, key func(T) string) *Page[T] {
	p := &Page[T]{}
	p.Body.Data = append([]T{}, rows[:min(len(rows), limit)]...)
	if len(rows) > limit {
		p.Body.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(key(rows[limit-1])))
	}
	return p
}

func cursor(s string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", badCursor(s)
	}
	return string(b), nil
}

func badCursor(s string) error {
	return fault.New(fault.Invalid, "cursor", "%.40q is not a cursor of this list", s).At("/cursor")
}

// orderCursor reads "microseconds id".
func orderCursor(s string) (offer.Cursor, error) {
	text, err := cursor(s)
	if err != nil || s == "" {
		return offer.Cursor{}, err
	}
	at, id, ok := strings.Cut(text, " ")
	micro, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok || id == "" {
		return offer.Cursor{}, badCursor(s)
	}
	return offer.Cursor{PlacedAt: time.UnixMicro(micro).UTC(), ID: id}, nil
}

// List asks for one page. Exported, because huma does not look into embedded fields that are not.
type List struct {
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type one[T any] struct{ Body T }

// answer wraps what a service returned.
func answer[T any](v T, err error) (*one[T], error) {
	if err != nil {
		return nil, web.Error(err)
	}
	return &one[T]{v}, nil
}

// OrderBody asks for an order.
type OrderBody struct {
	VIN      string          `json:"vin" doc:"The car that is sold, or for which something is sold"`
	Customer string          `json:"customer"`
	Market   string          `json:"market" example:"CN"`
	Currency money.Currency  `json:"currency" example:"CNY"`
	PlacedAt time.Time       `json:"placed_at,omitzero" doc:"When the customer agreed; now if absent"`
	Lines    []LineBody      `json:"lines"`
	Approval *offer.Approval `json:"approval,omitempty" doc:"Who allows a car below the price floor, and why"`
}

// LineBody asks for one product.
type LineBody struct {
	SKU   offer.SKU     `json:"sku"`
	Price *money.Amount `json:"price,omitempty" doc:"The agreed price of a car; all else has the catalogue's"`
}

// request names the order after the key that came with it.
func (b OrderBody) request(key string) (offer.Request, error) {
	id, err := web.Key("ord", "/v1/orders", key)
	if err != nil {
		return offer.Request{}, err
	}
	v, err := parseVIN(b.VIN)
	if err != nil {
		return offer.Request{}, err
	}
	r := offer.Request{ID: id, VIN: v, Customer: b.Customer, Market: b.Market, Currency: b.Currency, PlacedAt: b.PlacedAt, Approval: b.Approval}
	for _, l := range b.Lines {
		r.Lines = append(r.Lines, offer.RequestLine(l))
	}
	return r, nil
}

func parseVIN(s string) (vin.VIN, error) {
	v, err := vin.Parse(s)
	if e, ok := err.(*fault.Error); ok {
		return "", e.At("/vin")
	}
	return v, err
}

// Register adds the operator's routes.
func Register(api huma.API, s *offer.Service) {
	tags := []string{"offer"}
	huma.Register(api, huma.Operation{OperationID: "put-product", Method: http.MethodPost, Path: "/v1/products", Tags: tags,
		Summary: "Add a product to the catalogue, or replace it; the same again changes nothing"},
		func(ctx context.Context, in *struct{ Body offer.Product }) (*one[offer.Product], error) {
			return answer(s.PutProduct(ctx, in.Body))
		})
	huma.Register(api, huma.Operation{OperationID: "list-products", Method: http.MethodGet, Path: "/v1/products", Tags: tags,
		Summary: "List the catalogue by SKU"},
		func(ctx context.Context, in *List) (*Page[offer.Product], error) {
			after, err := cursor(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			rows, err := s.Products(ctx, offer.SKU(after), in.Limit+1)
			if err != nil {
				return nil, web.Error(err)
			}
			return page(rows, in.Limit, func(p offer.Product) string { return string(p.SKU) }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "place-order", Method: http.MethodPost, Path: "/v1/orders", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Sell a car, or something for a car that was sold"},
		func(ctx context.Context, in *struct {
			Key  string `header:"Idempotency-Key" required:"true" maxLength:"255"`
			Body OrderBody
		}) (*one[offer.Order], error) {
			r, err := in.Body.request(in.Key)
			if err != nil {
				return nil, web.Error(err)
			}
			return answer(s.Place(ctx, r))
		})
	huma.Register(api, huma.Operation{OperationID: "list-orders", Method: http.MethodGet, Path: "/v1/orders", Tags: tags,
		Summary: "List orders, newest first"},
		func(ctx context.Context, in *struct {
			List
			VIN string `query:"vin" doc:"Only of this car"`
		}) (*Page[offer.Order], error) {
			before, err := orderCursor(in.Cursor)
			if err != nil {
				return nil, web.Error(err)
			}
			var v vin.VIN
			if in.VIN != "" {
				if v, err = parseVIN(in.VIN); err != nil {
					return nil, web.Error(err)
				}
			}
			rows, err := s.Orders(ctx, v, before, in.Limit+1)
			if err != nil {
				return nil, web.Error(err)
			}
			return page(rows, in.Limit, func(o offer.Order) string { return strconv.FormatInt(o.PlacedAt.UnixMicro(), 10) + " " + o.ID }), nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-order", Method: http.MethodGet, Path: "/v1/orders/{id}", Tags: tags,
		Summary: "Get an order with the prices of its day"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*one[offer.Order], error) {
			return answer(s.Order(ctx, in.ID))
		})
	huma.Register(api, huma.Operation{OperationID: "list-rights", Method: http.MethodGet, Path: "/v1/cars/{vin}/rights", Tags: tags,
		Summary: "List what a car may do, since when, until when, and by which order"},
		func(ctx context.Context, in *struct {
			VIN string `path:"vin"`
		}) (*one[Rights], error) {
			v, err := parseVIN(in.VIN)
			if err != nil {
				return nil, web.Error(err)
			}
			seq, rights, err := s.Rights(ctx, v)
			return answer(Rights{VIN: v, Seq: seq, Data: append([]offer.Right{}, rights...)}, err)
		})
}

// Rights is what a car may do.
type Rights struct {
	VIN  vin.VIN       `json:"vin"`
	Seq  uint64        `json:"seq" doc:"Of the car's grant; 0 before its first right"`
	Data []offer.Right `json:"data"`
}

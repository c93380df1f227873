package offer

import (
	"context"
	"time"

	"roadbook/money"
	"roadbook/vin"
)

// Store keeps the catalogue, orders and rights. offertest.Suite says what it must hold.
type Store interface {
	// PutProduct adds or replaces a product; a kind, once given, stays (product_kind).
	PutProduct(ctx context.Context, p Product) error
	// Product refuses an unknown SKU with sku_unknown.
	Product(ctx context.Context, sku SKU) (Product, error)
	// Products lists up to limit products after a SKU, by SKU.
	Products(ctx context.Context, after SKU, limit int) ([]Product, error)

	// Place stores the order with the digest of its request and says offer.Placed, in one transaction. The same ID again
	// returns what is stored, with another digest idempotency_mismatch. It refuses a second sale of a car (vehicle_sold),
	// any other sale before the car's (vehicle_not_sold), and a lasting product that the car has (already_owned).
	Place(ctx context.Context, o Order, digest string) (Order, error)
	// Placed returns the order of that ID and its request's digest, or fault.NotFound.
	Placed(ctx context.Context, id string) (Order, string, error)
	// Orders lists up to limit orders, newest first, before a cursor; v empty means of all cars.
	Orders(ctx context.Context, v vin.VIN, before Cursor, limit int) ([]Order, error)
	// Sale returns the sale of a car, or refuses with vehicle_not_sold.
	Sale(ctx context.Context, v vin.VIN) (Sale, error)
	// Transfer names the car's new owner from a day on. The same again is a no-op.
	Transfer(ctx context.Context, t Transfer) error
	// Held lists the products that the car's orders hold and that were not cancelled.
	Held(ctx context.Context, v vin.VIN) ([]SKU, error)

	// Activate stores the rights that are new, and if there are any raises the car's sequence number by one and says
	// offer.Granted. It returns the number and whether it rose. The order must be of the car (order_vehicle).
	Activate(ctx context.Context, orderID string, v vin.VIN, rights []Right, at time.Time) (seq uint64, rose bool, err error)
	// Cancel ends the rights of an order's product no later than the day, frees the product to be bought again, and when
	// that changed something raises the number as Activate does.
	Cancel(ctx context.Context, c Cancellation, at time.Time) (seq uint64, rose bool, err error)
	// Rights returns the car's sequence number, 0 before its first right, and all its rights as of that number.
	Rights(ctx context.Context, v vin.VIN) (seq uint64, rights []Right, err error)

	// Document returns the stored document of a number, or fault.NotFound.
	Document(ctx context.Context, v vin.VIN, seq uint64) (Document, error)
	// SaveDocument stores a document unless its number has one, and returns what is stored.
	SaveDocument(ctx context.Context, d Document) (Document, error)
	// Renew raises the number by one if it still is seq, without a word: the car is asking already.
	Renew(ctx context.Context, v vin.VIN, seq uint64) error
}

// Sale is the order by which a car was sold.
type Sale struct {
	VIN      vin.VIN
	OrderID  string
	Customer string // who bought it new
	Owner    string // who has it now, and buys in it
	Market   string
	Currency money.Currency
	PlacedAt time.Time
}

// Transfer is a car's change of owner. N numbers the owners: 2 is the second.
type Transfer struct {
	VIN   vin.VIN
	N     int
	Owner string
}

// Cursor points behind an order in the list, newest first. The zero Cursor is the list's beginning.
type Cursor struct {
	PlacedAt time.Time
	ID       string
}

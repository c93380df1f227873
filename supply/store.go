package supply

import (
	"context"

	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Store keeps what supply records. Every Add is idempotent: the same again answers what is stored; the same id or the same
// request with other content is a fault.Conflict with code "idempotency_mismatch". Lists are in the order of ids and begin
// after the id that is given. What is asked for by id and is not there is a fault.NotFound.
type Store interface {
	AddSupplier(ctx context.Context, request string, s Supplier) (Supplier, error)
	Supplier(ctx context.Context, id string) (Supplier, error)
	Suppliers(ctx context.Context, after string, limit int) ([]Supplier, error)

	AddExclusion(ctx context.Context, e Exclusion) (Exclusion, error)
	Exclusions(ctx context.Context, supplier string) ([]Exclusion, error)

	AddContract(ctx context.Context, request string, c Contract) (Contract, error)
	Contract(ctx context.Context, id string) (Contract, error)
	Contracts(ctx context.Context, after string, limit int) ([]Contract, error)

	// AddLot records the lot and its packs, which price makes from the number of packs that came under the contract before,
	// in one transaction. A serial that another lot has brought is a fault.Conflict "serial_taken".
	AddLot(ctx context.Context, l Lot, price func(before int64) ([]Pack, error)) (Lot, error)
	Lots(ctx context.Context, after string, limit int) ([]Lot, error)
	Pack(ctx context.Context, serial string) (Pack, error)
	PackOf(ctx context.Context, v vin.VIN) (Pack, error)
	// Stock returns, of the packs that are in no car and were received by the day, one per contract, price and day of receipt.
	Stock(ctx context.Context, on period.Date) ([]Pack, error)
	// Install puts the pack into the car. The same again is a no-op; a pack that is in another car is a fault.Refused
	// "pack_installed", a car that has another pack a fault.Refused "car_has_pack".
	Install(ctx context.Context, serial string, v vin.VIN) error

	AddModel(ctx context.Context, request string, m Model) (Model, error)
	// AddLine appends to the model's lines; a line that rivals one of them is a fault.Refused "line_ambiguous".
	AddLine(ctx context.Context, request, model string, l Line) (Line, error)
	Model(ctx context.Context, id string) (Model, error)
	Models(ctx context.Context, after string, limit int) ([]Model, error)

	// AddTariff refuses a second tariff of a meter that begins on the same day, "tariff_ambiguous".
	AddTariff(ctx context.Context, t Tariff) (Tariff, error)
	Tariffs(ctx context.Context, meter string) ([]Tariff, error)

	// AddRate refuses a second rate of two currencies on the same day, "rate_ambiguous".
	AddRate(ctx context.Context, r Rate) (Rate, error)
	// RateOn returns the latest rate recorded for the day or before.
	RateOn(ctx context.Context, from, to money.Currency, on period.Date) (Rate, error)
	Rates(ctx context.Context, after string, limit int) ([]Rate, error)

	// Accrue records the cost and says supply.CostAccrued if it is not zero, once per id. It answers what is stored under the id.
	Accrue(ctx context.Context, c CostAccrued) (CostAccrued, error)
}

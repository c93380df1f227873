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

	// AddLot records the lot with what price makes of what came under the contract before, and says supply.PriceVaried if it
	// is told, in one transaction. A repetition does not ask price. A serial that another lot has brought is a fault.Conflict
	// "serial_taken", a lot of a contract year that is settled a fault.Refused "year_settled".
	AddLot(ctx context.Context, l Lot, price func(before Before) (Receipt, error)) (Lot, error)
	Lot(ctx context.Context, id string) (Lot, error)
	Lots(ctx context.Context, after string, limit int) ([]Lot, error)
	Pack(ctx context.Context, serial string) (Pack, error)
	PackOf(ctx context.Context, v vin.VIN) (Pack, error)
	// Stock returns, of the packs that are in no car and were received by the day, one per contract, price and day of receipt.
	Stock(ctx context.Context, on period.Date) ([]Pack, error)
	// Install puts the pack into the car. The same again is a no-op; a pack that is in another car is a fault.Refused
	// "pack_installed", a car that has another pack a fault.Refused "car_has_pack", a pack that Pack.Next refuses its refusal.
	Install(ctx context.Context, serial string, v vin.VIN, on period.Date) error
	// Move appends the event if Pack.Next lets it follow, and answers it as it is stored.
	Move(ctx context.Context, e PackEvent) (PackEvent, error)
	// PackEvents returns what happened to a pack since it was received, in order.
	PackEvents(ctx context.Context, serial string) ([]PackEvent, error)

	// Settle records what compute makes of what was bought in the span, and says supply.ContractSettled if it comes to
	// anything, once per id, in one transaction. It answers what is stored under the id.
	Settle(ctx context.Context, id, contract string, span period.Span, compute func([]Bought) (Settlement, error)) (Settlement, error)
	Settlements(ctx context.Context, contract string) ([]Settlement, error)
	Bought(ctx context.Context, contract string, span period.Span) ([]Bought, error)

	// Vary records variances, and says supply.PriceVaried, as Varied makes it, of the packs that had none.
	Vary(ctx context.Context, cause string, vs []Variance) error
	Variance(ctx context.Context, serial string) (Variance, error)
	// Unvaried returns packs of the part received in the span that have no variance, by serial, after the one that is given.
	Unvaried(ctx context.Context, part string, span period.Span, after string, limit int) ([]Pack, error)

	Sources
	Costs

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

// Sources keeps where parts come from. An empty name in a query means every one.
type Sources interface {
	AddSite(ctx context.Context, request string, s Site) (Site, error)
	Site(ctx context.Context, id string) (Site, error)
	Sites(ctx context.Context, supplier string) ([]Site, error)

	AddQualification(ctx context.Context, request string, q Qualification) (Qualification, error)
	Qualifications(ctx context.Context, supplier, part string) ([]Qualification, error)

	AddDecision(ctx context.Context, request string, d Decision) (Decision, error)
	Decisions(ctx context.Context, exclusion string) ([]Decision, error)
}

// Costs keeps what parts cost, every version and vintage. An empty name in a query means every one.
type Costs interface {
	// AddIndexValue refuses a second value of an index and month with the same vintage, "index_ambiguous".
	AddIndexValue(ctx context.Context, request string, v IndexValue) (IndexValue, error)
	IndexValues(ctx context.Context, index string, month period.Month) ([]IndexValue, error)

	AddStructure(ctx context.Context, request string, s Structure) (Structure, error)
	Structures(ctx context.Context, model, trim string) ([]Structure, error)

	AddShouldCost(ctx context.Context, request string, s ShouldCost) (ShouldCost, error)
	ShouldCosts(ctx context.Context, part string) ([]ShouldCost, error)

	AddQuote(ctx context.Context, request string, q Quote) (Quote, error)
	Quotes(ctx context.Context, part string) ([]Quote, error)

	AddStandard(ctx context.Context, request string, s Standard) (Standard, error)
	Standards(ctx context.Context, part string) ([]Standard, error)

	AddCredit(ctx context.Context, request string, c Credit) (Credit, error)
	Credits(ctx context.Context, model string) ([]Credit, error)
}

// Receipt is what a lot becomes: its packs, and by how much they differ from their standard; Varied nil: not at all, or no
// standard was set.
type Receipt struct {
	Packs     []Pack
	Variances []Variance
	Varied    *PriceVaried
}

package app

import (
	"context"
	"fmt"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/supply"
	"roadbook/vin"
)

// What packs cost beside their plan. The inventory is carried at what was paid, because a car's cost is a fact that its price
// floor rests on; there is no second value of it. When a car is delivered, a pair of postings shows what of its pack's cost was
// not planned: it moves the difference between cost:pack and cost:variance, so that cost:pack is at standard, the two
// together are what was paid, and the car's result is the same with and without a standard.

// The products of a contract year's settlement.
const (
	productRebate    = "pack.rebate"
	productTakeOrPay = "pack.take_or_pay"
)

// varied books the variance of a delivered car's pack. Before both the delivery is booked and a standard is known there is
// nothing to book; whichever is heard of last books. The date is never before the standard was known.
func (b books) varied(ctx context.Context, v vin.VIN) error {
	delivered, err := b.ledger.EntryByRef(ctx, deliveredRef(v))
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	car, err := b.fleet.Car(ctx, v)
	if err != nil {
		return err
	}
	known, err := b.supply.Variance(ctx, car.PackSerial)
	if err != nil || known == nil || known.Unit.Currency != car.Cost.Pack.Currency {
		return err // a car that costs in another currency than the books has no standard
	}
	diff, err := car.Cost.Pack.Sub(known.Unit)
	if err != nil || diff.IsZero() {
		return err
	}
	pair := ledger.Posting{Debit: ledger.CostVariance, Credit: ledger.CostPack, Amount: diff, Dims: ledger.Dims{Vehicle: string(v), Product: productPack}}
	for _, p := range delivered.Postings {
		if p.Debit == ledger.CostPack {
			pair.Dims = p.Dims
		}
	}
	if diff.Minor < 0 {
		pair.Debit, pair.Credit, pair.Amount = pair.Credit, pair.Debit, diff.Neg()
	}
	_, err = b.ledger.Post(ctx, ledger.Entry{Ref: varianceRef(v), Date: max(delivered.Date, known.Known), Kind: "price.varied",
		Memo:     fmt.Sprintf("pack %s cost %s, its standard %s is %s", car.PackSerial, car.Cost.Pack, known.Standard, known.Unit),
		Postings: []ledger.Posting{pair}})
	return err
}

// priceVaried books the variances of packs that are in delivered cars; those of others are booked on delivery.
func (b books) priceVaried(ctx context.Context, e supply.PriceVaried) error {
	for _, known := range e.Packs {
		v, err := b.supply.BuiltInto(ctx, known.Serial)
		if err != nil {
			return err
		}
		if v == "" {
			continue
		}
		if err := b.varied(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// settled books what a contract year came to: a rebate lowers what is owed, packs that were not taken raise it. Neither is a
// car's: both are deviations from the price that each car was booked with.
func (b books) settled(ctx context.Context, e supply.ContractSettled) error {
	entry := ledger.Entry{Ref: settledRef(e.Contract, e.Year), Date: e.Date, Kind: "contract.settled",
		Memo: fmt.Sprintf("contract %s of %s, year %d: %d packs", e.Contract, e.Supplier, e.Year, e.Packs)}
	for _, part := range []struct {
		product       string
		debit, credit ledger.Account
		amount        money.Amount
	}{
		{productRebate, ledger.Payable, ledger.CostVariance, e.Booked.Rebate},
		{productTakeOrPay, ledger.CostVariance, ledger.Payable, e.Booked.Charge},
	} {
		if part.amount.Minor > 0 {
			entry.Postings = append(entry.Postings, ledger.Posting{Debit: part.debit, Credit: part.credit, Amount: part.amount, Dims: ledger.Dims{Product: part.product}})
		}
	}
	if len(entry.Postings) == 0 {
		return nil // less than half a minor unit of the books
	}
	_, err := b.ledger.Post(ctx, entry)
	return err
}

func varianceRef(v vin.VIN) string { return "car/" + string(v) + "/variance" }

func settledRef(contract string, year int) string {
	return fmt.Sprintf("contract/%s/year/%d", contract, year)
}

package app

import (
	"context"
	"fmt"
	"strings"

	"roadbook/billing"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/supply"
)

// books writes the entries of the domains that know nothing of the ledger: what a car cost when it was built, what left
// the stock when it was delivered, and what carriers take. Refs follow from the fact, so booking again has no effect.
type books struct {
	ledger *ledger.Service
	fleet  *fleet.Service
	supply *supply.Service
}

// The products under which the parts of a car's cost are booked.
const (
	productPack     = "pack"
	productBOM      = "bom"
	productAssembly = "assembly"
)

// built books the car into the inventory: the pack is owed to its supplier, the rest to the others.
func (b books) built(ctx context.Context, e fleet.Built) error {
	entry := ledger.Entry{Ref: "car/" + string(e.VIN) + "/built", Date: e.Date, Kind: "car.built",
		Memo: fmt.Sprintf("%s with pack %s of %s", e.Model, e.PackSerial, e.Supplier)}
	for _, part := range []struct {
		product string
		amount  money.Amount
	}{{productPack, e.Pack}, {productBOM, e.BOM}, {productAssembly, e.Assembly}} {
		if part.amount.Minor > 0 {
			entry.Postings = append(entry.Postings, ledger.Posting{Debit: ledger.Inventory, Credit: ledger.Payable, Amount: part.amount,
				Dims: ledger.Dims{Vehicle: string(e.VIN), Product: part.product}})
		}
	}
	_, err := b.ledger.Post(ctx, entry)
	return err
}

// delivered turns the inventory of a sold car into the cost of the sale, and sets aside what its warranty will cost.
func (b books) delivered(ctx context.Context, inv billing.Invoice) error {
	sold := false
	for _, l := range inv.Lines {
		sold = sold || l.Kind == offer.Vehicle
	}
	if !sold {
		return nil
	}
	car, err := b.fleet.Car(ctx, inv.VIN)
	if err != nil {
		return err
	}
	entry := ledger.Entry{Ref: "car/" + string(inv.VIN) + "/delivered", Date: inv.Date, Kind: "car.delivered", Memo: "delivered with " + inv.Number}
	for _, part := range []struct {
		product       string
		debit, credit ledger.Account
		amount        money.Amount
	}{
		{productPack, ledger.CostPack, ledger.Inventory, car.Cost.Pack},
		{productBOM, ledger.CostBOM, ledger.Inventory, car.Cost.BOM},
		{productAssembly, ledger.CostAssembly, ledger.Inventory, car.Cost.Assembly},
		{"warranty", ledger.CostWarranty, ledger.WarrantyReserve, car.Cost.Warranty},
	} {
		if part.amount.Minor > 0 {
			entry.Postings = append(entry.Postings, ledger.Posting{Debit: part.debit, Credit: part.credit, Amount: part.amount,
				Dims: ledger.Dims{Vehicle: string(inv.VIN), Customer: inv.Customer, Product: part.product, Market: inv.Market}})
		}
	}
	if _, err = b.ledger.Post(ctx, entry); err != nil {
		return err
	}
	return b.varied(ctx, inv.VIN)
}

// accrued books what a carrier, a computing centre or a forwarder takes for a car's month.
func (b books) accrued(ctx context.Context, e supply.CostAccrued) error {
	if e.Amount.Minor <= 0 {
		return nil // less than half a minor unit
	}
	account := ledger.CostDelivery
	switch {
	case e.Meter == meterConnectivity:
		account = ledger.CostConnectivity
	case e.Meter == meterLogistics:
		account = ledger.CostLogistics
	case strings.HasPrefix(e.Meter, meterInference):
		account = ledger.CostInference
	}
	_, err := b.ledger.Post(ctx, ledger.Entry{Ref: fmt.Sprintf("accrued/%s/%s/%s", e.VIN, e.Month, e.Meter), Date: e.Date, Kind: "cost.accrued",
		Memo: fmt.Sprintf("%s %s by tariff %s of %s", e.Quantity, e.Meter, e.Tariff, e.Supplier),
		Postings: []ledger.Posting{{Debit: account, Credit: ledger.Payable, Amount: e.Amount,
			Dims: ledger.Dims{Vehicle: string(e.VIN), Product: e.Meter}}}})
	return err
}

// The meters of what others deliver for a car, as tariffs name them.
const (
	meterConnectivity = "connectivity.car_month"
	meterDelivery     = "delivery.byte"
	meterLogistics    = "logistics.car" // once, in the month of the sale
	meterInference    = "inference."    // and a feature: per car and month in which the car may use it
)

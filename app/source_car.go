package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"roadbook/billing"
	"roadbook/console"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/offer"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/update"
	"roadbook/vin"
)

// Car is all that is known of a car, each part from the domain that owns it.
func (s *source) Car(ctx context.Context, v vin.VIN) (console.Car, error) {
	car, err := s.a.Fleet.Car(ctx, v)
	if err != nil {
		return console.Car{}, err
	}
	r := roadbook{source: s, ctx: ctx, car: car}
	if err := r.read(); err != nil {
		return console.Car{}, err
	}
	out := console.Car{VIN: v, Model: car.Model, State: s.state(car), Customer: cmp.Or(car.Owner, r.sale.Owner), Software: r.software.Installed.Version,
		Identity: r.identity()}
	for _, part := range []func() error{
		func() (err error) { out.OdometerKm, err = s.odometer(ctx, v); return },
		func() (err error) { out.Statement, err = s.a.Outlook.Car(ctx, v); return },
		func() (err error) { out.Signals, err = s.signals(ctx, v); return },
		func() (err error) { out.Frames, err = s.frames(ctx, v); return },
		func() (err error) { out.Rights, err = r.rights(); return },
		func() (err error) { out.Road, err = r.road(); return },
	} {
		if err := part(); err != nil {
			return console.Car{}, err
		}
	}
	return out, nil
}

// roadbook is what several parts of a car's page are made of.
type roadbook struct {
	*source
	ctx      context.Context
	car      fleet.Car
	pack     supply.Pack
	supplier string
	certs    []fleet.Certificate // newest first
	sale     offer.Sale          // zero: not sold
	invoices []billing.Issued    // in the order of their numbers
	software update.Car
}

func (r *roadbook) read() (err error) {
	if r.pack, err = r.a.Supply.Pack(r.ctx, r.car.PackSerial); err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if r.supplier, err = r.supplierName(r.pack.Supplier); err != nil {
		return err
	}
	if r.certs, err = r.a.Fleet.Certificates(r.ctx, r.car.VIN); err != nil {
		return err
	}
	if r.sale, err = r.a.Offer.Sale(r.ctx, r.car.VIN); err != nil && fault.CodeOf(err) != "vehicle_not_sold" {
		return err
	}
	if r.software, err = r.a.Update.Car(r.ctx, r.car.VIN); err != nil {
		return err
	}
	return r.eachInvoice(r.ctx, billing.InvoiceQuery{VIN: r.car.VIN}, func(inv billing.Issued) bool {
		r.invoices = append(r.invoices, inv)
		return true
	})
}

func (r *roadbook) supplierName(id string) (string, error) {
	for after := ""; id != ""; {
		page, err := r.a.Supply.Suppliers(r.ctx, after, supply.MaxPage)
		if err != nil {
			return "", err
		}
		for _, p := range page {
			if after = p.ID; p.ID == id {
				return p.Name, nil
			}
		}
		if len(page) < supply.MaxPage {
			break
		}
	}
	return id, nil
}

func (r *roadbook) identity() []console.Figure {
	all := []console.Figure{{Label: "Pack", Value: r.car.PackSerial, Note: join(", ", r.supplier, r.pack.Part)}}
	for _, e := range r.car.ECUs {
		all = append(all, console.Figure{Label: words(string(e.Role)) + " computer", Value: e.Serial, Note: e.HardwareID})
	}
	if r.sale.Market != "" {
		all = append(all, console.Figure{Label: "Market", Value: r.sale.Market})
	}
	if len(r.certs) > 0 {
		all = append(all, console.Figure{Label: "Certificate until", Value: dayText(period.DateOf(r.certs[0].NotAfter)), Note: "serial " + r.certs[0].Serial})
	}
	return all
}

// rights joins what was paid month by month: one line per product of an order.
func (r *roadbook) rights() ([]console.Right, error) {
	_, all, err := r.a.Offer.Rights(r.ctx, r.car.VIN)
	if err != nil {
		return nil, err
	}
	type key struct {
		order string
		sku   offer.SKU
	}
	joined := map[key]offer.Right{}
	var order []key
	for _, right := range all {
		k := key{right.OrderID, right.SKU}
		had, ok := joined[k]
		if !ok {
			order = append(order, k)
			joined[k] = right
			continue
		}
		had.From = min(had.From, right.From)
		if had.Ends != "" && (right.Ends == "" || right.Ends > had.Ends) {
			had.Ends = right.Ends
		}
		joined[k] = had
	}
	var out []console.Right
	for _, k := range order {
		right := joined[k]
		line := console.Right{SKU: string(k.sku), Name: string(k.sku), State: rightState(right, r.today()), Until: right.Ends.Time()}
		p, err := r.a.Offer.Product(r.ctx, k.sku)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		line.Name = cmp.Or(p.Name, line.Name)
		if i := slices.IndexFunc(r.invoices, func(inv billing.Issued) bool { return inv.OrderID == k.order && inv.Reason == billing.ForOrder }); i >= 0 {
			line.Link = invoiceThing(r.invoices[i])
		}
		out = append(out, line)
	}
	return out, nil
}

func rightState(r offer.Right, on period.Date) string {
	switch {
	case r.From > on:
		return "to come"
	case r.Active(on):
		return "active"
	}
	return "expired"
}

// road is the car's life in the order of time; what happened at one time keeps the order in which it must have happened.
func (r *roadbook) road() ([]console.Stop, error) {
	var all []console.Stop
	for _, part := range []func() ([]console.Stop, error){r.made, r.sold, r.updated} {
		stops, err := part()
		if err != nil {
			return nil, err
		}
		all = append(all, stops...)
	}
	if at := r.car.RevokedAt; !at.IsZero() {
		all = append(all, console.Stop{At: at, Title: "Cut off", Detail: r.car.Reason})
	}
	slices.SortStableFunc(all, func(a, b console.Stop) int { return a.At.Compare(b.At) })
	return all, nil
}

// made is the car's beginning: its pack, its building, its keys.
func (r *roadbook) made() ([]console.Stop, error) {
	var all []console.Stop
	if r.pack.Serial != "" {
		all = append(all, console.Stop{At: r.pack.Received.Time(), Title: "Pack received",
			Detail: join(", ", r.supplier, "serial "+r.pack.Serial, fmt.Sprintf("%s %s", r.pack.Unit, r.pack.Currency))})
	}
	built := console.Stop{At: r.car.BuiltAt, Title: "Built", Detail: r.car.Model}
	found, err := r.appendEntry(r.ctx, nil, builtRef(r.car.VIN))
	if err != nil {
		return nil, err
	}
	for _, b := range found {
		built.Link = entryThing(b)
		built.Detail = cmp.Or(b.Memo, built.Detail)
	}
	all = append(all, built)
	for i, c := range slices.Backward(r.certs) {
		stop := console.Stop{At: c.IssuedAt, Title: "Certificate renewed", Detail: "until " + dayText(period.DateOf(c.NotAfter))}
		if i == len(r.certs)-1 {
			stop.Title = "Enrolled"
		}
		all = append(all, stop)
	}
	return all, nil
}

// sold is what was ordered for the car and invoiced.
func (r *roadbook) sold() ([]console.Stop, error) {
	var all []console.Stop
	invoiced := map[string]bool{}
	for _, inv := range r.invoices {
		title := "Renewed "
		switch {
		case sellsCar(inv):
			title = "Sold with "
		case inv.Reason == billing.ForOrder:
			title = "Bought "
		case inv.Reason == billing.ForUsage:
			title = "Used "
		}
		invoiced[inv.OrderID] = invoiced[inv.OrderID] || inv.Reason == billing.ForOrder
		names := make([]string, len(inv.Lines))
		for i, l := range inv.Lines {
			names[i] = l.Name
		}
		all = append(all, console.Stop{At: inv.IssuedAt, Title: title + strings.Join(names, ", "),
			Detail: join(", ", "Invoice "+inv.Number, inv.Total.String(), standing(inv)), Link: invoiceThing(inv)})
	}
	for before := (offer.Cursor{}); ; {
		page, err := r.a.Offer.Orders(r.ctx, r.car.VIN, before, offer.MaxLines)
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			before = offer.Cursor{PlacedAt: o.PlacedAt, ID: o.ID}
			if invoiced[o.ID] {
				continue
			}
			names := make([]string, len(o.Lines))
			for i, l := range o.Lines {
				names[i] = l.Name
			}
			all = append(all, console.Stop{At: o.PlacedAt, Title: "Ordered " + strings.Join(names, ", "), Detail: "not invoiced yet"})
		}
		if len(page) < offer.MaxLines {
			return all, nil
		}
	}
}

func standing(inv billing.Issued) string {
	switch {
	case inv.Total.IsZero():
		return ""
	case inv.Standing.PaidOn != "":
		return "paid on " + dayText(inv.Standing.PaidOn)
	case inv.Standing.State == billing.PastDue:
		return "past due: " + inv.Standing.Reason
	}
	return "not paid yet"
}

// updated is what was sent to the car.
func (r *roadbook) updated() ([]console.Stop, error) {
	deliveries, err := r.a.Update.CarDeliveries(r.ctx, r.car.VIN)
	if err != nil {
		return nil, err
	}
	var all []console.Stop
	for _, d := range deliveries {
		release, err := r.a.Update.ReleaseByID(r.ctx, d.ReleaseID)
		if err != nil {
			return nil, err
		}
		stop := console.Stop{At: d.UpdatedAt, Title: "Update to " + release.Version + " " + string(d.State), Detail: join(", ", release.Name, d.Detail),
			Link: console.Thing{Sort: console.CampaignThing, ID: d.CampaignID}}
		switch d.State {
		case update.Confirmed:
			stop.Title = "Updated to " + release.Version
		case update.Failed:
			stop.Detail = join(", ", release.Name, string(d.Attack), d.Detail)
		}
		all = append(all, stop)
	}
	return all, nil
}

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), sep)
}

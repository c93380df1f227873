package demo

import (
	"context"
	"fmt"
	"net/url"

	"roadbook/app/scenario"
	"roadbook/fleet"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/vin"
)

// prepare tells the maker's side what the case says: suppliers, contracts, the model, tariffs, the catalogue, partners.
// The same again has no second effect.
func (d *demo) prepare(ctx context.Context) error {
	s := d.Scenario
	put := func(kind, id, path string, in any) error {
		if err := d.API.Post(ctx, path, "demo/"+kind+"/"+id, in, nil); err != nil {
			return fmt.Errorf("%s %s: %w", kind, id, err)
		}
		return nil
	}
	for _, x := range s.Suppliers {
		if err := put("supplier", x.ID, "/v1/suppliers", supply.Supplier{ID: x.ID, Name: x.Name, Parts: x.Parts}); err != nil {
			return err
		}
	}
	for _, x := range s.Exclusions {
		e := map[string]any{"span": period.Span{From: x.From, To: x.To}, "reason": x.Reason, "owner": x.Owner, "evidence": x.Evidence}
		if err := put("exclusion", x.Supplier, "/v1/suppliers/"+url.PathEscape(x.Supplier)+"/exclusions", e); err != nil {
			return err
		}
	}
	for _, x := range s.Rates {
		if err := put("rate", string(x.From+x.To), "/v1/rates", supply.Rate{From: x.From, To: x.To, Rate: x.Rate, Date: x.Date, Source: x.Source}); err != nil {
			return err
		}
	}
	for _, x := range s.Packs {
		c := supply.Contract{ID: x.Contract, Supplier: x.Supplier, Part: x.Part, Chemistry: x.Chemistry, KWh: x.KWh, Currency: x.Currency, Signed: s.Start}
		for _, p := range x.Prices {
			c.Prices = append(c.Prices, supply.PackPrice{From: p.From, MinVolume: p.MinVolume, Unit: p.Unit, Source: p.Source})
		}
		if err := put("contract", x.Contract, "/v1/pack-contracts", c); err != nil {
			return err
		}
		lot := map[string]any{"contract": x.Contract, "received": s.Start, "serials": d.serials(x.Contract)}
		if len(d.serials(x.Contract)) > 0 {
			if err := put("lot", fmt.Sprintf("%s/%d", x.Contract, d.Cars), "/v1/pack-lots", lot); err != nil {
				return err
			}
		}
	}
	m := supply.Model{ID: s.Model.ID, Name: s.Model.Name, Currency: s.Currency}
	for _, b := range s.Model.BOM {
		m.Lines = append(m.Lines, supply.Line{Part: b.Part, Category: supply.Category(b.Category), Quantity: b.Quantity, Unit: b.Unit,
			Valid: period.Span{From: s.Start}, Source: b.Source})
	}
	if err := put("model", m.ID, "/v1/models", m); err != nil {
		return err
	}
	for _, x := range s.Tariffs {
		t := supply.Tariff{Meter: x.Meter, Supplier: x.Supplier, Currency: s.Currency, Price: x.Unit, Per: x.Per, Valid: period.Span{From: s.Start}, Source: x.Source}
		if err := put("tariff", x.Meter, "/v1/tariffs", t); err != nil {
			return err
		}
	}
	for _, x := range s.Partners {
		if err := put("partner", x.ID, "/v1/partners", partner.Partner{ID: partnerID(x.ID), Name: x.Name, Market: x.Market, Currency: s.Currency}); err != nil {
			return err
		}
		card := map[string]any{"numerator": x.ShareBps, "denominator": basisPoints, "valid": period.Span{From: x.From}, "source": x.Source}
		if err := put("rate-card", x.ID, "/v1/partners/"+partnerID(x.ID)+"/rate-cards", card); err != nil {
			return err
		}
	}
	for _, x := range s.Products {
		p := offer.Product{SKU: offer.SKU(x.SKU), Name: x.Name, Kind: offer.Kind(x.Kind), TermMonths: x.TermMonths, Meter: x.Meter,
			Features: x.Features, Account: x.Account, Prices: []offer.Price{{Currency: s.Currency, Unit: x.Unit, Valid: period.Span{From: s.Start}, Source: x.Source}}}
		if x.Partner != "" {
			p.Partner = partnerID(x.Partner)
		}
		alone, err := money.Round(s.Currency, x.Unit)
		if err != nil {
			return err
		}
		p.StandAlone = alone
		if err := put("product", x.SKU, "/v1/products", p); err != nil {
			return err
		}
	}
	return nil
}

const basisPoints = 10_000

func partnerID(id string) string { return "ptn_" + id }

// award decides which contract the pack of each car comes from, so that at any time the contracts have their shares.
func (d *demo) award() {
	have := map[string]int{}
	for i := range d.Cars {
		best, most := "", -1.0
		for _, p := range d.Scenario.Packs {
			if lack := float64(p.Share)*float64(i+1)/100 - float64(have[p.Contract]); lack > most {
				best, most = p.Contract, lack
			}
		}
		have[best]++
		d.contractOf = append(d.contractOf, best)
	}
}

// serials lists the packs of a contract that the fleet needs.
func (d *demo) serials(contract string) []string {
	var out []string
	for i := range d.Cars {
		if d.contractOf[i] == contract {
			out = append(out, d.serial(i))
		}
	}
	return out
}

func (d *demo) serial(i int) string { return fmt.Sprintf("%s-%06d", d.contractOf[i], i+1) }

// buildAndSell builds car i, sells it at its price floor with a year of connectivity and a trial of the pilot, and starts it.
func (d *demo) buildAndSell(ctx context.Context, i int) error {
	s := d.Scenario
	v, err := d.name(i)
	if err != nil {
		return err
	}
	day := d.buildDay(i)
	c := &owned{index: i, vin: v, sold: day}
	secret, err := d.build(ctx, i, v)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := d.open(ctx, c, secret); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	var floor supply.Floor
	if err := d.API.Get(ctx, fmt.Sprintf("/v1/models/%s/floor?serial=%s&date=%s&margin=%s", s.Model.ID, url.QueryEscape(d.serial(i)), day, s.HardwareMargin.Value), &floor); err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	price, err := d.carPrice(floor.Minimum)
	if err != nil {
		return err
	}
	order := map[string]any{"vin": v, "customer": fmt.Sprintf("owner-%04d", i+1), "market": s.Market, "currency": s.Currency,
		"lines": []map[string]any{{"sku": d.product(offer.Vehicle).SKU, "price": price}, {"sku": bundle[0]}, {"sku": bundle[1]}}}
	if err := d.API.Post(ctx, "/v1/orders", "sale/"+string(v), order, nil); err != nil {
		return fmt.Errorf("sell: %w", err)
	}
	d.cars = append(d.cars, c)
	return nil
}

func (d *demo) name(i int) (vin.VIN, error) {
	return vin.Make(d.Scenario.Model.WMI, d.Scenario.Model.VDS, 'P', 'B', i+1)
}

// build asks for car i and returns its enrolment secret, which is empty once the car has enrolled.
func (d *demo) build(ctx context.Context, i int, v vin.VIN) (string, error) {
	var built struct {
		Secret string `json:"secret"`
	}
	in := map[string]any{"vin": v, "model": d.Scenario.Model.ID, "pack_serial": d.serial(i), "built_at": d.buildDay(i).Time().Add(trading),
		"ecus": []fleet.ECU{{Serial: ecuSerial(v), HardwareID: d.Scenario.Model.HardwareID, Role: fleet.Primary}}}
	err := d.API.Post(ctx, "/v1/cars", "build/"+string(v), in, &built)
	return built.Secret, err
}

func ecuSerial(v vin.VIN) string { return "head-" + v.Serial() }

// product returns the case's product of a kind; every case has a car.
func (d *demo) product(k offer.Kind) scenario.Product {
	for _, p := range d.Scenario.Products {
		if p.Kind == string(k) {
			return p
		}
	}
	return scenario.Product{}
}

// bundle is what is sold with the car: a year of connectivity and a trial of the pilot.
var bundle = []string{"connectivity.year", "pilot.trial"}

// carPrice is the lowest price tag at which the car's share of the whole order reaches its floor: the bundle is not free,
// it takes its part of what the customer pays.
func (d *demo) carPrice(floor money.Amount) (money.Amount, error) {
	alone := map[string]money.Amount{}
	for _, p := range d.Scenario.Products {
		a, err := money.Round(d.Scenario.Currency, p.Unit)
		if err != nil {
			return money.Amount{}, err
		}
		alone[p.SKU] = a
	}
	car := alone[d.product(offer.Vehicle).SKU]
	all := car.Minor
	var rest int64
	for _, sku := range bundle {
		all += alone[sku].Minor
		rest += alone[sku].Minor
	}
	total, err := floor.MulDiv(all, car.Minor)
	if err != nil {
		return money.Amount{}, err
	}
	return money.Of(total.Minor+1-rest, floor.Currency), nil // one minor unit more than the rounding may have taken
}

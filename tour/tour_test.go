package tour_test

import (
	"bytes"
	"fmt"

	"roadbook/billing"
	"roadbook/car/drive"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/update"
	"roadbook/vin"
)

// Example is the road of one car. The operator speaks to the maker's side by its API, the car by MQTT and HTTPS.
func Example() {
	r := begin("2023-09-01")
	defer r.end()

	fmt.Println("# Supply: whose pack, and what does the car cost?")
	r.post("/v1/suppliers", in{"id": "catl", "name": "CATL"}, nil)
	r.post("/v1/suppliers", in{"id": "byd", "name": "BYD"}, nil)
	r.post("/v1/suppliers", in{"id": "carrier", "name": "Mobile network operator"}, nil)
	r.post("/v1/suppliers/byd/exclusions", in{"span": in{"from": "2023-08-01", "to": "2026-08-01"}, "reason": "legal conflict",
		"owner": "purchasing", "evidence": "court file"}, nil)
	contract := func(id, supplier string) in {
		return in{"id": id, "supplier": supplier, "part": "pack.74kwh", "chemistry": "LFP", "kwh": "73.6", "currency": "CNY", "signed": "2023-09-01",
			"prices": []in{{"from": "2023-09-01", "min_volume": 0, "unit": "73000", "source": "contract"}}}
	}
	r.refused("/v1/pack-contracts", contract("byd-1", "byd"))
	r.post("/v1/pack-contracts", contract("catl-1", "catl"), nil)
	r.post("/v1/pack-lots", in{"contract": "catl-1", "received": "2023-09-01", "serials": []string{"C-1"}}, nil)
	part := func(name, category, unit string) in {
		return in{"part": name, "category": category, "quantity": "1", "unit": unit, "valid": always, "source": "calculation"}
	}
	r.post("/v1/models", in{"id": "road-1", "name": "Road One", "currency": "CNY", "lines": []in{
		part("body-and-drive", "bom", "69500"), part("assembly", "assembly", "7200"), part("warranty", "warranty", "4300")}}, nil)
	r.post("/v1/tariffs", in{"meter": "connectivity.car_month", "supplier": "carrier", "currency": "CNY", "price": "14.40", "valid": always, "source": "contract"}, nil)
	r.post("/v1/tariffs", in{"meter": "delivery.byte", "supplier": "carrier", "currency": "CNY", "price": "9.00", "per": 1_000_000_000, "valid": always, "source": "contract"}, nil)
	var floor supply.Floor
	r.get("/v1/models/road-1/floor?serial=C-1&date=2023-09-01&margin=0.01", &floor)
	fmt.Println("floor at 1 % margin:", floor.Minimum)

	fmt.Println("# Build: the pack becomes part of the car")
	v := must(vin.Make("LRB", "R1CNE", 'P', 'B', 1))
	var built struct{ Secret string }
	r.post("/v1/cars", in{"vin": v, "model": "road-1", "pack_serial": "C-1", "ecus": []in{{"serial": "ECU-1", "hardware_id": "rb-head-1", "role": "primary"}}}, &built)
	fmt.Println("built:", v)

	fmt.Println("# Sell: not below the floor, with a year of connectivity and two months of the pilot")
	r.post("/v1/partners", in{"id": "ptn_kino", "name": "Kino Studio", "market": "CN", "currency": "CNY"}, nil)
	r.post("/v1/partners/ptn_kino/rate-cards", in{"numerator": 70, "denominator": 100, "valid": always, "source": "store agreement"}, nil)
	r.product("car.road-1", "vehicle", "revenue:hardware", "160000", nil)
	r.product("connectivity.year", "term", "revenue:connectivity", "199", in{"term_months": 12, "features": []string{"connectivity"}})
	r.product("pilot.trial", "term", "revenue:subscription", "198", in{"term_months": 2, "features": []string{"pilot.highway"}})
	r.product("boost.rear", "perpetual", "revenue:feature", "1999", in{"features": []string{"boost.rear"}})
	r.product("app.kino", "app", "revenue:app", "30", in{"partner": "ptn_kino", "features": []string{"app.kino"}})
	sale := func(price int64) in {
		return in{"vin": v, "customer": "owner-1", "market": "CN", "currency": "CNY", "lines": []in{
			{"sku": "car.road-1", "price": money.Of(price, "CNY")}, {"sku": "connectivity.year"}, {"sku": "pilot.trial"}}}
	}
	r.refused("/v1/orders", sale(155_000_00))
	r.post("/v1/orders", sale(158_000_00), nil)

	fmt.Println("# Drive: the car enrols with its one-time secret, and keeps a frame until it is acknowledged")
	c := r.open(v, built.Secret)
	defer func() { check(c.Stop(r.ctx)) }()
	check(c.Drive(r.ctx, "2023-09-01", drive.Generate(1, 38, 0.35)))
	r.pass("2023-09-01", 18) // the payment is heard of, the rights are granted
	check(c.Sync(r.ctx))
	r.pass("2023-09-01", 19)
	var counts struct {
		Sent, Stored int64
		Agree        bool
	}
	r.get("/v1/cars/"+string(v)+"/counts", &counts)
	fmt.Printf("frames: %d sent, %d stored, agree: %v\n", counts.Sent, counts.Stored, counts.Agree)
	r.rights(v)
	another := must(vin.Make("LRB", "R1CNE", 'P', 'B', 2))
	fmt.Println("in another car:", r.grants(another).Problem())

	fmt.Println("# Update: a signed release, and a campaign that brings it to the car")
	var image update.Image
	check(r.api.Do(r.ctx, "POST", "/v1/images", "image", bytes.Repeat([]byte("Road 1.1 "), 100_000), &image))
	var release update.Release
	r.post("/v1/releases", in{"name": "Road 1.1", "version": "1.1.0", "hardware_id": "rb-head-1", "release_counter": 2, "image_sha256": image.SHA256}, &release)
	var campaign update.Campaign
	r.post("/v1/campaigns", in{"name": "spring", "release_id": release.ID, "vins": []vin.VIN{v}}, &campaign)
	r.pass("2023-09-10", 18)
	check(c.Sync(r.ctx))
	r.get("/v1/campaigns/"+campaign.ID, &campaign)
	fmt.Printf("confirmed: %d of %d\n", campaign.Counts[update.Confirmed], campaign.Counts.Total())

	fmt.Println("# Buy: in the car")
	check(c.Buy(r.ctx, "boost.rear", "tap-1"))
	check(c.Buy(r.ctx, "app.kino", "tap-2"))
	check(c.Buy(r.ctx, "app.kino", "tap-2")) // the answer was lost: the same again is no second purchase
	r.pass("2023-09-11", 4)
	check(c.Sync(r.ctx))
	r.rights(v)

	fmt.Println("# Months pass: the pilot's trial ends, and the car knows without being told")
	for _, day := range []period.Date{"2023-09-20", "2023-10-10", "2023-10-25"} {
		r.pass(day, 4)
		check(c.Sync(r.ctx))
	}
	r.pass("2023-11-10", 4)
	check(c.Drive(r.ctx, "2023-11-10", drive.Generate(2, 38, 0.35))) // no Sync: out of reach
	r.rights(v)
	r.pass("2023-12-01", 4)

	fmt.Println("# Bill and share")
	var invoices list[billing.Issued]
	r.get("/v1/invoices?vin="+string(v), &invoices)
	for _, i := range invoices.Data {
		fmt.Println(i.Date, i.Number, i.Total, i.Standing.State)
		for _, l := range i.Lines {
			fmt.Printf("  %-17s %14s, earns %14s\n", l.SKU, l.Price, l.Amount)
		}
	}
	var statements list[partner.Statement]
	r.get("/v1/partners/ptn_kino/statements", &statements)
	for _, s := range statements.Data {
		fmt.Printf("%s of %s: Kino Studio earned %s, is owed %s\n", s.Number, s.Month, s.Accruals, s.Closing)
	}

	fmt.Println("# Profit and loss of the car")
	var profit outlook.Statement
	r.get("/v1/outlook/cars/"+string(v), &profit)
	for _, l := range profit.Lines {
		if !l.Amount.IsZero() {
			fmt.Printf("%-23s %15s\n", l.Label, l.Amount)
		}
	}
	fmt.Printf("%-23s %15s\n%-23s %15s\n", "Net", profit.Net, "not yet earned", profit.Deferred)

	fmt.Println("# From a line to its entries")
	for _, l := range profit.Lines {
		if l.Key != "connectivity_revenue" {
			continue
		}
		var entries list[ledger.Booked]
		r.get(l.Link, &entries)
		for _, e := range entries.Data {
			for _, p := range e.Postings {
				if p.Credit == ledger.RevenueConnectivity {
					fmt.Println(e.Date, e.Kind, p.Debit, "→", p.Credit, p.Amount)
				}
			}
		}
	}
	var books ledger.Verdict
	r.get("/v1/ledger/verify", &books)
	fmt.Println("the books hold:", books.OK)

	// Output:
	// # Supply: whose pack, and what does the car cost?
	// refused: supplier_excluded
	// floor at 1 % margin: 155,555.56 CNY
	// # Build: the pack becomes part of the car
	// built: LRBR1CNE1PB000001
	// # Sell: not below the floor, with a year of connectivity and two months of the pilot
	// refused: below_floor
	// # Drive: the car enrols with its one-time secret, and keeps a frame until it is acknowledged
	// frames: 1 sent, 1 stored, agree: true
	// in the car, on: connectivity, pilot.highway
	// in another car: grant_vehicle: the grant is for another car than LRBR1CNE3PB000002
	// # Update: a signed release, and a campaign that brings it to the car
	// confirmed: 1 of 1
	// # Buy: in the car
	// in the car, on: app.kino, boost.rear, connectivity, pilot.highway
	// # Months pass: the pilot's trial ends, and the car knows without being told
	// in the car, on: app.kino, boost.rear, connectivity
	// # Bill and share
	// 2023-09-01 INV-1 158,397.00 CNY paid
	//   car.road-1        158,000.00 CNY, earns 158,004.95 CNY
	//   connectivity.year     199.00 CNY, earns     196.52 CNY
	//   pilot.trial           198.00 CNY, earns     195.53 CNY
	// 2023-09-10 INV-2 1,999.00 CNY paid
	//   boost.rear          1,999.00 CNY, earns   1,999.00 CNY
	// 2023-09-10 INV-3 30.00 CNY paid
	//   app.kino               30.00 CNY, earns      30.00 CNY
	// STM-1 of 2023-09: Kino Studio earned 21.00 CNY, is owed 21.00 CNY
	// STM-2 of 2023-10: Kino Studio earned 0.00 CNY, is owed 21.00 CNY
	// STM-3 of 2023-11: Kino Studio earned 0.00 CNY, is owed 21.00 CNY
	// # Profit and loss of the car
	// Hardware revenue         158,004.95 CNY
	// Battery pack             -73,000.00 CNY
	// Other parts              -69,500.00 CNY
	// Assembly                  -7,200.00 CNY
	// Warranty                  -4,300.00 CNY
	// Payment fees of the car     -948.03 CNY
	// Hardware margin            3,056.92 CNY
	// Connectivity revenue          48.87 CNY
	// Subscriptions                195.53 CNY
	// Features                   1,999.00 CNY
	// Apps                          30.00 CNY
	// Partners' share              -21.00 CNY
	// Delivery cost                 -0.01 CNY
	// Connectivity cost            -43.20 CNY
	// Payment fees                 -14.52 CNY
	// Software contribution      2,194.67 CNY
	// Net                        5,251.59 CNY
	// not yet earned               147.65 CNY
	// # From a line to its entries
	// 2023-09-30 revenue.recognised liability:deferred → revenue:connectivity 16.11 CNY
	// 2023-10-31 revenue.recognised liability:deferred → revenue:connectivity 16.65 CNY
	// 2023-11-30 revenue.recognised liability:deferred → revenue:connectivity 16.11 CNY
	// the books hold: true
}

package outlook_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/vin"
)

// Whatever is booked for whom: cohorts and rest sum to the fleet's statement, line by line; a cohort's ages sum to its
// lines, its cars' statements too; and every allocation sums to what the ledger has for no car.
func TestCohortsLoseNothing(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		m := makers().Draw(t, "maker")
		k := rapid.SampledFrom(append([]outlook.Key{""}, outlook.Keys...)).Draw(t, "key")
		s := service(t, m)
		all, err := s.Cohorts(ctx, k)
		if fault.CodeOf(err) == "key_empty" {
			if all, err = s.Cohorts(ctx, ""); err != nil {
				t.Fatal(err)
			}
			for _, c := range all.Cohorts {
				if k != outlook.ByDelivery || c.Line("delivery").Amount.Minor < 0 {
					t.Fatalf("cohort %s has a weight by %s, and the allocation is refused", c.Quarter, k)
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		fleetOf, err := outlook.Build("CNY", "", m.today, m.rows(ledger.Filter{To: m.today.AddDays(1)}), len(m.sales))
		if err != nil {
			t.Fatal(err)
		}
		var cars int
		net := all.RestNet.Minor
		lines := map[string]int64{}
		for _, l := range all.Rest {
			lines[l.Key] = l.Amount.Minor
		}
		for _, c := range all.Cohorts {
			cars += c.Cars
			net += c.Net.Minor
			ages := map[string]int64{}
			var months int64
			for _, a := range c.Ages {
				months += a.CarMonths
				for _, l := range a.Lines {
					ages[l.Key] += l.Amount.Minor
				}
			}
			for _, l := range c.Lines {
				lines[l.Key] += l.Amount.Minor
				if ages[l.Key] != l.Amount.Minor {
					t.Fatalf("%s of %s is %s, %d over its ages", l.Key, c.Quarter, l.Amount, ages[l.Key])
				}
			}
			if months != c.CarMonths {
				t.Fatalf("%s has %d car-months, %d over its ages", c.Quarter, c.CarMonths, months)
			}
			if last := c.Ages[len(c.Ages)-1].Curve; last.NetTotal != c.Net {
				t.Fatalf("%s nets %s, its curve %s", c.Quarter, c.Net, last.NetTotal)
			}
			if soft := c.Resale.SoftwareBefore.Minor + c.Resale.SoftwareAfter.Minor; soft != c.Line(outlook.Software).Amount.Minor {
				t.Fatalf("software before and after resale sums to %d", soft)
			}
			one, err := s.Cohort(ctx, c.Quarter)
			if err != nil || one.Net != c.Net || one.Cars != c.Cars {
				t.Fatalf("asked alone: %+v %v", one, err)
			}
		}
		if cars != len(m.sales) || cars != all.Total.Cars || net != fleetOf.Net.Minor || all.Total.Net != fleetOf.Net {
			t.Fatalf("%d cars net %d; the fleet has %d and %s", cars, net, len(m.sales), fleetOf.Net)
		}
		for _, l := range fleetOf.Lines {
			if lines[l.Key] != l.Amount.Minor {
				t.Fatalf("%s sums to %d, the fleet has %s", l.Key, lines[l.Key], l.Amount)
			}
		}
		var none []ledger.Sum
		for _, r := range m.rows(ledger.Filter{To: m.today.AddDays(1)}) {
			if r.Vehicle == "" {
				none = append(none, r)
			}
		}
		for _, a := range all.Allocation {
			var sum, inCohorts int64
			for _, p := range a.Parts {
				sum += p.Amount.Minor
			}
			for _, c := range all.Cohorts {
				for _, p := range c.Allocated {
					if p.Line == a.Line.Key {
						inCohorts += p.Amount.Minor
					}
				}
			}
			if sum != a.Line.Amount.Minor || inCohorts != sum || len(a.Parts) != len(all.Cohorts) {
				t.Fatalf("%s of %s is allocated as %d, cohorts have %d", a.Line.Key, a.Line.Amount, sum, inCohorts)
			}
		}
		if len(all.Allocation) > 0 {
			var want, got int64
			for _, r := range none {
				if r.Currency == "CNY" && (r.Account[:5] == "cost:" || len(r.Account) > 8 && r.Account[:8] == "revenue:") {
					want += r.Credit - r.Debit
				}
			}
			for _, a := range all.Allocation {
				got += a.Line.Amount.Minor
			}
			if got != want {
				t.Fatalf("%d is allocated, the ledger has %d for no car", got, want)
			}
		}
	})
}

func taken(v vin.VIN, sku offer.SKU, kind offer.Kind, day period.Date, more func(*billing.Taken)) billing.Taken {
	t := billing.Taken{OrderID: "o-" + string(v) + string(sku) + string(day), VIN: v, Customer: "one", Day: day, SKU: sku, Name: string(sku), Kind: kind, Paid: true}
	switch kind {
	case offer.Term, offer.Subscription, offer.Metered:
		t.Features = []string{"pilot"}
	case offer.Vehicle, offer.Perpetual, offer.App:
	}
	if more != nil {
		more(&t)
	}
	return t
}

func trial(v vin.VIN, until period.Date) billing.Taken {
	return taken(v, "trial", offer.Term, "2026-01-05", func(t *billing.Taken) { t.WithCar, t.Until = true, until })
}

func sub(v vin.VIN, day period.Date, next int, state billing.SubscriptionState) billing.Taken {
	return taken(v, "month", offer.Subscription, day, func(t *billing.Taken) {
		t.Next, t.State, t.Until = next, string(state), day.AddMonths(next)
	})
}

func uptake(t *testing.T, today period.Date, sales []fleet.Sale, all ...billing.Taken) map[offer.SKU]outlook.Uptake {
	t.Helper()
	return uptakeOf(cohort(t, today, sales, all...))
}

func cohort(t *testing.T, today period.Date, sales []fleet.Sale, all ...billing.Taken) outlook.Cohort {
	t.Helper()
	c, err := service(t, &maker{today: today, sales: sales, taken: all}).Cohort(t.Context(), "2026Q1")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func uptakeOf(c outlook.Cohort) map[offer.SKU]outlook.Uptake {
	out := map[offer.SKU]outlook.Uptake{}
	for _, p := range c.Products {
		out[p.SKU] = p
	}
	return out
}

func TestRenewalCliff(t *testing.T) {
	one := []fleet.Sale{sale("V1", "2026-01-05")}
	for _, row := range []struct {
		why                                string
		today                              period.Date
		follow                             []billing.Taken
		bundled, ended, renewed, undecided int
	}{
		{"the term still runs", "2026-03-04", nil, 1, 0, 0, 0},
		{"it is over, and the owner may still come back", "2026-06-04", nil, 1, 0, 0, 1},
		{"he has not", "2026-06-05", nil, 1, 1, 0, 0},
		{"he subscribed before the end and goes on", "2026-03-05", []billing.Taken{sub("V1", "2026-02-20", 3, billing.Active)}, 1, 1, 1, 0},
		{"he subscribed and gave up before the end", "2026-06-05", []billing.Taken{sub("V1", "2026-01-20", 1, billing.Ended)}, 1, 1, 0, 0},
		{"he came back on the last day", "2026-06-05", []billing.Taken{sub("V1", "2026-06-04", 1, billing.Active)}, 1, 1, 1, 0},
		{"he came back too late", "2026-06-05", []billing.Taken{sub("V1", "2026-06-05", 1, billing.Active)}, 1, 1, 0, 0},
		{"pays by use instead", "2026-06-05", []billing.Taken{taken("V1", "km", offer.Metered, "2026-03-10", nil)}, 1, 1, 1, 0},
		{"ordered and never paid", "2026-06-05", []billing.Taken{taken("V1", "km", offer.Metered, "2026-03-10", func(x *billing.Taken) { x.Paid = false })}, 1, 1, 0, 0},
		{"another feature is not what follows", "2026-06-05", []billing.Taken{taken("V1", "km", offer.Metered, "2026-03-10", func(x *billing.Taken) { x.Features = []string{"seat"} })}, 1, 1, 0, 0},
	} {
		p := uptake(t, row.today, one, append([]billing.Taken{trial("V1", "2026-03-05")}, row.follow...)...)["trial"]
		if p.Bundled != row.bundled || p.Ended != row.ended || p.Renewed != row.renewed || p.Waiting != row.undecided || p.Attached != 0 || (p.Renewal != nil) != (row.ended > 0) {
			t.Errorf("%s: %+v", row.why, p)
		}
	}
}

func TestChurn(t *testing.T) {
	resold := sale("V1", "2026-01-05", fleet.Ownership{N: 2, Owner: "two", Since: "2026-04-10"})
	for _, row := range []struct {
		why                     string
		car                     fleet.Sale
		today                   period.Date
		sub                     billing.Taken
		atRisk, churned, resold int
		days                    int64
	}{
		{"in its first month nobody can go", sale("V1", "2026-01-05"), "2026-02-09", sub("V1", "2026-01-10", 1, billing.Active), 0, 0, 0, 31},
		{"one month's end passed", sale("V1", "2026-01-05"), "2026-02-10", sub("V1", "2026-01-10", 2, billing.Active), 1, 0, 0, 32},
		{"what is cancelled has not ended", sale("V1", "2026-01-05"), "2026-02-20", sub("V1", "2026-01-10", 2, billing.Cancelling), 1, 0, 0, 42},
		{"went at the third end: the paid days count", sale("V1", "2026-01-05"), "2026-06-10", sub("V1", "2026-01-10", 3, billing.Ended), 3, 1, 0, 90},
		{"an end after as-of is not known yet", sale("V1", "2026-01-05"), "2026-03-01", sub("V1", "2026-01-10", 3, billing.Ended), 1, 0, 0, 51},
		{"the car was sold before the end: no churn", resold, "2026-06-10", sub("V1", "2026-01-10", 4, billing.Ended), 4, 0, 1, 120},
		{"the car was sold after the subscriber had gone", resold, "2026-06-10", sub("V1", "2026-01-10", 2, billing.Ended), 2, 1, 0, 59},
	} {
		c := cohort(t, row.today, []fleet.Sale{row.car}, row.sub)
		p := uptakeOf(c)["month"]
		if p.AtRisk != row.atRisk || p.Churned != row.churned || p.EndedByResale != row.resold || c.Resale.EndedByResale != row.resold || p.ActiveDays != row.days || (p.Churn == nil) != (row.atRisk == 0) {
			t.Errorf("%s: %+v", row.why, p)
		}
	}
}

func TestAttachAndSecondOwner(t *testing.T) {
	second := func(v vin.VIN, sku offer.SKU, day period.Date) billing.Taken {
		return taken(v, sku, offer.App, day, func(x *billing.Taken) { x.Customer = "two" })
	}
	sales := []fleet.Sale{sale("V1", "2026-01-05", fleet.Ownership{N: 2, Owner: "two", Since: "2026-02-15"}), sale("V2", "2026-02-05"),
		sale("V3", "2026-03-05", fleet.Ownership{N: 2, Owner: "two", Since: "2026-03-06"}, fleet.Ownership{N: 3, Owner: "one", Since: "2026-03-07"}), sale("V4", "2026-03-31"), sale("V5", "2026-04-01")}
	m := &maker{today: "2026-04-20", sales: sales, taken: []billing.Taken{
		taken("V1", "app", offer.App, "2026-01-06", nil), second("V1", "app2", "2026-02-16"), second("V1", "app3", "2026-02-17"),
		taken("V2", "app", offer.App, "2026-02-06", nil), taken("V2", "app", offer.App, "2026-02-07", nil), // bought twice, one car
		taken("V2", "boost", offer.Perpetual, "2026-02-08", func(x *billing.Taken) { x.Paid = false }),
		taken("V4", "app", offer.App, "2026-04-21", nil), // after as-of
		taken("V5", "app", offer.App, "2026-04-02", nil), // another cohort's
	}, entries: []ledger.Entry{
		entry("2026-02-20", ledger.Receivable, ledger.RevenueApp, 100, ledger.Dims{Vehicle: "V1", Product: "app2"}), // the month of the resale: the first owner's
		entry("2026-03-01", ledger.Receivable, ledger.RevenueApp, 40, ledger.Dims{Vehicle: "V1", Product: "app3"}),
		entry("2026-03-02", ledger.CostPartner, ledger.PartnerPayable, 28, ledger.Dims{Vehicle: "V1", Product: "app3", Partner: "p"}),
	}}
	c, err := service(t, m).Cohort(t.Context(), "2026Q1")
	if err != nil {
		t.Fatal(err)
	}
	p := uptakeOf(c)
	if p["app"].Attached != 2 || *p["app"].AttachRate != 0.5 || p["app2"].Attached != 1 || p["boost"].Attached != 0 || *p["boost"].AttachRate != 0 {
		t.Errorf("uptake %+v", p)
	}
	if x := p["app3"]; x.Revenue.Minor != 40 || x.PartnerShare.Minor != -28 || x.Entries != "/v1/ledger/entries?product=app3" {
		t.Errorf("amounts %+v", x)
	}
	r := c.Resale
	if c.Cars != 4 || r.Cars != 2 || r.FirstAttached != 2 || r.SecondAttached != 1 || *r.FirstRate != 0.5 || *r.SecondRate != 0.5 || *r.Factor != 1 || *r.OwnersPerResold != 2.5 {
		t.Errorf("resale %+v", r)
	}
	// V1 has March and April after its resale, V3 April; of 4+3+2+2 car-months.
	if r.CarMonths != 3 || c.CarMonths != 11 || r.SoftwareBefore.Minor != 100 || r.SoftwareAfter.Minor != 12 || r.PerMonthAfter.Minor != 4 || r.PerMonthBefore.Minor != 13 {
		t.Errorf("money of owners %+v of %d car-months", r, c.CarMonths)
	}
	cars, sales2, err := service(t, m).CohortCars(t.Context(), "2026Q1", fleet.Sale{}, 2)
	if err != nil || len(cars) != 2 || cars[0].VIN != "V1" || cars[0].Net.Minor != 112 || sales2[1].VIN != "V2" {
		t.Errorf("cars %+v %v", cars, err)
	}
}

func TestObservations(t *testing.T) {
	month := sub("V1", "2026-01-31", 3, billing.Active) // 31 January to 20 April: 80 days
	m := &maker{today: "2026-04-20", sales: []fleet.Sale{sale("V1", "2026-01-05"), sale("V2", "2026-01-06")}, taken: []billing.Taken{month}, entries: []ledger.Entry{
		entry("2026-02-28", ledger.Deferred, ledger.RevenueSubscription, 8_000, ledger.Dims{Vehicle: "V1", Product: "month"}),
		entry("2026-02-27", ledger.CostPayment, ledger.Cash, 80, ledger.Dims{Vehicle: "V1", Product: "month"}),
		entry("2026-02-26", ledger.CostConnectivity, ledger.Payable, 1_441, ledger.Dims{Vehicle: "V1", Product: "connectivity.car_month"}),
		entry("2026-02-25", ledger.Receivable, ledger.RevenueLicence, 99, ledger.Dims{Product: "licence"}),
	}}
	o, err := service(t, m).Observations(t.Context())
	if err != nil || len(o.Products) != 1 || len(o.Costs) != 2 {
		t.Fatalf("%+v %v", o, err)
	}
	p := o.Products[0]
	if p.Cohort != "2026Q1" || p.Sold != 2 || p.Attached != 1 || p.AtRisk != 2 || p.Churned != 0 || p.ActiveDays != 80 || p.PerActiveMonth != money.Of(3042, "CNY") { // 8000 × 365 / (12 × 80)
		t.Errorf("product %+v", p)
	}
	i := slices.IndexFunc(o.Costs, func(u outlook.UnitCost) bool { return u.Key == "connectivity_cost" })
	if u := o.Costs[i]; u.Total.Minor != 1_441 || u.CarMonths != 8 || u.PerCarMonth.Minor != 180 || u.PerCar.Minor != 721 || u.Share != nil {
		t.Errorf("connectivity %+v", u)
	}
	if u := o.Costs[1-i]; u.Key != "payment" || u.Share == nil || *u.Share != 0.01 {
		t.Errorf("fees %+v", u)
	}
	for i, e := range []interface{ Check(string) error }{p.Evidence, o.Costs[0].Evidence, o.Costs[1].Evidence} {
		if err := e.Check("/evidence"); err != nil {
			t.Errorf("observation %d: %v", i, err)
		}
	}
}

func TestAllocateIsRefusedWithoutAKey(t *testing.T) {
	m := &maker{today: "2026-04-20", entries: []ledger.Entry{entry("2026-02-25", ledger.Receivable, ledger.RevenueLicence, 99, ledger.Dims{Product: "licence"})}}
	for k, code := range map[outlook.Key]string{"": "", "hope": "key_unknown", outlook.ByCarsSold: "key_empty"} {
		if _, err := service(t, m).Cohorts(t.Context(), k); fault.CodeOf(err) != code {
			t.Errorf("by %q: %v, want %q", k, err, code)
		}
	}
	m.sales = []fleet.Sale{sale("V1", "2026-01-05"), sale("V2", "2026-04-06"), sale("V3", "2026-04-06")}
	all, err := service(t, m).Cohorts(t.Context(), outlook.ByCarsSold)
	if err != nil || len(all.Allocation) != 1 || all.Allocation[0].Parts[0].Amount.Minor != 33 || all.Allocation[0].Parts[1].Amount.Minor != 66 || all.Cohorts[1].Allocated[0].PerCar.Minor != 33 {
		t.Errorf("%+v %v", all.Allocation, err)
	}
	if all.RestNet.Minor != 99 || all.Cohorts[0].Net.Minor != 0 {
		t.Errorf("what is allocated is not in the cohorts' own lines: %+v", all)
	}
	if _, err := service(t, m).Cohort(t.Context(), "2026"); fault.CodeOf(err) != "quarter" {
		t.Errorf("no quarter: %v", err)
	}
	if c, err := service(t, m).Cohort(t.Context(), "2020Q1"); err != nil || c.Cars != 0 {
		t.Errorf("a quarter without a car: %+v %v", c, err)
	}
}

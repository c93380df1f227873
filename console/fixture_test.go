package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/vin"
)

// fixture is a small fleet in memory: one car whose road, books and rollout the pages can show.
type fixture struct {
	car     vin.VIN
	booked  []ledger.Booked
	broken  error // returned by Home
	counted atomic.Int64
}

const today = period.Date("2024-12-31")

func cny(minor int64) money.Amount { return money.Of(minor, "CNY") }

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	v, err := vin.Make("LRB", "SU7EV", 'R', 'B', 417)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{car: v}
	about := ledger.Dims{Vehicle: string(v), Market: "CN"}
	su := about
	su.Product = "pilot.highway"
	app := about
	app.Product, app.Partner = "app.karaoke", "ptn_lark"
	for _, e := range []ledger.Entry{
		{Ref: "car/" + string(v) + "/built", Date: "2024-01-08", Kind: "car.built", Memo: "Pack, bill of materials and assembly", Postings: []ledger.Posting{
			{Debit: ledger.Inventory, Credit: ledger.Payable, Amount: cny(21_360_000), Dims: about}}},
		{Ref: "invoice/INV-7/issue", Date: "2024-01-20", Kind: "invoice.issued", Memo: "Invoice INV-7", Postings: []ledger.Posting{
			{Debit: ledger.Receivable, Credit: ledger.RevenueHardware, Amount: cny(21_590_000), Dims: about},
			{Debit: ledger.Receivable, Credit: ledger.Deferred, Amount: cny(120_000), Dims: su}}},
		{Ref: "car/" + string(v) + "/delivered", Date: "2024-01-20", Kind: "car.delivered", Memo: "Cost of the car sold", Postings: []ledger.Posting{
			{Debit: ledger.CostPack, Credit: ledger.Inventory, Amount: cny(7_120_000), Dims: about},
			{Debit: ledger.CostBOM, Credit: ledger.Inventory, Amount: cny(13_840_000), Dims: about},
			{Debit: ledger.CostWarranty, Credit: ledger.WarrantyReserve, Amount: cny(400_000), Dims: about}}},
		{Ref: "recognise/INV-7/2024-02", Date: "2024-02-29", Kind: "revenue.recognised", Postings: []ledger.Posting{
			{Debit: ledger.Deferred, Credit: ledger.RevenueSubscription, Amount: cny(10_000), Dims: su}}},
		{Ref: "partner/app.karaoke/7", Date: "2024-03-02", Kind: "partner.accrued", Postings: []ledger.Posting{
			{Debit: ledger.Receivable, Credit: ledger.RevenueApp, Amount: cny(6_800), Dims: app},
			{Debit: ledger.CostPartner, Credit: ledger.PartnerPayable, Amount: cny(4_760), Dims: app}}},
	} {
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		f.booked = append(f.booked, ledger.Booked{Entry: e, Seq: int64(len(f.booked) + 1), BookedAt: at("2024-12-31T10:00:00Z"),
			Digest: e.ContentDigest(), Chain: strings.Repeat("c", 64)})
	}
	return f
}

func (f *fixture) statement(v vin.VIN) outlook.Statement {
	s := outlook.Statement{VIN: string(v), AsOf: today, Cars: 20, Deferred: cny(110_000), Cash: cny(21_700_000)}
	for _, l := range []struct {
		key, label string
		minor      int64
		account    ledger.Account
		products   []string
	}{
		{"hardware_revenue", "Hardware revenue", 21_590_000, ledger.RevenueHardware, nil},
		{"pack", "Battery pack", -7_120_000, ledger.CostPack, nil},
		{"bom", "Bill of materials", -13_840_000, ledger.CostBOM, nil},
		{"warranty", "Warranty reserve", -400_000, ledger.CostWarranty, nil},
		{"car_payment", "Payment fees of the car", -12_000, ledger.CostPayment, []string{"car.su7"}},
		{outlook.HardwareMargin, "Hardware margin", 0, "", nil},
		{"subscriptions", "Subscriptions", 384_000, ledger.RevenueSubscription, nil},
		{"usage", "Pilot kilometres", 196_200, ledger.RevenueUsage, nil},
		{"apps", "Apps", 6_800, ledger.RevenueApp, nil},
		{"partners", "Partners’ share", -4_760, ledger.CostPartner, nil},
		{"connectivity", "Connectivity", -61_200, ledger.CostConnectivity, nil},
		{"delivery", "Delivery of updates and data", -18_450, ledger.CostDelivery, nil},
		{"payment", "Payment fees", -30_105, ledger.CostPayment, []string{"app.karaoke", "pilot.highway"}},
	} {
		line := outlook.StatementLine{Key: l.key, Label: l.label, Amount: cny(l.minor), Accounts: []ledger.Account{l.account}, Products: l.products, Link: "/v1/ledger/entries"}
		if l.account == "" { // a total of what came so far
			line.Amount, line.Total, line.Accounts = s.Net, true, nil
			for _, part := range s.Lines {
				line.Accounts = append(line.Accounts, part.Accounts...)
			}
		}
		s.Lines = append(s.Lines, line)
		s.Net, _ = s.Net.Add(cny(l.minor))
	}
	return s
}

func (f *fixture) Home(context.Context) (Home, error) {
	return Home{
		Answer:   "Twenty cars sold at a hardware margin of 1.1 % earn 6,904.85 CNY each in their first year, two thirds of it after the sale.",
		Hardware: cny(230_000), Software: cny(38_373), Statement: f.statement(""),
		Counters: []Figure{{Label: "Recurring revenue a month", Value: "31,860 CNY"}, {Label: "Paying cars", Value: "17 of 20", Note: "85 %"}, {Label: "Attach rate, pilot", Value: "45 %"}},
	}, f.broken
}

func (f *fixture) Cars(_ context.Context, cursor string) (Cars, error) {
	if cursor != "" && cursor != "n2" {
		return Cars{}, fault.New(fault.Invalid, "cursor", "the cursor %q is not one of this list", cursor)
	}
	c := Cars{AsOf: today, Next: "n2"}
	for i := range 20 {
		v, err := vin.Make("LRB", "SU7EV", 'R', 'B', 417+i)
		if err != nil {
			return Cars{}, err
		}
		state := "connected"
		if i%7 == 3 {
			state = "sold"
		}
		if i == 12 {
			state = "revoked"
		}
		c.Rows = append(c.Rows, CarRow{VIN: v, Model: "SU7 Max", State: state, OdometerKm: int64(18_204 - 711*i), Net: cny(int64(690_485 - 71_000*i))})
	}
	return c, nil
}

func (f *fixture) Car(_ context.Context, v vin.VIN) (Car, error) {
	if v != f.car {
		return Car{}, fault.New(fault.NotFound, "car", "there is no car %s", v)
	}
	return Car{
		VIN: v, Model: "SU7 Max", State: "connected", Customer: "cus_0417", OdometerKm: 18_204, Software: "2.4.0", Statement: f.statement(v),
		Identity: []Figure{{Label: "Pack", Value: "CATL-2024-000417", Note: "CATL, 101 kWh"}, {Label: "Market", Value: "CN"}, {Label: "Certificate until", Value: "31 March 2025"}},
		Road: []Stop{
			{At: at("2024-01-05T00:00:00Z"), Title: "Pack received", Detail: "CATL, serial CATL-2024-000417"},
			{At: at("2024-01-08T00:00:00Z"), Title: "Built", Detail: "Cost 213,600.00 CNY", Link: Thing{Sort: EntryThing, ID: "1"}},
			{At: at("2024-01-08T09:12:00Z"), Title: "Enrolled", Detail: "Certificate for 90 days"},
			{At: at("2024-01-20T00:00:00Z"), Title: "Sold", Detail: "Invoice INV-7, 217,100.00 CNY", Link: Thing{Sort: InvoiceThing, ID: "inv_7"}},
			{At: at("2024-01-20T15:40:00Z"), Title: "Connected"},
			{At: at("2024-02-14T03:05:00Z"), Title: "Updated to 2.4.0", Detail: "8.0 MB, resumed once", Link: Thing{Sort: CampaignThing, ID: "cmp_24"}},
			{At: at("2024-03-02T18:21:00Z"), Title: "Bought Karaoke", Detail: "In the car, 68.00 CNY", Link: Thing{Sort: EntryThing, ID: "5"}},
		},
		Signals: []Signal{
			{Path: "Vehicle.Speed", Value: "0", Unit: "km/h", At: at("2024-12-31T09:59:58Z")},
			{Path: "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current", Value: "64.5", Unit: "%", At: at("2024-12-31T09:59:30Z")}},
		Rights: []Right{
			{SKU: "connectivity.year", Name: "Connectivity", State: "active", Until: at("2025-01-20T00:00:00Z")},
			{SKU: "app.karaoke", Name: "Karaoke", State: "active"},
			{SKU: "pilot.trial", Name: "Highway pilot, trial", State: "expired", Until: at("2024-04-20T00:00:00Z")}},
		Frames: Frames{Sent: 48_211, Received: 48_211, Stored: 48_211},
	}, nil
}

func (f *fixture) Ledger(_ context.Context, q Filter) (Ledger, error) {
	l := Ledger{AsOf: today}
	for _, b := range slices.Backward(f.booked) {
		hit := slices.ContainsFunc(b.Postings, func(p ledger.Posting) bool {
			return q.matches(p) && (len(q.Accounts) == 0 || slices.Contains(q.Accounts, p.Debit) || slices.Contains(q.Accounts, p.Credit))
		})
		if !hit || (q.Month != "" && b.Date.Month() != q.Month) {
			continue
		}
		effect, err := Effect(b.Entry, q)
		if err != nil {
			return Ledger{}, err
		}
		if l.Total, err = l.Total.Add(effect); err != nil {
			return Ledger{}, err
		}
		l.Entries = append(l.Entries, b)
	}
	return l, nil
}

func (f *fixture) Entry(_ context.Context, seq int64) (Entry, error) {
	if seq > int64(len(f.booked)) {
		return Entry{}, fault.New(fault.NotFound, "entry", "there is no entry %d; the last is %d", seq, len(f.booked))
	}
	return Entry{Booked: f.booked[seq-1],
		Back:  []Thing{{Sort: InvoiceThing, ID: "inv_7", Label: "Invoice INV-7", Note: "20 January 2024"}, {Sort: CarThing, ID: string(f.car), Label: "Car " + string(f.car)}},
		Ahead: []Thing{{Sort: EntryThing, ID: "4", Label: "Revenue recognised", Note: "29 February 2024"}}}, nil
}

func (f *fixture) Invoice(_ context.Context, id string) (Invoice, error) {
	if id != "inv_7" {
		return Invoice{}, fault.New(fault.NotFound, "invoice", "there is no invoice %q", id)
	}
	return Invoice{ID: id, Number: "INV-7", VIN: f.car, Customer: "cus_0417", Issued: "2024-01-20", State: "paid", Total: cny(21_710_000),
		Lines: []InvoiceLine{{SKU: "car.su7", Name: "SU7 Max", Amount: cny(21_590_000)},
			{SKU: "connectivity.year", Name: "Connectivity, one year", Period: period.Span{From: "2024-01-20", To: "2025-01-20"}, Amount: cny(120_000)}},
		Entries: f.booked[1:2]}, nil
}

func (f *fixture) row() CampaignRow {
	return CampaignRow{ID: "cmp_24", Name: "Winter release", Release: "rel 2.4.0", State: "running", Started: at("2024-02-10T00:00:00Z"),
		Counts: []Count{{"pending", 2}, {"offered", 1}, {"downloading", 4}, {"confirmed", 12}, {"failed", 1}, {"verified", 0}}}
}

func (f *fixture) Campaigns(context.Context) (Campaigns, error) {
	return Campaigns{AsOf: today, Rows: []CampaignRow{f.row()}}, nil
}

func (f *fixture) Campaign(_ context.Context, id, _ string) (Campaign, error) {
	if id != "cmp_24" {
		return Campaign{}, fault.New(fault.NotFound, "campaign", "there is no campaign %q", id)
	}
	return Campaign{CampaignRow: f.row(), AsOf: today, Proof: f.scene(), Cars: []CampaignCar{
		{VIN: f.car, State: "confirmed", Version: "2.4.0", Changed: at("2024-02-14T03:05:00Z")},
		{VIN: f.car, State: "failed", Version: "2.3.1", Changed: at("2024-02-15T03:05:00Z"), Detail: "hash of the image differs: old slot kept"}}}, nil
}

func (f *fixture) Counters(context.Context) (Counters, error) {
	return Counters{CarsConnected: 19, FramesStored: 48_211, Entries: f.counted.Load(), Date: today, Progress: 62, Doing: "August 2024"}, nil
}

func handler(f *fixture) http.Handler {
	return Handler(f, f, f, slog.New(slog.NewTextHandler(io.Discard, nil)), "console.example")
}

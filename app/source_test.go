package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roadbook/console"
	"roadbook/fault"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/supply"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/frame"
)

// fleetOf is a maker's side with cars sold in January 2024, each with a year of connectivity, a subscription and an app,
// as it stands in the middle of April.
type fleetOf struct {
	*source
	cars []vin.VIN // in the order of VINs
}

func newFleet(t *testing.T, cars int) fleetOf {
	t.Helper()
	ctx := t.Context()
	a, err := New(ctx, Config{Data: t.TempDir(), Simulate: "2024-01-01", Console: "127.0.0.1:0", Gateway: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	f := fleetOf{source: newSource(a)}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	from := period.Span{From: "2024-01-01"}
	must(a.Supply.AddSupplier(ctx, "", supply.Supplier{ID: "catl", Name: "CATL", Parts: []string{"pack"}}))
	must(a.Supply.AddContract(ctx, "", supply.Contract{ID: "c1", Supplier: "catl", Part: "pack.101", Chemistry: "NMC", KWh: "101", Currency: "CNY", Signed: "2024-01-01",
		Prices: []supply.PackPrice{{From: "2024-01-01", Unit: "60000", Source: "a test"}}}))
	must(a.Supply.AddModel(ctx, "", supply.Model{ID: "su7", Name: "SU7", Currency: "CNY", Lines: []supply.Line{
		{Part: "body", Category: supply.BOM, Quantity: "1", Unit: "100000", Valid: from, Source: "a test"},
		{Part: "work", Category: supply.Assembly, Quantity: "1", Unit: "9000", Valid: from, Source: "a test"},
		{Part: "repairs", Category: supply.Warranty, Quantity: "1", Unit: "4000", Valid: from, Source: "a test"}}}))
	must(a.Partner.Create(ctx, partner.Partner{ID: "ptn_lark", Name: "Lark", Market: "CN", Currency: "CNY"}))
	must(a.Partner.AddCard(ctx, partner.RateCard{ID: "rc1", Partner: "ptn_lark", Numerator: 7, Denominator: 10, Valid: from, Source: "a test"}))
	for _, p := range []offer.Product{
		{SKU: "car.su7", Name: "SU7", Kind: offer.Vehicle, Account: "revenue:hardware", Prices: []offer.Price{{Unit: "215900"}}},
		{SKU: "connectivity.year", Name: "Connectivity", Kind: offer.Term, TermMonths: 12, Features: []string{"connectivity"}, Account: "revenue:connectivity", Prices: []offer.Price{{Unit: "600"}}},
		{SKU: "pilot", Name: "Pilot", Kind: offer.Subscription, Features: []string{"pilot"}, Account: "revenue:subscription", Prices: []offer.Price{{Unit: "120"}}},
		{SKU: "app.karaoke", Name: "Karaoke", Kind: offer.App, Features: []string{"app.karaoke"}, Partner: "ptn_lark", Account: "revenue:app", Prices: []offer.Price{{Unit: "68"}}},
	} {
		p.Prices[0].Currency, p.Prices[0].Valid = "CNY", from
		must(a.Offer.PutProduct(ctx, p))
	}
	lot := supply.Lot{ID: "lot1", Contract: "c1", Received: "2024-01-02"}
	for i := range cars {
		lot.Serials = append(lot.Serials, "PACK-"+strconv.Itoa(i))
	}
	must(a.Supply.Receive(ctx, lot))
	for i := range cars {
		v, err := vin.Make("LRB", "SU7EV", 'R', 'B', i+1)
		must(nil, err)
		_, _, err = a.Fleet.Build(ctx, "", fleet.Plan{VIN: v, Model: "su7", PackSerial: lot.Serials[i], BuiltAt: day("2024-01-08"),
			ECUs: []fleet.ECU{{Serial: "ECU-" + strconv.Itoa(i), HardwareID: "hw1", Role: fleet.Primary}}})
		must(nil, err)
		f.cars = append(f.cars, v)
	}
	slices.Sort(f.cars) // the check digit comes before the serial
	must(nil, a.Advance(ctx, day("2024-01-20")))
	for i, v := range f.cars {
		order := func(name string, at period.Date, skus ...offer.SKU) {
			r := offer.Request{ID: "ord_" + name + strconv.Itoa(i), VIN: v, Customer: "cus_" + strconv.Itoa(i), Market: "CN", Currency: "CNY", PlacedAt: day(at)}
			for _, sku := range skus {
				r.Lines = append(r.Lines, offer.RequestLine{SKU: sku})
			}
			must(a.Offer.Place(ctx, r))
			must(nil, a.events.Settle(ctx))
		}
		order("car", "2024-01-20", "car.su7", "connectivity.year")
		order("software", "2024-01-20", "pilot", "app.karaoke")
	}
	for i, v := range f.cars[:1] {
		for seq := range uint64(3) {
			raw, err := frame.Encode(frame.Frame{Catalogue: frame.Catalogue, Seq: seq + 1, Base: day("2024-02-01"), Columns: []frame.Column{
				{Signal: frame.Speed, Points: []frame.Point{{Offset: int64(seq), Raw: 725}}},
				{Signal: frame.IsMoving, Points: []frame.Point{{Offset: int64(seq), Raw: 1}}},
				{Signal: frame.TraveledDistance, Points: []frame.Point{{Offset: int64(seq), Raw: int64(12_345_678 + i)}}}}})
			must(nil, err)
			must(nil, a.Signal.Ingest(ctx, v, raw))
		}
	}
	image, err := a.Update.Upload(ctx, strings.NewReader("an image"))
	must(nil, err)
	must(a.Update.Release(ctx, update.ReleaseRequest{ID: "rel1", Name: "Winter", Version: "2.4.0", HardwareID: "hw1", ReleaseCounter: 1, ImageSHA256: image.SHA256}))
	must(nil, a.Advance(ctx, day("2024-04-15")))
	must(a.Update.Start(ctx, update.CampaignRequest{ID: "cmp1", Name: "Winter release", ReleaseID: "rel1", VINs: f.cars}))
	must(nil, a.Advance(ctx, day("2024-04-16")))
	return f
}

func day(d period.Date) time.Time { return d.Time().Add(9 * time.Hour) }

func TestCarTellsItsRoadInOrder(t *testing.T) {
	f := newFleet(t, 1)
	car, err := f.Car(t.Context(), f.cars[0])
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for i, s := range car.Road {
		titles = append(titles, s.Title)
		if i > 0 && s.At.Before(car.Road[i-1].At) {
			t.Errorf("%q comes before %q", s.Title, car.Road[i-1].Title)
		}
		if s.Link != (console.Thing{}) {
			f.open(t, s.Link)
		}
	}
	road := strings.Join(titles, "; ")
	at := 0
	for _, want := range []string{"Pack received", "Built", "Sold with SU7, Connectivity", "Bought Pilot, Karaoke", "Renewed Pilot", "Renewed Pilot", "Update to 2.4.0"} {
		i := strings.Index(road[at:], want)
		if i < 0 {
			t.Fatalf("the road lacks %q in its place: %s", want, road)
		}
		at += i + len(want)
	}
	if car.State != "sold" || car.Customer != "cus_0" || vin.VIN(car.Statement.VIN) != f.cars[0] || car.Identity[0].Note != "CATL, pack.101" {
		t.Errorf("the car is %+v", car)
	}
	if car.OdometerKm != 12_345 || car.Frames != (console.Frames{Sent: 3, Received: 3, Stored: 3}) {
		t.Errorf("telemetry is %d km, %+v", car.OdometerKm, car.Frames)
	}
	var said []string
	for _, s := range car.Signals {
		said = append(said, strings.TrimSpace(s.Value+" "+s.Unit))
	}
	if got := strings.Join(said, ", "); got != "72.5 km/h, yes, 12345678 m" {
		t.Errorf("the car says %q", got)
	}
	rights := map[string]console.Right{}
	for _, r := range car.Rights {
		rights[r.SKU] = r
	}
	if r := rights["pilot"]; len(car.Rights) != 3 || r.State != "active" || r.Until != period.Date("2024-04-20").Time() || r.Name != "Pilot" {
		t.Errorf("rights are %+v", car.Rights)
	}
	if r := rights["app.karaoke"]; !r.Until.IsZero() {
		t.Errorf("an app is for good, this one until %s", r.Until)
	}
}

func TestHomeAndListsCountWhatThereIs(t *testing.T) {
	f := newFleet(t, console.PageSize+2)
	ctx := t.Context()
	home, err := f.Home(ctx)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, c := range home.Counters {
		values[c.Label] = c.Value
	}
	for label, want := range map[string]string{"Cars built": "52", "Recurring revenue a month": "6,240.00 CNY"} {
		if values[label] != want {
			t.Errorf("%s: %q, want %q", label, values[label], want)
		}
	}
	if home.Statement.Cars != 52 || home.Answer == "" || home.Statement.Net.IsZero() || !strings.HasSuffix(values["Paying cars"], " of 52") {
		t.Errorf("home is %+v", home)
	}

	var seen []vin.VIN
	for cursor := ""; ; {
		page, err := f.Cars(ctx, cursor)
		if err != nil || len(page.Rows) > console.PageSize {
			t.Fatalf("%d cars on a page, %v", len(page.Rows), err)
		}
		for _, r := range page.Rows {
			if seen = append(seen, r.VIN); r.Net.IsZero() {
				t.Errorf("%s earned nothing", r.VIN)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(seen, f.cars) {
		t.Errorf("the list shows %d cars, there are %d", len(seen), len(f.cars))
	}

	first, err := f.Campaign(ctx, "cmp1", "")
	if err != nil {
		t.Fatal(err)
	}
	rest, err := f.Campaign(ctx, "cmp1", first.Next)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Cars) != console.PageSize || len(rest.Cars) != 2 || rest.Next != "" || first.Release != "Winter 2.4.0" ||
		len(first.Counts) != len(update.States) || first.Counts[0].Cars+first.Counts[1].Cars != 52 {
		t.Errorf("the campaign is %+v, then %+v", first, rest)
	}
	if all, err := f.Campaigns(ctx); err != nil || len(all.Rows) != 1 {
		t.Errorf("campaigns are %+v, %v", all, err)
	}
}

func TestCountersAreSharedForAMoment(t *testing.T) {
	f := newFleet(t, 1)
	ctx := t.Context()
	first, err := f.Counters(ctx)
	if err != nil || first.Entries == 0 || first.Date != "2024-04-16" || first.Progress >= 0 || first.FramesStored != 3 || first.CarsConnected != 0 {
		t.Fatalf("counters are %+v, %v", first, err)
	}
	f.until = time.Now().Add(time.Hour)
	if _, err := f.a.Ledger.Post(ctx, ledger.Entry{Ref: "test/1", Date: "2024-04-16", Postings: []ledger.Posting{
		{Debit: ledger.Cash, Credit: ledger.Payable, Amount: money.Of(1, "CNY")}}}); err != nil {
		t.Fatal(err)
	}
	if again, err := f.Counters(ctx); err != nil || again != first {
		t.Errorf("counted again: %+v, %v", again, err)
	}
	f.until = time.Time{}
	if later, err := f.Counters(ctx); err != nil || later.Entries != first.Entries+1 {
		t.Errorf("after a moment: %+v, %v", later, err)
	}
}

func TestSourceRefusesWhatIsNotThere(t *testing.T) {
	f := newFleet(t, 1)
	ctx := t.Context()
	unknown, err := vin.Make("LRB", "SU7EV", 'R', 'B', 999)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why  string
		ask  func() error
		want fault.Kind
	}{
		{"a car that was never built", func() error { _, err := f.Car(ctx, unknown); return err }, fault.NotFound},
		{"an entry after the last", func() error { _, err := f.Entry(ctx, 1<<40); return err }, fault.NotFound},
		{"an invoice id that nobody has", func() error { _, err := f.Invoice(ctx, "inv_x"); return err }, fault.NotFound},
		{"a number after the last", func() error { _, err := f.Invoice(ctx, "INV-999999"); return err }, fault.NotFound},
		{"a campaign that nobody started", func() error { _, err := f.Campaign(ctx, "cmp_x", ""); return err }, fault.NotFound},
		{"no cursor at all", func() error { _, err := f.Cars(ctx, "%"); return err }, fault.Invalid},
		{"a cursor of another list", func() error { _, err := f.Cars(ctx, writeCursor("17")); return err }, fault.Invalid},
		{"a car's cursor for the ledger", func() error {
			_, err := f.Ledger(ctx, console.Filter{Cursor: writeCursor(string(unknown))})
			return err
		}, fault.Invalid},
		{"a cursor before the first entry", func() error { _, err := f.Ledger(ctx, console.Filter{Cursor: writeCursor("0")}); return err }, fault.Invalid},
		{"a cursor in a campaign", func() error { _, err := f.Campaign(ctx, "cmp1", "?"); return err }, fault.Invalid},
		{"an account that is not in the chart", func() error {
			_, err := f.Ledger(ctx, console.Filter{Accounts: []ledger.Account{"asset:gold"}})
			return err
		}, fault.Invalid},
	} {
		if err := row.ask(); fault.KindOf(err) != row.want {
			t.Errorf("%s: %v is %s, want %s", row.why, err, fault.KindOf(err), row.want)
		}
	}
}

// The pages that the console makes of the source, by every address that a page leads to.
func TestPagesOfTheSource(t *testing.T) {
	f := newFleet(t, 1)
	inv, err := f.invoice(t.Context(), "inv-1")
	if err != nil || inv.Number != "INV-1" {
		t.Fatalf("by its number: %+v, %v", inv, err)
	}
	pages := console.Handler(f.source, f.source, f.source, f.a.log)
	for _, row := range []struct{ path, want string }{
		{"/", "of 1"}, {"/cars", string(f.cars[0].Serial())}, {"/cars/" + string(f.cars[0]), "Pack received"},
		{"/ledger?account=revenue:hardware", "215,900"}, {"/ledger/1", "Car " + string(f.cars[0])},
		{"/invoices/" + inv.ID, "INV-1"}, {"/invoices/INV-1", "Connectivity"}, {"/campaigns", "Winter release"}, {"/campaigns/cmp1", "Winter 2.4.0"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+row.path, nil)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), row.want) {
			t.Errorf("%s: %d, %q is not in it", row.path, w.Code, row.want)
		}
	}
}

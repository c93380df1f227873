package outlook_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roadbook/billing"
	"roadbook/fleet"
	"roadbook/ledger"
	"roadbook/ledger/ledgertest"
	"roadbook/money"
	"roadbook/outlook"
	"roadbook/period"
	"roadbook/vin"
)

const car = vin.VIN("1M8GDM9AXKP042788")

func sum(a ledger.Account, product string, balance int64) ledger.Sum {
	s := ledger.Sum{Account: a, Product: product, Currency: "CNY", Vehicle: string(car)}
	if s.Debit = balance; balance < 0 {
		s.Debit, s.Credit = 0, -balance
	}
	return s
}

// oneCar is a car sold at a thin margin with a year of software behind it, in fen.
func oneCar() []ledger.Sum {
	return []ledger.Sum{
		sum(ledger.RevenueHardware, "car.road-1", -14_700_000), sum(ledger.CostPack, "pack", 7_000_000), sum(ledger.CostBOM, "bom", 6_500_000),
		sum(ledger.CostAssembly, "assembly", 700_000), sum(ledger.CostWarranty, "warranty", 400_000), sum(ledger.CostPayment, "car.road-1", 88_200),
		sum(ledger.RevenueSubscription, "pilot.month", -99_000), sum(ledger.RevenueApp, "app.kino", -3_000), sum(ledger.CostPartner, "app.kino", 2_100),
		sum(ledger.CostConnectivity, "connectivity.car_month", 17_280), sum(ledger.CostDelivery, "delivery.byte", 500),
		sum(ledger.CostPayment, "pilot.month", 594), sum(ledger.CostPayment, "app.kino", 18),
		sum(ledger.Deferred, "connectivity.year", -9_900), sum(ledger.Cash, "", 14_700_000), sum(ledger.Receivable, "", 55),
	}
}

func build(t *testing.T, sums []ledger.Sum, cars int) outlook.Statement {
	t.Helper()
	s, err := outlook.Build("CNY", car, "2024-08-31", sums, cars)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuild(t *testing.T) {
	s := build(t, oneCar(), 1)
	for _, row := range []struct {
		why, key string
		minor    int64
	}{
		{"revenue is positive", "hardware_revenue", 14_700_000},
		{"cost is negative", "pack", -7_000_000},
		{"the fee for the car's price is the car's", "car_payment", -88_200},
		{"the other fees are software's", "payment", -612},
		{"the subtotal of the car itself", outlook.HardwareMargin, 11_800},
		{"the partner's share is a cost", "partner_share", -2_100},
		{"the subtotal of what comes after the sale", outlook.Software, 81_508},
		{"what did not happen is zero, not absent", "usage", 0},
	} {
		if got := s.Line(row.key); got != money.Of(row.minor, "CNY") {
			t.Errorf("%s: %s is %s, want %d", row.why, row.key, got, row.minor)
		}
	}
	if s.Net.Minor != 11_800+81_508 || s.Deferred.Minor != 9_900 || s.Cash.Minor != 14_700_000 || s.Revenue.Minor != 14_802_000 {
		t.Errorf("net %s, deferred %s, cash %s, recognised %s", s.Net, s.Deferred, s.Cash, s.Revenue)
	}
	for _, l := range s.Lines {
		if l.Key == "payment" && l.Link != "/v1/ledger/entries?account=cost%3Apayment&product=app.kino&product=pilot.month&vehicle="+string(car) {
			t.Errorf("payment fees lead to %s", l.Link)
		}
	}
}

func TestOtherCurrenciesAreShownBesideNotAdded(t *testing.T) {
	foreign := sum(ledger.CostConnectivity, "", 300)
	foreign.Currency = "USD"
	s := build(t, append(oneCar(), foreign, foreign), 1)
	if len(s.Other) != 1 || s.Other[0] != money.Of(-600, "USD") || s.Net != build(t, oneCar(), 1).Net {
		t.Fatalf("other %v, net %s", s.Other, s.Net)
	}
}

// Whatever is booked: the net is revenue less cost, every account of the chart's profit and loss is in a line, and a
// total is the sum of the lines above it.
func TestBuildLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want int64
		var sums []ledger.Sum
		for _, e := range rapid.SliceOfN(ledgertest.Entries(), 0, 10).Draw(t, "entries") {
			sums = append(sums, ledger.RollUp(e)...)
		}
		for _, r := range sums {
			if class, _, _ := strings.Cut(string(r.Account), ":"); r.Currency == "CNY" && (class == "revenue" || class == "cost") {
				want += r.Credit - r.Debit
			}
		}
		s, err := outlook.Build("CNY", "", "2026-05-01", sums, 1)
		if err != nil {
			t.Fatal(err)
		}
		var all, part int64
		for _, l := range s.Lines {
			if !l.Total {
				all, part = all+l.Amount.Minor, part+l.Amount.Minor
				continue
			}
			if l.Amount.Minor != part {
				t.Fatalf("%s is %s, its lines sum to %d", l.Key, l.Amount, part)
			}
			part = 0
		}
		if s.Net.Minor != want || all != want {
			t.Fatalf("net %s, lines sum to %d, want %d", s.Net, all, want)
		}
	})
}

func TestEveryAccountOfProfitAndLossHasALine(t *testing.T) {
	s := build(t, nil, 0)
	for _, a := range ledger.Accounts {
		class, _, _ := strings.Cut(string(a), ":")
		in := slices.ContainsFunc(s.Lines, func(l outlook.StatementLine) bool { return !l.Total && slices.Contains(l.Accounts, a) })
		if in != (class == "revenue" || class == "cost") {
			t.Errorf("account %s in a line: %v", a, in)
		}
	}
}

func TestAnswer(t *testing.T) {
	const year = 365
	for _, row := range []struct {
		why                string
		hardware, software int64
		cars               int
		days               int64
		carries            bool
		says               string
	}{
		{"nothing sold, nothing known", 0, 0, 0, 0, false, "No car is sold yet"},
		{"software that costs more than it earns carries nothing", 100, -5, 1, year, false, "No: software costs more than it earns"},
		{"software that does nothing carries nothing", 100, 0, 1, year, false, "No: software costs more"},
		{"a loss on the car that is not made up for", -1_000, 600, 1, year, false, "it would take 0.83 CNY per car-month"},
		{"a loss that is just made up for", -600, 600, 1, year, true, "Yes, just"},
		{"a loss that is more than made up for", -500, 600, 1, year, true, "Yes: software more than makes up"},
		{"less than the thin margin of the car", 1_000, 600, 1, year, false, "less than the car itself"},
		{"more than the thin margin of the car", 500, 1_200, 1, year, true, "hardware margin 5.00 CNY per car, software 1.00 CNY per car-month, net 17.00 CNY per car after 12.0 months"},
		{"per car and per month, for a fleet", 1_000, 12_000, 10, 10 * year, true, "hardware margin 1.00 CNY per car, software 1.00 CNY per car-month"},
	} {
		s := build(t, []ledger.Sum{sum(ledger.RevenueHardware, "car", -row.hardware), sum(ledger.RevenueUsage, "km", -row.software)}, row.cars)
		a, err := outlook.AnswerOf(s, row.days)
		if err != nil {
			t.Fatal(err)
		}
		if a.Carries != row.carries || !strings.Contains(a.Sentence, row.says) || a.Carries != strings.HasPrefix(a.Sentence, "Yes") {
			t.Errorf("%s: carries %v, says %q, want %v and %q", row.why, a.Carries, a.Sentence, row.carries, row.says)
		}
	}
}

// Licence income is neither hidden in software nor does it turn the answer; the sentence says what is left without it.
func TestAnswerWithLicenceIncome(t *testing.T) {
	sums := []ledger.Sum{sum(ledger.RevenueHardware, "car", 1_000), sum(ledger.RevenueUsage, "km", -600), sum(ledger.RevenueLicence, "licence", -5_000),
		sum(ledger.CostPayment, "licence", 30), sum(ledger.CostPayment, "km", 6)}
	s := build(t, sums, 2)
	if s.Line(outlook.Licence).Minor != 4_970 || s.Line("licence").Minor != 5_000 || s.Line("licence_payment").Minor != -30 || s.Line("payment").Minor != -6 || s.Line(outlook.Software).Minor != 594 {
		t.Errorf("statement %+v", s.Lines)
	}
	a, err := outlook.AnswerOf(s, 730)
	if err != nil || a.Carries || a.Licence.Minor != 2_485 || a.Net.Minor != 2_282 || !strings.HasPrefix(a.Sentence, "No: software does not make up") ||
		!strings.HasSuffix(a.Sentence, " Licence income of 24.85 CNY per car is counted apart; without it the net is -2.03 CNY per car.") {
		t.Errorf("%+v %v", a, err)
	}
}

type world struct{}

func (world) Now() time.Time { return time.Date(2024, 8, 31, 12, 0, 0, 0, time.UTC) }
func (world) ByProduct(_ context.Context, f ledger.Filter) ([]ledger.Sum, error) {
	if f.To != "2024-09-01" {
		return nil, nil
	}
	return oneCar(), nil
}
func (world) Over(context.Context, []string, ledger.Filter) ([]ledger.Sum, error) { return nil, nil }
func (world) Car(context.Context, vin.VIN) (fleet.Car, error) {
	return fleet.Car{VIN: car, State: fleet.StateSold}, nil
}
func (world) Cars(context.Context, vin.VIN, int) ([]fleet.Car, error) {
	return []fleet.Car{{VIN: car, State: fleet.StateSold}}, nil
}
func (world) Sold(context.Context, period.Date) (int, int64, error)      { return 1, 365, nil }
func (world) SoldOn(context.Context) (map[period.Date]int, error)        { return nil, nil }
func (world) Owners(context.Context, vin.VIN) ([]fleet.Ownership, error) { return nil, nil }
func (world) Taken(context.Context, []vin.VIN) ([]billing.Taken, error)  { return nil, nil }
func (world) Sales(context.Context, period.Span, fleet.Sale, int) ([]fleet.Sale, error) {
	return nil, nil
}

func TestService(t *testing.T) {
	s, err := outlook.New(world{}, world{}, world{}, world{}, "CNY")
	if err != nil {
		t.Fatal(err)
	}
	whole, answer, err := s.Fleet(t.Context())
	if err != nil || whole.Cars != 1 || whole.VIN != "" || !answer.Carries {
		t.Fatalf("%+v %+v %v", whole, answer, err)
	}
	cars, err := s.Cars(t.Context(), "", 10)
	if err != nil || len(cars) != 1 || cars[0].Net != whole.Net || cars[0].VIN != string(car) {
		t.Fatalf("%+v %v", cars, err)
	}
	if one, err := s.Car(t.Context(), car); err != nil || one.Net != whole.Net || one.AsOf != "2024-08-31" {
		t.Fatalf("%+v %v", one, err)
	}
}

// Package billingtest builds orders, keeps books in memory, and holds the suite that every billing.Store passes.
package billingtest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/vin"
)

// Car returns the VIN of the n-th test car.
func Car(n int) vin.VIN {
	v, err := vin.Make("LRB", "AA1B2", 'R', 'S', n)
	if err != nil {
		panic(err)
	}
	return v
}

// CNY returns an amount.
func CNY(minor int64) money.Amount { return money.Of(minor, "CNY") }

// Order returns an order placed at noon of the day, in CNY.
func Order(id string, car vin.VIN, customer, day string, lines ...offer.Line) offer.Order {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return offer.Order{ID: id, VIN: car, Customer: customer, Market: "CN", Currency: "CNY", PlacedAt: at.Add(12 * time.Hour), Lines: lines}
}

// CarLine sells the car.
func CarLine(price, alone int64) offer.Line {
	return offer.Line{SKU: "car.one", Name: "Car", Kind: offer.Vehicle, Account: string(ledger.RevenueHardware), Price: CNY(price), StandAlone: CNY(alone)}
}

// TermLine sells months of connectivity.
func TermLine(price, alone int64, months int) offer.Line {
	return offer.Line{SKU: "connectivity.term", Name: "Connectivity", Kind: offer.Term, Features: []string{"connectivity"}, TermMonths: months,
		Account: string(ledger.RevenueConnectivity), Price: CNY(price), StandAlone: CNY(alone)}
}

// FeatureLine sells a feature for good.
func FeatureLine(price, alone int64) offer.Line {
	return offer.Line{SKU: "seat.heat", Name: "Seat heating", Kind: offer.Perpetual, Features: []string{"seat.heat"},
		Account: string(ledger.RevenueFeature), Price: CNY(price), StandAlone: CNY(alone)}
}

// SubscriptionLine sells the pilot by the month.
func SubscriptionLine(unit money.Decimal) offer.Line {
	return offer.Line{SKU: "pilot.month", Name: "Pilot", Kind: offer.Subscription, Features: []string{"pilot"},
		Account: string(ledger.RevenueSubscription), Price: CNY(0), Unit: unit, StandAlone: CNY(0)}
}

// MeteredLine sells the pilot by the kilometre.
func MeteredLine(unit money.Decimal) offer.Line {
	return offer.Line{SKU: "pilot.km", Name: "Pilot kilometres", Kind: offer.Metered, Features: []string{"pilot"}, Meter: "pilot.km",
		Account: string(ledger.RevenueUsage), Price: CNY(0), Unit: unit, StandAlone: CNY(0)}
}

// AppLine sells a partner's app.
func AppLine(price int64, partner string) offer.Line {
	return offer.Line{SKU: "app.karaoke", Name: "Karaoke", Kind: offer.App, Features: []string{"app.karaoke"}, Partner: partner,
		Account: string(ledger.RevenueApp), Price: CNY(price), StandAlone: CNY(price)}
}

// Books keeps entries in memory by the ledger's rules: the same ref with another content is refused.
type Books struct {
	mu      sync.Mutex
	entries map[string]ledger.Entry
}

// NewBooks returns empty books.
func NewBooks() *Books { return &Books{entries: map[string]ledger.Entry{}} }

// Post books an entry once.
func (b *Books) Post(_ context.Context, e ledger.Entry) (ledger.Booked, error) {
	if err := e.Check(); err != nil {
		return ledger.Booked{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.entries[e.Ref]; ok && was.ContentDigest() != e.ContentDigest() {
		return ledger.Booked{}, fault.New(fault.Conflict, "idempotency_mismatch", "ref %s was booked with another content", e.Ref)
	}
	b.entries[e.Ref] = e
	return ledger.Booked{Entry: e}, nil
}

// Entries returns all entries by ref.
func (b *Books) Entries() []ledger.Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []ledger.Entry
	for _, ref := range slices.Sorted(maps.Keys(b.entries)) {
		out = append(out, b.entries[ref])
	}
	return out
}

// Balance returns debits less credits of an account, in minor units.
func (b *Books) Balance(a ledger.Account) (total int64) {
	for _, e := range b.Entries() {
		for _, p := range e.Postings {
			if p.Debit == a {
				total += p.Amount.Minor
			}
			if p.Credit == a {
				total -= p.Amount.Minor
			}
		}
	}
	return total
}

func placed(o offer.Order) offer.Placed { return offer.Placed{Order: o} }

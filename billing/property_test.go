package billing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roadbook/billing"
	"roadbook/billing/billingtest"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/period"
)

func TestScheduleSumsToThePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := period.Date("2023-11-15").AddDays(rapid.IntRange(0, 900).Draw(t, "start"))
		span := period.Span{From: from, To: from.AddMonths(rapid.IntRange(1, 60).Draw(t, "months"))}
		price := billingtest.CNY(rapid.Int64Range(0, 1e15).Draw(t, "price"))
		months, parts, err := billing.Spread(price, span)
		if err != nil {
			t.Fatal(err)
		}
		total, err := money.Sum(parts...)
		if err != nil || total.Minor != price.Minor {
			t.Fatalf("the rows sum to %s, %v; want %s", total, err, price)
		}
		for i, m := range months {
			days := int64(m.Span().Overlap(span).Days())
			exact, err := price.MulDiv(days, int64(span.Days()))
			if err != nil {
				t.Fatal(err)
			}
			if d := parts[i].Minor - exact.Minor; d < -1 || d > 1 {
				t.Fatalf("%s earns %s for %d of %d days, exactly %s", m, parts[i], days, span.Days(), exact)
			}
		}
	})
}

func TestAnniversariesMeetWithoutGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := billing.Subscription{Anchor: period.Date("2023-01-01").AddDays(rapid.IntRange(0, 1500).Draw(t, "anchor")), State: billing.Active}
		for k := range 40 {
			a, b := s.Period(k), s.Period(k+1)
			if a.To != b.From || a.From >= a.To {
				t.Fatalf("period %d %v meets %v", k, a, b)
			}
			if day := s.Anchor[8:]; day <= "28" && a.From[8:] != day {
				t.Fatalf("the anniversary of %s moved to %s", s.Anchor, a.From)
			}
		}
	})
}

// TestCutOfUsageDoesNotMatter rates a month's use whole, and cut into events of which some come after the month is closed.
func TestCutOfUsageDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := money.Decimal(fmt.Sprintf("0.%04d", rapid.IntRange(1, 9999).Draw(t, "unit")))
		parts := rapid.SliceOfN(rapid.IntRange(0, 1_000_000), 1, 30).Draw(t, "parts")
		lates := rapid.IntRange(0, 3).Draw(t, "closings in between")
		var all []money.Decimal
		var billed money.Amount
		step := len(parts)/(lates+1) + 1
		for i, p := range parts {
			all = append(all, money.Decimal(fmt.Sprintf("%d.%03d", p/1000, p%1000)))
			if (i+1)%step != 0 && i+1 != len(parts) {
				continue
			}
			q, err := billing.Total(all)
			if err != nil {
				t.Fatal(err)
			}
			calc := billing.Calc{Method: billing.Rated, Factors: []money.Decimal{unit, q}, Less: billed}
			a, err := calc.Amount("CNY")
			if err != nil || a.Minor < 0 {
				t.Fatalf("a late line of %s, %v", a, err)
			}
			if billed, err = billed.Add(a); err != nil {
				t.Fatal(err)
			}
		}
		thousandths := 0
		for _, p := range parts {
			thousandths += p
		}
		whole, err := money.Round("CNY", unit, money.Decimal(fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000)))
		if err != nil || whole.Minor != billed.Minor {
			t.Fatalf("in parts %s, whole %s, %v", billed, whole, err)
		}
	})
}

// story is a few months of a few customers, told step by step to a service.
func story() (steps []func(*billing.Service, *testing.T) error) {
	place := func(o offer.Order) {
		steps = append(steps, func(s *billing.Service, t *testing.T) error { return s.OnPlaced(t.Context(), offer.Placed{Order: o}) })
	}
	run := func(day period.Date) {
		steps = append(steps, func(s *billing.Service, t *testing.T) error { return s.Run(t.Context(), day) })
	}
	use := func(car, n int, km money.Decimal, at string) {
		when, err := time.Parse(time.DateOnly, at)
		if err != nil {
			panic(err)
		}
		steps = append(steps, func(s *billing.Service, t *testing.T) error {
			_, err := s.RecordUsage(t.Context(), []billing.Usage{{Source: "car", ID: fmt.Sprint(n), VIN: billingtest.Car(car), Meter: "pilot.km", Quantity: km, At: when}})
			return err
		})
	}
	place(billingtest.Order("ord_1", billingtest.Car(1), "anna", "2026-01-10", billingtest.CarLine(20_000_000, 21_000_000), billingtest.TermLine(0, 120_000, 3),
		billingtest.SubscriptionLine("99"), billingtest.MeteredLine("0.35")))
	second := billingtest.SubscriptionLine("19.90")
	second.SKU = "music.month"
	place(billingtest.Order("ord_2", billingtest.Car(2), "soft-decline-bo", "2026-01-31", second, billingtest.SubscriptionLine("99")))
	run("2026-01-31")
	place(billingtest.Order("ord_3", billingtest.Car(3), "hard-decline-cy", "2026-02-02", billingtest.SubscriptionLine("99")))
	place(billingtest.Order("ord_4", billingtest.Car(1), "lost-answer-di", "2026-02-05", billingtest.AppLine(3000, "ptn_a"), billingtest.FeatureLine(5000, 5000)))
	use(1, 1, "100.125", "2026-02-07")
	use(1, 2, "3.3", "2026-02-08")
	add := func(f func(*billing.Service, *testing.T) error) { steps = append(steps, f) }
	add(func(s *billing.Service, t *testing.T) error {
		_, err := s.AddLicence(t.Context(), billingtest.Licence("lic_1"))
		return err
	})
	add(func(s *billing.Service, t *testing.T) error {
		_, err := s.Royalty(t.Context(), billing.Units{Licence: "lic_1", Month: "2026-02", Units: 1234})
		return err
	})
	run("2026-02-20")
	run("2026-03-05")
	use(1, 3, "0.7", "2026-02-27")
	run("2026-04-12")
	return steps
}

// play tells the story; a step whose process died is told again to the next process.
func play(t *testing.T, w *world, next func() *billingtest.Crash) (crashes int) {
	t.Helper()
	w.mortal.Crash = next()
	for i, step := range story() {
		for try := 0; ; try++ {
			err := step(w.Service, t)
			if err == nil {
				break
			}
			if !errors.Is(err, billingtest.ErrCrash) || try > 1000 {
				t.Fatalf("step %d: %v", i, err)
			}
			crashes++
			w.mortal.Crash = next()
		}
	}
	w.mortal.Crash = &billingtest.Crash{}
	return crashes
}

// TestBooksAreTheSameAfterAnyCrash lets the process die again and again, at random effects, before or after them.
func TestBooksAreTheSameAfterAnyCrash(t *testing.T) {
	calm := newWorld(t)
	play(t, calm, func() *billingtest.Crash { return &billingtest.Crash{} })
	calm.holds(t)
	if len(calm.books.Entries()) < 25 {
		t.Fatalf("the story books only %d entries", len(calm.books.Entries()))
	}
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // reproducible
			w := newWorld(t)
			crashes := play(t, w, func() *billingtest.Crash {
				return &billingtest.Crash{In: 1 + rng.IntN(12), After: rng.IntN(2) == 0}
			})
			if crashes < 5 {
				t.Errorf("only %d crashes", crashes)
			}
			w.holds(t)
			if d := cmp.Diff(calm.books.Entries(), w.books.Entries()); d != "" {
				t.Error("books differ (-calm +crashed):", d)
			}
			if d := cmp.Diff(calm.invoices(t), w.invoices(t)); d != "" {
				t.Error("invoices differ (-calm +crashed):", d)
			}
		})
	}
}

func FuzzUsage(f *testing.F) {
	f.Add([]byte(`{"source":"car","id":"1","vin":"LRBAA1B20RS000001","meter":"pilot.km","quantity":"1.5","at":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"quantity":"-1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var u billing.Usage
		if json.Unmarshal(b, &u) != nil || u.Check() != nil {
			return
		}
		if u.Quantity.Sign() < 0 || u.VIN == "" || u.ID == "" {
			t.Fatalf("accepted %+v", u)
		}
		if _, err := billing.Total([]money.Decimal{u.Quantity, u.Quantity}); err != nil {
			t.Fatalf("an accepted quantity does not add up: %v", err)
		}
	})
}

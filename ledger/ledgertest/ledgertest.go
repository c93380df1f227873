// Package ledgertest builds entries, and holds the suite that every ledger.Store passes.
package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/money"
	"roadbook/period"
)

// At is when the suite's entries are booked.
var At = time.Date(2026, 3, 4, 5, 6, 7, 890000, time.UTC)

// Clock stands at At.
type Clock struct{}

// Now returns At.
func (Clock) Now() time.Time { return At }

// Sale returns an entry that sells a car: two postings with dimensions.
func Sale(ref, vehicle string, minor int64) ledger.Entry {
	d := ledger.Dims{Vehicle: vehicle, Customer: "cus_1", Product: "car.su7", Market: "CN"}
	return ledger.Entry{Ref: ref, Date: "2026-03-04", Kind: "invoice.issued", Memo: "a sale", Postings: []ledger.Posting{
		{Debit: ledger.Receivable, Credit: ledger.RevenueHardware, Amount: money.Of(minor, "CNY"), Dims: d},
		{Debit: ledger.CostPack, Credit: ledger.Inventory, Amount: money.Of(minor/2+1, "CNY"), Dims: d},
	}}
}

// Entries generates entries that may be booked.
func Entries() *rapid.Generator[ledger.Entry] {
	return rapid.Custom(func(t *rapid.T) ledger.Entry {
		e := ledger.Entry{
			Ref:  fmt.Sprintf("r/%d", rapid.IntRange(0, 30).Draw(t, "ref")), // few, so that refs meet again
			Date: period.Date("2026-01-15").AddMonths(rapid.IntRange(0, 3).Draw(t, "month")),
			Kind: "test", Memo: rapid.SampledFrom([]string{"", "a", "电池"}).Draw(t, "memo"),
		}
		cur := rapid.SampledFrom([]money.Currency{"CNY", "JPY", "USD"}).Draw(t, "currency")
		for range rapid.IntRange(1, 4).Draw(t, "postings") {
			debit := rapid.IntRange(0, len(ledger.Accounts)-1).Draw(t, "debit")
			credit := (debit + rapid.IntRange(1, len(ledger.Accounts)-1).Draw(t, "credit")) % len(ledger.Accounts)
			e.Postings = append(e.Postings, ledger.Posting{Debit: ledger.Accounts[debit], Credit: ledger.Accounts[credit],
				Amount: money.Of(rapid.Int64Range(1, 1e9).Draw(t, "minor"), cur),
				Dims: ledger.Dims{Vehicle: rapid.SampledFrom([]string{"", "V1", "V2"}).Draw(t, "vehicle"),
					Partner: rapid.SampledFrom([]string{"", "P1"}).Draw(t, "partner")}})
		}
		return e
	})
}

// Suite is what every store must do; open returns an empty one.
func Suite(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("books once", func(t *testing.T) { booksOnce(t, ledger.New(open(t), Clock{})) })
	t.Run("a bad entry fails alone", func(t *testing.T) { failsAlone(t, ledger.New(open(t), Clock{})) })
	t.Run("reversal", func(t *testing.T) { reversal(t, ledger.New(open(t), Clock{})) })
	t.Run("filters", func(t *testing.T) { filters(t, ledger.New(open(t), Clock{})) })
	t.Run("over vehicles", func(t *testing.T) { over(t, ledger.New(open(t), Clock{})) })
	t.Run("concurrent callers", func(t *testing.T) { concurrent(t, open(t)) })
	t.Run("large batch", func(t *testing.T) { largeBatch(t, ledger.New(open(t), Clock{})) })
	t.Run("random entries", func(t *testing.T) { random(t, ledger.New(open(t), Clock{})) })
}

func verified(t rapid.TB, s *ledger.Service) ledger.Verdict {
	t.Helper()
	v, err := s.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !v.OK {
		t.Fatalf("the books do not verify: %q", v.Problems)
	}
	return v
}

func must[T any](t rapid.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t rapid.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s %s", err, fault.KindOf(err), kind, code)
	}
}

func booksOnce(t *testing.T, s *ledger.Service) {
	ctx := t.Context()
	e := Sale("order/1/issue", "V1", 100)
	first := must[ledger.Booked](t)(s.Post(ctx, e))
	if first.Seq != 1 || !first.BookedAt.Equal(At) || first.Digest != e.ContentDigest() || first.Chain != ledger.Link("", first.Digest) {
		t.Fatalf("first entry is booked as %+v", first)
	}
	again := must[ledger.Booked](t)(s.Post(ctx, e))
	if again.Seq != 1 || again.Chain != first.Chain {
		t.Fatalf("the same again was booked as %+v", again)
	}
	other := e
	other.Memo = "another"
	_, err := s.Post(ctx, other)
	wantCode(t, err, fault.Conflict, "ref_reused")
	second := must[ledger.Booked](t)(s.Post(ctx, Sale("order/2/issue", "V1", 7)))
	if second.Seq != 2 || second.Chain != ledger.Link(first.Chain, second.Digest) {
		t.Fatalf("second entry is booked as %+v", second)
	}
	if got := must[ledger.Booked](t)(s.EntryByRef(ctx, e.Ref)); got.ContentDigest() != first.Digest {
		t.Fatalf("read back as %+v", got)
	}
	if got := must[ledger.Booked](t)(s.Entry(ctx, 2)); got.Ref != "order/2/issue" || len(got.Postings) != 2 {
		t.Fatalf("number 2 read back as %+v", got)
	}
	_, err = s.Entry(ctx, 3)
	wantCode(t, err, fault.NotFound, "entry_unknown")
	_, err = s.EntryByRef(ctx, "order/3/issue")
	wantCode(t, err, fault.NotFound, "entry_unknown")
	if v := verified(t, s); v.Entries != 2 || v.Chain != second.Chain {
		t.Fatalf("verdict %+v", v)
	}
}

func failsAlone(t *testing.T, s *ledger.Service) {
	bad, unknown := Sale("b", "V1", 100), Sale("c", "V1", 100)
	bad.Postings[1].Amount.Minor = -1
	unknown.Reverses = "nothing"
	out := s.PostAll(t.Context(), []ledger.Entry{Sale("a", "V1", 100), bad, unknown, Sale("a", "V1", 100), Sale("a", "V2", 100), Sale("d", "V1", 100)})
	wantCode(t, out[1].Err, fault.Invalid, "amount_not_positive")
	wantCode(t, out[2].Err, fault.Refused, "reverses_unknown")
	wantCode(t, out[4].Err, fault.Conflict, "ref_reused")
	if out[0].Err != nil || out[3].Err != nil || out[5].Err != nil || out[0].Booked.Seq != 1 || out[3].Booked.Seq != 1 || out[5].Booked.Seq != 2 {
		t.Fatalf("outcomes %+v", out)
	}
	if v := verified(t, s); v.Entries != 2 {
		t.Fatalf("verdict %+v", v)
	}
}

func reversal(t *testing.T, s *ledger.Service) {
	ctx := t.Context()
	e := Sale("a", "V1", 100)
	must[ledger.Booked](t)(s.Post(ctx, e))
	wrong := e.Reversal("x", "2026-04-01", "half")
	wrong.Postings = wrong.Postings[:1]
	_, err := s.Post(ctx, wrong)
	wantCode(t, err, fault.Refused, "reversal_differs")
	back := e.Reversal("a/reversed", "2026-04-01", "returned")
	must[ledger.Booked](t)(s.Post(ctx, back))
	must[ledger.Booked](t)(s.Post(ctx, back))
	_, err = s.Post(ctx, e.Reversal("a/again", "2026-04-02", ""))
	wantCode(t, err, fault.Refused, "reversed_already")
	for _, b := range must[[]ledger.Sum](t)(s.TrialBalance(ctx)) {
		if !b.Balance().IsZero() || b.Debit == 0 {
			t.Fatalf("after the reversal %+v", b)
		}
	}
	verified(t, s)
}

func filters(t *testing.T, s *ledger.Service) {
	ctx := t.Context()
	april := Sale("3", "V1", 300)
	april.Date = "2026-04-30"
	partner := ledger.Entry{Ref: "4", Date: "2026-05-01", Postings: []ledger.Posting{{Debit: ledger.CostPartner, Credit: ledger.PartnerPayable,
		Amount: money.Of(70, "CNY"), Dims: ledger.Dims{Vehicle: "V1", Product: "app.x", Partner: "P1"}}}}
	for _, o := range s.PostAll(ctx, []ledger.Entry{Sale("1", "V1", 100), Sale("2", "V2", 200), april, partner}) {
		must[ledger.Booked](t)(o.Booked, o.Err)
	}
	for _, row := range []struct {
		why           string
		f             ledger.Filter
		entries, sums int
	}{
		{"nothing asked, all given", ledger.Filter{}, 4, 14},
		{"one car", ledger.Filter{Vehicle: "V2"}, 1, 4},
		{"credited accounts count too", ledger.Filter{Accounts: []ledger.Account{ledger.RevenueHardware}}, 3, 3},
		{"any of two accounts", ledger.Filter{Accounts: []ledger.Account{ledger.CostPartner, ledger.Inventory}}, 4, 4},
		{"account and car of one posting", ledger.Filter{Vehicle: "V1", Accounts: []ledger.Account{ledger.CostPack}}, 2, 2},
		{"product", ledger.Filter{Products: []string{"app.x", "app.y"}}, 1, 2},
		{"partner", ledger.Filter{Partner: "P1"}, 1, 2},
		{"from the day itself", ledger.Filter{From: "2026-04-30"}, 2, 6},
		{"up to the day before", ledger.Filter{To: "2026-04-30"}, 2, 12},
		{"a month's first day as end leaves the month out", ledger.Filter{To: "2026-05-01"}, 3, 12},
		{"no such car", ledger.Filter{Vehicle: "V9"}, 0, 0},
	} {
		entries := must[[]ledger.Booked](t)(s.Entries(ctx, row.f, 0, 100))
		sums := must[[]ledger.Sum](t)(s.Sums(ctx, row.f))
		if len(entries) != row.entries || len(sums) != row.sums {
			t.Errorf("%s: %d entries and %d sums, want %d and %d", row.why, len(entries), len(sums), row.entries, row.sums)
		}
		newest := must[[]ledger.Booked](t)(s.Newest(ctx, row.f, 0, 100))
		slices.Reverse(newest)
		if !slices.EqualFunc(newest, entries, func(a, b ledger.Booked) bool { return a.Seq == b.Seq && a.ContentDigest() == b.Digest }) {
			t.Errorf("%s: newest first there are %+v", row.why, newest)
		}
	}
	page := must[[]ledger.Booked](t)(s.Entries(ctx, ledger.Filter{Vehicle: "V1"}, 1, 1))
	if len(page) != 1 || page[0].Seq != 3 {
		t.Errorf("the page after number 1 is %+v", page)
	}
	page = must[[]ledger.Booked](t)(s.Newest(ctx, ledger.Filter{Vehicle: "V1"}, 4, 1))
	if len(page) != 1 || page[0].Seq != 3 {
		t.Errorf("the page before number 4 is %+v", page)
	}
	_, err := s.Sums(ctx, ledger.Filter{Accounts: []ledger.Account{"asset:gold"}})
	wantCode(t, err, fault.Invalid, "account_unknown")
	_, err = s.Entries(ctx, ledger.Filter{From: "yesterday"}, 0, 1)
	wantCode(t, err, fault.Invalid, "date")
	b := must[[]ledger.Sum](t)(s.Balances(ctx, ledger.Filter{Accounts: []ledger.Account{ledger.Receivable}}))
	if len(b) != 1 || b[0] != (ledger.Sum{Account: ledger.Receivable, Currency: "CNY", Debit: 600}) {
		t.Errorf("receivable is %+v", b)
	}
}

// over: what is asked of some vehicles is the sum of what is asked of each, however many queries it takes.
func over(t *testing.T, s *ledger.Service) {
	ctx := t.Context()
	cars := make([]string, ledger.MaxVehicles+3)
	var batch []ledger.Entry
	for i := range cars {
		cars[i] = fmt.Sprintf("V%d", i)
		e := Sale(fmt.Sprintf("sale/%d", i), cars[i], int64(i+1))
		e.Date = period.Date("2026-03-04").AddMonths(i % 2)
		batch = append(batch, e)
	}
	batch = append(batch, ledger.Entry{Ref: "licence", Date: "2026-03-09", Postings: []ledger.Posting{{Debit: ledger.Receivable, Credit: ledger.RevenueLicence, Amount: money.Of(7, "CNY")}}})
	for _, o := range s.PostAll(ctx, batch) {
		must[ledger.Booked](t)(o.Booked, o.Err)
	}
	revenue := ledger.Filter{Accounts: []ledger.Account{ledger.RevenueHardware}}
	var odd, even int64 // of the second month, and of the first
	for i := range cars {
		if i%2 == 1 {
			odd += int64(i + 1)
		} else {
			even += int64(i + 1)
		}
	}
	row := func(m period.Month, credit int64) ledger.Sum {
		return ledger.Sum{Account: ledger.RevenueHardware, Product: "car.su7", Month: m, Currency: "CNY", Credit: credit}
	}
	for _, x := range []struct {
		why  string
		cars []string
		f    ledger.Filter
		want []ledger.Sum
	}{
		{"all, in several queries", cars, revenue, []ledger.Sum{row("2026-03", even), row("2026-04", odd)}},
		{"no vehicles named: all", nil, revenue, []ledger.Sum{row("2026-03", even), row("2026-04", odd)}},
		{"one", cars[:1], revenue, []ledger.Sum{row("2026-03", 1)}},
		{"one month of many", cars, ledger.Filter{Accounts: revenue.Accounts, From: "2026-04-01"}, []ledger.Sum{row("2026-04", odd)}},
		{"what is of no vehicle", []string{""}, ledger.Filter{Accounts: []ledger.Account{ledger.RevenueLicence}},
			[]ledger.Sum{{Account: ledger.RevenueLicence, Month: "2026-03", Currency: "CNY", Credit: 7}}},
		{"a stranger", []string{"V-1"}, revenue, nil},
	} {
		if got := must[[]ledger.Sum](t)(s.Over(ctx, x.cars, x.f)); !slices.Equal(got, x.want) {
			t.Errorf("%s: %+v, want %+v", x.why, got, x.want)
		}
	}
	_, err := s.Over(ctx, cars, ledger.Filter{Vehicle: "V1"})
	wantCode(t, err, fault.Invalid, "vehicle")
}

// counting counts the transactions.
type counting struct {
	ledger.Store
	mu      sync.Mutex
	appends int
}

func (c *counting) Append(ctx context.Context, batch []ledger.Entry, at time.Time) ([]ledger.Outcome, error) {
	c.mu.Lock()
	c.appends++
	c.mu.Unlock()
	return c.Store.Append(ctx, batch, at)
}

func concurrent(t *testing.T, store ledger.Store) {
	c := &counting{Store: store}
	s := ledger.New(c, Clock{})
	const callers, each = 16, 10
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range each {
				// Every entry is posted by two callers.
				if _, err := s.Post(t.Context(), Sale(fmt.Sprintf("e/%d/%d", i/2, j), "V1", int64(i/2+j+1))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v := verified(t, s); v.Entries != callers/2*each {
		t.Errorf("%d entries, want %d", v.Entries, callers/2*each)
	}
	if c.appends >= callers*each {
		t.Errorf("%d transactions for %d posts: nothing was shared", c.appends, callers*each)
	}
}

func largeBatch(t *testing.T, s *ledger.Service) {
	batch := make([]ledger.Entry, ledger.MaxBatch+500)
	for i := range batch {
		batch[i] = Sale(fmt.Sprintf("e/%d", i), fmt.Sprintf("V%d", i%700), int64(i+1))
	}
	for i, o := range s.PostAll(t.Context(), batch) {
		if o.Err != nil || o.Booked.Seq != int64(i+1) {
			t.Fatalf("entry %d: %+v", i, o)
		}
	}
	verified(t, s)
}

func random(t *testing.T, s *ledger.Service) {
	content := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.SliceOfN(Entries(), 1, 5).Draw(t, "batch")
		for i, o := range s.PostAll(context.Background(), batch) {
			d := batch[i].ContentDigest()
			switch was, ok := content[batch[i].Ref]; {
			case ok && was != d:
				wantCode(t, o.Err, fault.Conflict, "ref_reused")
			case o.Err != nil:
				t.Fatal(o.Err)
			default:
				content[batch[i].Ref] = d
			}
		}
		if v := verified(t, s); v.Entries != int64(len(content)) {
			t.Fatalf("%d entries for %d refs", v.Entries, len(content))
		}
	})
}

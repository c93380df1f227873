package ledger_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"roadbook/fault"
	"roadbook/ledger"
	"roadbook/ledger/ledgertest"
	"roadbook/money"
)

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		why     string
		change  func(*ledger.Entry)
		code    string
		pointer string
	}{
		{"a ref is what makes booking repeatable", func(e *ledger.Entry) { e.Ref = "" }, "ref", "/ref"},
		{"a ref has a limit", func(e *ledger.Entry) { e.Ref = strings.Repeat("x", ledger.MaxRef+1) }, "ref", "/ref"},
		{"PostgreSQL stores no NUL", func(e *ledger.Entry) { e.Memo = "a\x00b" }, "text", "/memo"},
		{"the digest is over UTF-8", func(e *ledger.Entry) { e.Postings[1].Dims.Vehicle = "\xff" }, "text", "/postings/1/dims/vehicle"},
		{"a date is a day", func(e *ledger.Entry) { e.Date = "2026-02-30" }, "date", "/date"},
		{"an entry moves something", func(e *ledger.Entry) { e.Postings = nil }, "postings", "/postings"},
		{"the chart is closed", func(e *ledger.Entry) { e.Postings[0].Debit = "asset:gold" }, "account_unknown", "/postings/0/debit"},
		{"the chart is closed on both sides", func(e *ledger.Entry) { e.Postings[1].Credit = "" }, "account_unknown", "/postings/1/credit"},
		{"from an account to itself is nothing", func(e *ledger.Entry) { e.Postings[0].Credit = ledger.Receivable }, "account_same", "/postings/0/credit"},
		{"zero is nothing", func(e *ledger.Entry) { e.Postings[0].Amount.Minor = 0 }, "amount_not_positive", "/postings/0/amount"},
		{"the other direction exchanges the accounts", func(e *ledger.Entry) { e.Postings[0].Amount.Minor = -5 }, "amount_not_positive", "/postings/0/amount"},
		{"sums must fit", func(e *ledger.Entry) { e.Postings[0].Amount.Minor = ledger.MaxMinor + 1 }, "amount_too_large", "/postings/0/amount"},
		{"currencies are those of ISO 4217", func(e *ledger.Entry) { e.Postings[0].Amount.Currency = "XXY" }, "currency_unknown", "/postings/0/amount/currency"},
		{"one entry, one currency", func(e *ledger.Entry) { e.Postings[1].Amount = money.Of(1, "USD") }, "currency_mixed", "/postings/1/amount"},
		{"as it is, it may be booked", func(*ledger.Entry) {}, "", ""},
	} {
		e := ledgertest.Sale("ref", "V1", 100)
		row.change(&e)
		err := e.Check()
		if row.code == "" {
			if err != nil {
				t.Errorf("%s: %v", row.why, err)
			}
			continue
		}
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code != row.code || f.Pointer != row.pointer {
			t.Errorf("%s: got %v, want %s at %s", row.why, err, row.code, row.pointer)
		}
	}
}

// stubborn is a store that is slow, and whose database refuses one ref without saying which.
type stubborn struct {
	ledger.Store
	entered chan struct{}
	release chan struct{}
	mu      sync.Mutex
	batches [][]string
}

func (s *stubborn) Append(_ context.Context, batch []ledger.Entry, at time.Time) ([]ledger.Outcome, error) {
	var refs []string
	for _, e := range batch {
		refs = append(refs, e.Ref)
	}
	s.mu.Lock()
	s.batches = append(s.batches, refs)
	first := len(s.batches) == 1
	s.mu.Unlock()
	if first {
		close(s.entered)
		<-s.release
	}
	for _, r := range refs {
		if r == "poison" {
			return nil, errors.New("statement refused")
		}
	}
	out, _ := ledger.Plan(ledger.Known{Entries: map[string]ledger.Booked{}, Reversed: map[string]string{}}, batch, at)
	return out, nil
}

// While one commit is under way callers queue; the next commit is for all of them, and a refused statement is narrowed
// down to the entry that is to blame.
func TestGroupCommit(t *testing.T) {
	store := &stubborn{entered: make(chan struct{}), release: make(chan struct{})}
	s := ledger.New(store, ledgertest.Clock{})
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := s.Post(t.Context(), ledgertest.Sale("first", "V1", 1)); err != nil {
			t.Error(err)
		}
	})
	<-store.entered

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Post(gone, ledgertest.Sale("withdrawn", "V1", 1)); fault.CodeOf(err) != "not_booked" {
		t.Errorf("a caller who gave up in the queue hears %v", err)
	}
	batch := []ledger.Entry{ledgertest.Sale("a", "V1", 1), ledgertest.Sale("b", "V1", 1), ledgertest.Sale("poison", "V1", 1), ledgertest.Sale("c", "V1", 1)}
	done := make(chan []ledger.Outcome)
	go func() { done <- s.PostAll(t.Context(), batch) }()
	close(store.release)
	out := <-done
	first.Wait()
	for i, e := range batch {
		if (out[i].Err != nil) != (e.Ref == "poison") {
			t.Errorf("%s: %v", e.Ref, out[i].Err)
		}
	}
	for _, refs := range store.batches {
		for _, r := range refs {
			if r == "withdrawn" {
				t.Error("an entry was booked after its caller was told that it was not")
			}
		}
	}
}

package console

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roadbook/fault"
	"roadbook/ledger"
)

func TestParseFilter(t *testing.T) {
	f := newFixture(t)
	v := string(f.car)
	for _, tc := range []struct {
		reason, query, code string
		want                Filter
	}{
		{"no field chooses all", "", "", Filter{}},
		{"empty form fields choose nothing", "vin=&account=&month=", "", Filter{}},
		{"every field at once", "vin=" + v + "&account=cost:pack&product=p&partner=q&month=2024-02&cursor=c", "",
			Filter{VIN: f.car, Accounts: []ledger.Account{ledger.CostPack}, Products: []string{"p"}, Partner: "q", Month: "2024-02", Cursor: "c"}},
		{"accounts are a set", "account=cost:pack&account=cost:bom&account=cost:pack", "", Filter{Accounts: []ledger.Account{ledger.CostBOM, ledger.CostPack}}},
		{"products are a set", "product=q&product=p&product=+q+&product=+", "", Filter{Products: []string{"p", "q"}}},
		{"a wrong VIN is not looked up", "vin=ABC", "vin_length", Filter{}},
		{"an account outside the chart would match nothing in silence", "account=cost:rent", "account_unknown", Filter{}},
		{"a month has two digits", "month=2024-2", "month", Filter{}},
		{"a mistyped field must not show more than was asked for", "vln=" + v, "filter_unknown", Filter{}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			q, err := url.ParseQuery(tc.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseFilter(q)
			if fault.CodeOf(err) != tc.code || (err != nil) != (tc.code != "") {
				t.Fatalf("error %v, want code %q", err, tc.code)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// A filter that was accepted is written and read back the same.
func FuzzParseFilter(f *testing.F) {
	f.Add("vin=LRBSU7EV0RB000417&account=cost:pack&month=2024-02")
	f.Add("account=asset:cash&account=asset:cash&product=a%20b&cursor=x")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		one, err := ParseFilter(q)
		if err != nil {
			return
		}
		two, err := ParseFilter(one.Query())
		if d := cmp.Diff(one, two); err != nil || d != "" {
			t.Fatalf("%v %s", err, d)
		}
	})
}

func TestEffect(t *testing.T) {
	e := ledger.Entry{Postings: []ledger.Posting{
		{Debit: ledger.Receivable, Credit: ledger.RevenueApp, Amount: cny(100), Dims: ledger.Dims{Product: "a"}},
		{Debit: ledger.CostPartner, Credit: ledger.PartnerPayable, Amount: cny(70), Dims: ledger.Dims{Product: "b"}},
	}}
	for _, tc := range []struct {
		reason string
		f      Filter
		want   int64
	}{
		{"without an account there is no side to take", Filter{}, 0},
		{"revenue rises by a credit", Filter{Accounts: []ledger.Account{ledger.RevenueApp}}, 100},
		{"a cost is negative", Filter{Accounts: []ledger.Account{ledger.CostPartner}}, -70},
		{"an asset rises by a debit", Filter{Accounts: []ledger.Account{ledger.Receivable}}, 100},
		{"a liability rises by a credit", Filter{Accounts: []ledger.Account{ledger.PartnerPayable}}, 70},
		{"accounts add up as lines of a statement do", Filter{Accounts: []ledger.Account{ledger.RevenueApp, ledger.CostPartner}}, 30},
		{"only postings about the product count", Filter{Products: []string{"b"}, Accounts: []ledger.Account{ledger.RevenueApp, ledger.CostPartner}}, -70},
		{"any of the products", Filter{Products: []string{"a", "b"}, Accounts: []ledger.Account{ledger.RevenueApp, ledger.CostPartner}}, 30},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			got, err := Effect(e, tc.f)
			if err != nil || got.Minor != tc.want {
				t.Errorf("%v %v, want %d", got, err, tc.want)
			}
		})
	}
}

package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
)

// Account names one account of the chart, "class:name". The set is closed: see Accounts.
type Account string

// The chart of accounts. Costs and assets rise on the debit side; revenue and liabilities on the credit side.
const (
	Cash            Account = "asset:cash"
	Receivable      Account = "asset:receivable"
	Inventory       Account = "asset:inventory" // a built car until it is delivered
	Payable         Account = "liability:payable"
	PartnerPayable  Account = "liability:partner"
	Deferred        Account = "liability:deferred" // contract liability (IFRS 15.106)
	WarrantyReserve Account = "liability:warranty"

	RevenueHardware     Account = "revenue:hardware"
	RevenueConnectivity Account = "revenue:connectivity"
	RevenueSubscription Account = "revenue:subscription"
	RevenueUsage        Account = "revenue:usage"
	RevenueFeature      Account = "revenue:feature"
	RevenueApp          Account = "revenue:app"
	RevenueLicence      Account = "revenue:licence" // from other makers; of no car

	CostPack         Account = "cost:pack"
	CostVariance     Account = "cost:variance" // what packs cost beside their standard, rebates and take-or-pay
	CostBOM          Account = "cost:bom"
	CostAssembly     Account = "cost:assembly"
	CostWarranty     Account = "cost:warranty"
	CostPartner      Account = "cost:partner"
	CostDelivery     Account = "cost:delivery" // bytes × tariff
	CostConnectivity Account = "cost:connectivity"
	CostInference    Account = "cost:inference" // computing for what runs beside the car
	CostLogistics    Account = "cost:logistics" // from the factory to the customer
	CostPayment      Account = "cost:payment"
)

// Accounts lists the chart in the order in which statements show it.
var Accounts = []Account{Cash, Receivable, Inventory, Payable, PartnerPayable, Deferred, WarrantyReserve,
	RevenueHardware, RevenueConnectivity, RevenueSubscription, RevenueUsage, RevenueFeature, RevenueApp, RevenueLicence,
	CostPack, CostVariance, CostBOM, CostAssembly, CostWarranty, CostPartner, CostDelivery, CostConnectivity, CostInference, CostLogistics, CostPayment}

// Dims say what a posting is about. Empty means "not of this kind". The ledger compares them and never interprets them.
type Dims struct {
	Vehicle  string `json:"vehicle,omitempty"`
	Customer string `json:"customer,omitempty"`
	Product  string `json:"product,omitempty"`
	Partner  string `json:"partner,omitempty"`
	Market   string `json:"market,omitempty"`
}

// Posting moves Amount (> 0) from the credited to the debited account: it balances by construction.
type Posting struct {
	Debit  Account      `json:"debit"`
	Credit Account      `json:"credit"`
	Amount money.Amount `json:"amount"`
	Dims   Dims         `json:"dims"`
}

// Entry is one booked fact. Ref is chosen by the caller before booking ("invoice/INV-7/issue"): the same Ref with the
// same content is a no-op, with other content an error. An entry is never changed; Reverses names the entry that it takes back.
type Entry struct {
	Ref      string      `json:"ref"`
	Date     period.Date `json:"date"` // book date
	Kind     string      `json:"kind"` // "car.built", "invoice.issued", "revenue.recognised"…
	Memo     string      `json:"memo,omitempty"`
	Reverses string      `json:"reverses,omitempty"`
	Postings []Posting   `json:"postings"`
}

// Booked is an entry with its place in the chain.
type Booked struct {
	Entry
	Seq      int64     `json:"seq"` // 1, 2, 3… without a gap
	BookedAt time.Time `json:"booked_at"`
	Digest   string    `json:"digest"` // SHA-256 of the content, hex
	Chain    string    `json:"chain"`  // SHA-256 over the previous Chain and Digest, hex
}

// Limits of one entry.
const (
	MaxRef      = 200
	MaxText     = 500 // bytes of a kind, a memo or one dimension
	MaxPostings = 200
	MaxMinor    = 1_000_000_000_000_000 // of one posting: nine thousand of them still fit the roll-up's int64
)

// Check refuses an entry that must not be booked, naming the field.
func (e Entry) Check() error {
	if e.Ref == "" || len(e.Ref) > MaxRef {
		return fault.New(fault.Invalid, "ref", "an entry needs a ref of 1 to %d bytes", MaxRef).At("/ref")
	}
	if _, err := period.ParseDate(string(e.Date)); err != nil {
		return fault.New(fault.Invalid, "date", "the book date %q is not YYYY-MM-DD", e.Date).At("/date")
	}
	for _, f := range []struct{ at, text string }{{"/ref", e.Ref}, {"/kind", e.Kind}, {"/memo", e.Memo}, {"/reverses", e.Reverses}} {
		if err := checkText(f.at, f.text); err != nil {
			return err
		}
	}
	if len(e.Postings) == 0 || len(e.Postings) > MaxPostings {
		return fault.New(fault.Invalid, "postings", "an entry has 1 to %d postings, this one %d", MaxPostings, len(e.Postings)).At("/postings")
	}
	for i, p := range e.Postings {
		at := fmt.Sprintf("/postings/%d", i)
		if err := p.check(at); err != nil {
			return err
		}
		if p.Amount.Currency != e.Postings[0].Amount.Currency {
			return fault.New(fault.Invalid, "currency_mixed", "an entry is in one currency, not %s and %s", e.Postings[0].Amount.Currency, p.Amount.Currency).At(at + "/amount")
		}
	}
	return nil
}

func (p Posting) check(at string) error {
	switch {
	case !known(p.Debit):
		return fault.New(fault.Invalid, "account_unknown", "account %q is not in the chart", p.Debit).At(at + "/debit")
	case !known(p.Credit):
		return fault.New(fault.Invalid, "account_unknown", "account %q is not in the chart", p.Credit).At(at + "/credit")
	case p.Credit == p.Debit:
		return fault.New(fault.Invalid, "account_same", "account %q is debited and credited by one posting", p.Credit).At(at + "/credit")
	case p.Amount.Minor <= 0:
		return fault.New(fault.Invalid, "amount_not_positive", "a posting moves a positive amount, not %s", p.Amount).At(at + "/amount")
	case p.Amount.Minor > MaxMinor:
		return fault.New(fault.Invalid, "amount_too_large", "a posting moves at most %d minor units, not %d", MaxMinor, p.Amount.Minor).At(at + "/amount")
	}
	if _, err := p.Amount.Currency.Exponent(); err != nil {
		return fault.New(fault.Invalid, "currency_unknown", "%v", err).At(at + "/amount/currency")
	}
	d := p.Dims
	for _, f := range []struct{ at, text string }{{"vehicle", d.Vehicle}, {"customer", d.Customer}, {"product", d.Product},
		{"partner", d.Partner}, {"market", d.Market}} {
		if err := checkText(at+"/dims/"+f.at, f.text); err != nil {
			return err
		}
	}
	return nil
}

// checkText refuses what PostgreSQL would not store, so that both engines hold the same books.
func checkText(at, s string) error {
	if len(s) > MaxText || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fault.New(fault.Invalid, "text", "the text must be UTF-8 without NUL, at most %d bytes", MaxText).At(at)
	}
	return nil
}

func known(a Account) bool { return slices.Contains(Accounts, a) }

// Reversal returns the entry that takes e back: the same postings with debit and credit exchanged.
func (e Entry) Reversal(ref string, date period.Date, memo string) Entry {
	r := Entry{Ref: ref, Date: date, Kind: e.Kind + ".reversed", Memo: memo, Reverses: e.Ref, Postings: slices.Clone(e.Postings)}
	for i, p := range r.Postings {
		r.Postings[i].Debit, r.Postings[i].Credit = p.Credit, p.Debit
	}
	return r
}

// takesBack reports whether r's postings are exactly e's with debit and credit exchanged.
func (r Entry) takesBack(e Entry) bool {
	return slices.Equal(r.Postings, e.Reversal("", "", "").Postings)
}

// ContentDigest is the SHA-256 of the entry's canonical JSON, in hex: what "the same content" means.
func (e Entry) ContentDigest() string {
	b, err := json.Marshal(e) // struct order is fixed; no maps
	if err != nil {
		panic("ledger: an entry always marshals: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Link is the chain's rule: the SHA-256 over the previous link and the entry's digest, in hex. The first previous link is "".
func Link(previous, digest string) string {
	sum := sha256.Sum256([]byte(previous + "\n" + digest))
	return hex.EncodeToString(sum[:])
}

package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"roadbook/billing"
	"roadbook/console"
	"roadbook/fault"
	"roadbook/id"
	"roadbook/ledger"
	"roadbook/offer"
	"roadbook/partner"
	"roadbook/period"
	"roadbook/vin"
)

// How entries hang together. Nothing of it is stored: a ref names the fact that was booked, and the fact names the refs
// of what comes before and after it.

// The refs. Billing, partner and books choose them before booking.
func builtRef(v vin.VIN) string      { return "car/" + string(v) + "/built" }
func deliveredRef(v vin.VIN) string  { return "car/" + string(v) + "/delivered" }
func issueRef(invoice string) string { return "invoice/" + invoice + "/issue" }
func shareRef(invoice string, line int) string {
	return "partner/" + invoice + "/" + strconv.Itoa(line)
}
func earnedRef(obligation string, m period.Month) string {
	return "recognise/" + obligation + "/" + string(m)
}

// paymentRef is of the charge after so many that were declined.
func paymentRef(invoice string, declined int) string {
	return "payment/" + id.From("pay", invoice, strconv.Itoa(declined))
}

// maxEarned bounds how many months of earning are looked up for one line.
const maxEarned = 36

// refsOf lists the refs of all that an invoice led or may have led to, in the order of the road.
func (s *source) refsOf(inv billing.Issued) []string {
	refs := []string{issueRef(inv.ID)}
	if sellsCar(inv) {
		refs = append(refs, deliveredRef(inv.VIN))
	}
	refs = append(refs, paymentRef(inv.ID, inv.Standing.Attempts))
	for _, l := range inv.Lines {
		if l.Partner != "" {
			refs = append(refs, shareRef(inv.ID, l.No))
		}
	}
	this := s.today().Month()
	for _, l := range inv.Lines {
		if !l.OverTime() {
			continue
		}
		for i, m := range l.Service.Months() {
			if m > this || i == maxEarned {
				break
			}
			refs = append(refs, earnedRef(l.Obligation, m))
		}
	}
	return refs
}

func sellsCar(inv billing.Issued) bool {
	return slices.ContainsFunc(inv.Lines, func(l billing.InvoiceLine) bool { return l.Kind == offer.Vehicle })
}

// trace finds an entry's neighbours by its ref. An entry whose ref is not known here has its car alone.
func (s *source) trace(ctx context.Context, b ledger.Booked) (back, ahead []console.Thing, err error) {
	t := tracer{source: s, ctx: ctx, at: b.Ref}
	if b.Reverses != "" {
		t.entries(&t.back, b.Reverses)
	}
	v := vin.VIN(b.Postings[0].Dims.Vehicle)
	kind, rest, _ := strings.Cut(b.Ref, "/")
	switch kind {
	case "car":
		t.car(v, rest)
	case "contract":
		t.back = append(t.back, entriesThing(console.Filter{Accounts: []ledger.Account{ledger.CostVariance}, Products: []string{productRebate, productTakeOrPay}},
			"All that contract years came to"))
	case "invoice":
		name, _, _ := strings.Cut(rest, "/")
		if inv, ok := t.invoice(name); ok {
			t.entries(&t.ahead, t.refsOf(inv)...)
		}
	case "payment":
		t.of(v, func(inv billing.Issued) bool { return paymentRef(inv.ID, inv.Standing.Attempts) == b.Ref })
	case "recognise":
		obligation, _, _ := strings.Cut(rest, "/")
		t.of(v, func(inv billing.Issued) bool {
			return slices.ContainsFunc(inv.Lines, func(l billing.InvoiceLine) bool { return l.Obligation == obligation })
		})
	case "partner":
		t.partner(b, rest)
	}
	if v != "" {
		t.back = append(t.back, carThing(v))
	}
	return t.back, t.ahead, t.err
}

// tracer collects the neighbours of the entry with ref at. After an error it does nothing more.
type tracer struct {
	*source
	ctx         context.Context
	at          string
	back, ahead []console.Thing
	err         error
}

// entries appends the entries of the refs that are booked.
func (t *tracer) entries(to *[]console.Thing, refs ...string) {
	for _, ref := range refs {
		if t.err != nil || ref == t.at {
			continue
		}
		var found []ledger.Booked
		found, t.err = t.appendEntry(t.ctx, nil, ref)
		for _, b := range found {
			*to = append(*to, entryThing(b))
		}
	}
}

// car is a car that was built, left the stock with the invoice that sold it, or had a pack that cost not what was planned.
func (t *tracer) car(v vin.VIN, what string) {
	switch {
	case strings.HasSuffix(what, "/variance"):
		t.entries(&t.back, deliveredRef(v), builtRef(v))
	case strings.HasSuffix(what, "/delivered"):
		t.of(v, sellsCar)
		t.entries(&t.back, builtRef(v))
		t.entries(&t.ahead, varianceRef(v))
	default:
		t.entries(&t.ahead, deliveredRef(v), varianceRef(v))
	}
}

// invoice is the page before all that an invoice led to; ok is false when there is none of that id.
func (t *tracer) invoice(name string) (inv billing.Issued, ok bool) {
	inv, err := t.a.Billing.Invoice(t.ctx, name)
	if err != nil {
		if fault.KindOf(err) != fault.NotFound {
			t.err = err
		}
		return inv, false
	}
	t.back = append(t.back, invoiceThing(inv))
	return inv, true
}

// of is an entry that an invoice of the car led to.
func (t *tracer) of(v vin.VIN, which func(billing.Issued) bool) {
	inv, found, err := t.invoiceOf(t.ctx, v, which)
	if t.err = err; err != nil || !found {
		return
	}
	t.back = append(t.back, invoiceThing(inv))
	t.entries(&t.back, issueRef(inv.ID))
}

// invoiceOf finds an invoice of the car or, of none, of a licence.
func (s *source) invoiceOf(ctx context.Context, v vin.VIN, which func(billing.Issued) bool) (found billing.Issued, ok bool, err error) {
	err = s.eachInvoice(ctx, billing.InvoiceQuery{VIN: v, Licences: v == ""}, func(inv billing.Issued) bool {
		if which(inv) {
			found, ok = inv, true
		}
		return !ok
	})
	return found, ok, err
}

// eachInvoice calls fn with the invoices in the order of their numbers until it returns false.
func (s *source) eachInvoice(ctx context.Context, q billing.InvoiceQuery, fn func(billing.Issued) bool) error {
	q.Limit = billing.Page
	for {
		page, err := s.a.Billing.Invoices(ctx, q)
		if err != nil {
			return err
		}
		for _, inv := range page {
			if !fn(inv) {
				return nil
			}
		}
		if len(page) < q.Limit {
			return nil
		}
		if q.After, err = strconv.ParseInt(strings.TrimPrefix(page[len(page)-1].Number, "INV-"), 10, 64); err != nil {
			return err
		}
	}
}

// partner is a share, which stands on a statement, or a payout.
func (t *tracer) partner(b ledger.Booked, rest string) {
	name := b.Postings[0].Dims.Partner
	owed := console.Filter{Partner: name, Accounts: []ledger.Account{ledger.PartnerPayable}}
	if strings.HasPrefix(rest, "payout/") {
		t.back = append(t.back, entriesThing(owed, "All that is owed to "+name))
		return
	}
	invoice, _, _ := strings.Cut(rest, "/")
	t.invoice(invoice)
	t.entries(&t.back, issueRef(invoice))
	if t.err != nil {
		return
	}
	// What comes when its month is closed already stands on the next statement: look at two.
	statements, err := t.a.Partner.Statements(t.ctx, name, b.Date.Month().First().AddDays(-1).Month(), 2)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		t.err = err
		return
	}
	for _, st := range statements {
		if slices.ContainsFunc(st.Lines, func(i partner.Item) bool { return i.Ref == b.Ref }) {
			owed.Month = st.Month
			th := entriesThing(owed, "Statement "+st.Number)
			th.Note = "closing at " + st.Closing.String()
			t.ahead = append(t.ahead, th)
		}
	}
}

func carThing(v vin.VIN) console.Thing {
	return console.Thing{Sort: console.CarThing, ID: string(v), Label: "Car " + string(v)}
}

func entryThing(b ledger.Booked) console.Thing {
	return console.Thing{Sort: console.EntryThing, ID: strconv.FormatInt(b.Seq, 10), Label: words(b.Kind), Note: dayText(b.Date)}
}

func invoiceThing(inv billing.Issued) console.Thing {
	return console.Thing{Sort: console.InvoiceThing, ID: inv.ID, Label: "Invoice " + inv.Number, Note: dayText(inv.Date)}
}

func entriesThing(f console.Filter, label string) console.Thing {
	return console.Thing{Sort: console.EntriesThing, ID: f.Query().Encode(), Label: label}
}

// words reads a machine word as a label: "revenue.recognised" → "Revenue recognised".
func words(s string) string {
	s = strings.NewReplacer(".", " ", "_", " ").Replace(s)
	if s == "" {
		return "Entry"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func dayText(d period.Date) string { return d.Time().Format("2 January 2006") }

package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"roadbook/fault"
	"roadbook/platform/web"
	"roadbook/vin"
)

// console holds what the pages ask.
type console struct {
	src     Source
	studies Studies
	live    Live
	log     *slog.Logger
}

// Handler serves the pages. Besides loopback names it answers to the host names given, written in lower case without a port.
func Handler(src Source, studies Studies, live Live, log *slog.Logger, hosts ...string) http.Handler {
	c := &console{src: src, studies: studies, live: live, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", c.page(c.home))
	mux.HandleFunc("/cars", c.page(c.cars))
	mux.HandleFunc("/cars/{vin}", c.page(c.car))
	mux.HandleFunc("/cohorts", c.page(c.cohorts))
	mux.HandleFunc("/ledger", c.page(c.ledger))
	mux.HandleFunc("/ledger/{seq}", c.page(c.entry))
	mux.HandleFunc("/invoices/{id}", c.page(c.invoice))
	mux.HandleFunc("/campaigns", c.page(c.campaigns))
	mux.HandleFunc("/campaigns/{id}", c.page(c.campaign))
	mux.HandleFunc("/scenes", c.page(c.scenes))
	mux.HandleFunc("/pilots", c.page(c.pilots))
	mux.HandleFunc("/scenes/{release}", c.page(c.scene))
	mux.HandleFunc("/forecast", c.page(c.forecast))
	mux.HandleFunc("/sourcing", c.page(c.award))
	mux.HandleFunc("/backtest", c.page(c.backtest))
	mux.HandleFunc("/find", c.find)
	mux.HandleFunc("/events", c.events)
	mux.Handle("/assets/", assetServer())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.fail(w, r, fault.New(fault.NotFound, "page", "there is no page at %.200s", r.URL.Path))
	})
	return guard(hosts, c.fail, mux)
}

// page answers with what build returns, or with a readable page that says what went wrong. Nothing is written before
// the page is complete: half a page with a status of 200 would be a lie.
func (c *console) page(build func(ctx context.Context, r *http.Request) (templ.Component, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := build(r.Context(), r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		templ.Handler(body).ServeHTTP(w, r) // buffers; sets text/html; charset=utf-8
	}
}

// fail writes err as a page of its own. A fault is written out; anything else is logged and shown without its text.
func (c *console) fail(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Unknown {
		if r.Context().Err() == nil {
			c.log.ErrorContext(r.Context(), "console page failed", "path", r.URL.Path, "error", err)
		}
		f = fault.New(fault.Unknown, "unknown", "the page could not be made; the program's log says why")
	}
	status := http.StatusInternalServerError
	if s, ok := web.Error(f).(interface{ GetStatus() int }); ok {
		status = s.GetStatus()
	}
	if f == errMethod {
		status = http.StatusMethodNotAllowed
	}
	templ.Handler(failurePage(status, f), templ.WithStatus(status)).ServeHTTP(w, r)
}

func (c *console) home(ctx context.Context, _ *http.Request) (templ.Component, error) {
	h, err := c.src.Home(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := Steps(h.Statement)
	if err != nil {
		return nil, err
	}
	return homePage(h, Plot(steps)), nil
}

func (c *console) cars(ctx context.Context, r *http.Request) (templ.Component, error) {
	cars, err := c.src.Cars(ctx, r.FormValue("cursor"))
	return carsPage(cars), err
}

func (c *console) car(ctx context.Context, r *http.Request) (templ.Component, error) {
	v, err := vin.Parse(r.PathValue("vin"))
	if err != nil {
		return nil, err
	}
	car, err := c.src.Car(ctx, v)
	return carPage(car), err
}

func (c *console) ledger(ctx context.Context, r *http.Request) (templ.Component, error) {
	f, err := ParseFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	l, err := c.src.Ledger(ctx, f)
	return ledgerPage(f, l), err
}

func (c *console) entry(ctx context.Context, r *http.Request) (templ.Component, error) {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || seq < 1 {
		return nil, fault.New(fault.Invalid, "seq", "%.40q is not the number of an entry: 1, 2, 3…", r.PathValue("seq"))
	}
	e, err := c.src.Entry(ctx, seq)
	return entryPage(e), err
}

func (c *console) invoice(ctx context.Context, r *http.Request) (templ.Component, error) {
	i, err := c.src.Invoice(ctx, r.PathValue("id"))
	return invoicePage(i), err
}

func (c *console) campaigns(ctx context.Context, _ *http.Request) (templ.Component, error) {
	all, err := c.src.Campaigns(ctx)
	return campaignsPage(all), err
}

func (c *console) campaign(ctx context.Context, r *http.Request) (templ.Component, error) {
	one, err := c.src.Campaign(ctx, r.PathValue("id"), r.FormValue("cursor"))
	return campaignPage(one), err
}

// find leads a typed name to its page: a VIN to its car, a number to its entry, anything else to an invoice of that name.
func (c *console) find(w http.ResponseWriter, r *http.Request) {
	q := strings.TrimSpace(r.FormValue("q"))
	if q == "" || len(q) > MaxFilterText {
		c.fail(w, r, fault.New(fault.Invalid, "find", "type a VIN, the number of an entry or the id of an invoice"))
		return
	}
	t := Thing{Sort: InvoiceThing, ID: q}
	v, wrong := vin.Parse(strings.ToUpper(q))
	seq, err := strconv.ParseInt(q, 10, 64)
	switch {
	case wrong == nil:
		t = Thing{Sort: CarThing, ID: string(v)}
	case err == nil && seq > 0:
		t = Thing{Sort: EntryThing, ID: itoa(seq)}
	case len(q) == 17 && !strings.ContainsAny(q, "-_"): // meant as a VIN: say what is wrong with it
		c.fail(w, r, wrong)
		return
	}
	http.Redirect(w, r, string(t.Path()), http.StatusSeeOther)
}

package cockpit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"roadbook/fault"
)

// cockpit holds what the screens ask.
type cockpit struct {
	car   Car
	forms forms
	log   *slog.Logger
}

// Handler serves the screens. Besides loopback names it answers to the host names given, in lower case and without a port.
func Handler(car Car, log *slog.Logger, hosts ...string) http.Handler {
	c := &cockpit{car: car, forms: newForms(), log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.screen(c.now))
	mux.HandleFunc("GET /shop", c.screen(c.shop))
	mux.HandleFunc("GET /shop/{sku}", c.screen(c.offer))
	mux.HandleFunc("POST /shop/{sku}", c.deed(c.buy))
	mux.HandleFunc("GET /apps", c.screen(c.apps))
	mux.HandleFunc("POST /apps/{id}", c.deed(c.install))
	mux.HandleFunc("GET /update", c.screen(c.update))
	mux.HandleFunc("POST /update", c.deed(c.consent))
	mux.HandleFunc("GET /events", c.events)
	mux.Handle("GET /assets/", assetServer())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.fail(w, r, fault.New(fault.NotFound, "page", "There is no such screen"))
	})
	return guard(hosts, c.fail, mux)
}

// screen answers with what build makes of the car's state, complete or not at all.
func (c *cockpit) screen(build func(context.Context, State, *http.Request) (templ.Component, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := build(r.Context(), c.state(r.Context()), r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		templ.Handler(body).ServeHTTP(w, r)
	}
}

// state is the car's state; one that cannot be had counts as moving.
func (c *cockpit) state(ctx context.Context) State {
	s, err := c.car.State(ctx)
	if err != nil {
		c.log.WarnContext(ctx, "car state is missing", "error", err)
		return State{Drive: Moving}
	}
	return s
}

// deed does what a form asks, only in a parked car, and leads to the screen that shows the result.
func (c *cockpit) deed(do func(ctx context.Context, r *http.Request) (next string, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			c.fail(w, r, fault.New(fault.Invalid, "form", "The form could not be read. Nothing was done"))
			return
		}
		if !c.state(r.Context()).Stands() {
			c.fail(w, r, fault.New(fault.Refused, "moving", "Park first. Nothing was done: while the car moves this stays locked"))
			return
		}
		next, err := do(r.Context(), r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther) // a reload shows the result and sends nothing again
	}
}

func (c *cockpit) now(ctx context.Context, s State, _ *http.Request) (templ.Component, error) {
	up, err := c.car.Update(ctx)
	if err != nil {
		c.log.WarnContext(ctx, "pending update is unknown", "error", err) // no reason to hide the speed
	}
	return nowScreen(s, up), nil
}

func (c *cockpit) shop(ctx context.Context, s State, _ *http.Request) (templ.Component, error) {
	offers, err := c.car.Shop(ctx)
	if fault.KindOf(err) == fault.Unavailable {
		return awayScreen(s, "/shop", "Shop"), nil
	}
	return shopScreen(s, offers), err
}

func (c *cockpit) offer(ctx context.Context, s State, r *http.Request) (templ.Component, error) {
	o, err := c.find(ctx, r.PathValue("sku"))
	if err != nil {
		return nil, err
	}
	return offerScreen(s, o, c.forms.make(o.facts()...), r.FormValue("sent") != ""), nil
}

// facts are what a buyer agreed to; a form is good for these only.
func (o Offer) facts() []string {
	return []string{"buy", o.SKU, o.Price.String(), o.Per, o.Term, string(o.Renews)}
}

func (c *cockpit) find(ctx context.Context, sku string) (Offer, error) {
	offers, err := c.car.Shop(ctx)
	if err != nil {
		return Offer{}, err
	}
	for _, o := range offers {
		if o.SKU == sku {
			return o, nil
		}
	}
	return Offer{}, fault.New(fault.NotFound, "offer", "This is not on offer for this car")
}

func (c *cockpit) buy(ctx context.Context, r *http.Request) (string, error) {
	o, err := c.find(ctx, r.PathValue("sku"))
	if err != nil {
		return "", err
	}
	key, err := c.forms.check(r, o.facts()...) // the price of now must be the price that was shown
	if err != nil {
		return "", err
	}
	if err := c.car.Buy(ctx, o.SKU, key); err != nil {
		if fault.KindOf(err) == fault.Unknown {
			return "", unsure{err, o, c.forms.again(key, o.facts()...)}
		}
		return "", err
	}
	c.log.InfoContext(ctx, "bought in the car", "sku", o.SKU, "key", key)
	return "/shop/" + url.PathEscape(o.SKU) + "?sent=1", nil
}

// unsure is a purchase that may have happened; sending the same form again pays at most once.
type unsure struct {
	error
	offer Offer
	form  form
}

func (c *cockpit) apps(ctx context.Context, s State, _ *http.Request) (templ.Component, error) {
	apps, err := c.car.Apps(ctx)
	if fault.KindOf(err) == fault.Unavailable {
		return awayScreen(s, "/apps", "Apps"), nil
	}
	return appsScreen(s, apps, func(a App) form { return c.forms.make("install", a.ID, a.Version) }), err
}

func (c *cockpit) install(ctx context.Context, r *http.Request) (string, error) {
	apps, err := c.car.Apps(ctx)
	if err != nil {
		return "", err
	}
	for _, a := range apps {
		if a.ID != r.PathValue("id") {
			continue
		}
		if _, err := c.forms.check(r, "install", a.ID, a.Version); err != nil {
			return "", err
		}
		return "/apps", c.car.InstallApp(ctx, a.ID)
	}
	return "", fault.New(fault.NotFound, "app", "This app is not in the store of this car")
}

func (c *cockpit) update(ctx context.Context, s State, _ *http.Request) (templ.Component, error) {
	up, err := c.car.Update(ctx)
	if err != nil {
		return nil, err
	}
	var f form
	if up != nil {
		f = c.forms.make("consent", up.ReleaseID)
	}
	return updateScreen(s, up, f), nil
}

func (c *cockpit) consent(ctx context.Context, r *http.Request) (string, error) {
	release, answer := r.PostFormValue("release"), r.PostFormValue("answer")
	if _, err := c.forms.check(r, "consent", release); err != nil {
		return "", err
	}
	if answer != "yes" && answer != "no" {
		return "", fault.New(fault.Invalid, "answer", "Answer yes or no").At("/answer")
	}
	return "/update", c.car.Consent(ctx, release, answer == "yes")
}

// statuses maps the kinds of fault to HTTP; what is missing is 500.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Refused: http.StatusConflict,
	fault.Conflict: http.StatusConflict, fault.Unauthorized: http.StatusForbidden, fault.Forbidden: http.StatusForbidden,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// fail says on a screen of its own what went wrong and whether anything was done.
func (c *cockpit) fail(w http.ResponseWriter, r *http.Request, err error) {
	s := c.state(r.Context())
	if u, ok := errors.AsType[unsure](err); ok {
		c.log.ErrorContext(r.Context(), "purchase of unknown outcome", "sku", u.offer.SKU, "key", u.form.Key, "error", u.error)
		templ.Handler(unsureScreen(s, u), templ.WithStatus(http.StatusBadGateway)).ServeHTTP(w, r)
		return
	}
	status, ok := statuses[fault.KindOf(err)]
	f, isFault := errors.AsType[*fault.Error](err)
	if !ok || !isFault {
		status = http.StatusInternalServerError
		f = fault.New(fault.Unknown, "unknown", "Something went wrong in the car's program")
		c.log.ErrorContext(r.Context(), "cockpit screen failed", "path", r.URL.Path, "error", err)
	}
	if f == errMethod {
		status = http.StatusMethodNotAllowed
	}
	templ.Handler(failureScreen(s, f), templ.WithStatus(status)).ServeHTTP(w, r)
}

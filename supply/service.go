package supply

import (
	"cmp"
	"context"

	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/period"
	"roadbook/vin"
)

// Config is what an operator decides.
type Config struct {
	Currency money.Currency // of accrued costs; empty: that of the tariff
}

// MaxPage is how many records a list answers at once.
const MaxPage = 100

// Service records what things cost, and answers what a car costs. It reads no clock: every date is the fact's own.
type Service struct {
	store Store
	cfg   Config
}

// New returns the service over a store.
func New(store Store, cfg Config) (*Service, error) {
	if _, err := cfg.Currency.Exponent(); cfg.Currency != "" && err != nil {
		return nil, err
	}
	return &Service{store, cfg}, nil
}

func page(limit int) int { return max(1, min(limit, MaxPage)) }

// AddSupplier records a supplier. The request names the caller's attempt; empty means that the id does.
func (s *Service) AddSupplier(ctx context.Context, request string, p Supplier) (Supplier, error) {
	if err := p.Check(); err != nil {
		return Supplier{}, err
	}
	return s.store.AddSupplier(ctx, cmp.Or(request, p.ID), p)
}

// Suppliers lists suppliers.
func (s *Service) Suppliers(ctx context.Context, after string, limit int) ([]Supplier, error) {
	return s.store.Suppliers(ctx, after, page(limit))
}

// Contracts lists contracts.
func (s *Service) Contracts(ctx context.Context, after string, limit int) ([]Contract, error) {
	return s.store.Contracts(ctx, after, page(limit))
}

// Lots lists lots.
func (s *Service) Lots(ctx context.Context, after string, limit int) ([]Lot, error) {
	return s.store.Lots(ctx, after, page(limit))
}

// Pack returns a pack by its serial.
func (s *Service) Pack(ctx context.Context, serial string) (Pack, error) {
	return s.store.Pack(ctx, serial)
}

// Pick chooses a pack in stock for a car of the model built on a day: the cheapest of a supplier that is not excluded, or of
// the one that is named. Picking reserves nothing: of two who pick the same pack, one is refused by Install and picks again.
func (s *Service) Pick(ctx context.Context, model, supplier string, on period.Date) (Pack, error) {
	if err := checkDate("/date", on); err != nil {
		return Pack{}, err
	}
	if supplier != "" {
		if err := s.allowed(ctx, supplier, Scope{Model: model}, on); err != nil {
			return Pack{}, err
		}
	}
	stock, err := s.store.Stock(ctx, on)
	if err != nil {
		return Pack{}, err
	}
	var best Pack
	var bestCost money.Amount
	var why error
	for _, p := range stock {
		if supplier != "" && p.Supplier != supplier {
			continue
		}
		b, err := s.CostOf(ctx, model, p.Serial, on)
		if err != nil {
			if fault.KindOf(err) != fault.Refused {
				return Pack{}, err
			}
			why = err
			continue
		}
		if best.Serial == "" || b.Pack.Minor < bestCost.Minor || b.Pack == bestCost && p.Serial < best.Serial {
			best, bestCost = p, b.Pack
		}
	}
	switch {
	case best.Serial != "":
		return best, nil
	case why != nil:
		return Pack{}, why
	}
	return Pack{}, fault.New(fault.Refused, "stock_empty", "no pack for model %q is in stock on %s", model, on)
}

// Install builds a pack into a car. The same again is a no-op; another car, or a second pack, is refused.
func (s *Service) Install(ctx context.Context, serial string, v vin.VIN, on period.Date) error {
	if _, err := vin.Parse(string(v)); err != nil {
		return err
	}
	p, err := s.store.Pack(ctx, serial)
	if err != nil {
		return err
	}
	if p.State == Received { // a repetition is not judged again
		if err := s.fit(ctx, p, "", on); err != nil {
			return err
		}
	}
	return s.store.Install(ctx, serial, v, on)
}

// fit refuses a pack that was not there on the day, and one whose supplier is excluded on it, for the model if one is named.
func (s *Service) fit(ctx context.Context, p Pack, model string, on period.Date) error {
	if err := checkDate("/date", on); err != nil {
		return err
	}
	if p.Received > on {
		return fault.New(fault.Refused, "pack_not_received", "pack %q was received on %s, after %s", p.Serial, p.Received, on)
	}
	c, err := s.store.Contract(ctx, p.Contract)
	if err != nil {
		return err
	}
	act := c.scope()
	act.Model = model
	return s.allowed(ctx, p.Supplier, act, on)
}

// AddModel records a model with its bill of materials.
func (s *Service) AddModel(ctx context.Context, request string, m Model) (Model, error) {
	if err := m.Check(); err != nil {
		return Model{}, err
	}
	return s.store.AddModel(ctx, cmp.Or(request, m.ID), m)
}

// AddLine appends a line to a model's bill of materials: a new part, or a new price of a part from a day on.
func (s *Service) AddLine(ctx context.Context, request, model string, l Line) (Line, error) {
	if err := l.check(""); err != nil {
		return Line{}, err
	}
	return s.store.AddLine(ctx, cmp.Or(request, id.From("bom", model, l.Part, string(l.Valid.From))), model, l)
}

// Model returns a model with all its lines.
func (s *Service) Model(ctx context.Context, model string) (Model, error) {
	return s.store.Model(ctx, model)
}

// Models lists models.
func (s *Service) Models(ctx context.Context, after string, limit int) ([]Model, error) {
	return s.store.Models(ctx, after, page(limit))
}

// CostOf answers what a car of the model built on a day with that pack costs. An excluded supplier's pack has no answer,
// unless it was built into one already.
func (s *Service) CostOf(ctx context.Context, model, serial string, on period.Date) (Breakdown, error) {
	m, err := s.store.Model(ctx, model)
	if err != nil {
		return Breakdown{}, err
	}
	p, err := s.store.Pack(ctx, serial)
	if err != nil {
		return Breakdown{}, err
	}
	if p.State == Received {
		if err := s.fit(ctx, p, model, on); err != nil {
			return Breakdown{}, err
		}
	}
	rate, err := s.rate(ctx, p.Currency, m.Currency, p.Received)
	if err != nil {
		return Breakdown{}, err
	}
	return m.Cost(p, on, rate)
}

// Floor answers the lowest price of such a car at the margin, less the software credit that is in force and known on the day.
// Without a serial the pack that Pick would choose is taken.
func (s *Service) Floor(ctx context.Context, model, serial string, on period.Date, margin money.Decimal) (Floor, error) {
	if serial == "" {
		p, err := s.Pick(ctx, model, "", on)
		if err != nil {
			return Floor{}, err
		}
		serial = p.Serial
	}
	b, err := s.CostOf(ctx, model, serial, on)
	if err != nil {
		return Floor{}, err
	}
	credits, err := s.store.Credits(ctx, model)
	if err != nil {
		return Floor{}, err
	}
	var credit *Credit
	if c, ok := newest(credits, creditSpan, on, on); ok {
		credit = &c
	}
	return FloorOf(b, credit, margin)
}

// rate returns nil where nothing is to convert.
func (s *Service) rate(ctx context.Context, from, to money.Currency, on period.Date) (*Rate, error) {
	if from == to {
		return nil, nil
	}
	r, err := s.store.RateOn(ctx, from, to, on)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.Refused, "rate_missing", "no rate from %s to %s is recorded for %s or before", from, to, on)
	}
	return &r, err
}

// AddTariff records a tariff.
func (s *Service) AddTariff(ctx context.Context, t Tariff) (Tariff, error) {
	if err := t.Check(); err != nil {
		return Tariff{}, err
	}
	if err := s.allowed(ctx, t.Supplier, Scope{}, t.Valid.From); err != nil {
		return Tariff{}, err
	}
	t.ID = cmp.Or(t.ID, id.From("tar", t.Meter, string(t.Valid.From)))
	return s.store.AddTariff(ctx, t)
}

// Tariffs lists the tariffs of a meter, or all.
func (s *Service) Tariffs(ctx context.Context, meter string) ([]Tariff, error) {
	return s.store.Tariffs(ctx, meter)
}

// AddRate records an exchange rate.
func (s *Service) AddRate(ctx context.Context, r Rate) (Rate, error) {
	if err := r.Check(); err != nil {
		return Rate{}, err
	}
	r.ID = cmp.Or(r.ID, id.From("fxr", string(r.From), string(r.To), string(r.Date)))
	return s.store.AddRate(ctx, r)
}

// Rates lists exchange rates.
func (s *Service) Rates(ctx context.Context, after string, limit int) ([]Rate, error) {
	return s.store.Rates(ctx, after, page(limit))
}

// Accrue records what a metered service cost for one car in one month, by the tariff of the month's last day, and says
// supply.CostAccrued. Once per car, month and meter: the same quantity again answers what is stored, another is refused.
func (s *Service) Accrue(ctx context.Context, month period.Month, v vin.VIN, meter string, quantity money.Decimal) (CostAccrued, error) {
	if _, err := vin.Parse(string(v)); err != nil {
		return CostAccrued{}, err
	}
	if err := checkDate("/month", month.First()); err != nil {
		return CostAccrued{}, err
	}
	if err := quantity.Check(); err != nil || quantity.Sign() < 0 {
		return CostAccrued{}, fault.New(fault.Invalid, "quantity", "a quantity is a decimal number of 0 or more, not %.40q", quantity).At("/quantity")
	}
	tariffs, err := s.store.Tariffs(ctx, meter)
	if err != nil {
		return CostAccrued{}, err
	}
	t, err := tariffOn(tariffs, meter, month.Last())
	if err != nil {
		return CostAccrued{}, err
	}
	in := cmp.Or(s.cfg.Currency, t.Currency)
	rate, err := s.rate(ctx, t.Currency, in, month.Last())
	if err != nil {
		return CostAccrued{}, err
	}
	amount, err := t.Cost(quantity, in, rate)
	if err != nil {
		return CostAccrued{}, err
	}
	c := CostAccrued{ID: id.From("acc", string(v), string(month), meter), VIN: v, Month: month, Date: month.Last(), Meter: meter,
		Supplier: t.Supplier, Tariff: t.ID, Quantity: quantity, Amount: amount}
	stored, err := s.store.Accrue(ctx, c)
	if err != nil {
		return CostAccrued{}, err
	}
	if stored.Quantity != quantity { // the tariff of the first time stands, whatever was recorded since
		return CostAccrued{}, fault.New(fault.Conflict, "idempotency_mismatch", "%s of car %s in %s was accrued for %s, not %s",
			meter, v, month, stored.Quantity, quantity).At("/quantity")
	}
	return stored, nil
}

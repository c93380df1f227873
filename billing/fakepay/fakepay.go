// Package fakepay is a payment provider that behaves like a real one and moves no money: it remembers every charge by
// its key, declines, and loses answers.
//
// # Owns
//
// Its charges, in a table of its own, as a provider's database would.
//
// # Does not own
//
// When to charge and when to try again (billing).
//
// # Always true
//
//   - The same key is the same charge with the same result, also after a restart; with another amount, customer or
//     invoice it is refused and changes nothing.
//   - An answer that is lost was stored before.
//
// # Says
//
// Nothing.
//
// # Start reading at
//
// [Provider.Charge].
package fakepay

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"strings"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/id"
	"roadbook/money"
	"roadbook/platform/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the provider's goose files, domain "fakepay".
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Behaviour is how a customer's charges go.
type Behaviour string

// The behaviours.
const (
	OK           Behaviour = "ok"
	HardDecline  Behaviour = "hard_decline" // always, "card_stolen"
	SoftDecline  Behaviour = "soft_decline" // the first Times charges of an invoice, "insufficient_funds"; then ok
	LostAnswer   Behaviour = "lost_answer"  // succeeds, but the first answer to each key is a timeout
	Unresponsive Behaviour = "unresponsive" // nothing is charged and nothing is answered
)

// Rule gives customers whose id begins with Prefix a behaviour. The first rule that matches holds; without one all is OK.
type Rule struct {
	Prefix string    `yaml:"prefix"`
	Do     Behaviour `yaml:"do"`
	Times  int       `yaml:"times"` // SoftDecline
}

// BasisPoints is the denominator of a fee.
const BasisPoints = 10000

// Config says how the provider behaves.
type Config struct {
	FeeBPS int64  `yaml:"fee_bps"` // kept from each charge, in 1/10000
	Rules  []Rule `yaml:"rules"`
}

// DefaultConfig keeps 60 basis points and declines nobody but customers whose id says so.
func DefaultConfig() Config {
	return Config{FeeBPS: 60, Rules: []Rule{{"hard-decline-", HardDecline, 0}, {"soft-decline-", SoftDecline, 2}, {"lost-answer-", LostAnswer, 0}}}
}

// Provider is the fake.
type Provider struct {
	db  *sqldb.DB
	cfg Config
}

// New returns a provider on a migrated database.
func New(db *sqldb.DB, cfg Config) (*Provider, error) {
	if cfg.FeeBPS < 0 || cfg.FeeBPS > BasisPoints {
		return nil, fault.New(fault.Invalid, "fee_bps", "a fee is 0 to %d basis points, not %d", BasisPoints, cfg.FeeBPS)
	}
	for _, r := range cfg.Rules {
		switch r.Do {
		case OK, HardDecline, SoftDecline, LostAnswer, Unresponsive:
		default:
			return nil, fault.New(fault.Invalid, "behaviour", "%q is not a behaviour of the fake provider", r.Do)
		}
	}
	return &Provider{db: db, cfg: cfg}, nil
}

func (p *Provider) rule(customer string) Rule {
	for _, r := range p.cfg.Rules {
		if strings.HasPrefix(customer, r.Prefix) {
			return r
		}
	}
	return Rule{Do: OK}
}

// Charge makes the charge named by the key, once.
func (p *Provider) Charge(ctx context.Context, r billing.ChargeRequest) (billing.Charge, error) {
	if r.Key == "" || len(r.Key) > id.MaxKey {
		return billing.Charge{}, fault.New(fault.Invalid, "key", "a charge has a key of 1 to %d bytes", id.MaxKey)
	}
	if r.Amount.Minor <= 0 {
		return billing.Charge{}, fault.New(fault.Invalid, "amount_not_positive", "a charge takes a positive amount, not %s", r.Amount)
	}
	if err := r.Amount.Check(); err != nil {
		return billing.Charge{}, err
	}
	rule := p.rule(r.Customer)
	if rule.Do == Unresponsive {
		return billing.Charge{}, fault.New(fault.Unavailable, "provider_down", "the payment provider does not answer")
	}
	var c billing.Charge
	var made bool
	err := p.db.Tx(ctx, func(tx *sqldb.Tx) (err error) {
		made = false
		stored, there, err := find(ctx, tx, r)
		if err != nil || there {
			c = stored
			return err
		}
		made = true
		if c, err = p.decide(ctx, tx, rule, r); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO fakepay_charge (key, id, customer, invoice, amount, currency, result, reason, fee)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, r.Key, c.ID, r.Customer, r.Invoice, r.Amount.Minor, string(r.Amount.Currency),
			string(c.Result), c.Reason, c.Fee.Minor)
		return err
	})
	if err != nil {
		return billing.Charge{}, err
	}
	if made && rule.Do == LostAnswer {
		return billing.Charge{}, fault.New(fault.Unknown, "provider_timeout", "the answer of the payment provider was lost")
	}
	return c, nil
}

// find answers the charge that was made with the key.
func find(ctx context.Context, tx *sqldb.Tx, r billing.ChargeRequest) (c billing.Charge, there bool, err error) {
	var was billing.ChargeRequest
	err = tx.QueryRow(ctx, `SELECT id, customer, invoice, amount, currency, result, reason, fee FROM fakepay_charge WHERE key = $1`, r.Key).
		Scan(&c.ID, &was.Customer, &was.Invoice, &was.Amount.Minor, &was.Amount.Currency, &c.Result, &c.Reason, &c.Fee.Minor)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	was.Key, c.Fee.Currency = r.Key, was.Amount.Currency
	if was != r {
		return billing.Charge{}, false, fault.New(fault.Conflict, "idempotency_mismatch", "key %s was a charge of %s to %s for %s", r.Key, was.Amount, was.Customer, was.Invoice)
	}
	return c, true, nil
}

func (p *Provider) decide(ctx context.Context, tx *sqldb.Tx, rule Rule, r billing.ChargeRequest) (billing.Charge, error) {
	c := billing.Charge{ID: id.From("ch", r.Key), Result: billing.Succeeded, Fee: money.Of(0, r.Amount.Currency)}
	switch rule.Do {
	case HardDecline:
		c.Result, c.Reason = billing.HardDeclined, "card_stolen"
		return c, nil
	case SoftDecline:
		var declined int
		if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM fakepay_charge WHERE invoice = $1`, r.Invoice).Scan(&declined); err != nil {
			return c, err
		}
		if declined < rule.Times {
			c.Result, c.Reason = billing.SoftDeclined, "insufficient_funds"
			return c, nil
		}
	case OK, LostAnswer, Unresponsive:
	}
	fee, err := r.Amount.MulDiv(p.cfg.FeeBPS, BasisPoints)
	c.Fee = fee
	return c, err
}

package fakepay_test

import (
	"testing"

	"roadbook/billing"
	"roadbook/billing/fakepay"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/platform/sqldb"
	"roadbook/platform/sqldb/sqldbtest"
)

func TestProvider(t *testing.T) {
	sqldbtest.Engines(t, "fakepay", fakepay.Migrations(), func(t *testing.T, db *sqldb.DB) {
		cfg := fakepay.DefaultConfig()
		cfg.Rules = append(cfg.Rules, fakepay.Rule{Prefix: "down-", Do: fakepay.Unresponsive})
		ask := func(key, customer string, minor int64) (billing.Charge, error) {
			p, err := fakepay.New(db, cfg) // a new process every time: all that matters is stored
			if err != nil {
				t.Fatal(err)
			}
			return p.Charge(t.Context(), billing.ChargeRequest{Key: key, Amount: money.Of(minor, "CNY"), Customer: customer, Invoice: "inv_" + customer})
		}
		for _, c := range []struct {
			key, customer string
			minor         int64
			result        billing.ChargeResult
			fee           int64
			code, why     string
		}{
			{"k1", "anna", 10_000, billing.Succeeded, 60, "", "60 basis points"},
			{"k1", "anna", 10_000, billing.Succeeded, 60, "", "the same key is the same charge"},
			{"k1", "anna", 10_001, "", 0, "idempotency_mismatch", "the same key with another amount"},
			{"k1", "bo", 10_000, "", 0, "idempotency_mismatch", "or of another customer"},
			{"k2", "hard-decline-1", 100, billing.HardDeclined, 0, "", "a stolen card"},
			{"k3", "hard-decline-1", 100, billing.HardDeclined, 0, "", "stays stolen"},
			{"k4", "soft-decline-1", 100, billing.SoftDeclined, 0, "", "first try"},
			{"k4", "soft-decline-1", 100, billing.SoftDeclined, 0, "", "a replay is no further try"},
			{"k5", "soft-decline-1", 100, billing.SoftDeclined, 0, "", "second try"},
			{"k6", "soft-decline-1", 100, billing.Succeeded, 1, "", "third try"},
			{"k7", "lost-answer-1", 100, "", 0, "provider_timeout", "charged, and the answer lost"},
			{"k7", "lost-answer-1", 100, billing.Succeeded, 1, "", "asked again"},
			{"k8", "down-1", 100, "", 0, "provider_down", "nothing happened"},
			{"k9", "anna", 0, "", 0, "amount_not_positive", "nothing to charge"},
			{"", "anna", 1, "", 0, "key", "a charge has a name"},
		} {
			got, err := ask(c.key, c.customer, c.minor)
			if got.Result != c.result || got.Fee.Minor != c.fee || fault.CodeOf(err) != c.code {
				t.Errorf("%s: %+v, %v", c.why, got, err)
			}
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []fakepay.Config{{FeeBPS: -1}, {FeeBPS: 10001}, {Rules: []fakepay.Rule{{Do: "shrug"}}}} {
		if _, err := fakepay.New(nil, cfg); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v, want invalid", cfg, err)
		}
	}
}

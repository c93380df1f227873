package apps_test

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"testing"

	"roadbook/apps"
	"roadbook/apps/appssql"
	"roadbook/apps/appstest"
	"roadbook/fault"
	"roadbook/platform/clock"
	"roadbook/platform/sqldb/sqldbtest"
	"roadbook/wire/apppkg"
)

func newStore(t *testing.T) *apps.Service {
	t.Helper()
	s := apps.New(appssql.New(sqldbtest.SQLite(t, "apps", appssql.Migrations())), &appstest.Blobs{}, appstest.Key("store"), clock.NewSim(appstest.Start))
	if err := s.SetDeveloper(t.Context(), "ptn_1", appstest.Key("dev").Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFromSubmissionToTheCar(t *testing.T) {
	s := newStore(t)
	v, err := s.Submit(t.Context(), "app_1", "ptn_1", bytes.NewReader(appstest.Package("radio", "1.0.0", "dev")))
	if err != nil || v.State != apps.Submitted || v.App != "radio" {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, _, err := s.OpenPackage(t.Context(), "radio"); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("a car gets what nobody approved: %v", err)
	}
	for range 2 { // the second time is a no-op
		if v, err = s.Approve(t.Context(), "app_1", "ana"); err != nil || v.State != apps.Approved {
			t.Fatalf("%+v, %v", v, err)
		}
	}
	v, body, err := s.OpenPackage(t.Context(), "radio")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(body)
	if err != nil || int64(len(raw)) != v.Size {
		t.Fatal(len(raw), err)
	}
	p, err := apppkg.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := p.VerifyStore(s.PublicKey())
	if err != nil || verdict.Reviewer != "ana" || verdict.Partner != "ptn_1" || verdict.App != "radio" {
		t.Fatalf("%+v, %v", verdict, err)
	}
	if _, err := s.Reject(t.Context(), "app_1", "ana", "second thoughts"); fault.CodeOf(err) != "decided" {
		t.Errorf("a released version is rejected: %v", err)
	}
}

func TestSubmissionsThatAreRefused(t *testing.T) {
	s := newStore(t)
	good := appstest.Package("radio", "1.0.0", "dev")
	for _, row := range []struct {
		reason, id, partner string
		pkg                 []byte
		code                string
	}{
		{"signed by somebody else", "app_1", "ptn_1", appstest.Package("radio", "1.0.0", "thief"), "developer_signature"},
		{"a partner without a key", "app_1", "ptn_2", good, "no_such_developer"},
		{"cut off", "app_1", "ptn_1", good[:len(good)-9], "package"},
		{"endless", "app_1", "ptn_1", make([]byte, apppkg.MaxPackage+1), "package"},
		{"good", "app_1", "ptn_1", good, ""},
		{"the same again", "app_1", "ptn_1", good, ""},
		{"the same key for another package", "app_1", "ptn_1", appstest.Package("radio", "1.0.1", "dev"), "idempotency_mismatch"},
	} {
		if _, err := s.Submit(t.Context(), row.id, row.partner, bytes.NewReader(row.pkg)); fault.CodeOf(err) != row.code {
			t.Errorf("%s: got %v, want %q", row.reason, err, row.code)
		}
	}
}

func TestStatesWalked(t *testing.T) {
	for _, from := range apps.States {
		for _, to := range apps.States {
			got, err := from.To(to)
			ok := from == to || from == apps.Submitted
			if (err == nil) != ok || ok && got != to || !ok && got != from {
				t.Errorf("%s → %s: %s, %v", from, to, got, err)
			}
		}
	}
}

package offer

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"roadbook/period"
	"roadbook/wire/grant"
)

// TestClaimsSayWhatTheRightsSay draws rights and reads the document at every hour of its life: between its issue and its
// renewal a feature is on exactly on the days of a right, and in the grace of what is paid by the month.
func TestClaimsSayWhatTheRightsSay(t *testing.T) {
	const v = "LRBR1CNE0PB000001"
	base := period.Date("2023-09-01")
	rapid.Check(t, func(t *rapid.T) {
		var rights []Right
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			r := Right{Kind: rapid.SampledFrom(Kinds).Draw(t, "kind"), Features: []string{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "feature")},
				From: base.AddDays(rapid.IntRange(-40, 60).Draw(t, "from"))}
			if rapid.IntRange(0, 4).Draw(t, "open") > 0 {
				r.Ends = r.From.AddDays(rapid.IntRange(-1, 50).Draw(t, "days")) // cancelled rights may end before they began
			}
			rights = append(rights, r)
		}
		now := base.Time().Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "minute")) * time.Minute)
		c, renew := claims(v, 1, rights, now)
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		if !renew.IsZero() && !renew.After(now) {
			t.Fatalf("issued at %s to be renewed at %s: it would be renewed for ever", now, renew)
		}
		until := now.Add(OfflineTerm)
		if !renew.IsZero() && renew.Before(until) {
			until = renew
		}
		for at := now; at.Before(until); at = at.Add(time.Hour) {
			for _, f := range []string{"a", "b"} {
				on, late := false, false
				for _, r := range rights {
					if r.Features[0] != f || r.Ends != "" && r.Ends <= r.From {
						continue
					}
					on = on || r.Active(period.DateOf(at))
					late = late || r.From <= period.DateOf(at) && r.Ends != "" && at.Before(r.Ends.Time().Add(time.Duration(grace(r.Kind))*time.Hour))
				}
				switch got := c.Allows(f, at); {
				case on && !got:
					t.Fatalf("%s was paid for and is off at %s: %+v", f, at, c)
				case got && !on && !late:
					t.Fatalf("%s is on at %s and nobody paid: %+v", f, at, c)
				}
			}
		}
	})
}

func TestDocumentTimes(t *testing.T) {
	now := time.Date(2023, 9, 10, 12, 0, 0, 0, time.UTC)
	right := func(kind Kind, from, ends period.Date) Right {
		return Right{Kind: kind, Features: []string{"f"}, From: from, Ends: ends}
	}
	for _, row := range []struct {
		reason string
		rights []Right
		kind   grant.Kind
		exp    time.Time // of the feature; zero: none of its own
		renew  time.Time
	}{
		{"bought for good: for years without a connection", []Right{right(Perpetual, "2023-09-01", "")}, grant.Perpetual, time.Time{}, time.Time{}},
		{"a term is cut to what a car may stay offline", []Right{right(Term, "2023-09-01", "2024-09-01")}, grant.Term, now.Add(OfflineTerm), now.Add(RenewAfter)},
		{"a short term is not", []Right{right(Term, "2023-09-01", "2023-09-20")}, grant.Term, day("2023-09-20"), day("2023-09-20")},
		{"by use has no end but is renewed", []Right{right(Metered, "2023-09-01", "")}, grant.Metered, now.Add(OfflineTerm), now.Add(RenewAfter)},
		{"two months that meet are one right", []Right{right(Subscription, "2023-08-15", "2023-09-15"), right(Subscription, "2023-09-15", "2023-09-25")}, grant.Term, day("2023-09-25"), day("2023-09-28")},
		{"a gap is kept, and ended by a new document", []Right{right(Term, "2023-09-01", "2023-09-15"), right(Term, "2023-09-18", "2023-09-25")}, grant.Term, day("2023-09-15"), day("2023-09-15")},
		{"for good beats a term", []Right{right(Term, "2023-09-01", "2023-09-15"), right(Perpetual, "2023-09-02", "")}, grant.Perpetual, time.Time{}, time.Time{}},
	} {
		c, renew := claims("LRBR1CNE0PB000001", 1, row.rights, now)
		if len(c.Features) != 1 || c.Features[0].Kind != row.kind || !renew.Equal(row.renew) ||
			row.exp.IsZero() != (c.Features[0].Exp == 0) || c.Features[0].Exp != 0 && c.Features[0].Exp != row.exp.Unix() {
			t.Errorf("%s: %+v, renew %s", row.reason, c.Features, renew)
		}
	}
}

func TestADocumentWithoutRightsLasts(t *testing.T) {
	now := time.Date(2023, 9, 10, 12, 0, 0, 0, time.UTC)
	c, renew := claims("LRBR1CNE0PB000001", 1, []Right{{Kind: Term, Features: []string{"f"}, From: "2023-01-01", Ends: "2023-02-01"}}, now)
	if len(c.Features) != 0 || !renew.IsZero() || c.Exp < now.AddDate(10, 0, 0).Unix() {
		t.Errorf("%+v, renew %s: the car would ask again and again for nothing", c, renew)
	}
}

func day(d period.Date) time.Time { return d.Time() }

// TestEveryKindIsDecided walks all kinds through the switches over them.
func TestEveryKindIsDecided(t *testing.T) {
	for kind, want := range map[Kind]struct {
		grant          grant.Kind
		fixed, lasting bool
		grace          uint16
	}{
		Vehicle:      {grant.Perpetual, true, false, 0},
		Term:         {grant.Term, true, false, 0},
		Perpetual:    {grant.Perpetual, true, true, 0},
		Subscription: {grant.Term, false, true, GraceHours},
		Metered:      {grant.Metered, false, true, GraceHours},
		App:          {grant.Perpetual, true, true, 0},
	} {
		if grantKind(kind) != want.grant || kind.fixed() != want.fixed || kind.Lasting() != want.lasting || grace(kind) != want.grace {
			t.Errorf("%s: %v %v %v %d", kind, grantKind(kind), kind.fixed(), kind.Lasting(), grace(kind))
		}
	}
	if len(Kinds) != 6 {
		t.Error("a kind is new: decide it here")
	}
}

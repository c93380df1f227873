package supplytest

import (
	"strings"
	"testing"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/period"
	"roadbook/supply"
)

// Proof returns evidence of a fact that became known on a day.
func Proof(vintage period.Date) evidence.Evidence {
	return evidence.Evidence{Source: "a test", Date: vintage, Vintage: vintage, Who: "tester", Level: evidence.Assumed}
}

func qualification(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	standing := func(on period.Date) supply.Standing {
		st, err := s.Standing(ctx, "byd", "pack.lfp", on)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	if st := standing("2024-01-01"); st.State != supply.NotRecorded || !st.MayBuy {
		t.Errorf("without a record %+v", st)
	}
	must(t)(s.AddSite(ctx, "", supply.Site{ID: "byd-xian", Supplier: "byd", Name: "Xi'an", Country: "CN", Evidence: Proof("2023-01-01"),
		Capacity: []supply.Capacity{{Part: "pack.lfp", From: "2023-01-01", PerMonth: 500}}}))
	started := supply.Qualification{Supplier: "byd", Part: "pack.lfp", Site: "byd-xian", State: supply.Started, Started: "2024-02-01", Evidence: Proof("2024-02-01")}
	must(t)(s.AddQualification(ctx, "", started))
	must(t)(s.AddQualification(ctx, "", started))
	done := started
	done.State, done.QualifiedOn, done.LeadWeeks, done.Cost, done.Evidence = supply.Qualified, "2024-08-01", 14, money.Of(120_000_000, "CNY"), Proof("2024-08-02")
	must(t)(s.AddQualification(ctx, "", done))
	for _, row := range []struct {
		why   string
		on    period.Date
		state string
		may   bool
	}{
		{"before it was begun", "2024-01-31", "not started", false},
		{"on the way", "2024-07-31", "started", false},
		{"from its day on", "2024-08-01", "qualified", true},
	} {
		if st := standing(row.on); st.State != row.state || st.MayBuy != row.may {
			t.Errorf("%s: %+v", row.why, st)
		}
	}
	c := Contract("c-byd", "byd")
	c.Signed, c.Site, c.MonthlyCapacity = "2024-07-31", "byd-xian", 500
	_, err := s.AddContract(ctx, "", c)
	wantCode(t, "no contract on the way", err, fault.Refused, "not_qualified")
	c.Signed, c.MonthlyCapacity = "2024-08-01", 501
	_, err = s.AddContract(ctx, "", c)
	wantCode(t, "more than the site makes", err, fault.Refused, "site_capacity")
	c.MonthlyCapacity = 500
	must(t)(s.AddContract(ctx, "", c))
	_, err = s.Receive(ctx, supply.Lot{ID: "b-0", Contract: "c-byd", Serials: []string{"B0"}, Received: "2024-07-31"})
	wantCode(t, "no lot on the way", err, fault.Refused, "not_qualified")
	lot := supply.Lot{ID: "b-1", Contract: "c-byd", Serials: []string{"B1"}, Received: "2024-08-02"}
	must(t)(s.Receive(ctx, lot))
	gone := done
	gone.State, gone.Evidence = supply.Withdrawn, Proof("2024-08-02")
	must(t)(s.AddQualification(ctx, "", gone))
	must(t)(s.Receive(ctx, lot)) // the same again is a no-op, whatever was recorded since
	must(t)(s.AddContract(ctx, "", c))
	lot.ID, lot.Serials = "b-2", []string{"B2"}
	_, err = s.Receive(ctx, lot)
	wantCode(t, "withdrawn from that day on", err, fault.Refused, "not_qualified")
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-calb", Serials: []string{"Q9"}, Received: "2024-08-02"})) // no record: as before
	_, err = s.AddSite(ctx, "", supply.Site{ID: "x", Supplier: "nobody", Name: "X", Country: "CN", Evidence: Proof("2023-01-01")})
	wantCode(t, "a site needs its supplier", err, fault.NotFound, "supplier_unknown")
	started.Supplier, started.ID = "catl", "q-catl"
	_, err = s.AddQualification(ctx, "", started)
	wantCode(t, "the site of another", err, fault.Refused, "site_of_another")
	if qs, err := s.Qualifications(ctx, "byd", ""); err != nil || len(qs) != 3 || qs[0].Source != "a test" {
		t.Errorf("qualifications %+v %v", qs, err)
	}
	if sites, err := s.Sites(ctx, "byd"); err != nil || len(sites) != 1 || sites[0].Capacity[0].PerMonth != 500 {
		t.Errorf("sites %+v %v", sites, err)
	}
}

func scopedExclusion(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	ban := func(supplier string, scope supply.Scope) supply.Exclusion {
		proof := Proof("2023-08-02")
		return supply.Exclusion{Supplier: supplier, Span: period.Span{From: "2023-09-10"}, Reason: "patent", Owner: "legal", Evidence: "writ", Scope: scope, Record: &proof}
	}
	must(t)(s.Exclude(ctx, ban("catl", supply.Scope{Chemistry: "NMC"})))
	must(t)(s.CostOf(ctx, "road-1", "P1", "2023-09-20")) // an LFP pack
	must(t)(s.Exclude(ctx, ban("catl", supply.Scope{Model: "road-1"})))
	_, err := s.CostOf(ctx, "road-1", "P1", "2023-09-20")
	wantCode(t, "not for this model", err, fault.Refused, "supplier_excluded")
	if err == nil || !strings.Contains(err.Error(), "for model road-1") {
		t.Errorf("%v does not say the scope", err)
	}
	other := Model()
	other.ID = "road-2"
	must(t)(s.AddModel(ctx, "", other))
	must(t)(s.CostOf(ctx, "road-2", "P1", "2023-09-20"))
	if p, err := s.Pick(ctx, "road-1", "", "2023-09-20"); err != nil || p.Serial != "Q1" {
		t.Errorf("picked %q (%v)", p.Serial, err)
	}
	_, err = s.Pick(ctx, "road-1", "catl", "2023-09-20")
	wantCode(t, "named for the model", err, fault.Refused, "supplier_excluded")
	must(t)(s.Receive(ctx, supply.Lot{Contract: "c-catl", Serials: []string{"P4"}, Received: "2023-09-20"})) // a lot knows no model
	must(t)(s.Exclude(ctx, ban("byd", supply.Scope{Region: "EU"})))
	c := Contract("c-byd-eu", "byd")
	c.Signed, c.Region = "2023-09-20", "EU"
	_, err = s.AddContract(ctx, "", c)
	wantCode(t, "not for the region", err, fault.Refused, "supplier_excluded")
	c.ID, c.Region = "c-byd-cn", "CN"
	must(t)(s.AddContract(ctx, "", c))
	if ex, err := s.Exclusions(ctx, "catl"); err != nil || len(ex) != 2 || ex[0].Record == nil || ex[0].Record.Who != "tester" {
		t.Errorf("exclusions %+v %v", ex, err)
	}
}

func reviews(t *testing.T, s *supply.Service) {
	ctx := t.Context()
	exclude := func(id string, from, to, review period.Date) supply.Exclusion {
		e, err := s.Exclude(ctx, supply.Exclusion{ID: id, Supplier: "byd", Span: period.Span{From: from, To: to}, Review: review, Reason: "r", Owner: "o", Evidence: "e"})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	exclude("ends", "2023-08-01", "2026-08-01", "")
	exclude("looked-at", "2023-08-01", "2027-08-01", "2024-03-01")
	exclude("open", "2023-08-01", "", "")
	due := func(on period.Date) string {
		rs, err := s.Reviews(ctx, on)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, r := range rs {
			out += r.Exclusion.ID + "@" + string(r.Due)
			if r.Holds {
				out += "+"
			}
			out += " "
		}
		return strings.TrimSpace(out)
	}
	for _, row := range []struct {
		why  string
		on   period.Date
		want string
	}{
		{"nothing is due yet", "2024-02-29", ""},
		{"a review date comes while it holds", "2024-03-01", "looked-at@2024-03-01+"},
		{"without end and date after a year", "2024-08-01", "looked-at@2024-03-01+ open@2024-08-01+"},
		{"the end does not make it vanish", "2026-08-01", "looked-at@2024-03-01+ open@2024-08-01+ ends@2026-08-01"},
	} {
		if got := due(row.on); got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
	kept := supply.Decision{Exclusion: "open", Outcome: supply.Kept, Next: "2025-08-01", Evidence: Proof("2024-08-02")}
	must(t)(s.Decide(ctx, "", kept))
	must(t)(s.Decide(ctx, "", kept))
	if got := due("2024-08-01"); !strings.Contains(got, "open") {
		t.Errorf("before the decision was known the review was due: %q", got)
	}
	if got := due("2025-07-31"); strings.Contains(got, "open") {
		t.Errorf("kept until August: %q", got)
	}
	if got := due("2025-08-01"); !strings.Contains(got, "open@2025-08-01+") {
		t.Errorf("kept is looked at again: %q", got)
	}
	_, err := s.Decide(ctx, "", supply.Decision{Exclusion: "ends", Outcome: supply.Ended, Evidence: Proof("2023-08-01")})
	wantCode(t, "not ended before it has begun", err, fault.Refused, "not_begun")
	_, err = s.Decide(ctx, "", supply.Decision{Exclusion: "ends", Outcome: supply.Kept, Next: "2027-01-01", Evidence: Proof("2026-08-01")})
	wantCode(t, "what is over is not kept", err, fault.Refused, "exclusion_over")
	_, err = s.Decide(ctx, "", supply.Decision{Exclusion: "ends", Outcome: supply.Renewed, By: "nothing", Evidence: Proof("2026-08-01")})
	wantCode(t, "renewed by what is recorded", err, fault.NotFound, "exclusion_unknown")
	exclude("late", "2026-08-02", "2028-08-01", "")
	_, err = s.Decide(ctx, "", supply.Decision{Exclusion: "ends", Outcome: supply.Renewed, By: "late", Evidence: Proof("2026-08-01")})
	wantCode(t, "renewed with a gap", err, fault.Refused, "no_renewal")
	exclude("again", "2026-08-01", "2028-08-01", "")
	must(t)(s.Decide(ctx, "", supply.Decision{Exclusion: "ends", Outcome: supply.Renewed, By: "again", Evidence: Proof("2026-08-01")}))
	if got := due("2026-09-01"); strings.Contains(got, "ends@") {
		t.Errorf("a renewed one is answered: %q", got)
	}
	_, err = s.Decide(ctx, "", supply.Decision{Exclusion: "nothing", Outcome: supply.Ended, Evidence: Proof("2026-08-01")})
	wantCode(t, "a decision needs its exclusion", err, fault.NotFound, "exclusion_unknown")
	// Called ended before its end it holds until that day, and is listed no more.
	lifted := func(on period.Date) error {
		c := Contract("c-"+string(on), "carrier")
		c.Signed = on
		_, err := s.AddContract(ctx, "", c)
		return err
	}
	must(t)(s.Exclude(ctx, supply.Exclusion{ID: "conflict", Supplier: "carrier", Span: period.Span{From: "2024-01-01"}, Reason: "r", Owner: "o", Evidence: "e"}))
	wantCode(t, "it holds", lifted("2025-05-01"), fault.Refused, "supplier_excluded")
	must(t)(s.Decide(ctx, "", supply.Decision{Exclusion: "conflict", Outcome: supply.Ended, Evidence: Proof("2025-05-01")}))
	wantCode(t, "until the day", lifted("2025-04-30"), fault.Refused, "supplier_excluded")
	must(t)(nil, lifted("2025-05-01"))
	if got := due("2026-09-01"); strings.Contains(got, "conflict") {
		t.Errorf("what was ended is listed: %q", got)
	}
	if ds, err := s.Decisions(ctx, "ends"); err != nil || len(ds) != 1 || ds[0].By != "again" {
		t.Errorf("decisions %+v %v", ds, err)
	}
}

package forecast

import (
	"math"
	"strings"
	"testing"

	"roadbook/fault"
	"roadbook/outlook/chance"
)

func f64(v float64) *float64 { return &v }

func calibrated(t *testing.T) Case {
	return small(t, map[string]chance.Spec{
		"attach": {Kind: chance.KindBeta, A: f64(2), B: f64(8)}, "renewal": {Kind: chance.KindUniform, Min: f64(0), Max: f64(1)},
		"arpu": chance.LogNormalSpec(50, 200), "bom": chance.NormalSpec(100, 10), "kwh": {Kind: chance.KindTriangular, Min: f64(70), Mode: f64(80), Max: f64(90)},
		"cell": is(1), "cars": is(10), "price": is(200)}, func(c *Case) {
		c.Models = []Model{{ID: "m", Volume: at("cars"), Price: at("price"), BOM: of("bom"), Pack: &Pack{KWh: "kwh", Cell: "cell"}}}
		c.Products = []Product{{ID: "p", Attach: of("attach"), Renewal: "renewal", ARPU: at("arpu")}}
	})
}

func TestWith(t *testing.T) {
	c := calibrated(t)
	got, updates, err := c.With([]Observation{
		{Input: "attach", Trials: 100, Successes: 30, Evidence: proof()},
		{Input: "renewal", Trials: 10, Successes: 3, Evidence: proof()},
		{Input: "bom", Mean: f64(110), SD: 20, N: 4, Evidence: proof()},
		{Input: "arpu", Mean: f64(80), SD: 40, N: 25, Evidence: proof()},
		{Input: "kwh", Mean: f64(82), SD: 1, N: 9, Evidence: proof()},
	})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Update{}
	for _, u := range updates {
		byName[u.Input] = u
	}
	// Lognormal: precisions of the logarithm add.
	prior := chance.LogNormal{Mu: math.Log(100), Sigma: math.Log(4) / (2 * chance.Z95)}
	noise := math.Log1p(0.25 / 25)
	precision := 1/(prior.Sigma*prior.Sigma) + 1/noise
	mu := (prior.Mu/(prior.Sigma*prior.Sigma) + math.Log(80)/noise) / precision
	for _, row := range []struct {
		why, input   string
		mean, weight float64
		method       string
	}{
		{"2 + 30 of 10 + 100", "attach", 32.0 / 110, 1 - (32.0*78/(110*110*111))/(2.0*8/(100*11)), "beta-binomial"},
		{"a uniform prior is a beta(1, 1)", "renewal", 4.0 / 12, 1 - (4.0*8/(144*13))/(1.0/12), "beta-binomial, the prior matched by mean and variance"},
		{"four measurements of sd 20 weigh as much as a prior of sd 10", "bom", 105, 0.5, "normal"},
		{"on logarithms", "arpu", math.Exp(mu + 0.5/precision), math.NaN(), "lognormal"},
		{"a triangular prior by its moments", "kwh", (80*6/100.0 + 82*9) / (6/100.0 + 9), 1 - 1/(6/100.0+9)/(100/6.0), "normal, the prior matched by mean and variance"},
	} {
		u := byName[row.input]
		if math.Abs(u.After.Mean-row.mean) > 1e-9*row.mean || u.Method != row.method || !math.IsNaN(row.weight) && math.Abs(u.Weight-row.weight) > 1e-9 {
			t.Errorf("%s: %+v, want a mean of %v and a weight of %v", row.why, u, row.mean, row.weight)
		}
		if !(u.Before.P5 < u.Before.P95) || !(u.After.P95-u.After.P5 < u.Before.P95-u.Before.P5) {
			t.Errorf("%s: data did not narrow %+v", row.why, u)
		}
	}
	for i, in := range got.Inputs {
		if u, ok := byName[in.Name]; ok && (in.ID != u.Record || in.Supersedes != c.Inputs[i].ID || in.ID == c.Inputs[i].ID) {
			t.Errorf("%s is record %s, superseding %s", in.Name, in.ID, in.Supersedes)
		}
	}
	if c.Inputs[0].Kind != chance.KindBeta && c.Inputs[0].Kind != chance.KindLogNormal || c.Hash() == got.Hash() {
		t.Error("the case given was changed, or the one returned was not")
	}
	if run(t, got, quick(1)).Run.CaseHash != got.Hash() {
		t.Error("the updated case does not run under its own hash")
	}
}

func TestWithRefuses(t *testing.T) {
	late := proof()
	late.Vintage = "2026-02-01"
	for _, row := range []struct {
		why string
		o   Observation
		at  string
	}{
		{"an input that is not there", Observation{Input: "x", Trials: 1, Evidence: proof()}, "/observations/0/input"},
		{"what is known was not in doubt", Observation{Input: "cars", Mean: f64(1), SD: 1, N: 1, Evidence: proof()}, "/observations/0/input"},
		{"more successes than trials", Observation{Input: "attach", Trials: 1, Successes: 2, Evidence: proof()}, "/observations/0/successes"},
		{"neither counts nor a mean", Observation{Input: "attach", Evidence: proof()}, "/observations/0"},
		{"a mean without its error", Observation{Input: "bom", Mean: f64(1), N: 1, Evidence: proof()}, "/observations/0/sd"},
		{"no source", Observation{Input: "attach", Trials: 1}, "/observations/0/evidence"},
		{"not known yet", Observation{Input: "attach", Trials: 1, Evidence: late}, "/observations/0/evidence/vintage"},
		{"counts of what is no share", Observation{Input: "arpu", Trials: 1, Evidence: proof()}, "/observations/0/input"},
		{"a mean that would take a share beyond its bounds", Observation{Input: "attach", Mean: f64(0.01), SD: 0.2, N: 1, Evidence: proof()}, "/inputs/"},
	} {
		c := calibrated(t)
		if _, _, err := c.With([]Observation{row.o}); fault.KindOf(err) == fault.Unknown || !strings.Contains(err.Error(), row.at) {
			t.Errorf("%s: %v, want a refusal at %s", row.why, err, row.at)
		}
	}
}

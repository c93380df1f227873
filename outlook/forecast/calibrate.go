package forecast

import (
	"fmt"
	"math"

	"roadbook/fault"
	"roadbook/outlook/chance"
)

// With returns the case with its inputs updated by what was observed, in the order given, and says for each what it was before
// and is now. The case itself is not changed. Rules:
//
//   - counts of a share with a beta prior on [0, 1]: a + successes, b + failures (exact);
//   - counts of a share with another prior: the beta with the prior's mean and variance, then as above;
//   - a mean of n measurements with a normal prior: precisions add (exact, the deviation of one measurement being known);
//   - the same with a lognormal prior: on logarithms, where the mean's variance is ln(1+(sd/mean)²/n);
//   - the same with another prior: the normal with the prior's mean and variance, then as above; where that could leave the range in
//     which the input must stay, the update is refused by the case's check.
//
// A known input is not updated: what is known was not in doubt.
func (c Case) With(observations []Observation) (Case, []Update, error) {
	c.fill()
	c.Inputs = append([]Input{}, c.Inputs...)
	at := map[string]int{}
	for i, in := range c.Inputs {
		at[in.Name] = i
	}
	var out []Update
	for k, o := range observations {
		where := ptr("/observations", k)
		i, ok := at[o.Input]
		if !ok {
			return Case{}, nil, fault.New(fault.Invalid, "unknown", "there is no input %.80q", o.Input).At(where + "/input")
		}
		if err := o.check(where, c); err != nil {
			return Case{}, nil, err
		}
		u, err := update(&c.Inputs[i], o, where)
		if err != nil {
			return Case{}, nil, err
		}
		out = append(out, u)
	}
	if err := c.Check(); err != nil {
		return Case{}, nil, err
	}
	return c, out, nil
}

func (o Observation) check(at string, c Case) error {
	bad := func(field, format string, args ...any) error {
		return fault.New(fault.Invalid, "observation", format, args...).At(at + field)
	}
	if err := o.Evidence.Check(at + "/evidence"); err != nil {
		return err
	}
	if !o.Evidence.Known(c.AsOf) {
		return fault.New(fault.Invalid, "not_known_yet", "known since %s, and the case knows nothing after %s", o.Evidence.Vintage, c.AsOf).At(at + "/evidence/vintage")
	}
	counts, mean := o.Trials != 0 || o.Successes != 0, o.Mean != nil
	switch {
	case counts == mean:
		return bad("", "an observation has counts or a mean, one of them")
	case counts && (o.Trials < 1 || o.Successes < 0 || o.Successes > o.Trials):
		return bad("/successes", "of %d trials 0 to %d succeed, not %d", o.Trials, o.Trials, o.Successes)
	case mean && (o.N < 1 || !(o.SD > 0) || math.IsInf(o.SD, 0) || math.IsNaN(*o.Mean) || math.IsInf(*o.Mean, 0)):
		return bad("/sd", "a mean comes with the deviation of one measurement, above 0, and their number, at least 1; not %g and %d", o.SD, o.N)
	}
	return nil
}

// update replaces an input's law.
func update(in *Input, o Observation, at string) (Update, error) {
	prior, err := in.DistAt(at)
	if err != nil {
		return Update{}, err
	}
	if _, known := prior.(chance.Fixed); known {
		return Update{}, fault.New(fault.Refused, "known", "input %q is a known figure: give it a law, or a new figure", in.Name).At(at + "/input")
	}
	u := Update{Input: in.Name, Before: Summarise(in.Spec, prior)}
	var spec chance.Spec
	if o.Mean == nil {
		spec, u.Method, err = updateShare(prior, o, at)
		u.N, u.Observed = o.Trials, float64(o.Successes)/float64(o.Trials)
	} else {
		spec, u.Method, err = updateMean(prior, o, at)
		u.N, u.Observed = o.N, *o.Mean
	}
	if err != nil {
		return u, err
	}
	after, err := spec.Dist()
	if err != nil {
		return u, err
	}
	u.Surprise = prior.CDF(u.Observed)
	u.Weight = max(0, 1-after.Variance()/prior.Variance())
	u.After = Summarise(spec, after)
	supersedes := in.ID
	in.Spec, in.Evidence = spec, o.Evidence
	in.Supersedes = supersedes
	in.Source = fmt.Sprintf("%.900s; updating %.900s", o.Evidence.Source, supersedes)
	in.ID = fmt.Sprintf("%s+%s", supersedes, o.Evidence.Vintage)
	u.Record = in.ID
	return u, nil
}

// Summarise says a law in four figures.
func Summarise(s chance.Spec, d chance.Dist) Summary {
	return Summary{Law: Law(s), Mean: d.Mean(), P5: d.Quantile(0.05), P95: d.Quantile(0.95)}
}

func updateShare(prior chance.Dist, o Observation, at string) (chance.Spec, string, error) {
	method := "beta-binomial"
	b, ok := prior.(chance.Beta)
	if !ok || b.Low != 0 || b.High != 1 {
		m, v := prior.Mean(), prior.Variance()
		if !(m > 0 && m < 1) || !(v > 0 && v < m*(1-m)) {
			return chance.Spec{}, "", fault.New(fault.Refused, "prior", "counts update a share, and no beta has this prior's mean %g and variance %g", m, v).At(at + "/input")
		}
		k := m*(1-m)/v - 1
		b = chance.Beta{A: m * k, B: (1 - m) * k, Low: 0, High: 1}
		method = "beta-binomial, the prior matched by mean and variance"
	}
	x, y := b.A+float64(o.Successes), b.B+float64(o.Trials-o.Successes)
	return chance.Spec{Kind: chance.KindBeta, A: &x, B: &y}, method, nil
}

func updateMean(prior chance.Dist, o Observation, at string) (chance.Spec, string, error) {
	n := float64(o.N)
	join := func(mu, variance, seen, noise float64) (float64, float64) {
		p := 1/variance + 1/noise
		return (mu/variance + seen/noise) / p, math.Sqrt(1 / p)
	}
	if l, ok := prior.(chance.LogNormal); ok {
		if *o.Mean <= 0 {
			return chance.Spec{}, "", fault.New(fault.Invalid, "observation", "a figure that is always above 0 cannot have the mean %g", *o.Mean).At(at + "/mean")
		}
		mu, sd := join(l.Mu, l.Sigma*l.Sigma, math.Log(*o.Mean), math.Log1p((o.SD / *o.Mean)*(o.SD / *o.Mean)/n))
		return chance.LogNormalSpec(math.Exp(mu-chance.Z95*sd), math.Exp(mu+chance.Z95*sd)), "lognormal", nil
	}
	method := "normal"
	if _, ok := prior.(chance.Normal); !ok {
		method = "normal, the prior matched by mean and variance"
	}
	mu, sd := join(prior.Mean(), prior.Variance(), *o.Mean, o.SD*o.SD/n)
	return chance.NormalSpec(mu, sd), method, nil
}

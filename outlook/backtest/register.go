package backtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"time"

	"roadbook/fault"
	"roadbook/outlook/chance"
	"roadbook/outlook/record"
	"roadbook/period"
	"roadbook/strict"
)

// Levels is how many quantiles of a prediction are frozen: those of the levels (i+½)/Levels.
const Levels = 500

// Loader answers what was known on a day. It is all that a registration is given of the world.
type Loader interface {
	AsOf(ctx context.Context, asOf period.Date) ([]record.Record, error)
}

// Forecaster is the model.
type Forecaster interface {
	// Version names the equations; another version may give other numbers.
	Version() string
	// Samples returns an ensemble per target, in base units (cars, currency units, fractions), in any order.
	// The same case, sampling and targets give the same numbers.
	Samples(ctx context.Context, text []byte, s Sampling, targets []Target) ([][]float64, error)
}

// Sampling says how many paths are drawn, and from which seed.
type Sampling struct {
	Seed      uint64 `json:"seed"`
	Paths     int    `json:"paths"`
	Scrambles int    `json:"scrambles"`
}

// Registration is a backtest before its actuals: everything that could be turned to make a forecast look better, frozen.
type Registration struct {
	Name       string    `json:"name"`
	Registered time.Time `json:"registered"`
	Model      string    `json:"model_version"`
	Spec       Spec      `json:"spec"`          // targets, metrics, seed
	Inputs     string    `json:"inputs_sha256"` // of specification, cases and what was known; a later version of the model leaves a registration as it is
	Forecasts  []Frozen  `json:"forecasts"`
	SHA256     string    `json:"sha256"` // of this registration with an empty sha256
}

// Frozen is one forecast: its priors and what they predict.
type Frozen struct {
	Entry
	Text        string       `json:"text"` // the case, whole
	Known       []string     `json:"known,omitempty"`
	Predictions []Prediction `json:"predictions"`
}

// Prediction is what a forecast says of a target, in base units.
type Prediction struct {
	Target
	Mean      float64      `json:"mean"`
	Quantiles []float64    `json:"quantiles"` // ascending, of the levels (i+½)/Levels
	Naive     []NaiveValue `json:"naive,omitempty"`
}

// NaiveValue is what a naive forecast says, and the record that it says it from.
type NaiveValue struct {
	Rule   Naive   `json:"rule"`
	Value  float64 `json:"value"`
	Period string  `json:"period"`
	Record string  `json:"record"`
}

// At returns the quantile of a level from 0 to 1 (linear between the frozen levels).
func (p Prediction) At(level float64) float64 {
	x := level*float64(len(p.Quantiles)) - 0.5
	i := int(math.Floor(x))
	switch {
	case i < 0:
		return p.Quantiles[0]
	case i >= len(p.Quantiles)-1:
		return p.Quantiles[len(p.Quantiles)-1]
	}
	return p.Quantiles[i] + (x-float64(i))*(p.Quantiles[i+1]-p.Quantiles[i])
}

// Source is what a backtest is registered from.
type Source struct {
	Files    fs.FS                                     // holds the cases
	Known    Loader                                    // of history; nil: nothing is known
	Model    Forecaster                                //
	Now      time.Time                                 // of the registration
	Progress func(done, total int, doing string)       // nil: silent
	Kept     func(inputs string) (Registration, error) // an earlier registration of these inputs, or NotFound; nil: none
}

// Register makes the forecasts and freezes them with the model's version, the priors, the targets and the seed. It reads the
// cases and what was known on each forecast's day, and can reach nothing else. The same inputs registered before are
// given back as they were registered.
func Register(ctx context.Context, spec Spec, src Source) (Registration, error) {
	r := Registration{Name: spec.Name, Registered: src.Now.UTC().Truncate(time.Second), Model: src.Model.Version(), Spec: spec}
	for i, e := range spec.Forecasts {
		f, err := freeze(ctx, e, spec.Naive, src)
		if err != nil {
			return Registration{}, within(err, fmt.Sprintf("/forecasts/%d", i))
		}
		r.Forecasts = append(r.Forecasts, f)
	}
	frozen := spec
	frozen.Actuals = "" // where the actuals will lie moves no forecast
	var err error
	if r.Inputs, err = digest(struct {
		Spec  Spec
		Cases []Frozen
	}{frozen, r.Forecasts}); err != nil {
		return Registration{}, err
	}
	if src.Kept != nil {
		had, err := src.Kept(r.Inputs)
		if fault.KindOf(err) != fault.NotFound {
			return had, err
		}
	}
	for i := range r.Forecasts {
		f := &r.Forecasts[i]
		if src.Progress != nil {
			src.Progress(i, len(r.Forecasts), "forecasting "+f.Name)
		}
		if err := f.predict(ctx, spec, src.Model); err != nil {
			return Registration{}, within(err, fmt.Sprintf("/forecasts/%d", i))
		}
	}
	if src.Progress != nil {
		src.Progress(len(r.Forecasts), len(r.Forecasts), "registered")
	}
	r.SHA256, err = r.hash()
	return r, err
}

// within points to the part of the specification that a fault is in.
func within(err error, at string) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return fault.New(f.Kind, f.Code, "%s", f.Detail).At(at + f.Pointer)
	}
	return fmt.Errorf("%s: %w", at, err)
}

// freeze reads a case and what was known on its day.
func freeze(ctx context.Context, e Entry, rules []Naive, src Source) (Frozen, error) {
	f := Frozen{Entry: e}
	if !fs.ValidPath(e.Case) {
		return f, bad("/case", "a case is a file in the backtest's folder or below, not %.80q", e.Case)
	}
	text, err := fs.ReadFile(src.Files, e.Case)
	if err != nil {
		return f, bad("/case", "%v", err)
	}
	if len(text) > MaxCase {
		return f, bad("/case", "%s has %d bytes, at most %d are read", e.Case, len(text), MaxCase)
	}
	if err := knownBy(text, e.AsOf); err != nil {
		return f, err
	}
	f.Text = string(text)
	var known []record.Record
	if src.Known != nil {
		if known, err = src.Known.AsOf(ctx, e.AsOf); err != nil {
			return f, err
		}
	}
	for _, r := range known {
		if !r.Known(e.AsOf) {
			return f, fault.New(fault.Refused, "backtest_foresight", "record %q on %s became known on %s, after the forecast's day %s", r.ID, r.Key, r.Vintage, e.AsOf)
		}
		if r.Subject() == e.Maker {
			f.Known = append(f.Known, r.ID)
		}
	}
	slices.Sort(f.Known)
	facts := record.At(known, e.AsOf)
	for i, t := range e.Targets {
		if at, err := record.ParsePeriod(t.Period); err == nil {
			if had, ok := find(facts, e.Maker, t, at); ok {
				return f, fault.New(fault.Refused, "backtest_known", "%s was known on %s already (record %q): there is nothing to forecast on %s", t, had.Vintage, had.ID, e.AsOf).At(fmt.Sprintf("/targets/%d", i))
			}
		}
		f.Predictions = append(f.Predictions, Prediction{Target: t, Naive: naive(facts, e.Maker, t, rules)})
	}
	return f, nil
}

// knownBy refuses a case that is not of the day, or in which anything has a later vintage, wherever it stands.
func knownBy(text []byte, asOf period.Date) error {
	var doc any
	if err := strict.YAML(text, &doc); err != nil {
		return bad("/case", "%v", err)
	}
	if m, ok := doc.(map[string]any); !ok || fmt.Sprint(m["as_of"]) != string(asOf) {
		return bad("/as_of", "the case is not as of %s, the forecast's day", asOf)
	}
	w := walk{asOf: asOf}
	return w.vintages(doc, "/case", 0)
}

// Limits of a case's shape: aliases within aliases make a small file a large one.
const (
	MaxNodes = 200_000
	MaxDepth = 32
)

// walk looks for vintages after a day.
type walk struct {
	asOf period.Date
	seen int
}

func (w *walk) vintages(v any, at string, depth int) error {
	if w.seen++; w.seen > MaxNodes || depth > MaxDepth {
		return bad("/case", "the case is nested deeper than %d or has more than %d values", MaxDepth, MaxNodes)
	}
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if s, ok := v[k].(string); ok && k == "vintage" && period.Date(s) > w.asOf {
				return fault.New(fault.Refused, "backtest_foresight", "the case uses what became known on %s, after the forecast's day %s", s, w.asOf).At(at + "/" + k)
			}
			if err := w.vintages(v[k], at+"/"+k, depth+1); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := w.vintages(e, at+"/"+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Frozen) predict(ctx context.Context, spec Spec, model Forecaster) error {
	ens, err := model.Samples(ctx, []byte(f.Text), Sampling{spec.Seed, spec.Paths, spec.Scrambles}, f.Targets)
	if err != nil {
		return err
	}
	if len(ens) != len(f.Targets) {
		return fmt.Errorf("forecast %s: %d ensembles for %d targets", f.Name, len(ens), len(f.Targets))
	}
	for i, e := range ens {
		p := &f.Predictions[i]
		if len(e) < Levels || slices.ContainsFunc(e, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
			return fault.New(fault.Refused, "backtest_ensemble", "the forecast of %s does not exist on every path: %d values, at least %d finite ones are needed", p.Target, len(e), Levels).At(fmt.Sprintf("/targets/%d", i))
		}
		sorted := chance.Sorted(e)
		p.Mean = round(chance.MeanOf(sorted))
		p.Quantiles = make([]float64, Levels)
		for k := range p.Quantiles {
			at := (float64(k) + 0.5) / Levels * float64(len(sorted))
			p.Quantiles[k] = round(sorted[min(int(at), len(sorted)-1)])
		}
	}
	return nil
}

// round keeps eight digits, so that the last bits of a processor do not show.
func round(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 8, 64), 64)
	if err != nil {
		return x
	}
	return v
}

// hash is the SHA-256 of the registration without its own hash.
func (r Registration) hash() (string, error) {
	r.SHA256 = ""
	return digest(r)
}

func digest(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Verify refuses a registration whose content is not what its hash says, or whose predictions are not whole.
func (r Registration) Verify() error {
	want, err := r.hash()
	if err != nil {
		return err
	}
	if want != r.SHA256 {
		return fault.New(fault.Refused, "backtest_tampered", "registration %.64q was changed after it was registered: its content has the SHA-256 %s, and it says %.64s", r.Name, want, r.SHA256)
	}
	for _, f := range r.Forecasts {
		if len(f.Predictions) != len(f.Targets) {
			return bad("/forecasts", "forecast %q predicts %d of %d targets", f.Name, len(f.Predictions), len(f.Targets))
		}
		for _, p := range f.Predictions {
			if len(p.Quantiles) != Levels || !slices.IsSorted(p.Quantiles) {
				return bad("/forecasts", "forecast %q has no %d ascending quantiles of %s", f.Name, Levels, p.Target)
			}
		}
	}
	return nil
}

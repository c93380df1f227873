package r157

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"roadbook/pilot/motion"
)

// Labels of the feature. They must not be mixed, in wording as in billing.
const (
	Conditional = "R157 L3"              // the driver may turn to something else
	Supervised  = "supervised (UN R171)" // the driver watches all the time
)

// ODD is the operational design domain of one market, with the rules that differ by country.
type ODD struct {
	Market    string   `json:"market"`
	Label     string   `json:"label"`     // Conditional or Supervised
	Source    string   `json:"source"`    // where the rules are from
	Countries []string `json:"countries"` // ISO 3166-1 alpha-2

	Roads       []string   `json:"roads"`       // motorway, expressway
	Divided     bool       `json:"divided"`     // directions must be physically separated (6.2.3)
	MinSpeed    float64    `json:"min_speed"`   // m/s at which it may be activated
	MaxSpeed    float64    `json:"max_speed"`   // m/s, 60 km/h at most without a lane change in the MRM, else 130 (5.2.3.1)
	Sight       []Sight    `json:"sight"`       // speed by how far it sees: the inverse of 7.1.1
	Rain        float64    `json:"rain"`        // mm/h at most
	Snow        bool       `json:"snow"`        // allowed
	Ice         bool       `json:"ice"`         // allowed
	Night       bool       `json:"night"`       // allowed
	Temperature [2]float64 `json:"temperature"` // Celsius, from and to

	MRMLaneChange bool    `json:"mrm_lane_change"` // the minimum risk manoeuvre may change lanes
	LaneChange    bool    `json:"lane_change"`     // regular lane changes are allowed (5.2.6)
	Headway       float64 `json:"headway"`         // s behind a lead above 60 km/h (national rules, 5.1.2)
}

// Sight is a row of the table in 7.1.1.
type Sight struct {
	Range float64 `json:"range"` // m that are seen ahead
	Speed float64 `json:"speed"` // m/s that this allows
}

// Verdict is what the domain says of one moment.
type Verdict struct {
	Reason   Reason  // NoReason: the domain holds
	MaxSpeed float64 // m/s that are allowed here and now; 0 outside
}

// Bounds of a document of markets.
const (
	MaxMarketBytes = 64 << 10
	maxMarkets     = 64
	maxRows        = 32
)

const kmh = 1 / 3.6

// Check decides by the place and by how far the car sees. The order of the reasons is fixed: place, then weather.
func (o *ODD) Check(in *motion.Input) Verdict {
	p := &in.Place
	if r := o.outside(p); r != NoReason {
		return Verdict{Reason: r}
	}
	v := min(o.MaxSpeed, o.SpeedFor(p.Visibility))
	if v <= 0 {
		return Verdict{Reason: Visibility}
	}
	if in.Road.Limit > 0 {
		v = min(v, in.Road.Limit)
	}
	return Verdict{MaxSpeed: v}
}

func (o *ODD) outside(p *motion.Place) Reason {
	switch {
	case !o.in(p.Country):
		return Country
	case !o.onRoad(p.Class):
		return RoadClass
	case o.Divided && !p.Divided:
		return NotDivided
	case !(p.Rain <= o.Rain): // a sensor that gives no number is outside
		return Rain
	case p.Snow && !o.Snow:
		return Snow
	case p.Ice && !o.Ice:
		return Ice
	case p.Night && !o.Night:
		return Night
	case !(p.Temperature >= o.Temperature[0] && p.Temperature <= o.Temperature[1]):
		return Temperature
	}
	return NoReason
}

func (o *ODD) in(c [2]byte) bool {
	for _, have := range o.Countries {
		if len(have) == 2 && have[0] == c[0] && have[1] == c[1] {
			return true
		}
	}
	return false
}

func (o *ODD) onRoad(c motion.RoadClass) bool {
	for _, have := range o.Roads {
		if name := RoadName(c); name != "" && have == name {
			return true
		}
	}
	return false
}

// RoadName is the class's name in documents, "" for an unknown road.
func RoadName(c motion.RoadClass) string {
	switch c {
	case motion.Motorway:
		return "motorway"
	case motion.Expressway:
		return "expressway"
	case motion.Rural:
		return "rural"
	case motion.Urban:
		return "urban"
	}
	return ""
}

// SpeedFor is the speed in m/s that seeing so many metres allows, interpolated; 0 below the first row.
func (o *ODD) SpeedFor(meters float64) float64 {
	if len(o.Sight) == 0 || !(meters >= o.Sight[0].Range) {
		return 0
	}
	for i := 1; i < len(o.Sight); i++ {
		a, b := o.Sight[i-1], o.Sight[i]
		if meters < b.Range {
			return a.Speed + float64((meters-a.Range)*(b.Speed-a.Speed))/(b.Range-a.Range)
		}
	}
	return o.Sight[len(o.Sight)-1].Speed
}

// Valid reports what is wrong with the data.
func (o *ODD) Valid() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	value := func(name string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) {
			bad("%s is %g: expected %g to %g", name, v, lo, hi)
		}
	}
	if o.Market == "" || len(o.Market) > 64 || o.Source == "" || len(o.Source) > 500 {
		bad("market %.70q: a name of 1 to 64 bytes and a source of 1 to 500 are expected", o.Market)
	}
	if o.Label != Conditional && o.Label != Supervised {
		bad("label is %.40q: expected %q or %q", o.Label, Conditional, Supervised)
	}
	if len(o.Countries) == 0 || len(o.Countries) > 256 {
		bad("countries: expected 1 to 256, got %d", len(o.Countries))
	}
	for _, c := range o.Countries {
		if len(c) != 2 || c[0] < 'A' || c[0] > 'Z' || c[1] < 'A' || c[1] > 'Z' {
			bad("country %.10q: expected two capital letters (ISO 3166-1)", c)
		}
	}
	if len(o.Roads) == 0 || len(o.Roads) > 2 {
		bad("roads: expected 1 or 2, got %d", len(o.Roads))
	}
	for _, r := range o.Roads {
		if !slices.Contains([]string{"motorway", "expressway"}, r) {
			bad("road %.20q: expected motorway or expressway, where nobody walks or cycles (6.2.3)", r)
		}
	}
	if !o.Divided {
		bad("divided must be true: directions are physically separated (6.2.3)")
	}
	top := 130 * kmh
	if !o.MRMLaneChange {
		top = 60 * kmh
	}
	value("max_speed (60 km/h without mrm_lane_change, else 130; 5.2.3.1)", o.MaxSpeed, 10*kmh, top+1e-9)
	value("min_speed", o.MinSpeed, 0, o.MaxSpeed)
	value("rain", o.Rain, 0, 100)
	value("temperature from", o.Temperature[0], -60, o.Temperature[1])
	value("temperature to", o.Temperature[1], o.Temperature[0], 70)
	value("headway", o.Headway, 1.6, 4)
	errs = append(errs, o.validSight()...)
	return errors.Join(errs...)
}

// required is 7.1.1: the range in metres that a speed in km/h needs.
var required = [8][2]float64{{60, 46}, {70, 50}, {80, 60}, {90, 75}, {100, 90}, {110, 110}, {120, 130}, {130, 150}}

func (o *ODD) validSight() (errs []error) {
	if len(o.Sight) < 2 || len(o.Sight) > maxRows {
		return []error{fmt.Errorf("sight: expected 2 to %d rows, got %d", maxRows, len(o.Sight))}
	}
	for i, s := range o.Sight {
		if !(s.Range > 0 && s.Range <= 1000 && s.Speed > 0 && s.Speed <= 130*kmh+1e-9) {
			errs = append(errs, fmt.Errorf("sight/%d: %g m and %g m/s: expected up to 1000 m and 130 km/h", i, s.Range, s.Speed))
		} else if i > 0 && !(s.Range > o.Sight[i-1].Range && s.Speed > o.Sight[i-1].Speed) {
			errs = append(errs, fmt.Errorf("sight/%d: range and speed must rise from row to row", i))
		}
	}
	if len(errs) > 0 {
		return errs
	}
	if first := o.Sight[0]; first.Range < required[0][1] {
		errs = append(errs, fmt.Errorf("sight/0: %g m are less than the %g m that are asked up to 60 km/h (7.1.1)", first.Range, required[0][1]))
	}
	for _, row := range required {
		if v := o.SpeedFor(row[1]); v > float64(row[0]*kmh)+1e-9 {
			errs = append(errs, fmt.Errorf("sight: %g m allow %.1f km/h, 7.1.1 only %g", row[1], v/kmh, row[0]))
		}
	}
	return errs
}

//go:embed markets.json
var markets []byte

// Markets are the markets that come with the software.
func Markets() ([]ODD, error) { return ParseMarkets(markets) }

// ParseMarkets reads a document {"markets": [...]}. An unknown field, a market that is not valid and a country in two of them
// are errors.
func ParseMarkets(b []byte) ([]ODD, error) {
	if len(b) > MaxMarketBytes {
		return nil, fmt.Errorf("markets: %d bytes, at most %d", len(b), MaxMarketBytes)
	}
	var doc struct {
		Markets []ODD `json:"markets"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("markets: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("markets: more follows after the document")
	}
	if len(doc.Markets) == 0 || len(doc.Markets) > maxMarkets {
		return nil, fmt.Errorf("markets: expected 1 to %d, got %d", maxMarkets, len(doc.Markets))
	}
	seen := map[string]string{}
	for i := range doc.Markets {
		o := &doc.Markets[i]
		if err := o.Valid(); err != nil {
			return nil, fmt.Errorf("markets/%d (%.64s): %w", i, o.Market, err)
		}
		for _, c := range o.Countries {
			if other, twice := seen[c]; twice {
				return nil, fmt.Errorf("markets/%d (%s): country %s is also in %s", i, o.Market, c, other)
			}
			seen[c] = o.Market
		}
	}
	return doc.Markets, nil
}

// Market finds the market of a country.
func Market(list []ODD, country string) (*ODD, error) {
	for i := range list {
		if slices.Contains(list[i].Countries, country) {
			return &list[i], nil
		}
	}
	return nil, fmt.Errorf("no market allows the pilot in %.10q", country)
}

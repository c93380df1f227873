package passport_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roadbook/evidence"
	"roadbook/fault"
	"roadbook/period"
	"roadbook/supply/passport"
)

var pack = passport.Pack{Serial: "P1", Lot: "lot-1", Model: "pack.lfp", VIN: "LRBR1CNE1PB000001"}

const link = "https://passport.example/passport/P1"

func record(id, attribute, value string, g passport.Grain, date, vintage period.Date) passport.Record {
	subject := passport.Subject{Grain: g, ID: map[passport.Grain]string{passport.Model: pack.Model, passport.Lot: pack.Lot, passport.Item: pack.Serial}[g]}
	return passport.Record{ID: id, Subject: subject, Attribute: attribute, Value: json.RawMessage(value), Origin: passport.Supplier,
		Evidence: evidence.Evidence{Source: "data sheet", Date: date, Vintage: vintage, Who: "Anna Buyer", Level: evidence.Reported}}
}

func value(t *testing.T, p passport.Passport, id string) string {
	t.Helper()
	e, ok := p.Entry(id)
	if !ok || e.Record == nil {
		return ""
	}
	return string(e.Record.Value)
}

func TestWhatCounts(t *testing.T) {
	c := passport.NewCatalogue()
	all := []passport.Record{
		record("1", "battery_mass", `450`, passport.Model, "2026-01-01", "2026-01-10"),
		record("2", "battery_mass", `455.2`, passport.Item, "2025-12-01", "2026-03-01"), // weighed: finer, though of an earlier day
		record("3", "rated_capacity", `180`, passport.Model, "2026-01-01", "2026-01-10"),
		record("4", "state_of_charge", `80`, passport.Item, "2026-02-01", "2026-02-01"),
		record("5", "state_of_charge", `40`, passport.Item, "2026-02-02", "2026-02-02"),
		record("6", "carbon_footprint", `0.08`, passport.Lot, "2026-01-01", "2026-01-10"),
		{ID: "7", Subject: passport.Subject{Grain: passport.Item, ID: "P2"}, Attribute: "state_of_charge", Value: json.RawMessage(`1`), Evidence: evidence.Evidence{Date: "2026-09-01", Vintage: "2026-09-01"}},
	}
	fix := record("8", "rated_capacity", `188`, passport.Model, "2026-01-01", "2026-05-01")
	fix.Supersedes = "3"
	all = append(all, fix)
	for _, row := range []struct {
		asOf       period.Date
		id, want   string
		whyIsItSo_ string
	}{
		{"2026-01-09", "battery_mass", "", "nothing was known yet"},
		{"2026-01-10", "battery_mass", "450", "the model's"},
		{"2026-03-01", "battery_mass", "455.2", "the battery's own"},
		{"2026-04-30", "rated_capacity", "180", "the correction was not known yet"},
		{"2026-05-01", "rated_capacity", "188", "corrected"},
		{"2026-02-01", "state_of_charge", "80", "the latest then"},
		{"2026-12-01", "state_of_charge", "40", "the latest, and not of another battery"},
		{"2026-12-01", "carbon_footprint", "0.08", "of the lot"},
		{"2026-12-01", "nominal_voltage", "", "never told: missing, not zero"},
	} {
		if got := value(t, c.Assemble(pack, all, link, row.asOf), row.id); got != row.want {
			t.Errorf("%s as of %s is %q, want %q: %s", row.id, row.asOf, got, row.want, row.whyIsItSo_)
		}
	}
}

// TestOrderNeverMatters: the same records in any order make the same passport.
func TestOrderNeverMatters(t *testing.T) {
	c := passport.NewCatalogue()
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Custom(func(t *rapid.T) period.Date {
			return period.Date("2026-01-01").AddDays(rapid.IntRange(0, 3).Draw(t, "day"))
		})
		var all []passport.Record
		for i := range rapid.IntRange(0, 12).Draw(t, "records") {
			r := record(string(rune('a'+i)), rapid.SampledFrom([]string{"state_of_charge", "battery_mass", "certified_usable_energy", "remaining_usable_energy"}).Draw(t, "attribute"),
				rapid.SampledFrom([]string{"1", "2", "50"}).Draw(t, "value"), rapid.SampledFrom(passport.Grains).Draw(t, "grain"), day.Draw(t, "date"), day.Draw(t, "vintage"))
			if i > 0 && rapid.Bool().Draw(t, "corrects") {
				r.Supersedes = string(rune('a' + i - 1))
			}
			all = append(all, r)
		}
		asOf := day.Draw(t, "as of")
		one, err := c.Assemble(pack, all, link, asOf).JSONLD()
		if err != nil {
			t.Fatal(err)
		}
		two, err := c.Assemble(pack, rapid.Permutation(all).Draw(t, "order"), link, asOf).JSONLD()
		if err != nil || string(one) != string(two) {
			t.Fatalf("%v\n%s\n%s", err, one, two)
		}
		for _, e := range c.Assemble(pack, all, link, asOf).Entries {
			if e.Record != nil && e.Record.Vintage > asOf {
				t.Fatalf("%s of %s is seen on %s", e.Attribute.ID, e.Record.Vintage, asOf)
			}
		}
	})
}

// secrets holds one value of every attribute, each with a text that is found again wherever it leaks.
func secrets(t *testing.T, c passport.Catalogue) ([]passport.Record, map[string]string) {
	t.Helper()
	marks := map[string]string{}
	var all []passport.Record
	for i, a := range c.All() {
		mark := "zz" + strings.Repeat(string(rune('a'+i%26)), 3+i/26) + "zz"
		v := map[passport.Kind]string{passport.Number: `1`, passport.Whole: `1`, passport.Text: `"` + mark + `"`, passport.Month: `"2026-11"`, passport.Date: `"2026-11-02"`,
			passport.Link: `"https://x.example/` + mark + `"`, passport.Texts: `["` + mark + `"]`, passport.Parties: `[{"name":"` + mark + `","address":"b","country":"CN"}]`,
			passport.Substances: `[{"name":"` + mark + `"}]`, passport.PerPart: `{"pack":1}`}[a.Form.Kind]
		if a.Form.Kind == passport.Choice {
			v = `"` + a.Form.Choices[0] + `"`
		}
		if a.ID == passport.BatteryCategory {
			v = `"ev"`
		}
		r := record("rec-"+mark, a.ID, v, a.Grain, "2026-11-01", "2026-11-01")
		r.Source, r.Definition = "source "+mark, "meaning "+mark
		r, err := r.Check(a)
		if err != nil {
			t.Fatal(err)
		}
		marks[a.ID] = mark
		all = append(all, r)
	}
	return all, marks
}

// TestNothingLeaks looks for each value, its source, definition and id in what each reader gets.
func TestNothingLeaks(t *testing.T) {
	c := passport.NewCatalogue()
	all, marks := secrets(t, c)
	whole := c.Assemble(pack, all, link, "2026-11-26")
	whole.Refused = []passport.Refusal{{Attribute: "accidents", Source: "zzrefusedzz", Why: "zzrefusedzz"}}
	for _, r := range passport.Readers {
		seen := whole.For(r)
		ld, err := seen.JSONLD()
		if err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(seen)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, a := range c.All() {
			for what, doc := range map[string][]byte{"JSON-LD": ld, "JSON": plain} {
				if has := strings.Contains(string(doc), marks[a.ID]); has != r.May(a.Access) {
					t.Errorf("%s of class %s in the %s of reader %s: %v", a.ID, a.Access, what, r, has)
				}
			}
			if r.May(a.Access) {
				shown++
			}
		}
		if len(seen.Entries) != shown || seen.Withheld != 93-shown {
			t.Errorf("%s: %d entries and %d withheld, want %d", r, len(seen.Entries), seen.Withheld, shown)
		}
		if named := strings.Contains(string(plain), "Anna Buyer") || strings.Contains(string(plain), "zzrefusedzz") || strings.Contains(string(ld), "Anna Buyer"); named != (r == passport.Maker) {
			t.Errorf("%s: the name of who entered it, or what was refused, is told: %v", r, named)
		}
	}
	if value(t, whole, passport.StateOfCharge) == "" {
		t.Error("taking a reader's view changed the whole")
	}
}

func TestComplete(t *testing.T) {
	c := passport.NewCatalogue()
	all, _ := secrets(t, c)
	whole := c.Assemble(pack, all, link, "2027-02-18")
	rep, err := whole.Complete("")
	if err != nil || rep.Category != passport.EV || len(rep.Missing) != 0 || rep.Present != rep.Mandatory || !rep.Owed {
		t.Errorf("with everything recorded: %+v, %v", rep, err)
	}
	rep, err = whole.Complete(passport.LMT)
	if err != nil || len(rep.Alien) != 2 || rep.Alien[0].Attribute != passport.SOCE || rep.Alien[1].Attribute != "exhaustion_threshold" {
		t.Errorf("what is only of electric vehicles in the passport of an LMT battery: %+v, %v", rep.Alien, err)
	}
	empty := c.Assemble(pack, nil, link, "2027-02-17")
	if _, err := empty.Complete(""); fault.CodeOf(err) != "category_missing" {
		t.Errorf("without a category: %v, want a refusal", err)
	}
	if _, err := empty.Complete("solar"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a category that there is not: %v", err)
	}
	for category, want := range map[passport.Category]int{passport.EV: 65, passport.LMT: 71, passport.Industrial: 56, passport.Stationary: 71} {
		rep, err := empty.Complete(category)
		if err != nil || rep.Present != 0 || rep.Owed || len(rep.Missing) != rep.Mandatory {
			t.Errorf("%s, nothing recorded: %+v, %v", category, rep, err)
		}
		if rep.Mandatory != want {
			t.Errorf("%s owes %d, the report says %d", category, want, rep.Mandatory)
		}
	}
	one := slices.DeleteFunc(slices.Clone(all), func(r passport.Record) bool { return r.Attribute == "accidents" })
	rep, err = c.Assemble(pack, one, link, "2027-02-18").Complete("")
	if err != nil || len(rep.Missing) != 1 || rep.Missing[0].Attribute != "accidents" || rep.Missing[0].Origin != passport.Telemetry {
		t.Errorf("without the accidents: %+v, %v", rep.Missing, err)
	}
}

// TestRules checks what follows from what, with figures worked out by hand.
func TestRules(t *testing.T) {
	c := passport.NewCatalogue()
	given := func(pairs ...string) []passport.Record {
		var all []passport.Record
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, record("r"+pairs[i], pairs[i], pairs[i+1], passport.Item, "2026-06-01", "2026-06-02"))
		}
		return all
	}
	for _, row := range []struct {
		given    []passport.Record
		id, want string
	}{
		{given("remaining_usable_energy", "66.5", "certified_usable_energy", "70"), "state_of_certified_energy", "95"},
		{given("state_of_certified_energy", "95", "certified_usable_energy", "70"), "remaining_usable_energy", "66.5"},
		{given("remaining_capacity", "171", "rated_capacity", "180"), "capacity_fade", "5"},
		{given("remaining_capacity", "181.8", "rated_capacity", "180"), "capacity_fade", "-1"},
		{given("remaining_power", "198000", "original_power", "220000"), "power_fade", "10"},
		{given("remaining_efficiency", "91.2", "initial_efficiency", "96"), "efficiency_fade", "5"},
		{given("current_self_discharge", "3", "initial_self_discharge", "2"), "self_discharge_evolution", "50"},
		{given("energy_throughput", "7000", "certified_usable_energy", "70"), "full_cycles", "100"},
		{given("state_of_certified_energy", "95"), "remaining_usable_energy", ""},
		{given("remaining_power", "198000"), "power_fade", ""},
		{given("remaining_power", "198000", "original_power", "0"), "power_fade", ""},
		{given("remaining_capacity", "500", "rated_capacity", "180"), "capacity_fade", ""}, // −178 % is an error of measurement, not a fade
		{given("remaining_capacity", "171", "rated_capacity", "180", "capacity_fade", "7"), "capacity_fade", "7"},
	} {
		p := c.Assemble(pack, row.given, link, "2026-06-02")
		if got := value(t, p, row.id); got != row.want {
			t.Errorf("%s is %q, want %q", row.id, got, row.want)
		}
		e, _ := p.Entry(row.id)
		if row.want == "" || e.Record.Source == "data sheet" {
			continue
		}
		a := e.Attribute
		if r, err := e.Record.Check(a); err != nil || r.Level != evidence.Derived || r.Date != "2026-06-01" || r.Vintage != "2026-06-02" {
			t.Errorf("what is derived has evidence like the rest: %+v, %v", e.Record, err)
		}
	}
	unsure := given("remaining_usable_energy", "66.5", "certified_usable_energy", "70")
	unsure[0].Level = evidence.Assumed
	if e, _ := c.Assemble(pack, unsure, link, "2026-06-02").Entry(passport.SOCE); e.Record.Level != evidence.Uncertain {
		t.Errorf("what follows from an assumption has level %s", e.Record.Level)
	}
}

func TestTelemetry(t *testing.T) {
	c := passport.NewCatalogue()
	at := time.Date(2026, 6, 3, 7, 30, 0, 0, time.UTC)
	energy := record("cert", "certified_usable_energy", "70", passport.Model, "2026-01-01", "2026-01-01")
	read := func(r passport.Readings) passport.Passport {
		return c.Assemble(pack, append(r.Facts(pack), energy), link, "2026-06-03")
	}
	p := read(passport.Readings{
		passport.SignalCharge:   {Value: 60, At: at},
		passport.SignalStored:   {Value: 39.9, At: at},
		passport.SignalHealth:   {Value: 90, At: at},
		passport.SignalConsumed: {Value: 1400, At: at.Add(time.Minute)},
		passport.SignalTemp:     {Value: 24.5, At: at},
	})
	for id, want := range map[string]string{"state_of_charge": "60", "remaining_usable_energy": "66.5", "state_of_certified_energy": "95",
		"energy_throughput": "1400", "full_cycles": "20", "temperature": "24.5",
		"capacity_fade": "", "power_fade": "", "efficiency_fade": "", "resistance_increase": "", "accidents": ""} { // what the car cannot tell
		got := strings.TrimSuffix(value(t, p, id), ".000")
		if n, err := json.Number(got).Float64(); got != want && (err != nil || json.Number(want).String() != trim(n)) {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
	if raw, err := json.Marshal(p); err != nil || strings.Contains(string(raw), string(pack.VIN)) {
		t.Error("a passport names the car's VIN")
	}
	low := read(passport.Readings{passport.SignalCharge: {Value: 5, At: at}, passport.SignalStored: {Value: 3.4, At: at}})
	if got := value(t, low, passport.SOCE); got != "" {
		t.Errorf("of 5 %% charge the whole was reckoned: %s", got)
	}
	apart := read(passport.Readings{passport.SignalCharge: {Value: 60, At: at}, passport.SignalStored: {Value: 39.9, At: at.Add(time.Hour)}})
	if got := value(t, apart, passport.SOCE); got != "" {
		t.Errorf("two instants were set against each other: %s", got)
	}
	health := read(passport.Readings{passport.SignalHealth: {Value: 93, At: at}})
	if e, _ := health.Entry(passport.SOCE); e.Record == nil || e.Record.Level != evidence.Uncertain {
		t.Errorf("the car's own state of health: %+v", e.Record)
	}
	if facts := (passport.Readings{}).Facts(pack); len(facts) != 0 {
		t.Errorf("a silent car told %v", facts)
	}
}

func trim(v float64) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

func TestJoin(t *testing.T) {
	c := passport.NewCatalogue()
	mass, soc, status := "battery_mass", passport.StateOfCharge, passport.BatteryStatus
	with := func(r passport.Record, supersedes string) passport.Record {
		r.Supersedes = supersedes
		return r
	}
	item := passport.Item
	first := record("1", mass, `450`, item, "2026-01-01", "2026-01-01")
	fixed := with(record("2", mass, `455`, item, "2026-01-01", "2026-02-01"), "1")
	for _, row := range []struct {
		why  string
		had  []passport.Record
		r    passport.Record
		code string
	}{
		{"the first", nil, first, ""},
		{"a static value is not recorded twice", []passport.Record{first}, record("2", mass, `455`, item, "2026-03-01", "2026-03-01"), "value_recorded"},
		{"a correction names what it corrects", []passport.Record{first}, fixed, ""},
		{"of one wrong record one correction", []passport.Record{first, fixed}, with(record("3", mass, `456`, item, "2026-01-01", "2026-03-01"), "1"), "superseded_twice"},
		{"a correction is corrected", []passport.Record{first, fixed}, with(record("3", mass, `456`, item, "2026-01-01", "2026-03-01"), "2"), ""},
		{"nothing to correct", nil, fixed, "superseded_unknown"},
		{"known before the error was made", []passport.Record{fixed}, with(record("3", mass, `456`, item, "2025-12-01", "2026-01-15"), "2"), "vintage"},
		{"a dynamic value of the next day", []passport.Record{record("1", soc, `50`, item, "2026-01-01", "2026-01-01")}, record("2", soc, `40`, item, "2026-01-02", "2026-01-02"), ""},
		{"a dynamic value of the same day", []passport.Record{record("1", soc, `50`, item, "2026-01-01", "2026-01-01")}, record("2", soc, `40`, item, "2026-01-01", "2026-01-01"), "value_recorded"},
		{"a life goes on", []passport.Record{record("1", status, `"original"`, item, "2026-01-01", "2026-01-01")}, record("2", status, `"repurposed"`, item, "2034-01-01", "2034-01-01"), ""},
		{"what was waste may be repurposed", []passport.Record{record("1", status, `"waste"`, item, "2034-01-01", "2034-01-01")}, record("2", status, `"repurposed"`, item, "2034-02-01", "2034-02-01"), ""},
		{"nothing becomes original again", []passport.Record{record("1", status, `"re-used"`, item, "2034-01-01", "2034-01-01")}, record("2", status, `"original"`, item, "2035-01-01", "2035-01-01"), "status_goes_back"},
		{"nor was it something else before", []passport.Record{record("1", status, `"original"`, item, "2034-01-01", "2034-01-01")}, record("2", status, `"waste"`, item, "2033-01-01", "2035-01-01"), "status_goes_back"},
	} {
		a, err := c.Of(row.r.Attribute)
		if err != nil {
			t.Fatal(err)
		}
		if err := row.r.Join(a, row.had); fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %q", row.why, err, row.code)
		}
	}
}

func TestRecordCheck(t *testing.T) {
	c := passport.NewCatalogue()
	whole := record("1", "battery_mass", `450`, passport.Model, "2026-01-01", "2026-01-01")
	for _, row := range []struct {
		why, at string
		spoil   func(*passport.Record)
	}{
		{"of nothing", "/subject/id", func(r *passport.Record) { r.Subject.ID = "a b" }},
		{"of a grain that there is not", "/subject/grain", func(r *passport.Record) { r.Subject.Grain = "cell" }},
		{"from nowhere", "/origin", func(r *passport.Record) { r.Origin = "hearsay" }},
		{"without a source", "/source", func(r *passport.Record) { r.Source = "" }},
		{"without an author", "/who", func(r *passport.Record) { r.Who = "" }},
		{"without a vintage", "/vintage", func(r *passport.Record) { r.Vintage = "" }},
		{"known before it was so", "/vintage", func(r *passport.Record) { r.Vintage = "2025-12-31" }},
		{"of no level", "/level", func(r *passport.Record) { r.Level = "" }},
		{"no mass", "/value", func(r *passport.Record) { r.Value = json.RawMessage(`"heavy"`) }},
		{"a use of all batteries of a model", "/subject/grain", func(r *passport.Record) { r.Attribute, r.Value = "state_of_charge", json.RawMessage(`50`) }},
		{"a footprint of all plants of a model", "/subject/grain", func(r *passport.Record) { r.Attribute, r.Value = "carbon_footprint", json.RawMessage(`0.1`) }},
	} {
		r := whole
		row.spoil(&r)
		a, err := c.Of(r.Attribute)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Check(a)
		if f, ok := asFault(err); !ok || f.Kind != fault.Invalid || f.Pointer != row.at {
			t.Errorf("%s: %v, want a refusal at %s", row.why, err, row.at)
		}
	}
}

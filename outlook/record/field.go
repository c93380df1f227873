package record

import (
	"regexp"
	"strings"

	"roadbook/money"
)

// field says what a name in the file means.
type field struct {
	metric     string
	unit       string
	currency   money.Currency
	definition string
	result     bool // result_kind is its definition
	negate     bool // printed as a loss
	estimate   bool
}

// fields are the names of the makers' rows: the metrics that a forecast names too.
var fields = map[string]field{
	"deliveries":                             {metric: "deliveries", unit: "cars"},
	"deliveries_est":                         {metric: "deliveries", unit: "cars", estimate: true},
	"deliveries_text":                        {metric: "deliveries", unit: "cars"},
	"segment_rev_bn":                         {metric: "revenue", unit: "bn", currency: "CNY"},
	"total_rev_bn":                           {metric: "revenue", unit: "bn", currency: "CNY"},
	"rev_bn":                                 {metric: "revenue", unit: "bn", currency: "CNY"},
	"ev_rev_bn":                              {metric: "vehicle_revenue", unit: "bn", currency: "CNY"},
	"vehicle_sales_bn":                       {metric: "vehicle_revenue", unit: "bn", currency: "CNY"},
	"other_rev_bn":                           {metric: "other_revenue", unit: "bn", currency: "CNY"},
	"services_bn":                            {metric: "services_revenue", unit: "bn", currency: "CNY"},
	"asp_rmb":                                {metric: "asp", unit: "per car", currency: "CNY"},
	"gm_pct":                                 {metric: "gross_margin", unit: "%"},
	"gm":                                     {metric: "gross_margin", unit: "%"},
	"vm":                                     {metric: "vehicle_margin", unit: "%"},
	"gross_profit_bn":                        {metric: "gross_profit", unit: "bn", currency: "CNY"},
	"result_bn":                              {metric: "result", unit: "bn", currency: "CNY", result: true},
	"result_per_car_rmb":                     {metric: "result_per_car", unit: "per car", currency: "CNY", result: true},
	"net_loss_bn":                            {metric: "net_result", unit: "bn", currency: "CNY", definition: "net loss", negate: true},
	"net_profit_bn":                          {metric: "net_result", unit: "bn", currency: "CNY", definition: "net profit"},
	"rnd_group_bn":                           {metric: "rnd_group", unit: "bn", currency: "CNY"},
	"target":                                 {metric: "plan_deliveries", unit: "cars"},
	"derived_services_margin":                {metric: "services_margin", unit: "1"},
	"derived_services_share_of_gross_profit": {metric: "services_share_of_gross_profit", unit: "1"},
}

// units of what no table names are read from the words of its name.
var words = []struct {
	word, unit string
}{
	{"gwh", "GWh"}, {"wh", "per Wh"}, {"kwh", "per kWh"}, {"t", "per t"}, {"gb", "per GB"}, {"month", "per month"}, {"year", "per year"}, {"years", "years"},
	{"car", "per car"}, {"pct", "%"}, {"bn", "bn"}, {"m", "m"}, {"voltage", "V"},
}

var currencies = map[string]money.Currency{"usd": "USD", "rmb": "CNY", "gbp": "GBP", "eur": "EUR"}

var (
	ratio  = regexp.MustCompile(`(^|[_.])(share|rate|margin)([_.]|$)|^ziegler_|^bnef$|^experience_`)
	pieces = regexp.MustCompile(`[._/ ]+`)
)

// fieldOf names the metric of a path and its unit.
func fieldOf(sc scope) field {
	path := strings.Join(sc.path, ".")
	if f, ok := fields[path]; ok {
		if sc.block == "backtest_actuals" && f.unit == "%" { // printed as fractions there
			f.unit = "1"
		}
		return f
	}
	if sc.block == "bnef_forecasts" { // whose names do not say it: packs, as under bnef_pack_usd_kwh
		return field{metric: slug(path), unit: "per kWh", currency: "USD"}
	}
	f := field{metric: slug(path), unit: "1"}
	if f.metric == "" {
		f.metric = "value"
	}
	name := strings.ToLower(path)
	if ratio.MatchString(name) {
		return f
	}
	block := sc.block
	for _, text := range []string{block, name} { // what the name says goes before what the block says
		for _, p := range pieces.Split(text, -1) {
			if c, ok := currencies[p]; ok {
				f.currency = c
			}
			for _, w := range words {
				if p == w.word {
					f.unit = w.unit
				}
			}
		}
	}
	switch {
	case f.currency == "" && f.unit == "per kWh": // an amount of energy, not a price
		f.unit = "kWh"
	case f.currency == "" && (f.unit == "bn" || strings.Contains(name, "price")):
		f.currency = "CNY" // RMB unless said
	}
	return f
}

var (
	periodName = []struct {
		form         *regexp.Regexp
		period, rest string
	}{
		{regexp.MustCompile(`^((?:FY)?\d{4}(?:Q[1-4])?|9M\d{4}|\d{4}-\d{2})$`), "$1", ""},
		{regexp.MustCompile(`^(\d{4}-\d{2})_(.+)$`), "$1", "$2"},
		{regexp.MustCompile(`^q([1-4])_(\d{4})$`), "${2}Q$1", ""},
		{regexp.MustCompile(`^y(\d{4})$`), "$1", ""},
		{regexp.MustCompile(`^(\d{4})_end$`), "$1", "end"},
		{regexp.MustCompile(`^(.+)_9m_(\d{4})(_rmb|_bn)?$`), "9M$2", "$1$3"},
		{regexp.MustCompile(`^(.+)_q([1-4])_(\d{4})(_rmb|_bn)?$`), "${3}Q$2", "$1$4"},
		{regexp.MustCompile(`^(.+?)_(\d{4}(?:Q[1-4])?)(_rmb|_bn)?(?:_approx)?$`), "$2", "$1$3"},
	}
	looseDay  = regexp.MustCompile(`\d{4}-\d{2}-\d{2}|\d{4}-\d{2}`)
	looseHalf = regexp.MustCompile(`(\d{4}) (H[12])`)
	looseYear = regexp.MustCompile(`\d{4}`)
)

// name takes a name of the file into the scope: one that is, begins or ends with a period sets the period.
func (sc *scope) name(k string) {
	path := sc.path[:len(sc.path):len(sc.path)]
	for _, f := range periodName {
		m := f.form.FindStringSubmatchIndex(k)
		if m == nil || strings.Contains(k, "_to_") { // 2022_to_2025 is no period
			continue
		}
		p := string(f.form.ExpandString(nil, f.period, k, m))
		if _, err := ParsePeriod(p); err != nil {
			continue
		}
		sc.period, sc.approx = p, sc.approx || strings.HasSuffix(k, "_approx")
		if rest := string(f.form.ExpandString(nil, f.rest, k, m)); rest != "" {
			path = append(path, rest)
		}
		sc.path = path
		return
	}
	if k != "rows" {
		path = append(path, k)
	}
	sc.path = path
}

// setPeriod reads a row's period; one that is loosely written ("2022 mid") is kept as a note.
func (sc *scope) setPeriod(s string) {
	p := s
	if _, err := ParsePeriod(p); err != nil {
		if m := looseHalf.FindStringSubmatch(s); m != nil {
			p = m[1] + m[2]
		} else if p = looseDay.FindString(s); p == "" {
			p = looseYear.FindString(s)
		}
		if _, err := ParsePeriod(p); err != nil {
			p = ""
		}
		sc.note = join(sc.note, "period as printed: "+s)
	}
	sc.period = p
}

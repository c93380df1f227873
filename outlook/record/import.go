package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"roadbook/evidence"
	"roadbook/id"
	"roadbook/money"
	"roadbook/period"
)

// Who entered what Import reads.
const Who = "import"

// importer walks a file; made is the day on which it was made.
type importer struct {
	made period.Date
	out  []Record
	seen map[string]bool
}

// scope is what a part of the file inherits from the whole around it.
type scope struct {
	block, subject         string
	path                   []string // names from the block down to here, without those that are periods
	period                 string
	source                 *group
	unsourced              string // what the file says of a row without a source
	note, xcheck, conflict string
	kind                   string // result_kind
	mark                   string // further words that mark the row's level
	approx                 bool
	given                  period.Date // a vintage that the row itself tells
}

// Import reads the calibration file economics.json: one block per company or topic, each row with its source
// (reference/economics.md, 8). Every row becomes one record or more:
//
//   - the vintage is the source's date, for a month or a year its last day; of several sources that are not attributed
//     row by row, the latest. A row without a source of its own counts as known Unsourced days after its period. So
//     nothing is known earlier than it was.
//   - rows marked uncertain, approximate or unsourced are level U, assumed ones A, derived ones D.
//   - ">410,000" and "0.8-0.9" become bounds and ranges, sentences stay texts; result_kind is the definition.
//   - a loss becomes a negative result; notes, cross-checks and conflicts are kept as texts.
//
// Ids depend on the content alone, so that importing twice adds nothing.
func Import(b []byte) ([]Record, error) {
	root, err := parseTree(b)
	if err != nil {
		return nil, err
	}
	if root.kind != object {
		return nil, bad("/", "the file is an object with a block per company or topic")
	}
	im := &importer{seen: map[string]bool{}}
	if im.made, err = period.ParseDate(root.str("made")); err != nil {
		return nil, bad("/made", "the file says on which day it was made, YYYY-MM-DD: %v", err)
	}
	for i, block := range root.keys {
		if block == "made" || block == "level_key" {
			continue
		}
		sc := scope{block: block, subject: subject(block)}
		if k := root.list[i].kind; k != object && k != array {
			return nil, bad("/"+escape(block), "a block is an object or a list of rows")
		}
		if err := im.walk(root.list[i], sc, "/"+escape(block)); err != nil {
			return nil, err
		}
	}
	return im.out, nil
}

// subjects are the blocks that are about one company under another name.
var subjects = map[string]string{"xiaomi_segment": "xiaomi", "xiaomi_other": "xiaomi", "bnef_pack_usd_kwh": "bnef", "bnef_forecasts": "bnef",
	"china_cell_rmb_per_wh": "china_cell", "battery_share_global_gwh": "battery_share"}

func subject(block string) string {
	return cmp.Or(subjects[block], strings.ToLower(slug(block)))
}

var unslug = regexp.MustCompile(`[^A-Za-z0-9_.+-]+`)

// slug makes a name that a key may hold.
func slug(s string) string {
	return strings.Trim(unslug.ReplaceAllString(s, "_"), "_.+-")
}

// meta are the names of an object that say something of the row and are no figure.
var meta = map[string]bool{"note": true, "xcheck": true, "conflict": true, "level": true, "src_status": true, "result_kind": true, "xsrc": true,
	"period": true, "p": true, "t": true, "y": true, "made": true, "asp_note": true,
	"oem": true}

func (im *importer) walk(n *node, sc scope, at string) error {
	switch n.kind {
	case object:
		return im.object(n, sc, at)
	case array:
		return im.array(n, sc, at)
	case null:
		return nil // not known
	}
	return im.leaf(n, sc, at)
}

func (im *importer) object(n *node, sc scope, at string) error {
	gs, err := im.groups(n, at)
	if err != nil {
		return err
	}
	sc.note = join(sc.note, n.str("note"), n.str("asp_note"))
	sc.xcheck = join(sc.xcheck, n.str("xcheck"), n.str("xsrc"))
	sc.conflict = join(sc.conflict, n.str("conflict"))
	sc.mark = join(sc.mark, n.str("note"), n.str("level"))
	sc.unsourced = cmp.Or(n.str("src_status"), sc.unsourced)
	sc.kind = cmp.Or(n.str("result_kind"), sc.kind)
	if p := cmp.Or(n.str("period"), n.str("p"), n.str("t"), n.str("y")); p != "" {
		sc.setPeriod(p)
	}
	if oem := n.str("oem"); oem != "" {
		sc.path = append(sc.path[:len(sc.path):len(sc.path)], oem)
	}
	if n.get("made") != nil {
		return im.forecast(n, sc, at)
	}
	if v := n.get("v"); v != nil && n.get("metric") != nil { // a row that names its metric
		sc.path, sc.source = append(sc.path[:len(sc.path):len(sc.path)], n.str("metric")), pick(gs, 0, sc.source)
		return im.walk(v, sc, at+"/v")
	}
	if v := n.get("value"); v != nil {
		sc.source = pick(gs, 0, sc.source)
		return im.walk(v, sc, at+"/value")
	}
	for i, k := range n.keys {
		if meta[k] || sourceName.MatchString(k) {
			continue
		}
		in := sc
		in.source = pick(gs, i, sc.source)
		in.name(k)
		if doubt := n.get(k + "_uncertain"); doubt != nil && doubt.kind == object {
			if err := im.doubted(n.list[i], doubt, in, at+"/"+escape(k)); err != nil {
				return err
			}
			continue
		}
		if base, ok := strings.CutSuffix(k, "_uncertain"); ok && n.list[i].kind == object {
			in = sc
			in.source, in.mark = pick(gs, i, sc.source), join(sc.mark, "uncertain")
			in.name(base)
			if err := im.walk(numbersOnly(n.list[i]), in, at+"/"+escape(k)); err != nil {
				return err
			}
			continue
		}
		if err := im.walk(n.list[i], in, at+"/"+escape(k)); err != nil {
			return err
		}
	}
	return nil
}

// doubted walks an object beside which "<name>_uncertain" tells of some periods why they are.
func (im *importer) doubted(n, doubt *node, sc scope, at string) error {
	for i, k := range n.keys {
		in := sc
		in.name(k)
		if why := doubt.str(k); why != "" {
			in.mark, in.note = join(in.mark, "uncertain"), join(in.note, why)
		}
		if err := im.walk(n.list[i], in, at+"/"+escape(k)); err != nil {
			return err
		}
	}
	return nil
}

func numbersOnly(n *node) *node {
	out := &node{kind: object}
	for i, v := range n.list {
		if v.kind == number {
			out.keys, out.list = append(out.keys, n.keys[i]), append(out.list, v)
		}
	}
	return out
}

// forecast is a row of a published forecast: made when, for which year, the figure, and what came of it.
func (im *importer) forecast(n *node, sc scope, at string) error {
	sc.setPeriod(n.str("target"))
	made, err := im.day(n.str("made"), at+"/made")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name, metric string
		vintage      period.Date
	}{{"f", "forecast", made}, {"a", "actual", ""}} {
		v := n.get(f.name)
		if v == nil {
			continue
		}
		in := sc
		in.path, in.given = []string{f.metric}, f.vintage
		if err := im.walk(v, in, at+"/"+f.name); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) array(n *node, sc scope, at string) error {
	if len(n.list) == 2 && n.list[0].kind == number && n.list[1].kind == number {
		switch name := strings.Join(sc.path, "."); {
		case sc.block == "battery_share_global_gwh": // [GWh, share]
			for i, unit := range []string{"_gwh", "_share"} {
				in := sc
				in.path = []string{name + unit}
				if err := im.walk(n.list[i], in, fmt.Sprintf("%s/%d", at, i)); err != nil {
					return err
				}
			}
			return nil
		case strings.Contains(name, "accrual") && n.list[0].num <= n.list[1].num: // from, to
			return im.add(amount{low: &n.list[0].num, high: &n.list[1].num}, "", sc, at)
		}
	}
	for i, v := range n.list {
		in, here := sc, fmt.Sprintf("%s/%d", at, i)
		switch {
		case v.kind == array && len(v.list) == 2 && v.list[0].kind == text: // [day, figure]
			in.setPeriod(v.list[0].text)
			v, here = v.list[1], here+"/1"
		case v.kind != object: // one of several figures of one name
			in.path = append(in.path[:len(in.path):len(in.path)], fmt.Sprint(i+1))
		}
		if err := im.walk(v, in, here); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) leaf(n *node, sc scope, at string) error {
	if n.kind == number {
		return im.add(amount{value: &n.num}, "", sc, at)
	}
	if a, ok := readText(n.text); ok && n.kind == text {
		return im.add(a, a.comment, sc, at)
	}
	if n.text == "" {
		return nil
	}
	return im.add(amount{}, n.text, sc, at)
}

// add makes the record. words is the text of a figure that is none, or the remark beside one that is.
func (im *importer) add(a amount, words string, sc scope, at string) error {
	f := fieldOf(sc)
	r := Record{Key: Key(sc.subject, sc.period, f.metric), Value: a.value, Low: a.low, High: a.high, Unit: cmp.Or(a.unit, f.unit),
		Currency: money.Currency(cmp.Or(string(a.currency), string(f.currency))), Note: sc.note, XCheck: sc.xcheck, Conflict: sc.conflict}
	if a.value == nil && a.low == nil && a.high == nil {
		r.Text = words
	} else {
		r.Note = join(r.Note, words)
	}
	if f.negate {
		r.Value, r.Low, r.High = negated(r.Value), negated(r.High), negated(r.Low)
	}
	r.Definition = f.definition
	if f.result {
		r.Definition = cmp.Or(sc.kind, f.definition)
	}
	approx := ""
	if a.about || sc.approx || f.estimate {
		approx = "uncertain: approximate"
	}
	r.Who = Who
	r.Level = level(f.metric+"."+strings.Join(sc.path, "."), sc.unsourced != "", sc.mark, words, approx)
	if err := im.when(&r, sc, at); err != nil {
		return err
	}
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if r.ID = id.From("rec", string(content)); im.seen[r.ID] {
		return nil // the same figure, said twice
	}
	im.seen[r.ID] = true
	if err := r.Check(); err != nil {
		return bad(at, "%v", err)
	}
	if len(im.out) == MaxBatch {
		return bad(at, "a file holds at most %d figures", MaxBatch)
	}
	im.out = append(im.out, r)
	return nil
}

// when sets source, vintage and date: of a figure that tells of a time to come, the day on which it was told.
func (im *importer) when(r *Record, sc scope, at string) error {
	last := period.Date("")
	if p := r.Period(); p.String() != "" {
		last = p.Last()
	}
	switch {
	case sc.source != nil:
		r.Source, r.Vintage = strings.Join(sc.source.names, "; "), sc.source.vintage
	case sc.unsourced == "":
		return bad(at, "the row has neither src nor src_status: every figure has a source, or says why it has none")
	case sc.given != "":
		r.Source, r.Vintage = sc.unsourced, sc.given
	case last == "":
		return bad(at, "a row without a source and without a period has no vintage")
	default:
		r.Source, r.Vintage = sc.unsourced, min(last.AddDays(Unsourced), im.made)
	}
	if len(r.Source) > evidence.MaxText {
		r.Source = strings.ToValidUTF8(r.Source[:evidence.MaxText], "")
	}
	if r.Date = r.Vintage; last != "" {
		r.Date = min(last, r.Vintage)
	}
	return nil
}

func negated(v *float64) *float64 {
	if v == nil {
		return nil
	}
	n := -*v
	return &n
}

func pick(gs []group, i int, outer *group) *group {
	if g := covering(gs, i); g != nil {
		return g
	}
	return outer
}

// join joins what is not empty and not said yet.
func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" && (len(out) == 0 || out[len(out)-1] != p) {
			out = append(out, p)
		}
	}
	return strings.Join(out, "; ")
}

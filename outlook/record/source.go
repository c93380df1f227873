package record

import (
	"regexp"
	"strings"

	"roadbook/evidence"
	"roadbook/period"
)

// Unsourced is how many days after the end of its period a row without a source of its own counts as known: makers
// have published their quarters by then. Such a row is level U.
const Unsourced = 90

// group is a list of sources, and the position of its name: it counts for the names that stand before it, back to the
// group before; what stands after the last group belongs to that.
type group struct {
	at      int
	names   []string
	vintage period.Date
}

var sourceName = regexp.MustCompile(`^src\d*$`)

// groups reads the sources of an object: src, src2…, each [address, date] or a list of those.
func (im *importer) groups(n *node, at string) ([]group, error) {
	var out []group
	for i, k := range n.keys {
		if !sourceName.MatchString(k) {
			continue
		}
		g := group{at: i}
		list, here := n.list[i], at+"/"+escape(k)
		if list.kind != array || len(list.list) == 0 {
			return nil, bad(here, "a source is [address, date] or a list of those")
		}
		pairs := list.list
		if pairs[0].kind == text {
			pairs = []*node{list}
		}
		for _, p := range pairs {
			if p.kind != array || len(p.list) != 2 || p.list[0].kind != text || p.list[1].kind != text || p.list[0].text == "" {
				return nil, bad(here, "a source is [address, date], two texts")
			}
			day, err := im.day(p.list[1].text, here)
			if err != nil {
				return nil, err
			}
			g.names = append(g.names, p.list[0].text+" ("+p.list[1].text+")")
			g.vintage = max(g.vintage, day) // not attributed one by one: the latest, so that nothing is known too early
		}
		out = append(out, g)
	}
	return out, nil
}

// covering returns the group that counts for the name at position i.
func covering(gs []group, i int) *group {
	for k := range gs {
		if gs[k].at >= i {
			return &gs[k]
		}
	}
	if len(gs) == 0 {
		return nil
	}
	return &gs[len(gs)-1]
}

var (
	exactDay = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	inMonth  = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)
	inYear   = regexp.MustCompile(`^\d{4}$`)
	annual   = regexp.MustCompile(`^10-K FY(\d{4})$`)
)

// day returns the day on which a source of a date was surely public: the date itself; the last day of a month or of a
// year; 1 March after the year of an annual report (the SEC's 60 days for large accelerated filers, Form 10-K,
// general instruction A). A month or year that is not over when the file is made ends on that day.
func (im *importer) day(s, at string) (period.Date, error) {
	var d period.Date
	switch {
	case exactDay.MatchString(s):
		p, err := period.ParseDate(s)
		if err != nil || im.made != "" && p > im.made {
			return "", bad(at, "the source's date %.40q is no day, or lies after the file was made (%s)", s, im.made)
		}
		return p, nil
	case inMonth.MatchString(s):
		d = period.Month(s).Last()
		if period.Month(s).First() > im.made {
			return "", bad(at, "the source's date %s lies after the file was made (%s)", s, im.made)
		}
	case inYear.MatchString(s):
		d = period.Date(s + "-12-31")
		if period.Date(s+"-01-01") > im.made {
			return "", bad(at, "the source's date %s lies after the file was made (%s)", s, im.made)
		}
	case annual.MatchString(s):
		year := must(annual.FindStringSubmatch(s)[1])
		d = year.Last().AddDays(60)
	default:
		return "", bad(at, `a source's date is 2025-03-18, 2025-03, 2025 or "10-K FY2024", not %.40q`, s)
	}
	return min(d, im.made), nil
}

var (
	uncertain = regexp.MustCompile(`(?i)uncertain|secondary source`)
	assumed   = regexp.MustCompile(`(?i)\bassum`)
	derived   = regexp.MustCompile(`(^|[_.])derived([_.]|$)`)
)

// level reads how firm a row is from the words that mark it: uncertain before assumed, assumed before derived.
func level(name string, unsourced bool, marks ...string) evidence.Level {
	all := strings.Join(marks, "\n")
	switch {
	case unsourced || uncertain.MatchString(all):
		return evidence.Uncertain
	case assumed.MatchString(all):
		return evidence.Assumed
	case derived.MatchString(name):
		return evidence.Derived
	}
	return evidence.Reported
}

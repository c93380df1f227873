package cockpit

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// speedText is the speed in whole km/h, or a dash when the signal is lost: never an old figure.
func speedText(s State) string {
	if !s.SpeedKnown {
		return "–"
	}
	return strconv.Itoa(int(math.Round(s.Speed)))
}

func percent(v float64) string { return strconv.Itoa(int(math.Round(min(100, max(0, v))))) }

// whole groups a number by thousands.
func whole(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func dayText(t time.Time) string { return t.UTC().Format("2 January 2006") }

func untilText(f Feature) string {
	if f.Until.IsZero() {
		return "for good"
	}
	return "until " + dayText(f.Until)
}

func reason(f Feature) string {
	if f.Reason == "" {
		return "not bought"
	}
	return f.Reason
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// priceText is the price as the driver agrees to it: "99.00 CNY a month".
func priceText(o Offer) string {
	p := strings.Replace(o.Price.String(), " ", "\u00a0", 1)
	if o.Per != "" {
		p += " a " + o.Per
	}
	return p
}

// offerTag is what the list shows at the offer's end.
func offerTag(o Offer) string {
	switch o.State {
	case Owned:
		return "Yours"
	case Pending:
		return "On its way"
	}
	return priceText(o)
}

func offerPath(o Offer) templ.SafeURL { return templ.SafeURL("/shop/" + url.PathEscape(o.SKU)) }
func appPath(a App) templ.SafeURL     { return templ.SafeURL("/apps/" + url.PathEscape(a.ID)) }

func mayRead(a App) string {
	if len(a.Signals) == 0 {
		return "Reads nothing of the car"
	}
	return "May read: " + strings.Join(a.Signals, ", ")
}

func sizeText(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func updateText(u Update) string {
	switch u.State {
	case Waiting:
		return "Waits for your answer"
	case Declined:
		return "You said not now"
	case Downloading:
		return "Downloading, " + strconv.Itoa(u.Percent) + " %"
	case Ready:
		return "Ready: installs while the car is parked"
	case Failed:
		return "Not installed; the car runs what it ran before"
	}
	return string(u.State)
}

// sentence starts with a capital and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return "Something went wrong."
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
